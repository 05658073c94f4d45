package inventory

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
)

// Connectors are the ways in which a key can be connected.
var Connectors = []string{"usb-a", "usb-c", "nfc", "lightning", "ble"}

// countries are the officially assigned codes of ISO 3166-1 alpha-2, and XK, which is not assigned but which posts and
// carriers use for Kosovo.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ" +
	" CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR" +
	" GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP" +
	" KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT" +
	" MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW" +
	" SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ" +
	" UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "

// mistaken are codes that people write for a country that has another.
var mistaken = map[string]string{"UK": "GB", "EL": "GR"}

// CheckCountry refuses what is no code of a country. An empty code passes.
func CheckCountry(code string) error {
	switch {
	case code == "":
		return nil
	case len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return Refuse(Invalid, "The country %q is no code of two capital letters: write DE or US, for instance.", code)
	case mistaken[code] != "":
		return Refuse(Invalid, "The country %q is no code of ISO 3166-1: write %s.", code, mistaken[code])
	case !strings.Contains(countries, " "+code+" "):
		return Refuse(Invalid, "The country %q is no code of ISO 3166-1: write DE or US, for instance.", code)
	}
	return nil
}

// checkEmail refuses what no mail could be sent to (RFC 5322 §3.4.1, without a display name). Empty text passes.
func checkEmail(text string) error {
	if text == "" {
		return nil
	}
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || strings.Count(text, "@") != 1 {
		return Refuse(Invalid, "%q is no e-mail address: write one such as ada@example.com.", text)
	}
	return nil
}

func checkConnector(name string) error {
	if name == "" || slices.Contains(Connectors, name) {
		return nil
	}
	return Refuse(Invalid, "%q is no connector: use %s, or leave it empty for any.", name, orList(Connectors))
}

// checkTier refuses what is no tier. The empty one passes: it stands for standard.
func checkTier(t Tier) error {
	if t == "" || slices.Contains(Tiers, t) {
		return nil
	}
	return Refuse(Invalid, "%q is no tier: use standard, elevated or critical.", t)
}

// orList joins words as a sentence does: a, b or c.
func orList(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// together makes one error of several, with their sentences one after the other, so that whoever mends what they are
// about mends it once. Its kind is that of the first.
func together(errs ...error) error {
	var said []string
	var all []error
	for _, err := range errs {
		if err != nil && !slices.Contains(said, Sentence(err)) {
			said, all = append(said, Sentence(err)), append(all, err)
		}
	}
	if len(all) < 2 {
		return errors.Join(all...)
	}
	return &Error{Kind: KindOf(all[0]), Msg: strings.Join(said, " "), Err: errors.Join(all...)}
}

// named is a text under the name by which a refusal speaks of it.
type named struct{ name, text string }

// checkTexts refuses everything in texts that cannot be seen.
func checkTexts(texts ...named) error {
	var errs []error
	for _, t := range texts {
		errs = append(errs, CheckText(t.name, t.text))
	}
	return together(errs...)
}

// andList joins words as a sentence does: a, b and c.
func andList(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
