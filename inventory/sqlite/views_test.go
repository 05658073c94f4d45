package sqlite_test

import (
	"slices"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

func TestStore_KeyList(t *testing.T) {
	s := inventorytest.Open(t)
	ada := s.MustMake("1-1", "4711", "R-1001")
	stock := s.MustMake("1-2", "", "")
	grace := s.MustMake("1-3", "4800", "R-1002")
	for _, tt := range []struct {
		name string
		q    inventory.KeyQuery
		want []*inventorytest.Run
	}{
		{"all, the last changed first", inventory.KeyQuery{}, []*inventorytest.Run{grace, stock, ada}},
		{"of a state", inventory.KeyQuery{State: inventory.Ready}, []*inventorytest.Run{grace, stock, ada}},
		{"of a state that none has", inventory.KeyQuery{State: inventory.Lost}, nil},
		{"by tag", inventory.KeyQuery{Text: string(stock.Key.Tag)}, []*inventorytest.Run{stock}},
		{"by serial", inventory.KeyQuery{Text: "47"}, []*inventorytest.Run{ada}},
		{"by model", inventory.KeyQuery{Text: "softk"}, []*inventorytest.Run{grace, stock, ada}},
		{"by model and state", inventory.KeyQuery{Text: "softk", State: inventory.Lost}, nil},
		{"by person it is for", inventory.KeyQuery{Text: "lovelace"}, []*inventorytest.Run{ada}},
		{"by nothing known", inventory.KeyQuery{Text: "%"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := s.KeyList(t.Context(), tt.q)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Rows) != len(tt.want) || p.Next != "" {
				t.Fatalf("%d rows, want %d; next %q", len(p.Rows), len(tt.want), p.Next)
			}
			for i, r := range p.Rows {
				if r.Key.ID != tt.want[i].Key.ID || r.Holder.ID != "bench" || r.Key.Model != "Softkey" {
					t.Errorf("row %d: %+v", i, r)
				}
				if o := tt.want[i].Order; (o == nil) != (r.For == nil) || o != nil && (r.For.Name != o.Person.Name || r.For.Number != o.Requisition.Number) {
					t.Errorf("row %d is for %+v", i, r.For)
				}
			}
		})
	}
}

// Page after page shows every row once, whatever the size of a page.
func TestStore_lists_inPages(t *testing.T) {
	s := inventorytest.Open(t)
	for range 5 {
		s.MustMake("1-1", "", "")
	}
	lists := map[string]struct {
		want int
		page func(after string) (ids []string, next string, err error)
	}{
		"keys": {5, func(after string) (ids []string, next string, err error) {
			p, err := s.KeyList(t.Context(), inventory.KeyQuery{After: after, Limit: 2})
			for _, r := range p.Rows {
				ids = append(ids, string(r.Key.ID))
			}
			return ids, p.Next, err
		}},
		"keys by text": {5, func(after string) (ids []string, next string, err error) {
			p, err := s.KeyList(t.Context(), inventory.KeyQuery{Text: "Soft", State: inventory.Ready, After: after, Limit: 2})
			for _, r := range p.Rows {
				ids = append(ids, string(r.Key.ID))
			}
			return ids, p.Next, err
		}},
		"runs": {5, func(after string) (ids []string, next string, err error) {
			p, err := s.RunList(t.Context(), inventory.RunQuery{End: inventory.RunReady, After: after, Limit: 2})
			for _, r := range p.Rows {
				ids = append(ids, string(r.Run.ID))
			}
			return ids, p.Next, err
		}},
		"requisitions": {4, func(after string) (ids []string, next string, err error) {
			p, err := s.RequisitionList(t.Context(), inventory.RequisitionQuery{After: after, Limit: 1})
			for _, r := range p.Rows {
				ids = append(ids, string(r.Requisition.ID))
			}
			return ids, p.Next, err
		}},
		"people": {4, func(after string) (ids []string, next string, err error) {
			p, err := s.PersonList(t.Context(), inventory.PersonQuery{After: after, Limit: 3})
			for _, r := range p.Rows {
				ids = append(ids, string(r.Person.ID))
			}
			return ids, p.Next, err
		}},
	}
	for name, list := range lists {
		t.Run(name, func(t *testing.T) {
			seen, after := map[string]bool{}, ""
			for range 10 {
				ids, next, err := list.page(after)
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range ids {
					if seen[id] {
						t.Errorf("%s twice", id)
					}
					seen[id] = true
				}
				if after = next; after == "" {
					break
				}
			}
			if len(seen) != list.want {
				t.Errorf("saw %d, want %d", len(seen), list.want)
			}
			if _, _, err := list.page("nonsense"); inventory.KindOf(err) != inventory.Invalid {
				t.Errorf("a cursor that is none: %v", err)
			}
		})
	}
}

func TestStore_KeyDossier(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	d, err := s.KeyDossier(t.Context(), r.Key.Tag)
	if err != nil {
		t.Fatal(err)
	}
	if d.For == nil || d.For.Name != "Ada Lovelace" || d.For.Purpose != inventory.Primary {
		t.Errorf("for %+v", d.For)
	}
	if len(d.Custody) != 1 || len(d.Runs) != 1 || len(d.Entries) != 20 || len(d.Registrations) != 1 {
		t.Errorf("%d custody, %d runs, %d entries, %d registrations", len(d.Custody), len(d.Runs), len(d.Entries), len(d.Registrations))
	}
	if d.Seal == nil || d.Seal.State != inventory.Sealed || d.Seal.Blob != nil || d.Seal.SHA256 == "" {
		t.Errorf("seal %+v", d.Seal)
	}
	if len(d.Ledger) < 5 || d.Ledger[0].Header.Action != "key.ready" || d.Ledger[0].Actor != inventorytest.Operator.Name {
		t.Errorf("%d entries about it, the newest %+v", len(d.Ledger), d.Ledger[0])
	}
	if _, err := s.KeyDossier(t.Context(), "2222-2222"); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("unknown tag: %v", err)
	}
}

func TestStore_Overview(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "", "R-1001")
	s.MustBegin("1-2")
	o, err := s.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Keys[inventory.Ready] != 1 || o.Requisitions[inventory.Fulfilling] != 1 || o.Requisitions[inventory.Approved] != 2 ||
		o.Requisitions[inventory.Submitted] != 1 || o.OpenLines != 4 || o.Runs != 1 {
		t.Errorf("%+v", o)
	}
	if n, err := s.MadeSince(t.Context(), inventorytest.Start); err != nil || n != 1 {
		t.Errorf("made %d, %v", n, err)
	}
	if n, err := s.MadeSince(t.Context(), s.Clock.Now()); err != nil || n != 0 {
		t.Errorf("made from now on %d, %v", n, err)
	}
}

func TestStore_RequisitionByNumber(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "", "R-1001")
	got, err := s.RequisitionByNumber(t.Context(), "R-1001")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Lines) != 2 || got.Lines[0].Tag != r.Key.Tag || got.Lines[0].KeyState != inventory.Ready || got.Lines[1].Tag != "" {
		t.Errorf("lines %+v", got.Lines)
	}
	if got.Requisition.Address != nil || got.Person.Name != "Ada Lovelace" || got.Requisition.ApprovedBy.Method != inventory.ByClaim {
		t.Errorf("%+v", got)
	}
	if _, err := s.RequisitionByNumber(t.Context(), "R-1"); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("unknown number: %v", err)
	}
	p, err := s.RequisitionList(t.Context(), inventory.RequisitionQuery{Text: "hopper", State: inventory.Approved})
	if err != nil || len(p.Rows) != 1 || p.Rows[0].Requisition.Number != "R-1002" {
		t.Errorf("search gives %+v, %v", p, err)
	}
}

func TestStore_RunDossier(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "", "R-1001")
	d, err := s.RunDossier(t.Context(), r.Row.ID)
	if err != nil || len(d.Entries) != 20 || d.Tag != r.Key.Tag || d.For == nil || d.Run.End != inventory.RunReady {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := s.RunDossier(t.Context(), "none"); inventory.KindOf(err) != inventory.NotFound {
		t.Errorf("unknown run: %v", err)
	}
}

func TestStore_LedgerList(t *testing.T) {
	s := inventorytest.Open(t)
	h, err := s.LedgerHead(t.Context())
	if err != nil || h.Size < 9 || len(h.Root) != 64 || h.SignedAt != nil {
		t.Fatalf("head %+v, %v", h, err)
	}
	rows, err := s.LedgerList(t.Context(), 0, 3)
	if err != nil || len(rows) != 3 || rows[0].Header.Seq != h.Size {
		t.Fatalf("%+v, %v", rows, err)
	}
	rows, err = s.LedgerList(t.Context(), 2, 3)
	if err != nil || len(rows) != 1 || rows[0].Header.Action != "settings.made" {
		t.Fatalf("%+v, %v", rows, err)
	}
	note, err := s.Checkpoint(t.Context(), inventorytest.Operator, s.Signer)
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.LedgerHead(t.Context())
	if err != nil || after.Checkpoint != string(note) || after.SignedSize != h.Size || after.SignedAt == nil || after.Size != h.Size+1 {
		t.Errorf("head %+v, %v", after, err)
	}
}

// The lines stand in the order in which the bench takes them; what is not approved, or taken, is not among them.
func TestStore_OpenLines(t *testing.T) {
	s := inventorytest.Open(t)
	s.MustMake("1-1", "4711", "R-1001")
	all, err := s.OpenLines(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range all {
		got = append(got, l.For.Number+" "+string(l.For.Purpose)+" "+l.Connector)
	}
	want := []string{"R-1001 spare usb-c", "R-1002 primary ", "R-1004 primary usb-c", "R-1004 spare usb-c"}
	if !slices.Equal(got, want) {
		t.Errorf("open are %q, want %q", got, want)
	}
	o, err := s.TakeLine(t.Context(), inventorytest.Operator, s.MustBegin("1-2").Row.ID, inventory.Want{})
	if err != nil || o.Line.ID != all[0].For.Line || o.Person.Name != all[0].For.Name {
		t.Errorf("the bench takes %s %d of %s: %v", o.Requisition.Number, o.Line.Position, o.Person.Name, err)
	}
	if few, err := s.OpenLines(t.Context(), 2); err != nil || len(few) != 2 || few[0].For.Number != "R-1002" {
		t.Errorf("two of them: %+v, %v", few, err)
	}
}
