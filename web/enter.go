package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keystation/inventory"
)

// permission says who may come in. What somebody may do to one thing (their own requisition, a case that is theirs to
// decide) is for the rule to say, which is told who acts.
type permission string

const (
	anybody   permission = "anybody"   // no sign-in
	people    permission = "people"    // everyone who is signed in
	owners    permission = "owners"    // everyone who is signed in: the books show them what is theirs, and know nothing of the rest
	approvers permission = "approvers" // everyone who is signed in: the books show them what is theirs to decide
	readers   permission = "readers"   // operator, help desk, auditor, admin: everything but addresses
	operators permission = "operators" // operator, admin: the bench and what goes into a parcel
	helpers   permission = "helpers"   // help desk, admin: people in trouble
	admins    permission = "admins"    // who may do what, and what is asked
)

// holders are the roles that a permission asks for; none: it asks for no role.
var holders = map[permission][]inventory.Role{
	readers:   {inventory.Operator, inventory.HelpDesk, inventory.Auditor, inventory.Admin},
	operators: {inventory.Operator, inventory.Admin},
	helpers:   {inventory.HelpDesk, inventory.Admin},
	admins:    {inventory.Admin},
}

// surface says at which door a route is: the desk's listener, the people's, or both.
type surface string

const (
	desk surface = "desk"
	folk surface = "people"
	both surface = "both"
)

// at tells if a route of surface a is behind the door d.
func (a surface) at(d surface) bool { return a == d || a == both || d == both }

// provedFor is how long a dangerous act trusts that the person is still the one who signed in.
const provedFor = 5 * time.Minute

// enter lets the visitor of a request in, or says why not. When it answered by itself it gives false without an error.
func (s *Site) enter(c Ctx, r route) (bool, error) {
	v, known := s.who(c.Request())
	if known {
		c.Set(visitorKey, v)
	}
	switch {
	case r.permission == anybody:
		return true, nil
	case !known:
		return false, s.askIn(c)
	case !v.may(r.permission):
		s.refused(c, v.Actor, r.method+" "+r.path)
		return false, inventory.Refuse(inventory.Forbidden, "%s may not come in here: it is for %s. Ask an admin for the role if you need it.", v.Name, roleList(holders[r.permission]))
	}
	return true, nil
}

// again is a dangerous act: whoever does it shows once more who they are, unless they just did.
func again(act func(*Site, Ctx) error) func(*Site, Ctx) error {
	return func(s *Site, c Ctx) error {
		if s.Now().Sub(visitor(c).Proved) > provedFor {
			return s.askAgain(c)
		}
		return act(s, c)
	}
}

// may tells if v has what the permission asks for.
func (v Visitor) may(p permission) bool {
	roles, restricted := holders[p]
	return !restricted || v.Has(roles...)
}

// askIn sends somebody who is not signed in to the door, and notes where they wanted to go. A form that was sent is not
// kept: it may have been typed by somebody else.
func (s *Site) askIn(c Ctx) error {
	if c.Request().Method == http.MethodGet && !wantsJSON(c.Request()) {
		return c.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape(c.Request().URL.RequestURI()))
	}
	return &inventory.Error{Kind: inventory.Forbidden, Msg: "Nobody is signed in here any more: sign in, then do that again.", Err: errSignedOut}
}

// askAgain lets somebody show once more who they are before a dangerous act, and comes back to the page with its button.
func (s *Site) askAgain(c Ctx) error {
	next := c.Request().URL.RequestURI()
	if c.Request().Method != http.MethodGet {
		next = backHere(c.Request())
	}
	return c.Redirect(http.StatusSeeOther, "/signin/again?next="+url.QueryEscape(next))
}

// backHere is the page of ours on which a form was, as the browser tells; else the beginning.
func backHere(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return u.RequestURI()
}

// refused tells the books that somebody wanted in where they may not.
func (s *Site) refused(c Ctx, by inventory.Actor, what string) {
	if s.Refused == nil {
		return
	}
	if err := s.Refused(c.Request().Context(), by, what); err != nil {
		s.Log.Error("note a refusal", "err", err)
	}
}

// claimantKey is where a request keeps who wants in, as far as that is known before they are.
const claimantKey = "claimant"

// atDoor is a way in: whoever is turned away there is noted, under their name where they have one. What they typed is not.
func atDoor(try func(*Site, Ctx) error) func(*Site, Ctx) error {
	return func(s *Site, c Ctx) error {
		err := try(s, c)
		if kind := inventory.KindOf(err); err == nil || kind != inventory.Forbidden && kind != inventory.NotFound {
			return err
		}
		by, known := c.Get(claimantKey).(inventory.Actor)
		if !known {
			by = inventory.Claimed("somebody who is not signed in")
		}
		why := inventory.Sentence(err)
		if _, often := errors.AsType[tooOften](err); often {
			why = "Too many tries." // without the seconds, which would make each another one
		}
		s.refused(c, by, c.Request().Method+" "+c.Path()+": "+why)
		return err
	}
}

func roleList(roles []inventory.Role) string {
	var words []string
	for _, r := range inventory.Roles {
		if slices.Contains(roles, r) {
			words = append(words, roleWords[r])
		}
	}
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " and " + words[last]
	}
	return strings.Join(words, "")
}

// roleWords name roles in a sentence.
var roleWords = map[inventory.Role]string{
	inventory.Approver: "approvers", inventory.Operator: "operators", inventory.HelpDesk: "the help desk",
	inventory.Auditor: "auditors", inventory.Admin: "admins",
}
