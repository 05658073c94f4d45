package inventory

import (
	_ "embed" // the names of time zones
	"regexp"
	"strings"
)

// zones are the names of the IANA time zone database, one a line: time.LoadLocation would read files for them.
//
//go:embed zones.txt
var zones string

// CheckTimeZone refuses what is no name of the IANA time zone database, in its spelling. An empty name passes.
func CheckTimeZone(name string) error {
	if name == "" || !strings.Contains(name, "\n") && strings.Contains("\n"+zones, "\n"+name+"\n") {
		return nil
	}
	return Refuse(Invalid, "%q is no time zone of the IANA database: write Europe/Berlin or America/New_York, for instance.", name)
}

// languageTag is a well-formed tag of BCP 47 (RFC 5646 §2.1), without the grandfathered ones and the
// languages of four letters and more, of which none is registered: who writes one means a name.
var languageTag = regexp.MustCompile(`(?i)^[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?` +
	`(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?$`)

// CheckLanguage refuses what is no language tag of BCP 47. An empty tag passes.
func CheckLanguage(tag string) error {
	if tag == "" || languageTag.MatchString(tag) {
		return nil
	}
	return Refuse(Invalid, "%q is no language tag of BCP 47: write en, de or pt-BR, for instance.", tag)
}
