package fido2_test

import (
	"io"
	"slices"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/fido2"
)

// FuzzWire has a key say any bytes where an answer is due: to INIT, to the getInfo of an
// opening, to what is asked afterwards, as raw reports or as whole answers, and then hang
// up. The library and our reads beneath it must neither crash nor keep anything.
func FuzzWire(f *testing.F) {
	info, err := ctap.Info{Versions: []string{ctap.VersionFIDO21}, PINUVAuthProtocols: []int{2}, MaxMsgSize: 2048,
		Options: map[string]bool{ctap.OptionClientPIN: false, ctap.OptionRK: true, ctap.OptionAuthnrCfg: true}}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	info = append([]byte{byte(ctap.OK)}, info...)
	for at := byte(0); at < 3; at++ {
		for call := byte(0); call < 5; call++ {
			f.Add(at, call, true, info)
			f.Add(at, call, false, append([]byte{1, 2, 3, 4, byte(ctaphid.CBOR), 0xFF, 0xFF}, info...))
			f.Add(at, call, false, []byte{1, 2, 3, 4, byte(ctaphid.ErrorMsg), 0, 1, 6})
		}
	}
	// A public key in authenticator data with a member that says that it is an array of 625,106,737.
	data := slices.Concat(make([]byte, 32), []byte{byte(ctap.FlagUP | ctap.FlagAT), 0, 0, 0, 0}, make([]byte, 16), []byte{0, 1, 7, 0xA1, 1, 0x9A, 0x25, 0x42, 0x5F, 0x31})
	f.Add(byte(2), byte(1), true, slices.Concat([]byte{0, 0xA3, 1, 0x66, 'p', 'a', 'c', 'k', 'e', 'd', 2, 0x58, byte(len(data))}, data, []byte{3, 0xA0}))
	f.Fuzz(func(t *testing.T, at, call byte, whole bool, said []byte) {
		before := fido2.Held()
		master, path := pty(t, true)
		done := make(chan struct{})
		go func() {
			defer close(done)
			liar{master, int(at % 3), whole, said, info}.serve()
			_ = master.Close()
		}()
		talk(t, path, call)
		_ = master.Close()
		<-done
		if after := fido2.Held(); after.Keys != before.Keys || after.Objects != before.Objects {
			t.Errorf("%+v became %+v", before, after)
		}
	})
}

// talk opens the key and makes one call, if it gets that far.
func talk(t *testing.T, path string, call byte) {
	a, err := fido2.Open(t.Context(), path, nil)
	if err != nil {
		return
	}
	defer a.Close()
	if _, err := a.Info(t.Context()); err != nil {
		return
	}
	switch call % 5 {
	case 0:
		_, _ = a.Info(t.Context())
	case 1:
		_, _ = a.MakeCredential(t.Context(), creation(), nil)
	case 2:
		_, _ = a.Assert(t.Context(), station.RequestOptions{RPID: "example.com", ClientDataHash: make([]byte, 32), AllowCredential: [][]byte{{1}}}, nil)
	case 3:
		_ = a.SetPIN(t.Context(), inventory.PIN("83926174"), nil)
	case 4:
		_ = a.Reset(t.Context())
	}
}

// liar is a key that tells the truth until the at-th message, and hangs up after it.
type liar struct {
	master io.ReadWriter
	at     int
	whole  bool
	said   []byte
	info   []byte
}

func (l liar) serve() {
	var in ctaphid.Assembler
	var report [ctaphid.OutReport]byte
	for n := 0; ; {
		if _, err := io.ReadFull(l.master, report[:]); err != nil {
			return
		}
		packet, err := ctaphid.ParsePacket(report[1:])
		if err != nil {
			return
		}
		m, err := in.Add(packet)
		if err != nil || m == nil {
			continue
		}
		if n++; n <= l.at {
			l.answer(*m)
			continue
		}
		l.lie(*m)
		_, _ = io.ReadFull(l.master, report[:]) // asked again, or left
		return
	}
}

func (l liar) answer(m ctaphid.Message) {
	out := ctaphid.Message{Channel: m.Channel, Command: m.Command, Data: l.info}
	if m.Command == ctaphid.Init {
		r := ctaphid.InitResponse{Channel: ownChannel, Protocol: ctaphid.ProtocolVersion, Capabilities: ctaphid.CapCBOR}
		copy(r.Nonce[:], m.Data)
		out.Data = r.Encode()
	}
	l.send(out)
}

func (l liar) lie(m ctaphid.Message) {
	if l.whole {
		l.send(ctaphid.Message{Channel: m.Channel, Command: m.Command, Data: l.said})
	} else {
		padded := append(l.said[:len(l.said):len(l.said)], make([]byte, ctaphid.Report)...)
		_, _ = l.master.Write(padded[:min(len(padded)/ctaphid.Report*ctaphid.Report, 3000)])
	}
	// One more answer, so that whoever is content with the lie is not kept waiting.
	l.send(ctaphid.Message{Channel: m.Channel, Command: ctaphid.ErrorMsg, Data: []byte{byte(ctaphid.ErrOther)}})
}

func (l liar) send(m ctaphid.Message) {
	packets, err := ctaphid.Packets(m)
	if err != nil {
		return
	}
	for _, p := range packets {
		if _, err := l.master.Write(p[:]); err != nil {
			return
		}
	}
}
