package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"keystation/inventory"
)

// Errors of opening, apart because people act on them differently: a wrong identity is a wrong file, a wrong name is
// evidence that somebody moved a blob.
var (
	ErrClosed  = errors.New("the seal does not open with this identity")
	ErrSwapped = errors.New("the seal names something else")
	ErrForm    = errors.New("what was sealed is not of this form")
)

// NewIdentity makes a key pair as two lines of text. Who has the identity opens; who has the recipient can only close.
func NewIdentity() (identity, recipient string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", fmt.Errorf("make identity: %w", err)
	}
	return id.String(), id.Recipient().String(), nil
}

// SHA256 is the hash of a blob as the ledger keeps it.
func SHA256(blob []byte) string {
	sum := sha256.Sum256(blob)
	return hex.EncodeToString(sum[:])
}

// Sealer closes. It is safe for concurrent use.
type Sealer struct{ recipient *age.X25519Recipient }

// NewSealer reads a recipient, a line that begins with age1.
func NewSealer(recipient string) (Sealer, error) {
	r, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return Sealer{}, inventory.Refuse(inventory.Invalid, "%q is no recipient: it is a line that begins with age1, in the recipient file that keystation init made.", recipient)
	}
	return Sealer{r}, nil
}

// Opener opens. It is safe for concurrent use.
type Opener struct{ identity *age.X25519Identity }

// NewOpener reads an identity, a line that begins with AGE-SECRET-KEY-1.
func NewOpener(identity string) (Opener, error) {
	id, err := age.ParseX25519Identity(identity)
	if err != nil { // the cause could quote the identity
		return Opener{}, inventory.Refuse(inventory.Invalid, "This is no identity: it is a line that begins with AGE-SECRET-KEY-1, in the identity file that keystation init made.")
	}
	return Opener{id}, nil
}

// Recipient is what closes for this opener.
func (o Opener) Recipient() string { return o.identity.Recipient().String() }

// close encrypts the parts, one after the other.
func (s Sealer) close(parts ...[]byte) ([]byte, error) {
	if s.recipient == nil {
		return nil, errors.New("seal: no recipient")
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, s.recipient)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
	}
	if err := w.Close(); err != nil { // nothing is complete before this
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out.Bytes(), nil
}

// open decrypts blob into a buffer of the caller's that is large enough: a growing one would leave copies behind.
func (o Opener) open(blob []byte) ([]byte, error) {
	if o.identity == nil {
		return nil, errors.New("open seal: no identity")
	}
	r, err := age.Decrypt(bytes.NewReader(blob), o.identity)
	if err != nil {
		return nil, fmt.Errorf("open seal: %w: %w", ErrClosed, err)
	}
	plain := make([]byte, len(blob)) // the plaintext is shorter than its ciphertext
	n, err := io.ReadFull(r, plain)
	if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		clear(plain)
		return nil, fmt.Errorf("open seal: %w", errors.Join(ErrClosed, err))
	}
	return plain[:n], nil
}
