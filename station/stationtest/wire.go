package stationtest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// Wire is the pseudo-terminal of a software key that writes down what passes over it, so that two programs can be held
// against each other by what they asked of a key. It is safe for concurrent use.
type Wire struct {
	softkey.Node

	mu       sync.Mutex
	asked    ctaphid.Assembler
	answered ctaphid.Assembler
	since    time.Time // when the last message was in the key's hands
	traffic  Traffic
}

// Traffic is what passed between a key and whoever opened it.
type Traffic struct {
	Asked   []string // the messages to the key in order, by their names in the standard
	Packets int      // to the key
	Answers int      // packets from the key, without its keepalives
	// Working is how long the key had a message that it had not answered. It is the key's time; the rest is the host's.
	Working time.Duration
}

// Wired starts a software key on a wire.
func Wired(t testing.TB, cfg softkey.Config) (*softkey.Key, *Wire) {
	t.Helper()
	w := &Wire{}
	cfg.Open = func() (softkey.Node, error) {
		node, err := softkey.OpenPTY()
		w.Node = node
		return w, err
	}
	return Key(t, cfg), w
}

// Traffic gives what has passed so far.
func (w *Wire) Traffic() Traffic {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.traffic
	t.Asked = append([]string{}, t.Asked...)
	return t
}

// Read gives the next report to the key.
func (w *Wire) Read(report []byte) (int, error) {
	n, err := w.Node.Read(report)
	if err != nil {
		return n, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traffic.Packets++
	if m := add(&w.asked, report[:n]); m != nil {
		w.traffic.Asked, w.since = append(w.traffic.Asked, messageName(*m)), time.Now()
	}
	return n, nil
}

// Write takes a report from the key.
func (w *Wire) Write(report []byte) (int, error) {
	w.answer(report)
	return w.Node.Write(report)
}

func (w *Wire) answer(report []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := ctaphid.ParsePacket(report)
	if err != nil || p.Init && p.Command == ctaphid.Keepalive {
		return
	}
	w.traffic.Answers++
	if add(&w.answered, report) != nil {
		w.traffic.Working += time.Since(w.since)
	}
}

// Renew puts the terminal into the state of a fresh open.
func (w *Wire) Renew() error {
	r, ok := w.Node.(interface{ Renew() error })
	if !ok {
		return nil
	}
	return r.Renew()
}

func add(a *ctaphid.Assembler, report []byte) *ctaphid.Message {
	p, err := ctaphid.ParsePacket(report)
	if err != nil {
		return nil
	}
	m, err := a.Add(p)
	if err != nil {
		return nil
	}
	return m
}

// messageName says what a message asks, with what makes two of the same command differ. What cannot be read is named by
// zero values.
func messageName(m ctaphid.Message) string {
	if m.Command != ctaphid.CBOR || len(m.Data) == 0 {
		return strings.TrimPrefix(m.Command.String(), "CTAPHID_")
	}
	cmd, body := ctap.Command(m.Data[0]), m.Data[1:]
	name := strings.TrimPrefix(cmd.String(), "authenticator")
	switch cmd {
	case ctap.CmdClientPIN:
		var r ctap.ClientPINRequest
		_ = ctap.DecodeRequest(body, &r)
		return fmt.Sprintf("%s 0x%02X", name, int(r.Subcommand))
	case ctap.CmdConfig:
		var r ctap.ConfigRequest
		_ = ctap.DecodeRequest(body, &r)
		return fmt.Sprintf("%s 0x%02X %X", name, int(r.Subcommand), []byte(r.Params))
	case ctap.CmdGetAssertion:
		var r ctap.GetAssertionRequest
		_ = ctap.DecodeRequest(body, &r)
		return fmt.Sprintf("%s of %d %v%s", name, len(r.AllowList), r.Options, withToken(r.PINUVAuthParam))
	case ctap.CmdMakeCredential:
		var r ctap.MakeCredentialRequest
		_ = ctap.DecodeRequest(body, &r)
		return fmt.Sprintf("%s %v%s", name, r.Options, withToken(r.PINUVAuthParam))
	}
	return name
}

func withToken(param *[]byte) string {
	if param == nil {
		return ""
	}
	return " with a token"
}
