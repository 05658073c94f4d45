package inventory

import (
	"strings"
	"time"
)

// RecallState says if keys of a recall are still out.
type RecallState string

// The states of a recall.
const (
	RecallOpen   RecallState = "open"
	RecallClosed RecallState = "closed" // every key is back or written off
)

// Recall calls keys back that are not to be trusted any more, all in one act: whoever has one gets another.
type Recall struct {
	ID       RecallID    `json:"id"`
	Number   string      `json:"number"` // C-1001
	Reason   string      `json:"reason"` // a sentence, for the people who hold the keys
	Deadline time.Time   `json:"deadline"`
	State    RecallState `json:"state"`
	By       Actor       `json:"by"`
	OpenedAt time.Time   `json:"opened_at"`
	ClosedAt *time.Time  `json:"closed_at"`
}

// RecallItemState says where one key of a recall is.
type RecallItemState string

// The states of a recalled key.
const (
	RecallDue        RecallItemState = "due"
	RecallReturned   RecallItemState = "returned"
	RecallWrittenOff RecallItemState = "written-off"
)

// Outcome says it as the end of a sentence.
func (s RecallItemState) Outcome() string {
	return map[RecallItemState]string{RecallDue: "still out", RecallReturned: "it is back", RecallWrittenOff: "it is written off"}[s]
}

// RecallNumber gives the number of a recall as it is written, C-1001, of one as people type it.
func RecallNumber(text string) string {
	if digits, ok := numbered(text, "C"); ok {
		return "C-" + digits
	}
	return text
}

// RecallItem is one key of a recall.
type RecallItem struct {
	ID        RecallItemID    `json:"id"`
	Recall    RecallID        `json:"recall"`
	Key       KeyID           `json:"key"`
	Person    PersonID        `json:"person"` // who had it; empty: it was at the desk
	Line      LineID          `json:"line"`   // that replaces it; empty: nobody needs one
	State     RecallItemState `json:"state"`
	Note      string          `json:"note"`
	ChangedAt time.Time       `json:"changed_at"`
}

// Open checks and dates a recall.
func (r Recall) Open(by Actor, at time.Time) (Recall, Event, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	if r.Reason == "" {
		return r, Event{}, Refuse(Invalid, "A recall needs a reason, which its holders read: say why.")
	}
	if err := CheckText("reason", r.Reason); err != nil {
		return r, Event{}, err
	}
	if !r.Deadline.After(at) {
		return r, Event{}, Refuse(Invalid, "The deadline of a recall lies ahead: give a later day.")
	}
	r.State, r.By, r.OpenedAt = RecallOpen, by, at
	return r, r.event("recall.opened"), nil
}

// Close ends a recall of which no key is due any more.
func (r Recall) Close(at time.Time) (Recall, Event) {
	r.State, r.ClosedAt = RecallClosed, &at
	return r, r.event("recall.closed")
}

func (r Recall) event(action string) Event {
	return Event{Action: action, Subjects: []string{string(r.ID)}, Payload: RecallMoved{r.Number, r.State, r.Reason}}
}

// RecallMoved is the payload of what happens to a recall.
type RecallMoved struct {
	Number string      `json:"number"`
	State  RecallState `json:"state"`
	Reason string      `json:"reason"`
}

// Settle notes that a recalled key is back, or written off with a reason.
func (i RecallItem) Settle(to RecallItemState, note string, at time.Time) (RecallItem, Event, error) {
	note = strings.TrimSpace(note)
	switch {
	case i.State != RecallDue:
		return i, Event{}, Refuse(Conflict, "This key is %s already.", i.State)
	case to != RecallReturned && to != RecallWrittenOff:
		return i, Event{}, Refuse(Invalid, "A recalled key is either returned or written off: say which.")
	case to == RecallWrittenOff && note == "":
		return i, Event{}, Refuse(Invalid, "A key is not written off without a reason: say why it will not come back.")
	}
	if err := CheckText("reason", note); err != nil {
		return i, Event{}, err
	}
	i.State, i.Note, i.ChangedAt = to, note, at
	return i, Event{Action: "recall." + string(to), Subjects: []string{string(i.Recall), string(i.Key), string(i.Person)}, Payload: RecallItemMoved{to, note}}, nil
}

// RecallItemMoved is the payload of what became of a recalled key.
type RecallItemMoved struct {
	State RecallItemState `json:"state"`
	Note  string          `json:"note,omitempty"`
}
