package web

import (
	"context"
	"fmt"
	"net/http"

	"keystation/inventory"
	"keystation/station"
)

// overviewBooks is what the way in needs to know.
type overviewBooks interface {
	// Overview counts keys and requisitions by state.
	Overview(ctx context.Context) (inventory.Overview, error)
}

// overviewPage is the beginning of a day.
type overviewPage struct {
	inventory.Overview
	Next    nextThing
	Counts  []stateCount
	Open    []inventory.RequisitionRow // that somebody waits for
	Made    []inventory.KeyRow         // changed last
	Strip   strip
	Total   int
	Waiting int // requisitions without a decision
	Rework  int // keys to take up again, as far as they are listed
	More    int // that are open and not among those shown

	Grounds  grounds
	Affected []inventory.AffectedRow // who holds keys that are not to be trusted, as far as they are listed
	Late     bool                    // a recall is open whose deadline has passed
}

// nextThing is the one thing to do next.
type nextThing struct {
	Tone           station.Tone
	Text           string
	Path, LinkText string
}

// stateCount is how many keys are in a state.
type stateCount struct {
	State inventory.KeyState
	N     int
	Here  bool // the page shows these
}

const overviewRows = 6

// home sends each where they most likely want to go.
func (s *Site) home(c Ctx) error {
	v, door := visitor(c), doorOf(c)
	switch {
	case desk.at(door) && v.may(operators) && s.Demo:
		return c.Redirect(http.StatusFound, "/bench")
	case desk.at(door) && v.may(readers):
		return s.overview(c)
	}
	return c.Redirect(http.StatusFound, "/my")
}

func (s *Site) overview(c Ctx) error {
	ctx := c.Request().Context()
	all, err := s.Books.Overview(ctx)
	if err != nil {
		return fmt.Errorf("read overview: %w", err)
	}
	sum, err := s.strip(ctx, s.Feed.Snapshot())
	if err != nil {
		return err
	}
	open, err := s.openRequisitions(ctx)
	if err != nil {
		return err
	}
	keys, err := s.Books.KeyList(ctx, inventory.KeyQuery{Limit: overviewRows})
	if err != nil {
		return fmt.Errorf("list keys: %w", err)
	}
	again, err := s.Books.Rework(ctx, reworkRows)
	if err != nil {
		return fmt.Errorf("list keys to look at again: %w", err)
	}
	page := overviewPage{Overview: all, Late: all.RecallDue != nil && s.Now().After(*all.RecallDue), Rework: len(again), Next: s.texts.next(all, sum, len(again)), Counts: countStates(all.Keys, ""), Open: open, Made: keys.Rows, Strip: sum}
	if err := s.overviewTrust(ctx, &page); err != nil {
		return err
	}
	for _, n := range all.Keys {
		page.Total += n
	}
	page.Waiting = all.Requisitions[inventory.Submitted]
	for _, st := range openStates {
		page.More += all.Requisitions[st]
	}
	page.More = max(0, page.More-len(open))
	return s.render(c, http.StatusOK, "overview", frame{Title: s.text(c, "title.overview"), Here: "/overview"}, page)
}

// overviewTrust reads what speaks against keys.
func (s *Site) overviewTrust(ctx context.Context, page *overviewPage) error {
	var err error
	if page.Grounds, err = s.grounds(ctx); err != nil {
		return err
	}
	held, err := s.Books.Affected(ctx, inventory.AffectedQuery{Limit: overviewRows})
	if err != nil {
		return fmt.Errorf("list affected keys: %w", err)
	}
	page.Affected = held.Rows
	return nil
}

// openStates are those in which somebody waits for keys.
var openStates = []inventory.RequisitionState{inventory.Submitted, inventory.Approved, inventory.Fulfilling}

// openRequisitions lists those that somebody waits for: first what a person has to approve, then what has keys to be
// made, and at the end what is only to be packed.
func (s *Site) openRequisitions(ctx context.Context) ([]inventory.RequisitionRow, error) {
	var out, made []inventory.RequisitionRow
	for _, state := range openStates {
		page, err := s.Books.RequisitionList(ctx, inventory.RequisitionQuery{State: state, Limit: pageRows})
		if err != nil {
			return nil, fmt.Errorf("list requisitions: %w", err)
		}
		for _, r := range page.Rows {
			if r.AllMade() {
				made = append(made, r)
				continue
			}
			out = append(out, r)
		}
	}
	out = append(out, made...)
	return out[:min(len(out), overviewRows)], nil
}

// next chooses what a person should do now: what blocks others comes first.
func (t texts) next(all inventory.Overview, sum strip, again int) nextThing {
	for _, n := range []struct {
		count int
		tone  station.Tone
		what  string
		path  string
		do    string
	}{
		{sum.Waiting, station.Hands, "hands", "/bench", "go.bench"},
		{all.Incidents, station.Bad, "incidents", "/incidents", "go.what"},
		{again, station.Bad, "rework", "/rework", "go.what"},
		{all.OpenLines, station.Busy, "lines", "/bench", "go.bench"},
		{all.Requisitions[inventory.Submitted], station.Hands, "approve", "/requisitions?state=submitted", "go.read"},
		{all.Keys[inventory.Ready], station.Good, "pack", "/keys?state=ready", "go.which"},
	} {
		if n.count > 0 {
			text, _ := t.counted(english, "todo."+n.what, n.count) // a test knows that each is there
			return nextThing{n.tone, text, n.path, t.of(english, "todo.", n.do)}
		}
	}
	return nextThing{station.Quiet, t.of(english, "todo.", "nothing"), "/requisitions", t.of(english, "todo.", "go.all")}
}

// countStates lists the states that have keys, in the order of a key's life, and the chosen one even when empty.
func countStates(counts map[inventory.KeyState]int, here inventory.KeyState) []stateCount {
	var out []stateCount
	for _, st := range keyStates {
		if n := counts[st.state]; n > 0 || st.state == here {
			out = append(out, stateCount{st.state, n, st.state == here})
		}
	}
	return out
}

// health answers monitors: ok when the books can be read.
func (s *Site) health(c Ctx) error {
	if _, err := s.Books.LedgerHead(c.Request().Context()); err != nil {
		s.Log.Error("health", "err", err)
		return c.String(http.StatusServiceUnavailable, "the books cannot be read\n")
	}
	return c.String(http.StatusOK, "ok\n")
}
