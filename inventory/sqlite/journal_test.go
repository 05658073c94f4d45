package sqlite_test

import (
	"testing"

	"keystation/inventory/inventorytest"
)

func TestJournal(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-2", "4711", "R-1001")
	k, err := s.Key(t.Context(), r.Key.ID)
	if err != nil || k.State != "ready" {
		t.Errorf("%+v %v", k, err)
	}
}
