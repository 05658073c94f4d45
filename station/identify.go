package station

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"keystation/inventory"
)

func rpIDHash(id string) [32]byte { return sha256.Sum256([]byte(id)) }

// identify finds out which key this is, if it may be touched at all, and what it will be made for. It changes nothing
// on the key: getInfo and silent assertions only.
func (r *run) identify(ctx context.Context) (result, error) {
	r.show(momentLook, "")
	if err := r.openKey(ctx); err != nil {
		return result{}, err
	}
	r.tile.Model = r.b.model(r.port, r.info)
	if err := makeable(r.info); err != nil {
		return result{}, err
	}
	if err := r.suits(); err != nil {
		return result{}, err
	}
	if r.read.Whole {
		return result{}, refuse("The key can only be reset as a whole, since something beside FIDO is set up on it. It was left as it is: reset it with its maker's program.")
	}
	r.takeLabel()
	known, err := r.recognize(ctx)
	if err != nil {
		return result{}, err
	}
	if err := r.mine(ctx, known); err != nil {
		return result{}, err
	}
	if err := r.agreeing(ctx, known); err != nil {
		return result{}, err
	}
	if err := r.fromStock(ctx, known); err != nil {
		return result{}, err
	}
	grant, err := r.mayWipe(ctx, known)
	if err != nil {
		return result{}, err
	}
	if err := r.ownLine(ctx, known); err != nil {
		return result{}, err
	}
	if err := r.takeLine(ctx); err != nil {
		return result{}, err
	}
	if err := r.agreeing(ctx, known); err != nil { // a label may have been read meanwhile
		return result{}, err
	}
	r.began = r.identity()
	facts, err := r.book(known, grant)
	if err != nil {
		return result{}, err
	}
	return done(strings.TrimSpace(grant.why+" "+r.mute), facts)
}

// mine takes the key for this run: from another port, where it cannot be any more, and from a dead run that waits for it.
func (r *run) mine(ctx context.Context, known *inventory.Key) error {
	if known == nil {
		return nil
	}
	if at := r.b.claimedAt(known.ID); r.guessed && at != "" && at != r.port.ID {
		return refuse("Key %s, which this one looks like, is being made at %s: they are two keys. This one was left as it is.", known.Tag, at)
	}
	if at := r.b.claim(known.ID, r.port.ID); at != "" {
		return waited("Key %s was being made at %s; that run is stopped. Plug the key in again here.", known.Tag, at)
	}
	r.claimed = known.ID
	return r.b.supersede(ctx, known.ID)
}

// never tells if what is plugged in at a port must not be touched.
func (p Policy) never(port Port) bool {
	return slices.Contains(p.NeverPorts, port.ID) || p.neverNumber(port.Serial)
}

// neverNumber tells if the key with this serial number must not be touched. Of a number whose end alone is known, one on
// the list that ends so is enough.
func (p Policy) neverNumber(number string) bool {
	return slices.ContainsFunc(p.NeverSerials, func(never string) bool { return inventory.SameSerial(never, number) })
}

// ownLine keeps a ready key that is made anew with the line it was made for, unless another was asked for or that line's
// packet cannot be printed. The line goes to this run in the commit of identify's outcome: before that it is the ready
// key's.
func (r *run) ownLine(ctx context.Context, known *inventory.Key) error {
	if known == nil || known.State != inventory.Ready || known.Line == "" {
		return nil
	}
	o, err := r.b.cfg.Books.Order(ctx, known.Line)
	if err != nil {
		return fmt.Errorf("read line: %w", err)
	}
	asked := (r.want.Requisition == "" || r.want.Requisition == o.Requisition.Number) && (r.want.Line == "" || r.want.Line == o.Line.ID)
	if asked && o.Line.Key == known.ID && o.Requisition.Makeable() == nil && slices.Contains(r.tiers, o.Requisition.Tier) && r.printable(ctx, o) == nil {
		r.takes(o)
	}
	return nil
}

func (r *run) takes(o inventory.Order) {
	r.order, r.row.Line = &o, o.Line.ID
	r.tile.For = forWhom(o)
	r.b.pinTaken(r.port.ID, o.Line.ID, r.row.ID)
}

// forWhom says on the tile who the key is made for, and the connector and shape that were asked for: no key tells which it
// has, so the operator looks.
func forWhom(o inventory.Order) string {
	s := o.Person.Name + " · " + o.Requisition.Number + " " + string(o.Line.Purpose)
	if o.Line.Connector != "" {
		s += " · " + o.Line.Connector
	}
	if o.Line.Form != "" {
		s += " · " + string(o.Line.Form)
	}
	return s
}

// takeLine takes the line that the key is made for and checks that its packet can be printed, before anything on the
// key is changed. A line whose packet cannot be printed is given back and the next one taken, unless it was asked for.
func (r *run) takeLine(ctx context.Context) error {
	if r.order != nil || r.stock {
		return nil
	}
	want := r.want
	want.Skip = append(slices.Clone(want.Skip), r.b.pinnedElsewhere(r.port.ID)...)
	want.Tiers, want.Maker, want.TwoMakers = r.tiers, r.maker(), r.site.twoMakers()
	want.Key = r.claimed
	for {
		o, err := r.takeUnpinned(ctx, want)
		none := inventory.KindOf(err) == inventory.NotFound && want.Requisition == "" && want.Line == ""
		if none && r.stocked != nil {
			r.stays()
			return nil
		}
		if none {
			if !want.Narrow() {
				err = nil
			}
			return r.withoutLine(err)
		}
		if inventory.KindOf(err) == inventory.NotFound { // an answer of the books, not a fault of the key
			return refuse("%s", inventory.Sentence(err))
		}
		if err != nil {
			return fmt.Errorf("take line: %w", err)
		}
		unprintable := r.printable(ctx, o)
		if unprintable == nil {
			r.takes(o)
			return nil
		}
		if err := r.b.cfg.Books.ReleaseLine(ctx, r.row.Operator, r.row.ID); err != nil {
			return fmt.Errorf("release line: %w", err)
		}
		if want.Requisition != "" || want.Line != "" || inventory.KindOf(unprintable) == inventory.Unavailable {
			return unprintable
		}
		r.reasons = append(r.reasons, o.Requisition.Number+" was passed over: "+inventory.Sentence(unprintable))
		want.Skip = append(want.Skip, o.Line.ID)
	}
}

func (r *run) printable(ctx context.Context, o inventory.Order) error {
	if r.b.cfg.Printer == nil {
		return nil
	}
	return r.b.cfg.Printer.Check(ctx, o)
}

// book writes what identify found: the key's row (new, or back to received if it was made before), the bench as its
// place, the run's key and line, and who let it be wiped.
func (r *run) book(known *inventory.Key, g grant) (inventory.Entered, error) {
	at := r.b.now()
	var events []inventory.Event
	if known != nil {
		k, ev, err := known.Remake("it is made anew", at)
		if err != nil {
			return inventory.Entered{}, err
		}
		r.key = k
		if ev.Action != "" {
			events = append(events, ev)
		}
	} else if err := r.newKey(); err != nil {
		return inventory.Entered{}, err
	}
	r.b.claim(r.key.ID, r.port.ID)
	r.claimed = r.key.ID
	facts := inventory.Entered{}
	if known != nil && known.State == inventory.Ready {
		facts.VoidSeals, facts.Reopen = known.ID, known.Line
		if known.Line != "" && known.Line != r.row.Line {
			r.reasons = append(r.reasons, "It was ready for another line, which is open again: destroy the packet that was printed for it.")
		}
	}
	r.key = r.numbered(r.key)
	r.key.Firmware, r.key.Model, r.key.ChangedAt = r.info.Firmware(), r.b.model(r.port, r.info), at
	r.key.Maker = r.maker()
	r.tellMaker()
	r.key.Test = r.b.cfg.Policy.test()
	r.key.Reasons = slices.Clone(g.reasons)
	if r.stocked != nil { // what was found out about it then
		r.key.Reasons = slices.Clone(known.Reasons)
		if known.Verdict != inventory.Genuine {
			r.reasons = append(r.reasons, known.Reasons...)
		}
	}
	r.row.Key = r.key.ID
	r.tile.Key, r.tile.Tag = string(r.key.ID), string(r.key.Tag)
	r.labelNoted()
	r.holds(&r.key)
	id, err := inventory.NewID[inventory.CustodyID]()
	if err != nil {
		return inventory.Entered{}, err
	}
	key, row := r.key, r.row
	facts.Key, facts.Run = &key, &row
	facts.Custody = &inventory.Custody{ID: id, Key: key.ID, Holder: inventory.Bench, From: at, By: row.Operator}
	facts.Events = append(events, g.event(key))
	return facts, nil
}

// newKey gives an unknown key its row and its asset tag.
func (r *run) newKey() error {
	id, err := inventory.NewID[inventory.KeyID]()
	if err != nil {
		return err
	}
	tag, err := inventory.NewAssetTag(r.b.cfg.Rand)
	if err != nil {
		return err
	}
	r.key = inventory.Key{
		ID: id, Tag: tag, AAGUID: r.info.AAGUID.String(), SerialSource: inventory.SerialNone,
		State: inventory.Received, Arrival: inventory.ArrivalTouch, CreatedAt: r.b.now(),
	}
	return nil
}
