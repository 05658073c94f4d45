package main

import (
	"context"
	"time"
)

// escalateEvery is how often it is looked for decisions that are late.
const escalateEvery = 15 * time.Minute

// keepDeciding gives what nobody decided in time to the next in the routing table, until ctx ends.
func (d *desk) keepDeciding(ctx context.Context) {
	tick := time.NewTicker(escalateEvery)
	defer tick.Stop()
	for {
		n, err := d.store.Escalate(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.Error("late decisions cannot be passed on", "err", err)
		}
		if n > 0 {
			d.log.Info("decisions were late and went to the next", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
