package station

import (
	"time"

	"keystation/inventory"
	"keystation/station/ctap"
)

// Words is what a tile says: at most four words to be read from two meters, a tone, and the sentence under them.
type Words struct {
	Word     string
	Tone     Tone
	Sentence string
}

// moment names a situation that a port can be in.
type moment string

const (
	momentEmpty     moment = "empty"
	momentFault     moment = "fault"
	momentLearned   moment = "learned"
	momentHold      moment = "hold"
	momentLook      moment = "look"
	momentAsk       moment = "ask"
	momentQueue     moment = "queue"
	momentReplug    moment = "replug"
	momentTouch     moment = "touch"
	momentLongTouch moment = "long-touch"
	momentReset     moment = "reset"
	momentTag       moment = "tag"
	momentPIN       moment = "pin"
	momentProve     moment = "prove"
	momentRecord    moment = "record"
	momentPrint     moment = "print"
	momentReady     moment = "ready"
	momentStocked   moment = "stocked"
	momentRefused   moment = "refused"
	momentWaited    moment = "waited"
	momentFailed    moment = "failed"
	momentAside     moment = "aside"
	momentLeft      moment = "left"
	momentUnasked   moment = "unasked"
	momentStopped   moment = "stopped"
	momentChanged   moment = "changed"
	momentStop      moment = "stop"
	momentOther     moment = "other maker"
	momentSerials   moment = "serials"
	momentLeftIn    moment = "left in"
	momentHalted    moment = "halted"
)

// words is the first table: what a tile says in each moment. An empty sentence is filled in by the run.
var words = map[moment]Words{
	momentEmpty:     {"EMPTY", Quiet, "Plug a key in here."},
	momentFault:     {"USB FAULT", Bad, ""},
	momentLearned:   {"LEARNED", Good, "Move the key to the next port of your hub."},
	momentHold:      {"HOLD", Quiet, "On hold: nothing begins here and nothing is asked for until it is let go."},
	momentLook:      {"READING", Busy, "Asking the key what it is. Nothing is changed."},
	momentAsk:       {"YOUR ANSWER?", Hands, ""},
	momentQueue:     {"WAIT", Quiet, "Another key needs your hands first."},
	momentReplug:    {"REPLUG", Hands, "Unplug this key and plug it in again at the same port."},
	momentTouch:     {"TOUCH", Hands, "Touch the key now."},
	momentLongTouch: {"HOLD TOUCH", Hands, "Touch the key now and keep your finger on it for five seconds."},
	momentReset:     {"WIPING", Busy, "Resetting the key. Leave it in."},
	momentTag:       {"TAGGING", Busy, "Making the credential by which we know this key again. Leave it in."},
	momentPIN:       {"WORKING", Busy, "Giving the key its PIN and settings. Leave it in."},
	momentProve:     {"CHECKING", Busy, "Checking that the key does what it was told. Leave it in."},
	momentRecord:    {"RECORDING", Busy, "Writing the key into the inventory."},
	momentPrint:     {"PRINTING", Busy, "The packet is being printed."},
	momentReady:     {"READY", Good, ""},
	momentStocked:   {"STOCKED", Good, "The key is blank and tagged and has no PIN. Put its label on it."},
	momentRefused:   {"REFUSED", Bad, ""},
	momentWaited:    {"PLUG IN AGAIN", Hands, ""},
	momentFailed:    {"BAD KEY OR CABLE", Bad, ""},
	momentAside:     {"PUT ASIDE", Bad, ""},
	momentLeft:      {"LEFT ALONE", Bad, ""},
	momentUnasked:   {"NEEDS A YES", Hands, ""},
	momentStopped:   {"STOPPED", Quiet, ""},
	momentChanged:   {"CHANGED", Bad, ""},
	momentStop:      {"STOP", Bad, ""},
	momentOther:     {"OTHER MAKER", Bad, ""},
	momentSerials:   {"TWO SERIALS", Bad, ""},
	momentHalted:    {"BENCH STOPPED", Bad, ""},
	momentLeftIn:    {"LEFT IN", Quiet, "The hub is learned. To make this key, unplug it and plug it in again."},
}

// cue is what a tile answers to: what a key says ([ctap.Status], [ctap.Keepalive], or longTouch for a keepalive of a key
// that wants a long one), or how a run ended ([inventory.RunEnd]).
type cue any

// longTouch is a keepalive of a key that resets only under a long touch (CTAP 2.2 §6.4 member 0x18).
type longTouch ctap.Keepalive

// row says what a tile shows when something is heard at a step.
type row struct {
	step  inventory.Step // empty: any
	hears cue
	shows moment // empty: what the run's end shows
	says  string // empty: the moment's own sentence, or what the run has to say
}

// rows is the second table. A row with a step is for that step only and stands before the one for any.
var rows = []row{
	{"", ctap.KeepaliveUPNeeded, momentTouch, ""},
	{inventory.Reset, longTouch(ctap.KeepaliveUPNeeded), momentLongTouch, ""},
	{"", longTouch(ctap.KeepaliveUPNeeded), momentTouch, ""},

	// Once it was touched; some keys ask for a touch where the standard demands none.
	{inventory.Identify, ctap.KeepaliveProcessing, momentLook, ""},
	{inventory.Reset, ctap.KeepaliveProcessing, momentReset, ""},
	{inventory.Tag, ctap.KeepaliveProcessing, momentTag, ""},
	{inventory.SealPIN, ctap.KeepaliveProcessing, momentPIN, ""},
	{inventory.SetPIN, ctap.KeepaliveProcessing, momentTag, ""},
	{inventory.Configure, ctap.KeepaliveProcessing, momentPIN, ""},
	{inventory.Prove, ctap.KeepaliveProcessing, momentProve, ""},
	{inventory.Register, ctap.KeepaliveProcessing, momentPIN, ""},
	{inventory.Force, ctap.KeepaliveProcessing, momentPIN, ""},
	{inventory.Record, ctap.KeepaliveProcessing, momentRecord, ""},

	{"", inventory.RunReady, momentReady, ""},
	{"", inventory.RunStocked, momentStocked, ""},
	{inventory.Identify, inventory.RunRefused, momentLeft, ""},
	{"", inventory.RunRefused, momentRefused, ""},
	{"", inventory.RunWaiting, momentWaited, ""},
	{"", inventory.RunFailed, momentFailed, goneSentence},
	{"", inventory.RunQuarantined, momentAside, ""},
	{"", inventory.RunInterrupted, momentWaited, "The program ended while this key was made. Plug it in again to make it anew."},

	{inventory.Reset, ctap.ErrNotAllowed, momentWaited, "The key was in too long. Unplug it, plug it in again, and touch it when it blinks."},
	{inventory.Reset, ctap.ErrOperationDenied, "", "The key refused the reset. Unplug it, plug it in again, and touch it when it blinks."},
	{inventory.Reset, ctap.ErrPINInvalid, "", needlessPIN},
	{inventory.Reset, ctap.ErrPINBlocked, "", needlessPIN},
	{inventory.Reset, ctap.ErrPINAuthInvalid, "", needlessPIN},
	{inventory.Reset, ctap.ErrPINPolicyViolation, "", needlessPIN},
	{inventory.Reset, ctap.ErrPINTokenExpired, "", needlessPIN},
	{inventory.Reset, ctap.ErrPINNotSet, "", needlessPIN},
	{inventory.Reset, ctap.ErrPUATRequired, "", needlessPIN},
	{inventory.Reset, ctap.ErrUVBlocked, "", needlessPIN},
	{inventory.Reset, ctap.ErrKeyStoreFull, "", oddSentence},
	{inventory.Reset, ctap.ErrLimitExceeded, "", oddSentence},
	{inventory.Reset, ctap.ErrFPDatabaseFull, "", oddSentence},
	{inventory.Reset, ctap.ErrLargeBlobStorageFull, "", oddSentence},
	{inventory.Reset, ctap.ErrCredentialExcluded, "", oddSentence},
	{inventory.Reset, ctap.ErrNoCredentials, "", oddSentence},
	{inventory.Reset, ctap.ErrInvalidCredential, "", oddSentence},
	{inventory.Reset, ctap.ErrUnsupportedAlgorithm, "", oddSentence},
	{inventory.Reset, ctap.ErrUnauthorizedPermission, "", oddSentence},

	// No PIN is given with the tag credential: the key comes from its reset and has none.
	{inventory.Tag, ctap.ErrPINInvalid, "", needlessPIN},
	{inventory.Tag, ctap.ErrPINBlocked, "", needlessPIN},
	{inventory.Tag, ctap.ErrPINAuthInvalid, "", needlessPIN},
	{inventory.Tag, ctap.ErrPINAuthBlocked, "", needlessPIN},
	{inventory.Tag, ctap.ErrPINPolicyViolation, "", needlessPIN},
	{inventory.Tag, ctap.ErrPINTokenExpired, "", needlessPIN},
	{inventory.Tag, ctap.ErrPINNotSet, "", needlessPIN},
	{inventory.Tag, ctap.ErrUVBlocked, "", needlessPIN},
	{inventory.Tag, ctap.ErrUnauthorizedPermission, "", needlessPIN},
	{inventory.Tag, ctap.ErrOperationDenied, "", "The key refused to make its tag credential. Unplug it, plug it in again, and touch it when it blinks."},
	{inventory.Tag, ctap.ErrKeyStoreFull, "", fullSentence},
	{inventory.Tag, ctap.ErrLimitExceeded, "", fullSentence},

	{inventory.SetPIN, ctap.ErrOperationDenied, "", "The key refused its PIN. Unplug it, plug it in again, and let it start from reset; if that happens twice, put it aside."},
	{inventory.SetPIN, ctap.ErrPINAuthInvalid, "", "The key says that it has a PIN already. Unplug it, plug it in again, and let it start from reset."},
	{inventory.Configure, ctap.ErrOperationDenied, "", settingsSentence},
	{inventory.Configure, ctap.ErrNotAllowed, "", settingsSentence},
	{inventory.Configure, ctap.ErrPINPolicyViolation, "", settingsSentence},
	{inventory.Prove, ctap.ErrPINPolicyViolation, "", "The key wants another PIN before it proves itself with this one. Unplug it, plug it in again, and let it start from reset."},
	{inventory.Prove, ctap.ErrOperationDenied, "", "The key refused to prove itself with its PIN. Unplug it, plug it in again, and let it start from reset."},
	{inventory.Force, ctap.ErrOperationDenied, "", forceSentence},
	{inventory.Force, ctap.ErrNotAllowed, "", forceSentence},
	{inventory.Force, ctap.ErrPINPolicyViolation, "", forceSentence},

	{"", ctap.ErrPINPolicyViolation, "", "The key refused the PIN as too simple, too short or too long. Raise pin_length, or use another model."},
	{"", ctap.ErrPINInvalid, "", "The key did not take the PIN that was just set. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrPINBlocked, "", "The PIN of this key is blocked. Only a reset helps: unplug it, plug it in again, and make it anew."},
	{"", ctap.ErrPINAuthBlocked, momentWaited, "Too many wrong PINs since it was plugged in. Unplug it and plug it in again."},
	{"", ctap.ErrPINAuthInvalid, "", "The key did not accept our proof of the PIN. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrPINTokenExpired, "", "The key forgot our proof of the PIN too soon. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrPINNotSet, "", "The key says that it has no PIN. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrPUATRequired, "", "The key wants its PIN for this. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrUVBlocked, "", "The key trusts no fingerprint any more. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrUVInvalid, "", "The key did not know the finger. Unplug it, plug it in again, and touch it when it blinks."},
	{"", ctap.ErrUPRequired, momentWaited, "The key wants a touch for this. Unplug it, plug it in again, and touch it when it blinks."},
	{"", ctap.ErrUserActionTimeout, momentWaited, "Nobody touched the key in time. Plug it in again when your hands are free."},
	{"", ctap.ErrActionTimeout, momentWaited, "Nobody touched the key in time. Plug it in again when your hands are free."},
	{"", ctap.ErrUserActionPending, momentWaited, "The key still waits for an earlier touch. Unplug it and plug it in again."},
	{"", ctap.ErrKeepaliveCancel, momentWaited, "The wait for a touch was canceled. Plug the key in again to go on."},
	{"", ctap.ErrOperationDenied, "", "The key refused. Unplug it, plug it in again, and touch it when it blinks."},
	{"", ctap.ErrNotAllowed, "", "The key does not allow this now. Unplug it and plug it in again."},
	{"", ctap.ErrKeyStoreFull, "", "The key has no room left. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrLimitExceeded, "", "The key holds no more of this. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrFPDatabaseFull, "", "The key has no room for a fingerprint. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrLargeBlobStorageFull, "", "The key has no room for data. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrCredentialExcluded, "", "The key holds this credential already. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrNoCredentials, "", "The key does not know the credential that it made. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrInvalidCredential, "", "The key rejects the credential that it made. Unplug it, plug it in again, and let it start from reset."},
	{"", ctap.ErrUnsupportedOption, "", "The key does not know an option that we need. Use another model."},
	{"", ctap.ErrInvalidOption, "", "The key does not take an option that we need. Use another model."},
	{"", ctap.ErrUnsupportedAlgorithm, "", "The key cannot make an ES256 credential. Use another model."},
	{"", ctap.ErrInvalidCommand, "", "The key does not know a command that we need. Use another model."},
	{"", ctap.ErrInvalidSubcommand, "", "The key does not know a setting that we need. Use another model."},
	{"", ctap.ErrUnauthorizedPermission, "", "The key does not let a PIN do this. Use another model."},
	{"", ctap.ErrRequestTooLarge, "", "The key has no room for the question. Use another model."},
	{"", ctap.ErrChannelBusy, momentWaited, busySentence},
	{"", ctap.ErrLockRequired, momentWaited, busySentence},
	{"", ctap.ErrInvalidChannel, momentFailed, goneSentence},
	{"", ctap.ErrInvalidSeq, momentFailed, goneSentence},
	{"", ctap.ErrInvalidLength, momentFailed, goneSentence},
	{"", ctap.ErrTimeout, momentFailed, goneSentence},
	{"", ctap.ErrInvalidParameter, "", oddSentence},
	{"", ctap.ErrCBORUnexpectedType, "", oddSentence},
	{"", ctap.ErrInvalidCBOR, "", oddSentence},
	{"", ctap.ErrMissingParameter, "", oddSentence},
	{"", ctap.ErrProcessing, "", oddSentence},
	{"", ctap.ErrOperationPending, "", oddSentence},
	{"", ctap.ErrNoOperations, "", oddSentence},
	{"", ctap.ErrIntegrityFailure, "", oddSentence},
	{"", ctap.ErrOther, "", oddSentence},
}

// goneSentence is what an I/O fault says when nobody gave it a sentence of its own.
const goneSentence = "The key stopped answering. Plug it in again; if that happens twice, change the cable or port, then the key."

// busySentence is for a key that another program talks to, or that is at something which it does not end.
const busySentence = "The key is busy. Close other programs that use it, unplug the key and plug it in again."

// needlessPIN is for answers about a PIN where none was given and none is needed.
const needlessPIN = "The key complains about a PIN where none is needed (%s). Unplug it and plug it in again; if that happens twice, put the key aside."

// fullSentence is for a key that was emptied a moment ago.
const fullSentence = "The key has no room for one credential, though it was just reset. Plug it in again; if that happens twice, use another model."

// settingsSentence and forceSentence are for what policy wants of a key and the key will not do.
const (
	settingsSentence = "The key refused a setting that policy wants (min_pin_length, enterprise_attestation). Change the policy, or use another model."
	forceSentence    = "The key refused that its PIN must be changed. Set force_pin_change to off, or use another model."
)

// oddSentence is for answers that a key should not give to what we ask; the verb is the name of the answer.
const oddSentence = "The key answered %s. Plug it in again; if that happens twice, put the key aside."

// rowOf finds what a tile shows when c is heard at a step. Codes of vendors have no row.
func rowOf(step inventory.Step, c cue) (row, bool) {
	for _, r := range rows {
		if r.hears == c && (r.step == step || r.step == "") {
			return r, true
		}
	}
	return row{}, false
}

// wordsAt is what a tile says when c is heard at a step.
func wordsAt(step inventory.Step, c cue) Words {
	r, _ := rowOf(step, c)
	w := words[r.shows]
	if r.says != "" {
		w.Sentence = r.says
	}
	return w
}

// stillSentence stands in for that of a tile at work whose key says for longer than longWork that it is at it.
const (
	stillSentence = "Still waiting for the key to answer. Leave it in."
	longWork      = 5 * time.Second
)
