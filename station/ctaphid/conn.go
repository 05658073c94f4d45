package ctaphid

import (
	"errors"
	"fmt"
	"io"
)

// ErrNoChannel is an answer to INIT that is for another program.
var ErrNoChannel = errors.New("the device gave no channel")

// Conn is a host's channel on a device: one request at a time and its answer. Time-outs are the node's: a read that fails
// ends the transaction, and the channel is of no use after it. It is not safe for use by several goroutines.
type Conn struct {
	node io.ReadWriter
	said InitResponse
}

// Dial asks for a channel (CTAP 2.1 §11.2.9.1.3). The node gives one report of 64 bytes with each Read and takes one of
// [OutReport] bytes, the report id in front, with each Write. The nonce tells our answer from those to other programs.
func Dial(node io.ReadWriter, nonce [NonceSize]byte) (*Conn, error) {
	c := &Conn{node: node, said: InitResponse{Channel: Broadcast}}
	if err := c.send(Message{Channel: Broadcast, Command: Init, Data: nonce[:]}); err != nil {
		return nil, err
	}
	for {
		m, err := c.receive()
		if err != nil {
			return nil, fmt.Errorf("ask for a channel: %w", err)
		}
		if m.Command != Init {
			continue
		}
		said, err := ParseInitResponse(m.Data)
		if err != nil {
			return nil, err
		}
		if said.Nonce != nonce {
			continue // another program's
		}
		if said.Channel == Broadcast || said.Channel == 0 {
			return nil, ErrNoChannel
		}
		c.said = said
		return c, nil
	}
}

// Can tells if the device named all of these capabilities.
func (c *Conn) Can(caps Capabilities) bool { return c.said.Capabilities&caps == caps }

// Version is the device's version as the vendor likes it: major, minor, build.
func (c *Conn) Version() [3]byte { return c.said.Version }

// Transact sends one request and gives the answer, which has the same command. Keepalives are skipped; an ERROR message is
// an [Error].
func (c *Conn) Transact(cmd Command, data []byte) ([]byte, error) {
	if err := c.send(Message{Channel: c.said.Channel, Command: cmd, Data: data}); err != nil {
		return nil, err
	}
	for {
		m, err := c.receive()
		switch {
		case err != nil:
			return nil, fmt.Errorf("%v: %w", cmd, err)
		case m.Command == cmd:
			return m.Data, nil
		case m.Command == ErrorMsg:
			return nil, fmt.Errorf("%v: %w", cmd, errorIn(m.Data))
		}
	}
}

// errorIn is the code of an ERROR message (CTAP 2.1 §11.2.9.1.6).
func errorIn(data []byte) Error {
	if len(data) == 0 {
		return ErrOther
	}
	return Error(data[0])
}

func (c *Conn) send(m Message) error {
	reports, err := Packets(m)
	if err != nil {
		return err
	}
	for _, r := range reports {
		out := append([]byte{0}, r[:]...)
		if _, err := c.node.Write(out); err != nil {
			return fmt.Errorf("send %v: %w", m.Command, err)
		}
	}
	return nil
}

// receive gives the next message on the channel. What other programs are told is passed over.
func (c *Conn) receive() (Message, error) {
	var whole Assembler
	for {
		var report [Report]byte
		if _, err := io.ReadFull(c.node, report[:]); err != nil {
			return Message{}, err
		}
		p, err := ParsePacket(report[:])
		if err != nil {
			return Message{}, err
		}
		if p.Channel != c.said.Channel {
			continue
		}
		m, err := whole.Add(p)
		if err != nil {
			return Message{}, err
		}
		if m != nil {
			return *m, nil
		}
	}
}
