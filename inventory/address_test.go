package inventory

import "testing"

func reachable() Address {
	return Address{Recipient: "Ada Lovelace", Street: []string{"12 St James's Square"}, City: "London", PostalCode: "SW1Y 4LB", Country: "GB"}
}

func TestAddress_Check(t *testing.T) {
	const streets = "The address needs one to three street lines, none of them blank: fill them in or leave the whole address empty for pick-up."
	tests := []struct {
		name    string
		change  func(*Address)
		refusal string
	}{
		{"whole", func(*Address) {}, ""},
		{"three lines, other scripts", func(a *Address) {
			a.Street, a.City = []string{"ул. Ленина 1", "Οδός 2", "c/o 3"}, "Αθήνα"
		}, ""},
		{"no postal code", func(a *Address) { a.PostalCode = "" }, ""},
		{"no street", func(a *Address) { a.Street = nil }, streets},
		{"blank street", func(a *Address) { a.Street = []string{"12 Main St", " "} }, streets},
		{"four lines", func(a *Address) { a.Street = []string{"a", "b", "c", "d"} }, streets},
		{"no recipient", func(a *Address) { a.Recipient = " " },
			"The address has no recipient: fill it in or leave the whole address empty for pick-up."},
		{"no city", func(a *Address) { a.City = "" }, "The address has no city: fill it in or leave the whole address empty for pick-up."},
		{"no country", func(a *Address) { a.Country = "" }, "The address has no country: fill it in or leave the whole address empty for pick-up."},
		{"country by name", func(a *Address) { a.Country = "Germany" }, `The country "Germany" is no code of two capital letters: write DE or US, for instance.`},
		{"small letters", func(a *Address) { a.Country = "de" }, `The country "de" is no code of two capital letters: write DE or US, for instance.`},
		{"digits", func(a *Address) { a.Country = "49" }, `The country "49" is no code of two capital letters: write DE or US, for instance.`},
		{"one letter of two bytes", func(a *Address) { a.Country = "É" }, `The country "É" is no code of two capital letters: write DE or US, for instance.`},
		{"control in recipient", func(a *Address) { a.Recipient = "Ada\n" }, "The recipient has the control character U+000A at place 4: remove it."},
		{"control in company", func(a *Address) { a.Company = "\x00" }, "The company has the control character U+0000 at place 1: remove it."},
		{"control in street", func(a *Address) { a.Street = []string{"ok", "1\t2"} }, "The street has the control character U+0009 at place 2: remove it."},
		{"direction in phone", func(a *Address) { a.Phone = "+49\u202e1" }, "The phone has the control character U+202E at place 4: remove it."},
		{"broken region", func(a *Address) { a.Region = "\xff" }, "The region is not valid UTF-8: save the file as UTF-8 and try again."},
		{"separator in postal code", func(a *Address) { a.PostalCode = "1\u2028" }, "The postal code has the control character U+2028 at place 2: remove it."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := reachable()
			tt.change(&a)
			refused(t, a.Check(), Invalid, tt.refusal)
		})
	}
}

func TestAddress_IsZero(t *testing.T) {
	if !(Address{}).IsZero() || !(Address{Street: []string{}}).IsZero() {
		t.Error("an empty address is not zero")
	}
	for _, a := range []Address{{Recipient: "A"}, {Company: "A"}, {Street: []string{"A"}}, {City: "A"}, {Region: "A"}, {PostalCode: "1"}, {Country: "DE"}, {Phone: "1"}} {
		if a.IsZero() || a.Check() == nil {
			t.Errorf("half an address is taken for none, or for a whole one: %+v", a)
		}
	}
}
