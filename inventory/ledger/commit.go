package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
)

// Commit binds to payload without telling it: HMAC-SHA-256 (RFC 2104) of the
// payload, keyed by the salt. Whoever has salt and payload can recompute it;
// whoever has neither cannot find the payload by trying likely ones, and
// without the salt nobody can show which payload it was. The salt has one
// fixed length because HMAC pads a short key with zeros, which would let two
// salts stand for one commitment.
func Commit(salt [32]byte, payload []byte) [32]byte {
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(payload)
	return [32]byte(mac.Sum(nil))
}

// NewSalt takes a fresh salt from rand. Each payload needs its own: a salt used
// twice would show that two payloads are equal, and could not be erased for one.
func NewSalt(rand io.Reader) ([32]byte, error) {
	var salt [32]byte
	if _, err := io.ReadFull(rand, salt[:]); err != nil {
		return [32]byte{}, fmt.Errorf("read random salt: %w", err)
	}
	return salt, nil
}
