package softkey

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"keystation/station/ctap"
)

// credential is a key pair of the key. Its id is the private key itself, wrapped with
// AES-256-GCM under the device secret and bound to the RP ID; so nothing is stored for
// a credential that is not discoverable, and a reset voids all of them.
type credential struct {
	id       []byte
	key      *ecdsa.PrivateKey
	protect  ctap.CredProtect
	resident bool
	user     *ctap.UserEntity // of a resident one
}

const (
	nonceSize        = 12
	scalarSize       = 32
	credentialIDSize = nonceSize + 1 + 1 + scalarSize + 16
)

// scalar makes a P-256 key from 32 bytes that are one, which all but 2⁻³² of them are.
func scalar(b []byte) (*ecdsa.PrivateKey, error) {
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), b)
}

// generate makes a key pair from the randomness.
func generate(rand io.Reader) (*ecdsa.PrivateKey, []byte, error) {
	b := make([]byte, scalarSize)
	for range 8 {
		if _, err := io.ReadFull(rand, b); err != nil {
			return nil, nil, fmt.Errorf("make key pair: %w", err)
		}
		if key, err := scalar(b); err == nil {
			return key, b, nil
		}
	}
	return nil, nil, fmt.Errorf("make key pair: the randomness gives no key")
}

func (s state) wrapping() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, s.Secret, nil, "keystation software key: credentials", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// newCredential makes a key pair and wraps it.
func (s state) newCredential(rpIDHash [32]byte, protect ctap.CredProtect, rk bool, rand io.Reader) (credential, error) {
	key, raw, err := generate(rand)
	if err != nil {
		return credential{}, err
	}
	aead, err := s.wrapping()
	if err != nil {
		return credential{}, err
	}
	nonce := make([]byte, nonceSize)
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return credential{}, err
	}
	plain := append([]byte{byte(protect), 0}, raw...)
	if rk {
		plain[1] = 1
	}
	id := aead.Seal(nonce, nonce, plain, rpIDHash[:])
	return credential{id: id, key: key, protect: protect, resident: rk}, nil
}

// open finds the credential with this id, if it is of this key and RP. A discoverable
// one must still be stored.
func (s state) open(id []byte, rpIDHash [32]byte) (credential, bool) {
	if len(id) != credentialIDSize {
		return credential{}, false
	}
	aead, err := s.wrapping()
	if err != nil {
		return credential{}, false
	}
	plain, err := aead.Open(nil, id[:nonceSize], id[nonceSize:], rpIDHash[:])
	if err != nil {
		return credential{}, false
	}
	key, err := scalar(plain[2:])
	if err != nil {
		return credential{}, false
	}
	c := credential{id: id, key: key, protect: ctap.CredProtect(plain[0]), resident: plain[1] == 1}
	if !c.resident {
		return c, true
	}
	for _, r := range s.Residents {
		if bytes.Equal(r.ID, id) {
			c.user = &r.User
			return c, true
		}
	}
	return credential{}, false
}

// keep stores a discoverable credential, in place of one of the same account
// (CTAP 2.1 §6.1.2 step 17). The newest is the last.
func (s *state) keep(r resident, room int) error {
	s.Residents = slices.DeleteFunc(s.Residents, func(old resident) bool {
		return old.RPID == r.RPID && bytes.Equal(old.User.ID, r.User.ID)
	})
	if len(s.Residents) >= room {
		return ctap.ErrKeyStoreFull
	}
	s.Residents = append(s.Residents, r)
	return nil
}

// sign signs data with SHA-256, as ES256 does.
func sign(key *ecdsa.PrivateKey, data []byte) ([]byte, error) {
	digest := sha256.Sum256(data)
	return ecdsa.SignASN1(rand.Reader, key, digest[:])
}
