package sqlite_test

import (
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

func TestStore_BeginParcel(t *testing.T) {
	s := inventorytest.Open(t)
	one, two := s.MustMake("1-1", "", "R-1001"), s.MustMake("1-2", "", "R-1002")
	ctx, by := t.Context(), inventorytest.Operator
	first, err := s.BeginParcel(ctx, by, *one.Order, one.Key)
	if err != nil || first.Number != "P-1001" || !first.PrintedAt.IsZero() {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := s.BeginParcel(ctx, by, *two.Order, two.Key)
	if err != nil || second.Number != "P-1002" {
		t.Fatalf("%+v, %v", second, err)
	}
	if again, err := s.BeginParcel(ctx, by, *one.Order, one.Key); err != nil || again.ID != first.ID {
		t.Errorf("printed again it is %+v, %v", again, err)
	}
	first.PacketSHA256, first.PrintedLines = "ab", []byte("sealed")
	if err := s.SaveParcel(ctx, by, first); err != nil {
		t.Fatal(err)
	}
	made, err := s.Made(ctx, one.Key.ID)
	if err != nil || made.Parcel.PacketSHA256 != "ab" || made.Parcel.PrintedAt.IsZero() || made.Run.ID != one.Row.ID {
		t.Errorf("%+v, %v", made, err)
	}
	if made.Order.Address.City != "London" {
		t.Errorf("address %+v", made.Order.Address)
	}
	stock := s.MustMake("1-3", "", "")
	if _, err := s.Made(ctx, stock.Key.ID); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("a key for stock: %v", err)
	}
}
