package station

import (
	"context"
	"time"

	"keystation/inventory"
)

// judge judges the tag credential that was just made, as the fleet is judged later by what is kept of it here, and takes
// from it the serial number that it proves.
func (r *run) judge(ctx context.Context, c Credential, at time.Time) (inventory.Entered, error) {
	info, err := r.info.Encode()
	if err != nil {
		return inventory.Entered{}, err
	}
	r.tagReg.Info = info
	id, err := inventory.NewID[inventory.JudgmentID]()
	if err != nil {
		return inventory.Entered{}, err
	}
	e := inventory.Evidence{Key: r.key, Registration: *r.tagReg, Tier: inventory.Standard}
	if r.order != nil {
		e.Tier = r.order.Requisition.Tier
	}
	j, found := NewJudge(r.site).Weigh(e, at)
	j.ID = id
	if c := r.site.Catalog; c.Overdue(at) {
		r.reasons = append(r.reasons, "The metadata of models are old: newer ones were due on "+c.NextUpdate.Format(time.DateOnly)+".")
	}
	facts, err := r.verdict(ctx, j)
	if err != nil {
		return facts, err
	}
	return r.attestedSerial(ctx, facts, c, found.Facts)
}
