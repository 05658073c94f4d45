package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"keystation/inventory"
)

var mailChoices = define("mail_choices", "person digest changed_at", table[inventory.MailChoice]{
	id:    func(m *inventory.MailChoice) string { return string(m.Person) },
	about: func(m *inventory.MailChoice) []string { return []string{string(m.Person)} },
	bind:  func(m *inventory.MailChoice) []any { return []any{m.Person, m.Digest, at(m.ChangedAt)} },
	into:  func(m *inventory.MailChoice) []any { return []any{&m.Person, &m.Digest, atInto{&m.ChangedAt}} },
})

// WantsDigest tells if somebody gets one mail a day about what waits for them, rather than one for each case.
func (s *Store) WantsDigest(ctx context.Context, id inventory.PersonID) (bool, error) {
	return wantsDigest(ctx, s.readers, id)
}

func wantsDigest(ctx context.Context, q querier, id inventory.PersonID) (bool, error) {
	m, err := mailChoices.one(ctx, q, "WHERE person = $1", id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return m.Digest, err
}

// ChooseDigest notes which of the two somebody wants.
func (s *Store) ChooseDigest(ctx context.Context, by inventory.Actor, digest bool) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := person(ctx, tx.sql, inventory.PersonID(by.ID))
		if err != nil {
			return err
		}
		m, ev := inventory.MailChoice{Person: p.ID, Digest: digest}.Choose(tx.now)
		if err := mailChoices.save(ctx, tx, m); err != nil {
			return err
		}
		return tx.log(ctx, ev)
	})
}

// collect makes one letter of those of a day that go to the same address. What was decided meanwhile is not in it, and where
// nothing is left there is no letter.
func collect(ctx context.Context, q execer, now time.Time) error {
	due, err := queryRows(ctx, q, intoLetter, "SELECT "+letterColumns+` FROM outbox WHERE digest = 1 AND sent_at IS NULL AND due <= $1
		AND EXISTS (SELECT 1 FROM requisitions r WHERE r.number = json_extract(facts, '$.number') AND r.state = 'submitted') ORDER BY recipient, id`, at(now))
	if err != nil {
		return err
	}
	digests := map[string]*inventory.Letter{}
	var order []string
	for i, l := range due {
		d := digests[l.To]
		if d == nil {
			d = &due[i]
			digests[l.To], order = d, append(order, l.To)
			d.Facts = inventory.LetterFacts{Path: "/approvals", Lines: nil}
		}
		d.Facts.Count++
		d.Facts.Lines = append(d.Facts.Lines, l.Facts.Number+", "+l.Facts.Name)
	}
	for _, to := range order {
		if err := become(ctx, q, *digests[to]); err != nil {
			return err
		}
	}
	if _, err := q.ExecContext(ctx, "DELETE FROM outbox WHERE digest = 1 AND sent_at IS NULL AND due <= $1", at(now)); err != nil {
		return fmt.Errorf("collect digests: %w", err)
	}
	return nil
}

// become makes a digest of the first letter in it.
func become(ctx context.Context, q execer, l inventory.Letter) error {
	facts, err := json.Marshal(l.Facts)
	if err != nil {
		return fmt.Errorf("write digest: %w", err)
	}
	if _, err := q.ExecContext(ctx, "UPDATE outbox SET kind = $1, facts = $2, digest = 0 WHERE id = $3", inventory.LetterDigest, string(facts), l.ID); err != nil {
		return fmt.Errorf("write digest: %w", err)
	}
	return nil
}
