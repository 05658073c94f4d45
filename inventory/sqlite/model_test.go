package sqlite_test

import (
	"reflect"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// Every key counts once: at the desk, in hands or gone, and with its verdict; versions are ordered as numbers.
func TestStore_Models(t *testing.T) {
	s := inventorytest.Open(t)
	v := newVandal(t, s)
	if rows, err := s.Models(t.Context()); err != nil || len(rows) != 0 {
		t.Fatalf("of no keys: %+v, %v", rows, err)
	}
	if d, err := s.ModelDossier(t.Context(), "another"); err != nil || d.Keys() != 0 {
		t.Fatalf("of no keys: %+v, %v", d, err)
	}
	for _, k := range []struct {
		aaguid, model string
		state         inventory.KeyState
		verdict       inventory.Verdict
		firmware      string
	}{
		{"another", "b, as it was called", inventory.Ready, inventory.Genuine, "5.10"},
		{"another", "b", inventory.Packed, inventory.Genuine, "5.9"},
		{"another", "b", inventory.Active, inventory.Refused, "5.9"},
		{"another", "b", inventory.Stolen, inventory.Unknown, ""},
		{"one", "C", inventory.InReturn, inventory.Genuine, "1"},
		{"third", "A", inventory.Received, "", "1"},
	} {
		r := s.MustMake("1-1", "", "")
		v.do("UPDATE keys SET aaguid = ?, model = ?, state = ?, verdict = ?, firmware = ? WHERE id = ?", k.aaguid, k.model, k.state, k.verdict, k.firmware, r.Key.ID)
	}
	another := inventory.ModelRow{AAGUID: "another", Name: "b", AtDesk: 2, InHands: 1, Gone: 1, Genuine: 2, Unknown: 1, Refused: 1}
	want := []inventory.ModelRow{
		{AAGUID: "third", Name: "A", AtDesk: 1},
		another,
		{AAGUID: "one", Name: "C", InHands: 1, Genuine: 1},
	}
	if rows, err := s.Models(t.Context()); err != nil || !reflect.DeepEqual(rows, want) {
		t.Errorf("got %+v, %v", rows, err)
	}
	d, err := s.ModelDossier(t.Context(), "another")
	if err != nil || !reflect.DeepEqual(d, inventory.ModelDossier{
		ModelRow: another,
		States:   map[inventory.KeyState]int{inventory.Ready: 1, inventory.Packed: 1, inventory.Active: 1, inventory.Stolen: 1},
		Firmware: []inventory.FirmwareSpread{{Version: "", Keys: 1}, {Version: "5.9", Keys: 2, InHands: 1}, {Version: "5.10", Keys: 1}},
	}) {
		t.Errorf("got %+v, %v", d, err)
	}
}
