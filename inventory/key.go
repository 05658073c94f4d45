package inventory

import (
	"strings"
	"time"
)

// SerialSource says how a serial number became known. All but an enterprise attestation are claims: unsigned.
type SerialSource string

// The sources of a serial, in the order in which they are tried.
const (
	SerialVendor   SerialSource = "vendor_ctaphid"
	SerialUSB      SerialSource = "usb_iserial"
	SerialAttested SerialSource = "attestation_ea"
	SerialLabel    SerialSource = "label_scan"
	SerialNone     SerialSource = "none"
)

// Verdict is what the attestation of a key proved.
type Verdict string

// The verdicts.
const (
	Genuine Verdict = "genuine" // chain to a root of that model
	Unknown Verdict = "unknown" // no evidence either way
	Refused Verdict = "refused" // evidence against
)

// Allows tells if a key with this verdict may be made. What nothing proves is allowed where policy, or a person, says so.
func (v Verdict) Allows(unproven bool) bool { return v == Genuine || v == Unknown && unproven }

// Arrival says how the holder can prove that the key arrived.
type Arrival string

// The ways of arrival: a touch before any PIN is known, or only with the PIN.
const (
	ArrivalTouch    Arrival = "touch"
	ArrivalPINFirst Arrival = "pin-first"
)

// Key is the asset: one physical authenticator, known by its asset tag from the first run on.
type Key struct {
	ID           KeyID        `json:"id"`
	Tag          AssetTag     `json:"asset_tag"`
	Model        string       `json:"model"`
	AAGUID       string       `json:"aaguid"` // lower case, dashed (CTAP 2.1 §6.4 member 0x03)
	Serial       string       `json:"serial"` // empty when SerialSource is none
	SerialSource SerialSource `json:"serial_source"`
	Firmware     string       `json:"firmware"`
	State        KeyState     `json:"state"`
	StateReason  string       `json:"state_reason"`
	NextAction   string       `json:"next_action"` // set exactly in quarantine
	Line         LineID       `json:"line"`        // what it was made for; empty for stock
	Arrival      Arrival      `json:"arrival"`
	PINKnown     bool         `json:"pin_known"` // the station's PIN stays valid until the holder changes it
	Test         bool         `json:"test"`      // its tag is bound to localhost: TEST KEY
	Verdict      Verdict      `json:"verdict"`   // empty until judged
	Reasons      []string     `json:"reasons"`   // of the verdict, and of whoever let the key be wiped
	CreatedAt    time.Time    `json:"created_at"`
	ChangedAt    time.Time    `json:"changed_at"`
	Vendor       string       `json:"vendor,omitempty"` // who numbers it: the USB vendor id, four hexadecimal digits; empty: unknown
	Maker        string       `json:"maker,omitempty"`  // who made it, as its root or its metadata say; empty: nobody does
}

// Move takes k to another state along [Edges], or refuses with the sentence that names both states. Into quarantine
// leads only [Key.Quarantine].
func (k Key) Move(to KeyState, reason string, at time.Time) (Key, Event, error) {
	if to == Quarantined {
		return k, Event{}, Refuse(Invalid, "Key %s goes into quarantine only with a reason and one next action: give both.", k.Tag)
	}
	return k.move(to, reason, at)
}

func (k Key) move(to KeyState, reason string, at time.Time) (Key, Event, error) {
	edge := k.State.edge(to)
	if edge == nil {
		return k, Event{}, Refuse(Conflict, "Key %s is %s and cannot become %s: %s.", k.Tag, k.State, to, k.State.ways())
	}
	if edge.Demands == demandsReason && strings.TrimSpace(reason) == "" {
		return k, Event{}, Refuse(Invalid, "Key %s cannot become %s without a reason: say why.", k.Tag, to)
	}
	ev := Event{Action: "key." + string(to), Subjects: k.subjects(), Payload: KeyMoved{k.Tag, k.State, to, reason}}
	k.State, k.StateReason, k.NextAction, k.ChangedAt = to, reason, "", at
	return k, ev, nil
}

// Quarantine takes k out of use with a reason and the one thing to do next.
func (k Key) Quarantine(reason, next string, at time.Time) (Key, Event, error) {
	if strings.TrimSpace(reason) == "" || strings.TrimSpace(next) == "" {
		return k, Event{}, Refuse(Invalid, "Key %s goes into quarantine only with a reason and one next action: give both.", k.Tag)
	}
	k, ev, err := k.move(Quarantined, reason, at)
	if err != nil {
		return k, ev, err
	}
	k.NextAction = next
	return k, ev, nil
}

// MakeReady records that a run made k for line (empty: for stock) and sealed its PIN.
func (k Key) MakeReady(line LineID, at time.Time) (Key, Event, error) {
	k, ev, err := k.Move(Ready, "", at)
	if err != nil {
		return k, ev, err
	}
	k.Line = line
	ev.Subjects = k.subjects()
	return k, ev, nil
}

// Stock notes that a run made k for stock: blank, tagged and judged, without a PIN. It stays in stock as received.
func (k Key) Stock(at time.Time) (Key, Event, error) {
	if k.State != Received {
		return k, Event{}, Refuse(Conflict, "Key %s is %s and cannot be put into stock: it has to be made anew.", k.Tag, k.State)
	}
	if !k.Verdict.Allows(true) {
		return k, Event{}, Refuse(Conflict, "Key %s cannot be put into stock: nobody judged what model it is, or it is not what it says.", k.Tag)
	}
	k.StateReason, k.ChangedAt = "made for stock: blank and tagged", at
	return k, Event{Action: "key.stocked", Subjects: k.subjects(), Payload: KeyMoved{k.Tag, k.State, k.State, k.StateReason}}, nil
}

// Remake takes a ready, quarantined or returned key back to received so that a new run may make it again. What the run
// before left on the key (its line, a PIN that the station knows, a tag that answers only with the PIN) is no more.
func (k Key) Remake(reason string, at time.Time) (Key, Event, error) {
	k.PINKnown, k.Arrival, k.StateReason = false, ArrivalTouch, ""
	if k.State == Received {
		return k, Event{}, nil
	}
	k, ev, err := k.Move(Received, reason, at)
	if err != nil {
		return k, ev, err
	}
	k.Line = ""
	return k, ev, nil
}

// TakeBack takes a ready key back to stock because its line was cancelled; why says so. Its sealed PIN is for nobody, so
// the caller voids it. A key that was packed is not called back so; one that was lost or put aside meanwhile stays that.
func (k Key) TakeBack(why string, at time.Time) (Key, Event, error) {
	if k.State.WithSomebody() && k.State != Lost && k.State != Stolen {
		return k, Event{}, Refuse(Conflict, "Key %s is %s: a requisition can be cancelled only until one of its keys is packed. Have its keys sent back instead.", k.Tag, k.State)
	}
	if k.State != Ready {
		return k, Event{}, nil
	}
	k, ev, err := k.Move(Received, why, at)
	if err != nil {
		return k, ev, err
	}
	ev.Subjects = k.subjects() // its line among them
	k.Line, k.PINKnown = "", false
	return k, ev, nil
}

func (k Key) subjects() []string {
	if k.Line == "" {
		return []string{string(k.ID)}
	}
	return []string{string(k.ID), string(k.Line)}
}

// KeyMoved is the payload of a key's change of state.
type KeyMoved struct {
	Tag    AssetTag `json:"asset_tag"`
	From   KeyState `json:"from"`
	To     KeyState `json:"to"`
	Reason string   `json:"reason,omitempty"`
}
