package softkey

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
)

const (
	// lateBy is longer than an impatient program waits.
	lateBy = 5 * time.Second
	// readingTime is what the host has to read the beginning of an answer before the key
	// is pulled: what a terminal still holds when it hangs up is lost.
	readingTime = 50 * time.Millisecond
)

// deliver sends an answer as the faults that struck would have it.
func (d *device) deliver(m ctaphid.Message, struck strikes) {
	if s := struck.status(); s != ctap.OK && m.Command != ctaphid.CBOR { // CBOR has answered it already
		m = ctaphid.Message{Channel: m.Channel, Command: ctaphid.ErrorMsg, Data: []byte{byte(s)}}
	}
	for _, f := range struck {
		if spoil, ok := spoilers[f.Kind]; ok {
			m = spoil(d, m)
		}
	}
	packets, err := ctaphid.Packets(m)
	if err != nil {
		d.sendError(m.Channel, ctaphid.ErrOther)
		return
	}
	reports := slices.Concat(asSlices(packets)...)
	for _, f := range struck {
		if mangle, ok := manglers[f.Kind]; ok {
			reports = mangle(f, reports)
		}
	}
	d.write(reports)
	if m.Command == ctaphid.CBOR && len(reports) > 0 && struck.has(Unplugged) && d.pause(readingTime) != nil {
		return // it is out already
	}
	d.aftermath(struck)
}

// spoilers change what an answer says.
var spoilers = map[Kind]func(*device, ctaphid.Message) ctaphid.Message{
	WrongChannel: func(_ *device, m ctaphid.Message) ctaphid.Message {
		m.Channel ^= 0x40000000 // far from those that were given
		return m
	},
	Truncated: func(_ *device, m ctaphid.Message) ctaphid.Message {
		m.Data = m.Data[:len(m.Data)/2]
		return m
	},
	Garbage: func(_ *device, m ctaphid.Message) ctaphid.Message {
		m.Data = append([]byte{byte(ctap.OK)}, bytes.Repeat([]byte{0xFF}, 40)...) // RFC 8949 §3.2.1: a break without a beginning
		return m
	},
	WrongAAGUID: func(d *device, m ctaphid.Message) ctaphid.Message {
		if d.command == ctap.CmdGetInfo && m.Command == ctaphid.CBOR {
			is := d.auth.model.GetInfo.AAGUID
			says := otherAAGUID(is)
			m.Data = bytes.Replace(m.Data, is[:], says[:], 1)
		}
		return m
	},
	OutOfSequence: func(_ *device, m ctaphid.Message) ctaphid.Message {
		const two = ctaphid.Report // more than one packet holds
		if missing := two - len(m.Data); missing > 0 {
			m.Data = append(slices.Clone(m.Data), make([]byte, missing)...)
		}
		return m
	},
}

// manglers change the reports of an answer.
var manglers = map[Kind]func(Fault, []byte) []byte{
	Vanish:    func(f Fault, r []byte) []byte { return r[:min(f.N, len(r))] },
	Unplugged: func(f Fault, r []byte) []byte { return r[:min(f.N, len(r))] },
	Twice:     func(_ Fault, r []byte) []byte { return append(slices.Clone(r), r...) },
	OutOfSequence: func(_ Fault, r []byte) []byte {
		r[len(r)-ctaphid.Report+4]++ // CTAP 2.1 §11.2.4: the number of a continuation packet
		return r
	},
	Oversized: func(_ Fault, r []byte) []byte {
		channel := r[:4]
		binary.BigEndian.PutUint16(r[5:], math.MaxUint16)
		for seq := byte(len(r)/ctaphid.Report - 1); seq < 128; seq++ {
			r = append(append(append(r, channel...), seq), make([]byte, ctaphid.Report-5)...)
		}
		return r
	},
}

func otherAAGUID(a ctap.AAGUID) ctap.AAGUID {
	a[15] ^= 0xFF
	return a
}

// aftermath is what becomes of a key after the answer.
func (d *device) aftermath(struck strikes) {
	for _, f := range struck {
		switch f.Kind {
		case Unplugged:
			d.unplug()
		case Dead:
			d.dead = true
		case Swap:
			d.swap(f)
		}
	}
}

// swap puts another key in the place of this one, at the same node. When that cannot be
// made the place stays empty.
func (d *device) swap(f Fault) {
	if err := d.auth.become(f.Profile); err != nil {
		d.unplug()
		return
	}
	if f.Step != StepPowerUp { // where power is coming anyway
		d.powerUp()
	}
}

// become makes this another key, which has no file to live on in: when the program ends
// the key that was there first is back.
func (a *authenticator) become(profile string) error {
	m := a.model
	if profile != "" {
		m, _ = ProfileModel(profile)
	}
	s, err := blank(m, nil, a.cfg.Rand)
	if err != nil {
		return err
	}
	if err := a.be(m); err != nil {
		return err
	}
	a.state, a.store = s, store{}
	a.swaps++
	return nil
}

// linger takes the time, after a command was done, for which faults hold its answer back.
func (d *device) linger(struck strikes) error {
	for _, f := range struck {
		if err := d.pause(f.lingers(d.said)); err != nil {
			return err
		}
	}
	return nil
}

// lingers is how long a fault holds an answer back when so many keepalives are out.
func (f Fault) lingers(said int) time.Duration {
	switch {
	case f.Kind == Late && f.Delay > 0:
		return f.Delay
	case f.Kind == Late:
		return lateBy
	case f.Kind == VanishAtKeepalive || f.Kind == UnplugAtKeepalive:
		return time.Duration(f.N-said)*keepaliveEvery + keepaliveEvery/2
	}
	return 0
}

// strikeKeepalive has those faults strike whose keepalive has just been said.
func (d *device) strikeKeepalive() {
	for _, f := range d.auth.faults.now {
		switch {
		case f.N != d.said:
		case f.Kind == VanishAtKeepalive:
			d.silent = true
		case f.Kind == UnplugAtKeepalive:
			d.unplug()
		}
	}
}

// hang works for ever: only power, or a new start on the channel, ends it.
func (d *device) hang() error {
	for {
		if err := d.wait(ctap.KeepaliveProcessing, math.MaxInt64, nil, nil); errors.Is(err, errNoAnswer) {
			return err
		}
	}
}
