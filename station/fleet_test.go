package station_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/ctap"
)

var _ station.Fleet = (*sqlite.Store)(nil)

// fleet is a store with a few keys of two models, and who judges them.
type fleet struct {
	*inventorytest.Store
	a, b *vendor
	keys map[string]inventory.Key // by requisition and place in it: R-1001/1
}

// newFleet makes Ada's two keys by one maker (one of them is with her), Grace's by the other, and one for stock.
func newFleet(t *testing.T, options func(*sqlite.Options)) *fleet {
	t.Helper()
	f := &fleet{Store: inventorytest.Open(t), a: newVendor(t, "Keys Ltd"), b: newVendor(t, "Locks AG"), keys: map[string]inventory.Key{}}
	of := map[string]batch{}
	for name, v := range map[string]*vendor{"R-1001": f.a, "R-1002": f.b, "": f.a} {
		of[name] = v.batch(map[*vendor]ctap.AAGUID{f.a: modelA, f.b: modelB}[v], v.root.NotAfter)
	}
	for i, number := range []string{"R-1001", "R-1001", "R-1002", ""} {
		r := f.MustBegin(fmt.Sprint("1-", i+1))
		if number != "" {
			r.MustTake(number)
		}
		r.MustIdentify(fmt.Sprint("471", i))
		r.Key.AAGUID, r.Key.Verdict = of[number].model.String(), inventory.Genuine
		r.Tagged = func(reg *inventory.Registration) {
			reg.Attestation, reg.ClientDataHash = of[number].attestation(string(reg.ID))
		}
		r.MustWalk()
		r.MustRecord()
		f.keys[fmt.Sprint(number, "/", i)] = r.Key
	}
	if options != nil {
		options(&f.Options)
		f.Store.Store = f.MustAgain()
	}
	return f
}

// reviewer judges f by metadata that name both models; revoked ones are revoked.
func (f *fleet) reviewer(revoked ...ctap.AAGUID) station.Reviewer {
	p := station.DefaultPolicy(inventory.LocalRPID)
	p.Catalog = catalog(f.T, 31+len(revoked), "2026-12-15", map[ctap.AAGUID]*vendor{modelA: f.a, modelB: f.b}, revoked...)
	return station.Reviewer{Fleet: f, Policy: p, Now: f.Clock.Now}
}

func (f *fleet) review(revoked ...ctap.AAGUID) inventory.Review {
	f.T.Helper()
	r, err := f.reviewer(revoked...).Review(f.T.Context(), inventorytest.Operator, "Metadata came.")
	if err != nil {
		f.T.Fatal(err)
	}
	return r
}

func (f *fleet) key(name string) inventory.Key {
	f.T.Helper()
	k, err := f.Key(f.T.Context(), f.keys[name].ID)
	if err != nil {
		f.T.Fatal(err)
	}
	return k
}

func (f *fleet) verify() {
	f.T.Helper()
	if a, err := f.Verify(f.T.Context(), sqlite.VerifyOptions{}); err != nil || !a.Holds() {
		f.T.Error(a, err)
	}
}

// The first review writes down what keys are, one after a revocation what they are not any more, and the one after that
// nothing.
func TestReviewer_Review(t *testing.T) {
	f := newFleet(t, nil)
	if r := f.review(); r.Keys != 4 || r.Changed != 0 || r.EndedAt == nil || r.Metadata != 31 {
		t.Errorf("the first is %+v", r)
	}
	if r := f.review(modelA); r.Keys != 4 || r.Changed != 3 || r.Refused != 3 || r.Metadata != 32 {
		t.Errorf("the second is %+v", r)
	}
	if k := f.key("R-1001/0"); k.State != inventory.Quarantined || k.Verdict != inventory.Refused || !strings.Contains(k.StateReason, "REVOKED") || k.Maker != "Keys Ltd" {
		t.Errorf("a revoked key is %+v", k)
	}
	if k := f.key("R-1002/2"); k.State != inventory.Ready || k.Verdict != inventory.Genuine || k.Maker != "Locks AG" {
		t.Errorf("a key of another model is %+v", k)
	}
	if r := f.review(modelA); r.Keys != 4 || r.Changed != 0 {
		t.Errorf("the third is %+v", r)
	}
	f.verify()
}

// What is foreseen is what comes, and foreseeing it writes nothing.
func TestReviewer_Foresee(t *testing.T) {
	f := newFleet(t, nil)
	before, err := f.LedgerHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := f.reviewer(modelA)
	r.Policy.TwoMakers, r.Policy.Force, r.Policy.AlwaysUV = true, inventory.ForceRequired, []string{modelB.String()}
	told, err := r.Foresee(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if told.Keys != 4 || told.Changed != 3 || told.Refused != 3 || told.AtDesk != 3 || told.InHands != 0 || told.AlwaysUV != 1 || told.OneMaker != 1 ||
		len(told.Changes) != 3 || told.Changes[0].Reason.Code != "status-revoked" || told.Changes[0].Name != "Ada Lovelace" || !told.Changes[0].Hits() {
		t.Errorf("%+v", told)
	}
	if len(told.Pairs) != 1 || told.Pairs[0].Name != "Ada Lovelace" || told.Pairs[0].Maker != "Keys Ltd" || told.Pairs[0].Keys != 2 {
		t.Errorf("pairs %+v", told.Pairs)
	}
	if after, err := f.LedgerHead(t.Context()); err != nil || after.Size != before.Size {
		t.Errorf("%d entries, then %d, %v", before.Size, after.Size, err)
	}
	if done, err := r.Review(t.Context(), inventorytest.Operator, "As foreseen."); err != nil || done.Changed != told.Changed || done.Refused != told.Refused {
		t.Errorf("%+v, %v", done, err)
	}
	if back, err := f.reviewer().Foresee(t.Context()); err != nil || back.Cleared != 3 || back.Refused != 0 {
		t.Errorf("%+v, %v", back, err)
	}
}

// Whichever commit fails, nothing is half done, and to review once more completes it.
func TestReviewer_Review_killed(t *testing.T) {
	cut := errors.New("power cut")
	for n := 1; ; n++ {
		left := n
		f := newFleet(t, func(o *sqlite.Options) {
			o.Commit = func(_ []string, commit func() error) error {
				if left--; left == 0 {
					return cut
				}
				return commit()
			}
		})
		_, err := f.reviewer(modelA).Review(t.Context(), inventorytest.Operator, "Metadata came.")
		if err == nil {
			if n < 4 {
				t.Errorf("the review took %d commits only", n-1)
			}
			return
		}
		if !errors.Is(err, cut) {
			t.Fatalf("commit %d: %v", n, err)
		}
		f.verify()
		for name, k := range f.keys {
			now := f.key(name)
			if (now.Verdict == inventory.Refused) != (now.State == inventory.Quarantined) {
				t.Errorf("commit %d left %s half done: %+v", n, k.Tag, now)
			}
		}
		f.review(modelA)
		last, err := f.LastReview(t.Context())
		if err != nil || last.EndedAt == nil || f.key("R-1001/0").State != inventory.Quarantined || f.key("R-1002/2").State != inventory.Ready {
			t.Errorf("commit %d: once more %+v, %v", n, last, err)
		}
		f.verify()
	}
}

// A review that is told to stop stops between two batches, says so, and is not ended.
func TestReviewer_Review_stopped(t *testing.T) {
	f := newFleet(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	r := f.reviewer(modelA)
	var told [][2]int
	r.Progress = func(done, total int) {
		told = append(told, [2]int{done, total})
		stop()
	}
	if _, err := r.Review(ctx, inventorytest.Operator, "Metadata came."); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if len(told) == 0 || told[0] != [2]int{0, 4} {
		t.Errorf("told %v", told)
	}
	if last, err := f.LastReview(t.Context()); err != nil || last.EndedAt != nil {
		t.Errorf("%+v, %v", last, err)
	}
	f.review(modelA)
	f.verify()
}

// Keys are made while the fleet is judged: neither waits for the other for long, and both are right in the end.
func TestReviewer_Review_whileKeysAreMade(t *testing.T) {
	f := newFleet(t, nil)
	var making sync.WaitGroup
	making.Go(func() {
		for i := range 8 {
			r := f.MustBegin(fmt.Sprint("2-", i))
			r.MustIdentify(fmt.Sprint("99", i))
			r.MustWalk()
			r.MustRecord()
		}
	})
	for range 8 {
		f.review(modelA)
	}
	making.Wait()
	f.review(modelA)
	if k := f.key("R-1001/0"); k.State != inventory.Quarantined {
		t.Errorf("%+v", k)
	}
	f.verify()
}

// A recall that cannot be committed leaves nothing behind.
func TestStore_OpenRecall_killed(t *testing.T) {
	cut, armed := errors.New("power cut"), false
	f := newFleet(t, func(o *sqlite.Options) {
		o.Commit = func(_ []string, commit func() error) error {
			if armed {
				return cut
			}
			return commit()
		}
	})
	f.review(modelA)
	armed = true
	which, r := inventory.RecallOf{AAGUID: modelA.String()}, inventory.Recall{Reason: "It is revoked.", Deadline: inventorytest.Start.AddDate(0, 1, 0)}
	if _, err := f.OpenRecall(t.Context(), inventorytest.Operator, r, which); !errors.Is(err, cut) {
		t.Fatal(err)
	}
	if list, err := f.Recalls(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	armed = false
	if o, err := f.OpenRecall(t.Context(), inventorytest.Operator, r, which); err != nil || o.Keys != 3 || o.Recall.Number != "C-1001" {
		t.Errorf("%+v, %v", o, err)
	}
	f.verify()
}
