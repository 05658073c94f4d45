package inventory

import (
	"slices"
	"time"
)

// Role is what somebody may do here beside asking for keys of their own, which everyone in the directory may.
type Role string

// The roles, in the order in which people are told of them (DESIGN §10).
const (
	Requester Role = "requester" // everyone in the directory: it is never granted
	Approver  Role = "approver"
	Operator  Role = "operator"
	HelpDesk  Role = "help-desk"
	Auditor   Role = "auditor" // reads everything but addresses, changes nothing
	Admin     Role = "admin"
)

// Roles are those that can be granted.
var Roles = []Role{Approver, Operator, HelpDesk, Auditor, Admin}

// GrantSource says where a grant comes from.
type GrantSource string

// The sources of a grant.
const (
	GrantedBySetup GrantSource = "setup" // the first admin
	GrantedByAdmin GrantSource = "admin"
	GrantedByClaim GrantSource = "claim" // of the identity provider: it follows the claim, at each sign-in
)

// Grant is a role that a person has, from when to when.
type Grant struct {
	ID     GrantID     `json:"id"`
	Person PersonID    `json:"person"`
	Role   Role        `json:"role"`
	Source GrantSource `json:"source"`
	By     Actor       `json:"by"`
	Since  time.Time   `json:"since"`
	Until  *time.Time  `json:"until"` // nil: to this day
}

// CheckRole refuses what is no role that can be granted.
func CheckRole(r Role) error {
	if slices.Contains(Roles, r) {
		return nil
	}
	return Refuse(Invalid, "%q is no role that can be given: use approver, operator, help-desk, auditor or admin.", r)
}

// Known tells if it was proven who a is. Only such an actor counts for separation of duties (DESIGN §10).
func (a Actor) Known() bool { return a.Method == ByOIDC || a.Method == ByPasskey }

// ActorOf is p as who acts, known by m.
func ActorOf(p Person, m Method) Actor { return Actor{ID: string(p.ID), Name: p.Name, Method: m} }
