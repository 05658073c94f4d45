package ledger_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"testing"

	"keystation/inventory/ledger"
)

// RFC 4231 §4.2 with its 20-byte key padded to 32 bytes, which HMAC does itself.
func TestCommit_isHMAC(t *testing.T) {
	var salt [32]byte
	copy(salt[:], bytes.Repeat([]byte{0x0b}, 20))
	got := ledger.Commit(salt, []byte("Hi There"))
	if want := "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"; hex.EncodeToString(got[:]) != want {
		t.Errorf("commitment %x, want %s", got, want)
	}
}

func TestCommit_bindsSaltAndPayload(t *testing.T) {
	one, err := ledger.NewSalt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	two, err := ledger.NewSalt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := ledger.Commit(one, []byte("Ada"))
	if c != ledger.Commit(one, []byte("Ada")) {
		t.Error("the same salt and payload gave two commitments")
	}
	if c == ledger.Commit(two, []byte("Ada")) || c == ledger.Commit(one, []byte("Bob")) {
		t.Error("another salt or payload gave the same commitment")
	}
}

func TestNewSalt_needsRandomness(t *testing.T) {
	if _, err := ledger.NewSalt(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("a salt was made of 31 bytes")
	}
}
