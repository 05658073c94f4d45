package attest

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Status is what a status report says of a model (FIDO Metadata Service v3.0 §3.1.4).
type Status string

// The statuses that are told apart here; others are shown as they are.
const (
	Revoked         Status = "REVOKED"
	UpdateAvailable Status = "UPDATE_AVAILABLE"
	NotCertified    Status = "NOT_FIDO_CERTIFIED"
	Certified       Status = "FIDO_CERTIFIED"
)

// undesired are the statuses after which a model is not taken, where policy does not say otherwise. UPDATE_AVAILABLE is
// not among them: a vendor that mends its firmware is not one that was broken.
var undesired = []Status{
	"USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE", "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE",
	Revoked, "RETIRED",
}

// StatusReport is one status of a model, from a day on.
type StatusReport struct {
	Status      Status
	Effective   time.Time // the zero time: from the beginning
	Version     int64     // authenticatorVersion that it is about; 0: any
	Certificate []byte    // DER, that it is about; nil: any
	Number      string    // of the FIDO certificate
	Descriptor  string    // what was certified
	URL         string    // where more is said
}

type reportJSON struct {
	Status      Status `json:"status"`
	Effective   string `json:"effectiveDate"`
	Version     int64  `json:"authenticatorVersion"`
	Certificate string `json:"certificate"`
	Batch       string `json:"batchCertificate"`
	Number      string `json:"certificateNumber"`
	Descriptor  string `json:"certificationDescriptor"`
	URL         string `json:"url"`
}

func (r reportJSON) read() (StatusReport, error) {
	s := StatusReport{Status: r.Status, Version: r.Version, Number: printable(r.Number), Descriptor: printable(r.Descriptor), URL: webAddress(r.URL)}
	if r.Effective != "" {
		day, err := time.Parse(time.DateOnly, r.Effective)
		if err != nil {
			return s, fmt.Errorf("a status report has the date %q", r.Effective)
		}
		s.Effective = day
	}
	if text := r.Certificate + r.Batch; text != "" {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err == nil {
			s.Certificate = der
		}
	}
	return s, nil
}

// webAddress keeps what a browser may be sent to.
func webAddress(s string) string {
	s = printable(s)
	if strings.Contains(s, " ") || !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return ""
	}
	return s
}

// String tells the report in a few words.
func (r StatusReport) String() string {
	s := string(r.Status)
	if !r.Effective.IsZero() {
		s += " since " + r.Effective.Format(time.DateOnly)
	}
	if r.Version != 0 {
		s += fmt.Sprintf(" (firmware %s)", versionName(r.Version))
	}
	if r.URL != "" {
		s += ", see " + r.URL
	}
	return s
}

// InEffect lists the reports that count at a time, the latest last.
func (e *Entry) InEffect(at time.Time) []StatusReport {
	if e == nil {
		return nil
	}
	var in []StatusReport
	for _, r := range e.Reports {
		if !r.Effective.After(at) {
			in = append(in, r)
		}
	}
	slices.SortStableFunc(in, func(a, b StatusReport) int { return a.Effective.Compare(b.Effective) })
	return in
}

// Level is how far a model is certified: the empty level is not at all.
type Level string

// levels are the certification levels, the lowest first. The status without a level is the first one's old name.
var levels = []Level{"L1", "L1plus", "L2", "L2plus", "L3", "L3plus"}

// AtLeast tells if l is no lower than other.
func (l Level) AtLeast(other Level) bool {
	return slices.Index(levels, l) >= slices.Index(levels, other)
}

// Level is the certification in effect at a time: the latest report about it decides, so a certification that ended is
// none, and one that was raised is the higher one.
func (e *Entry) Level(at time.Time) Level {
	level := Level("")
	for _, r := range e.InEffect(at) {
		rest, certified := strings.CutPrefix(string(r.Status), string(Certified))
		switch {
		case r.Status == NotCertified || r.Status == "SELF_ASSERTION_SUBMITTED":
			level = ""
		case certified && rest == "": // written beside a level of the same day
			level = cmp.Or(level, "L1")
		case certified:
			level = Level(strings.TrimPrefix(rest, "_"))
		}
	}
	return level
}

// Updates lists the notices of newer firmware in effect at a time.
func (e *Entry) Updates(at time.Time) []StatusReport {
	return slices.DeleteFunc(e.InEffect(at), func(r StatusReport) bool { return r.Status != UpdateAvailable })
}

// Undesired lists the reports in effect at a time that speak against a key of this model with this firmware (empty: not
// known) and certificate chain (nil: it has shown none). A status stays until it is said to be about other keys: reports name the
// version or the certificate that they are about, and a model that is certified again is so from a later version on
// (FIDO Metadata Service v3.0 §3.1.3, authenticatorVersion and certificate). list nil: the usual ones.
func (e *Entry) Undesired(at time.Time, list []Status, firmware string, chain []*x509.Certificate) []StatusReport {
	if list == nil {
		list = undesired
	}
	return slices.DeleteFunc(e.InEffect(at), func(r StatusReport) bool {
		return !slices.Contains(list, r.Status) || r.aboutOthers(e.InEffect(at), firmware, chain)
	})
}

// aboutOthers tells that a report is not about this key: another certificate (a key that has shown none says nothing), or firmware newer than it names of which a
// later report says that it is certified.
func (r StatusReport) aboutOthers(all []StatusReport, firmware string, chain []*x509.Certificate) bool {
	if r.Certificate != nil && !slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return string(c.Raw) == string(r.Certificate) }) {
		return true
	}
	newer := r.Version != 0 && firmware != "" && CompareFirmware(firmware, versionName(r.Version)) > 0
	return newer && slices.ContainsFunc(all, func(later StatusReport) bool {
		return strings.HasPrefix(string(later.Status), string(Certified)) && !later.Effective.Before(r.Effective) && later.Version > r.Version &&
			CompareFirmware(firmware, versionName(later.Version)) >= 0
	})
}

// versionName writes a firmware version as getInfo's is written: dotted where it is packed as three bytes.
func versionName(v int64) string {
	if v >= 0x10000 && v <= 0xFFFFFF {
		return fmt.Sprintf("%d.%d.%d", v>>16, v>>8&0xFF, v&0xFF)
	}
	return strconv.FormatInt(v, 10)
}

// CompareFirmware orders two versions as vendors write them, number by number: 5.4.10 is after 5.4.9, and a plain number
// that packs three bytes is the same as its dotted form.
func CompareFirmware(a, b string) int { return slices.Compare(versionParts(a), versionParts(b)) }

// versionParts gives the numbers of a version; trailing zeros say nothing.
func versionParts(s string) []int64 {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		s = versionName(n)
	}
	var parts []int64
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < '0' || r > '9' }) {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			n = 1<<63 - 1
		}
		parts = append(parts, n)
	}
	for len(parts) > 0 && parts[len(parts)-1] == 0 {
		parts = parts[:len(parts)-1]
	}
	return parts
}
