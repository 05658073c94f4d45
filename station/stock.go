package station

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"keystation/inventory"
)

// A key that is made for stock is identified, reset and tagged; the steps that a line needs are left out, so it is
// blank, tagged and judged, and nobody has to keep a PIN for it. A later run with a line takes them up: as long as the
// key has no PIN and answers its tag it is what the run before left, and neither a reset nor a touch is needed. A key
// that has a PIN, or whose tag is mute, is made like any other.

// What a run of this kind is called in its intents, for recovery.
const (
	modeStock  = "stock"  // made for stock
	modeFinish = "finish" // taken up from stock
)

// detail is what recovery needs of a run's intents.
type detail struct {
	Mode string `json:"mode"`
}

// detail names the kind of run in an intent; empty for one that does all steps.
func (r *run) detail() string {
	mode := ""
	switch {
	case r.stock:
		mode = modeStock
	case r.stocked != nil:
		mode = modeFinish
	default:
		return ""
	}
	text, _ := inventory.Canonical(detail{mode}) // a struct of one string
	return string(text)
}

// modeOf reads it back.
func modeOf(e inventory.Entry) string {
	var d detail
	if json.Unmarshal([]byte(e.Detail), &d) != nil {
		return ""
	}
	return d.Mode
}

// fromStock finds out if the key is as a run for stock left it: it answers the tag that this run made, and has no PIN. A
// reset since would have taken the tag, and no PIN goes without a reset (CTAP 2.1 §6.6). What was decided then about an
// unproven model holds, unless policy refuses such keys now.
func (r *run) fromStock(ctx context.Context, known *inventory.Key) error {
	p := r.site
	if known == nil || r.answered == nil || known.State != inventory.Received || r.info.HasPIN() || r.answered.RPID != p.RPID {
		return nil
	}
	if !known.Verdict.Allows(p.Unknown != inventory.RefuseUnknown) {
		return nil
	}
	made, err := r.b.cfg.Books.Run(ctx, r.answered.Run)
	if err != nil {
		return fmt.Errorf("read the run that made the tag: %w", err)
	}
	if made.End != inventory.RunStocked {
		return nil
	}
	r.stocked, r.tagReg, r.wiped = &made, r.answered, true
	r.tile.Verdict = string(known.Verdict)
	return nil
}

// sinceStock says why a step need not be done again.
func (r *run) sinceStock() string {
	return "made for stock on " + r.stocked.EndedAt.Format("2006-01-02") + ": its tag answers"
}

// leftOut says why the run leaves a step out; empty: it does not.
func (r *run) leftOut(name inventory.Step) string {
	switch {
	case r.stocked != nil && slices.Contains([]inventory.Step{inventory.Reset, inventory.Tag}, name):
		return r.sinceStock()
	case r.stock && laterForStock(name):
		return "made for stock: done when a line takes the key"
	}
	return ""
}

// laterForStock tells the steps that a key waits in stock for: all between tag and record.
func laterForStock(name inventory.Step) bool {
	i := slices.Index(inventory.Steps, name)
	return i > slices.Index(inventory.Steps, inventory.Tag) && name != inventory.Record
}

// beforePIN are the steps after identify that change nothing on a key that is taken up from stock.
var beforePIN = []inventory.Step{inventory.Reset, inventory.Tag, inventory.SealPIN}

// stockable refuses to put a key into stock that has no tag yet: nothing would prove later that it is this one.
func (r *run) stockable(name inventory.Step, res result, err error) (result, error) {
	if err == nil && r.stock && r.lateTag && name == inventory.Tag {
		return result{}, refuse("This model can be tagged only with a PIN, so it is not made for stock. It is blank: make it for a line.")
	}
	return res, err
}

// stays keeps a key in stock that is there already and for which no line waits.
func (r *run) stays() {
	r.stock = true
	r.tile.Stock = true
	r.reasons = append(r.reasons, "No approved line was waiting for it.")
}

// recordStocked ends a run for stock: the key stays received, tagged and without a PIN.
func (r *run) recordStocked() (result, error) {
	at := r.b.now()
	r.reasons = append(r.reasons, "It is in stock: blank and tagged, without a PIN.")
	k, ev, err := r.key.Stock(at)
	if err != nil {
		return result{}, err
	}
	r.row.End, r.row.EndedAt = inventory.RunStocked, &at
	r.row.Reasons = append(r.row.Reasons, r.reasons...)
	row := r.row
	r.key = k
	return result{outcome: inventory.Done, facts: inventory.Entered{Key: &k, Run: &row, Events: []inventory.Event{ev}}}, nil
}
