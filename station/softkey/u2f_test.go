package softkey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// u2f sends a CTAP1 message and takes the status word off the answer.
func (h *host) u2f(req ctap.U2FRequest) ([]byte, ctap.U2FStatus) {
	h.t.Helper()
	return h.apdu(req.Encode())
}

func (h *host) apdu(message []byte) ([]byte, ctap.U2FStatus) {
	h.t.Helper()
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Msg, Data: message})
	b := h.must(h.receive()).Data
	if len(b) < 2 {
		h.t.Fatalf("an answer of %x", b)
	}
	return b[:len(b)-2], ctap.U2FStatus(binary.BigEndian.Uint16(b[len(b)-2:]))
}

// registration is what U2F_REGISTER gave, verified.
type registration struct {
	handle []byte
	public *ecdsa.PublicKey
	leaf   *x509.Certificate
}

func registering() ctap.U2FRequest {
	return ctap.U2FRequest{Instruction: ctap.U2FRegister, Data: append(clientDataHash(), rpHash(testRP)...)}
}

// register reads the answer of a registration (U2F Raw Message Formats v1.2 §4.3) and verifies its signature.
func (h *host) register() registration {
	h.t.Helper()
	b, status := h.u2f(registering())
	if status != ctap.U2FNoError || len(b) < 67 || b[0] != 5 {
		h.t.Fatalf("register: %v, %x", status, b)
	}
	point, rest := b[1:66], b[66:]
	handle, rest := rest[1:1+rest[0]], rest[1+rest[0]:]
	var der asn1.RawValue
	sig, err := asn1.Unmarshal(rest, &der)
	if err != nil {
		h.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der.FullBytes)
	if err != nil {
		h.t.Fatal(err)
	}
	signed := sha256.Sum256(bytes.Join([][]byte{{0}, rpHash(testRP), clientDataHash(), handle, point}, nil))
	if !ecdsa.VerifyASN1(leaf.PublicKey.(*ecdsa.PublicKey), signed[:], sig) {
		h.t.Error("the registration's signature does not verify")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		h.t.Fatal(err)
	}
	return registration{handle, public, leaf}
}

func authenticating(control byte, handle []byte) ctap.U2FRequest {
	data := append(clientDataHash(), rpHash(testRP)...)
	return ctap.U2FRequest{Instruction: ctap.U2FAuthenticate, P1: control, Data: append(append(data, byte(len(handle))), handle...)}
}

// authenticate reads the answer of an authentication (§5.4) and verifies its signature.
func (h *host) authenticate(control byte, r registration) (presence byte, counter uint32) {
	h.t.Helper()
	b, status := h.u2f(authenticating(control, r.handle))
	if status != ctap.U2FNoError || len(b) < 6 {
		h.t.Fatalf("authenticate: %v, %x", status, b)
	}
	signed := sha256.Sum256(bytes.Join([][]byte{rpHash(testRP), b[:5], clientDataHash()}, nil))
	if !ecdsa.VerifyASN1(r.public, signed[:], b[5:]) {
		h.t.Error("the signature does not verify")
	}
	return b[0], binary.BigEndian.Uint32(b[1:])
}

func TestU2F(t *testing.T) {
	for _, profile := range []string{"u2f-only", "modern"} {
		_, h := start(t, softkey.Config{Profile: profile})
		if b, status := h.u2f(ctap.U2FRequest{Instruction: ctap.U2FVersion}); string(b) != "U2F_V2" || status != ctap.U2FNoError {
			t.Errorf("%s: version %q, %v", profile, b, status)
		}
		r := h.register()
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(softkey.RootPEM())
		if _, err := r.leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			t.Errorf("%s: %v", profile, err)
		}
		presence, first := h.authenticate(ctap.U2FEnforce, r)
		if presence != 1 {
			t.Errorf("%s: presence %d with a touch", profile, presence)
		}
		presence, second := h.authenticate(ctap.U2FDontEnforce, r)
		if presence != 0 || second <= first {
			t.Errorf("%s: presence %d without a touch, counter %d after %d", profile, presence, second, first)
		}
	}
}

// U2F Raw Message Formats v1.2 §3 and §5.1: what is answered instead.
func TestU2F_refusals(t *testing.T) {
	_, h := start(t, softkey.Config{Profile: "u2f-only"})
	r := h.register()
	strange := bytes.Clone(r.handle)
	strange[20] ^= 1
	class := registering().Encode()
	class[0] = 0x80
	tests := []struct {
		name    string
		message []byte
		want    ctap.U2FStatus
	}{
		{"check only", authenticating(ctap.U2FCheckOnly, r.handle).Encode(), ctap.U2FConditionsNotSatisfied},
		{"check only, a stranger's", authenticating(ctap.U2FCheckOnly, strange).Encode(), ctap.U2FWrongData},
		{"a stranger's", authenticating(ctap.U2FEnforce, strange).Encode(), ctap.U2FWrongData},
		{"another control byte", authenticating(0x55, r.handle).Encode(), ctap.U2FWrongParameter},
		{"a handle cut short", ctap.U2FRequest{Instruction: ctap.U2FAuthenticate, P1: 3, Data: authenticating(3, r.handle).Data[:80]}.Encode(), ctap.U2FWrongLength},
		{"half a registration", ctap.U2FRequest{Instruction: ctap.U2FRegister, Data: make([]byte, 32)}.Encode(), ctap.U2FWrongLength},
		{"version with data", ctap.U2FRequest{Instruction: ctap.U2FVersion, Data: []byte{1}}.Encode(), ctap.U2FWrongLength},
		{"another instruction", ctap.U2FRequest{Instruction: 0x40}.Encode(), ctap.U2FInstructionUnknown},
		{"another class", class, ctap.U2FClassNotSupported},
		{"half a header", []byte{0, 1}, ctap.U2FWrongLength},
		{"nothing", nil, ctap.U2FWrongLength},
	}
	for _, tt := range tests {
		if b, status := h.apdu(tt.message); status != tt.want || len(b) > 0 {
			t.Errorf("%s: %v and %x, want %v", tt.name, status, b, tt.want)
		}
	}
}

// U2F does not wait for the touch: it says that nobody touched yet, until somebody has.
func TestU2F_touch(t *testing.T) {
	var events []softkey.EventKind
	cfg := softkey.Config{Profile: "u2f-only", Touch: softkey.TouchManual, OnEvent: func(e softkey.Event) { events = append(events, e.Kind) }}
	key, h := start(t, cfg)
	key.Touch() // not asked for
	for range 3 {
		if _, status := h.u2f(registering()); status != ctap.U2FConditionsNotSatisfied {
			t.Fatalf("untouched: %v", status)
		}
	}
	if !key.Waiting() {
		t.Error("the key does not say that it waits")
	}
	key.Touch()
	r := h.register()
	if key.Waiting() {
		t.Error("still waiting")
	}
	if _, status := h.u2f(authenticating(ctap.U2FEnforce, r.handle)); status != ctap.U2FConditionsNotSatisfied {
		t.Errorf("one touch served two: %v", status)
	}
	key.Close()
	want := []softkey.EventKind{softkey.Powered, softkey.WaitingForTouch, softkey.Touched, softkey.WaitingForTouch, softkey.Unpowered}
	if len(events) != len(want) {
		t.Fatalf("events %v, want %v", events, want)
	}
	for i := range want {
		if events[i] != want[i] {
			t.Errorf("event %d is %v, want %v", i, events[i], want[i])
		}
	}
}

// A touch that comes by itself comes as long after the question as it was told to.
func TestU2F_touchByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, h := startOnPipe(t, softkey.Config{Profile: "u2f-only", Touch: softkey.TouchAuto(time.Second)})
		defer key.Close()
		asked := time.Now()
		for {
			if _, status := h.u2f(registering()); status == ctap.U2FNoError {
				break
			}
			time.Sleep(200 * time.Millisecond) // as hosts do
		}
		if took := time.Since(asked); took != time.Second {
			t.Errorf("touched after %v", took)
		}
	})
}

// CTAP 2.1 §7.2: alwaysUv takes U2F away, and turning it off gives it back.
func TestU2F_alwaysUV(t *testing.T) {
	_, h := start(t, softkey.Config{})
	r := h.register()
	show := func(served bool) {
		t.Helper()
		if h.open().Capabilities&ctaphid.CapNMSG == 0 != served || h.info().Supports(ctap.VersionU2F) != served {
			t.Errorf("INIT or the versions do not say that U2F is served: %v", served)
		}
		want := ctap.U2FNotAllowed
		if served {
			want = ctap.U2FNoError
		}
		for _, req := range []ctap.U2FRequest{registering(), authenticating(ctap.U2FEnforce, r.handle)} {
			if _, status := h.u2f(req); status != want {
				t.Errorf("instruction %d: %v, want %v", req.Instruction, status, want)
			}
		}
	}
	show(true)
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigToggleAlwaysUV, nil))
	show(false)
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigToggleAlwaysUV, nil))
	show(true)
}

// CTAP 2.1 §10: a U2F credential is found by the hash of its application, and the other way round, save for those that
// are never used without user verification.
func TestU2F_andCTAP2(t *testing.T) {
	_, h := start(t, softkey.Config{})
	r := h.register()
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(r.handle))
	made, level := h.mustMake(creation()), ctap.UVRequired
	h.authenticate(ctap.U2FEnforce, registration{handle: made.data.Credential.ID, public: publicOf(t, made)})
	hidden := creation()
	hidden.Extensions.CredProtect = &level
	secret := h.mustMake(hidden)
	if _, status := h.u2f(authenticating(ctap.U2FCheckOnly, secret.data.Credential.ID)); status != ctap.U2FWrongData {
		t.Errorf("credProtect 3: %v", status)
	}
	h.want(ctap.OK, ctap.CmdReset, nil)
	if _, status := h.u2f(authenticating(ctap.U2FCheckOnly, r.handle)); status != ctap.U2FWrongData {
		t.Errorf("after a reset: %v", status)
	}
}

func publicOf(t *testing.T, m made) *ecdsa.PublicKey {
	t.Helper()
	pub, _, err := ctap.ParsePublicKey(m.data.Credential.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pub.(*ecdsa.PublicKey)
}

// A key without U2F knows no CTAPHID_MSG.
func TestU2F_withoutIt(t *testing.T) {
	_, h := start(t, softkey.Config{Profile: "fido20"})
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Msg, Data: registering().Encode()})
	h.wantError(ctaphid.ErrInvalidCommand)
}

// A key that is swapped while it registers does not hand its credentials on to the one that comes.
func TestU2F_swapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		swap := softkey.Fault{Step: softkey.StepPowerUp, Kind: softkey.Swap, Nth: 2}
		key, h := startOnPipe(t, softkey.Config{Profile: "u2f-only", Latency: softkey.Real, Faults: []softkey.Fault{swap}})
		defer key.Close()
		r := h.register()
		h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Msg, Data: registering().Encode()})
		synctest.Wait() // it is at work
		key.PowerCycle()
		h.open()
		if _, status := h.u2f(authenticating(ctap.U2FCheckOnly, r.handle)); status != ctap.U2FWrongData {
			t.Errorf("the other key says %v", status)
		}
	})
}
