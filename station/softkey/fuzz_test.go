package softkey_test

import (
	"testing"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// mouth is a node that a fuzz target speaks into; what the key answers is counted only.
type mouth struct {
	*pipe
	answers chan struct{}
}

func (m mouth) Write(b []byte) (int, error) {
	select {
	case m.answers <- struct{}{}:
	default:
	}
	return len(b), nil
}

// FuzzSoftkeyBytes feeds any bytes in any order: raw reports, whole messages, whole
// CTAP2 commands, power cycles. The key must not panic and must answer afterwards.
func FuzzSoftkeyBytes(f *testing.F) {
	f.Add(byte(0), []byte{2, 4, 2, 7, 0, 3, 1})
	for _, req := range []any{creation(), probe(make([]byte, 62))} {
		b, err := ctap.Encode(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(0), append([]byte{2, byte(len(b) + 1), 1}, b...))
		f.Add(byte(1), append([]byte{2, byte(len(b) + 1), 2}, b...))
	}
	f.Add(byte(3), []byte{0, 7, 0, 0, 0, 1, 0x86, 0, 8, 1, 3, 0x81, 0xFF, 0xFF, 3})
	profiles := softkey.Profiles()
	f.Fuzz(func(t *testing.T, profile byte, data []byte) {
		m := mouth{newPipe(), make(chan struct{}, 1)}
		key, err := softkey.New(softkey.Config{Profile: profiles[int(profile)%len(profiles)].Name,
			Open: func() (softkey.Node, error) { return m, nil }})
		if err != nil {
			t.Fatal(err)
		}
		defer key.Close()
		hello := [ctaphid.Report]byte{0xFF, 0xFF, 0xFF, 0xFF, byte(ctaphid.Init), 0, 8}
		m.in <- hello // allocates channel 1
		for len(data) > 1 {
			op, n := data[0], min(int(data[1]), len(data)-2)
			m.feed(key, op, data[2:2+n])
			data = data[2+n:]
		}
		for len(m.answers) > 0 {
			<-m.answers
		}
		m.in <- hello
		<-m.answers
	})
}

// feed does one thing to the key: what, op says.
func (m mouth) feed(key *softkey.Key, op byte, arg []byte) {
	switch op % 4 {
	case 0: // a raw report
		var r [ctaphid.Report]byte
		copy(r[:], arg)
		m.in <- r
	case 1: // a message of any command
		if len(arg) > 0 {
			m.message(ctaphid.Message{Channel: 1, Command: ctaphid.Command(arg[0]), Data: arg[1:]})
		}
	case 2: // a CTAP2 command
		m.message(ctaphid.Message{Channel: 1, Command: ctaphid.CBOR, Data: arg})
	case 3:
		key.PowerCycle()
		m.in <- [ctaphid.Report]byte{0xFF, 0xFF, 0xFF, 0xFF, byte(ctaphid.Init), 0, 8}
	}
}

func (m mouth) message(msg ctaphid.Message) {
	packets, err := ctaphid.Packets(msg)
	if err != nil {
		return
	}
	for _, p := range packets {
		m.in <- p
	}
}
