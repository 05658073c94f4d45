package ctap_test

import (
	"bytes"
	"reflect"
	"runtime/metrics"
	"testing"

	"keystation/station/ctap"
)

// bounded runs f, which reads n bytes of somebody else's, and wants it to take no more
// memory than some times as much: a length that is only claimed must cost nothing.
func bounded(t *testing.T, n int, f func()) {
	t.Helper()
	before := allocated()
	f()
	if took := allocated() - before; took > 4<<20+uint64(n)*1024 {
		t.Errorf("%d bytes took %d bytes of memory", n, took)
	}
}

func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// wires are all the maps that pass between a platform and an authenticator.
var wires = []any{
	ctap.MakeCredentialRequest{}, ctap.MakeCredentialResponse{}, ctap.GetAssertionRequest{}, ctap.GetAssertionResponse{},
	ctap.ClientPINRequest{}, ctap.ClientPINResponse{}, ctap.ConfigRequest{}, ctap.SetMinPINLengthParams{},
	ctap.CredentialManagementRequest{}, ctap.CredentialManagementParams{}, ctap.CredentialManagementResponse{},
	ctap.HMACSecretInput{}, ctap.PackedStatement{}, ctap.MakeCredentialOutputs{}, ctap.GetAssertionOutputs{}, ctap.Info{},
}

// FuzzDecode reads any bytes as each of the maps, as a platform does (leniently) and as
// an authenticator does (strictly). What is accepted can be written again.
func FuzzDecode(f *testing.F) {
	for i, w := range wires {
		if b, err := ctap.Encode(w); err == nil {
			f.Add(byte(i), b)
		}
	}
	f.Add(byte(0), unhex(f, "9b ffffffffffffffff"))          // an array of 2^64-1
	f.Add(byte(1), unhex(f, "a1 03 bb 00000000ffffffff"))    // a map of 2^32-1
	f.Add(byte(2), unhex(f, "a1 02 5b 7fffffffffffffff 00")) // a string of 2^63-1
	f.Add(byte(5), bytes.Repeat([]byte{0x81}, 500))          // arrays in arrays
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		kind := reflect.TypeOf(wires[int(which)%len(wires)])
		bounded(t, len(b), func() {
			strict, lenient := reflect.New(kind).Interface(), reflect.New(kind).Interface()
			refused, unread := ctap.DecodeRequest(b, strict), ctap.Decode(b, lenient)
			if refused == nil && unread != nil {
				t.Errorf("%v: read strictly but not leniently: %v", kind, unread)
			}
			if refused != nil {
				return
			}
			if _, err := ctap.Encode(strict); err != nil {
				t.Errorf("%v: read but not written: %v", kind, err)
			}
		})
	})
}

// FuzzParsePublicKey reads any bytes as a COSE key; what it says it read is there.
func FuzzParsePublicKey(f *testing.F) {
	f.Add(unhex(f, "a5 01 02 03 26 20 01 21 41 00 22 41 00"))
	f.Add(unhex(f, "a4 01 01 03 27 20 06 21 41 00"))
	f.Add(unhex(f, "a4 01 03 03 390100 20 41 01 21 41 03"))
	f.Fuzz(func(t *testing.T, b []byte) {
		bounded(t, len(b), func() {
			key, _, err := ctap.ParsePublicKey(b)
			if (key == nil) != (err != nil) {
				t.Errorf("%v and %v", key, err)
			}
		})
	})
}

// FuzzPINProtocol agrees on a secret with whatever the other party sends, and decrypts
// what it sends then.
func FuzzPINProtocol(f *testing.F) {
	f.Add(true, unhex(f, "a5 01 02 03 3818 20 01 21 41 00 22 41 00"), make([]byte, 32), make([]byte, 64))
	f.Add(false, []byte{}, make([]byte, 64), make([]byte, 48))
	f.Fuzz(func(t *testing.T, first bool, peer, secret, sealed []byte) {
		p := ctap.PINProtocolTwo
		if first {
			p = ctap.PINProtocolOne
		}
		if pub, err := ctap.ParseKeyAgreement(peer); err == nil && pub == nil {
			t.Error("neither a key nor an error")
		}
		if len(secret) < 64 { // both protocols make their own, of 32 or 64 bytes
			return
		}
		if first {
			secret = secret[:32]
		}
		plain, err := p.Decrypt(secret[:min(len(secret), 64)], sealed)
		if err == nil && len(plain) > len(sealed) {
			t.Error("more came out than went in")
		}
	})
}

// FuzzParseU2FRequest reads any bytes as a message of U2F.
func FuzzParseU2FRequest(f *testing.F) {
	f.Add([]byte{0, 3, 0, 0, 0, 0, 0})
	f.Add(append([]byte{0, 1, 0, 0, 0, 0, 64}, make([]byte, 66)...))
	f.Add([]byte{0, 3, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ctap.ParseU2FRequest(b)
		if err != nil {
			return
		}
		if len(r.Data) > len(b) {
			t.Errorf("%d bytes of data in %d", len(r.Data), len(b))
		}
		again, err := ctap.ParseU2FRequest(r.Encode())
		if err != nil || again.Instruction != r.Instruction || again.P1 != r.P1 || again.P2 != r.P2 || !bytes.Equal(again.Data, r.Data) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}

// FuzzParseAAGUID reads what people write.
func FuzzParseAAGUID(f *testing.F) {
	f.Add("4efb52c7-8671-4f64-ac18-4b29e19196af")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ctap.ParseAAGUID(s)
		if err != nil {
			return
		}
		if again, err := ctap.ParseAAGUID(a.String()); err != nil || again != a {
			t.Errorf("%q is %v, which is %v, %v", s, a, again, err)
		}
	})
}
