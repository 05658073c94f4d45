package softkey

import (
	"slices"
	"time"

	"keystation/station/ctaphid"
)

// maxChannels bounds what a program that only ever says INIT can make the key keep.
const maxChannels = 1024

// channels are those that programs were given (CTAP 2.1 §11.2.3). When they run out, the
// one that was silent for longest is forgotten: its program has most likely ended.
type channels struct {
	used map[ctaphid.Channel]uint64 // when it spoke last, in counts of packets
	now  uint64
	last ctaphid.Channel // kept over power cycles, so that no number returns soon
}

func (c *channels) forget() { c.used = map[ctaphid.Channel]uint64{} }

// heard reports whether the channel is one that was given, and notes that it spoke.
func (c *channels) heard(ch ctaphid.Channel) bool {
	if _, ok := c.used[ch]; !ok {
		return false
	}
	c.now++
	c.used[ch] = c.now
	return true
}

// give allocates a channel; those to keep are never forgotten for it.
func (c *channels) give(keep ...ctaphid.Channel) ctaphid.Channel {
	if len(c.used) >= maxChannels {
		delete(c.used, c.silentest(keep))
	}
	for given := true; given; _, given = c.used[c.last] {
		if c.last++; c.last == 0 || c.last == ctaphid.Broadcast {
			c.last = 1 // §11.2.3: both are reserved
		}
	}
	c.now++
	c.used[c.last] = c.now
	return c.last
}

func (c *channels) silentest(keep []ctaphid.Channel) ctaphid.Channel {
	var found ctaphid.Channel
	oldest := c.now + 1
	for ch, at := range c.used {
		if at < oldest && !slices.Contains(keep, ch) {
			found, oldest = ch, at
		}
	}
	return found
}

// maxLock is the longest that CTAPHID_LOCK gives, in seconds (CTAP 2.1 §11.2.9.2.2).
const maxLock = 10

// lock is a channel's sole right to the key (CTAP 2.1 §11.2.6). It ends by itself, so
// that a program which died does not keep the key.
type lock struct {
	by    ctaphid.Channel // 0: nobody
	until time.Time
}

// lockFor is CTAPHID_LOCK (CTAP 2.1 §11.2.9.2.2): 0 seconds unlock at once.
func (d *device) lockFor(m ctaphid.Message) {
	if len(m.Data) != 1 {
		d.sendError(m.Channel, ctaphid.ErrInvalidLength)
		return
	}
	if m.Data[0] > maxLock {
		d.sendError(m.Channel, ctaphid.ErrInvalidParameter)
		return
	}
	d.lock = lock{}
	if m.Data[0] > 0 {
		d.lock = lock{m.Channel, d.cfg.Now().Add(time.Duration(m.Data[0]) * time.Second)}
	}
	d.send(ctaphid.Message{Channel: m.Channel, Command: m.Command})
}

// lockedOut answers who speaks while another channel has the lock.
func (d *device) lockedOut(p ctaphid.Packet) bool {
	if d.lock.by == 0 || p.Channel == d.lock.by {
		return false
	}
	if !d.cfg.Now().Before(d.lock.until) {
		d.lock = lock{}
		return false
	}
	if p.Init && p.Command != ctaphid.Cancel {
		d.sendError(p.Channel, ctaphid.ErrChannelBusy)
	}
	return true
}
