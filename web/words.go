package web

import (
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"keystation/inventory"
	"keystation/station"
)

// word is how a state looks and reads: a tone, an icon of a shape of its own, and the name. Color never stands alone.
type word struct {
	Tone station.Tone
	Icon string // a symbol of parts/icons.html
	Name string // in English; the text is word.NAME
}

// keyWord is a state of a key and its word.
type keyWord struct {
	state inventory.KeyState
	word
}

// keyStates is the table of words for keys, in the order of a key's life.
var keyStates = []keyWord{
	{inventory.Received, word{station.Quiet, "inbox", "received"}},
	{inventory.Ready, word{station.Good, "check", "ready"}},
	{inventory.Packed, word{station.Busy, "box", "packed"}},
	{inventory.InTransit, word{station.Busy, "arrow", "in transit"}},
	{inventory.Delivered, word{station.Good, "home", "delivered"}},
	{inventory.Active, word{station.Good, "key", "active"}},
	{inventory.Suspended, word{station.Hands, "pause", "suspended"}},
	{inventory.ReturnDue, word{station.Hands, "clock", "return due"}},
	{inventory.InReturn, word{station.Busy, "back", "in return"}},
	{inventory.Returned, word{station.Quiet, "inbox", "returned"}},
	{inventory.Quarantined, word{station.Bad, "warning", "quarantined"}},
	{inventory.Lost, word{station.Bad, "question", "lost"}},
	{inventory.Stolen, word{station.Bad, "octagon", "stolen"}},
	{inventory.Damaged, word{station.Bad, "cross", "damaged"}},
	{inventory.Retired, word{station.Quiet, "minus", "retired"}},
}

func keyStateOf(s inventory.KeyState) keyWord {
	if i := slices.IndexFunc(keyStates, func(w keyWord) bool { return w.state == s }); i >= 0 {
		return keyStates[i]
	}
	return keyWord{s, word{station.Quiet, "dot", string(s)}}
}

// words are the tables for everything else that has a state, by kind and value.
var words = map[string]map[string]word{
	"requisition": {
		string(inventory.Submitted):        {station.Hands, "clock", "submitted"},
		string(inventory.Approved):         {station.Busy, "check", "approved"},
		string(inventory.Rejected):         {station.Bad, "cross", "rejected"},
		string(inventory.Cancelled):        {station.Quiet, "minus", "cancelled"},
		string(inventory.ServedWithoutKey): {station.Quiet, "check", "served without key"},
		string(inventory.Fulfilling):       {station.Busy, "ring", "fulfilling"},
		string(inventory.Sent):             {station.Busy, "arrow", "sent"},
		string(inventory.Closed):           {station.Good, "check", "closed"},
	},
	"line": {
		string(inventory.LineOpen):      {station.Quiet, "dot", "open"},
		string(inventory.LineMaking):    {station.Busy, "ring", "making"},
		string(inventory.LineMade):      {station.Good, "check", "made"},
		string(inventory.LineSent):      {station.Busy, "arrow", "sent"},
		string(inventory.LineDelivered): {station.Good, "home", "delivered"},
		string(inventory.LineCancelled): {station.Quiet, "minus", "cancelled"},
	},
	"verdict": {
		string(inventory.Genuine): {station.Good, "shield", "genuine"},
		string(inventory.Unknown): {station.Hands, "question", "unknown"},
		string(inventory.Refused): {station.Bad, "octagon", "refused"},
		"":                        {station.Quiet, "dot", "not judged"},
	},
	"run": {
		string(inventory.RunReady):       {station.Good, "check", "ready"},
		string(inventory.RunStocked):     {station.Good, "layers", "made for stock"},
		string(inventory.RunRefused):     {station.Bad, "octagon", "refused"},
		string(inventory.RunWaiting):     {station.Hands, "clock", "nobody came"},
		string(inventory.RunFailed):      {station.Bad, "cross", "failed"},
		string(inventory.RunQuarantined): {station.Bad, "warning", "quarantined"},
		string(inventory.RunInterrupted): {station.Hands, "warning", "interrupted"},
		"":                               {station.Busy, "ring", "running"},
	},
	"outcome": {
		string(inventory.Done):        {station.Good, "check", "done"},
		string(inventory.Skipped):     {station.Quiet, "minus", "skipped"},
		string(inventory.StepRefused): {station.Bad, "octagon", "refused"},
		string(inventory.Failed):      {station.Bad, "cross", "failed"},
		string(inventory.Waiting):     {station.Hands, "clock", "nobody came"},
		string(inventory.Unproven):    {station.Hands, "question", "unproven"},
		"":                            {station.Busy, "ring", "no outcome"},
	},
	"seal": {
		string(inventory.Sealed):    {station.Good, "lock", "sealed"},
		string(inventory.SealVoid):  {station.Quiet, "minus", "void"},
		string(inventory.SealOpen):  {station.Busy, "lock", "released"},
		string(inventory.SealBurnt): {station.Quiet, "check", "destroyed"},
	},
	"incident": {
		string(inventory.IncidentUntrusted):  {station.Bad, "octagon", "not to be trusted"},
		string(inventory.IncidentLost):       {station.Bad, "question", "lost"},
		string(inventory.IncidentStolen):     {station.Bad, "warning", "stolen"},
		string(inventory.IncidentTampered):   {station.Bad, "box", "parcel tampered with"},
		string(inventory.IncidentDamaged):    {station.Hands, "cross", "damaged"},
		string(inventory.IncidentPINBlocked): {station.Hands, "lock", "PIN blocked"},
		string(inventory.IncidentFound):      {station.Busy, "search", "found"},
	},
	"recall": {
		string(inventory.RecallOpen):   {station.Busy, "back", "open"},
		string(inventory.RecallClosed): {station.Good, "check", "closed"},
	},
	"recalled": {
		string(inventory.RecallDue):        {station.Hands, "clock", "still out"},
		"desk":                             {station.Hands, "inbox", "to put aside"}, // still due, and nobody has it
		string(inventory.RecallReturned):   {station.Good, "check", "returned"},
		string(inventory.RecallWrittenOff): {station.Quiet, "minus", "written off"},
	},
	"tier": {
		string(inventory.Standard): {station.Quiet, "dot", "standard"},
		string(inventory.Elevated): {station.Busy, "shield", "elevated"},
		string(inventory.Critical): {station.Hands, "warning", "critical"},
	},
}

// wordFor finds the word of a value. A value without one is shown as it is, so that a page never hides a state.
func wordFor(kind string, value any) word {
	v := fmt.Sprint(value)
	if kind == "key" {
		return keyStateOf(inventory.KeyState(v)).word
	}
	if w, ok := words[kind][v]; ok {
		return w
	}
	return word{station.Quiet, "dot", v}
}

// keyWordFor is wordFor of a key, which a run may have in hand: then its state is about to change.
func keyWordFor(state inventory.KeyState, making bool) word {
	if making && state == inventory.Received {
		return word{station.Busy, "ring", "being made"}
	}
	return keyStateOf(state).word
}

// requisitionWord is wordFor of a requisition, which may be done but for the parcel.
func requisitionWord(r inventory.RequisitionRow) word {
	if r.Requisition.State == inventory.Fulfilling && r.AllMade() {
		return word{station.Good, "box", "all made, to pack"}
	}
	return wordFor("requisition", r.Requisition.State)
}

// toneIcons are the shapes of a tile's tones.
var toneIcons = map[station.Tone]string{
	station.Quiet: "port", station.Busy: "ring", station.Hands: "touch", station.Good: "check", station.Bad: "octagon",
}

// tileIcons are the shapes of what a tile says, where its tone's is not the best: whoever cannot tell colors apart, or
// stands too far off to read, sees what is wanted.
var tileIcons = map[string]string{
	"EMPTY": "port", "WAIT": "clock", "HOLD": "pause", "STOP": "stop", "STOPPED": "stop",
	"REPLUG": "plug", "PLUG IN AGAIN": "plug", "TOUCH": "touch", "HOLD TOUCH": "touch", "YOUR ANSWER?": "question", "NEEDS A YES": "question",
	"READY": "check", "STOCKED": "layers", "LEARNED": "check", "PRINTING": "paper", "CHANGED": "change", "OTHER MAKER": "change",
	"BAD KEY OR CABLE": "warning", "USB FAULT": "cable", "PUT ASIDE": "box", "LEFT ALONE": "minus", "LEFT IN": "minus",
}

// adviseIncident is the one next thing to do about an incident, or what became of it.
func (t texts) adviseIncident(lang string, r inventory.IncidentRow) string {
	switch {
	case r.Incident.ClosedAt != nil:
		return r.Incident.Outcome
	case r.Recall != "":
		return t.of(lang, "incident.todo.", "wait")
	}
	return t.of(lang, "incident.todo.", r.Incident.Kind)
}

// took says how long something took, with as many digits as a person can use.
func took(ms int64) string {
	switch d := time.Duration(ms) * time.Millisecond; {
	case ms < 1000:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

// ago says how long ago something was, in one unit.
func ago(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{365 * 24 * time.Hour, "year"}, {30 * 24 * time.Hour, "month"}, {24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / u.of); n == 1 {
			return "1 " + u.name + " ago"
		} else if n > 1 {
			return fmt.Sprintf("%d %ss ago", n, u.name)
		}
	}
	return "just now"
}

// clock writes elapsed seconds as a stopwatch does.
func clock(seconds int64) string {
	if seconds < 3600 {
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// shortened keeps both ends of a long identifier.
func shortened(s string) string {
	if len(s) <= 20 {
		return s
	}
	return s[:10] + "…" + s[len(s)-6:]
}

// plural gives "1 key" or "3 keys".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// sentenceCase gives text a capital letter.
func sentenceCase(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
