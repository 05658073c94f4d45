package softkey

import (
	"errors"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
)

// keepaliveEvery is CTAP 2.1 §11.2.9.1.7: at least every 100 ms.
const keepaliveEvery = 100 * time.Millisecond

// errNoTouch is a wait for a touch that nobody ended.
var errNoTouch = errors.New("nobody touched the key")

// awaitTouch asks for a touch. It gives errNoTouch after the time-out,
// [ctap.ErrKeepaliveCancel] when the platform canceled, errNoAnswer when power went away.
func (d *device) awaitTouch() error {
	select {
	case <-d.touches: // left over from a wait that ended otherwise
	default:
	}
	d.waiting.Store(true)
	defer d.waiting.Store(false)
	d.cfg.OnEvent(Event{Kind: WaitingForTouch, Command: d.command})
	if d.keepalive(ctap.KeepaliveUPNeeded); d.node == nil {
		return errNoAnswer
	}
	touches := d.touches
	var auto <-chan time.Time
	switch {
	case d.cfg.Touch == TouchNever:
		touches = nil
	case d.canceled:
		return ctap.ErrKeepaliveCancel
	case d.cfg.Touch == 0:
		d.cfg.OnEvent(Event{Kind: Touched, Command: d.command})
		return nil
	case d.cfg.Touch > 0:
		auto = time.After(time.Duration(d.cfg.Touch))
	}
	err := d.wait(ctap.KeepaliveUPNeeded, d.cfg.TouchTimeout, touches, auto)
	if err == nil {
		d.cfg.OnEvent(Event{Kind: Touched, Command: d.command})
	}
	return err
}

// pause takes the time a hardware key would need.
func (d *device) pause(t time.Duration) error {
	if t <= 0 {
		return nil
	}
	err := d.wait(ctap.KeepaliveProcessing, t, nil, nil)
	if errors.Is(err, errNoTouch) {
		return nil
	}
	return err
}

// wait serves the node while a command is in progress, until either channel speaks or
// the time is over.
func (d *device) wait(k ctap.Keepalive, limit time.Duration, touch <-chan struct{}, auto <-chan time.Time) error {
	ticks := time.NewTicker(keepaliveEvery)
	defer ticks.Stop()
	over := time.NewTimer(limit)
	defer over.Stop()
	for power := d.powerUps; power == d.powerUps; {
		select {
		case <-touch:
			return nil
		case <-auto:
			return nil
		case <-over.C:
			return errNoTouch
		case <-ticks.C:
			d.keepalive(k)
		case c := <-d.controls:
			c.err <- c.act()
		case r := <-d.reports:
			err := d.interrupt(r[:])
			d.canceled = d.canceled || errors.Is(err, ctap.ErrKeepaliveCancel)
			if errors.Is(err, errNoAnswer) || d.canceled && k == ctap.KeepaliveUPNeeded {
				return err
			}
		}
	}
	return errNoAnswer
}

// keepalive says that the command goes on; faults may strike at the n-th.
func (d *device) keepalive(k ctap.Keepalive) {
	if d.silent {
		return
	}
	d.send(ctaphid.Message{Channel: d.busy, Command: ctaphid.Keepalive, Data: []byte{byte(k)}})
	d.said++
	d.strikeKeepalive()
}

// interrupt takes a report while a command is in progress. Only CANCEL and INIT on the
// command's own channel reach it; a new program may still ask for a channel.
func (d *device) interrupt(report []byte) error {
	p, ok := d.understand(report)
	if !ok || !p.Init {
		return nil
	}
	switch {
	case p.Command == ctaphid.Cancel: // CTAP 2.1 §11.2.9.1.5: of another channel it has no effect
		if p.Channel == d.busy {
			return ctap.ErrKeepaliveCancel
		}
	case p.Channel != d.busy || p.Command != ctaphid.Init:
		d.sendError(p.Channel, ctaphid.ErrChannelBusy) // CTAP 2.1 §11.2.5.1
	case p.Length != ctaphid.NonceSize:
		d.sendError(p.Channel, ctaphid.ErrInvalidLength)
	default: // CTAP 2.1 §11.2.5.3: abort and synchronize
		d.hello(p.Channel, p.Channel, p.Data[:ctaphid.NonceSize])
		return errNoAnswer
	}
	return nil
}
