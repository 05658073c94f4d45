package ctaphid_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"keystation/station/ctaphid"
)

func assemble(t *testing.T, a *ctaphid.Assembler, reports [][ctaphid.Report]byte) (*ctaphid.Message, error) {
	t.Helper()
	for i, r := range reports {
		p, err := ctaphid.ParsePacket(r[:])
		if err != nil {
			t.Fatal(err)
		}
		m, err := a.Add(p)
		if err != nil || m != nil {
			if i != len(reports)-1 {
				t.Fatalf("packet %d of %d ended the message: %v", i+1, len(reports), err)
			}
			return m, err
		}
	}
	return nil, nil
}

// Messages of every interesting length go through packets and come back the same.
func TestPackets_roundTrip(t *testing.T) {
	for length, packets := range map[int]int{0: 1, 1: 1, 57: 1, 58: 2, 57 + 59: 2, 57 + 60: 3, ctaphid.MaxMessage: 129} {
		want := ctaphid.Message{Channel: 0x01020304, Command: ctaphid.CBOR, Data: bytes.Repeat([]byte{0xAB}, length)}
		reports, err := ctaphid.Packets(want)
		if err != nil || len(reports) != packets {
			t.Errorf("%d bytes: %d packets, want %d; %v", length, len(reports), packets, err)
		}
		var a ctaphid.Assembler
		got, err := assemble(t, &a, reports)
		if err != nil || got == nil || got.Channel != want.Channel || got.Command != want.Command || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%d bytes came back as %+v, %v", length, got, err)
		}
		if _, busy := a.Busy(); busy {
			t.Errorf("%d bytes: still busy", length)
		}
	}
	if _, err := ctaphid.Packets(ctaphid.Message{Data: make([]byte, ctaphid.MaxMessage+1)}); !errors.Is(err, ctaphid.ErrInvalidLength) {
		t.Errorf("one byte too many: %v", err)
	}
	if ctaphid.MaxMessage != 7609 {
		t.Errorf("the longest message has %d bytes", ctaphid.MaxMessage)
	}
}

// CTAP 2.1 §11.2.4: the bytes on the wire.
func TestPackets_bytes(t *testing.T) {
	reports, err := ctaphid.Packets(ctaphid.Message{Channel: ctaphid.Broadcast, Command: ctaphid.Init, Data: []byte("12345678")})
	if err != nil {
		t.Fatal(err)
	}
	want := "\xff\xff\xff\xff\x86\x00\x0812345678"
	if got := reports[0][:len(want)]; string(got) != want {
		t.Errorf("% x", got)
	}
}

// CTAP 2.1 §11.2.5: what is out of order is an error, and never ends up in a message.
func TestAssembler_disorder(t *testing.T) {
	start := ctaphid.Packet{Channel: 1, Init: true, Command: ctaphid.Ping, Length: 100, Data: make([]byte, 57)}
	cont := func(channel ctaphid.Channel, seq byte) ctaphid.Packet {
		return ctaphid.Packet{Channel: channel, Seq: seq, Data: make([]byte, 59)}
	}
	with := func(edit func(*ctaphid.Packet)) ctaphid.Packet { p := start; edit(&p); return p }
	tests := []struct {
		name   string
		second ctaphid.Packet
		want   error
		busy   bool // the message goes on
		done   bool
	}{
		{"in order", cont(1, 0), nil, false, true},
		{"a number left out", cont(1, 1), ctaphid.ErrInvalidSeq, false, false},
		{"of another channel", cont(2, 0), nil, true, false},
		{"another program begins", with(func(p *ctaphid.Packet) { p.Channel = 2 }), ctaphid.ErrChannelBusy, true, false},
		{"a message in the message", start, ctaphid.ErrInvalidSeq, false, false},
		{"INIT starts again", with(func(p *ctaphid.Packet) { p.Command, p.Length = ctaphid.Init, 8 }), nil, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a ctaphid.Assembler
			if m, err := a.Add(start); m != nil || err != nil {
				t.Fatal(m, err)
			}
			m, err := a.Add(tt.second)
			channel, busy := a.Busy()
			if !errors.Is(err, tt.want) || (m != nil) != tt.done || busy != tt.busy || busy && channel != 1 {
				t.Errorf("message %v, error %v, busy %v", m, err, busy)
			}
		})
	}
	var a ctaphid.Assembler
	if m, err := a.Add(cont(1, 0)); m != nil || err != nil {
		t.Errorf("a continuation of nothing: %v, %v", m, err)
	}
	if _, err := a.Add(with(func(p *ctaphid.Packet) { p.Length = ctaphid.MaxMessage + 1 })); !errors.Is(err, ctaphid.ErrInvalidLength) {
		t.Errorf("too long: %v", err)
	}
}

func TestInitResponse(t *testing.T) {
	want := ctaphid.InitResponse{Nonce: [8]byte{1, 2, 3}, Channel: 9, Protocol: 2, Version: [3]byte{5, 4, 3}, Capabilities: ctaphid.CapCBOR | ctaphid.CapNMSG}
	b := want.Encode()
	if got, err := ctaphid.ParseInitResponse(append(b, 0xFF)); err != nil || got != want { // later versions may be longer
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := ctaphid.ParseInitResponse(b[:16]); err == nil {
		t.Error("16 bytes were taken for an answer")
	}
}

func TestNames(t *testing.T) {
	if ctaphid.CBOR.String() != "CTAPHID_CBOR" || ctaphid.Command(0xC2).String() != "CTAPHID command 0xC2" {
		t.Error(ctaphid.CBOR, ctaphid.Command(0xC2))
	}
	if got := ctaphid.ErrChannelBusy.Error(); !strings.Contains(got, "ERR_CHANNEL_BUSY (0x06)") {
		t.Error(got)
	}
	if ctaphid.Error(0x42).Name() != "ERR_UNKNOWN" || ctaphid.Error(0x42).Error() == "" {
		t.Error(ctaphid.Error(0x42))
	}
	if _, err := ctaphid.ParsePacket(make([]byte, 65)); err == nil {
		t.Error("65 bytes were taken for a packet")
	}
}

// FuzzAssembler feeds any reports; messages stay within the limit and nothing panics.
func FuzzAssembler(f *testing.F) {
	reports, err := ctaphid.Packets(ctaphid.Message{Channel: 1, Command: ctaphid.CBOR, Data: make([]byte, 150)})
	if err != nil {
		f.Fatal(err)
	}
	var all []byte
	for _, r := range reports {
		all = append(all, r[:]...)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		var a ctaphid.Assembler
		for len(b) > 0 {
			var r [ctaphid.Report]byte
			b = b[copy(r[:], b):]
			p, err := ctaphid.ParsePacket(r[:])
			if err != nil {
				t.Fatal(err)
			}
			m, err := a.Add(p)
			if err != nil && m != nil {
				t.Error("an error and a message")
			}
			if a.Held() > ctaphid.MaxMessage {
				t.Errorf("%d bytes are held", a.Held())
			}
			if m == nil {
				continue
			}
			if len(m.Data) > ctaphid.MaxMessage || m.Channel != p.Channel {
				t.Errorf("message of %d bytes on channel %d", len(m.Data), m.Channel)
			}
			if _, err := ctaphid.ParseInitResponse(m.Data); err == nil && len(m.Data) < 17 {
				t.Error("a short INIT answer")
			}
		}
	})
}

// FuzzPackets sends any message; it arrives as it was, or is refused for its length.
func FuzzPackets(f *testing.F) {
	f.Add(uint32(1), byte(ctaphid.CBOR), make([]byte, 150))
	f.Fuzz(func(t *testing.T, channel uint32, command byte, data []byte) {
		sent := ctaphid.Message{Channel: ctaphid.Channel(channel), Command: ctaphid.Command(command | 0x80), Data: data}
		reports, err := ctaphid.Packets(sent)
		if (err != nil) != (len(data) > ctaphid.MaxMessage) {
			t.Fatal(err)
		}
		var a ctaphid.Assembler
		got, err := assemble(t, &a, reports)
		if err != nil {
			t.Fatal(err)
		}
		if got != nil && (got.Channel != sent.Channel || got.Command != sent.Command || !bytes.Equal(got.Data, data)) || got == nil && len(reports) > 0 {
			t.Errorf("%+v became %+v", sent, got)
		}
	})
}
