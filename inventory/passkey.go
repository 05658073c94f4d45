package inventory

import (
	"strings"
	"time"
)

// Passkey is a credential with which somebody signs in here (WebAuthn Level 3 §4). It demands user verification. A tag
// credential is another kind and signs nobody in (DESIGN §8).
type Passkey struct {
	ID           PasskeyID  `json:"id"`
	Person       PersonID   `json:"person"`
	Name         string     `json:"name"` // as its person calls it
	CredentialID []byte     `json:"credential_id"`
	Credential   string     `json:"credential"` // JSON: the public key and what the authenticator said of itself
	CreatedAt    time.Time  `json:"created_at"`
	RemovedAt    *time.Time `json:"removed_at"`
}

// Add checks and dates a new passkey.
func (k Passkey) Add(at time.Time) (Passkey, Event, error) {
	k, err := k.Rename(k.Name)
	if err != nil {
		return k, Event{}, err
	}
	k.CreatedAt, k.RemovedAt = at, nil
	return k, k.Event("passkey.added"), nil
}

// Rename calls k something else.
func (k Passkey) Rename(name string) (Passkey, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return k, Refuse(Invalid, "The passkey has no name: call it as you would on the telephone, such as “blue key”.")
	}
	if err := CheckText("name", name); err != nil {
		return k, err
	}
	if len([]rune(name)) > 60 {
		return k, Refuse(Invalid, "The name of the passkey is too long: 60 characters are enough.")
	}
	k.Name = name
	return k, nil
}

// Remove ends k. left is how many others its person has, and whether they could come in without one.
func (k Passkey) Remove(left int, otherWay bool, at time.Time) (Passkey, Event, error) {
	if k.RemovedAt != nil {
		return k, Event{}, Refuse(Conflict, "This passkey was removed already.")
	}
	if left == 0 && !otherWay {
		return k, Event{}, Refuse(Conflict, "This is your last passkey, and without it you could not sign in: add another first.")
	}
	k.RemovedAt = &at
	return k, k.Event("passkey.removed"), nil
}

// Event is the ledger's entry about k. Its name and credential are no part of it.
func (k Passkey) Event(action string) Event {
	return Event{Action: action, Subjects: []string{string(k.Person)}, Payload: PasskeyMoved{k.ID}}
}

// PasskeyMoved is the payload of what happens to a passkey.
type PasskeyMoved struct {
	Passkey PasskeyID `json:"passkey"`
}
