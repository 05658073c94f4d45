package station

import (
	"context"
	"errors"

	"keystation/inventory"
	"keystation/station/ctap"
)

// Authenticator is an exclusive, open connection to one key. Its methods are called by one goroutine at a time and
// end with ctx: a waiting touch is cancelled, the key answers KEEPALIVE_CANCEL. An answer of the key is a
// [ctap.Status] or [ctap.PINError] in the error's chain; any other error is an I/O fault, after which the handle must
// be closed. A nil PIN means that none is given.
type Authenticator interface {
	// Info asks the key afresh (CTAP 2.1 §6.4). Right after opening it may give what the key said then.
	Info(ctx context.Context) (ctap.Info, error)
	// Reset takes the key back to factory state (CTAP 2.1 §6.6). It waits for a touch.
	Reset(ctx context.Context) error
	// SetPIN sets a first PIN (old is nil) or changes it (CTAP 2.1 §6.5.5.5, §6.5.5.6).
	SetPIN(ctx context.Context, pin, old inventory.PIN) error
	// Configure sends one authenticatorConfig subcommand (CTAP 2.1 §6.11).
	Configure(ctx context.Context, s Setting, pin inventory.PIN) error
	// MakeCredential makes a credential (CTAP 2.1 §6.1). It waits for a touch.
	MakeCredential(ctx context.Context, o CreationOptions, pin inventory.PIN) (Credential, error)
	// Assert asks for an assertion (CTAP 2.1 §6.2): silently, or with a touch when o.Touch is set.
	Assert(ctx context.Context, o RequestOptions, pin inventory.PIN) (Assertion, error)
	// Close gives the key back. It may be called twice.
	Close() error
}

// ErrBusy is in the chain of what an [Opener] says of a key that another program uses, or that is at something which it
// does not end. It is no fault of key or cable.
var ErrBusy = errors.New("the key is busy")

// Opener opens the key at a path that libfido2 can open. The path belongs to nobody else while it is open: a second
// opener is refused at once. heard is called with every keepalive, from any goroutine; it must not block.
type Opener func(ctx context.Context, path string, heard func(ctap.Keepalive)) (Authenticator, error)

// Setting is one subcommand of authenticatorConfig. Exactly one field is set.
type Setting struct {
	EnterpriseAttestation bool // 0x01, on; there is no off (CTAP 2.1 §6.11.1)
	ToggleAlwaysUV        bool // 0x02, it toggles (§6.11.2)
	MinPINLength          int  // 0x03 newMinPINLength, in code points; it only rises (§6.11.4)
	ForcePINChange        bool // 0x03 forceChangePin
}

// CreationOptions says which credential to make.
type CreationOptions struct {
	RPID, RPName      string
	UserID            []byte
	UserName          string
	ClientDataHash    []byte // 32 bytes
	Algorithm         int    // COSE; 0 means ES256
	Resident          bool
	UserVerification  bool
	CredProtect       int // 0: not asked for (CTAP 2.1 §12.1)
	ExcludeCredential [][]byte

	// EnterpriseAttestation is ctap.VendorFacilitated or ctap.PlatformManaged (CTAP 2.1 §7.1.1); 0: not asked for. A key
	// that gives none answers with the attestation that everybody gets. See [EnterpriseAsker].
	EnterpriseAttestation int
}

// EnterpriseAsker is an [Authenticator] that can say if it is able to ask for enterprise attestation. One that is none
// is not able to.
type EnterpriseAsker interface {
	// AsksEnterprise is nil, or says in a sentence why MakeCredential refuses to ask, before anything is sent.
	AsksEnterprise() error
}

// Credential is what a key answered to [CreationOptions].
type Credential struct {
	Object       []byte // WebAuthn attestation object {fmt, attStmt, authData}; the statement's bytes as received
	AuthData     []byte
	CredentialID []byte
	PublicKey    []byte // COSE_Key

	// EnterpriseAttested is epAtt (CTAP 2.1 §6.1.2): the attestation may name this very key. It is a claim until the
	// attestation is judged genuine.
	EnterpriseAttested bool
}

// RequestOptions says which assertion to ask for. AllowCredential names at least one credential.
type RequestOptions struct {
	RPID            string
	ClientDataHash  []byte // 32 bytes
	AllowCredential [][]byte
	Touch           bool // false: up=false, the silent pre-flight of CTAP 2.1 §6.2.2 step 5
}

// Assertion is what a key answered to [RequestOptions].
type Assertion struct {
	CredentialID []byte
	AuthData     []byte
	Signature    []byte // over AuthData and the client data hash
}
