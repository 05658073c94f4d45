package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keystation/inventory"
)

// personBooks is what the directory's pages read and do.
type personBooks interface {
	// PersonList gives a page of people, by name.
	PersonList(ctx context.Context, q inventory.PersonQuery) (inventory.PersonPage, error)
	// PersonDossier gives all that is known about a person; NotFound when there is none.
	PersonDossier(ctx context.Context, id inventory.PersonID) (inventory.PersonDossier, error)
	// MergePeople makes one person of two.
	MergePeople(ctx context.Context, by inventory.Actor, second, into inventory.PersonID) error
	// UndoMerge makes two of them again, as long as nothing happened since.
	UndoMerge(ctx context.Context, by inventory.Actor, id inventory.MergeID) error
	// DetachIdentity says that an account at the identity provider is a person's no more.
	DetachIdentity(ctx context.Context, by inventory.Actor, of inventory.PersonID, id inventory.IdentityID) error
	// HoldPerson puts somebody on hold.
	HoldPerson(ctx context.Context, by inventory.Actor, id inventory.PersonID, why string) error
}

// peoplePage is a page of the directory.
type peoplePage struct {
	inventory.PersonPage
	Query       inventory.PersonQuery
	Filters     []personFilter
	First, More string
	Can         bool // bring people in
}

// personFilter is a choice above the list.
type personFilter struct {
	Name, Path string
	On         bool
}

var filterNames = map[inventory.PersonFilter]string{
	inventory.OnlyLeft: "Have left", inventory.OnlyHeld: "On hold", inventory.OnlyUnmanaged: "Without a manager",
}

func (s *Site) people(c Ctx) error {
	q := inventory.PersonQuery{Text: c.QueryParam("q"), Tier: inventory.Tier(c.QueryParam("tier")), Department: c.QueryParam("department"),
		Only: inventory.PersonFilter(c.QueryParam("only")), After: c.QueryParam("after"), Limit: pageRows}
	rows, err := s.Books.PersonList(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	page := peoplePage{PersonPage: rows, Query: q, Filters: personFilters(q), Can: visitor(c).may(admins)}
	page.First, page.More = pageLinks("/people", personValues(q), q.After, rows.Next)
	return s.render(c, http.StatusOK, "people", frame{Title: s.text(c, "title.people"), Here: "/people"}, page)
}

// personValues are what a link to the list with the same choices holds.
func personValues(q inventory.PersonQuery) url.Values {
	return url.Values{"q": {q.Text}, "tier": {string(q.Tier)}, "department": {q.Department}, "only": {string(q.Only)}}
}

// personFilters are the choices that a page of the list offers beside the one that it shows.
func personFilters(q inventory.PersonQuery) []personFilter {
	offer := func(name string, other inventory.PersonQuery) personFilter {
		path, _ := pageLinks("/people", personValues(other), "the first", "")
		return personFilter{name, path, other.Tier == q.Tier && other.Only == q.Only && other.Department == q.Department}
	}
	all := []personFilter{offer("All", inventory.PersonQuery{Text: q.Text})}
	for _, tier := range inventory.Tiers {
		all = append(all, offer(sentenceCase(string(tier)), inventory.PersonQuery{Text: q.Text, Tier: tier}))
	}
	for _, only := range inventory.PersonFilters {
		all = append(all, offer(filterNames[only], inventory.PersonQuery{Text: q.Text, Only: only}))
	}
	if q.Department != "" {
		all = append(all, offer(q.Department, q))
	}
	return all
}

// personPage is all about one person.
type personPage struct {
	inventory.PersonDossier
	Has, Lost, Had []inventory.KeyOf
	Can            bool // merge, give roles, invite
	Help           bool // put on hold
	Self           bool
	Roles          []inventory.Role // that could be given
	Second         string           // what was typed as another entry
	Wrong          string
}

func (s *Site) person(c Ctx) error {
	return s.drawPerson(c, http.StatusOK, personPage{})
}

func (s *Site) drawPerson(c Ctx, status int, page personPage) error {
	var err error
	if page.PersonDossier, err = s.Books.PersonDossier(c.Request().Context(), inventory.PersonID(c.Param("id"))); err != nil {
		return fmt.Errorf("read person: %w", err)
	}
	for _, k := range page.Keys {
		switch {
		case k.Key.State == inventory.Lost || k.Key.State == inventory.Stolen || k.Key.State == inventory.Damaged:
			page.Lost = append(page.Lost, k)
		case k.Until == nil:
			page.Has = append(page.Has, k)
		default:
			page.Had = append(page.Had, k)
		}
	}
	v := visitor(c)
	page.Can, page.Help, page.Self = v.may(admins), v.may(helpers), v.Person == page.Person.ID
	page.Roles = rolesLeft(page.Grants)
	return s.render(c, status, "person", frame{Title: page.Person.Name, Here: "/people"}, page)
}

// rolesLeft are the roles that an admin could give.
func rolesLeft(has []inventory.Grant) []inventory.Role {
	var left []inventory.Role
	given := map[inventory.Role]bool{}
	for _, g := range has {
		given[g.Role] = given[g.Role] || g.Until == nil && g.Source != inventory.GrantedByClaim
	}
	for _, r := range inventory.Roles {
		if !given[r] {
			left = append(left, r)
		}
	}
	return left
}

// mergePage is two entries that may be one person.
type mergePage struct {
	Into, Second inventory.PersonDossier
}

// askMerge shows both entries side by side before they become one.
func (s *Site) askMerge(c Ctx) error {
	text := strings.TrimSpace(c.QueryParam("second"))
	p, err := s.Books.PersonByEmail(c.Request().Context(), text)
	if inventory.KindOf(err) == inventory.NotFound {
		return s.drawPerson(c, http.StatusNotFound, personPage{Second: text, Wrong: inventory.Sentence(err)})
	}
	if err != nil {
		return fmt.Errorf("look for the second entry: %w", err)
	}
	if string(p.ID) == c.Param("id") {
		return s.drawPerson(c, http.StatusBadRequest, personPage{Second: text, Wrong: "That is this very entry: give the e-mail address or external id of the other one."})
	}
	var page mergePage
	if page.Into, err = s.Books.PersonDossier(c.Request().Context(), inventory.PersonID(c.Param("id"))); err != nil {
		return fmt.Errorf("read person: %w", err)
	}
	if page.Second, err = s.Books.PersonDossier(c.Request().Context(), p.ID); err != nil {
		return fmt.Errorf("read the second entry: %w", err)
	}
	return s.render(c, http.StatusOK, "merge", frame{Title: s.text(c, "title.merge"), Here: "/people"}, page)
}

// onPerson is the shape of the buttons on a person's page: what a rule refuses is said there.
func onPerson(act func(s *Site, c Ctx, id inventory.PersonID, form url.Values) error) func(*Site, Ctx) error {
	return func(s *Site, c Ctx) error {
		err := act(s, c, inventory.PersonID(c.Param("id")), formValues(c))
		if status, known := statuses[inventory.KindOf(err)]; err != nil && known && status < http.StatusInternalServerError && status != http.StatusNotFound {
			return s.drawPerson(c, status, personPage{Wrong: inventory.Sentence(err)})
		}
		if err != nil {
			return err
		}
		return seeOther(c, "/people/"+url.PathEscape(c.Param("id")))
	}
}

func mergePeople(s *Site, c Ctx, id inventory.PersonID, form url.Values) error {
	if err := s.Books.MergePeople(c.Request().Context(), visitor(c).Actor, inventory.PersonID(form.Get("second")), id); err != nil {
		return fmt.Errorf("merge people: %w", err)
	}
	return nil
}

func undoMerge(s *Site, c Ctx, _ inventory.PersonID, form url.Values) error {
	if err := s.Books.UndoMerge(c.Request().Context(), visitor(c).Actor, inventory.MergeID(form.Get("merge"))); err != nil {
		return fmt.Errorf("undo merge: %w", err)
	}
	return nil
}

func detachIdentity(s *Site, c Ctx, id inventory.PersonID, form url.Values) error {
	if err := s.Books.DetachIdentity(c.Request().Context(), visitor(c).Actor, id, inventory.IdentityID(form.Get("identity"))); err != nil {
		return fmt.Errorf("detach account: %w", err)
	}
	return nil
}

func holdPerson(s *Site, c Ctx, id inventory.PersonID, form url.Values) error {
	if err := s.Books.HoldPerson(c.Request().Context(), visitor(c).Actor, id, trimmed(form, "why")); err != nil {
		return fmt.Errorf("hold person: %w", err)
	}
	return nil
}
