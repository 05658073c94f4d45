package station

import (
	"context"
	"errors"
	"fmt"

	"keystation/inventory"
)

// A serial number is read before libfido2 opens the key: by its maker's own command where there is one, else from its USB
// descriptor. A key that a run takes up again must say the same number: of two that carry neither a USB serial nor a tag
// nothing else tells that they were exchanged. A number that the inventory, a label and the key do not agree on ends the
// run before anything is touched, since nobody knows then which key this is.

// SerialReading is what was found out about a key's serial number without opening it for CTAP.
type SerialReading struct {
	Number string                 // empty: it has none
	Source inventory.SerialSource // [inventory.SerialVendor] or [inventory.SerialUSB], where there is a number
	Whole  bool                   // the key can only be reset as a whole, since something beside FIDO is set up on it
}

// SerialReader reads the serial number of the key at a port. With an error, which says what the key did as a sentence,
// the maker's command gave nothing, and the reading has what USB says. [ErrBusy] is a key that another program has.
type SerialReader func(context.Context, Port) (SerialReading, error)

// usbReading is what a bench without a reader knows.
func usbReading(p Port) SerialReading {
	if p.Serial == "" {
		return SerialReading{}
	}
	return SerialReading{Number: p.Serial, Source: inventory.SerialUSB}
}

// readSerial asks what is plugged in at a port for its serial number, once for each plugging-in. A key that kept silent is
// not asked again; one that had said a number before must say it again, or it is not opened.
func (r *run) readSerial(ctx context.Context, port Port) error {
	if r.b.cfg.Serial == nil {
		r.read = usbReading(port)
		return nil
	}
	if is := (plugged{port.Path, port.Plug}); r.mute != "" || is == r.readAt && port.Plug != "" {
		return nil
	}
	node := r.b.node(port.Path)
	node.Lock()
	reading, err := r.b.cfg.Serial(ctx, port)
	node.Unlock()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, ErrBusy):
		return err
	case err != nil && r.makersNumber() != "":
		return fmt.Errorf("read serial again: %w", &inventory.Error{Kind: inventory.Unavailable, Err: err,
			Msg: inventory.Sentence(err) + " It did before: unplug it and plug it in again."})
	case err != nil:
		r.log("read serial", err)
		r.mute = inventory.Sentence(err)
	}
	r.read, r.readAt = reading, plugged{port.Path, port.Plug}
	return nil
}

// makersNumber is what the key said by its maker's command; empty: nothing.
func (r *run) makersNumber() string {
	if r.read.Source != inventory.SerialVendor {
		return ""
	}
	return r.read.Number
}

// serial gives the key's serial number and where it came from: the key's own, else that of its label. Of a key that says
// only the end the label has the whole.
func (r *run) serial() (string, inventory.SerialSource) {
	own := r.read.Number
	if r.read.Source == inventory.SerialUSB && r.series {
		own = ""
	}
	if r.label != "" && (own == "" || inventory.IsSuffix(own) && inventory.SameSerial(own, r.label)) {
		return r.label, inventory.SerialLabel
	}
	if own == "" {
		return "", inventory.SerialNone
	}
	return own, r.read.Source
}

// vendor is who numbers the key, as [inventory.Key.Vendor] has it.
func (p Port) vendor() string {
	if p.Vendor == 0 {
		return ""
	}
	return fmt.Sprintf("%04x", p.Vendor)
}

// numbered is k with what is known of its serial number by now. A number of a better source takes the place of one that
// it does not contradict; the whole takes the place of its end, and never the other way round.
func (r *run) numbered(k inventory.Key) inventory.Key {
	if k.Vendor == "" {
		k.Vendor = r.port.vendor()
	}
	number, source := r.serial()
	whole := inventory.IsSuffix(k.Serial) && !inventory.IsSuffix(number)
	cut := inventory.IsSuffix(number) && k.Serial != "" && !inventory.IsSuffix(k.Serial)
	if number != "" && !cut && (whole || sourceRank[source] > sourceRank[k.SerialSource]) {
		k.Serial, k.SerialSource = number, source
	}
	return k
}

// sourceRank orders the sources by how much their numbers are worth: one is proven, the others are claims.
var sourceRank = map[inventory.SerialSource]int{
	inventory.SerialLabel: 1, inventory.SerialUSB: 2, inventory.SerialVendor: 3, inventory.SerialAttested: 4,
}

// makersOwn tells sources that give the number which the maker gave the key and printed on it. What a USB descriptor says
// may be another one.
func makersOwn(source inventory.SerialSource) bool {
	return source == inventory.SerialVendor || source == inventory.SerialAttested || source == inventory.SerialLabel
}

// agreeing holds the numbers of a key against each other before anything on it is touched: what it says, what its label
// says, and, of a key that proved to be a known one, what the inventory says.
func (r *run) agreeing(ctx context.Context, known *inventory.Key) error {
	if r.answered == nil {
		known = nil // it is a guess at most
	}
	r.takeLabel()
	if r.b.cfg.Policy.neverNumber(r.label) {
		return refuse("The number on its label is on the list of keys that are never touched. The key was left as it is.")
	}
	r.holds(known)
	own := r.makersNumber()
	var books string
	if known != nil && makersOwn(known.SerialSource) {
		books = known.Serial
	}
	switch {
	case r.label != "" && own != "" && !inventory.SameSerial(r.label, own):
		return disagreement(known, "The label says %s, the key says %s", r.label, own)
	case own != "" && books != "" && !inventory.SameSerial(books, own):
		return disagreement(known, "The inventory has %s for "+string(known.Tag)+", the key says %s", books, own)
	case r.label != "" && books != "" && !inventory.SameSerial(books, r.label):
		return disagreement(known, "The label says %s, the inventory has %s for "+string(known.Tag), r.label, books)
	}
	if r.label != "" && own == "" {
		return r.labelOfAnother(ctx, known)
	}
	return nil
}

// labelOfAnother refuses a key without a number of its own under the label of one that has said its number.
func (r *run) labelOfAnother(ctx context.Context, known *inventory.Key) error {
	for _, source := range []inventory.SerialSource{inventory.SerialVendor, inventory.SerialAttested} {
		k, err := found(r.b.cfg.Books.KeyBySerial(ctx, inventory.SerialNumber{Vendor: r.port.vendor(), Source: source, Number: r.label}, r.info.AAGUID.String()))
		if err != nil {
			return err
		}
		if k != nil && (known == nil || k.ID != known.ID) && r.mute == "" {
			return disagreement(known, "The label says %s, which is the number of %s, and this key says none", r.label, string(k.Tag))
		}
	}
	return nil
}

// disagreement ends a run whose key has two serial numbers; says names both. A key that is known goes into quarantine, so
// that it is not used before it is clear which it is; any other was left as it was.
func disagreement(known *inventory.Key, says, one, other string) *stop {
	say := fmt.Sprintf(says, one, other)
	if known == nil || known.ID == "" || !known.State.May(inventory.Quarantined) {
		return &stop{result{outcome: inventory.StepRefused, end: inventory.RunRefused, tile: momentSerials,
			note: say + ": put both aside. The key was left as it is."}}
	}
	s := &stop{result{outcome: inventory.StepRefused, end: inventory.RunQuarantined, tile: momentSerials,
		note: say + ": put both aside.", next: "Find the other key, and see which number belongs to which before either is used."}}
	k := *known
	if k.State == inventory.Ready {
		s.facts.VoidSeals, s.facts.Reopen, k.Line = k.ID, k.Line, ""
	}
	s.of = &k
	return s
}
