package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"keystation/inventory"
)

// Ask writes down what somebody asked for, with its lines, what happened to the key that is replaced, and the letters that
// tell of it, all or nothing. It gives the number of the requisition. A form that is sent twice asks once.
func (s *Store) Ask(ctx context.Context, by inventory.Actor, a inventory.Ask) (string, error) {
	var number string
	err := s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		p, err := tx.askedFor(ctx, a)
		if err != nil {
			return err
		}
		if number, err = tx.askedBefore(ctx, a, p); number != "" || err != nil {
			return err
		}
		asking := &asking{s: s, tx: tx, Ask: a, person: p}
		err = asking.write(ctx)
		number = asking.made.Number
		return err
	})
	return number, err
}

// asking is one ask on its way into the database. It is used by one goroutine.
type asking struct {
	inventory.Ask
	s      *Store
	tx     *txn
	person inventory.Person
	key    inventory.Key     // that is replaced; its ID is empty when none is
	was    inventory.Purpose // of that key
	made   inventory.Requisition
	events []inventory.Event
}

func (a *asking) write(ctx context.Context) error {
	table, err := newestReadiness(ctx, a.tx.sql)
	if err != nil {
		return err
	}
	if err := a.replaced(ctx); err != nil {
		return err
	}
	r, err := a.begin(ctx)
	if err != nil {
		return err
	}
	r, submitted, err := a.Submit(r, a.person, a.tx.by, table, a.tx.now)
	if err != nil {
		return err
	}
	a.made = r
	if err := a.report(ctx); err != nil {
		return err
	}
	if err := requisitions.save(ctx, a.tx, r); err != nil {
		return err
	}
	if err := a.lines(ctx); err != nil {
		return err
	}
	a.events = append(a.events, submitted...)
	if err := a.tx.logAll(ctx, a.events); err != nil {
		return err
	}
	return a.told(ctx)
}

// askedFor finds whom a is for, and refuses an asker on hold.
func (tx *txn) askedFor(ctx context.Context, a inventory.Ask) (inventory.Person, error) {
	p, err := askedPerson(ctx, tx.sql, tx.by, a.For)
	if err != nil {
		return p, err
	}
	asker, err := people.one(ctx, tx.sql, "WHERE id = $1", tx.by.ID)
	if err == nil && asker.Held != "" {
		return p, inventory.Refuse(inventory.Forbidden, "Nothing can be asked for in your name just now: call the help desk.")
	}
	if errors.Is(err, sql.ErrNoRows) { // the user of this machine is nobody in the directory
		err = nil
	}
	return p, err
}

// askedPerson finds who something is asked for; without an id it is whoever asks. Somebody who was merged into another person
// is that other one.
func askedPerson(ctx context.Context, q querier, by inventory.Actor, id inventory.PersonID) (inventory.Person, error) {
	p, err := people.one(ctx, q, "WHERE id = $1", cmp.Or(id, inventory.PersonID(by.ID)))
	if err == nil && p.MergedInto != "" {
		p, err = people.one(ctx, q, "WHERE id = $1", p.MergedInto)
	}
	return p, absent(err, "Nobody in the directory is asked for: say for whom the key is.")
}

// askedBefore gives the number of what the same form asked for already. Where a form's name is that of another's the form
// is refused, since two people cannot have been given the same.
func (tx *txn) askedBefore(ctx context.Context, a inventory.Ask, p inventory.Person) (string, error) {
	if a.Form == "" {
		return "", nil
	}
	r, err := requisitions.one(ctx, tx.sql, "WHERE reference = $1", formReference(a.Form))
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if r.Person != p.ID {
		return "", inventory.Refuse(inventory.Conflict, "This form was sent already, for somebody else: begin a new one.")
	}
	return r.Number, nil
}

func formReference(form string) string { return "form " + form }

// begin gives the requisition its id, its number and, when keys are sent, its address.
func (a *asking) begin(ctx context.Context) (inventory.Requisition, error) {
	var r inventory.Requisition
	var err error
	if r.ID, err = inventory.NewID[inventory.RequisitionID](); err != nil {
		return r, err
	}
	if r.Number, err = nextNumber(ctx, a.tx.sql, "requisitions", "R-"); err != nil {
		return r, err
	}
	if a.Form != "" {
		r.Reference = formReference(a.Form)
	}
	if a.Chosen != inventory.WayKey {
		return r, nil
	}
	to := a.Address
	if a.Saved != "" {
		if to, err = a.s.savedAddress(ctx, a.tx.sql, a.person.ID, a.Saved); err != nil {
			return r, err
		}
	}
	if a.Keep != "" && a.Saved == "" && !to.IsZero() {
		if err := a.person.KeepsAddresses(a.tx.by); err != nil {
			return r, err
		}
		ev, err := a.s.keepAddress(ctx, a.tx, a.person, a.Keep, to)
		if err != nil {
			return r, err
		}
		a.events = append(a.events, ev)
	}
	r.Address, err = a.s.sealAddress(r.ID, to)
	return r, err
}

// replaced finds the key that is replaced, which must be, or have been, with the person.
func (a *asking) replaced(ctx context.Context) error {
	o, err := inventory.OccasionOf(a.Occasion)
	if err != nil || !o.Replaces() || a.Replaces == "" {
		return err
	}
	if near, err := near(ctx, a.tx.sql, a.tx.by, a.person); !near {
		return cmp.Or(err, inventory.Refuse(inventory.Forbidden, "What happened to a key is said by %s, by who they report to, or by the help desk.", a.person.Name))
	}
	a.key, err = keys.one(ctx, a.tx.sql, "WHERE "+theirs+" AND asset_tag = $2", a.person.ID, a.Replaces)
	if err != nil {
		return absent(err, "%s has no key %s: choose one of those that the page offers.", a.person.Name, a.Replaces)
	}
	if a.key.Line == "" {
		return nil
	}
	l, err := line(ctx, a.tx.sql, a.key.Line)
	a.was = l.Purpose
	return err
}

// theirs finds keys that are in the hands of the person $1, or were when something happened to them and are in nobody
// else's since.
const theirs = `(id IN (SELECT key_id FROM custody WHERE person IN ` + selves + ` AND until IS NULL) OR id IN (SELECT key_id FROM incidents WHERE person IN ` + selves + `)
	AND NOT EXISTS (SELECT 1 FROM custody c WHERE c.key_id = keys.id AND c.until IS NULL AND c.person IS NOT NULL AND c.person NOT IN ` + selves + `))`

// near tells if an actor may say what happened to a key of p.
func near(ctx context.Context, q querier, by inventory.Actor, p inventory.Person) (bool, error) {
	roles, err := rolesOf(ctx, q, inventory.PersonID(by.ID))
	return err == nil && p.MayReport(by, roles), err
}

// report opens the incident of the key that is replaced, before anything is asked for: a stolen key is dealt with first. Its
// sealed PIN is for nobody any more.
func (a *asking) report(ctx context.Context) error {
	i, happened := a.Incident(a.key, a.person)
	if !happened {
		return nil
	}
	opened, err := a.tx.openIncident(ctx, i)
	if err != nil {
		return err
	}
	k, moved, err := a.key.Report(i, a.tx.now)
	if err != nil {
		return err
	}
	for _, ev := range []inventory.Event{opened, moved} {
		if ev.Action != "" {
			a.events = append(a.events, ev)
		}
	}
	if moved.Action == "" {
		return nil
	}
	if err := keys.save(ctx, a.tx, k); err != nil {
		return err
	}
	if err := a.tx.voidAllSeals(ctx, k.ID); err != nil {
		return err
	}
	return a.tell(ctx, i)
}

func (a *asking) lines(ctx context.Context) error {
	for _, l := range a.Lines(a.made, a.was, a.tx.now) {
		var err error
		if l.ID, err = inventory.NewID[inventory.LineID](); err != nil {
			return err
		}
		if err := lines.save(ctx, a.tx, l); err != nil {
			return err
		}
	}
	return nil
}

// tell writes to the person what was said of their key, at both addresses, and to those who see to it when it was stolen.
func (a *asking) tell(ctx context.Context, i inventory.Incident) error {
	facts := inventory.LetterFacts{By: a.tx.by.Name, Reason: string(i.Kind), Number: a.made.Number, Path: "/requisitions/" + a.made.Number}
	if err := a.tx.alert(ctx, a.person, inventory.LetterLoss, facts); err != nil || i.Kind != inventory.IncidentStolen {
		return err
	}
	facts.Name = a.person.Name
	return a.tx.postSecurity(ctx, inventory.LetterStolen, facts)
}

// told tells those whom it is about, and sends what was asked to whoever decides.
func (a *asking) told(ctx context.Context) error {
	facts := inventory.LetterFacts{By: a.tx.by.Name, Number: a.made.Number, Path: "/requisitions/" + a.made.Number}
	if err := a.confirm(ctx, facts); err != nil {
		return err
	}
	if a.made.State != inventory.Submitted {
		return nil
	}
	events, err := a.tx.submitted(ctx, a.made)
	if err != nil {
		return err
	}
	return a.tx.logAll(ctx, events)
}

// confirm tells the person, and who asked for them. That a key is replaced is told at both addresses, unless what happened
// to it was.
func (a *asking) confirm(ctx context.Context, facts inventory.LetterFacts) error {
	if _, happened := a.Incident(a.key, a.person); a.made.Kind == inventory.WantReplacement && !happened {
		if err := a.tx.alert(ctx, a.person, inventory.LetterReplacement, facts); err != nil {
			return err
		}
	}
	if a.made.RequestedBy != "" {
		if err := a.tx.post(ctx, a.person, inventory.LetterAskedFor, facts, false); err != nil {
			return err
		}
	}
	asker, err := person(ctx, a.tx.sql, cmp.Or(a.made.RequestedBy, a.person.ID))
	if err != nil {
		return err
	}
	kind := inventory.LetterSubmitted
	if a.made.State == inventory.ServedWithoutKey {
		kind = inventory.LetterServed
	}
	return a.tx.post(ctx, asker, kind, facts, false)
}

// AskFacts gives what the page needs to know before somebody asks for a person. Without one they ask for themselves.
func (s *Store) AskFacts(ctx context.Context, by inventory.Actor, of inventory.PersonID) (inventory.AskFacts, error) {
	var f inventory.AskFacts
	var err error
	if f.Person, err = askedPerson(ctx, s.readers, by, of); err != nil {
		return f, err
	}
	id := f.Person.ID
	if f.Near, err = near(ctx, s.readers, by, f.Person); err != nil || !f.Near {
		return f, err
	}
	if f.Team, err = people.list(ctx, s.readers, "WHERE manager = $1 AND state = 'active' AND merged_into IS NULL ORDER BY name, id LIMIT 100", id); err != nil {
		return f, err
	}
	if f.Keys, err = keys.list(ctx, s.readers, "WHERE "+theirs+" AND state NOT IN ('retired', 'returned', 'received') ORDER BY changed_at DESC LIMIT 20", id); err != nil {
		return f, err
	}
	if f.Open, err = requisitions.list(ctx, s.readers, "WHERE person = $1 AND state IN ('submitted', 'approved', 'fulfilling', 'sent') ORDER BY id DESC LIMIT 10", id); err != nil {
		return f, err
	}
	if f.Addresses, err = s.AddressBook(ctx, by, id); err != nil {
		return f, err
	}
	last, err := requisitions.one(ctx, s.readers, "WHERE person = $1 AND advice <> '' ORDER BY id DESC LIMIT 1", id)
	if errors.Is(err, sql.ErrNoRows) {
		return f, nil
	}
	if a, ok := last.Advised(); ok {
		f.Last = &a.Answers
	}
	return f, err
}

// PersonByEmail finds somebody by the whole of their e-mail address or external id.
func (s *Store) PersonByEmail(ctx context.Context, text string) (inventory.Person, error) {
	p, err := named(ctx, s.readers, text)
	return p, absent(err, "Nobody in the directory has the e-mail address or external id %q.", text)
}
