package inventory

// Guide gives the steps of a way that needs no hardware key, as codes for which web/texts has a sentence per language.
// Whatever has to be looked up or updated comes first, and somebody who would rather not use fingerprint or face is shown
// the PIN, or on a Mac the password, in its place.
func (r Readiness) Guide(a Answers, way Way) []AdviceReason {
	var steps []AdviceReason
	for _, c := range r.cautions(a, way) {
		if c.Code == "version-unknown" || c.Code == "browser-old" || c.Code == "browser-unlisted" {
			steps = append(steps, c)
		}
	}
	for _, code := range guides[way] {
		if len(a.Computers) == 0 && (code == "bluetooth" || code == "scan") { // there is nothing that would ask the phone
			continue
		}
		s := AdviceReason{Code: string(way) + "-" + code}
		if code == "confirm" && a.NoBiometrics {
			s.Code += "-pin"
		}
		if way == WayPhone && code == "store" {
			s.Code += "-" + r.store(a)
		}
		steps = append(steps, s)
	}
	return append(steps, AdviceReason{Code: "try"})
}

// guides are the steps of each way between what comes first and the trial at the end.
var guides = map[Way][]string{
	WayPhone:       {"lock", "bluetooth", "open", "store", "scan", "confirm"},
	WayHello:       {"settings", "confirm", "open", "add"},
	WayPlatformSSO: {"notice", "sign-in", "confirm", "settings"},
}

// store names where the passkey of a phone is kept.
func (r Readiness) store(a Answers) string {
	if r.authenticator(a.Computers) {
		return "authenticator"
	}
	return a.Phone.Name
}
