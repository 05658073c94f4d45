package ctaphid_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"keystation/station/ctaphid"
)

// script is a device that answers each request with what a table says.
type script struct {
	asked ctaphid.Assembler
	out   bytes.Buffer
	to    func(ctaphid.Message) []ctaphid.Message
}

func (s *script) Write(report []byte) (int, error) {
	if len(report) != ctaphid.OutReport || report[0] != 0 {
		return 0, errors.New("no report with its id in front")
	}
	p, err := ctaphid.ParsePacket(report[1:])
	if err != nil {
		return 0, err
	}
	m, err := s.asked.Add(p)
	if err != nil {
		return 0, err
	}
	if m == nil {
		return len(report), nil
	}
	for _, answer := range s.to(*m) {
		reports, err := ctaphid.Packets(answer)
		if err != nil {
			return 0, err
		}
		for _, r := range reports {
			s.out.Write(r[:])
		}
	}
	return len(report), nil
}

// Read fails like a node whose time is over when the device has nothing to say.
func (s *script) Read(report []byte) (int, error) { return s.out.Read(report) }

var nonce = [ctaphid.NonceSize]byte{1, 2, 3, 4, 5, 6, 7, 8}

func hello(n [ctaphid.NonceSize]byte, channel ctaphid.Channel) ctaphid.Message {
	r := ctaphid.InitResponse{Nonce: n, Channel: channel, Protocol: ctaphid.ProtocolVersion, Version: [3]byte{5, 7, 1}, Capabilities: ctaphid.CapWink | ctaphid.CapCBOR}
	return ctaphid.Message{Channel: ctaphid.Broadcast, Command: ctaphid.Init, Data: r.Encode()}
}

// device answers INIT, and what else it is asked with answers.
func device(answers ...ctaphid.Message) *script {
	return &script{to: func(m ctaphid.Message) []ctaphid.Message {
		if m.Command == ctaphid.Init {
			return []ctaphid.Message{hello([ctaphid.NonceSize]byte{9}, 4), hello(nonce, 7)} // another program's first
		}
		return answers
	}}
}

func TestConn(t *testing.T) {
	long := bytes.Repeat([]byte{0xAB}, 300)
	tests := []struct {
		name    string
		answers []ctaphid.Message
		want    []byte
		err     error
	}{
		{"an answer", []ctaphid.Message{{Channel: 7, Command: ctaphid.Ping, Data: long}}, long, nil},
		{"after keepalives and another's message", []ctaphid.Message{
			{Channel: 7, Command: ctaphid.Keepalive, Data: []byte{1}}, {Channel: 4, Command: ctaphid.Ping, Data: []byte("no")},
			{Channel: 7, Command: ctaphid.Keepalive, Data: []byte{2}}, {Channel: 7, Command: ctaphid.Ping, Data: []byte("yes")},
		}, []byte("yes"), nil},
		{"an error message", []ctaphid.Message{{Channel: 7, Command: ctaphid.ErrorMsg, Data: []byte{6}}}, nil, ctaphid.ErrChannelBusy},
		{"an error without a code", []ctaphid.Message{{Channel: 7, Command: ctaphid.ErrorMsg}}, nil, ctaphid.ErrOther},
		{"silence", nil, nil, io.EOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ctaphid.Dial(device(tt.answers...), nonce)
			if err != nil {
				t.Fatal(err)
			}
			if !c.Can(ctaphid.CapWink) || c.Can(ctaphid.CapNMSG) || c.Version() != [3]byte{5, 7, 1} {
				t.Errorf("it can wink: %v; version %v", c.Can(ctaphid.CapWink), c.Version())
			}
			got, err := c.Transact(ctaphid.Ping, long)
			if !errors.Is(err, tt.err) || !bytes.Equal(got, tt.want) {
				t.Errorf("% x, %v", got, err)
			}
		})
	}
}

func TestDial_refused(t *testing.T) {
	for name, answers := range map[string][]ctaphid.Message{
		"silence":               nil,
		"the broadcast channel": {hello(nonce, ctaphid.Broadcast)},
		"a short answer":        {{Channel: ctaphid.Broadcast, Command: ctaphid.Init, Data: nonce[:]}},
		"only for another":      {hello([ctaphid.NonceSize]byte{}, 3)},
	} {
		s := &script{to: func(ctaphid.Message) []ctaphid.Message { return answers }}
		if _, err := ctaphid.Dial(s, nonce); err == nil {
			t.Errorf("%s was taken for a channel", name)
		}
	}
}
