package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// How a recalled key ends: where it came from, what is said of it, and where it and its custody are then.
func TestStore_SettleRecall(t *testing.T) {
	for _, tt := range []struct {
		name   string
		from   inventory.KeyState
		to     inventory.RecallItemState
		want   inventory.KeyState
		holder string // of the open custody; empty: nobody's
		moves  []string
	}{
		{"back from its person", inventory.Active, inventory.RecallReturned, inventory.Returned, "bench", []string{"key.in-return", "key.returned"}},
		{"back from the carrier", inventory.InTransit, inventory.RecallReturned, inventory.Returned, "bench", []string{"key.returned"}},
		{"put with the recall", inventory.Ready, inventory.RecallReturned, inventory.Quarantined, "bench", nil},
		{"never back", inventory.Active, inventory.RecallWrittenOff, inventory.Retired, "", []string{"key.lost", "key.retired"}},
		{"lost by the carrier", inventory.InTransit, inventory.RecallWrittenOff, inventory.Retired, "", []string{"key.lost", "key.retired"}},
		{"thrown away at the desk", inventory.Ready, inventory.RecallWrittenOff, inventory.Retired, "bench", []string{"key.retired"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := inventorytest.Open(t)
			r := s.MustMake("1-1", "4711", "R-1001")
			lead(t, s, r, tt.from)
			refuse(t, s, r.Key.ID)
			mustRecall(t, s, inventory.RecallOf{Tags: []inventory.AssetTag{r.Key.Tag}})
			before := size(t, s)
			if err := s.SettleRecall(t.Context(), inventorytest.Operator, "c-1001", r.Key.Tag, tt.to, "So it was."); err != nil {
				t.Fatal(err)
			}
			d := mustKey(t, s, r.Key.ID)
			var holder string
			if c := d.Custody[0]; c.To == nil {
				holder = c.Holder.ID
			}
			if d.Key.State != tt.want || holder != tt.holder {
				t.Errorf("the key is %s with %q", d.Key.State, holder)
			}
			told := slices.DeleteFunc(actions(t, s, before+1), func(a string) bool { return !strings.HasPrefix(a, "key.") })
			if !slices.Equal(told, tt.moves) {
				t.Errorf("the ledger says %q", told)
			}
			c := recall(t, s, "C-1001")
			if c.Recall.State != inventory.RecallClosed || c.Due != 0 || c.Returned+c.WrittenOff != 1 || c.Items[0].Item.State != tt.to || c.Items[0].Item.Note != "So it was." {
				t.Errorf("the recall is %+v with %+v", c.RecallRow, c.Items)
			}
			if open := incidents(t, s, false); len(open) != 0 {
				t.Errorf("incidents %+v", open)
			}
			err := s.SettleRecall(t.Context(), inventorytest.Operator, "C-1001", r.Key.Tag, tt.to, "Once more.")
			if inventory.KindOf(err) != inventory.Conflict {
				t.Errorf("once more: %v", err)
			}
			if a := mustVerify(t, s); !a.Holds() {
				t.Error(a)
			}
		})
	}
}

// Other acts settle a recall too: whoever takes a key back need not know that it was recalled.
func TestStore_SettleRecall_byOtherActs(t *testing.T) {
	s, all := fleetInHands(t)
	mustRecall(t, s, inventory.RecallOf{AAGUID: inventorytest.AAGUID})
	for i, states := range [][]inventory.KeyState{
		{inventory.InReturn, inventory.Returned},
		{inventory.InReturn, inventory.Quarantined},
		{inventory.Lost, inventory.Retired},
		{inventory.Damaged, inventory.Retired},
		{inventory.InReturn},
	} {
		if err := s.MoveKey(t.Context(), all[i].Key.ID, nil, states...); err != nil {
			t.Fatal(err)
		}
	}
	d := recall(t, s, "C-1001")
	if d.Returned != 2 || d.WrittenOff != 2 || d.Due != 1 || d.Recall.State != inventory.RecallOpen {
		t.Fatalf("%+v", d.RecallRow)
	}
	if due, err := s.Recall(t.Context(), "C-1001", inventory.RecallQuery{State: inventory.RecallDue}); err != nil || len(due.Items) != 1 || due.Items[0].Tag != all[4].Key.Tag {
		t.Errorf("due %+v, %v", due.Items, err)
	}
	if err := s.MoveKey(t.Context(), all[4].Key.ID, nil, inventory.Returned); err != nil {
		t.Fatal(err)
	}
	if d = recall(t, s, "C-1001"); d.Recall.State != inventory.RecallClosed || d.Recall.ClosedAt == nil {
		t.Errorf("%+v", d.Recall)
	}
	if list, err := s.Recalls(t.Context()); err != nil || len(list) != 1 || list[0].Returned != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

func TestStore_SettleRecall_refused(t *testing.T) {
	s, all := fleetInHands(t)
	mustRecall(t, s, inventory.RecallOf{Tags: []inventory.AssetTag{all[0].Key.Tag}})
	before := size(t, s)
	for _, tt := range []struct {
		number, says string
		tag          inventory.AssetTag
		to           inventory.RecallItemState
		note         string
	}{
		{"C-9", "There is no recall C-9", all[0].Key.Tag, inventory.RecallReturned, ""},
		{"C-1001", "There is no key with the asset tag", "0000-0000", inventory.RecallReturned, ""},
		{"C-1001", "is not of recall C-1001", all[1].Key.Tag, inventory.RecallReturned, ""},
		{"C-1001", "say which", all[0].Key.Tag, inventory.RecallDue, ""},
		{"C-1001", "without a reason", all[0].Key.Tag, inventory.RecallWrittenOff, " "},
	} {
		err := s.SettleRecall(t.Context(), inventorytest.Operator, tt.number, tt.tag, tt.to, tt.note)
		if !strings.Contains(inventory.Sentence(err), tt.says) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	if size(t, s) != before {
		t.Error("a refusal left something in the ledger")
	}
}
