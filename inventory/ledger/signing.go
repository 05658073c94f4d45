package ledger

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// Errors of signing and opening, apart because people act on them differently:
// a bad signature is evidence of tampering, an unknown key is a missing key.
var (
	ErrSignature  = errors.New("the checkpoint's signature is wrong")
	ErrUnknownKey = errors.New("the checkpoint is signed by none of the given keys")
	ErrKey        = errors.New("not a checkpoint key")
)

// NewSigningKey makes an Ed25519 key pair as two lines of text. The name stands
// on every signature beside a hash of the public key; it takes no spaces and no
// plus sign. The verifier may be known to all, private to the signer only.
func NewSigningKey(rand io.Reader, name string) (private, verifier string, err error) {
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, notInName) {
		return "", "", fmt.Errorf("make signing key: name %q must be one word without a plus sign", name)
	}
	private, verifier, err = note.GenerateKey(rand, name)
	if err != nil {
		return "", "", fmt.Errorf("make signing key: %w", err)
	}
	return private, verifier, nil
}

func notInName(r rune) bool { return r == '+' || unicode.IsSpace(r) || !unicode.IsPrint(r) }

// Sign writes the checkpoint as a signed note, ready to be kept elsewhere.
func (c Checkpoint) Sign(signerKey string) ([]byte, error) {
	text, err := c.Text()
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(signerKey)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", ErrKey) // its cause could quote the key
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

// OpenCheckpoint reads a signed checkpoint and checks it. At least one of the
// keys must have signed, and no signature under any of them may be wrong;
// signatures by others, such as a witness not asked about, are passed over.
// The error is ErrNotCheckpoint, ErrSignature, ErrUnknownKey, or ErrKey when a
// key given is none.
func OpenCheckpoint(signed []byte, verifierKeys ...string) (Checkpoint, error) {
	known, err := verifiers(verifierKeys)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(signed, known)
	if err != nil {
		return Checkpoint{}, openError(err)
	}
	c, err := ParseText(n.Text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("open checkpoint: %w", err)
	}
	return c, nil
}

func verifiers(keys []string) (note.Verifiers, error) {
	seen := make(map[string]bool)
	var list []note.Verifier
	for _, key := range keys {
		if seen[key] {
			continue
		}
		seen[key] = true
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("open checkpoint with key %q: %w: %w", key, ErrKey, err)
		}
		list = append(list, v)
	}
	return note.VerifierList(list...), nil
}

// openError sorts the errors of note into ours. A note that nobody known has
// signed may still be no checkpoint at all, which is the more useful news.
func openError(err error) error {
	if wrong, ok := errors.AsType[*note.InvalidSignatureError](err); ok {
		return fmt.Errorf("open checkpoint: %w: key %s+%08x", ErrSignature, wrong.Name, wrong.Hash)
	}
	unverified, ok := errors.AsType[*note.UnverifiedNoteError](err)
	if !ok {
		return fmt.Errorf("open checkpoint: %w: %w", ErrNotCheckpoint, err)
	}
	if _, err := ParseText(unverified.Note.Text); err != nil {
		return fmt.Errorf("open checkpoint: %w", err)
	}
	return fmt.Errorf("open checkpoint: %w; it names %s", ErrUnknownKey, signers(unverified.Note))
}

func signers(n *note.Note) string {
	names := make([]string, 0, len(n.UnverifiedSigs))
	for _, s := range n.UnverifiedSigs {
		names = append(names, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
	}
	return strings.Join(names, ", ")
}
