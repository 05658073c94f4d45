package sqlite

import (
	"context"
	"fmt"

	"keystation/inventory"
)

var recalls = define("recalls", "id number reason deadline state by_id by_name by_method opened_at closed_at",
	table[inventory.Recall]{
		id:    func(r *inventory.Recall) string { return string(r.ID) },
		about: func(r *inventory.Recall) []string { return []string{string(r.ID)} },
		bind: func(r *inventory.Recall) []any {
			return []any{r.ID, r.Number, r.Reason, at(r.Deadline), r.State, r.By.ID, r.By.Name, r.By.Method, at(r.OpenedAt), maybeAt(r.ClosedAt)}
		},
		into: func(r *inventory.Recall) []any {
			return []any{&r.ID, &r.Number, &r.Reason, atInto{&r.Deadline}, &r.State, &r.By.ID, &r.By.Name, &r.By.Method,
				atInto{&r.OpenedAt}, maybeAtInto{&r.ClosedAt}}
		},
	})

var recallItems = define("recall_items", "id recall key_id person line state note changed_at", table[inventory.RecallItem]{
	id: func(i *inventory.RecallItem) string { return string(i.ID) },
	about: func(i *inventory.RecallItem) []string {
		return []string{string(i.Recall), string(i.Key), string(i.Person)}
	},
	bind: func(i *inventory.RecallItem) []any {
		return []any{i.ID, i.Recall, i.Key, ref(i.Person), ref(i.Line), i.State, i.Note, at(i.ChangedAt)}
	},
	into: func(i *inventory.RecallItem) []any {
		return []any{&i.ID, &i.Recall, &i.Key, intoRef(&i.Person), intoRef(&i.Line), &i.State, &i.Note, atInto{&i.ChangedAt}}
	},
})

// OpenRecall calls keys back, all in one transaction or none: keys at the desk are put aside, those with people are due,
// and whoever loses one gets another by a requisition of their own. What was left out, and why, is told.
func (s *Store) OpenRecall(ctx context.Context, by inventory.Actor, r inventory.Recall, which inventory.RecallOf) (inventory.RecallOpened, error) {
	if err := which.Check(); err != nil {
		return inventory.RecallOpened{}, err
	}
	var o inventory.RecallOpened
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		c := &calling{s: s, tx: tx}
		err := c.open(ctx, r, which)
		o = c.opened
		return err
	})
	return o, err
}

// calling is one recall on its way into the database. It is used by one goroutine.
type calling struct {
	s        *Store
	tx       *txn
	opened   inventory.RecallOpened
	replaced map[replacementOf][]*calledKey // what is replaced, by whom and how it is guarded
	order    []replacementOf
}

// calledKey is a key that is recalled.
type calledKey struct {
	recallee
	called inventory.Called
	item   inventory.RecallItem
}

func (c *calling) open(ctx context.Context, r inventory.Recall, which inventory.RecallOf) error {
	var err error
	if r.ID, err = inventory.NewID[inventory.RecallID](); err != nil {
		return err
	}
	if r.Number, err = nextNumber(ctx, c.tx.sql, "recalls", "C-"); err != nil {
		return err
	}
	r, ev, err := r.Open(c.tx.by, c.tx.now)
	if err != nil {
		return err
	}
	c.opened.Recall, c.replaced = r, map[replacementOf][]*calledKey{}
	if err := recalls.save(ctx, c.tx, r); err != nil {
		return err
	}
	if err := c.tx.log(ctx, ev); err != nil {
		return err
	}
	called, err := c.choose(ctx, which)
	if err != nil {
		return err
	}
	if err := c.replace(ctx); err != nil {
		return err
	}
	for _, k := range called {
		if err := c.call(ctx, k); err != nil {
			return err
		}
	}
	if c.opened.Keys = len(called); c.opened.Keys == 0 {
		return inventory.Refuse(inventory.Conflict, "No key is there to be recalled%s.", because(c.opened.Left))
	}
	return nil
}

func because(left []string) string {
	if len(left) == 0 {
		return ": nobody has one, and none is at the desk"
	}
	return ": " + left[0]
}

// choose asks the rules which of the keys are recalled and what that means, and notes who gets another.
func (c *calling) choose(ctx context.Context, which inventory.RecallOf) ([]*calledKey, error) {
	found, err := c.tx.recallees(ctx, which)
	if err != nil {
		return nil, err
	}
	var called []*calledKey
	for _, f := range found {
		if !which.Covers(f.key) {
			continue
		}
		k, err := c.chosen(ctx, f)
		if err != nil {
			return nil, err
		}
		if k != nil {
			called = append(called, k)
		}
	}
	return called, nil
}

// chosen gives nil for a key that is left out.
func (c *calling) chosen(ctx context.Context, f recallee) (*calledKey, error) {
	if f.due != "" {
		c.leave(f.key, "it is recalled by "+f.due+" already")
		return nil, nil
	}
	k := &calledKey{recallee: f}
	var err error
	if k.called, err = c.opened.Recall.Call(f.key, f.making, f.parcel, c.tx.now); err != nil {
		return nil, err
	}
	if k.called.Left != "" {
		c.leave(f.key, k.called.Left)
		return nil, nil
	}
	k.item = inventory.RecallItem{Recall: c.opened.Recall.ID, Key: f.key.ID, State: inventory.RecallDue, ChangedAt: c.tx.now}
	if k.item.ID, err = inventory.NewID[inventory.RecallItemID](); err != nil {
		return nil, err
	}
	if f.key.State.WithSomebody() && f.key.State != inventory.Packed {
		k.item.Person = f.person
	}
	if k.called.Replace && f.person != "" && f.left {
		k.item.Note = "Its person has left and gets no other."
	}
	if k.called.Replace && f.person != "" && !f.left {
		to := replacementOf{f.person, f.tier}
		if c.replaced[to] == nil {
			c.order = append(c.order, to)
		}
		c.replaced[to] = append(c.replaced[to], k)
	}
	return k, nil
}

func (c *calling) leave(k inventory.Key, why string) {
	c.opened.LeftOut++
	if len(c.opened.Left) < inventory.ForecastRows {
		c.opened.Left = append(c.opened.Left, fmt.Sprintf("Key %s is left out: %s.", k.Tag, why))
	}
}

// call writes one key of the recall with all that follows from it.
func (c *calling) call(ctx context.Context, k *calledKey) error {
	tx := c.tx
	if err := tx.withdraw(ctx, k.called.Withdrawn); err != nil {
		return err
	}
	if k.called.Reopen != "" {
		k.item.Line = k.called.Reopen
	}
	if err := keys.save(ctx, tx, k.called.Key); err != nil {
		return err
	}
	if err := recallItems.save(ctx, tx, k.item); err != nil {
		return err
	}
	open, err := incidents.list(ctx, tx.sql, "WHERE key_id = $1 AND kind = 'untrusted' AND closed_at IS NULL", k.key.ID)
	if err != nil {
		return err
	}
	for _, i := range open {
		i.Recall = c.opened.Recall.ID
		if err := incidents.save(ctx, tx, i); err != nil {
			return err
		}
	}
	if k.called.Event.Action == "" { // its state stays, so no other entry tells of it
		return tx.log(ctx, k.item.Called(k.key.Tag))
	}
	return tx.log(ctx, k.called.Event)
}
