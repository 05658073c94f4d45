package shipping

import (
	"strings"
	"testing"
	"unicode"

	"keystation/inventory"
)

// latin stands for a printer with Latin letters, one combining mark, and nothing else.
func latin(r rune) bool {
	return r <= 0xFFFF && unicode.In(r, unicode.Latin, unicode.Common) && unicode.IsGraphic(r) || r == '\u0302'
}

func order() inventory.Order {
	return inventory.Order{
		Line:        inventory.Line{Position: 2, Purpose: inventory.Spare},
		Requisition: inventory.Requisition{Number: "R-1001", Tier: inventory.Standard},
		Person:      inventory.Person{Name: "Zoë Grünwald", Email: "zoe@example.com", ExternalID: "u-4711", Department: "Treasury"},
		Address:     addr("DE", "Zoë Grünwald", "Weg 1", "Berlin", "", "10623"),
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*inventory.Order)
		want   string // part of the sentence; empty: accepted
	}{
		{"fine", func(*inventory.Order) {}, ""},
		{"picked up", func(o *inventory.Order) { o.Address = inventory.Address{} }, ""},
		{"é in two parts", func(o *inventory.Order) { o.Person.Name = "Zoe\u0301" }, ""},
		{"a mark that the fonts have", func(o *inventory.Order) { o.Person.Name = "x\u0302" }, ""},
		{"a mark that they lack", func(o *inventory.Order) { o.Person.Name = "x\u0301" }, "The name has the character ‘\u25cc\u0301’ (U+0301)"},
		{"a mark on nothing", func(o *inventory.Order) { o.Address.City = "1\u0302" }, "The city has the character ‘\u25cc\u0302’ (U+0302)"},
		{"Chinese", func(o *inventory.Order) { o.Address.Street = []string{"Weg 1", "愛 Str. 7"} }, "The street has the character ‘愛’ (U+611B), which this printer's fonts do not have: write it in"},
		{"Arabic", func(o *inventory.Order) { o.Address.Recipient = "Ali علي" }, "The recipient has the character ‘ع’ (U+0639)"},
		{"emoji", func(o *inventory.Order) { o.Person.Department = "R&D 🔑" }, "The department has the character ‘🔑’ (U+1F511)"},
		{"invisible", func(o *inventory.Order) { o.Address.City = "Ber\u200blin" }, "The city has the invisible character U+200B: remove it."},
		{"control", func(o *inventory.Order) { o.Address.PostalCode = "10623\x07" }, "The postal code has the control character U+0007 at place 6"},
		{"override", func(o *inventory.Order) { o.Address.Street = []string{"Weg \u202e21"} }, "The street has the control character U+202E at place 5"},
		{"not UTF-8", func(o *inventory.Order) { o.Address.Company = "Gr\xfcn" }, "The company is not valid UTF-8"},
		{"long", func(o *inventory.Order) { o.Address.Company = strings.Repeat("x", 101) }, "The company has 101 characters, more than the 100"},
		{"no street", func(o *inventory.Order) { o.Address.Street = nil }, "street lines"},
		{"no such country", func(o *inventory.Order) { o.Address.Country = "QX" }, "QX"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := order()
			test.change(&o)
			err := Check(o, latin)
			if test.want == "" && err != nil || test.want != "" && !strings.Contains(inventory.Sentence(err), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && inventory.KindOf(err) != inventory.Invalid {
				t.Errorf("kind %s", inventory.KindOf(err))
			}
		})
	}
}

func TestDesk_Check(t *testing.T) {
	for _, test := range []struct {
		name string
		have Desk
		want string
	}{
		{"empty", Desk{}, ""},
		{"a name", Desk{Name: "Example desk"}, ""},
		{"a return address", Desk{Return: addr("FR", "Desk", "1 rue", "Paris", "", "75011")}, ""},
		{"a name that cannot be printed", Desk{Name: "鍵"}, "The desk's name has the character ‘鍵’"},
		{"a street that cannot be printed", Desk{Return: addr("FR", "Desk", "鍵", "Paris", "", "75011")}, "The return street has the character"},
		{"no such paper", Desk{Paper: "Legal"}, "use A4 or Letter"},
		{"no such country", Desk{Return: addr("XX", "Desk", "1 rue", "Paris", "", "75011")}, "no country"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.have.Check(latin)
			if test.want == "" && err != nil || test.want != "" && !strings.Contains(inventory.Sentence(err), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestDesk_paper(t *testing.T) {
	for _, test := range []struct {
		country string
		asked   Paper
		want    Paper
	}{{"US", "", Letter}, {"ca", "", Letter}, {"DE", "", A4}, {"", "", A4}, {"US", A4, A4}, {"DE", Letter, Letter}} {
		if got := (Desk{Return: inventory.Address{Country: test.country}, Paper: test.asked}).PrintsOn(); got != test.want {
			t.Errorf("%s %s: got %s, want %s", test.country, test.asked, got, test.want)
		}
	}
}

func TestClean(t *testing.T) {
	for have, want := range map[string]string{
		"e\u0301": "é", " a  b\u00a0c\t": "a b c", "и\u0306": "й", "υ\u0301": "ύ", "": "",
	} {
		if got := Clean(have); got != want {
			t.Errorf("%q: got %q, want %q", have, got, want)
		}
	}
}

func TestVisible(t *testing.T) {
	for have, want := range map[string]string{
		"Key 5 NFC": "Key 5 NFC", "飞天 K9": "<U+98DE><U+5929> K9", "a\x00b": "a<U+0000>b", "🔑": "<U+1F511>", "\u0302a": "<U+0302>a", "x\u0302": "x\u0302",
	} {
		if got := visible(have, latin); got != want {
			t.Errorf("%q: got %q, want %q", have, got, want)
		}
	}
}
