package web

import (
	"net/http"
	"slices"
	"time"

	"keystation/inventory"
)

// Visitor is who sends a request.
type Visitor struct {
	inventory.Actor
	Person     inventory.PersonID // empty: nobody of the directory, where nobody signs in
	Roles      []inventory.Role
	Language   string    // BCP 47, as the directory says; empty: unknown
	Proved     time.Time // when they last showed who they are
	BreakGlass bool      // they came in beside the identity provider
}

// Has tells if v has one of the roles.
func (v Visitor) Has(roles ...inventory.Role) bool {
	return slices.ContainsFunc(roles, func(r inventory.Role) bool { return slices.Contains(v.Roles, r) })
}

// visitorKey is where a request keeps its visitor.
const visitorKey = "visitor"

// visitor is who sends the request. On a page for anybody it may be nobody: its ID is empty then.
func visitor(c Ctx) Visitor {
	v, _ := c.Get(visitorKey).(Visitor)
	return v
}

// who tells who sends a request; false: nobody that is known.
func (s *Site) who(r *http.Request) (Visitor, bool) {
	if s.Who != nil {
		return s.Who(r)
	}
	if s.SignIn != nil {
		return s.signedIn(r)
	}
	return Visitor{Actor: s.Local, Roles: inventory.Roles, Proved: s.Now()}, true
}
