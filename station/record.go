package station

import (
	"context"
	"fmt"

	"keystation/inventory"
)

// record writes the ready key: key, custody, line, requisition and the run's end in one transaction. A line that was
// changed or taken away while the key was made stops it here: the seal is void and the key stays in stock.
func (r *run) record(context.Context) (result, error) {
	r.show(momentRecord, "")
	r.forget()
	if r.stock {
		return r.recordStocked()
	}
	at := r.b.now()
	k, ev, err := r.key.MakeReady(r.row.Line, at)
	if err != nil {
		return result{}, err
	}
	r.row.End, r.row.EndedAt = inventory.RunReady, &at
	r.row.Reasons = append(r.row.Reasons, r.reasons...)
	row := r.row
	r.key = k
	return result{outcome: inventory.Done, facts: inventory.Entered{
		Key: &k, Run: &row, Made: row.Line, Events: []inventory.Event{ev},
	}}, nil
}

// print makes the packet of a key that is in the books as ready. A packet that cannot be printed is told, and printed
// again from the key's page; the key stays ready.
func (r *run) print(ctx context.Context) {
	if r.b.cfg.Printer == nil || r.order == nil {
		return
	}
	r.show(momentPrint, "")
	path, err := r.b.cfg.Printer.Print(context.WithoutCancel(ctx), *r.order, r.key, r.row)
	r.packet = path // there even when only the print command failed
	if err != nil {
		r.log("print packet", err)
		r.reasons = append(r.reasons, "The packet was not printed: "+inventory.Sentence(err))
	}
}

// finish says what came of a run whose last step is written.
func (r *run) finish(ctx context.Context) {
	if r.row.End == inventory.RunStocked {
		r.tile.StepsIn, r.tile.Running = len(plan), false
		r.show(momentStocked, fmt.Sprintf("%s is in stock: blank and tagged, without a PIN. Put its label on it.", r.key.Tag))
	}
	if r.row.End != inventory.RunReady {
		return
	}
	r.print(ctx)
	say := fmt.Sprintf("%s is ready, and nobody waits for it. Put its label on it.", r.key.Tag)
	if r.order != nil {
		say = fmt.Sprintf("%s is made for %s. Put its label on it.", r.key.Tag, r.order.Person.Name)
	}
	if r.key.Arrival == inventory.ArrivalPINFirst {
		say += " Its holder needs the PIN first."
	}
	r.tile.StepsIn, r.tile.Running = len(plan), false
	r.show(momentReady, say)
	r.b.recheck(context.WithoutCancel(ctx), r.port.ID) // its requisition may have been cancelled while the packet was printed
}
