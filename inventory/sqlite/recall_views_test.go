package sqlite_test

import (
	"slices"
	"testing"

	"keystation/inventory"
)

// The keys of a recall are listed by person, page after page, whatever state is asked for.
func TestStore_Recall_byPerson(t *testing.T) {
	s, all := fleetInHands(t)
	desk := s.MustMake("1-1", "4799", "")
	o := mustRecall(t, s, inventory.RecallOf{Tags: []inventory.AssetTag{all[4].Key.Tag, all[1].Key.Tag, desk.Key.Tag, all[3].Key.Tag, all[0].Key.Tag}})
	if err := s.SettleRecall(t.Context(), o.Recall.By, o.Recall.Number, all[1].Key.Tag, inventory.RecallReturned, ""); err != nil {
		t.Fatal(err)
	}
	ada, sofia := "Ada Lovelace", "Софья Ковалевская"
	for state, want := range map[inventory.RecallItemState][]string{
		"": {"", ada, ada, sofia, sofia}, inventory.RecallDue: {"", ada, sofia, sofia}, inventory.RecallReturned: {ada}, inventory.RecallWrittenOff: nil,
	} {
		var names []string
		q := inventory.RecallQuery{State: state, Limit: 2}
		for range 5 {
			d, err := s.Recall(t.Context(), "C-1001", q)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range d.Items {
				names = append(names, i.Name)
			}
			if q.After = d.Next; q.After == "" {
				break
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%q: %q, want %q", state, names, want)
		}
	}
	if _, err := s.Recall(t.Context(), "C-1001", inventory.RecallQuery{After: "nonsense"}); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("a page that is none: %v", err)
	}
}

// What the day begins with says what speaks against keys, until it is dealt with.
func TestStore_Overview_trust(t *testing.T) {
	s, all := fleetInHands(t)
	counts := func(incidents, affected, recalls, marked int) {
		t.Helper()
		o, err := s.Overview(t.Context())
		p, err2 := s.PersonList(t.Context(), inventory.PersonQuery{Text: "Grace"})
		if err != nil || err2 != nil || o.Incidents != incidents || o.Untrusted != incidents || o.Affected != affected || o.Recalls != recalls || (o.RecallDue != nil) != (recalls > 0) ||
			p.Rows[0].Refused != marked {
			t.Errorf("%+v, %v; Grace holds %d refused keys, %v", o, err, p.Rows[0].Refused, err2)
		}
	}
	counts(0, 0, 0, 0)
	refuse(t, s, all[2].Key.ID)
	counts(1, 1, 0, 1)
	o := mustRecall(t, s, inventory.RecallOf{Untrusted: true})
	counts(0, 1, 1, 1)
	if now, err := s.Overview(t.Context()); err != nil || !now.RecallDue.Equal(o.Recall.Deadline) {
		t.Errorf("due %v, %v; want %v", now.RecallDue, err, o.Recall.Deadline)
	}
	if err := s.SettleRecall(t.Context(), o.Recall.By, o.Recall.Number, all[2].Key.Tag, inventory.RecallReturned, ""); err != nil {
		t.Fatal(err)
	}
	counts(0, 0, 0, 0)
}
