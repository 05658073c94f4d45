package ctap_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"reflect"
	"testing"

	"keystation/station/ctap"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func authData(t testing.TB) ctap.AuthData {
	return ctap.AuthData{RPIDHash: [32]byte{1}, Flags: ctap.FlagUP | ctap.FlagUV | ctap.FlagAT | ctap.FlagED, Counter: 7,
		Credential: &ctap.AttestedCredential{AAGUID: ctap.AAGUID{2}, ID: []byte("credential"), PublicKey: ctap.EncodeES256(&newKey(t).PublicKey)},
		Extensions: unhex(t, "a1 6b 6372656450726f74656374 02")}
}

func TestParseAuthData(t *testing.T) {
	want := authData(t)
	b := want.Encode()
	got, err := ctap.ParseAuthData(b)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	clear(b) // shares nothing
	if !reflect.DeepEqual(got, want) {
		t.Error("the parsed data changed with the input")
	}
	if !got.Flags.UP() || !got.Flags.UV() || !got.Flags.AT() || !got.Flags.ED() {
		t.Errorf("flags %08b", got.Flags)
	}
	plain := ctap.AuthData{Counter: 1 << 31}
	if got, err := ctap.ParseAuthData(plain.Encode()); err != nil || !reflect.DeepEqual(got, plain) {
		t.Errorf("an assertion's data: %+v, %v", got, err)
	}
}

func TestParseAuthData_refusals(t *testing.T) {
	good := authData(t).Encode()
	edit := func(f func([]byte) []byte) []byte { return f(bytes.Clone(good)) }
	tests := map[string][]byte{
		"empty":                 nil,
		"36 bytes":              good[:36],
		"attested data missing": good[:37],
		"id cut":                good[:37+18+3],
		"key missing":           good[:37+18+10],
		"extensions missing":    edit(func(b []byte) []byte { return b[:len(b)-14] }),
		"bytes left over":       append(bytes.Clone(good), 0),
		"id too long":           edit(func(b []byte) []byte { b[37+16], b[37+17] = 4, 0; return b }),
		"key not a map":         edit(func(b []byte) []byte { b[37+18+10] = 0x80; return b }),
		"extensions not a map":  edit(func(b []byte) []byte { b[len(b)-14] = 0x01; return b }),
	}
	for name, b := range tests {
		if got, err := ctap.ParseAuthData(b); err == nil || !reflect.DeepEqual(got, ctap.AuthData{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzParseAuthData(f *testing.F) {
	f.Add(authData(f).Encode())
	f.Add(make([]byte, 37))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ctap.ParseAuthData(b)
		if err != nil {
			if !reflect.DeepEqual(d, ctap.AuthData{}) {
				t.Fatal("a failed parse gave something")
			}
			return
		}
		if !bytes.Equal(d.Encode(), b) {
			t.Error("the bytes changed on the way")
		}
		if d.Credential != nil {
			_, _, _ = ctap.ParsePublicKey(d.Credential.PublicKey) // must not panic
		}
	})
}
