package softkey

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"keystation/station/ctap"
)

// ErrClosed is what a key says after [Key.Close].
var ErrClosed = errors.New("the software key is closed")

// Latency says how long commands take beside the time for touches.
type Latency int

// Instant answers at once; Real is as slow as a hardware key, see realLatency.
const (
	Instant Latency = iota
	Real
)

// TouchMode says how touches come. The zero value touches at once.
type TouchMode time.Duration

// Touches that come only from [Key.Touch], or from nobody.
const (
	TouchManual TouchMode = -1
	TouchNever  TouchMode = -2
)

// TouchAuto touches by itself, d after the key asked.
func TouchAuto(d time.Duration) TouchMode { return TouchMode(max(d, 0)) }

// Config says what key to make. The zero value is the profile modern, without
// state, instant, touched at once, faultless, on a new pseudo-terminal.
type Config struct {
	Profile   string               // a name of [Profiles]; empty: "modern"
	Model     *Model               // what key to be instead of a profile; nil: the profile
	StateFile string               // where the key lives on between processes; empty: nowhere
	Latency   Latency              // zero: Instant
	Touch     TouchMode            // zero: at once
	Faults    []Fault              // what goes wrong; nil: nothing
	OnEvent   func(Event)          // told what the key does, in order; must not block, nor call the Key other than Touch and Waiting; nil: nobody
	Open      func() (Node, error) // makes the node at each plug; nil: a pseudo-terminal
	Rand      io.Reader            // randomness of secrets and credentials; nil: crypto/rand
	Now       func() time.Time     // the clock of the reset window and of tokens; nil: time.Now
	Unplugged bool                 // New leaves the key out until [Key.Plug]; false: plugged in at once

	ResetWindow  time.Duration // after power-up in which reset is allowed; zero: the model's, or 10 s
	TouchTimeout time.Duration // how long the key waits for a touch; zero: the model's, or 30 s
}

// Key is a running software key. Its methods may be called from several goroutines.
type Key struct {
	model  Model
	serial string
	device *device
	path   atomic.Pointer[string]
	done   chan struct{} // closed when the owner goroutine has ended

	mu     sync.Mutex // one hand at a time
	closed bool
}

// New makes a key and plugs it in, unless it is to stay out.
func New(cfg Config) (*Key, error) {
	m, err := cfg.model()
	if err != nil {
		return nil, fmt.Errorf("make software key: %w", err)
	}
	cfg.fillIn(m)
	auth, err := newAuthenticator(cfg, m)
	if err != nil {
		return nil, fmt.Errorf("make software key: %w", err)
	}
	k := &Key{model: m, serial: auth.state.serial(m.Serial), done: make(chan struct{})}
	k.device = newDevice(cfg, auth)
	if !cfg.Unplugged {
		if err := k.device.plug(); err != nil {
			return nil, fmt.Errorf("make software key: %w", err)
		}
	}
	k.setPath()
	go func() {
		defer close(k.done)
		k.device.run()
	}()
	return k, nil
}

// model is what the configuration asks for.
func (c *Config) model() (Model, error) {
	if c.Model != nil {
		return *c.Model, c.Model.check()
	}
	if c.Profile == "" {
		return profiles[0], nil
	}
	m, ok := ProfileModel(c.Profile)
	if !ok {
		return Model{}, fmt.Errorf("there is no profile %q; the profiles are %s", c.Profile, profileNames())
	}
	return m, nil
}

func (c *Config) fillIn(m Model) {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Open == nil {
		c.Open = OpenPTY
	}
	if c.OnEvent == nil {
		c.OnEvent = func(Event) {}
	}
	c.ResetWindow = cmp.Or(c.ResetWindow, time.Duration(m.Timing.ResetWindow)*time.Millisecond, resetWindow)
	c.TouchTimeout = cmp.Or(c.TouchTimeout, time.Duration(m.Timing.TouchTimeout)*time.Millisecond, touchTimeout)
}

// resetWindow is CTAP 2.1 §6.6: within 10 s of power-up.
const resetWindow = 10 * time.Second

// touchTimeout is how long a key waits for a touch: CTAP 2.1 §6.6 says 30 s for reset,
// and keys use the same elsewhere.
const touchTimeout = 30 * time.Second

// Path is what libfido2 opens. It changes with [Key.Plug].
func (k *Key) Path() string { return *k.path.Load() }

func (k *Key) setPath() { p := k.device.path(); k.path.Store(&p) }

// Model is what people call this kind of key.
func (k *Key) Model() string { return k.model.Product }

// AAGUID is the model's AAGUID.
func (k *Key) AAGUID() ctap.AAGUID { return k.model.GetInfo.AAGUID }

// Serial is what would stand on the key's label, made with the key and kept in its state file; empty where the model
// has none. Whether and how the key says it is the model's affair.
func (k *Key) Serial() string { return k.serial }

// USB is the key's device descriptor, with the serial of this very key where the model shows one.
func (k *Key) USB() USB {
	u := k.model.USB
	if u.Serial == OwnSerial {
		u.Serial = k.serial
	}
	return u
}

// Waiting reports whether the key asks for a touch now.
func (k *Key) Waiting() bool { return k.device.waiting.Load() }

// Touch touches the key. A touch that the key did not ask for does nothing.
func (k *Key) Touch() {
	if !k.Waiting() {
		return
	}
	select {
	case k.device.touches <- struct{}{}:
	default: // one touch is on its way already
	}
}

// PowerCycle takes the key's power for a moment and leaves its path: the reset window
// opens again; tokens, channels and the PIN tries of this power-up are gone; a
// command in progress gets no answer.
func (k *Key) PowerCycle() {
	_ = k.hand(func() error { // a closed or unplugged key has no power to cycle
		k.device.powerUp()
		return nil
	})
}

// Unplug takes the key out: readers of the path get EIO.
func (k *Key) Unplug() {
	_ = k.hand(func() error { // a closed key is out already
		k.device.unplug()
		return nil
	})
}

// Plug puts the key in again, at a new path.
func (k *Key) Plug() error {
	return k.hand(func() error {
		if err := k.device.plug(); err != nil {
			return fmt.Errorf("plug software key: %w", err)
		}
		k.setPath()
		return nil
	})
}

// Close unplugs the key for good and waits until its goroutines have ended.
func (k *Key) Close() error {
	err := k.hand(func() error {
		k.device.unplug()
		k.device.leave()
		k.device.closed = true
		return nil
	})
	if errors.Is(err, ErrClosed) {
		err = nil
	}
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	<-k.done
	return err
}

// hand has the goroutine that owns the key do something, and waits.
func (k *Key) hand(act func() error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return ErrClosed
	}
	c := control{act: act, err: make(chan error, 1)}
	select {
	case k.device.controls <- c:
		return <-c.err
	case <-k.done:
		return ErrClosed
	}
}
