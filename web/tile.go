package web

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"keystation/station"
)

// tileView is a tile with what the page may do to it.
type tileView struct {
	station.Tile
	ID       string // for the page: letters, digits and dashes
	Elapsed  int64  // seconds since its last change
	Hands    bool   // software keys: plug, pull, touch
	Controls bool   // cancel, retry, answer and what else a bench does
	Packet   bool   // its key's packet can be had
	Sticker  bool   // the label that goes on its key can be had
	AllHeld  bool   // the whole bench is held: no port can be let go by itself
}

// tileViews are the tiles in the order in which the hub stands, then those that are not on it.
func (s *Site) tileViews(snap station.Snapshot) []tileView {
	views := make([]tileView, len(snap.Tiles))
	for i, t := range snap.Tiles {
		views[i] = s.tileView(t)
	}
	slices.SortStableFunc(views, func(a, b tileView) int { return cmp.Compare(a.rank(), b.rank()) })
	return views
}

func (t tileView) rank() int {
	if t.Place == 0 {
		return math.MaxInt
	}
	return t.Place
}

func (s *Site) tileView(t station.Tile) tileView {
	if t.Label == "" {
		t.Label = t.Port
	}
	v := tileView{Tile: t, ID: fmt.Sprintf("port-%x", t.Port), Hands: s.Hands != nil, Controls: s.Bench != nil}
	v.Sticker = s.Label != nil && t.Tone == station.Good && t.Tag != ""
	v.Packet = s.Packet != nil && t.Tone == station.Good && t.Tag != "" && t.For != ""
	if t.Held && !t.Running && t.Ask == "" && t.Tone == station.Hands { // plugged in again, nothing would begin
		v.Word, v.Tone = "HOLD", station.Quiet
	}
	v.AllHeld = t.Held && s.session().Held
	if !t.Since.IsZero() {
		v.Elapsed = max(0, int64(s.Now().Sub(t.Since).Seconds()))
	}
	return v
}

// portPath is the address of a port's own page.
func portPath(port string) string { return "/bench/port/" + url.PathEscape(port) }

// Path is the address of the port's own page.
func (t tileView) Path() string { return portPath(t.Port) }

// Name is what the tile is called where nobody sees it.
func (t tileView) Name() string {
	if strings.HasPrefix(strings.ToLower(t.Label), "port") {
		return t.Label
	}
	return "Port " + t.Label
}

// Short is the label as it stands in the corner: "Port 7" is 7 there.
func (t tileView) Short() string {
	if rest, ok := strings.CutPrefix(t.Label, "Port "); ok && rest != "" {
		return rest
	}
	return t.Label
}

// Icon is the shape of what the tile says: of its word, or else of its tone.
func (t tileView) Icon() string { return tileIcon(t.Word, t.Tone) }

func tileIcon(word string, tone station.Tone) string {
	if icon, ok := tileIcons[strings.ToUpper(word)]; ok {
		return icon
	}
	return toneIcons[tone]
}

// CanCancel tells if there is something to end at the port.
func (t tileView) CanCancel() bool {
	return t.Controls && t.Running
}

// CanRetry tells if the port may begin anew.
func (t tileView) CanRetry() bool {
	return t.Controls && t.Plugged && !t.Running && !t.Held && t.Tone != station.Good
}

// CanMakeAnew tells if the port has a ready key, which is made anew only when somebody asks for it.
func (t tileView) CanMakeAnew() bool {
	return t.Controls && t.Plugged && !t.Running && !t.Held && t.Word == "READY"
}

// CanBlink tells if the key at the port can be asked to blink: the run of one that is being made has it.
func (t tileView) CanBlink() bool { return t.Plugged && !t.Running }

// CanPin tells if a line may be chosen for the next key here.
func (t tileView) CanPin() bool { return t.Controls }

// Wants tells which of a software key's buttons stands out: the one that the tile's word asks for.
func (t tileView) Wants(act string) bool {
	return t.Tone == station.Hands && t.Ask == "" && strings.Contains(strings.ToLower(t.Word), act)
}

// Says is the sentence, without the question that stands beside it.
func (t tileView) Says() string {
	if t.Sentence == t.Ask {
		return ""
	}
	return t.Sentence
}

// action is a button that does something at a port.
type action struct {
	Path, Icon, Name string
	On               string // for what is switched on or off: yes or no
	Done             string // what is said when it went well and the tile does not show it
}

// actView is an action with the port it is for.
type actView struct {
	action
	Port, Where string
}

// First is the one action that stands on the tile itself: what most likely comes next. It has no name when there is
// none, or when the tile asks a question, which has buttons of its own.
func (t tileView) First() action {
	switch {
	case !t.Controls || t.Ask != "":
		return action{}
	case t.Held && !t.AllHeld:
		return t.letGo()
	case t.CanRetry():
		return action{Path: "/bench/retry", Icon: "retry", Name: "Try again"}
	}
	return action{}
}

func (t tileView) letGo() action {
	return action{Path: "/bench/hold", Icon: "play", Name: "Let go", On: "no"}
}

// Actions are all that can be done at the port, the one of [tileView.First] among them.
func (t tileView) Actions() []action {
	if !t.Controls {
		return nil
	}
	var out []action
	if t.CanCancel() {
		out = append(out, action{Path: "/bench/cancel", Icon: "close", Name: "Stop"})
	}
	if t.CanRetry() {
		out = append(out, action{Path: "/bench/retry", Icon: "retry", Name: "Try again"})
	}
	if t.CanMakeAnew() {
		out = append(out, action{Path: "/bench/retry", Icon: "retry", Name: "Make anew"})
	}
	switch {
	case t.AllHeld:
	case t.Held:
		out = append(out, t.letGo())
	default:
		out = append(out, action{Path: "/bench/hold", Icon: "pause", Name: "Hold", On: "yes"})
	}
	if t.CanBlink() {
		out = append(out, action{Path: "/bench/wink", Icon: "light", Name: "Blink", Done: t.Name() + ": the key was asked to blink."})
	}
	if t.Prints != "" {
		out = append(out, action{Path: "/bench/label", Icon: "label", Name: "Print label", Done: t.Name() + ": the label is printed."})
	}
	return out
}

// Fit says how many times its own height the word is wide, icon and all, when it stands in one line; the style sheet
// makes it as large as that lets it.
func (t tileView) Fit() int { return fitOf(ems(t.Word)) }

// Fit2 is the same for two lines.
func (t tileView) Fit2() int {
	words := strings.Fields(t.Word)
	best := ems(t.Word)
	for i := 1; i < len(words); i++ {
		best = min(best, max(ems(strings.Join(words[:i], " ")), ems(strings.Join(words[i:], " "))))
	}
	return fitOf(best)
}

// fitOf rounds up to what the style sheet knows.
func fitOf(width float64) int {
	const icon, least, most = 1.4, 4, 14
	return min(max(int(math.Ceil(width+icon)), least), most)
}

// ems estimates how wide bold text is, in heights.
func ems(text string) float64 {
	width := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("Iilj.,:;!' ", r):
			width += 0.38
		case strings.ContainsRune("MWmw", r):
			width += 0.98
		case unicode.IsUpper(r):
			width += 0.77
		default:
			width += 0.68
		}
	}
	return width
}
