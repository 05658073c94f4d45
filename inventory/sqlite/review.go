package sqlite

import (
	"context"
	"time"

	"keystation/inventory"
)

var reviews = define("reviews", "id cause metadata policy keys changed refused by_id by_name by_method started_at ended_at",
	table[inventory.Review]{
		id:    func(r *inventory.Review) string { return string(r.ID) },
		about: func(r *inventory.Review) []string { return []string{string(r.ID)} },
		bind: func(r *inventory.Review) []any {
			return []any{r.ID, r.Cause, r.Metadata, r.Policy, r.Keys, r.Changed, r.Refused, r.By.ID, r.By.Name, r.By.Method,
				at(r.StartedAt), maybeAt(r.EndedAt)}
		},
		into: func(r *inventory.Review) []any {
			return []any{&r.ID, &r.Cause, &r.Metadata, &r.Policy, &r.Keys, &r.Changed, &r.Refused, &r.By.ID, &r.By.Name,
				&r.By.Method, atInto{&r.StartedAt}, maybeAtInto{&r.EndedAt}}
		},
	})

// LastReview gives the review that was begun last. One without an end was interrupted, or is still going on.
func (s *Store) LastReview(ctx context.Context) (inventory.Review, error) {
	r, err := reviews.one(ctx, s.readers, "ORDER BY rowid DESC LIMIT 1")
	return r, absent(err, "The fleet was never judged again.")
}

// BeginReview begins a review. One that is not through gives way to it, and if its process lives it learns so when it
// writes next: what an older policy came to never takes the place of what a newer one did.
func (s *Store) BeginReview(ctx context.Context, by inventory.Actor, r inventory.Review) (inventory.Review, error) {
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		open, err := reviews.list(ctx, tx.sql, "WHERE ended_at IS NULL ORDER BY rowid")
		if err != nil {
			return err
		}
		for _, old := range open {
			if err := tx.saveReview(ctx, old.GiveWay); err != nil {
				return err
			}
		}
		if r.ID, err = inventory.NewID[inventory.ReviewID](); err != nil {
			return err
		}
		var ev inventory.Event
		r, ev = r.Begin(by, tx.now)
		if err := reviews.save(ctx, tx, r); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
	return r, err
}

// EndReview ends a review that judged so many keys.
func (s *Store) EndReview(ctx context.Context, by inventory.Actor, id inventory.ReviewID, keys int) (inventory.Review, error) {
	var r inventory.Review
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		var err error
		if r, err = tx.running(ctx, id); err != nil {
			return err
		}
		r.Keys = keys
		var ev inventory.Event
		r, ev = r.End(tx.now)
		if err := reviews.save(ctx, tx, r); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
	return r, err
}

func (tx *txn) saveReview(ctx context.Context, rule func(at time.Time) (inventory.Review, inventory.Event)) error {
	r, ev := rule(tx.now)
	if err := reviews.save(ctx, tx, r); err != nil {
		return err
	}
	return tx.log(ctx, ev)
}

// running reads a review that may still be written to.
func (tx *txn) running(ctx context.Context, id inventory.ReviewID) (inventory.Review, error) {
	r, err := reviews.one(ctx, tx.sql, "WHERE id = $1", id)
	if err != nil {
		return r, absent(err, "There is no review %s.", id)
	}
	return r, r.Running()
}
