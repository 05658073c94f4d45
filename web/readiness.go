package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"keystation/inventory"
)

// readinessBooks is what the page about the readiness table reads and does.
type readinessBooks interface {
	// Readiness gives the table in force.
	Readiness(ctx context.Context) (inventory.Readiness, error)
	// ReadinessHistory lists its versions, the newest first.
	ReadinessHistory(ctx context.Context) ([]inventory.Readiness, error)
	// ChangeReadiness puts a table in force, as the answer to the version that was seen.
	ChangeReadiness(ctx context.Context, by inventory.Actor, r inventory.Readiness, seen int64) error
}

// readinessPage is the table with its versions.
type readinessPage struct {
	Table   inventory.Readiness
	Seen    int64 // the version that a change is an answer to
	Kinds   []inventory.ReadinessKind
	Uses    []inventory.AuthenticatorUse
	Blank   []int // places of the rows that can be added
	History []readinessChange
	Can     bool
	Wrong   string
}

// readinessChange is a version with what it added and took away.
type readinessChange struct {
	inventory.Readiness
	Added, Gone []inventory.ReadinessRow
}

// blankRows are how many rows can be added at once.
const blankRows = 3

func (s *Site) readiness(c Ctx) error {
	table, err := s.Books.Readiness(c.Request().Context())
	if err != nil {
		return fmt.Errorf("read readiness table: %w", err)
	}
	return s.drawReadiness(c, http.StatusOK, table, table.Version, "")
}

func (s *Site) drawReadiness(c Ctx, status int, table inventory.Readiness, seen int64, wrong string) error {
	history, err := s.Books.ReadinessHistory(c.Request().Context())
	if err != nil {
		return fmt.Errorf("read readiness history: %w", err)
	}
	page := readinessPage{Table: table, Seen: seen, Kinds: inventory.ReadinessKinds, History: changes(history), Can: visitor(c).may(admins), Wrong: wrong,
		Uses: []inventory.AuthenticatorUse{inventory.AuthenticatorNever, inventory.AuthenticatorOnMac, inventory.AuthenticatorAlways}}
	for i := range blankRows {
		page.Blank = append(page.Blank, len(table.Rows)+i)
	}
	return s.render(c, status, "readiness", frame{Title: s.text(c, "title.readiness"), Here: "/requisitions"}, page)
}

// changes lists versions with what each made of the one before; the first is measured against the table that comes with the
// program.
func changes(history []inventory.Readiness) []readinessChange {
	var all []readinessChange
	for i, r := range history {
		before := inventory.DefaultReadiness()
		if i+1 < len(history) {
			before = history[i+1]
		}
		change := readinessChange{Readiness: r}
		for _, row := range r.Rows {
			if !slices.Contains(before.Rows, row) {
				change.Added = append(change.Added, row)
			}
		}
		for _, row := range before.Rows {
			if !slices.Contains(r.Rows, row) {
				change.Gone = append(change.Gone, row)
			}
		}
		all = append(all, change)
	}
	return all
}

// changeReadiness takes the table as it was edited. One that is refused comes back as it was sent.
func (s *Site) changeReadiness(c Ctx) error {
	table, seen, err := editedReadiness(c)
	if err != nil {
		return err
	}
	err = s.Books.ChangeReadiness(c.Request().Context(), visitor(c).Actor, table, seen)
	if inventory.KindOf(err) == inventory.Invalid || inventory.KindOf(err) == inventory.Conflict {
		return s.drawReadiness(c, statuses[inventory.KindOf(err)], table, seen, inventory.Sentence(err))
	}
	if err != nil {
		return fmt.Errorf("change readiness table: %w", err)
	}
	return seeOther(c, "/readiness")
}

// editedReadiness reads the rows of the form: one whose name was emptied is left out.
func editedReadiness(c Ctx) (inventory.Readiness, int64, error) {
	v := formValues(c)
	seen, err := strconv.ParseInt(v.Get("version"), 10, 64)
	if err != nil {
		return inventory.Readiness{}, 0, inventory.Refuse(inventory.Invalid, "The form names no version of the table: open the page again.")
	}
	table := inventory.Readiness{Authenticator: inventory.AuthenticatorUse(v.Get("authenticator")), Rows: []inventory.ReadinessRow{}}
	for i := 0; v.Has("name-" + strconv.Itoa(i)); i++ {
		at := func(field string) string { return trimmed(v, field+"-"+strconv.Itoa(i)) }
		if at("name") == "" {
			continue
		}
		table.Rows = append(table.Rows, inventory.ReadinessRow{Kind: inventory.ReadinessKind(at("kind")), Name: at("name"), Min: at("min"),
			Authenticator: at("auth") == "yes", Key: at("key") == "yes", Source: at("source")})
	}
	return table, seen, nil
}
