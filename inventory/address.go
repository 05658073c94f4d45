package inventory

import (
	"slices"
	"strings"
)

// Address is where a parcel goes. It is personal data: at rest it is sealed, it never enters the ledger's headers, a
// log or a mail.
type Address struct {
	Recipient  string   `json:"recipient"`
	Company    string   `json:"company,omitempty"`
	Street     []string `json:"street"` // one to three lines
	City       string   `json:"city"`
	Region     string   `json:"region,omitempty"`
	PostalCode string   `json:"postal_code,omitempty"`
	Country    string   `json:"country"` // ISO 3166-1 alpha-2
	Phone      string   `json:"phone,omitempty"`
}

// IsZero tells if nothing was given: the keys are then handed over at the desk.
func (a Address) IsZero() bool {
	return a.Recipient+a.Company+a.City+a.Region+a.PostalCode+a.Country+a.Phone == "" && len(a.Street) == 0
}

// Check refuses an address that no parcel could reach, naming what is missing.
func (a Address) Check() error {
	blank := func(line string) bool { return strings.TrimSpace(line) == "" }
	if len(a.Street) == 0 || slices.ContainsFunc(a.Street, blank) || len(a.Street) > 3 {
		return Refuse(Invalid, "The address needs one to three street lines, none of them blank: fill them in or leave the whole address empty for pick-up.")
	}
	for _, f := range []struct{ name, text string }{{"recipient", a.Recipient}, {"city", a.City}, {"country", a.Country}} {
		if blank(f.text) {
			return Refuse(Invalid, "The address has no %s: fill it in or leave the whole address empty for pick-up.", f.name)
		}
	}
	if len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Refuse(Invalid, "The country %q is no code of two capital letters: write DE or US, for instance.", a.Country)
	}
	return a.checkText()
}

func (a Address) checkText() error {
	fields := []struct{ name, text string }{
		{"recipient", a.Recipient}, {"company", a.Company}, {"city", a.City}, {"region", a.Region},
		{"postal code", a.PostalCode}, {"phone", a.Phone},
	}
	for _, line := range a.Street {
		fields = append(fields, struct{ name, text string }{"street", line})
	}
	for _, f := range fields {
		if err := CheckText(f.name, f.text); err != nil {
			return err
		}
	}
	return nil
}
