package fido2_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/fido2"
)

// peer is the key's side of a pseudo-terminal, played by a test report by report.
type peer struct {
	t      *testing.T
	master *os.File
	path   string
	done   chan struct{}

	grown  int                                       // bytes that the answer to INIT is longer than today
	before func(m ctaphid.Message) []ctaphid.Message // sent before each answer; nil: nothing
	chunk  int                                       // bytes per write; 0: a whole report
	answer func(request []byte) []byte               // the CTAP2 answer; nil: none
}

const ownChannel ctaphid.Channel = 0x01020304

// play answers until the test ends.
func (p *peer) play(t *testing.T, raw bool) *peer {
	t.Helper()
	p.t, p.done = t, make(chan struct{})
	p.master, p.path = pty(t, raw)
	go func() {
		defer close(p.done)
		p.serve()
	}()
	t.Cleanup(func() { // before the pty's own clean-up, which is older
		_ = p.master.Close()
		<-p.done
	})
	return p
}

func (p *peer) serve() {
	var in ctaphid.Assembler
	report := make([]byte, ctaphid.OutReport)
	for n := 0; ; {
		got, err := p.master.Read(report[n:])
		if err != nil {
			return
		}
		if n += got; n < len(report) {
			continue
		}
		n = 0
		packet, err := ctaphid.ParsePacket(report[1:])
		if err != nil {
			return
		}
		if m, err := in.Add(packet); err == nil && m != nil {
			p.reply(*m)
		}
	}
}

func (p *peer) reply(m ctaphid.Message) {
	if p.before != nil {
		for _, b := range p.before(m) {
			p.send(b)
		}
	}
	switch m.Command {
	case ctaphid.Init:
		r := ctaphid.InitResponse{Channel: ownChannel, Protocol: ctaphid.ProtocolVersion, Capabilities: ctaphid.CapCBOR}
		copy(r.Nonce[:], m.Data)
		p.send(ctaphid.Message{Channel: m.Channel, Command: ctaphid.Init, Data: append(r.Encode(), make([]byte, p.grown)...)})
	case ctaphid.CBOR:
		if a := p.answer(m.Data); a != nil {
			p.send(ctaphid.Message{Channel: m.Channel, Command: ctaphid.CBOR, Data: a})
		}
	}
}

func (p *peer) send(m ctaphid.Message) {
	reports, err := ctaphid.Packets(m)
	if err != nil {
		p.t.Error(err)
		return
	}
	for _, r := range reports {
		chunk := p.chunk
		if chunk == 0 {
			chunk = len(r)
		}
		for c := range slices.Chunk(r[:], chunk) {
			if _, err := p.master.Write(c); err != nil {
				return
			}
		}
	}
}

// manyMembers is a getInfo answer of several packets with members that libfido2 1.12 hides, or has never heard of.
func manyMembers(t *testing.T) []byte {
	t.Helper()
	b, err := ctap.Encode(map[int]any{
		0x01: []string{ctap.VersionFIDO21}, 0x03: make([]byte, 16), 0x04: map[string]bool{"rk": true},
		0x18: true, 0x1A: []string{"usb"}, 0x1B: true, 0x1C: []byte(strings.Repeat("https://example.com/", 20)), 0x1D: 24,
		0x77: "from another time",
	})
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{byte(ctap.OK)}, b...)
}

func (p *peer) open(t *testing.T, heard func(ctap.Keepalive)) station.Authenticator {
	t.Helper()
	k, err := fido2.Open(t.Context(), p.path, heard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// TestKey_Info_hidden reads what this libfido2 has no function for.
func TestKey_Info_hidden(t *testing.T) {
	answer := manyMembers(t)
	p := (&peer{answer: func([]byte) []byte { return answer }}).play(t, true)
	k := p.open(t, nil)
	info, err := k.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := k.Info(t.Context()); err != nil || !bytes.Equal(again.Raw, info.Raw) {
		t.Fatal("asked again:", err)
	}
	if !info.LongTouchForReset || !info.PINComplexityPolicy || info.MaxPINLength != 24 || len(info.TransportsForReset) != 1 {
		t.Fatalf("%+v", info)
	}
	if !bytes.Equal(info.Raw, answer[1:]) {
		t.Fatal("the raw answer is not what was sent")
	}
}

// TestKey_Info_longInit opens keys whose answer to INIT has grown, as a host must (CTAP 2.1 §11.2.9.1.3).
func TestKey_Info_longInit(t *testing.T) {
	answer := manyMembers(t)
	for _, grown := range []int{1, 40} { // up to a full packet
		p := (&peer{grown: grown, answer: func([]byte) []byte { return answer }}).play(t, true)
		info, err := p.open(t, nil).Info(t.Context())
		if err != nil || !bytes.Equal(info.Raw, answer[1:]) {
			t.Errorf("%d bytes more: %v", grown, err)
		}
	}
}

// TestKey_withNoise finds its answers between reports for other programs, keepalives and broken pieces.
func TestKey_withNoise(t *testing.T) {
	answer := manyMembers(t)
	other := ctaphid.Channel(0x0A0B0C0D)
	p := &peer{chunk: 7, answer: func([]byte) []byte { return answer }}
	p.before = func(m ctaphid.Message) []ctaphid.Message {
		if m.Command == ctaphid.Init { // somebody else asked for a channel at the same time
			return []ctaphid.Message{{Channel: ctaphid.Broadcast, Command: ctaphid.Init, Data: make([]byte, 17)}}
		}
		return []ctaphid.Message{
			{Channel: other, Command: ctaphid.CBOR, Data: make([]byte, 200)},
			{Channel: m.Channel, Command: ctaphid.Keepalive, Data: []byte{byte(ctap.KeepaliveProcessing)}},
			{Channel: other, Command: ctaphid.Keepalive, Data: []byte{9}},
			{Channel: m.Channel, Command: ctaphid.Keepalive, Data: []byte{byte(ctap.KeepaliveUPNeeded)}},
		}
	}
	p.play(t, true)
	var mu sync.Mutex
	var heard []ctap.Keepalive
	k := p.open(t, func(a ctap.Keepalive) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, a)
	})
	for range 2 { // the first is what came with the opening
		if _, err := k.Info(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	want := []ctap.Keepalive{ctap.KeepaliveProcessing, ctap.KeepaliveUPNeeded}
	if want = append(want, want...); !slices.Equal(heard, want) { // for getInfo at the opening, and for ours
		t.Fatalf("heard %v, want %v", heard, want)
	}
}

// TestKey_MakeCredential_keepsBytes hands on an attestation statement that is not canonical, as it came.
func TestKey_MakeCredential_keepsBytes(t *testing.T) {
	data := ctap.AuthData{RPIDHash: sha256.Sum256([]byte("example.com")), Flags: ctap.FlagUP | ctap.FlagAT, Credential: &ctap.AttestedCredential{
		ID:        []byte("some credential id"),
		PublicKey: mustHex(t, "a5010203262001215820"+strings.Repeat("11", 32)+"225820"+strings.Repeat("22", 32)),
	}}.Encode()
	// {"alg": -7, "sig": h'…', "x5c": [two certificates]}, the length of sig longer than it need be.
	statement := slices.Concat(mustHex(t, "a3"+"63616c67"+"26"+"63736967"+"590008"+"3006020101020101"+"63783563"+"82"+"5903e8"),
		bytes.Repeat([]byte{1}, 1000), mustHex(t, "5901f4"), bytes.Repeat([]byte{2}, 500))
	wrapped, err := ctap.Encode(data)
	if err != nil {
		t.Fatal(err)
	}
	made := slices.Concat([]byte{0, 0xA3, 1}, mustHex(t, "667061636b6564"), []byte{2}, wrapped, []byte{3}, statement)
	info := manyMembers(t)
	p := (&peer{answer: func(request []byte) []byte {
		if ctap.Command(request[0]) == ctap.CmdGetInfo {
			return info
		}
		return made
	}}).play(t, true)
	c, err := p.open(t, nil).MakeCredential(t.Context(), station.CreationOptions{RPID: "example.com", UserID: []byte{1}, ClientDataHash: make([]byte, 32)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ctap.ParseAttestationObject(c.Object)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(o.Statement, statement) || !bytes.Equal(o.AuthData, data) || !bytes.Equal(c.AuthData, data) || o.Format != "packed" {
		t.Fatalf("the statement is %x", o.Statement)
	}
	if string(c.CredentialID) != "some credential id" || len(c.PublicKey) == 0 {
		t.Fatalf("%+v", c)
	}
}

// TestKey_faults are connections that break, and what a person reads of it.
func TestKey_faults(t *testing.T) {
	info := manyMembers(t)
	for _, c := range []struct {
		name   string
		answer []byte
		before []ctaphid.Message
		is     error
		want   string
	}{
		{"nonsense", []byte{0, 0xFF, 0xFF}, nil, nil, "makes no sense"},
		{"an array of 4,294,967,295", []byte{0, 0x9A, 0xFF, 0xFF, 0xFF, 0xFF}, nil, nil, "makes no sense"},
		{"a map of as many", []byte{0, 0xA1, 0x04, 0xBA, 0xFF, 0xFF, 0xFF, 0xFF}, nil, nil, "makes no sense"},
		{"not a map", []byte{0, 0x01}, nil, nil, "makes no sense"},
		{"members of the wrong type", []byte{0, 0xA1, 0x01, 0x63, 'a', 'b', 'c'}, nil, nil, "makes no sense"},
		{"an empty answer", []byte{}, nil, nil, ""},
		{"busy", info, []ctaphid.Message{{Channel: ownChannel, Command: ctaphid.ErrorMsg, Data: []byte{byte(ctaphid.ErrChannelBusy)}}}, ctaphid.ErrChannelBusy, "is busy and does not come to an end: unplug it"},
		{"another fault", info, []ctaphid.Message{{Channel: ownChannel, Command: ctaphid.ErrorMsg, Data: []byte{byte(ctaphid.ErrOther)}}}, ctaphid.ErrOther, "stopped talking"},
		{"a command unknown", info, []ctaphid.Message{{Channel: ownChannel, Command: ctaphid.ErrorMsg, Data: []byte{byte(ctaphid.ErrInvalidCommand)}}}, ctaphid.ErrInvalidCommand, "denies a command"},
		{"an answer too long", append([]byte{0, 0x59, 0x10, 0x00}, make([]byte, 0x1000)...), nil, nil, "longer than libfido2 can read"},
		{"the wrong command", info, []ctaphid.Message{{Channel: ownChannel, Command: ctaphid.Ping, Data: []byte{1}}}, nil, "stopped talking"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var opened sync.Once
			p := &peer{}
			first := true
			p.answer = func([]byte) (a []byte) {
				a = c.answer
				opened.Do(func() { a = info })
				return a
			}
			p.before = func(m ctaphid.Message) []ctaphid.Message {
				if m.Command != ctaphid.CBOR {
					return nil
				}
				defer func() { first = false }()
				if first {
					return nil
				}
				return c.before
			}
			k := p.play(t, true).open(t, nil)
			if _, err := k.Info(t.Context()); err != nil {
				t.Fatal("what came with the opening:", err)
			}
			_, err := k.Info(t.Context())
			if err == nil || !strings.Contains(inventory.Sentence(err), c.want) {
				t.Fatal(err)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("%v is not in the chain of %v", c.is, err)
			}
			if err := k.Reset(t.Context()); !errors.Is(err, fido2.ErrBroken) {
				t.Fatalf("after the fault: %v", err)
			}
		})
	}
}
