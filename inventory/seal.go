package inventory

import "time"

// SealState says what became of a sealed PIN.
type SealState string

// The states of a seal.
const (
	Sealed    SealState = "sealed"
	SealVoid  SealState = "void"      // the run ended without the key, or the key was reset
	SealOpen  SealState = "released"  // shown to the holder at least once
	SealBurnt SealState = "destroyed" // the holder has a PIN of their own, or time ended
)

// Seal is a PIN at rest: the blob names its run and key inside, so that two seals cannot be swapped. A seal that is
// void or destroyed has an empty Blob; its hash stays.
type Seal struct {
	ID        SealID    `json:"id"`
	Run       RunID     `json:"run"`
	Key       KeyID     `json:"key"`
	Blob      []byte    `json:"blob"`   // age ciphertext
	SHA256    string    `json:"sha256"` // of the blob, hexadecimal
	State     SealState `json:"state"`
	CreatedAt time.Time `json:"created_at"`
	ChangedAt time.Time `json:"changed_at"`
}

// Void destroys the seal: its PIN is on no key. One that is gone already stays as it went.
func (s Seal) Void(at time.Time) Seal {
	if s.State == SealVoid || s.State == SealBurnt {
		return s
	}
	s.State, s.Blob, s.ChangedAt = SealVoid, nil, at
	return s
}
