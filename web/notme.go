package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"keystation/inventory"
)

// holdBooks is what the pages about what stands still read and do.
type holdBooks interface {
	// Denial gives what a link is about that says "this was not me"; NotFound when there is none.
	Denial(ctx context.Context, token string) (inventory.Denial, error)
	// Deny puts the person of a link on hold.
	Deny(ctx context.Context, token string) error
	// HeldPeople lists who is on hold.
	HeldPeople(ctx context.Context) ([]inventory.Person, error)
	// ReleasePerson lets things in somebody's name go on.
	ReleasePerson(ctx context.Context, by inventory.Actor, id inventory.PersonID, why string) error
	// LettersWaiting tells how the mail goes.
	LettersWaiting(ctx context.Context) (inventory.OutboxState, error)
	// WantsDigest tells if somebody gets one mail a day about what waits for them.
	WantsDigest(ctx context.Context, id inventory.PersonID) (bool, error)
	// ChooseDigest notes which of the two they want.
	ChooseDigest(ctx context.Context, by inventory.Actor, digest bool) error
}

// notMePage is what somebody sees who was told of something in their name.
type notMePage struct {
	What string
	Path string // of the form
	Done bool
	Old  bool // the link does not work any more
}

// notMe shows what a link is about. Looking at it does nothing: mail scanners look too.
func (s *Site) notMe(c Ctx) error {
	d, err := s.denial(c)
	if err != nil {
		return err
	}
	page := notMePage{What: s.text(c, "notme.what."+string(d.Kind)), Path: "/not-me/" + url.PathEscape(c.Param("token")), Done: d.UsedAt != nil}
	page.Old = !page.Done && d.Use(s.Now()) != nil
	return s.render(c, http.StatusOK, "notme", frame{Title: s.text(c, "notme.title")}, page)
}

func (s *Site) denial(c Ctx) (inventory.Denial, error) {
	if err := s.limited(c, ""); err != nil {
		return inventory.Denial{}, err
	}
	d, err := s.Books.Denial(c.Request().Context(), c.Param("token"))
	if err != nil {
		return d, fmt.Errorf("read link: %w", err)
	}
	return d, nil
}

// deny stops everything in the name of whoever holds the link.
func (s *Site) deny(c Ctx) error {
	if _, err := s.denial(c); err != nil {
		return err
	}
	if err := s.Books.Deny(c.Request().Context(), c.Param("token")); err != nil {
		return fmt.Errorf("deny: %w", err)
	}
	s.bell.ring()
	return seeOther(c, "/not-me/"+url.PathEscape(c.Param("token")))
}

// heldPage is what stands still, and how the mail goes.
type heldPage struct {
	People []inventory.Person
	Can    bool
	Mail   inventory.OutboxState
	Late   bool // mail waits for longer than a server is usually away
}

// mailLate is how long a letter may wait before the desk is told.
const mailLate = 10 * time.Minute

func (s *Site) held(c Ctx) error {
	ctx := c.Request().Context()
	page := heldPage{Can: visitor(c).may(helpers)}
	var err error
	if page.People, err = s.Books.HeldPeople(ctx); err != nil {
		return fmt.Errorf("list who is on hold: %w", err)
	}
	if page.Mail, err = s.Books.LettersWaiting(ctx); err != nil {
		return fmt.Errorf("look at the mail: %w", err)
	}
	page.Late = page.Mail.Since != nil && s.Now().Sub(*page.Mail.Since) > mailLate
	return s.render(c, http.StatusOK, "held", frame{Title: s.text(c, "title.on-hold"), Here: "/people"}, page)
}

// releasePerson lets things in somebody's name go on, once it was found out what happened.
func (s *Site) releasePerson(c Ctx) error {
	r := c.Request()
	if err := s.Books.ReleasePerson(r.Context(), visitor(c).Actor, inventory.PersonID(c.Param("id")), r.PostFormValue("reason")); err != nil {
		return fmt.Errorf("release person: %w", err)
	}
	s.bell.ring()
	return seeOther(c, "/held")
}

// mailPage lets somebody choose how they are told of what waits for them.
type mailPage struct{ Digest group }

func (s *Site) mailChoice(c Ctx) error {
	on, err := s.Books.WantsDigest(c.Request().Context(), visitor(c).Person)
	if err != nil {
		return fmt.Errorf("read choice of mail: %w", err)
	}
	g := group{ID: "digest", Legend: s.text(c, "mail.digest")}
	g = g.and(option{Name: "digest", Value: "no", Label: s.text(c, "mail.each"), On: !on}, option{Name: "digest", Value: "yes", Label: s.text(c, "mail.daily"), On: on})
	return s.render(c, http.StatusOK, "mail", frame{Title: s.text(c, "mail.title"), Here: "/account"}, mailPage{g})
}

func (s *Site) chooseMail(c Ctx) error {
	if err := s.Books.ChooseDigest(c.Request().Context(), visitor(c).Actor, c.Request().PostFormValue("digest") == "yes"); err != nil {
		return fmt.Errorf("choose mail: %w", err)
	}
	return seeOther(c, "/account/mail")
}
