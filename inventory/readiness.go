package inventory

import (
	"slices"
	"strings"
	"time"
)

// ReadinessKind says what a row of the readiness table is about.
type ReadinessKind string

// The kinds of row.
const (
	ReadySystem  ReadinessKind = "system"  // an operating system, with the least version that can use passkeys
	ReadyBrowser ReadinessKind = "browser" // a browser, likewise
	ReadyPhone   ReadinessKind = "phone"   // a model of telephone that cannot hold a passkey, whatever its version
	ReadyVirtual ReadinessKind = "virtual" // a computer inside another one, or far away
	ReadyApp     ReadinessKind = "app"     // a program that takes no passkey from a phone or from the computer itself
)

// ReadinessKinds lists them in the order in which the table is shown.
var ReadinessKinds = []ReadinessKind{ReadySystem, ReadyBrowser, ReadyPhone, ReadyVirtual, ReadyApp}

// The names that the program itself knows; a row may have others where its kind is not a system.
const (
	Windows  = "windows"
	MacOS    = "macos"
	ChromeOS = "chromeos"
	Linux    = "linux"
	IOS      = "ios"
	Android  = "android"
)

// AuthenticatorUse says when passkeys of phones live in Microsoft Authenticator, which asks for newer phones than the
// system's own store does.
type AuthenticatorUse string

// When Microsoft Authenticator is meant.
const (
	AuthenticatorNever  AuthenticatorUse = "never"
	AuthenticatorOnMac  AuthenticatorUse = "macos" // for people who work on a Mac
	AuthenticatorAlways AuthenticatorUse = "always"
)

// ReadinessRow is one line of the table.
type ReadinessRow struct {
	Kind          ReadinessKind `json:"kind"`
	Name          string        `json:"name"`                    // as it is, or a word that web/texts has a name for
	Authenticator bool          `json:"authenticator,omitempty"` // it counts where Microsoft Authenticator is meant
	Min           string        `json:"min,omitempty"`           // least version, of a system or a browser
	Key           bool          `json:"key,omitempty"`           // a hardware key works there, of what is virtual and of programs
	Source        string        `json:"source"`                  // who says so
}

// Readiness is the table by which [Answers] are judged, in one of its versions.
type Readiness struct {
	Version       int64            `json:"version"` // 0: as it comes with the program
	Authenticator AuthenticatorUse `json:"authenticator"`
	Rows          []ReadinessRow   `json:"rows"`
	By            Actor            `json:"by"`
	At            time.Time        `json:"at"`
}

// Where the rows of [DefaultReadiness] come from.
const (
	sourceGoogle  = "Google Account Help 13548313: what a computer, phone and browser need for passkeys"
	sourceEntra   = "Microsoft Entra: register passkeys in Authenticator on Android and iOS devices"
	sourceApple   = "Apple Support HT213411: models that can have iOS 16"
	sourceHuawei  = "Huawei: sold without Google services since 2019, so that Google's store of passkeys is missing"
	sourceHybrid  = "FIDO Alliance, CTAP 2.2 hybrid transport: the phone must be near the computer that shows the page"
	sourceOpenSSH = "OpenSSH 8.2 release notes: keys of the types ecdsa-sk and ed25519-sk"
	sourceOurs    = "our own judgment: replace it by what your programs say"
)

// DefaultReadiness is the table as it comes with the program.
func DefaultReadiness() Readiness {
	return Readiness{Authenticator: AuthenticatorOnMac, Rows: []ReadinessRow{
		{Kind: ReadySystem, Name: Windows, Min: "10", Source: sourceGoogle},
		{Kind: ReadySystem, Name: MacOS, Min: "13", Source: sourceGoogle},
		{Kind: ReadySystem, Name: ChromeOS, Min: "109", Source: sourceGoogle},
		{Kind: ReadySystem, Name: IOS, Min: "16", Source: sourceGoogle},
		{Kind: ReadySystem, Name: IOS, Authenticator: true, Min: "17", Source: sourceEntra},
		{Kind: ReadySystem, Name: Android, Min: "9", Source: sourceGoogle},
		{Kind: ReadySystem, Name: Android, Authenticator: true, Min: "14", Source: sourceEntra},
		{Kind: ReadyBrowser, Name: "chrome", Min: "109", Source: sourceGoogle},
		{Kind: ReadyBrowser, Name: "safari", Min: "16", Source: sourceGoogle},
		{Kind: ReadyBrowser, Name: "edge", Min: "109", Source: sourceGoogle},
		{Kind: ReadyPhone, Name: "iPhone 6s, SE (2016)", Source: sourceApple},
		{Kind: ReadyPhone, Name: "iPhone 7", Source: sourceApple},
		{Kind: ReadyPhone, Name: "Huawei Mate 30+, P40+", Source: sourceHuawei},
		{Kind: ReadyVirtual, Name: "vdi", Key: true, Source: sourceHybrid},
		{Kind: ReadyVirtual, Name: "vm", Key: true, Source: sourceHybrid},
		{Kind: ReadyApp, Name: "ssh", Key: true, Source: sourceOpenSSH},
		{Kind: ReadyApp, Name: "rdp", Key: true, Source: sourceOurs},
		{Kind: ReadyApp, Name: "vpn", Source: sourceOurs},
	}}
}

// readinessRows is how many rows a table may have: a page of questions has to stay one that is read.
const readinessRows = 100

// Check refuses a table that answers cannot be judged by, naming the row.
func (r Readiness) Check() error {
	if !slices.Contains([]AuthenticatorUse{AuthenticatorNever, AuthenticatorOnMac, AuthenticatorAlways}, r.Authenticator) {
		return Refuse(Invalid, "%q does not say when Microsoft Authenticator is meant: use never, macos or always.", r.Authenticator)
	}
	if len(r.Rows) == 0 || len(r.Rows) > readinessRows {
		return Refuse(Invalid, "The table has %d rows: give it 1 to %d.", len(r.Rows), readinessRows)
	}
	var errs []error
	for i, row := range r.Rows {
		errs = append(errs, row.check())
		same := func(o ReadinessRow) bool {
			return o.Kind == row.Kind && strings.EqualFold(o.Name, row.Name) && o.Authenticator == row.Authenticator
		}
		if slices.ContainsFunc(r.Rows[:i], same) {
			errs = append(errs, Refuse(Invalid, "The %s %q is there twice: remove one of the two rows.", row.Kind, row.Name))
		}
	}
	return together(errs...)
}

func (r ReadinessRow) check() error {
	versioned := r.Kind == ReadySystem || r.Kind == ReadyBrowser
	switch {
	case !slices.Contains(ReadinessKinds, r.Kind):
		return Refuse(Invalid, "%q is no kind of row: use system, browser, phone, virtual or app.", r.Kind)
	case strings.TrimSpace(r.Name) == "" || len(r.Name) > 80:
		return Refuse(Invalid, "A row of kind %s has no name, or one that is too long to read: name what it is about.", r.Kind)
	case strings.TrimSpace(r.Source) == "":
		return Refuse(Invalid, "The %s %q has no source: say where this is known from.", r.Kind, r.Name)
	case r.Kind == ReadySystem && !slices.Contains(Systems, r.Name):
		return Refuse(Invalid, "%q is no system: use %s.", r.Name, orList(Systems))
	case versioned && (r.Min == "" || !OlderFirmware("0", r.Min)):
		return Refuse(Invalid, "The least version of %s is %q: write a number such as 16 or 10.15.", r.Name, r.Min)
	case !versioned && r.Min != "":
		return Refuse(Invalid, "The %s %q has no versions: leave the version out.", r.Kind, r.Name)
	case r.Authenticator && r.Name != IOS && r.Name != Android:
		return Refuse(Invalid, "Microsoft Authenticator counts for ios and android only, not for %s.", r.Name)
	}
	return checkTexts(named{"name", r.Name}, named{"source", r.Source})
}

// Change makes r the version after last.
func (r Readiness) Change(last int64, by Actor, at time.Time) (Readiness, Event, error) {
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Name, row.Min, row.Source = strings.TrimSpace(row.Name), strings.TrimSpace(row.Min), strings.TrimSpace(row.Source)
	}
	if err := r.Check(); err != nil {
		return r, Event{}, err
	}
	r.Version, r.By, r.At = last+1, by, at
	return r, Event{Action: "readiness.changed", Subjects: []string{"readiness"}, Payload: r}, nil
}

// Of lists the rows of a kind, in their order.
func (r Readiness) Of(kind ReadinessKind) []ReadinessRow {
	var rows []ReadinessRow
	for _, row := range r.Rows {
		if row.Kind == kind {
			rows = append(rows, row)
		}
	}
	return rows
}

// Bands lists the least versions that the table has for a system or a browser, the newest first: somebody who is asked
// for a version is asked only for what makes a difference.
func (r Readiness) Bands(kind ReadinessKind, name string) []string {
	var bands []string
	for _, row := range r.Of(kind) {
		if row.Name == name && !slices.Contains(bands, row.Min) {
			bands = append(bands, row.Min)
		}
	}
	slices.SortFunc(bands, func(a, b string) int {
		switch {
		case OlderFirmware(b, a):
			return -1
		case OlderFirmware(a, b):
			return 1
		}
		return 0
	})
	return bands
}

// row finds a row by kind and name; where Microsoft Authenticator is meant, its own row before the other.
func (r Readiness) row(kind ReadinessKind, name string, authenticator bool) (ReadinessRow, bool) {
	var found ReadinessRow
	ok := false
	for _, row := range r.Rows {
		if row.Kind != kind || row.Name != name || row.Authenticator && !authenticator {
			continue
		}
		if !ok || row.Authenticator {
			found, ok = row, true
		}
	}
	return found, ok
}

// authenticator tells if Microsoft Authenticator is meant for somebody with these computers.
func (r Readiness) authenticator(computers []Installed) bool {
	onMac := slices.ContainsFunc(computers, func(c Installed) bool { return c.Name == MacOS })
	return r.Authenticator == AuthenticatorAlways || r.Authenticator == AuthenticatorOnMac && onMac
}
