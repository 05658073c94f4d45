package shipping

import (
	"cmp"
	"strings"

	"keystation/inventory"
)

// Desk is who sends: what a packet says about the sender. The zero value is a desk without a name and a return
// address, printing on A4.
type Desk struct {
	Settings inventory.Settings
	Name     string            // of the company or the desk; empty: "Key desk"
	Return   inventory.Address // where undelivered parcels go; zero: nothing is printed
	Contact  string            // telephone or mail address for a holder in trouble; empty: the desk's name, or "whoever gave you this key"
	Paper    Paper             // empty: by the country of Return
}

// Paper is the sheet in the printer.
type Paper string

// The papers. Both take the same label.
const (
	A4     Paper = "A4"
	Letter Paper = "Letter"
)

// Country is the country that the desk sends from, as an ISO 3166-1 code; empty when nobody said.
func (d Desk) Country() string { return strings.ToUpper(d.Return.Country) }

// name gives the sender's name, never empty.
func (d Desk) name() string { return cmp.Or(d.called(), "Key desk") }

// called gives the sender's name if somebody said it.
func (d Desk) called() string {
	for _, s := range []string{d.Name, d.Return.Company} {
		if strings.TrimSpace(s) != "" {
			return Clean(s)
		}
	}
	return ""
}

// PrintsOn gives the sheet: what was asked for, else what the desk's country uses.
func (d Desk) PrintsOn() Paper {
	if d.Paper != "" {
		return d.Paper
	}
	if c := d.Country(); c == "US" || c == "CA" {
		return Letter
	}
	return A4
}

// Check refuses a desk whose own name or return address could not be printed. An empty desk is fine.
func (d Desk) Check(can Glyphs) error {
	fields := append(addressFields("return ", d.Return), field{"desk's name", d.Name}, field{"desk's contact", d.Contact})
	if err := checkFields(fields, can); err != nil {
		return err
	}
	if d.Paper != "" && d.Paper != A4 && d.Paper != Letter {
		return inventory.Refuse(inventory.Invalid, "%q is no paper that packets are printed on: use A4 or Letter.", d.Paper)
	}
	if d.Return.IsZero() {
		return nil
	}
	_, err := Lines(d.Return, d.Country())
	return err
}
