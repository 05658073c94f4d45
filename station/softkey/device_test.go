package softkey_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"testing/synctest"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

func (h *host) wantError(want ctaphid.Error) {
	h.t.Helper()
	if _, err := h.receive(); !errors.Is(err, want) {
		h.t.Errorf("got %v, want %v", err, want)
	}
}

func (h *host) packet(channel ctaphid.Channel, bytesAfter ...byte) {
	h.t.Helper()
	p := [ctaphid.Report]byte{byte(channel >> 24), byte(channel >> 16), byte(channel >> 8), byte(channel)}
	copy(p[4:], bytesAfter)
	h.write(p)
}

// CTAP 2.1 §11.2.9.1: what the transport answers by itself.
func TestTransport(t *testing.T) {
	_, h := start(t, softkey.Config{})
	r := h.open()
	if r.Capabilities&ctaphid.CapCBOR == 0 || r.Protocol != 2 {
		t.Errorf("INIT %+v", r)
	}
	big := bytes.Repeat([]byte("ping"), ctaphid.MaxMessage/4)
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Ping, Data: big})
	if m := h.must(h.receive()); !bytes.Equal(m.Data, big) {
		t.Error("a long ping came back changed")
	}
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Wink})
	if m := h.must(h.receive()); m.Command != ctaphid.Wink {
		t.Errorf("wink: %v", m)
	}
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Init, Data: []byte("abcdefgh")})
	if m := h.must(h.receive()); m.Command != ctaphid.Init {
		t.Errorf("INIT on an own channel: %v", m)
	}
}

func TestTransport_errors(t *testing.T) {
	_, h := start(t, softkey.Config{})
	own := h.channel
	tests := []struct {
		name string
		do   func()
		want ctaphid.Error
	}{
		{"unknown command", func() { h.packet(own, 0xC2, 0, 0) }, ctaphid.ErrInvalidCommand},
		{"empty CBOR", func() { h.packet(own, byte(ctaphid.CBOR), 0, 0) }, ctaphid.ErrInvalidLength},
		{"too long", func() { h.packet(own, byte(ctaphid.Ping), 0xFF, 0xFF) }, ctaphid.ErrInvalidLength},
		{"out of sequence", func() { h.packet(own, byte(ctaphid.Ping), 1, 0); h.packet(own, 5) }, ctaphid.ErrInvalidSeq},
		{"nonce too short", func() { h.packet(own, byte(ctaphid.Init), 0, 3) }, ctaphid.ErrInvalidLength},
		{"reserved channel", func() { h.channel = 0; h.packet(0, byte(ctaphid.Ping), 0, 0) }, ctaphid.ErrInvalidChannel},
		{"channel nobody has", func() { h.channel = 99; h.packet(99, byte(ctaphid.Ping), 0, 0) }, ctaphid.ErrInvalidChannel},
		{"ping to all", func() { h.channel = ctaphid.Broadcast; h.packet(ctaphid.Broadcast, byte(ctaphid.Ping), 0, 0) }, ctaphid.ErrInvalidChannel},
		{"INIT to all, short", func() { h.channel = ctaphid.Broadcast; h.packet(ctaphid.Broadcast, byte(ctaphid.Init), 0, 1) }, ctaphid.ErrInvalidLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.t, h.channel = t, own
			tt.do()
			h.wantError(tt.want)
			h.t, h.channel = t, own
			h.info() // the key is fine afterwards
		})
	}
}

func TestTransport_messageTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, h := startOnPipe(t, softkey.Config{})
		defer key.Close()
		h.packet(h.channel, byte(ctaphid.Ping), 1, 0)
		h.wantError(ctaphid.ErrMsgTimeout)
		h.info()
	})
}

// While one program waits for a touch another gets a channel, and BUSY on it.
func TestTransport_busy(t *testing.T) {
	key, h := start(t, softkey.Config{Touch: softkey.TouchManual})
	waitFor(t, key, h, ctap.CmdSelection, nil)
	first := h.channel
	h.open()
	h.begin(ctap.CmdGetInfo, nil)
	h.wantError(ctaphid.ErrChannelBusy)
	second := h.channel
	h.channel = first
	h.begin(ctap.CmdGetInfo, nil)
	h.wantError(ctaphid.ErrChannelBusy)
	key.Touch()
	h.wantErr(ctap.OK, h.end(nil))
	h.channel = second
	h.info()
}

// INIT on the channel of a waiting command aborts it (CTAP 2.1 §11.2.9.1.3).
func TestTransport_resynchronize(t *testing.T) {
	key, h := start(t, softkey.Config{Touch: softkey.TouchManual})
	waitFor(t, key, h, ctap.CmdReset, nil)
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.Init, Data: []byte("abcdefgh")})
	if m := h.must(h.receive()); m.Command != ctaphid.Init {
		t.Errorf("got %v", m.Command)
	}
	if h.info(); key.Waiting() {
		t.Error("still waiting")
	}
}

// What somebody types or prompts into the terminal is not a report.
func TestPTY_strangersBytes(t *testing.T) {
	_, h := start(t, softkey.Config{})
	if _, err := h.wire.Write([]byte("Enter PIN for /dev/pts/3: ")); err != nil {
		t.Fatal(err)
	}
	h.info()
}

// What a dead program left unread does not reach the next one.
func TestPTY_leftovers(t *testing.T) {
	key, h := start(t, softkey.Config{})
	for range 10 {
		h.begin(ctap.CmdGetInfo, nil) // never reads the answers
	}
	dial(t, key).info()
}

func TestHands_unplugAndPlug(t *testing.T) {
	key, h := start(t, softkey.Config{Touch: softkey.TouchManual})
	waitFor(t, key, h, ctap.CmdSelection, nil)
	key.Unplug()
	var r [ctaphid.Report]byte
	var err error
	for err == nil { // keepalives that were under way
		_, err = h.wire.Read(r[:])
	}
	if !errors.Is(err, syscall.EIO) && !errors.Is(err, io.EOF) {
		t.Errorf("reading an unplugged key: %v", err)
	}
	if key.Waiting() {
		t.Error("an unplugged key waits for a touch")
	}
	old := key.Path()
	key.Unplug() // twice is once
	key.PowerCycle()
	key.Touch()
	if other, _ := start(t, softkey.Config{}); other.Path() == old {
		t.Error("another key is where this one was")
	}
	if err := key.Plug(); err != nil {
		t.Fatal(err)
	}
	if err := key.Plug(); err != nil {
		t.Errorf("plugging a key that is in: %v", err)
	}
	if key.Path() == old {
		t.Error("plugged in again at the path it left")
	}
	dial(t, key).info()
}

// The power goes away under a command: no answer, and the next program finds it well.
func TestHands_powerCycleUnderCommand(t *testing.T) {
	key, h := start(t, softkey.Config{Touch: softkey.TouchManual})
	waitFor(t, key, h, ctap.CmdReset, nil)
	key.PowerCycle()
	next := dial(t, key)
	next.info()
	next.channel = h.channel + 100
	next.begin(ctap.CmdGetInfo, nil)
	next.wantError(ctaphid.ErrInvalidChannel)
}

func TestHands_afterClose(t *testing.T) {
	key, h := start(t, softkey.Config{Touch: softkey.TouchNever})
	waitFor(t, key, h, ctap.CmdSelection, nil)
	for range 2 {
		if err := key.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := key.Plug(); !errors.Is(err, softkey.ErrClosed) {
		t.Errorf("Plug after Close: %v", err)
	}
	key.Unplug()
	key.PowerCycle()
	if _, err := os.Stat(key.Path()); err == nil {
		t.Logf("%s is somebody else's by now", key.Path())
	}
}
