package station

import (
	"context"
	"errors"
	"fmt"

	"keystation/inventory"
)

// grant says why a key may be wiped and who said so.
type grant struct {
	why     string
	by      inventory.Actor
	asked   bool // a person answered for this very key
	reasons []string
}

// Question is what a person is asked about one key. The answer holds for that key only.
type Question struct {
	Port Port
	Text string // a question with yes and no as answers
}

// ErrNoAnswer is what [Config.Ask] gives when there is nobody to ask.
var ErrNoAnswer = errors.New("nobody can be asked")

// Answer is what a person said.
type Answer struct {
	Yes bool
	By  inventory.Actor
	How string // "on the bench page", "by --yes" …
}

// mayWipe decides if the key may be touched. Having no PIN does not make a key blank: it may be somebody's second
// factor. Without asking, a key is wiped only if the inventory expects it here, or if it is a stock model without a PIN
// that was plugged into a learned making port while an operator makes keys.
func (r *run) mayWipe(ctx context.Context, known *inventory.Key) (grant, error) {
	p := r.site
	if r.stocked != nil {
		return grant{why: r.sinceStock(), by: r.row.Operator}, nil
	}
	if known != nil && (!r.guessed || r.denied || known.State != inventory.Received) {
		return r.mayRemake(ctx, *known)
	}
	if !r.info.HasPIN() && p.stocks(r.info.AAGUID) && r.b.making(r.port.ID) {
		return grant{why: "a stock model without a PIN, at a making port of this session", by: r.row.Operator}, nil
	}
	if known != nil {
		return r.mayRemake(ctx, *known)
	}
	what := "This key is not in the inventory and may be somebody's own. Wipe everything on it and make it?"
	if r.info.HasPIN() {
		what = "This key is not in the inventory and has a PIN: it is somebody's. Wipe everything on it and make it?"
	}
	return r.ask(ctx, what, "The key is not in the inventory and may be somebody's own. It was left as it is.", wiped)
}

// mayRemake decides about a key that the inventory knows.
func (r *run) mayRemake(ctx context.Context, k inventory.Key) (grant, error) {
	switch {
	case k.State.WithSomebody():
		return grant{}, refuse("Key %s is %s, so somebody else answers for it. It was left as it is: record its return first.", k.Tag, k.State)
	case r.guessed:
		return r.ask(ctx, r.doubtful(k), fmt.Sprintf("The key may be %s, but it could not prove it. It was left as it is.", k.Tag), wiped)
	case k.State == inventory.Received:
		return grant{why: "expected: in stock as " + string(k.Tag), by: r.row.Operator}, nil
	case k.State.May(inventory.Received):
		return r.mayMakeAnew(ctx, k)
	}
	return grant{}, refuse("Key %s is %s and is not made again. It was left as it is: take it off the bench.", k.Tag, k.State)
}

// doubtful asks about a key that looks like one of ours and cannot prove it: by its serial or the port that it is in.
func (r *run) doubtful(k inventory.Key) string {
	if !r.denied && k.State == inventory.Received {
		return fmt.Sprintf("This is probably %s, which was begun and not finished, but it has no tag to prove it. Wipe everything on it and make it?", k.Tag)
	}
	return fmt.Sprintf("This looks like %s, which is %s, but does not answer its tag: it was reset elsewhere, or is another key. Wipe it and make it anew as %s?", k.Tag, k.State, k.Tag)
}

// What a person did who said yes, as it stands in the reasons.
const (
	wiped    = "allowed it to be wiped"
	accepted = "accepted its unproven model"
)

// ask puts a question about this very key to a person.
func (r *run) ask(ctx context.Context, text, otherwise, allowed string) (grant, error) {
	a, err := r.askPerson(ctx, text)
	if errors.Is(err, ErrNoAnswer) {
		s := waited("%s Nobody could be asked: answer at a terminal, or name the key with --device and say --yes.", otherwise)
		s.tile = momentUnasked
		return grant{}, s
	}
	if err != nil {
		return grant{}, err
	}
	if !a.Yes {
		return grant{}, refuse("%s %s said no %s (%s).", otherwise, a.By.Name, a.How, a.By.Method)
	}
	reason := fmt.Sprintf("%s %s %s (%s).", a.By.Name, allowed, a.How, a.By.Method)
	r.reasons = append(r.reasons, reason)
	return grant{why: reason, by: a.By, asked: true, reasons: []string{reason}}, nil
}

// event is the ledger's entry about the permission.
func (g grant) event(k inventory.Key) inventory.Event {
	action := "key.expected"
	if g.asked {
		action = "key.allowed"
	}
	return inventory.Event{Action: action, Subjects: []string{string(k.ID)}, Payload: struct {
		Tag inventory.AssetTag `json:"asset_tag"`
		Why string             `json:"why"`
		By  inventory.Actor    `json:"by"`
	}{k.Tag, g.why, g.by}}
}
