package attest

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"keystation/station/ctap"
)

// Entry is what the metadata say about one model (FIDO Metadata Service v3.0 §3.1.1, FIDO Metadata Statements v3.0 §4).
type Entry struct {
	AAGUID       ctap.AAGUID       // zero for a U2F model
	KeyIDs       [][sha1.Size]byte // of the attestation certificates of a U2F model
	Description  string            // what people call it
	Version      int64             // authenticatorVersion: the earliest firmware that all of this is true of
	Attestations []string          // attestationTypes: basic_full, basic_surrogate, attca …
	Roots        []*x509.Certificate
	Unread       []string // why other roots of it could not be read
	Reports      []StatusReport
	Versions     []string        // of getInfo: FIDO_2_1 …
	Options      map[string]bool // of getInfo
	IconType     string          // image/png …; empty: no icon
	Icon         []byte
}

// The shape of an entry. Everything else in it is passed over, since some of it cannot be read (paDesc.minComplexity of
// BLOB 31 is greater than the standard allows) and none of it is needed.
type entryJSON struct {
	AAGUID    string       `json:"aaguid"`
	KeyIDs    []string     `json:"attestationCertificateKeyIdentifiers"`
	AAID      string       `json:"aaid"`
	Reports   []reportJSON `json:"statusReports"`
	Statement struct {
		Description  string          `json:"description"`
		Version      int64           `json:"authenticatorVersion"`
		Attestations []string        `json:"attestationTypes"`
		Roots        []string        `json:"attestationRootCertificates"`
		Icon         string          `json:"icon"`
		GetInfo      json.RawMessage `json:"authenticatorGetInfo"` // written in several ways
	} `json:"metadataStatement"`
}

// readEntry reads one entry; nil for one of UAF, which no key here speaks.
func readEntry(raw []byte) (*Entry, error) {
	var in entryJSON
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	if in.AAID != "" {
		return nil, nil
	}
	s := in.Statement
	e := &Entry{Description: printable(s.Description), Version: s.Version, Attestations: s.Attestations}
	e.readGetInfo(s.GetInfo)
	if err := e.readIDs(in); err != nil {
		return nil, err
	}
	for _, r := range in.Reports {
		report, err := r.read()
		if err != nil {
			return nil, err
		}
		e.Reports = append(e.Reports, report)
	}
	e.readRoots(s.Roots)
	e.IconType, e.Icon = readIcon(s.Icon)
	return e, nil
}

// readGetInfo keeps what can be read of getInfo. Some metadata write its options as texts; they count as not known.
func (e *Entry) readGetInfo(raw []byte) {
	var info struct {
		Versions []string        `json:"versions"`
		Options  map[string]bool `json:"options"`
	}
	if json.Unmarshal(raw, &info) == nil {
		e.Versions, e.Options = info.Versions, info.Options
	}
}

func (e *Entry) readIDs(in entryJSON) error {
	if in.AAGUID != "" {
		a, err := ctap.ParseAAGUID(in.AAGUID)
		if err != nil {
			return fmt.Errorf("its AAGUID %q is none", in.AAGUID)
		}
		e.AAGUID = a
	}
	for _, text := range in.KeyIDs {
		b, err := hex.DecodeString(text)
		if err != nil || len(b) != sha1.Size {
			return fmt.Errorf("its certificate key identifier %q is none", text)
		}
		e.KeyIDs = append(e.KeyIDs, [sha1.Size]byte(b))
	}
	if e.AAGUID.IsZero() && len(e.KeyIDs) == 0 {
		return errors.New("it names no model")
	}
	return nil
}

// readRoots keeps the roots that can be read. Go's parser is stricter than some vendors' certificates are right (negative
// serial numbers, invalid basic constraints); the entry counts without them.
func (e *Entry) readRoots(list []string) {
	for i, text := range list {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		var cert *x509.Certificate
		if err == nil {
			cert, err = x509.ParseCertificate(der)
		}
		if err != nil {
			e.Unread = append(e.Unread, fmt.Sprintf("root %d: %v", i+1, err))
			continue
		}
		e.Roots = append(e.Roots, cert)
	}
}

// icons are the kinds of image that are kept, by how their bytes begin. An SVG can hold scripts and is not among them.
var icons = []struct{ kind, begins string }{
	{"image/png", "\x89PNG\r\n\x1a\n"}, {"image/jpeg", "\xff\xd8\xff"}, {"image/gif", "GIF8"}, {"image/webp", "RIFF"},
}

// readIcon takes an image out of a data URL, as what its bytes are and not as what the URL says.
func readIcon(url string) (kind string, image []byte) {
	_, data, found := strings.Cut(url, ";base64,")
	b, err := base64.StdEncoding.DecodeString(data)
	if !found || err != nil {
		return "", nil
	}
	for _, i := range icons {
		if bytes.HasPrefix(b, []byte(i.begins)) {
			return i.kind, b
		}
	}
	return "", nil
}

// Maker is who makes the model: the organization that its first root names, or the first word of that root's name where
// it names none ("Yubico U2F Root CA Serial 457200631" is Yubico's); empty when there is no root.
func (e *Entry) Maker() string {
	if e == nil || len(e.Roots) == 0 {
		return ""
	}
	return makerOf(e.Roots[0])
}

func makerOf(root *x509.Certificate) string {
	if len(root.Subject.Organization) > 0 && strings.TrimSpace(root.Subject.Organization[0]) != "" {
		return printable(root.Subject.Organization[0])
	}
	words := strings.Fields(printable(root.Subject.CommonName))
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// printable keeps what other people wrote to one line without control characters.
func printable(s string) string {
	return oneSpaced(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s))
}

// named tells the model for a sentence.
func (e *Entry) named() string {
	if e.Description != "" {
		return e.Description
	}
	return e.AAGUID.String()
}

// nameIn tells what it can of an entry that could not be read.
func nameIn(raw []byte) string {
	var loose struct {
		AAGUID, AAID any
		Statement    struct{ Description any } `json:"metadataStatement"`
	}
	if json.Unmarshal(raw, &loose) != nil {
		return "an entry"
	}
	for _, v := range []any{loose.Statement.Description, loose.AAGUID, loose.AAID} {
		if s, ok := v.(string); ok && s != "" {
			return printable(s)
		}
	}
	return "an entry"
}

// names lists models for a sentence, a few of them.
func names(entries []*Entry) string {
	var all []string
	for _, e := range entries {
		if !slices.Contains(all, e.named()) {
			all = append(all, e.named())
		}
	}
	const some = 3
	if len(all) > some {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:some], ", "), len(all)-some)
	}
	return strings.Join(all, ", ")
}
