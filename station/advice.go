package station

import (
	"context"
	"errors"

	"keystation/inventory"
	"keystation/station/ctap"
)

// advice is the one table from what a key answered to what a person reads: what happened, then what to do. A row with
// a step is for that step only and comes first.
var advice = []struct {
	step     inventory.Step // empty: any
	status   ctap.Status
	sentence string
}{
	{inventory.Reset, ctap.ErrNotAllowed, "The key was in too long. Unplug it, plug it in again, and touch it when it blinks."},
	{inventory.Reset, ctap.ErrOperationDenied, "The key refused the reset. Unplug it, plug it in again, and touch it when it blinks."},
	{inventory.SetPIN, ctap.ErrPINAuthInvalid, "The key says that it has a PIN already. Unplug it, plug it in again, and let it start from reset."},
	{inventory.Force, ctap.ErrPINPolicyViolation, "The key refused to demand a new PIN from its holder. Set force_pin_change to if-possible, or use another model."},

	{"", ctap.ErrPINPolicyViolation, "The key refused the PIN as too simple, too short or too long. Raise pin_length, or use another model."},
	{"", ctap.ErrPINInvalid, "The key did not take the PIN that was just set. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrPINBlocked, "The PIN of this key is blocked. Only a reset helps: unplug it, plug it in again, and make it anew."},
	{"", ctap.ErrPINAuthBlocked, "Too many wrong PINs since it was plugged in. Unplug it and plug it in again."},
	{"", ctap.ErrPINAuthInvalid, "The key did not accept our proof of the PIN. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrPUATRequired, "The key wants its PIN for this. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrUserActionTimeout, "Nobody touched the key in time. Plug it in again when your hands are free."},
	{"", ctap.ErrActionTimeout, "Nobody touched the key in time. Plug it in again when your hands are free."},
	{"", ctap.ErrKeepaliveCancel, "The wait for a touch was canceled. Plug the key in again to go on."},
	{"", ctap.ErrOperationDenied, "The key refused. Unplug it, plug it in again, and touch it when it blinks."},
	{"", ctap.ErrNotAllowed, "The key does not allow this now. Unplug it and plug it in again."},
	{"", ctap.ErrKeyStoreFull, "The key has no room left. Let it start from reset."},
	{"", ctap.ErrUnsupportedOption, "The key does not know an option that we need. Use another model."},
	{"", ctap.ErrUnsupportedAlgorithm, "The key cannot make an ES256 credential. Use another model."},
	{"", ctap.ErrChannelBusy, "Another program talks to this key. Close it and plug the key in again."},
	{"", ctap.ErrInvalidCommand, "The key does not know a command that we need. Use another model."},
	{"", ctap.ErrUnauthorizedPermission, "The key does not let a PIN do this. Use another model."},
}

// goneSentence is what an I/O fault says when nobody gave it a sentence of its own.
const goneSentence = "The key stopped answering. Plug it in again; if that happens twice, change the cable or port, then the key."

// Advise gives the sentence for a person about what went wrong at a step: that of an [inventory.Error] in the chain,
// else the table's row for the key's status, else what to do about an I/O fault.
func Advise(step inventory.Step, err error) string {
	if e, ok := errors.AsType[*inventory.Error](err); ok {
		return e.Msg
	}
	if errors.Is(err, context.Canceled) {
		return "The run was stopped before the key was finished. Plug it in again to make it."
	}
	status, ok := errors.AsType[ctap.Status](err)
	if !ok {
		return goneSentence
	}
	for _, row := range advice {
		if row.status == status && (row.step == step || row.step == "") {
			return row.sentence
		}
	}
	return "The key answered " + status.Name() + ". Plug it in again; if that happens twice, put the key aside."
}

// refusedByKey tells an answer of the key (a result) from an I/O fault (an error).
func refusedByKey(err error) bool {
	_, ok := errors.AsType[ctap.Status](err)
	return ok
}
