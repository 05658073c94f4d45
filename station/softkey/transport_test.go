package softkey_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// Reports as a person writes them down: a channel, a command or sequence number, a
// length, data. a and b are two channels that the key gave.
const (
	chanA ctaphid.Channel = 1
	chanB ctaphid.Channel = 2
)

func initial(ch ctaphid.Channel, cmd ctaphid.Command, length int, data ...byte) (r [ctaphid.Report]byte) {
	copy(r[:], []byte{byte(ch >> 24), byte(ch >> 16), byte(ch >> 8), byte(ch), byte(cmd), byte(length >> 8), byte(length)})
	copy(r[7:], data)
	return r
}

func continuation(ch ctaphid.Channel, seq byte) (r [ctaphid.Report]byte) {
	copy(r[:], []byte{byte(ch >> 24), byte(ch >> 16), byte(ch >> 8), byte(ch), seq})
	return r
}

// heard writes reports down: "1 PING 4", "2 ERROR 06", "1 #0".
func heard(reports [][ctaphid.Report]byte) string {
	var out []string
	for _, r := range reports {
		p, err := ctaphid.ParsePacket(r[:])
		if err != nil {
			return err.Error()
		}
		ch := fmt.Sprint(uint32(p.Channel))
		if p.Channel == ctaphid.Broadcast {
			ch = "all"
		}
		switch {
		case !p.Init:
			out = append(out, fmt.Sprintf("%s #%d", ch, p.Seq))
		case p.Command == ctaphid.ErrorMsg:
			out = append(out, fmt.Sprintf("%s %s", ch, ctaphid.Error(p.Data[0]).Name()))
		default:
			out = append(out, fmt.Sprintf("%s %s %d", ch, strings.TrimPrefix(p.Command.String(), "CTAPHID_"), p.Length))
		}
	}
	return strings.Join(out, ", ")
}

// bench is a key on a false clock that is spoken to in raw reports.
type bench struct {
	t    *testing.T
	key  *softkey.Key
	node *pipe
}

func newBench(t *testing.T, cfg softkey.Config, around func(*pipe) softkey.Node) *bench {
	b := &bench{t: t}
	cfg.Open = func() (softkey.Node, error) {
		b.node = newPipe()
		return around(b.node), nil
	}
	key, err := softkey.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.key = key
	for range 2 {
		b.say(initial(ctaphid.Broadcast, ctaphid.Init, 8))
	}
	b.listen()
	return b
}

func asIs(p *pipe) softkey.Node { return p }

func (b *bench) say(reports ...[ctaphid.Report]byte) {
	for _, r := range reports {
		select {
		case b.node.in <- r:
		case <-b.node.closed:
		}
	}
}

// ask says one thing and gives what the key says to it.
func (b *bench) ask(r [ctaphid.Report]byte) string {
	b.say(r)
	return heard(b.listen())
}

// listen gives what the key has said by the time that it has nothing more to say.
func (b *bench) listen() (out [][ctaphid.Report]byte) {
	synctest.Wait()
	for len(b.node.out) > 0 {
		out = append(out, <-b.node.out)
	}
	return out
}

// exchange is what is said after a while, and what the key says to it.
type exchange struct {
	say   [][ctaphid.Report]byte
	want  string
	after time.Duration
	hand  func(*softkey.Key)
}

// The clauses of CTAP 2.1 §11.2, report by report. Two programs have a channel each, 1
// and 2; the key waits for touches that only the test gives.
func TestTransport_clauses(t *testing.T) {
	type reports = [][ctaphid.Report]byte
	ping := func(ch ctaphid.Channel, n int) [ctaphid.Report]byte { return initial(ch, ctaphid.Ping, n) }
	cancel := func(ch ctaphid.Channel) [ctaphid.Report]byte { return initial(ch, ctaphid.Cancel, 0) }
	hello := func(ch ctaphid.Channel) [ctaphid.Report]byte { return initial(ch, ctaphid.Init, 8) }
	lock := func(ch ctaphid.Channel, s byte) [ctaphid.Report]byte { return initial(ch, ctaphid.Lock, 1, s) }
	selection := initial(chanA, ctaphid.CBOR, 1, byte(ctap.CmdSelection))
	getInfo := initial(chanB, ctaphid.CBOR, 1, byte(ctap.CmdGetInfo))
	waiting := exchange{say: reports{selection}, want: "1 KEEPALIVE 1"}
	touch := func(k *softkey.Key) { k.Touch() }
	for _, tt := range []struct {
		name  string
		steps []exchange
	}{
		{"§11.2.3 broadcast is for INIT only", []exchange{{say: reports{ping(ctaphid.Broadcast, 0)}, want: "all ERR_INVALID_CHANNEL"}}},
		{"§11.2.3 channel 0 is reserved", []exchange{{say: reports{ping(0, 0), hello(0)}, want: "0 ERR_INVALID_CHANNEL, 0 ERR_INVALID_CHANNEL"}}},
		{"§11.2.3 a channel that nobody was given", []exchange{{say: reports{ping(77, 0), continuation(77, 0)}, want: "77 ERR_INVALID_CHANNEL"}}},
		{"§11.2.3 one channel for each that asks", []exchange{{say: reports{hello(ctaphid.Broadcast)}, want: "all INIT 17"}, {say: reports{ping(3, 1)}, want: "3 PING 1"}}},
		{"§11.2.4 longer than any message", []exchange{{say: reports{ping(chanA, ctaphid.MaxMessage+1)}, want: "1 ERR_INVALID_LEN"}}},
		{"§11.2.5.1 another program while a message comes", []exchange{
			{say: reports{ping(chanA, 60), ping(chanB, 60)}, want: "2 ERR_CHANNEL_BUSY"},
			{say: reports{continuation(chanB, 0), continuation(chanA, 0)}, want: "1 PING 60, 1 #0"}}},
		{"§11.2.5.1 another program while a command runs", []exchange{waiting,
			{say: reports{getInfo, ping(chanB, 60), continuation(chanB, 0)}, want: "2 ERR_CHANNEL_BUSY, 2 ERR_CHANNEL_BUSY"},
			{hand: touch, want: "1 CBOR 1"}}},
		{"§11.2.5.1 the same program while its command runs", []exchange{waiting, {say: reports{ping(chanA, 1)}, want: "1 ERR_CHANNEL_BUSY"}}},
		{"§11.2.5.1 a new program while a command runs", []exchange{waiting, {say: reports{hello(ctaphid.Broadcast)}, want: "all INIT 17"}}},
		{"§11.2.5.2 a message that stops coming", []exchange{
			{say: reports{ping(chanA, 60)}}, {after: 4 * time.Second, want: "1 ERR_MSG_TIMEOUT"},
			{say: reports{continuation(chanA, 0), ping(chanA, 1)}, want: "1 PING 1"}}},
		{"§11.2.5.2 a message that trickles", []exchange{
			{say: reports{ping(chanA, 200)}}, {after: 2 * time.Second, say: reports{continuation(chanA, 0)}}, {after: 2 * time.Second, want: "1 ERR_MSG_TIMEOUT"}}},
		{"§11.2.5.2 somebody else keeps no message alive", []exchange{
			{say: reports{ping(chanA, 60)}}, {after: 2 * time.Second, say: reports{ping(chanB, 1)}, want: "2 ERR_CHANNEL_BUSY"},
			{after: 2 * time.Second, want: "1 ERR_MSG_TIMEOUT"}}},
		{"§11.2.5.3 INIT ends a message on its channel", []exchange{
			{say: reports{ping(chanA, 60), hello(chanA)}, want: "1 INIT 17"}, {say: reports{continuation(chanA, 0), ping(chanA, 1)}, want: "1 PING 1"}}},
		{"§11.2.5.3 INIT ends a command on its channel", []exchange{waiting,
			{say: reports{hello(chanA)}, want: "1 INIT 17"}, {say: reports{ping(chanB, 1)}, want: "2 PING 1"}}},
		{"§11.2.5.3 INIT of another program ends nothing", []exchange{waiting, {say: reports{hello(chanB)}, want: "2 ERR_CHANNEL_BUSY"}, {hand: touch, want: "1 CBOR 1"}}},
		{"§11.2.5.3 INIT without its nonce ends nothing", []exchange{waiting,
			{say: reports{initial(chanA, ctaphid.Init, 3)}, want: "1 ERR_INVALID_LEN"}, {hand: touch, want: "1 CBOR 1"}}},
		{"§11.2.5.4 a number left out", []exchange{{say: reports{ping(chanA, 200), continuation(chanA, 1)}, want: "1 ERR_INVALID_SEQ"}}},
		{"§11.2.5.4 a message in the message", []exchange{{say: reports{ping(chanA, 60), ping(chanA, 60)}, want: "1 ERR_INVALID_SEQ"}}},
		{"§11.2.5.4 a continuation of nothing", []exchange{{say: reports{continuation(chanA, 0), continuation(chanB, 5)}}}},
		{"§11.2.6 others while a channel has the lock", []exchange{
			{say: reports{lock(chanA, 2)}, want: "1 LOCK 0"}, {say: reports{ping(chanB, 60), continuation(chanB, 0), cancel(chanB)}, want: "2 ERR_CHANNEL_BUSY"},
			{say: reports{ping(chanA, 1)}, want: "1 PING 1"}, {after: 2 * time.Second, say: reports{ping(chanB, 1)}, want: "2 PING 1"}}},
		{"§11.2.9.1.2 no command in the message", []exchange{{say: reports{initial(chanA, ctaphid.CBOR, 0)}, want: "1 ERR_INVALID_LEN"}}},
		{"§11.2.9.1.3 INIT to all without its nonce", []exchange{{say: reports{initial(ctaphid.Broadcast, ctaphid.Init, 7)}, want: "all ERR_INVALID_LEN"}}},
		{"§11.2.9.1.4 PING", []exchange{{say: reports{ping(chanA, 0), ping(chanB, 58), continuation(chanB, 0)}, want: "1 PING 0, 2 PING 58, 2 #0"}}},
		{"§11.2.9.1.5 CANCEL", []exchange{waiting, {say: reports{cancel(chanA)}, want: "1 CBOR 1"}}},
		{"§11.2.9.1.5 CANCEL of another program", []exchange{waiting, {say: reports{cancel(chanB)}}, {hand: touch, want: "1 CBOR 1"}}},
		{"§11.2.9.1.5 CANCEL of nothing", []exchange{{say: reports{cancel(chanA)}}}},
		{"§11.2.9.1.5 CANCEL in a message", []exchange{{say: reports{ping(chanA, 60), cancel(chanA), continuation(chanA, 0)}, want: "1 PING 60, 1 #0"}}},
		{"§11.2.9.1.7 keepalives while a command runs", []exchange{waiting, {after: 250 * time.Millisecond, want: "1 KEEPALIVE 1, 1 KEEPALIVE 1"}}},
		{"§11.2.9.2.1 WINK", []exchange{{say: reports{initial(chanA, ctaphid.Wink, 0)}, want: "1 WINK 0"}}},
		{"§11.2.9.2.2 LOCK is given back", []exchange{{say: reports{lock(chanA, 10), lock(chanA, 0), ping(chanB, 1)}, want: "1 LOCK 0, 1 LOCK 0, 2 PING 1"}}},
		{"§11.2.9.2.2 LOCK for too long, or for how long?", []exchange{
			{say: reports{lock(chanA, 11), initial(chanA, ctaphid.Lock, 0), ping(chanB, 1)}, want: "1 ERR_INVALID_PAR, 1 ERR_INVALID_LEN, 2 PING 1"}}},
		{"§11.2.9.2.2 LOCK ends with the power", []exchange{
			{say: reports{lock(chanA, 10)}, want: "1 LOCK 0"}, {hand: (*softkey.Key).PowerCycle},
			{say: reports{hello(ctaphid.Broadcast)}, want: "all INIT 17"}, {say: reports{ping(3, 1), ping(chanA, 1)}, want: "3 PING 1, 1 ERR_INVALID_CHANNEL"}}},
		{"§11.2.9.3 a vendor's command that it does not know", []exchange{{say: reports{initial(chanA, 0xFE, 0)}, want: "1 ERR_INVALID_CMD"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, softkey.Config{Touch: softkey.TouchManual}, asIs)
				defer b.key.Close()
				for i, x := range tt.steps {
					time.Sleep(x.after) // on the false clock
					b.say(x.say...)
					if x.hand != nil {
						x.hand(b.key)
					}
					if got := heard(b.listen()); got != x.want {
						t.Errorf("exchange %d: the key says %q, want %q", i+1, got, x.want)
					}
				}
			})
		})
	}
}

// A key that has given all its channels forgets the one that was silent for longest, and
// never the one that it works for.
func TestTransport_channelsRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, softkey.Config{Touch: softkey.TouchManual}, asIs)
		defer b.key.Close()
		b.say(initial(chanA, ctaphid.CBOR, 1, byte(ctap.CmdSelection)))
		for range 3000 {
			b.say(initial(ctaphid.Broadcast, ctaphid.Init, 8))
			b.listen()
		}
		b.key.Touch()
		b.say(initial(chanB, ctaphid.Ping, 1), initial(chanA, ctaphid.Ping, 1), initial(3002, ctaphid.Ping, 1), initial(1900, ctaphid.Ping, 1))
		want := "1 CBOR 1, 2 ERR_INVALID_CHANNEL, 1 PING 1, 3002 PING 1, 1900 ERR_INVALID_CHANNEL"
		if got := heard(b.listen()); got != want {
			t.Errorf("the key says %q, want %q", got, want)
		}
	})
}
