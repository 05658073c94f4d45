package inventory

import (
	"slices"
	"time"
)

// Identity is who a person is to an identity provider: the subject that the issuer gave them, which is never given to somebody
// else (OpenID Connect Core §2). A mail address is none: it may be. A person has several where the provider gives each client
// a subject of its own (§8.1).
type Identity struct {
	ID         IdentityID `json:"id"`
	Person     PersonID   `json:"person"`
	Issuer     string     `json:"issuer"`
	Subject    string     `json:"subject"`
	CreatedAt  time.Time  `json:"created_at"`
	DetachedAt *time.Time `json:"detached_at,omitempty"` // nil: it is theirs
}

// Attach says that an account at the identity provider is p's, from now on.
func (i Identity) Attach(p Person, c Claims, at time.Time) (Identity, Event) {
	i.Person, i.Issuer, i.Subject, i.CreatedAt, i.DetachedAt = p.ID, c.Issuer, c.Subject, at, nil
	return i, i.event("person.identified")
}

// Detach says that it is theirs no more.
func (i Identity) Detach(at time.Time) (Identity, Event, error) {
	if i.DetachedAt != nil {
		return i, Event{}, Refuse(Conflict, "This account was detached already.")
	}
	i.DetachedAt = &at
	return i, i.event("person.detached"), nil
}

func (i Identity) event(action string) Event {
	return Event{Action: action, Subjects: []string{string(i.Person)}, Payload: i.Issuer}
}

// Session is a browser in which somebody is signed in. What it holds is the pages' own.
type Session struct {
	Hash string // of its token
	Data []byte
}

// Claims are what an identity provider says about somebody who signs in, as far as we use it. They were verified.
type Claims struct {
	Issuer, Subject string
	ExternalID      string // by which the directory may know them; empty: the provider does not say
	Email           string // empty: none that the provider vouches for
	Name            string
	Language        string // BCP 47
	Roles           []Role // that its claims stand for
	RolesKnown      bool   // the provider says something about roles: those that it does not name are withdrawn
	Enter           bool   // somebody whom the directory does not know is entered
}

// About refuses to take whoever signs in for p, whom the directory found. has tells if p has an account at that provider
// already. Whom their external id found, it is; a mail address alone may have been p's before it was given to whoever comes
// with it.
func (c Claims) About(p Person, has bool) error {
	if c.ExternalID != "" && c.ExternalID == p.ExternalID {
		return nil
	}
	if has || c.ExternalID != "" && p.ExternalID != "" {
		return Refuse(Forbidden, "The directory knows this address as somebody else's account: ask the help desk to correct one of the two.")
	}
	return nil
}

// SignIn refuses somebody who may not come in.
func (p Person) SignIn() error {
	switch {
	case p.MergedInto != "":
		return Refuse(Forbidden, "This entry of %s was merged into another: sign in once more, and if it does not help ask the help desk.", p.Name)
	case p.State != PersonActive:
		return Refuse(Forbidden, "%s has left the company, as the directory says: ask the help desk if that is wrong.", p.Name)
	case p.Held != "":
		return Refuse(Forbidden, "%s is on hold: %s The help desk knows how to go on.", p.Name, p.Held)
	}
	return nil
}

// SignedIn is the ledger's entry of a sign-in.
func SignedIn(p Person, m Method, breakGlass bool) Event {
	if breakGlass {
		return Event{Action: "person.broke-glass", Subjects: []string{string(p.ID), BreakGlassSubject}, Payload: SignInMoved{m}}
	}
	return Event{Action: "person.signed-in", Subjects: []string{string(p.ID)}, Payload: SignInMoved{m}}
}

// BreakGlassSubject is what every sign-in beside the identity provider is about, so that the last one is found.
const BreakGlassSubject = "break-glass"

// SignInMoved is the payload of a sign-in.
type SignInMoved struct {
	Method Method `json:"method"`
}

// FollowClaim says which grants a sign-in begins and which it ends, so that the roles by claim are those of the claims. now
// are the open grants of the person.
func FollowClaim(now []Grant, roles []Role) (begin []Role, end []Grant) {
	for _, g := range now {
		if g.Source == GrantedByClaim && !slices.Contains(roles, g.Role) {
			end = append(end, g)
		}
	}
	for _, r := range Roles {
		has := slices.ContainsFunc(now, func(g Grant) bool { return g.Source == GrantedByClaim && g.Role == r })
		if slices.Contains(roles, r) && !has {
			begin = append(begin, r)
		}
	}
	return begin, end
}

// Give checks and dates a grant. Nobody gives a role to themselves.
func (g Grant) Give(by Actor, at time.Time) (Grant, Event, error) {
	if err := CheckRole(g.Role); err != nil {
		return g, Event{}, err
	}
	if g.Source == GrantedByAdmin && by.ID == string(g.Person) {
		return g, Event{}, Refuse(Forbidden, "Nobody gives a role to themselves: ask another admin.")
	}
	g.By, g.Since, g.Until = by, at, nil
	return g, g.event("role.granted"), nil
}

// Withdraw ends a grant.
func (g Grant) Withdraw(at time.Time) (Grant, Event, error) {
	if g.Until != nil {
		return g, Event{}, Refuse(Conflict, "This role was withdrawn already.")
	}
	g.Until = &at
	return g, g.event("role.withdrawn"), nil
}

func (g Grant) event(action string) Event {
	return Event{Action: action, Subjects: []string{string(g.Person)}, Payload: RoleMoved{g.Role, g.Source}}
}

// RoleMoved is the payload of what happens to a grant.
type RoleMoved struct {
	Role   Role        `json:"role"`
	Source GrantSource `json:"source"`
}
