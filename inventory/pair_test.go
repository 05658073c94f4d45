package inventory_test

import (
	"testing"

	"keystation/inventory"
)

func TestOrder_TwoMakers(t *testing.T) {
	held := func(maker string, line inventory.LineID, making bool) inventory.Held {
		return inventory.Held{Key: inventory.Key{Tag: "AAAA-0001", Maker: maker}, Line: line, Making: making}
	}
	for _, tt := range []struct {
		name, maker string
		others      []inventory.Held
		refusal     string
	}{
		{"the first key", "Yubico", nil, ""},
		{"another maker", "Yubico", []inventory.Held{held("Nitrokey GmbH", "1", false)}, ""},
		{"the same maker", "Yubico", []inventory.Held{held("Yubico AB", "1", false)},
			"Policy wants keys of two makers for Ada, who has AAAA-0001 by Yubico AB: take a key of another maker."},
		{"a third of one of two makers", "Yubico", []inventory.Held{held("Yubico AB", "1", false), held("Nitrokey", "2", false)}, ""},
		{"nobody knows this one", "", []inventory.Held{held("Yubico AB", "1", false)},
			"Policy wants keys of two makers for Ada, and nobody knows who made this one or AAAA-0001: take a key of another maker that is in the metadata."},
		{"nobody knows the other", "Yubico", []inventory.Held{held("", "1", false)},
			"Policy wants keys of two makers for Ada, and nobody knows who made this one or AAAA-0001: take a key of another maker that is in the metadata."},
		{"made at this moment, for a later line", "Yubico", []inventory.Held{held("Yubico", "9", true)}, ""},
		{"made at this moment, for an earlier line", "Yubico", []inventory.Held{held("Yubico", "1", true)},
			"Policy wants keys of two makers for Ada, who has AAAA-0001 by Yubico: take a key of another maker."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := inventory.Order{Line: inventory.Line{ID: "5"}, Person: inventory.Person{Name: "Ada"}, Others: tt.others}
			have := inventory.Sentence(o.TwoMakers(tt.maker))
			if have != tt.refusal {
				t.Errorf("refusal %q, want %q", have, tt.refusal)
			}
		})
	}
}
