package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keystation/inventory"
)

// books keeps an inventory in memory and answers as the real one does.
type books struct {
	Books // what no test fakes, no page of theirs asks for

	mu           sync.Mutex
	now          time.Time
	dossiers     []inventory.KeyDossier // the last changed first
	runs         []inventory.RunDossier
	requisitions []inventory.RequisitionRow
	people       []inventory.PersonRow
	ledger       []inventory.LedgerRow
	head         inventory.LedgerHead
	made         []time.Time
	rework       []inventory.ReworkRow
	recallRows   []inventory.RecallDossier
	incidentRows []inventory.IncidentRow
	affectedRows []inventory.AffectedRow
	metadata     inventory.Metadata
	review       *inventory.Review
	models       []inventory.ModelDossier
	policies     []inventory.Policy
	broken       error // every question gets this
}

func (b *books) fault() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

func (b *books) MadeSince(_ context.Context, since time.Time) (int, error) {
	n := 0
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, at := range b.made {
		if !at.Before(since) {
			n++
		}
	}
	return n, b.broken
}

func (b *books) OpenLines(_ context.Context, limit int) ([]inventory.OpenLine, error) {
	var open []inventory.OpenLine
	for _, r := range b.requisitions {
		for _, l := range r.Lines {
			if l.Line.State != inventory.LineOpen || r.Requisition.Makeable() != nil || len(open) == limit {
				continue
			}
			ref := inventory.OrderRef{Number: r.Requisition.Number, Name: r.Person.Name, Line: l.Line.ID, Position: l.Line.Position, Purpose: l.Line.Purpose}
			open = append(open, inventory.OpenLine{For: ref, Connector: l.Line.Connector, Tier: r.Requisition.Tier})
		}
	}
	return open, b.fault()
}

func (b *books) Overview(context.Context) (inventory.Overview, error) {
	o := inventory.Overview{Keys: map[inventory.KeyState]int{}, Requisitions: map[inventory.RequisitionState]int{}}
	for _, d := range b.dossiers {
		o.Keys[d.Key.State]++
	}
	for _, r := range b.requisitions {
		o.Requisitions[r.Requisition.State]++
		for _, l := range r.Lines {
			if l.Line.State == inventory.LineOpen && r.Requisition.Makeable() == nil {
				o.OpenLines++
			}
		}
	}
	for _, r := range b.incidentRows {
		if r.Incident.ClosedAt == nil && r.Recall == "" {
			o.Incidents++
			o.Untrusted++
		}
	}
	o.Affected = len(b.affectedRows)
	for _, d := range b.recallRows {
		if d.Recall.State == inventory.RecallOpen {
			o.Recalls, o.RecallDue = o.Recalls+1, &d.Recall.Deadline
		}
	}
	return o, b.fault()
}

func (b *books) KeyList(_ context.Context, q inventory.KeyQuery) (inventory.KeyPage, error) {
	var rows []inventory.KeyRow
	for _, d := range b.dossiers {
		row := inventory.KeyRow{Key: d.Key, For: d.For}
		if len(d.Custody) > 0 {
			row.Holder = d.Custody[0].Holder
		}
		name := ""
		if d.For != nil {
			name = d.For.Name
		}
		if (q.State == "" || q.State == d.Key.State) && found(q.Text, string(d.Key.Tag), d.Key.Serial, d.Key.Model, name) {
			rows = append(rows, row)
		}
	}
	rows, next := cut(rows, q.After, q.Limit, func(r inventory.KeyRow) string { return string(r.Key.ID) })
	return inventory.KeyPage{Rows: rows, Next: next}, b.fault()
}

func (b *books) KeyDossier(_ context.Context, tag inventory.AssetTag) (inventory.KeyDossier, error) {
	for _, d := range b.dossiers {
		if d.Key.Tag == tag {
			return d, b.fault()
		}
	}
	return inventory.KeyDossier{}, errors.Join(b.fault(), inventory.Refuse(inventory.NotFound, "There is no key %s: look at its label again.", tag))
}

func (b *books) RequisitionList(_ context.Context, q inventory.RequisitionQuery) (inventory.RequisitionPage, error) {
	var rows []inventory.RequisitionRow
	for _, r := range b.requisitions {
		if (q.State == "" || q.State == r.Requisition.State) && found(q.Text, r.Requisition.Number, r.Person.Name, r.Requisition.Reason) {
			rows = append(rows, r)
		}
	}
	rows, next := cut(rows, q.After, q.Limit, func(r inventory.RequisitionRow) string { return r.Requisition.Number })
	return inventory.RequisitionPage{Rows: rows, Next: next}, b.fault()
}

func (b *books) RequisitionByNumber(_ context.Context, number string) (inventory.RequisitionRow, error) {
	for _, r := range b.requisitions {
		if r.Requisition.Number == number {
			return r, b.fault()
		}
	}
	return inventory.RequisitionRow{}, inventory.Refuse(inventory.NotFound, "There is no requisition %s.", number)
}

func (b *books) PersonList(_ context.Context, q inventory.PersonQuery) (inventory.PersonPage, error) {
	var rows []inventory.PersonRow
	for _, p := range b.people {
		if found(q.Text, p.Person.Name, p.Person.Email, p.Person.Department) {
			rows = append(rows, p)
		}
	}
	rows, next := cut(rows, q.After, q.Limit, func(p inventory.PersonRow) string { return string(p.Person.ID) })
	return inventory.PersonPage{Rows: rows, Next: next}, b.fault()
}

func (b *books) RunList(_ context.Context, q inventory.RunQuery) (inventory.RunPage, error) {
	var rows []inventory.RunRow
	for _, r := range b.runs {
		if q.End == "" || q.End == r.Run.End {
			rows = append(rows, r.RunRow)
		}
	}
	rows, next := cut(rows, q.After, q.Limit, func(r inventory.RunRow) string { return string(r.Run.ID) })
	return inventory.RunPage{Rows: rows, Next: next}, b.fault()
}

func (b *books) Rework(_ context.Context, limit int) ([]inventory.ReworkRow, error) {
	return b.rework[:min(limit, len(b.rework))], b.fault()
}

func (b *books) RunDossier(_ context.Context, id inventory.RunID) (inventory.RunDossier, error) {
	for _, r := range b.runs {
		if r.Run.ID == id {
			return r, b.fault()
		}
	}
	return inventory.RunDossier{}, inventory.Refuse(inventory.NotFound, "There is no such run.")
}

func (b *books) LedgerHead(context.Context) (inventory.LedgerHead, error) { return b.head, b.fault() }

func (b *books) LedgerList(_ context.Context, before int64, limit int) ([]inventory.LedgerRow, error) {
	var rows []inventory.LedgerRow
	for _, r := range b.ledger {
		if (before == 0 || r.Header.Seq < before) && len(rows) < limit {
			rows = append(rows, r)
		}
	}
	return rows, b.fault()
}

func (b *books) Recalls(context.Context) ([]inventory.RecallRow, error) {
	var rows []inventory.RecallRow
	for _, d := range b.recallRows {
		rows = append(rows, d.RecallRow)
	}
	return rows, b.fault()
}

func (b *books) Recall(_ context.Context, number string, q inventory.RecallQuery) (inventory.RecallDossier, error) {
	for _, d := range b.recallRows {
		if d.Recall.Number != inventory.RecallNumber(number) {
			continue
		}
		var items []inventory.RecallItemRow
		for _, i := range d.Items {
			if q.State == "" || q.State == i.Item.State {
				items = append(items, i)
			}
		}
		d.Items, d.Next = cut(items, q.After, q.Limit, func(i inventory.RecallItemRow) string { return string(i.Tag) })
		return d, b.fault()
	}
	return inventory.RecallDossier{}, inventory.Refuse(inventory.NotFound, "There is no recall %s: check its number.", number)
}

func (b *books) Incidents(_ context.Context, q inventory.IncidentQuery) (inventory.IncidentPage, error) {
	var rows []inventory.IncidentRow
	for _, r := range b.incidentRows {
		if q.Closed || r.Incident.ClosedAt == nil {
			rows = append(rows, r)
		}
	}
	rows, next := cut(rows, q.After, q.Limit, func(r inventory.IncidentRow) string { return r.Incident.Number })
	return inventory.IncidentPage{Rows: rows, Next: next}, b.fault()
}

func (b *books) Affected(_ context.Context, q inventory.AffectedQuery) (inventory.AffectedPage, error) {
	rows, next := cut(b.affectedRows, q.After, q.Limit, func(r inventory.AffectedRow) string { return string(r.Key.Tag) })
	return inventory.AffectedPage{Rows: rows, Keys: len(b.affectedRows), Next: next}, b.fault()
}

func (b *books) MetadataInfo(context.Context) (inventory.Metadata, error) {
	return b.metadata, b.fault()
}

func (b *books) LastReview(context.Context) (inventory.Review, error) {
	if b.review == nil {
		return inventory.Review{}, inventory.Refuse(inventory.NotFound, "The fleet was never judged again.")
	}
	return *b.review, b.fault()
}

func found(text string, in ...string) bool {
	return slices.ContainsFunc(in, func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(text)) })
}

// cut gives the page after a row, and the name of its last row when more follow.
func cut[R any](rows []R, after string, limit int, id func(R) string) ([]R, string) {
	if after != "" {
		i := slices.IndexFunc(rows, func(r R) bool { return id(r) == after })
		rows = rows[i+1:]
	}
	if limit > 0 && len(rows) > limit {
		return rows[:limit], id(rows[limit-1])
	}
	return rows, ""
}

// noon is when all these tests happen.
var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// tagOf makes a valid asset tag that is the same for the same n.
func tagOf(n int) inventory.AssetTag {
	tag, err := inventory.NewAssetTag(bytes.NewReader([]byte{byte(n % 31), byte(n / 31 % 31), 7, 17, 21, 4, 5}))
	if err != nil {
		panic(err)
	}
	return tag
}

// seeded makes books with a requisition of two lines, the key of the first, and the run that made it.
func seeded(t testing.TB) *books {
	t.Helper()
	b := &books{now: noon}
	b.addPerson("Ada Lovelace", "Research")
	b.addRequisition("R-1001", "Ada Lovelace", inventory.Fulfilling, inventory.LineMade, inventory.LineOpen)
	b.addKey(1, inventory.Ready, "R-1001", "Ada Lovelace")
	b.made = []time.Time{noon.Add(-2 * time.Minute), noon.Add(-3 * time.Hour), noon.Add(-30 * time.Hour)}
	b.head = inventory.LedgerHead{Size: 3, Root: strings.Repeat("ab", 32), SignedSize: 2, SignedAt: &noon, Checkpoint: "keys.test\n2\nx\n"}
	for seq := int64(3); seq > 0; seq-- {
		b.ledger = append(b.ledger, ledgerRow(seq))
	}
	return b
}

func ledgerRow(seq int64) inventory.LedgerRow {
	return inventory.LedgerRow{Actor: "Grace Hopper", Header: inventory.Header{
		Seq: seq, At: inventory.FormatTime(noon), Action: "key.ready", ActorID: "claimed:Grace Hopper", Method: inventory.ByClaim,
		Rows: []inventory.RowHash{{Table: "key"}},
	}}
}

func (b *books) addPerson(name, department string) {
	p := inventory.Person{ID: inventory.PersonID(fmt.Sprintf("p%05d", len(b.people))), Name: name, Department: department, Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com", Country: "DE", State: inventory.PersonActive}
	b.people = append(b.people, inventory.PersonRow{Person: p, Holds: len(b.people) % 3, Wants: 1})
}

func (b *books) addRequisition(number, name string, state inventory.RequisitionState, lines ...inventory.LineState) {
	r := inventory.RequisitionRow{
		Requisition: inventory.Requisition{Number: number, Reason: "Signs releases", Tier: inventory.Elevated, State: state, Version: 1, CreatedAt: noon.Add(-50 * time.Hour)},
		Person:      inventory.Person{Name: name, Department: "Research", Email: "somebody@example.com"},
	}
	if state != inventory.Submitted {
		r.Requisition.ApprovedBy, r.Requisition.ApprovedAt = &inventory.Actor{Name: "Alan Turing", Method: inventory.ByClaim}, &noon
	}
	for i, s := range lines {
		l := inventory.LineRow{Line: inventory.Line{ID: inventory.LineID(fmt.Sprintf("%s-%d", number, i+1)), Position: i + 1, Purpose: []inventory.Purpose{inventory.Primary, inventory.Spare}[i%2], Connector: "usb-c", State: s}}
		if s == inventory.LineMade {
			l.Tag, l.Model, l.KeyState = tagOf(1), "YubiKey 5C NFC", inventory.Ready
		}
		r.Lines = append(r.Lines, l)
	}
	b.requisitions = append(b.requisitions, r)
}

// addKey adds a key with all that its page can show. Without a number it is stock.
func (b *books) addKey(n int, state inventory.KeyState, number, name string) {
	k := inventory.Key{
		ID: inventory.KeyID(fmt.Sprintf("k%05d", n)), Tag: tagOf(n), Model: "YubiKey 5C NFC", AAGUID: "2fc0579f-8113-47ea-b116-bb5a8db9202a",
		Serial: fmt.Sprint(20_114_700 + n), SerialSource: inventory.SerialVendor, Firmware: "5.4.3", State: state, Verdict: inventory.Genuine,
		Reasons: []string{"The chain ends at a root of this model."}, CreatedAt: noon.Add(-time.Hour), ChangedAt: noon.Add(-2 * time.Minute),
	}
	if state == inventory.Quarantined {
		k.StateReason, k.NextAction = "the tag did not answer after the reset", "Plug it in again at another port."
	}
	d := inventory.KeyDossier{Key: k, Ledger: []inventory.LedgerRow{ledgerRow(3), ledgerRow(2)}}
	if number != "" {
		d.For = &inventory.OrderRef{Number: number, Name: name, Purpose: inventory.Primary, Position: 1}
	}
	d.Custody = []inventory.Custody{
		{Holder: inventory.Holder{Kind: inventory.HeldAtPlace, Name: "Safe 2"}, From: noon, By: inventory.Actor{Name: "Grace Hopper"}, Note: "put away"},
		{Holder: inventory.Bench, From: noon.Add(-time.Hour), To: &noon, By: inventory.Actor{Name: "Grace Hopper"}},
	}
	d.Registrations = []inventory.Registration{{Kind: inventory.TagCredential, RPID: "keys.example.com", CredentialID: []byte(strings.Repeat("\x5c\x01", 32)), RegisteredAt: noon}}
	d.Seal = &inventory.Seal{State: inventory.Sealed, SHA256: strings.Repeat("0e", 32)}
	run := inventory.RunRow{Run: inventory.Run{ID: inventory.RunID(fmt.Sprintf("run%05d", n)), Port: "1-2.3", Device: "/dev/hidraw3", Operator: inventory.Actor{Name: "Grace Hopper", Method: inventory.ByClaim}, Policy: "default-1", StartedAt: noon.Add(-3 * time.Minute), EndedAt: &noon, End: inventory.RunReady}, Tag: k.Tag, Model: k.Model, For: d.For}
	d.Runs, d.Entries = []inventory.RunRow{run}, journal()
	b.dossiers = append(b.dossiers, d)
	b.runs = append(b.runs, inventory.RunDossier{RunRow: run, Entries: d.Entries})
}

// journal is a run that went well, with an identity provider left out.
func journal() []inventory.Entry {
	ms := map[inventory.Step]int64{inventory.Identify: 40, inventory.Reset: 4200, inventory.Tag: 1900, inventory.SealPIN: 6, inventory.SetPIN: 310, inventory.Configure: 160, inventory.Prove: 420, inventory.Force: 150, inventory.Record: 9}
	var out []inventory.Entry
	for _, s := range inventory.Steps {
		outcome, note := inventory.Done, ""
		if s == inventory.Register {
			outcome, note = inventory.Skipped, "The line asks for no identity provider."
		}
		out = append(out, inventory.Entry{Step: s, Phase: inventory.Intent, At: noon}, inventory.Entry{Step: s, Phase: inventory.Ended, Outcome: outcome, MS: ms[s], Note: note, At: noon})
	}
	return out
}

func (b *books) Models(context.Context) ([]inventory.ModelRow, error) {
	var rows []inventory.ModelRow
	for _, d := range b.models {
		rows = append(rows, d.ModelRow)
	}
	return rows, b.fault()
}

// ModelDossier knows the model of every key, as the real one does.
func (b *books) ModelDossier(_ context.Context, aaguid string) (inventory.ModelDossier, error) {
	for _, d := range b.models {
		if d.AAGUID == aaguid {
			return d, b.fault()
		}
	}
	d := inventory.ModelDossier{ModelRow: inventory.ModelRow{AAGUID: aaguid}, States: map[inventory.KeyState]int{}}
	for _, k := range b.dossiers {
		if k.Key.AAGUID == aaguid {
			d.Name = k.Key.Model
			d.Count(k.Key.State, k.Key.Verdict, 1)
			d.States[k.Key.State]++
		}
	}
	return d, b.fault()
}

func (b *books) PolicyHistory(context.Context) ([]inventory.Policy, error) {
	return b.policies, b.fault()
}

func (b *books) ApprovalQueue(context.Context, inventory.Actor, string) (inventory.ApprovalPage, error) {
	return inventory.ApprovalPage{}, nil
}

func (b *books) ApprovalsWaiting(context.Context, inventory.Actor) (int, error) { return 0, nil }

func (b *books) Absences(context.Context, inventory.PersonID) ([]inventory.AbsenceRow, error) {
	return nil, nil
}

func (b *books) RoutingTable(context.Context) ([]inventory.RouteRow, error) { return nil, nil }

func (b *books) Groups(context.Context) ([]inventory.MemberRow, error) { return nil, nil }

func (b *books) Mine(context.Context, inventory.PersonID) (inventory.Mine, error) {
	return inventory.Mine{}, nil
}

func (b *books) Queue(context.Context, string) (inventory.QueuePage, error) {
	return inventory.QueuePage{}, nil
}

func (b *books) Dossier(ctx context.Context, _ inventory.Actor, number string) (inventory.Dossier, error) {
	row, err := b.RequisitionByNumber(ctx, number)
	return inventory.Dossier{RequisitionRow: row}, err
}

func (b *books) MayPack(context.Context, inventory.Actor, string) error { return nil }
