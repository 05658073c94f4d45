package sqlite_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// recallOf is a recall that is due in a month.
func recallOf(reason string) inventory.Recall {
	return inventory.Recall{Reason: reason, Deadline: inventorytest.Start.AddDate(0, 1, 0)}
}

func mustRecall(t *testing.T, s *inventorytest.Store, which inventory.RecallOf) inventory.RecallOpened {
	t.Helper()
	o, err := s.OpenRecall(t.Context(), inventorytest.Operator, recallOf("Its vendor lost a key."), which)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func recall(t *testing.T, s *inventorytest.Store, number string) inventory.RecallDossier {
	t.Helper()
	d, err := s.Recall(t.Context(), number, inventory.RecallQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What a recall does to a key in each state, and whether its person gets another.
func TestStore_OpenRecall_states(t *testing.T) {
	for _, tt := range []struct {
		state, want inventory.KeyState
		next        string
		left        string // why it is left out
		reopened    bool   // the line that it was made for is wanted again
		replaced    bool   // by a requisition of its own
	}{
		{state: inventory.Received, want: inventory.Quarantined, next: "Put it with recall C-1001."},
		{state: inventory.Ready, want: inventory.Quarantined, next: "Put it with recall C-1001.", reopened: true},
		{state: inventory.Packed, want: inventory.Quarantined, next: "Take it out of P-1001, which must not go. Put it with recall C-1001.", reopened: true},
		{state: inventory.Returned, want: inventory.Quarantined, next: "Put it with recall C-1001."},
		{state: inventory.Quarantined, want: inventory.Quarantined, next: "Put it with recall C-1001."},
		{state: inventory.InTransit, want: inventory.InReturn, replaced: true},
		{state: inventory.Delivered, want: inventory.ReturnDue, replaced: true},
		{state: inventory.Active, want: inventory.ReturnDue, replaced: true},
		{state: inventory.Suspended, want: inventory.ReturnDue, replaced: true},
		{state: inventory.ReturnDue, want: inventory.ReturnDue},
		{state: inventory.InReturn, want: inventory.InReturn},
		{state: inventory.Lost, want: inventory.Lost, left: "it is lost"},
		{state: inventory.Stolen, want: inventory.Stolen, left: "it is stolen"},
		{state: inventory.Damaged, want: inventory.Damaged, left: "it is damaged"},
		{state: inventory.Retired, want: inventory.Retired, left: "it is retired"},
	} {
		t.Run(string(tt.state), func(t *testing.T) {
			s := inventorytest.Open(t)
			r := s.MustMake("1-1", "4711", "R-1001")
			if _, err := s.BeginParcel(t.Context(), inventorytest.Operator, *r.Order, r.Key); err != nil {
				t.Fatal(err)
			}
			lead(t, s, r, tt.state)
			before := size(t, s)
			o, err := s.OpenRecall(t.Context(), inventorytest.Operator, recallOf("Its vendor lost a key."), inventory.RecallOf{Tags: []inventory.AssetTag{r.Key.Tag}})
			k := mustKey(t, s, r.Key.ID).Key
			if k.State != tt.want || k.NextAction != tt.next {
				t.Errorf("the key is %+v", k)
			}
			if tt.left != "" {
				if inventory.KindOf(err) != inventory.Conflict || !strings.Contains(inventory.Sentence(err), tt.left) || size(t, s) != before {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || o.Keys != 1 || o.Recall.Number != "C-1001" || (len(o.Requisitions) == 1) != tt.replaced {
				t.Fatalf("%+v, %v", o, err)
			}
			i := recall(t, s, "c1001").Items[0]
			want := map[bool]string{true: "R-1001"}[tt.reopened] + map[bool]string{true: "R-1005"}[tt.replaced]
			if i.Requisition != want || i.Item.State != inventory.RecallDue || want != "" && i.LineState != inventory.LineOpen {
				t.Errorf("item %+v", i)
			}
			if a := mustVerify(t, s); !a.Holds() {
				t.Error(a)
			}
		})
	}
}

// fleetInHands has Ada's two keys (elevated, posted), Grace's (standard, picked up) and both of Sofia's in their hands.
func fleetInHands(t *testing.T) (*inventorytest.Store, []*inventorytest.Run) {
	t.Helper()
	s := inventorytest.Open(t)
	var all []*inventorytest.Run
	for i, number := range []string{"R-1001", "R-1001", "R-1002", "R-1004", "R-1004"} {
		r := s.MustMake("1-1", "471"+string(rune('0'+i)), number)
		lead(t, s, r, inventory.Active)
		all = append(all, r)
	}
	return s, all
}

// Whoever loses keys gets as many, of the same purpose and kind, guarded and sent as before.
func TestStore_OpenRecall_replaces(t *testing.T) {
	s, all := fleetInHands(t)
	o := mustRecall(t, s, inventory.RecallOf{AAGUID: strings.ToUpper(inventorytest.AAGUID)})
	if o.Keys != 5 || !slices.Equal(o.Requisitions, []string{"R-1005", "R-1006", "R-1007"}) || len(o.Submitted) != 0 || o.PickUps != 0 {
		t.Fatalf("%+v", o)
	}
	for _, want := range []struct {
		number, person string
		tier           inventory.Tier
		lines          string
		country        string
	}{
		{"R-1005", "Ada Lovelace", inventory.Elevated, "primary usb-c, spare usb-c", "GB"},
		{"R-1006", "Grace Hopper", inventory.Standard, "primary ", ""},
		{"R-1007", "Софья Ковалевская", inventory.Standard, "primary usb-c, spare usb-c", "SE"},
	} {
		q, err := s.RequisitionByNumber(t.Context(), want.number)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, l := range q.Lines {
			lines = append(lines, string(l.Line.Purpose)+" "+l.Line.Connector)
		}
		if q.Person.Name != want.person || q.Requisition.Tier != want.tier || q.Requisition.State != inventory.Approved || q.Country != want.country ||
			strings.Join(lines, ", ") != want.lines || q.Requisition.ApprovedBy.ID != inventorytest.Operator.ID || !strings.HasSuffix(q.Requisition.Reason, "(recall C-1001)") {
			t.Errorf("%+v with the lines %q", q.Requisition, lines)
		}
		if to, err := s.Order(t.Context(), q.Lines[0].Line.ID); err != nil || to.Address.IsZero() != (want.country == "") {
			t.Errorf("the order %+v, %v", to, err)
		}
	}
	if q, _ := s.RequisitionByNumber(t.Context(), "R-1006"); q.Requisition.Reason != "Replaces "+string(all[2].Key.Tag)+" (recall C-1001)" {
		t.Errorf("reason %q", q.Requisition.Reason)
	}
	again, err := s.OpenRecall(t.Context(), inventorytest.Operator, recallOf("Once more."), inventory.RecallOf{AAGUID: inventorytest.AAGUID})
	if inventory.KindOf(err) != inventory.Conflict || !strings.Contains(inventory.Sentence(err), "recalled by C-1001 already") {
		t.Errorf("the second: %+v, %v", again, err)
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Error(a)
	}
}

// Who is given a replacement, and who has to approve it.
func TestStore_OpenRecall_approvals(t *testing.T) {
	s, all := fleetInHands(t)
	sofia := all[3].Order.Person
	sofia.State = inventory.PersonLeft
	if err := s.SavePerson(t.Context(), sofia); err != nil {
		t.Fatal(err)
	}
	s.MustImport(inventorytest.People, "reference,person,reason,keys,connector,tier,recipient,street,city,postal_code,country,approved_by\n"+
		"T-5,alan@example.com,Signs for all,1,,standard,,,,,,Mary Somerville\n")
	if err := s.Guard(t.Context(), "R-1005", inventory.Critical); err != nil {
		t.Fatal(err)
	}
	critical := s.MustMake("1-2", "4720", "R-1005")
	lead(t, s, critical, inventory.Delivered)
	grace := all[2].Order.Person
	o, err := s.OpenRecall(t.Context(), inventory.Actor{ID: string(grace.ID), Name: grace.Name, Method: inventory.ByOIDC}, recallOf("Its vendor lost a key."),
		inventory.RecallOf{AAGUID: inventorytest.AAGUID})
	if err != nil {
		t.Fatal(err)
	}
	if o.Keys != 6 || !slices.Equal(o.Requisitions, []string{"R-1006", "R-1007", "R-1008"}) || !slices.Equal(o.Submitted, []string{"R-1007", "R-1008"}) {
		t.Errorf("%+v", o)
	}
	d := recall(t, s, "C-1001")
	if n := slices.IndexFunc(d.Items, func(i inventory.RecallItemRow) bool { return i.Item.Key == all[3].Key.ID }); d.Items[n].Requisition != "" ||
		d.Items[n].Item.Note != "Its person has left and gets no other." || d.Items[n].KeyState != inventory.ReturnDue {
		t.Errorf("of a person who left: %+v", d.Items[n])
	}
	if d.Due != 6 || !d.Overdue(d.Recall.Deadline.Add(time.Hour)) || d.Overdue(d.Recall.Deadline) {
		t.Errorf("%+v", d.RecallRow)
	}
}

// Where addresses cannot be read the replacement is picked up, and says so.
func TestStore_OpenRecall_unreadableAddress(t *testing.T) {
	s, _ := fleetInHands(t)
	s.Options.OpenAddress = func(string, []byte) (inventory.Address, error) { return inventory.Address{}, errors.New("another key") }
	blind := &inventorytest.Store{Store: s.MustAgain(), T: t, Clock: s.Clock}
	o := mustRecall(t, blind, inventory.RecallOf{AAGUID: inventorytest.AAGUID})
	if o.PickUps != 2 {
		t.Errorf("%+v", o)
	}
	q, err := s.RequisitionByNumber(t.Context(), "R-1005")
	if err != nil || q.Posted {
		t.Errorf("%+v, %v", q, err)
	}
	for _, i := range recall(t, s, "C-1001").Items {
		if said := strings.Contains(i.Item.Note, "is picked up: the address of R-100"); said != (i.Name != "Grace Hopper") {
			t.Errorf("item %+v", i)
		}
	}
}

// Keys are recalled by open incidents, by firmware or by tag, in one way at a time.
func TestStore_OpenRecall_which(t *testing.T) {
	s, all := fleetInHands(t)
	refuse(t, s, all[2].Key.ID)
	for _, tt := range []struct {
		which inventory.RecallOf
		says  string
	}{
		{inventory.RecallOf{}, "in one way"},
		{inventory.RecallOf{Untrusted: true, AAGUID: inventorytest.AAGUID}, "in one way"},
		{inventory.RecallOf{Untrusted: true, Below: "2.0"}, "give its AAGUID too"},
		{inventory.RecallOf{AAGUID: inventorytest.AAGUID, Below: "new"}, "no firmware version"},
		{inventory.RecallOf{AAGUID: inventorytest.AAGUID, Below: "1.0"}, "No key is there"},
		{inventory.RecallOf{AAGUID: "00000000-0000-0000-0000-000000000001"}, "No key is there"},
	} {
		if _, err := s.OpenRecall(t.Context(), inventorytest.Operator, recallOf("A test."), tt.which); !strings.Contains(inventory.Sentence(err), tt.says) {
			t.Errorf("%+v: %v", tt.which, err)
		}
	}
	if _, err := s.OpenRecall(t.Context(), inventorytest.Operator, inventory.Recall{Deadline: recallOf("").Deadline}, inventory.RecallOf{Untrusted: true}); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	o := mustRecall(t, s, inventory.RecallOf{Untrusted: true})
	open := incidents(t, s, false)
	if o.Keys != 1 || len(open) != 1 || open[0].Recall != "C-1001" {
		t.Errorf("%+v, incidents %+v", o, open)
	}
	p, err := s.Affected(t.Context(), inventory.AffectedQuery{})
	if err != nil || len(p.Rows) != 1 || p.Rows[0].Incident != "I-1001" || p.Rows[0].Recall != "C-1001" || p.Rows[0].Name != "Grace Hopper" {
		t.Errorf("affected %+v, %v", p, err)
	}
	if o = mustRecall(t, s, inventory.RecallOf{AAGUID: inventorytest.AAGUID, Below: "1.0.1"}); o.Keys != 4 || o.LeftOut != 1 {
		t.Errorf("%+v", o)
	}
}
