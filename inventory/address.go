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

// Check refuses an address that no parcel could reach, naming all that is missing or wrong.
func (a Address) Check() error {
	return together(a.checkWhole(), CheckCountry(a.Country), a.checkText())
}

// checkWhole refuses an address that lacks what every address needs.
func (a Address) checkWhole() error {
	blank := func(line string) bool { return strings.TrimSpace(line) == "" }
	var street, rest error
	if len(a.Street) == 0 || slices.ContainsFunc(a.Street, blank) || len(a.Street) > 3 {
		street = Refuse(Invalid, "The address needs one to three street lines, none of them blank: fill them in or leave the whole address empty for pick-up.")
	}
	var missing []string
	for _, f := range []named{{"recipient", a.Recipient}, {"city", a.City}, {"country", a.Country}} {
		if blank(f.text) {
			missing = append(missing, f.name)
		}
	}
	if len(missing) > 0 {
		rest = Refuse(Invalid, "The address has no %s: fill it in or leave the whole address empty for pick-up.", orList(missing))
	}
	return together(street, rest)
}

func (a Address) checkText() error {
	fields := []named{
		{"recipient", a.Recipient}, {"company", a.Company}, {"city", a.City}, {"region", a.Region},
		{"postal code", a.PostalCode}, {"phone", a.Phone},
	}
	for _, line := range a.Street {
		fields = append(fields, named{"street", line})
	}
	return checkTexts(fields...)
}
