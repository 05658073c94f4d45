package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Invitation lets a person make their first passkey, once, by a link that nobody but them should have.
type Invitation struct {
	ID        InvitationID `json:"id"`
	Person    PersonID     `json:"person"`
	Hash      string       `json:"hash"` // of the token
	By        Actor        `json:"by"`
	CreatedAt time.Time    `json:"created_at"`
	ExpiresAt time.Time    `json:"expires_at"`
	UsedAt    *time.Time   `json:"used_at"`
}

// InvitedFor is how long an invitation can be used.
const InvitedFor = 72 * time.Hour

// HashToken is how a token is kept: whoever reads the database cannot use it.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Issue dates an invitation.
func (i Invitation) Issue(by Actor, at time.Time) (Invitation, Event) {
	i.By, i.CreatedAt, i.ExpiresAt, i.UsedAt = by, at, at.Add(InvitedFor), nil
	return i, i.event("person.invited")
}

// Use ends an invitation. One that was used, and one that is too old, get the same answer as one that never was.
func (i Invitation) Use(at time.Time) (Invitation, Event, error) {
	if i.UsedAt != nil || !at.Before(i.ExpiresAt) {
		return i, Event{}, ErrNoInvitation()
	}
	i.UsedAt = &at
	return i, i.event("person.invitation-used"), nil
}

// ErrNoInvitation is the one answer for every link that is good for nothing.
func ErrNoInvitation() error {
	return Refuse(NotFound, "This link is not good any more: it can be used once, for three days. Ask whoever sent it for another.")
}

func (i Invitation) event(action string) Event {
	return Event{Action: action, Subjects: []string{string(i.Person)}, Payload: InvitationMoved{i.ID}}
}

// InvitationMoved is the payload of what happens to an invitation.
type InvitationMoved struct {
	Invitation InvitationID `json:"invitation"`
}
