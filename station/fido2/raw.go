package fido2

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
)

// Raw is a connection to a key without libfido2 between, for questions that libfido2 does not ask: what came is given as
// it came. It holds the lock that every other program respects. It is not safe for concurrent use.
type Raw struct {
	Hello ctaphid.InitResponse // what the key said to INIT

	file  *os.File
	heard func(ctap.Keepalive)
	path  string
}

// rawSilence is how long a key may say nothing: some wait for a touch without a keepalive.
const rawSilence = time.Minute

// OpenRaw opens the node at path and asks for a channel. heard gets every keepalive; it may be nil.
func OpenRaw(ctx context.Context, path string, heard func(ctap.Keepalive)) (*Raw, error) {
	fd, err := openNode(path, lockPatience)
	if err != nil {
		return nil, fmt.Errorf("open key: %w", err)
	}
	if heard == nil {
		heard = func(ctap.Keepalive) {}
	}
	r := &Raw{file: os.NewFile(uintptr(fd), path), heard: heard, path: path} // it does not block, so deadlines work
	if err := r.hello(ctx); err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("open key: %w", err)
	}
	return r, nil
}

// hello allocates a channel (CTAP 2.1 §11.2.9.1.3). Answers to others' nonces are not ours.
func (r *Raw) hello(ctx context.Context) error {
	nonce := make([]byte, ctaphid.NonceSize)
	_, _ = rand.Read(nonce) // it never fails
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	if err := r.send(ctaphid.Message{Channel: ctaphid.Broadcast, Command: ctaphid.Init, Data: nonce}); err != nil {
		return err
	}
	for {
		m, err := r.receive(ctx, ctaphid.Broadcast)
		if err != nil {
			return err
		}
		h, err := ctaphid.ParseInitResponse(m.Data)
		if m.Command == ctaphid.Init && err == nil && string(h.Nonce[:]) == string(nonce) {
			r.Hello = h
			return nil
		}
	}
}

// Ask sends a CTAP2 command with its parameters in CBOR, and gives what the key answers: a status, and CBOR. When ctx ends
// before, the command is canceled and the key's answer to that is what is given.
func (r *Raw) Ask(ctx context.Context, c ctap.Command, params []byte) (ctap.Status, []byte, error) {
	act := func(err error) error { return fmt.Errorf("%v: %w", c, err) }
	if err := r.send(ctaphid.Message{Channel: r.Hello.Channel, Command: ctaphid.CBOR, Data: append([]byte{byte(c)}, params...)}); err != nil {
		return 0, nil, act(err)
	}
	m, err := r.receive(ctx, r.Hello.Channel)
	if ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		if err := r.send(ctaphid.Message{Channel: r.Hello.Channel, Command: ctaphid.Cancel}); err != nil {
			return 0, nil, act(err)
		}
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), openLimit)
		defer cancel()
		m, err = r.receive(grace, r.Hello.Channel)
	}
	if err != nil {
		return 0, nil, act(err)
	}
	if m.Command != ctaphid.CBOR || len(m.Data) == 0 {
		return 0, nil, act(garbled(fmt.Errorf("%v instead of an answer", m.Command)))
	}
	return ctap.Status(m.Data[0]), m.Data[1:], nil
}

// Heard gives keepalives to somebody else from now on.
func (r *Raw) Heard(heard func(ctap.Keepalive)) { r.heard = heard }

// Close gives the key back.
func (r *Raw) Close() error { return r.file.Close() }

func (r *Raw) send(m ctaphid.Message) error {
	packets, err := ctaphid.Packets(m)
	if err != nil {
		return err
	}
	for _, p := range packets {
		if _, err := r.file.Write(append([]byte{0}, p[:]...)); err != nil { // report id 0
			return r.fault(err)
		}
	}
	return nil
}

// receive gives the next message on the channel that is no keepalive. An error message of the key is an error.
func (r *Raw) receive(ctx context.Context, on ctaphid.Channel) (ctaphid.Message, error) {
	over := func() { _ = r.file.SetReadDeadline(time.Unix(1, 0)) } // a node that has no deadlines was not opened
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { over(); close(done) })
	defer func() { // nothing ends the next reading
		if !stop() {
			<-done
		}
	}()
	var whole ctaphid.Assembler
	for {
		if err := r.file.SetReadDeadline(time.Now().Add(rawSilence)); err != nil {
			return ctaphid.Message{}, r.fault(err)
		}
		if ctx.Err() != nil {
			over()
		}
		var report [ctaphid.Report]byte
		n, err := r.file.Read(report[:])
		if err != nil {
			return ctaphid.Message{}, r.fault(err)
		}
		p, err := ctaphid.ParsePacket(report[:n])
		if err != nil || p.Channel != on {
			continue
		}
		m, err := whole.Add(p)
		switch {
		case err != nil:
			return ctaphid.Message{}, garbled(err)
		case m == nil:
		case m.Command == ctaphid.Keepalive && len(m.Data) > 0:
			r.heard(ctap.Keepalive(m.Data[0]))
		case m.Command == ctaphid.ErrorMsg && len(m.Data) > 0:
			return ctaphid.Message{}, sentence(inventory.Unavailable, ctaphid.Error(m.Data[0]),
				"The key at %s refuses to talk: close other programs that use it, or unplug it and plug it in again.", r.path)
		default:
			return *m, nil
		}
	}
}

func (r *Raw) fault(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return sentence(inventory.Unavailable, err, "The key at %s does not answer: unplug it and plug it in again.", r.path)
	case unplugged(err), errors.Is(err, unix.ENOENT):
		return sentence(inventory.Unavailable, err, "The key was unplugged: plug it in again.")
	}
	return sentence(inventory.Unavailable, err, "The key stopped talking: unplug it and plug it in again.")
}
