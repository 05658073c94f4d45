package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"keystation/inventory"
	"keystation/station"
)

// scanAnswer is what a scan came to. Which port is chosen is kept by the page and sent along with the next scan, so that
// two people at two screens do not choose for each other.
type scanAnswer struct {
	Say    string `json:"say"`   // for whoever holds the scanner
	OK     bool   `json:"ok"`    // else nothing was done
	Port   string `json:"port"`  // chosen from now on; empty: none
	Tile   string `json:"tile"`  // the id of its tile on the page
	Label  string `json:"label"` // what it is called
	Page   string `json:"page"`  // where to read on; empty: nowhere
	status int    // of the answer
}

// scan reads a code that was scanned or typed and does what it says. The answer is drawn at once instead of after a
// redirect: it may name what was scanned, and that belongs in no address. A key's one-time password reaches neither the
// answer nor the log: its [inventory.Scan] has no text.
func (s *Site) scan(c Ctx) error {
	if err := c.Request().ParseForm(); err != nil {
		return &inventory.Error{Kind: inventory.Invalid, Msg: "The code cannot be read: scan it again."}
	}
	port := c.FormValue("port")
	answer, err := s.scanned(c.Request().Context(), visitor(c).Actor, inventory.ReadScan(c.FormValue("code")), port)
	if err != nil {
		if inventory.KindOf(err) == inventory.Internal {
			return err
		}
		status, sentence := s.verdict(err, c)
		answer = scanAnswer{Say: sentence, Port: port, status: status} // the port stays chosen
	}
	s.bell.ring()
	s.name(&answer)
	if wantsJSON(c.Request()) {
		return c.JSON(answer.status, answer)
	}
	form := scanForm{scanAnswer: answer, Sheet: s.CommandSheet != nil, Focus: true}
	return s.render(c, answer.status, "scan", frame{Title: s.text(c, "title.scan"), Here: "/bench"}, form)
}

// name says of the chosen port where it is on the page. One that the bench does not show any more is not chosen.
func (s *Site) name(a *scanAnswer) {
	t, ok := s.Feed.Tile(a.Port)
	if !ok {
		a.Port = ""
		return
	}
	v := s.tileView(t)
	a.Tile, a.Label = v.ID, v.Name()
}

// scanForm is the field for a code, with what the last one came to.
type scanForm struct {
	scanAnswer
	Sheet bool // the command sheet can be had
	Focus bool // the page is about nothing else
}

// emptyScanForm is the field on the bench.
func (s *Site) emptyScanForm() scanForm { return scanForm{Sheet: s.CommandSheet != nil} }

// scanned does what a scan says, in the name of by. port is the chosen one, empty for none.
func (s *Site) scanned(ctx context.Context, by inventory.Actor, scan inventory.Scan, port string) (scanAnswer, error) {
	say := scanAnswer{OK: true, status: http.StatusOK}
	switch scan.Kind {
	case inventory.ScanTag:
		return s.scannedTag(ctx, scan.Tag)
	case inventory.ScanPort:
		return s.scannedPort(scan.Port)
	case inventory.ScanCommand:
		return s.scannedCommand(ctx, by, scan.Command, port)
	case inventory.ScanRequisition:
		say.Say, say.Page = scan.Number+" is the number of a requisition.", "/requisitions/"+scan.Number
	case inventory.ScanParcel:
		say.Say, say.Page = "That is parcel "+scan.Number+".", "/keys?q="+scan.Number
	case inventory.ScanOTP:
		return say, inventory.Refuse(inventory.Invalid, "That was a key's one-time password, not a barcode: it is dropped and kept nowhere.")
	case inventory.ScanUnclear:
		return say, inventory.Refuse(inventory.Invalid, "This code can be read in two ways, because scanner and computer have different keyboards: scan it again, or type it. Then set the scanner to the computer's keyboard.")
	case inventory.ScanUnknown:
		return s.scannedSerial(ctx, by, scan.Text, port)
	default:
		return say, inventory.Refuse(inventory.Invalid, "The bench has no such code: scan the label of a key, a parcel, or the command sheet.")
	}
	say.Port = port
	return say, nil
}

// scannedTag chooses the port that shows the key, or says where the key is.
func (s *Site) scannedTag(ctx context.Context, tag inventory.AssetTag) (scanAnswer, error) {
	tiles := s.Feed.Snapshot().Tiles
	for _, plugged := range []bool{true, false} { // a port from which it was pulled shows it too
		for _, t := range tiles {
			if t.Tag == string(tag) && t.Plugged == plugged {
				return s.chosen(t, "Key "+string(tag)), nil
			}
		}
	}
	d, err := s.Books.KeyDossier(ctx, tag)
	if err != nil {
		return scanAnswer{}, fmt.Errorf("find scanned key: %w", err)
	}
	where := fmt.Sprintf("Key %s is not on the bench. It is %s.", tag, d.Key.State)
	return scanAnswer{Say: where, OK: true, Page: "/keys/" + string(tag), status: http.StatusOK}, nil
}

// scannedPort chooses the port with this place on the learned hub; without one the ports are counted as they stand.
func (s *Site) scannedPort(place int) (scanAnswer, error) {
	tiles := s.Feed.Snapshot().Tiles
	learned := slices.ContainsFunc(tiles, func(t station.Tile) bool { return t.Place > 0 })
	for i, t := range tiles {
		if t.Place == place || !learned && i+1 == place {
			return s.chosen(t, "Port "+fmt.Sprint(place)), nil
		}
	}
	return scanAnswer{}, inventory.Refuse(inventory.NotFound, "The bench has no port %d now: it has %d.", place, len(tiles))
}

// scannedSerial takes a code that is none of ours, scanned after a port was chosen, as the serial number on the maker's
// label of the key there. It is not repeated: it could be something else.
func (s *Site) scannedSerial(ctx context.Context, by inventory.Actor, text, port string) (scanAnswer, error) {
	t, shown := s.Feed.Tile(port)
	if _, err := inventory.LabelSerial(text); err != nil || port == "" || !shown || s.Bench == nil {
		return scanAnswer{}, inventory.Refuse(inventory.Invalid, "The bench has no such code: scan the label of a key, a parcel, or the command sheet. For the serial number on a maker's label, scan the port first.")
	}
	if err := s.Bench.Labeled(ctx, by, port, text); err != nil {
		return scanAnswer{}, fmt.Errorf("take label: %w", err)
	}
	return scanAnswer{Say: "The serial number on the label at " + s.tileView(t).Name() + " is taken, and is held against what the key says.", OK: true, status: http.StatusOK}, nil
}

func (s *Site) chosen(t station.Tile, what string) scanAnswer {
	name := s.tileView(t).Name()
	if what != name {
		what += ", " + name + ","
	}
	return scanAnswer{Say: what + " is chosen. Scan what to do.", OK: true, Port: t.Port, status: http.StatusOK}
}

// command is how a command of the sheet is carried out.
type command struct {
	act   func(Bench, context.Context, inventory.Actor, string) error
	done  string              // %s is the port
	whole string              // without a port it is for the whole bench, and this is said; empty: it needs a port
	only  func(tileView) bool // without a port it is for the one tile that it can be for
}

// commands are those of the sheet.
var commands = map[inventory.Command]command{
	inventory.CommandHold:    {act: hold(true), done: "%s is held.", whole: "The whole bench is held. Scan RELEASE to go on."},
	inventory.CommandRelease: {act: hold(false), done: "%s goes on.", whole: "The whole bench goes on."},
	inventory.CommandRetry:   {act: unsigned(Bench.Retry), done: "%s begins anew.", only: tileView.CanRetry},
	inventory.CommandStop:    {act: unsigned(Bench.Cancel), done: "%s stops at the next safe point.", only: tileView.CanCancel},
	inventory.CommandPrint:   {act: unsigned(Bench.PrintLabel), done: "The label of %s is printed.", only: func(t tileView) bool { return t.Prints != "" }},
	inventory.CommandBlink:   {act: unsigned(Bench.Wink), done: "The key at %s blinks.", only: tileView.CanBlink},
	inventory.CommandEnd:     {act: endMaking, whole: "The making session is over. Every new key asks again."},
	inventory.CommandBench:   {act: nothing, whole: "No port is chosen. Commands are for the whole bench."},
}

// unsigned is a command of which nobody writes down who gave it.
func unsigned(act func(Bench, context.Context, string) error) func(Bench, context.Context, inventory.Actor, string) error {
	return func(b Bench, ctx context.Context, _ inventory.Actor, port string) error { return act(b, ctx, port) }
}

func hold(on bool) func(Bench, context.Context, inventory.Actor, string) error {
	return unsigned(func(b Bench, ctx context.Context, port string) error { return b.Hold(ctx, port, on) })
}

func endMaking(b Bench, ctx context.Context, by inventory.Actor, _ string) error {
	return b.End(ctx, by)
}

func nothing(Bench, context.Context, inventory.Actor, string) error { return nil }

// scannedCommand carries a command out at the chosen port, which is chosen no more afterwards: the next command must not
// hit a port that somebody chose long ago.
func (s *Site) scannedCommand(ctx context.Context, by inventory.Actor, name inventory.Command, port string) (scanAnswer, error) {
	if s.Bench == nil {
		return scanAnswer{}, inventory.Refuse(inventory.Unavailable, "This page only watches the bench: use the program that runs it.")
	}
	how, ok := commands[name]
	if !ok {
		return scanAnswer{}, inventory.Refuse(inventory.Unavailable, "This page cannot do %s: use the button.", name)
	}
	if how.done == "" {
		port = "" // for the bench only
	}
	target, err := s.target(name, how, port)
	if err != nil {
		return scanAnswer{}, err
	}
	if err := how.act(s.Bench, ctx, by, target.Port); err != nil {
		return scanAnswer{}, fmt.Errorf("carry out %s: %w", name, err)
	}
	say := how.whole
	if target.Port != "" {
		say = fmt.Sprintf(how.done, target.Name())
	}
	return scanAnswer{Say: say, OK: true, status: http.StatusOK}, nil
}

// target finds the tile that a command is for; one without a port stands for the whole bench.
func (s *Site) target(name inventory.Command, how command, port string) (tileView, error) {
	if port != "" {
		t, ok := s.Feed.Tile(port)
		if !ok {
			return tileView{}, inventory.Refuse(inventory.NotFound, "The bench does not show the chosen port any more: choose again.")
		}
		return s.tileView(t), nil
	}
	if how.whole != "" {
		return tileView{}, nil
	}
	var fit []tileView
	for _, v := range s.tileViews(s.Feed.Snapshot()) {
		if how.only(v) {
			fit = append(fit, v)
		}
	}
	if len(fit) == 1 {
		return fit[0], nil
	}
	return tileView{}, inventory.Refuse(inventory.Conflict, "%s", choose(name, fit))
}

// choose says which ports a command could be for.
func choose(name inventory.Command, fit []tileView) string {
	if len(fit) == 0 {
		return fmt.Sprintf("There is nothing to %s: no port can use it now.", strings.ToLower(string(name)))
	}
	names := make([]string, len(fit))
	for i, v := range fit {
		names[i] = v.Name()
	}
	return fmt.Sprintf("%s is for one port: scan its code or its key first. It could be %s.", name, strings.Join(names, ", "))
}

// commandSheet sends the codes to print and hang up beside the bench.
func (s *Site) commandSheet(c Ctx) error {
	if s.CommandSheet == nil {
		return inventory.Refuse(inventory.Unavailable, "This program prints no command sheet: use the one that runs the bench.")
	}
	pdf, err := s.CommandSheet()
	if err != nil {
		return fmt.Errorf("draw command sheet: %w", err)
	}
	c.Response().Header().Set("Content-Disposition", `inline; filename="commands.pdf"`)
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}
