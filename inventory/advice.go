package inventory

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Way is a way to sign in without a password.
type Way string

// The ways, those first that need nothing to be sent.
const (
	WayPhone       Way = "phone"        // a passkey on the person's own phone
	WayHello       Way = "hello"        // Windows Hello
	WayPlatformSSO Way = "platform-sso" // macOS Platform SSO
	WayKey         Way = "key"          // a hardware key
)

// Ways lists them in the order in which they are recommended.
var Ways = []Way{WayPhone, WayHello, WayPlatformSSO, WayKey}

// FormFactor is the shape of a hardware key.
type FormFactor string

// The form factors.
const (
	Keychain FormFactor = "keychain" // it is carried along
	Nano     FormFactor = "nano"     // it stays in its port
)

// VersionOlder is the version of what is older than everything that the table has.
const VersionOlder = "0"

// Installed is a system or a browser with its version as far as it matters: one of [Readiness.Bands], [VersionOlder], or
// empty where nobody knows.
type Installed struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Answers are what somebody tapped in the readiness check.
type Answers struct {
	Computers    []Installed `json:"computers,omitempty"` // systems that they work with
	Browser      Installed   `json:"browser"`
	Phone        Installed   `json:"phone"` // ios or android; no name: they have none of those
	Model        string      `json:"model,omitempty"`
	Willing      bool        `json:"willing"`              // to use their own phone for work
	Virtual      []string    `json:"virtual,omitempty"`    // names of rows of that kind
	Apps         []string    `json:"apps,omitempty"`       // names of rows of that kind
	NoBiometrics bool        `json:"no_biometrics"`        // they would rather not use fingerprint or face
	Form         FormFactor  `json:"form,omitempty"`       // that they would like, should it be a key
	Connectors   []string    `json:"connectors,omitempty"` // of what a key would be used with
}

// Check refuses answers that no page of ours gives.
func (a Answers) Check() error {
	names := []named{{"browser", a.Browser.Name}, {"phone model", a.Model}}
	for _, text := range slices.Concat(a.Virtual, a.Apps) {
		names = append(names, named{"answer", text})
	}
	if err := checkTexts(names...); err != nil {
		return err
	}
	for _, c := range a.Connectors {
		if err := checkConnector(c); err != nil {
			return err
		}
	}
	for _, i := range append(slices.Clip(a.Computers), a.Browser, a.Phone) {
		if i.Version != "" && i.Version != VersionOlder && !OlderFirmware("0", i.Version) {
			return Refuse(Invalid, "%q is no version: choose one of those that the page offers.", i.Version)
		}
	}
	switch {
	case a.Phone.Name != "" && a.Phone.Name != IOS && a.Phone.Name != Android:
		return Refuse(Invalid, "%q is no phone: choose iPhone, Android or none.", a.Phone.Name)
	case a.Form != "" && a.Form != Keychain && a.Form != Nano:
		return Refuse(Invalid, "%q is no form of a key: choose keychain or nano.", a.Form)
	case slices.ContainsFunc(a.Computers, func(c Installed) bool { return !slices.Contains(Systems, c.Name) }):
		return Refuse(Invalid, "One of the computers is none that the page offers: choose again.")
	case len(names)+len(a.Computers)+len(a.Connectors) > 2*readinessRows:
		return Refuse(Invalid, "These are more answers than there are questions: fill the page in again.")
	case len(a.Computers) == 0 && a.Phone.Name == "":
		return Refuse(Invalid, "Say what you work with: choose at least one computer or a phone.")
	}
	return nil
}

// AdviceReason is why a way fits or does not: a code, for which web/texts has a sentence per language, and what it is about.
type AdviceReason struct {
	Code  string `json:"code"`
	About string `json:"about,omitempty"` // a system, a browser, a row's name, a tier
	Min   string `json:"min,omitempty"`   // the least version
}

// JudgedWay is what the table says of one way.
type JudgedWay struct {
	Way     Way            `json:"way"`
	Fits    bool           `json:"fits"`
	Reasons []AdviceReason `json:"reasons"`
}

// Recommendation is what the table says to somebody's answers.
type Recommendation struct {
	Way      Way            `json:"way"`
	Reasons  []AdviceReason `json:"reasons"`            // why this one
	Others   []JudgedWay    `json:"others"`             // the other ways that there are for them
	Cautions []AdviceReason `json:"cautions,omitempty"` // what to look after, whatever way is taken

	Connector string     `json:"connector,omitempty"` // of the primary key, should it be one; empty: any
	Spare     string     `json:"spare,omitempty"`     // connector of the spare
	Form      FormFactor `json:"form"`
}

// May refuses a way that the recommendation says does not fit.
func (r Recommendation) May(way Way) error {
	if way == r.Way || way == WayKey {
		return nil
	}
	for _, o := range r.Others {
		if o.Way == way && o.Fits {
			return nil
		}
	}
	if slices.ContainsFunc(r.Reasons, func(why AdviceReason) bool { return why.Code == "tier" }) {
		return Refuse(Conflict, "People who are guarded like this always get a hardware key: go on with the key.")
	}
	return Refuse(Conflict, "This way does not fit what was answered: choose one that is offered, or go back and change the answers.")
}

// Advise says what fits somebody of a tier who gave these answers, and why. A hardware key always does.
func (r Readiness) Advise(a Answers, t Tier) Recommendation {
	key := r.onlyKey(a, t)
	rec := Recommendation{Way: WayKey, Reasons: key, Form: a.form()}
	rec.Connector, rec.Spare = a.connectors()
	for _, w := range r.without(a) {
		if w.Fits && len(key) > 0 {
			w.Fits, w.Reasons = false, key
		}
		if w.Fits && rec.Way == WayKey {
			rec.Way, rec.Reasons = w.Way, w.Reasons
			continue
		}
		rec.Others = append(rec.Others, w)
	}
	if rec.Way == WayKey && len(rec.Reasons) == 0 {
		rec.Reasons = []AdviceReason{{Code: "nothing-else"}}
	}
	if rec.Way != WayKey {
		rec.Others = append(rec.Others, JudgedWay{WayKey, true, []AdviceReason{{Code: "key-always"}}})
	}
	rec.Cautions = r.cautions(a, rec.Way)
	return rec
}

// onlyKey gives the reasons for which nothing but a hardware key will do.
func (r Readiness) onlyKey(a Answers, t Tier) []AdviceReason {
	var why []AdviceReason
	if t == Elevated || t == Critical {
		why = append(why, AdviceReason{Code: "tier", About: string(t)})
	}
	for _, name := range a.Virtual {
		if row, ok := r.row(ReadyVirtual, name, false); ok && row.Key {
			why = append(why, AdviceReason{Code: "virtual-key", About: name})
		}
	}
	for _, name := range a.Apps {
		if row, ok := r.row(ReadyApp, name, false); ok && row.Key {
			why = append(why, AdviceReason{Code: "app-key", About: name})
		}
	}
	return why
}

// without judges the ways that need no hardware key and that there are for these answers.
func (r Readiness) without(a Answers) []JudgedWay {
	ways := []JudgedWay{r.phone(a)}
	for _, built := range []struct {
		way    Way
		system string
	}{{WayHello, Windows}, {WayPlatformSSO, MacOS}} {
		if slices.ContainsFunc(a.Computers, func(c Installed) bool { return c.Name == built.system }) {
			ways = append(ways, r.builtIn(a, built.way, built.system))
		}
	}
	return ways
}

// phone judges a passkey on the person's own phone, which every computer of theirs must be able to ask.
func (r Readiness) phone(a Answers) JudgedWay {
	switch {
	case a.Phone.Name == "":
		return unfit(WayPhone, AdviceReason{Code: "no-phone"})
	case !a.Willing:
		return unfit(WayPhone, AdviceReason{Code: "not-willing"})
	}
	var why []AdviceReason
	if _, listed := r.row(ReadyPhone, a.Model, false); listed {
		why = append(why, AdviceReason{Code: "phone-model", About: a.Model})
	}
	if fault, bad := r.fault(ReadySystem, a.Phone, r.authenticator(a.Computers)); bad {
		why = append(why, fault)
	}
	why = append(why, r.faults(a.Computers)...)
	if len(why) > 0 {
		return unfit(WayPhone, why...)
	}
	return JudgedWay{WayPhone, true, []AdviceReason{{Code: "phone-fits", About: a.Phone.Name}}}
}

// builtIn judges what a system brings along. It serves that system only.
func (r Readiness) builtIn(a Answers, way Way, system string) JudgedWay {
	why := r.faults(a.Computers)
	for _, c := range a.Computers {
		if c.Name != system {
			why = append(why, AdviceReason{Code: "several-systems", About: c.Name})
			break
		}
	}
	if len(why) > 0 {
		return unfit(way, why...)
	}
	return JudgedWay{way, true, []AdviceReason{{Code: string(way) + "-fits"}}}
}

func unfit(way Way, why ...AdviceReason) JudgedWay { return JudgedWay{way, false, why} }

// faults says what the table has against computers.
func (r Readiness) faults(computers []Installed) []AdviceReason {
	var why []AdviceReason
	for _, c := range computers {
		if fault, bad := r.fault(ReadySystem, c, false); bad {
			why = append(why, fault)
		}
	}
	return why
}

// fault says what the table has against one system or browser. One whose version nobody knows passes: a caution tells of it.
func (r Readiness) fault(kind ReadinessKind, i Installed, authenticator bool) (AdviceReason, bool) {
	row, ok := r.row(kind, i.Name, authenticator)
	switch {
	case !ok:
		return AdviceReason{Code: string(kind) + "-unlisted", About: i.Name}, true
	case i.Version == "" || !OlderFirmware(i.Version, row.Min):
		return AdviceReason{}, false
	case row.Authenticator:
		return AdviceReason{Code: "authenticator-old", About: i.Name, Min: row.Min}, true
	}
	return AdviceReason{Code: string(kind) + "-old", About: i.Name, Min: row.Min}, true
}

// cautions says what to look after. An old browser stands in nobody's way: it is updated in a minute.
func (r Readiness) cautions(a Answers, way Way) []AdviceReason {
	var all []AdviceReason
	if way != WayKey {
		if fault, bad := r.fault(ReadyBrowser, a.Browser, false); bad && a.Browser.Name != "" {
			all = append(all, fault)
		}
		all = append(all, r.unknown(a, way)...)
	}
	for _, name := range a.Virtual {
		row, ok := r.row(ReadyVirtual, name, false)
		switch {
		case ok && row.Key && way == WayKey:
			all = append(all, AdviceReason{Code: "virtual-pass", About: name})
		case ok && !row.Key:
			all = append(all, AdviceReason{Code: "virtual-none", About: name})
		}
	}
	for _, name := range a.Apps {
		if row, ok := r.row(ReadyApp, name, false); ok && !row.Key {
			all = append(all, AdviceReason{Code: "app-none", About: name})
		}
	}
	if a.NoBiometrics {
		all = append(all, AdviceReason{Code: "pin"})
	}
	return all
}

// unknown lists what has to be looked up before a way is tried.
func (r Readiness) unknown(a Answers, way Way) []AdviceReason {
	asked := slices.Clone(a.Computers)
	if way == WayPhone {
		asked = append(asked, a.Phone)
	}
	var all []AdviceReason
	for _, i := range asked {
		if row, ok := r.row(ReadySystem, i.Name, r.authenticator(a.Computers)); ok && i.Version == "" {
			all = append(all, AdviceReason{Code: "version-unknown", About: i.Name, Min: row.Min})
		}
	}
	return all
}

// connectors chooses those of a pair. What has both USB connectors gets one key for each, so that neither needs an adapter;
// over the air goes last, since nothing that is virtual passes it on.
func (a Answers) connectors() (primary, spare string) {
	has := func(c string) bool { return slices.Contains(a.Connectors, c) }
	switch {
	case has("usb-c") && has("usb-a"):
		return "usb-c", "usb-a"
	case has("usb-c"):
		return "usb-c", "usb-c"
	case has("usb-a"):
		return "usb-a", "usb-a"
	case has("lightning"):
		return "lightning", "lightning"
	case has("nfc"):
		return "nfc", "nfc"
	}
	return "", ""
}

// form chooses the shape of a key. One that stays in its port is of no use to somebody with several things to put it in.
func (a Answers) form() FormFactor {
	if a.Form == Nano && len(a.Computers) == 1 && len(a.Connectors) <= 1 {
		return Nano
	}
	return Keychain
}

// Advice is what was answered, advised and chosen, as a requisition keeps it.
type Advice struct {
	Readiness   int64          `json:"readiness"` // version of the table
	Answers     Answers        `json:"answers"`
	Recommended Recommendation `json:"recommended"`
	Chosen      Way            `json:"chosen"`
	Failed      []Way          `json:"failed,omitempty"` // ways that were tried before and did not work
}

// Text is a as a requisition keeps it.
func (a Advice) Text() (string, error) {
	b, err := Canonical(a)
	if err != nil {
		return "", fmt.Errorf("write advice: %w", err)
	}
	return string(b), nil
}

// Advised reads the advice of r. It tells by false that nobody was asked.
func (r Requisition) Advised() (Advice, bool) {
	var a Advice
	if r.Advice == "" || json.Unmarshal([]byte(r.Advice), &a) != nil {
		return Advice{}, false
	}
	return a, true
}
