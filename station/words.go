package station

// Words is what a tile says: at most four words to be read from two meters, a tone, and the sentence under them.
type Words struct {
	Word     string
	Tone     Tone
	Sentence string
}

// moment names a situation that a port can be in.
type moment string

const (
	momentEmpty   moment = "empty"
	momentLook    moment = "look"
	momentAsk     moment = "ask"
	momentQueue   moment = "queue"
	momentReplug  moment = "replug"
	momentTouch   moment = "touch"
	momentReset   moment = "reset"
	momentTag     moment = "tag"
	momentPIN     moment = "pin"
	momentProve   moment = "prove"
	momentRecord  moment = "record"
	momentPrint   moment = "print"
	momentReady   moment = "ready"
	momentRefused moment = "refused"
	momentWaited  moment = "waited"
	momentFailed  moment = "failed"
	momentAside   moment = "aside"
	momentLeft    moment = "left"
	momentUnasked moment = "unasked"
	momentStopped moment = "stopped"
	momentHold    moment = "hold"
	momentLearned moment = "learned"
	momentLeftIn  moment = "left in"
	momentStocked moment = "stocked"
)

// words is the one table of what tiles say. An empty sentence is filled in by the run.
var words = map[moment]Words{
	momentEmpty:   {"EMPTY", Quiet, "Plug a key in here."},
	momentLook:    {"READING", Busy, "Asking the key what it is. Nothing is changed."},
	momentAsk:     {"YOUR ANSWER?", Hands, ""},
	momentQueue:   {"WAIT", Quiet, "Another key needs your hands first."},
	momentReplug:  {"REPLUG", Hands, "Unplug this key and plug it in again at the same port."},
	momentTouch:   {"TOUCH", Hands, "Touch the key now."},
	momentReset:   {"WIPING", Busy, "Resetting the key. Leave it in."},
	momentTag:     {"TAGGING", Busy, "Making the credential by which we know this key again. Leave it in."},
	momentPIN:     {"WORKING", Busy, "Setting the PIN. Leave the key in."},
	momentProve:   {"CHECKING", Busy, "Checking that the key does what it was told. Leave it in."},
	momentRecord:  {"RECORDING", Busy, "Writing the key into the inventory."},
	momentPrint:   {"PRINTING", Busy, "The packet is being printed."},
	momentReady:   {"READY", Good, ""},
	momentRefused: {"REFUSED", Bad, ""},
	momentWaited:  {"PLUG IN AGAIN", Hands, ""},
	momentFailed:  {"BAD KEY OR CABLE", Bad, ""},
	momentAside:   {"PUT ASIDE", Bad, ""},
	momentLeft:    {"LEFT ALONE", Bad, ""},
	momentStopped: {"STOPPED", Quiet, ""},
	momentHold:    {"HOLD", Quiet, "On hold: nothing begins here and nothing is asked for until it is let go."},
	momentLearned: {"LEARNED", Good, "Move the key to the next port of your hub."},
	momentLeftIn:  {"LEFT IN", Quiet, "The hub is learned. To make this key, unplug it and plug it in again."},
	momentStocked: {"IN STOCK", Good, "The key is blank and tagged and has no PIN. Put its label on it."},
	momentUnasked: {"NEEDS A YES", Hands, ""},
}
