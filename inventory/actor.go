package inventory

// Method says how an [Actor] was authenticated.
type Method string

// The ways an actor can be known. A claimed identity (a name given on a command line, an imported approval) is
// recorded as claimed and never counts for separation of duties.
const (
	ByOIDC    Method = "oidc"
	ByPasskey Method = "passkey"
	ByOSUser  Method = "os-user"
	ByClaim   Method = "claimed"
	BySystem  Method = "system"
)

// Actor is who acts. Name is a snapshot: it stays as it was when a person is renamed or forgotten.
type Actor struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Method Method `json:"method"`
}

// System is the actor of what keystation does by itself, such as a recovery after a crash.
func System(part string) Actor { return Actor{ID: "system", Name: part, Method: BySystem} }

// Claimed is the actor of a name that somebody gave without proof. The name is no part of the id: ids stand in the
// ledger's clear headers, from which nothing can be erased.
func Claimed(name string) Actor { return Actor{ID: "claimed", Name: name, Method: ByClaim} }
