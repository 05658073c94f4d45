package fido2_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
)

// TestKey_MakeCredential_formats takes what the key made in any format of attestation statement, also in one that
// libfido2 has never heard of, and without the statement where there is none. What is no credential is told.
func TestKey_MakeCredential_formats(t *testing.T) {
	data, err := ctap.Encode(ctap.AuthData{RPIDHash: sha256.Sum256([]byte("example.com")), Flags: ctap.FlagUP | ctap.FlagAT, Credential: &ctap.AttestedCredential{
		ID:        []byte("some credential id"),
		PublicKey: mustHex(t, "a5010203262001215820"+strings.Repeat("11", 32)+"225820"+strings.Repeat("22", 32)),
	}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	answer := func(head, format, tail string) []byte {
		return slices.Concat(mustHex(t, "00"+head+"01"+format+"02"), data, mustHex(t, tail))
	}
	for _, tt := range []struct {
		name   string
		made   []byte
		format string // empty: refused
	}{
		{"none", answer("a3", "646e6f6e65", "03a0"), "none"},
		{"none, left out", answer("a2", "646e6f6e65", ""), "none"},
		{"of a vendor", answer("a3", "68782d76656e646f72", "03a1637665726131"), "x-vendor"},
		{"packed, left out", answer("a2", "667061636b6564", ""), ""},
		{"no credential", mustHex(t, "00a1024142"), ""},
		{"no map", mustHex(t, "0080"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			info := manyMembers(t)
			p := (&peer{answer: func(request []byte) []byte {
				if ctap.Command(request[0]) == ctap.CmdGetInfo {
					return info
				}
				return tt.made
			}}).play(t, true)
			c, err := p.open(t, nil).MakeCredential(t.Context(), station.CreationOptions{RPID: "example.com", UserID: []byte{1}, ClientDataHash: make([]byte, 32)}, nil)
			if tt.format == "" {
				if !strings.Contains(inventory.Sentence(err), "makes no sense") {
					t.Fatalf("%v, with %x", err, c.Object)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o, err := ctap.ParseAttestationObject(c.Object)
			if err != nil || o.Format != tt.format || string(c.CredentialID) != "some credential id" {
				t.Fatalf("%+v, %v", o, err)
			}
		})
	}
}
