package ctaphid

// Assembler puts packets together into messages, one message at a time. The zero value
// is ready. It is not safe for use by several goroutines.
type Assembler struct {
	message Message
	want    int
	seq     byte
	busy    bool
}

// Busy reports whether a message has begun and not ended, and on which channel.
func (a *Assembler) Busy() (Channel, bool) { return a.message.Channel, a.busy }

// Abort forgets a message that has begun.
func (a *Assembler) Abort() { *a = Assembler{} }

// Add takes the next packet. It gives a message when the packet completed one. An
// error is what a device answers on the packet's channel (CTAP 2.1 §11.2.5); after it,
// except for [ErrChannelBusy], the message that had begun is forgotten.
//
// CTAP 2.1 §11.2.5.1, §11.2.9.1.3: an INIT on the channel of the transaction aborts it
// and starts again. A continuation packet that belongs to no message is ignored, as
// §11.2.5.4 has it for spurious ones.
func (a *Assembler) Add(p Packet) (*Message, error) {
	if !p.Init {
		return a.next(p)
	}
	if a.busy && p.Channel != a.message.Channel {
		return nil, ErrChannelBusy
	}
	if a.busy && p.Command != Init {
		a.Abort()
		return nil, ErrInvalidSeq
	}
	a.Abort()
	if p.Length > MaxMessage {
		return nil, ErrInvalidLength
	}
	a.message = Message{Channel: p.Channel, Command: p.Command, Data: make([]byte, 0, p.Length)}
	a.want, a.busy = p.Length, true
	return a.take(p.Data), nil
}

func (a *Assembler) next(p Packet) (*Message, error) {
	if !a.busy || p.Channel != a.message.Channel {
		return nil, nil
	}
	if p.Seq != a.seq {
		a.Abort()
		return nil, ErrInvalidSeq
	}
	a.seq++
	return a.take(p.Data), nil
}

func (a *Assembler) take(data []byte) *Message {
	missing := a.want - len(a.message.Data)
	a.message.Data = append(a.message.Data, data[:min(missing, len(data))]...)
	if len(a.message.Data) < a.want {
		return nil
	}
	m := a.message
	a.Abort()
	return &m
}

// Held is how many bytes of memory the message that has begun takes.
func (a *Assembler) Held() int { return cap(a.message.Data) }
