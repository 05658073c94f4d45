package inventorytest

import (
	"crypto/rand"
	"slices"

	"keystation/inventory"
	"keystation/inventory/seal"
)

// AAGUID is the model of the keys that are made here.
const AAGUID = "6b657973-7461-7469-6f6e-000000000001"

// Run is a run on its way, as far as its test has taken it.
type Run struct {
	s     *Store
	Row   inventory.Run
	Key   inventory.Key
	Order *inventory.Order // nil for stock

	Tagged func(*inventory.Registration) // changes the tag credential before it is written; nil: leaves it as it is
	seq    int
}

// MustBegin begins a run at a port.
func (s *Store) MustBegin(port string) *Run {
	s.T.Helper()
	id, err := inventory.NewID[inventory.RunID]()
	s.must(err)
	return s.MustBeginAs(id, port)
}

// MustBeginAs begins a run at a port under an id that another clock gave it.
func (s *Store) MustBeginAs(id inventory.RunID, port string) *Run {
	s.T.Helper()
	r := &Run{s: s, Row: inventory.Run{
		ID: id, Port: port, Device: "/dev/" + port, Owner: s.Owner.Name(), Operator: Operator, Policy: "test",
		StartedAt: inventory.Instant(s.Clock.Now()),
	}}
	s.must(s.Begin(s.T.Context(), r.Row, r.Entry(inventory.Identify, "")))
	return r
}

// Entry makes the run's next entry: an intent when it has no outcome.
func (r *Run) Entry(step inventory.Step, o inventory.Outcome) inventory.Entry {
	r.seq++
	e := inventory.Entry{Run: r.Row.ID, Seq: r.seq, At: inventory.Instant(r.s.Clock.Now()), Step: step, Phase: inventory.Ended, Outcome: o, MS: 7}
	if o == "" {
		e.Phase, e.MS = inventory.Intent, 0
	}
	return e
}

// MustAppend writes entries of the run.
func (r *Run) MustAppend(es ...inventory.Entered) {
	r.s.T.Helper()
	r.s.must(r.s.Append(r.s.T.Context(), Operator, es...))
}

// MustTake takes the next line of the requisition, or of any when number is empty.
func (r *Run) MustTake(number string) {
	r.s.T.Helper()
	o, err := r.s.TakeLine(r.s.T.Context(), Operator, r.Row.ID, inventory.Want{Requisition: number})
	r.s.must(err)
	r.Order, r.Row.Line = &o, o.Line.ID
}

// MustIdentify ends identify with a new key of that serial number (empty: it has none).
func (r *Run) MustIdentify(serial string) {
	r.s.T.Helper()
	now := inventory.Instant(r.s.Clock.Now())
	id, err := inventory.NewID[inventory.KeyID]()
	r.s.must(err)
	tag, err := inventory.NewAssetTag(rand.Reader)
	r.s.must(err)
	r.Key = inventory.Key{
		ID: id, Tag: tag, Model: "Softkey", AAGUID: AAGUID, Serial: serial, SerialSource: inventory.SerialUSB, Firmware: "1.0",
		State: inventory.Received, Arrival: inventory.ArrivalTouch, Test: true, CreatedAt: now, ChangedAt: now,
	}
	if serial == "" {
		r.Key.SerialSource = inventory.SerialNone
	}
	r.Row.Key = id
	place, err := inventory.NewID[inventory.CustodyID]()
	r.s.must(err)
	k, row := r.Key, r.Row
	r.MustAppend(
		inventory.Entered{
			Entry: r.Entry(inventory.Identify, inventory.Done), Key: &k, Run: &row,
			Custody: &inventory.Custody{ID: place, Key: id, Holder: inventory.Bench, From: now, By: Operator},
			Events:  []inventory.Event{{Action: "key.let", Subjects: []string{string(id)}, Payload: "on the stock list"}},
		},
		inventory.Entered{Entry: r.Entry(inventory.Reset, "")},
	)
}

// MustMeet ends identify with a key that is known.
func (r *Run) MustMeet(k inventory.Key) {
	r.s.T.Helper()
	r.Key, r.Row.Key = k, k.ID
	row := r.Row
	r.MustAppend(
		inventory.Entered{Entry: r.Entry(inventory.Identify, inventory.Done), Key: &k, Run: &row},
		inventory.Entered{Entry: r.Entry(inventory.Reset, "")},
	)
}

// Walk are the steps between identify and record.
var Walk = slices.Clone(inventory.Steps[1 : len(inventory.Steps)-1])

// MustWalk takes the run through every step up to the intent of its record, with a tag credential and a sealed PIN.
func (r *Run) MustWalk() {
	r.s.T.Helper()
	for i, step := range Walk {
		e := inventory.Entered{Entry: r.Entry(step, inventory.Done)}
		switch step {
		case inventory.Reset:
			e.VoidSeals, e.Revoke = r.Key.ID, &inventory.Revocation{Key: r.Key.ID, Keep: r.Row.ID, Why: "the key was reset"}
		case inventory.Tag:
			if r.Key.Verdict == "" {
				r.Key.Verdict = inventory.Unknown
			}
			k := r.Key
			e.Key, e.Registration = &k, r.registration()
		case inventory.SealPIN:
			e.Seal, e.VoidSeals = r.seal("482916"), r.Key.ID
		}
		r.MustAppend(e, inventory.Entered{Entry: r.Entry(inventory.Steps[i+2], "")})
	}
}

func (r *Run) registration() *inventory.Registration {
	id, err := inventory.NewID[inventory.RegistrationID]()
	r.s.must(err)
	reg := &inventory.Registration{
		ID: id, Key: r.Key.ID, Run: r.Row.ID, Kind: inventory.TagCredential, RPID: inventory.LocalRPID,
		CredentialID: []byte("credential of " + r.Row.ID), PublicKey: []byte{1}, Attestation: []byte{2}, ClientDataHash: []byte{3},
		RegisteredAt: inventory.Instant(r.s.Clock.Now()),
	}
	if r.Tagged != nil {
		r.Tagged(reg)
	}
	return reg
}

func (r *Run) seal(pin string) *inventory.Seal {
	id, err := inventory.NewID[inventory.SealID]()
	r.s.must(err)
	blob, err := r.s.Sealer.Seal(r.Row.ID, r.Key.ID, inventory.PIN(pin))
	r.s.must(err)
	now := inventory.Instant(r.s.Clock.Now())
	return &inventory.Seal{
		ID: id, Run: r.Row.ID, Key: r.Key.ID, Blob: blob, SHA256: seal.SHA256(blob), State: inventory.Sealed, CreatedAt: now, ChangedAt: now,
	}
}

// RecordEntered is what the record of the run writes.
func (r *Run) RecordEntered() inventory.Entered {
	now := inventory.Instant(r.s.Clock.Now())
	k, ev, err := r.Key.MakeReady(r.Row.Line, now)
	r.s.must(err)
	row := r.Row
	row.EndedAt, row.End = &now, inventory.RunReady
	return inventory.Entered{
		Entry: r.Entry(inventory.Record, inventory.Done), Key: &k, Run: &row, Made: row.Line, Events: []inventory.Event{ev},
	}
}

// MustRecord ends the run with a ready key.
func (r *Run) MustRecord() {
	r.s.T.Helper()
	e := r.RecordEntered()
	r.MustAppend(e)
	r.Key, r.Row = *e.Key, *e.Run
}

// MustMake makes a key from begin to record for the requisition (a number; empty: for stock).
func (s *Store) MustMake(port, serial, number string) *Run {
	s.T.Helper()
	r := s.MustBegin(port)
	if number != "" {
		r.MustTake(number)
	}
	r.MustIdentify(serial)
	r.MustWalk()
	r.MustRecord()
	return r
}
