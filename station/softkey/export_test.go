package softkey

import (
	"encoding/json"
)

// Kept is what a key holds in memory, for tests that want it bounded.
type Kept struct {
	Channels int // given to programs
	Message  int // bytes of the message that is being received
	State    int // bytes of what it remembers without power
	Counts   int // of steps
}

// Kept looks at a key between two reports.
func (k *Key) Kept() (out Kept) {
	_ = k.hand(func() error { // a closed key keeps nothing
		d := k.device
		b, err := json.Marshal(d.auth.state)
		if err != nil {
			return err
		}
		out = Kept{Channels: len(d.channels.used), State: len(b), Counts: len(d.auth.faults.life) + len(d.auth.faults.power)}
		if _, begun := d.assembler.Busy(); begun {
			out.Message = d.assembler.Held()
		}
		return nil
	})
	return out
}

// MaxChannels is how many channels a key keeps.
const MaxChannels = maxChannels
