package inventory

import (
	"fmt"
	"strings"
	"time"
)

// Withdrawn is what it means that a key at the desk is not to be used any more.
type Withdrawn struct {
	Key    Key
	Event  Event
	Reopen LineID // the line that it was made for, which is wanted again; empty: none
	Void   bool   // a PIN that is sealed for it is for nobody
}

// Withdraw puts a key at the desk into quarantine with a reason and one next action. One that was made for somebody
// loses its line, which is wanted again; one that is packed must not go, so parcel, if it has one, is named.
func (k Key) Withdraw(reason, next, parcel string, at time.Time) (Withdrawn, error) {
	if !k.State.AtDesk() {
		return Withdrawn{Key: k}, Refuse(Conflict, "Key %s is %s, so it cannot be put aside at the desk.", k.Tag, k.State)
	}
	if k.State == Packed {
		if parcel == "" {
			parcel = "its parcel"
		}
		next = fmt.Sprintf("Take it out of %s, which must not go. %s", parcel, next)
	}
	made := k.State == Ready || k.State == Packed
	w := Withdrawn{Void: made}
	var err error
	if w.Key, w.Event, err = k.Quarantine(reason, next, at); err != nil {
		return w, err
	}
	if made {
		w.Reopen, w.Key.Line, w.Key.PINKnown = k.Line, "", false
	}
	return w, nil
}

// refusedSince begins the reason for which a key is in quarantine by a judgment.
const refusedSince = "By what is known now it is refused: "

// Distrust is [Key.Withdraw] of a key that j refuses.
func (k Key) Distrust(j Judgment, parcel string, at time.Time) (Withdrawn, error) {
	return k.Withdraw(refusedSince+j.First().Sentence, "Return it to the supplier.", parcel, at)
}

// Absolve tells, in the next action of a key that a judgment put aside, that it is not refused any more. It stays in
// quarantine: its seal and its line are gone.
func (k Key) Absolve(j Judgment) Key {
	if k.State == Quarantined && strings.HasPrefix(k.StateReason, refusedSince) {
		k.NextAction = fmt.Sprintf("Make it anew: it is judged %s again.", j.Verdict)
	}
	return k
}

// Untrusted is the incident of a key that is refused while somebody has it.
func (k Key) Untrusted(person PersonID, j Judgment) Incident {
	return Incident{Key: k.ID, Person: person, Kind: IncidentUntrusted, Reason: j.First().Sentence}
}
