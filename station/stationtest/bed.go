package stationtest

import (
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
)

// rpID is whose credentials the suite makes.
const rpID = "suite.keystation.example"

// bed is one key on the test bench, open and in factory state at the start of each test.
type bed struct {
	*testing.T
	subject  Subject
	key      station.Authenticator
	onTouch  atomic.Pointer[func()]
	awaiting atomic.Int32 // keepalives that asked for a touch
}

// lay opens the key fresh from a reset.
func lay(t *testing.T, s Subject) *bed {
	b := &bed{T: t, subject: s}
	b.handOn(s.Touch)
	s.Replug(t)
	b.open()
	b.must(b.key.Reset(t.Context()))
	b.reopen()
	return b
}

// handOn says what happens when the key asks for a touch; nil: nothing.
func (b *bed) handOn(touch func()) {
	if touch == nil {
		touch = func() {}
	}
	b.onTouch.Store(&touch)
}

func (b *bed) heard(k ctap.Keepalive) {
	if k == ctap.KeepaliveUPNeeded {
		b.awaiting.Add(1)
		(*b.onTouch.Load())()
	}
}

func (b *bed) open() { b.key = b.subject.Open(b.T, b.heard) }

// reopen gives a fresh handle: what it says was not remembered by the old one.
func (b *bed) reopen() {
	b.Helper()
	b.must(b.key.Close())
	b.open()
}

func (b *bed) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// refused wants the key to have answered with this status.
func (b *bed) refused(err error, want ...ctap.Status) {
	b.Helper()
	for _, w := range want {
		if errors.Is(err, w) {
			return
		}
	}
	b.Fatalf("have %v, want one of %v", err, want)
}

func (b *bed) info() ctap.Info {
	b.Helper()
	info, err := b.key.Info(b.Context())
	b.must(err)
	return info
}

func hash(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

// make makes a credential and looks at its parts.
func (b *bed) make(o station.CreationOptions, pin inventory.PIN) (station.Credential, error) {
	o.RPID, o.RPName = rpID, "the suite"
	o.UserID, o.UserName = []byte{1, 2, 3}, "tag"
	o.ClientDataHash = hash("make")
	return b.key.MakeCredential(b.Context(), o, pin)
}

// tag makes a credential of the kind that the bench tags keys with.
func (b *bed) tag() station.Credential {
	b.Helper()
	c, err := b.make(station.CreationOptions{}, nil)
	b.must(err)
	return c
}

// silent asks for an assertion without a touch and counts that none was asked for.
func (b *bed) silent(c station.Credential, pin inventory.PIN) (ctap.Flags, error) {
	b.Helper()
	before := b.awaiting.Load()
	flags, err := b.assert(c, pin, false)
	if b.awaiting.Load() != before {
		b.Fatal("a silent assertion asked for a touch")
	}
	return flags, err
}

// assert asks for an assertion and verifies it.
func (b *bed) assert(c station.Credential, pin inventory.PIN, touch bool) (ctap.Flags, error) {
	b.Helper()
	o := station.RequestOptions{RPID: rpID, ClientDataHash: hash("assert"), AllowCredential: [][]byte{c.CredentialID}, Touch: touch}
	a, err := b.key.Assert(b.Context(), o, pin)
	if err != nil {
		return 0, err
	}
	data, err := ctap.ParseAuthData(a.AuthData)
	b.must(err)
	b.must(ctap.VerifySignature(c.PublicKey, append(a.AuthData, o.ClientDataHash...), a.Signature))
	if string(a.CredentialID) != string(c.CredentialID) {
		b.Fatal("another credential answered")
	}
	return data.Flags, nil
}
