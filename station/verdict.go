package station

import (
	"context"
	"time"

	"keystation/inventory"
)

// judge judges the tag credential that was just made, as the fleet is judged later by what is kept of it here.
func (r *run) judge(ctx context.Context, at time.Time) (inventory.Entered, error) {
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
	j := NewJudge(r.site).Judge(e, at)
	j.ID = id
	if c := r.site.Catalog; c.Overdue(at) {
		r.reasons = append(r.reasons, "The metadata of models are old: newer ones were due on "+c.NextUpdate.Format(time.DateOnly)+".")
	}
	return r.verdict(ctx, j)
}
