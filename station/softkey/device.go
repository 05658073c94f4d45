package softkey

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
)

// device is the transport side of a key: the node, the channels, the transaction in
// progress. Everything in it belongs to the goroutine in run, save for the channels
// and the atomic.
type device struct {
	cfg  Config
	auth *authenticator

	controls chan control
	touches  chan struct{}
	waiting  atomic.Bool

	node     Node
	left     Node                      // where it was plugged in before, if that place is held
	reports  chan [ctaphid.Report]byte // nil while unplugged
	gone     chan struct{}
	readers  sync.WaitGroup
	closed   bool
	powerUps int // tells a command that the power went away under it

	assembler ctaphid.Assembler
	channels  channels
	lock      lock
	deadline  <-chan time.Time // of the message that is being received
	dead      bool             // by a fault: it says nothing until its power is cycled

	busy     ctaphid.Channel // the channel of the command in progress
	command  ctap.Command
	canceled bool // the platform gave up on it
	said     int  // keepalives of this command
	silent   bool // by a fault: it says nothing more of this command
}

// control is something that a hand at the bench does to the key.
type control struct {
	act func() error
	err chan error
}

// errNoAnswer ends a command that must not be answered: its power or channel is gone.
var errNoAnswer = errors.New("no answer")

// messageTimeout ends a message that is not complete in time, however its packets
// trickle in (CTAP 2.1 §11.2.5.2). It is generous, because a loaded test machine is
// slower than a USB host.
const messageTimeout = 3 * time.Second

func newDevice(cfg Config, auth *authenticator) *device {
	d := &device{cfg: cfg, auth: auth, controls: make(chan control), touches: make(chan struct{}, 1)}
	auth.device = d
	return d
}

// run serves the key until it is closed.
func (d *device) run() {
	for !d.closed {
		select {
		case r := <-d.reports:
			d.receive(r[:])
		case c := <-d.controls:
			c.err <- c.act()
		case <-d.deadline:
			d.timeOut()
		}
	}
}

func (d *device) path() string {
	if d.node == nil {
		return ""
	}
	return d.node.Path()
}

// plug opens a node and starts its reader. A key that is plugged in is left alone.
func (d *device) plug() error {
	if d.node != nil {
		return nil
	}
	node, err := d.cfg.Open()
	if err != nil {
		return err
	}
	d.leave()
	d.node = node
	d.reports, d.gone = make(chan [ctaphid.Report]byte), make(chan struct{})
	d.readers.Add(1)
	go func(out chan<- [ctaphid.Report]byte, gone <-chan struct{}) {
		defer d.readers.Done()
		read(node, out, gone)
	}(d.reports, d.gone)
	d.powerUp()
	return nil
}

func read(node Node, out chan<- [ctaphid.Report]byte, gone <-chan struct{}) {
	for {
		var r [ctaphid.Report]byte
		n, err := node.Read(r[:])
		if err != nil {
			return
		}
		if n != len(r) {
			continue
		}
		select {
		case out <- r:
		case <-gone:
			return
		}
	}
}

// unplug closes the node and waits for its reader.
func (d *device) unplug() {
	if d.node == nil {
		return
	}
	close(d.gone)
	if h, ok := d.node.(hangUpper); ok && h.HangUp() == nil {
		d.left = d.node
	} else {
		d.node.Close()
	}
	d.readers.Wait()
	d.node, d.reports = nil, nil
	d.waiting.Store(false)
	d.powerUps++
	d.cfg.OnEvent(Event{Kind: Unpowered})
}

// leave gives up the place that an unplugged key still holds.
func (d *device) leave() {
	if d.left != nil {
		d.left.Close()
		d.left = nil
	}
}

// powerUp forgets what a key without power forgets.
func (d *device) powerUp() {
	if d.node == nil {
		return
	}
	d.powerUps++
	d.assembler.Abort()
	d.channels.forget()
	d.deadline, d.lock, d.dead = nil, lock{}, false
	d.auth.faults.powerUp()
	d.aftermath(d.auth.faults.count(StepPowerUp))
	d.auth.powerUp()
	d.cfg.OnEvent(Event{Kind: Powered, Path: d.node.Path()})
}

// receive takes one report while no command is in progress. A CANCEL then has nothing to
// cancel and gets no answer (CTAP 2.1 §11.2.9.1.5), not even in the middle of a message.
func (d *device) receive(report []byte) {
	p, ok := d.understand(report)
	if !ok || p.Init && p.Command == ctaphid.Cancel || d.lockedOut(p) {
		return
	}
	m, err := d.assembler.Add(p)
	d.watch()
	if err != nil {
		d.sendError(p.Channel, err)
		return
	}
	if m != nil {
		d.handle(*m)
	}
}

// watch has the clock run from the first packet of a message to its last.
func (d *device) watch() {
	_, begun := d.assembler.Busy()
	switch {
	case !begun:
		d.deadline = nil
	case d.deadline == nil:
		d.deadline = time.After(messageTimeout)
	}
}

// understand gives the packet that somebody with a channel sent; what comes on any other
// channel it answers itself.
// CTAP 2.1 §11.2.9.1.3: broadcast is for INIT only; §11.2.3: 0 is reserved.
func (d *device) understand(report []byte) (p ctaphid.Packet, ok bool) {
	p, err := ctaphid.ParsePacket(report)
	switch {
	case err != nil || d.dead:
	case d.channels.heard(p.Channel):
		return p, true
	case !p.Init: // spurious, §11.2.5.4
	case p.Channel != ctaphid.Broadcast || p.Command != ctaphid.Init:
		d.sendError(p.Channel, ctaphid.ErrInvalidChannel)
	case p.Length != ctaphid.NonceSize:
		d.sendError(p.Channel, ctaphid.ErrInvalidLength)
	default:
		d.renew()
		inUse, _ := d.assembler.Busy()
		d.hello(p.Channel, d.channels.give(d.busy, d.lock.by, inUse), p.Data[:ctaphid.NonceSize])
	}
	return p, false
}

// renew makes a new program see the node as a new open of hidraw would show it, without
// the answers a dead program left unread.
func (d *device) renew() {
	if r, ok := d.node.(renewer); ok {
		_ = r.Renew() // a node that hangs up now shows it at the next read
	}
}

func (d *device) hello(to, channel ctaphid.Channel, nonce []byte) {
	r := ctaphid.InitResponse{Channel: channel, Protocol: ctaphid.ProtocolVersion, Version: d.auth.model.version(),
		Capabilities: d.auth.model.capabilities(d.auth.u2fAllowed())}
	copy(r.Nonce[:], nonce)
	d.deliver(ctaphid.Message{Channel: to, Command: ctaphid.Init, Data: r.Encode()}, d.auth.faults.count(StepInit))
}

func (d *device) timeOut() {
	d.deadline = nil
	if channel, begun := d.assembler.Busy(); begun {
		d.assembler.Abort()
		d.sendError(channel, ctaphid.ErrMsgTimeout)
	}
}

func (d *device) send(m ctaphid.Message) {
	packets, err := ctaphid.Packets(m)
	if err != nil {
		d.sendError(m.Channel, ctaphid.ErrOther)
		return
	}
	d.write(slices.Concat(asSlices(packets)...))
}

func asSlices(packets [][ctaphid.Report]byte) (out [][]byte) {
	for i := range packets {
		out = append(out, packets[i][:])
	}
	return out
}

// write sends reports; a fault may have cut the last one short.
func (d *device) write(reports []byte) {
	if d.node == nil || d.dead {
		return
	}
	for r := range slices.Chunk(reports, ctaphid.Report) {
		if _, err := d.node.Write(r); err != nil {
			return // the host does not read, or is gone
		}
	}
}

func (d *device) sendError(channel ctaphid.Channel, err error) {
	code := ctaphid.ErrOther
	errors.As(err, &code)
	d.send(ctaphid.Message{Channel: channel, Command: ctaphid.ErrorMsg, Data: []byte{byte(code)}})
}

// handle answers a whole message.
func (d *device) handle(m ctaphid.Message) {
	switch m.Command {
	case ctaphid.Init:
		if len(m.Data) != ctaphid.NonceSize {
			d.sendError(m.Channel, ctaphid.ErrInvalidLength)
			return
		}
		d.hello(m.Channel, m.Channel, m.Data)
	case ctaphid.Ping:
		d.send(m)
	case ctaphid.Wink:
		d.wink(m)
	case ctaphid.Lock:
		d.lockFor(m)
	case ctaphid.CBOR:
		d.cbor(m)
	case ctaphid.Msg:
		d.msg(m)
	default:
		d.vendor(m)
	}
}

// wink is CTAPHID_WINK (CTAP 2.1 §11.2.9.2.1), of keys that say that they can.
func (d *device) wink(m ctaphid.Message) {
	if d.auth.model.capabilities(true)&ctaphid.CapWink == 0 {
		d.sendError(m.Channel, ctaphid.ErrInvalidCommand)
		return
	}
	d.cfg.OnEvent(Event{Kind: Winked})
	d.deliver(ctaphid.Message{Channel: m.Channel, Command: m.Command}, d.auth.faults.count(StepWink))
}

// vendor answers a command that only some vendor knows.
func (d *device) vendor(m ctaphid.Message) {
	answer, err := d.auth.vendorAnswer(m.Command, m.Data)
	if err != nil {
		d.sendError(m.Channel, err)
		return
	}
	d.deliver(ctaphid.Message{Channel: m.Channel, Command: m.Command, Data: answer}, d.auth.faults.count(StepVendor))
}

// begin makes the key busy with a command, and gives the faults that strike it.
func (d *device) begin(channel ctaphid.Channel, steps ...Step) strikes {
	d.busy, d.canceled, d.said, d.silent = channel, false, 0, false
	return d.auth.faults.begin(steps...)
}

// cbor runs a CTAP2 command and answers it.
func (d *device) cbor(m ctaphid.Message) {
	if !d.auth.model.speaksCTAP2() {
		d.sendError(m.Channel, ctaphid.ErrInvalidCommand)
		return
	}
	if len(m.Data) == 0 {
		d.sendError(m.Channel, ctaphid.ErrInvalidLength)
		return
	}
	d.command = ctap.Command(m.Data[0])
	struck := d.begin(m.Channel, stepsOf(d.command, m.Data[1:])...)
	d.cfg.OnEvent(Event{Kind: Working, Command: d.command})
	answer, err := d.auth.answer(d.command, m.Data[1:])
	gone := errors.Is(err, errNoAnswer) || d.linger(struck) != nil
	d.busy = 0
	if gone {
		return
	}
	status := statusOf(err)
	d.cfg.OnEvent(Event{Kind: Done, Command: d.command, Status: status})
	if !d.silent {
		d.deliver(ctaphid.Message{Channel: m.Channel, Command: ctaphid.CBOR, Data: append([]byte{byte(status)}, answer...)}, struck)
	}
}

// statusOf is what goes on the wire for an error.
func statusOf(err error) ctap.Status {
	if err == nil {
		return ctap.OK
	}
	var s ctap.Status
	if errors.As(err, &s) {
		return s
	}
	return ctap.ErrOther
}

// msg runs a CTAP1 command and answers it.
func (d *device) msg(m ctaphid.Message) {
	if !d.auth.model.speaksU2F() {
		d.sendError(m.Channel, ctaphid.ErrInvalidCommand)
		return
	}
	d.command = 0
	struck := d.begin(m.Channel, StepU2F)
	answer, err := d.auth.u2f(m.Data)
	d.busy = 0
	if err != nil {
		return
	}
	d.deliver(ctaphid.Message{Channel: m.Channel, Command: ctaphid.Msg, Data: answer}, struck)
}
