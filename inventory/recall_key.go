package inventory

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// RecallOf says which keys are called back. One of its ways is used.
type RecallOf struct {
	Tags      []AssetTag // these
	Untrusted bool       // those of which an untrusted incident is open
	AAGUID    string     // those of a model
	Below     string     // of that model, those with an older firmware than this; empty: all
}

// Check refuses what names no keys, or names them in two ways.
func (w RecallOf) Check() error {
	ways := 0
	for _, used := range []bool{len(w.Tags) > 0, w.Untrusted, w.AAGUID != ""} {
		if used {
			ways++
		}
	}
	switch {
	case ways != 1:
		return Refuse(Invalid, "Say in one way which keys are recalled: by their tags, by open incidents or by model.")
	case w.Below != "" && w.AAGUID == "":
		return Refuse(Invalid, "A firmware is recalled of a model: give its AAGUID too.")
	case w.Below != "" && !OlderFirmware("0", w.Below):
		return Refuse(Invalid, "%q is no firmware version: write it as the keys do, such as 5.7.1.", w.Below)
	}
	return nil
}

// Model is the AAGUID as the inventory keeps it.
func (w RecallOf) Model() string { return modelID(strings.TrimSpace(w.AAGUID)) }

// Covers tells if a key of the model is among those called back.
func (w RecallOf) Covers(k Key) bool {
	return w.AAGUID == "" || w.Model() == k.AAGUID && (w.Below == "" || OlderFirmware(k.Firmware, w.Below))
}

// OlderFirmware tells if a version is older than another. Versions are numbers with dots between; of others, and of none,
// nobody can tell.
func OlderFirmware(version, than string) bool {
	a, b := strings.Split(version, "."), strings.Split(than, ".")
	for i := range max(len(a), len(b)) {
		x, okX := part(a, i)
		y, okY := part(b, i)
		if !okX || !okY {
			return false
		}
		if x != y {
			return x < y
		}
	}
	return false
}

// part gives one number of a version; those that are not written are 0.
func part(parts []string, i int) (int, bool) {
	if i >= len(parts) {
		return 0, true
	}
	n, err := strconv.Atoi(parts[i])
	return n, err == nil
}

// Called is what a recall means for one key.
type Called struct {
	Withdrawn        // its Event is empty when the key's state stays
	Left      string // why the key is left out; empty: it is recalled
	Replace   bool   // whoever has it, or waits for it, gets another
}

// Call asks what r means for k: a key at the desk is put aside, one with a person is due, one on its way to a person comes
// back. making says that a run has it in hand, parcel what it is packed in. A key that its person owes already, or that
// is on its way back, is not replaced: whoever called it back before has seen to that.
func (r Recall) Call(k Key, making bool, parcel string, at time.Time) (Called, error) {
	reason := fmt.Sprintf("Recall %s: %s", r.Number, r.Reason)
	next := fmt.Sprintf("Put it with recall %s.", r.Number)
	c := Called{Withdrawn: Withdrawn{Key: k}}
	var err error
	switch {
	case making:
		c.Left = "it is being made"
	case k.State.AtDesk():
		c.Withdrawn, err = k.Withdraw(reason, next, parcel, at)
	case k.State == Quarantined:
		c.Key.NextAction = next
	case k.State == Delivered || k.State == Active || k.State == Suspended:
		c.Replace = true
		c.Key, c.Event, err = k.Move(ReturnDue, reason, at)
	case k.State == InTransit:
		c.Replace, c.Void = true, true // nobody has seen its PIN, and nobody needs it any more
		c.Key, c.Event, err = k.Move(InReturn, reason, at)
	case k.State == ReturnDue || k.State == InReturn:
	default:
		c.Left = "it is " + string(k.State)
	}
	return c, err
}

// Called is the ledger's entry about a recalled key whose state stays.
func (i RecallItem) Called(tag AssetTag) Event {
	return Event{Action: "recall.called", Subjects: []string{string(i.Recall), string(i.Key), string(i.Person)}, Payload: RecallCalled{tag, i.Note}}
}

// RecallCalled is the payload of recall.called.
type RecallCalled struct {
	Tag  AssetTag `json:"asset_tag"`
	Note string   `json:"note,omitempty"`
}

// recallWays are the states that a key is taken through when its recall is settled. A key that is not among them stays in
// the state that it has.
var recallWays = map[RecallItemState]map[KeyState][]KeyState{
	RecallReturned: {
		InTransit: {InReturn, Returned}, Delivered: {ReturnDue, InReturn, Returned}, Active: {ReturnDue, InReturn, Returned},
		Suspended: {ReturnDue, InReturn, Returned}, ReturnDue: {InReturn, Returned}, InReturn: {Returned}, Lost: {Returned}, Stolen: {Returned},
	},
	RecallWrittenOff: {
		InTransit: {Lost, Retired}, Delivered: {Lost, Retired}, Active: {Lost, Retired}, Suspended: {Lost, Retired},
		ReturnDue: {Lost, Retired}, InReturn: {Lost, Retired}, Packed: {Lost, Retired}, Lost: {Retired}, Stolen: {Retired},
		Damaged: {Retired}, Quarantined: {Retired}, Returned: {Retired}, Received: {Retired}, Ready: {Retired},
	},
}

// Settle takes k along the edges that its settled recall demands, and gives an event for each.
func (k Key) Settle(to RecallItemState, why string, at time.Time) (Key, []Event, error) {
	var events []Event
	for _, state := range recallWays[to][k.State] {
		next, ev, err := k.Move(state, why, at)
		if err != nil {
			return k, nil, err
		}
		k, events = next, append(events, ev)
	}
	return k, events, nil
}

// Settles says what a key's change of state makes of a recall of it, by whatever act it comes: back, or never to come
// back. Empty: nothing.
func (m KeyMoved) Settles() RecallItemState {
	switch {
	case m.To == Returned, m.From == InReturn && m.To == Quarantined, m.From == Quarantined && m.To == Retired:
		return RecallReturned
	case m.To == Retired:
		return RecallWrittenOff
	}
	return ""
}
