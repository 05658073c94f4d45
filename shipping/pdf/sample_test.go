package pdf

import (
	"bytes"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/shipping"
)

// made gives a key that was made for Zoë in Berlin.
func made() shipping.Made {
	at := time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC)
	return shipping.Made{
		Order: inventory.Order{
			Line:        inventory.Line{ID: "0199f0c1-0000-7000-8000-000000000003", Position: 1, Purpose: inventory.Primary},
			Requisition: inventory.Requisition{Number: "R-1001", Tier: inventory.Standard},
			Person:      inventory.Person{Name: "Zoë Grünwald", Email: "zoe@example.com", Department: "Treasury", Language: "en"},
			Address: inventory.Address{
				Recipient: "Zoë Grünwald", Company: "Example GmbH", Street: []string{"Straße des 17. Juni 135", "Hinterhaus, 3. Stock"},
				City: "Berlin", PostalCode: "10623", Country: "DE", Phone: "+49 30 1234567",
			},
		},
		Key: inventory.Key{
			Tag: "7KQM-3XWB", Model: "Keystation Software Key", AAGUID: "6b657973-7461-7469-6f6e-000000000001", Serial: "SK00014821",
			SerialSource: inventory.SerialUSB, Firmware: "1.0.0", Verdict: inventory.Genuine, Arrival: inventory.ArrivalTouch,
		},
		Run: inventory.Run{
			ID: "0199f0c1-7a5e-7c3d-9b1f-3fa94c0e91b2", Operator: inventory.Claimed("Ada Ott"), StartedAt: at.Add(-time.Minute), EndedAt: &at,
		},
		Parcel: inventory.Parcel{Number: "P-1001"},
	}
}

// desk gives a desk in France.
func desk() shipping.Desk {
	return shipping.Desk{
		Settings: inventory.Settings{RPID: "example.com", PublicURL: "https://keys.example.com"},
		Name:     "Example key desk",
		Contact:  "+33 1 23 45 67 89",
		Return: inventory.Address{
			Recipient: "Key desk", Company: "Example SAS", Street: []string{"12 rue de l'Église"}, City: "Paris", PostalCode: "75011", Country: "FR",
		},
	}
}

// testDesk gives a desk without a public address.
func testDesk() shipping.Desk {
	d := desk()
	d.Settings = inventory.Settings{RPID: inventory.LocalRPID}
	return d
}

func drawn(t *testing.T, m shipping.Made, d shipping.Desk) []byte {
	t.Helper()
	p, err := shipping.NewPacket(m, d, Glyphs)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Draw(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
