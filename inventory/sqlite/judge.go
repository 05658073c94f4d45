package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"keystation/inventory"
)

// firstsPerEntry is how many judgments that changed nothing one entry of the ledger holds: few enough that a page of
// entries stays a quick one to read.
const firstsPerEntry = 50

// SaveJudgments writes what judging some keys again came to, in one transaction, of a review that has judged so many keys
// by now. What is decided is decided on the keys as they are in it: one that was tagged anew since its evidence was read
// is passed over, and so is a judgment that came to the same as the one that is there.
func (s *Store) SaveJudgments(ctx context.Context, by inventory.Actor, id inventory.ReviewID, keys int, js []inventory.Judged) (inventory.Review, error) {
	var r inventory.Review
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		var err error
		if r, err = tx.running(ctx, id); err != nil {
			return err
		}
		r.Keys = keys
		return tx.judgeAll(ctx, &r, js)
	})
	return r, err
}

// judgeAll writes the judgments that change something, each with an entry of its own, then those that are only the first.
func (tx *txn) judgeAll(ctx context.Context, r *inventory.Review, js []inventory.Judged) error {
	found, err := tx.subjectsOf(ctx, js)
	if err != nil {
		return err
	}
	var firsts []subject
	for _, j := range js {
		now, there := found[j.Judgment.Key]
		if !there || now.settled(j.Judgment) {
			continue
		}
		if j.Judgment.ID, err = inventory.NewID[inventory.JudgmentID](); err != nil {
			return err
		}
		j.Judgment.Review, j.Judgment.At = r.ID, tx.now
		if now.judged.ID == "" && j.Judgment.Verdict == now.key.Verdict {
			now.judged = j.Judgment
			firsts = append(firsts, now)
			continue
		}
		r.Changed++
		if j.Judgment.Verdict == inventory.Refused && now.key.Verdict != inventory.Refused {
			r.Refused++
		}
		if err := tx.judge(ctx, now, j); err != nil {
			return err
		}
	}
	return tx.judgeFirsts(ctx, *r, firsts)
}

// judgeFirsts writes judgments that say what their keys say already, and how far the review is.
func (tx *txn) judgeFirsts(ctx context.Context, r inventory.Review, firsts []subject) error {
	for len(firsts) > firstsPerEntry {
		if err := tx.judgeFirst(ctx, firsts[:firstsPerEntry]); err != nil {
			return err
		}
		if err := tx.log(ctx, r.Judged(firstsPerEntry)); err != nil {
			return err
		}
		firsts = firsts[firstsPerEntry:]
	}
	if err := tx.judgeFirst(ctx, firsts); err != nil {
		return err
	}
	if err := reviews.save(ctx, tx, r); err != nil {
		return err
	}
	return tx.log(ctx, r.Judged(len(firsts)))
}

func (tx *txn) judgeFirst(ctx context.Context, some []subject) error {
	for _, s := range some {
		if err := judgments.save(ctx, tx, s.judged); err != nil {
			return err
		}
		if s.judged.Maker == "" || s.judged.Maker == s.key.Maker {
			continue
		}
		if err := keys.set(ctx, tx, string(s.key.ID), "maker", s.judged.Maker); err != nil {
			return err
		}
	}
	return nil
}

// subject is a key as it is when its judgment is written.
type subject struct {
	key    inventory.Key
	tag    inventory.RegistrationID // its tag credential, the newest
	making bool                     // a run has it in hand
	person inventory.PersonID       // who has it, or whom it was made for
	parcel string                   // number of its newest parcel
	judged inventory.Judgment       // the last; zero: none
}

// settled tells if j says nothing new, or is about a credential that the key does not have any more.
func (s subject) settled(j inventory.Judgment) bool {
	return s.tag != j.Registration || s.judged.ID != "" && s.judged.Registration == s.tag && j.Same(s.judged)
}

func (tx *txn) subjectsOf(ctx context.Context, js []inventory.Judged) (map[inventory.KeyID]subject, error) {
	asked := make([]inventory.KeyID, len(js))
	for i, j := range js {
		asked[i] = j.Judgment.Key
	}
	found, err := tx.subjects(ctx, asked)
	if err != nil {
		return nil, err
	}
	last, err := lastJudgments(ctx, tx.sql, asked)
	if err != nil {
		return nil, err
	}
	for _, j := range last {
		s := found[j.Key]
		s.judged = j
		found[j.Key] = s
	}
	return found, nil
}

// subjects reads keys with what decides about them.
func (tx *txn) subjects(ctx context.Context, of []inventory.KeyID) (map[inventory.KeyID]subject, error) {
	ids, err := list(of)
	if err != nil {
		return nil, err
	}
	rows, err := queryRows(ctx, tx.sql, func(s *subject) []any {
		return append(keys.into(&s.key), intoRef(&s.tag), &s.making, intoRef(&s.person), intoRef(&s.parcel))
	}, "SELECT "+keys.qualified("k")+`, g.id, EXISTS (SELECT 1 FROM runs u WHERE u.key_id = k.id AND u.ended_at IS NULL), COALESCE(c.person, q.person),
			(SELECT x.number FROM parcels x WHERE x.key_id = k.id ORDER BY x.rowid DESC LIMIT 1)
		FROM json_each($1) w CROSS JOIN keys k ON k.id = w.value
		LEFT JOIN registrations g ON g.rowid = (SELECT max(v.rowid) FROM registrations v WHERE v.kind = 'tag' AND v.key_id = k.id)
		LEFT JOIN custody c ON c.key_id = k.id AND c.until IS NULL
		LEFT JOIN lines l ON l.id = k.line LEFT JOIN requisitions q ON q.id = l.requisition`, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[inventory.KeyID]subject, len(rows))
	for _, s := range rows {
		found[s.key.ID] = s
	}
	return found, nil
}

// judge writes one judgment into its key, and what it means.
func (tx *txn) judge(ctx context.Context, now subject, j inventory.Judged) error {
	was := now.key.Verdict
	k, ev := now.key.Judge(now.judged, j.Judgment, tx.now)
	events := []inventory.Event{ev}
	var err error
	switch {
	case j.Judgment.Verdict == inventory.Refused && was != inventory.Refused:
		var more []inventory.Event
		if k, more, err = tx.distrust(ctx, k, now, j); err != nil {
			return err
		}
		events = append(events, more...)
	case j.Judgment.Verdict != inventory.Refused && was == inventory.Refused:
		k = k.Absolve(j.Judgment)
		ev, err := tx.closeIncidents(ctx, k.ID, inventory.IncidentUntrusted, fmt.Sprintf("It is judged %s again.", j.Judgment.Verdict))
		if err != nil {
			return err
		}
		events = append(events, ev...)
	}
	if err := keys.save(ctx, tx, k); err != nil {
		return err
	}
	if err := judgments.save(ctx, tx, j.Judgment); err != nil {
		return err
	}
	return tx.logAll(ctx, events)
}

// distrust does what a refusal means for a key at the desk or in somebody's hands. A run that has the key in hand judges
// it by itself and is not disturbed.
func (tx *txn) distrust(ctx context.Context, k inventory.Key, now subject, j inventory.Judged) (inventory.Key, []inventory.Event, error) {
	switch {
	case now.making:
		return k, nil, nil
	case k.State.AtDesk():
		w, err := k.Distrust(j.Judgment, now.parcel, tx.now)
		if err != nil {
			return k, nil, err
		}
		return w.Key, []inventory.Event{w.Event}, tx.withdraw(ctx, w)
	case k.State.InHands() && j.Incidents:
		ev, err := tx.openIncident(ctx, k.Untrusted(now.person, j.Judgment))
		return k, []inventory.Event{ev}, err
	}
	return k, nil, nil
}

// withdraw gives back what was made with a key that is put aside: its line is wanted again and its PIN is for nobody.
func (tx *txn) withdraw(ctx context.Context, w inventory.Withdrawn) error {
	if w.Void {
		if err := tx.voidAllSeals(ctx, w.Key.ID); err != nil {
			return err
		}
	}
	if w.Reopen == "" {
		return nil
	}
	l, err := line(ctx, tx.sql, w.Reopen)
	if err != nil || l.Key != w.Key.ID {
		return err
	}
	return lines.save(ctx, tx, l.Reopen(tx.now))
}

// voidAllSeals destroys every sealed PIN of a key.
func (tx *txn) voidAllSeals(ctx context.Context, of inventory.KeyID) error {
	live, err := seals.list(ctx, tx.sql, "WHERE key_id = $1 AND state IN ('sealed', 'released') ORDER BY rowid", of)
	if err != nil {
		return err
	}
	for _, s := range live {
		if err := seals.save(ctx, tx, s.Void(tx.now)); err != nil {
			return err
		}
	}
	return nil
}

// openIncident opens an incident with the next number; one of its kind that is open for the key already stays the only one.
func (tx *txn) openIncident(ctx context.Context, i inventory.Incident) (inventory.Event, error) {
	_, err := incidents.one(ctx, tx.sql, "WHERE key_id = $1 AND kind = $2 AND closed_at IS NULL", i.Key, i.Kind)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return inventory.Event{}, err
	}
	if i.ID, err = inventory.NewID[inventory.IncidentID](); err != nil {
		return inventory.Event{}, err
	}
	if i.Number, err = nextNumber(ctx, tx.sql, "incidents", "I-"); err != nil {
		return inventory.Event{}, err
	}
	i, ev := i.Open(tx.now)
	return ev, incidents.save(ctx, tx, i)
}

// closeIncidents closes those of a kind that are open for a key.
func (tx *txn) closeIncidents(ctx context.Context, of inventory.KeyID, kind inventory.IncidentKind, outcome string) ([]inventory.Event, error) {
	open, err := incidents.list(ctx, tx.sql, "WHERE key_id = $1 AND kind = $2 AND closed_at IS NULL", of, kind)
	if err != nil {
		return nil, err
	}
	var events []inventory.Event
	for _, i := range open {
		i, ev, err := i.Close(outcome, tx.now)
		if err != nil {
			return nil, err
		}
		if err := incidents.save(ctx, tx, i); err != nil {
			return nil, err
		}
		events = append(events, ev)
	}
	return events, nil
}
