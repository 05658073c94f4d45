package softkey_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

func faulty(t *testing.T, specs ...string) (*softkey.Key, *host) {
	t.Helper()
	var faults []softkey.Fault
	for _, s := range specs {
		f, err := softkey.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		if f.String() != s {
			t.Errorf("%q reads back as %q", s, f)
		}
		faults = append(faults, f)
	}
	return start(t, softkey.Config{Faults: faults})
}

func TestParseFault_refusals(t *testing.T) {
	for s, want := range map[string]string{
		"":                          "say STEP:KIND",
		"reset":                     "say STEP:KIND",
		"nothing:vanish":            "the steps are any, get-info",
		"reset:explode":             "nor one of the kinds, which are vanish",
		"reset#0:vanish":            "not a number from 1 on",
		"reset~x:vanish":            "not a number from 1 on",
		"reset:0x100":               "neither a status code",
		"reset:0x00":                "neither a status code",
		"reset:vanish=0":            "a number from 1 to",
		"reset:vanish=":             "a number from 1 to",
		"reset:unplug-at-keepalive": "a number from 1 to",
		"reset:late=soon":           "a time such as 300ms",
		"reset:twice=2":             "nothing is due after the =",
		"reset:swap=golden":         "the profiles are modern",
		"reset:wrong-signature":     "cannot strike at reset",
		"set-pin:wrong-aaguid":      "cannot strike at set-pin",
		"init:stuck":                "cannot strike at init",
		"power-up:0x30":             "cannot strike at power-up",
	} {
		f, err := softkey.ParseFault(s)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), strconv.Quote(s)) {
			t.Errorf("%q was taken for %+v, %v", s, f, err)
		}
	}
}

// What a fault says is what it is read from.
func TestFault_String(t *testing.T) {
	words := []string{"any#7:unplug=70", "get-token~2:0x31", "get-info:late=300ms", "power-up#2:swap=fido20", "init:0x06", "reset:vanish-at-keepalive=3"}
	for _, f := range softkey.EveryFault() {
		words = append(words, f.String())
	}
	for _, s := range words {
		if f, err := softkey.ParseFault(s); err != nil || f.String() != s {
			t.Errorf("%q reads back as %q, %v", s, f, err)
		}
	}
}

// Every step and every kind is in the list of all faults, and every kind says what it is.
func TestEveryFault(t *testing.T) {
	all := softkey.EveryFault()
	for _, s := range softkey.FaultSteps() {
		if !slices.ContainsFunc(all, func(f softkey.Fault) bool { return f.Step == s }) {
			t.Errorf("nothing can go wrong at %s", s)
		}
	}
	for _, k := range softkey.FaultKinds() {
		if !slices.ContainsFunc(all, func(f softkey.Fault) bool { return f.Kind == k.Kind }) {
			t.Errorf("%s can strike nowhere", k.Kind)
		}
		if !strings.HasPrefix(k.Form, string(k.Kind)) || k.Says == "" {
			t.Errorf("%+v", k)
		}
	}
}

// counted is a node that counts the bytes of what the key says.
type counted struct {
	*pipe
	bytes *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.bytes.Add(int64(len(b)))
	return c.pipe.Write(b)
}

// What the wire shows of each fault, in the words of [heard]. Every key answers to
// CTAPHID_INIT twice, then to the request, then, later, to a PING.
func TestFault_wire(t *testing.T) {
	selection := initial(chanA, ctaphid.CBOR, 1, byte(ctap.CmdSelection))
	getInfo := initial(chanA, ctaphid.CBOR, 1, byte(ctap.CmdGetInfo))
	wink := initial(chanA, ctaphid.Wink, 0)
	hello := initial(chanA, ctaphid.Init, 8)
	const up, answer, pong = "1 KEEPALIVE 1", "1 KEEPALIVE 1, 1 CBOR 1", "1 PING 1"
	for _, tt := range []struct {
		fault string
		say   [ctaphid.Report]byte
		want  string
		bytes int64 // of the answer, keepalives included
		after string
	}{
		{"selection:0x2F", selection, "1 CBOR 1", 64, pong},
		{"selection:vanish", selection, up, 64, pong},
		{"get-info:vanish=70", getInfo, "1 CBOR 255, 1 #0", 70, pong},
		{"get-info:vanish=6000", getInfo, "1 CBOR 255, 1 #0, 1 #1, 1 #2, 1 #3", 320, pong},
		{"selection:unplug", selection, up, 64, ""},
		{"any#1:unplug=70", getInfo, "1 CBOR 255, 1 #0", 70, ""},
		{"any~2:unplug", getInfo, "1 CBOR 255, 1 #0, 1 #1, 1 #2, 1 #3", 320, pong},
		{"selection:vanish-at-keepalive=1", selection, up, 64, pong},
		{"get-info:vanish-at-keepalive=3", getInfo, "1 KEEPALIVE 1, 1 KEEPALIVE 1, 1 KEEPALIVE 1", 192, pong},
		{"selection:unplug-at-keepalive=1", selection, up, 64, ""},
		{"get-info:unplug-at-keepalive=2", getInfo, "1 KEEPALIVE 1, 1 KEEPALIVE 1", 128, ""},
		{"get-info:dead", getInfo, "1 CBOR 255, 1 #0, 1 #1, 1 #2, 1 #3", 320, ""},
		{"power-up:dead", getInfo, "", 0, ""},
		{"selection:late=250ms", selection, "1 KEEPALIVE 1, 1 KEEPALIVE 1, 1 KEEPALIVE 1, 1 CBOR 1", 256, pong},
		{"selection:twice", selection, answer + ", 1 CBOR 1", 192, pong},
		{"selection:wrong-channel", selection, up + ", 1073741825 CBOR 1", 128, pong},
		{"selection:out-of-sequence", selection, up + ", 1 CBOR 64, 1 #1", 192, pong},
		{"get-info:out-of-sequence", getInfo, "1 CBOR 255, 1 #0, 1 #1, 1 #2, 1 #4", 320, pong},
		{"get-info:truncated", getInfo, "1 CBOR 127, 1 #0, 1 #1", 192, pong},
		{"selection:truncated", selection, up + ", 1 CBOR 0", 128, pong},
		{"get-info:garbage", getInfo, "1 CBOR 41", 64, pong},
		{"get-info:oversized", getInfo, "1 CBOR 65535, 1 #0, …, 1 #127", 129 * 64, pong},
		{"get-info:swap", getInfo, "1 CBOR 255, 1 #0, 1 #1, 1 #2, 1 #3", 320, "1 ERR_INVALID_CHANNEL"},
		{"wink:vanish", wink, "", 0, pong},
		{"wink:0x7F", wink, "1 ERR_OTHER", 64, pong},
		{"init#3:0x06", hello, "1 ERR_CHANNEL_BUSY", 64, pong},
		{"init#3:unplug=10", hello, "1 INIT 17", 10, ""},
		{"init#3:dead", hello, "1 INIT 17", 64, ""},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, err := softkey.ParseFault(tt.fault)
				if err != nil {
					t.Fatal(err)
				}
				var bytes atomic.Int64
				b := newBench(t, softkey.Config{Faults: []softkey.Fault{f}}, func(p *pipe) softkey.Node { return counted{p, &bytes} })
				defer b.key.Close()
				bytes.Store(0)
				b.say(tt.say)
				time.Sleep(10 * time.Second)
				if got := shortened(heard(b.listen())); got != tt.want || bytes.Load() != tt.bytes {
					t.Errorf("the key says %q in %d bytes, want %q in %d", got, bytes.Load(), tt.want, tt.bytes)
				}
				if got := b.ask(initial(chanA, ctaphid.Ping, 1)); got != tt.after {
					t.Errorf("afterwards it says %q, want %q", got, tt.after)
				}
			})
		})
	}
}

// shortened leaves the middle of a very long answer out.
func shortened(s string) string {
	if from, to := strings.Index(s, ", 1 #1,"), strings.LastIndex(s, ", 1 #127"); to >= 0 {
		return s[:from] + ", …" + s[to:]
	}
	return s
}

// A stuck key works for ever: CANCEL does not end it, power does.
func TestFault_stuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := softkey.Fault{Step: softkey.StepReset, Kind: softkey.Stuck, Nth: 1}
		key, h := startOnPipe(t, softkey.Config{Faults: []softkey.Fault{f}})
		defer key.Close()
		h.begin(ctap.CmdReset, nil)
		h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Cancel})
		time.Sleep(time.Minute)
		synctest.Wait()
		if said := len(h.wire.(hostEnd).out); said < 590 || said > 610 {
			t.Errorf("a stuck key said %d reports in a minute", said)
		}
		key.PowerCycle()
		for len(h.wire.(hostEnd).out) > 0 {
			<-h.wire.(hostEnd).out
		}
		h.open()
		h.want(ctap.OK, ctap.CmdReset, nil)
	})
}

// After a swap another key stands there: of the same model with another secret, or of
// another model; at power-up too, and even while a touch is waited for.
func TestFault_swap(t *testing.T) {
	_, h := faulty(t, "get-retries#1:swap", "get-retries#2:swap=fido20")
	mine := h.mustMake(creation())
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.retries()
	h.open()
	if h.info().HasPIN() {
		t.Error("the other key has this one's PIN")
	}
	h.want(ctap.ErrNoCredentials, ctap.CmdGetAssertion, probe(mine.data.Credential.ID))
	model := h.info().AAGUID
	h.retries()
	h.open()
	if h.info().AAGUID == model {
		t.Error("the same model")
	}
}

func TestFault_swapAtPowerUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	key, h := start(t, softkey.Config{Touch: softkey.TouchManual, StateFile: file,
		Faults: []softkey.Fault{{Step: softkey.StepPowerUp, Kind: softkey.Swap, Nth: 2}}})
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	waitFor(t, key, h, ctap.CmdSelection, nil)
	key.PowerCycle()
	if other := dial(t, key); other.info().HasPIN() {
		t.Error("the other key has this one's PIN")
	}
	if err := key.Close(); err != nil {
		t.Fatal(err)
	}
	if _, again := start(t, softkey.Config{StateFile: file}); !again.info().HasPIN() {
		t.Error("the other key was written over this one")
	}
}

// getInfo names another model than the credential does.
func TestFault_wrongModel(t *testing.T) {
	_, h := faulty(t, "get-info#2:wrong-aaguid")
	first, second := h.info().AAGUID, h.info().AAGUID
	if made := h.mustMake(creation()).data.Credential.AAGUID; first != made || second == made {
		t.Errorf("getInfo says %s, then %s; the credential %s", first, second, made)
	}
}

// A status instead of the step, at the n-th time it comes.
func TestFault_status(t *testing.T) {
	_, h := faulty(t, "reset#2:0x30", "toggle-always-uv:0x27")
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.want(ctap.ErrNotAllowed, ctap.CmdReset, nil)
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.wantErr(ctap.ErrOperationDenied, h.configure("", ctap.ConfigToggleAlwaysUV, nil))
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigEnableEnterpriseAttestation, nil))
}

// "forget" says OK and did nothing.
func TestFault_forget(t *testing.T) {
	_, h := faulty(t, "set-pin#1:forget", "reset#1:forget", "enable-ep:forget", "force-pin:forget")
	m := h.mustMake(creation())
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	if h.info().HasPIN() {
		t.Error("a forgotten PIN is set")
	}
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.want(ctap.OK, ctap.CmdGetAssertion, probe(m.data.Credential.ID))
	h.wantErr(ctap.OK, h.configure("", ctap.ConfigEnableEnterpriseAttestation, nil))
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigSetMinPINLength, ctap.SetMinPINLengthParams{ForceChangePIN: true}))
	if info := h.info(); info.EnterpriseAttest() || info.ForcePINChange || !info.HasPIN() {
		t.Errorf("forgotten: %+v", info)
	}
	h.want(ctap.OK, ctap.CmdReset, nil)
	h.want(ctap.ErrNoCredentials, ctap.CmdGetAssertion, probe(m.data.Credential.ID))
}

// "vanish" does the step and drops the answer.
func TestFault_vanish(t *testing.T) {
	_, h := faulty(t, "enable-ep:vanish")
	b, err := ctap.Encode(ctap.ConfigRequest{Subcommand: ctap.ConfigEnableEnterpriseAttestation})
	if err != nil {
		t.Fatal(err)
	}
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.CBOR, Data: append([]byte{byte(ctap.CmdConfig)}, b...)})
	if !h.info().EnterpriseAttest() { // the next answer is getInfo's
		t.Error("the step whose answer vanished was not done")
	}
}

// "late" does the step and answers five seconds later, with keepalives meanwhile.
func TestFault_late(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, h := startOnPipe(t, softkey.Config{Faults: []softkey.Fault{{Step: softkey.StepGetInfo, Kind: softkey.Late}}})
		defer key.Close()
		began := time.Now()
		h.info()
		if took := time.Since(began); took != 5*time.Second || len(h.seen) < 40 {
			t.Errorf("the answer came after %v with %d keepalives", took, len(h.seen))
		}
	})
}

// A canceled command that has not asked for its touch yet ends when it would ask.
func TestTouch_canceledBeforehand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, h := startOnPipe(t, softkey.Config{Latency: softkey.Real})
		defer key.Close()
		h.begin(ctap.CmdReset, nil)
		h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Cancel})
		h.wantErr(ctap.ErrKeepaliveCancel, h.end(nil))
	})
}

func TestFault_unplug(t *testing.T) {
	key, h := faulty(t, "make-credential:unplug")
	h.begin(ctap.CmdMakeCredential, creation())
	if _, err := h.receive(); err == nil {
		t.Error("an unplugged key answered")
	}
	if err := key.Plug(); err != nil {
		t.Fatal(err)
	}
	dial(t, key).info()
}

func TestFault_attestation(t *testing.T) {
	_, h := faulty(t, "make-credential#1:wrong-signature", "make-credential#2:wrong-aaguid", "get-assertion:wrong-signature")
	if err := verify(t, h.mustMake(creation())); !errors.Is(err, ctap.ErrSignature) {
		t.Errorf("wrong signature: %v", err)
	}
	m := h.mustMake(creation())
	if err := verify(t, m); err != nil {
		t.Errorf("wrong AAGUID: %v", err)
	}
	value, _ := extension(leafOf(t, m), 1, 3, 6, 1, 4, 1, 45724, 1, 1, 4)
	if ctap.AAGUID(value[2:]) == m.data.Credential.AAGUID {
		t.Error("the certificate names the right AAGUID")
	}
	if _, _, err := h.assert(probe(m.data.Credential.ID), m); !errors.Is(err, ctap.ErrSignature) {
		t.Errorf("wrong assertion: %v", err)
	}
}

// CTAP1 is a step as well.
func TestFault_u2f(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := softkey.Fault{Step: softkey.StepU2F, Kind: softkey.Twice, Nth: 2}
		b := newBench(t, softkey.Config{Profile: "u2f-only", Faults: []softkey.Fault{f}}, asIs)
		defer b.key.Close()
		version := initial(chanA, ctaphid.Msg, 4, 0, 3)
		b.say(version, version, version)
		if got, want := heard(b.listen()), "1 MSG 8, 1 MSG 8, 1 MSG 8, 1 MSG 8"; got != want {
			t.Errorf("the key says %q, want %q", got, want)
		}
	})
}
