package pdf

import (
	"io"
	"testing"

	"keystation/inventory"
	"keystation/shipping"
)

// Whatever an order says: it is refused with a sentence for a person, or its packet is drawn.
func FuzzCheck(f *testing.F) {
	f.Add("Zoë Grünwald", "Weg 1", "Berlin", "", "10623", "DE")
	f.Add("佐藤", "丸の内1-1", "千代田区", "13", "100-0005", "JP")
	f.Add("Ọlọ́run", "<b>&amp;{{.}}</b>", "%C%n%Z", "-", "\x00", "SG")
	f.Fuzz(func(t *testing.T, name, street, city, region, code, country string) {
		m := made()
		m.Order.Person.Name = name
		m.Order.Address = inventory.Address{Recipient: name, Street: []string{street}, City: city, Region: region, PostalCode: code, Country: country}
		err := Check(m.Order, desk())
		if err != nil && inventory.KindOf(err) != inventory.Invalid {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		p, err := shipping.NewPacket(m, desk(), Glyphs)
		if err != nil {
			t.Fatal(err)
		}
		if err := Draw(io.Discard, p); err != nil {
			t.Fatal(err)
		}
	})
}
