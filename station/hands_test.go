package station

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// queue lets each of asks wait for a hand in turn, then gives the only slot back until all had it, and tells in which
// order they did.
func queue(t *testing.T, h *hands, asks []waiter) []string {
	var mu sync.Mutex
	var order []string
	for _, a := range asks {
		go func() {
			if err := h.take(t.Context(), a); err != nil {
				t.Errorf("%s: %v", a.port, err)
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, a.port)
		}()
		synctest.Wait()
	}
	for range asks {
		h.give()
		synctest.Wait()
	}
	return order
}

// nowhere is a bench that has learned no hub.
func nowhere(string) int { return 0 }

func TestHands_order(t *testing.T) {
	tests := []struct {
		name string
		have []waiter
		want []string
	}{
		{"as ports are counted", []waiter{{port: "1-10"}, {port: "1-2.1"}, {port: "1-9"}, {port: "1-2"}}, []string{"1-2", "1-2.1", "1-9", "1-10"}},
		{"just plugged in comes first", []waiter{{port: "1-1"}, {port: "1-2"}, {port: "1-9", fresh: true}}, []string{"1-9", "1-1", "1-2"}},
		{"of two such, by port", []waiter{{port: "1-4", fresh: true}, {port: "1-1"}, {port: "1-3", fresh: true}}, []string{"1-3", "1-4", "1-1"}},
		{"who missed a turn comes last", []waiter{{port: "1-2"}, {port: "1-1", missed: true}, {port: "1-3", fresh: true}}, []string{"1-3", "1-2", "1-1"}},
		{"but before who comes later", []waiter{{port: "1-8"}, {port: "1-9", missed: true}, {port: "1-1"}, {port: "1-2"}}, []string{"1-8", "1-9", "1-1", "1-2"}},
		{"two who missed, in the order they did", []waiter{{port: "1-9", missed: true}, {port: "1-1", missed: true}}, []string{"1-9", "1-1"}},
		{"twice the same port", []waiter{{port: "1-1"}, {port: "1-1"}}, []string{"1-1", "1-1"}},
		{"nobody", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHands(1, nowhere)
				if err := h.take(t.Context(), waiter{port: "holder"}); err != nil {
					t.Fatal(err)
				}
				if got := queue(t, h, tt.have); !slices.Equal(got, tt.want) {
					t.Errorf("order = %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// TestHands_hubOrder follows the learned hub; ports that are not on it come after it.
func TestHands_hubOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHands(1, func(port string) int { return 1 + slices.Index([]string{"1-3", "1-1"}, port) })
		_ = h.take(t.Context(), waiter{port: "holder"})
		have := []waiter{{port: "1-1"}, {port: "1-2"}, {port: "1-0"}, {port: "1-3"}}
		if got, want := queue(t, h, have), []string{"1-3", "1-1", "1-0", "1-2"}; !slices.Equal(got, want) {
			t.Errorf("order = %q, want %q", got, want)
		}
	})
}

func TestHands_slots(t *testing.T) {
	for slots, want := range map[int]int{-1: 1, 0: 1, 1: 1, 2: 2, 16: 16} {
		synctest.Test(t, func(t *testing.T) {
			h, in := newHands(slots, nowhere), atomic.Int32{}
			ctx, cancel := context.WithCancel(t.Context())
			for i := range 20 {
				go func() {
					if h.take(ctx, waiter{port: strconv.Itoa(i), fresh: i%2 == 0, missed: i%5 == 0}) == nil {
						in.Add(1)
					}
				}()
			}
			synctest.Wait()
			if got := int(in.Load()); got != want {
				t.Errorf("%d slots let %d in, want %d", slots, got, want)
			}
			cancel()
			synctest.Wait()
			if len(h.waiters) != 0 {
				t.Errorf("%d still wait after the end", len(h.waiters))
			}
		})
	}
}

func TestHands_leaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, why := newHands(1, nowhere), errors.New("pulled")
		_ = h.take(t.Context(), waiter{port: "holder"})
		ctx, pull := context.WithCancelCause(t.Context())
		var left error
		go func() { left = h.take(ctx, waiter{port: "1-1", fresh: true}) }()
		synctest.Wait()
		pull(why)
		synctest.Wait()
		if !errors.Is(left, why) {
			t.Errorf("who left got %v, want the cause", left)
		}
		if got := queue(t, h, []waiter{{port: "1-2"}}); !slices.Equal(got, []string{"1-2"}) {
			t.Errorf("who stayed had its turn: %q", got)
		}
	})
}

// TestHands_noLostSlot lets turn and departure come at the same moment, many times: whoever leaves with the slot in hand
// passes it on.
func TestHands_noLostSlot(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			h := newHands(1, nowhere)
			_ = h.take(t.Context(), waiter{port: "holder"})
			ctx, pull := context.WithCancel(t.Context())
			go func() {
				if h.take(ctx, waiter{port: "1-1"}) == nil {
					h.give()
				}
			}()
			synctest.Wait()
			pull()
			h.give()
			synctest.Wait()
			if h.free != 1 || len(h.waiters) != 0 {
				t.Fatalf("%d free, %d waiting", h.free, len(h.waiters))
			}
		})
	}
}

func TestHands_crowd(t *testing.T) {
	const slots = 3
	h, in := newHands(slots, nowhere), atomic.Int32{}
	var all sync.WaitGroup
	for i := range 48 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				if r.IntN(3) == 0 {
					go cancel()
				}
				if h.take(ctx, waiter{port: "1-" + strconv.Itoa(r.IntN(16)), fresh: r.IntN(2) == 0, missed: r.IntN(2) == 0}) == nil {
					if n := in.Add(1); n > slots {
						t.Errorf("%d ports have hands, want at most %d", n, slots)
					}
					in.Add(-1)
					h.give()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if h.free != slots || len(h.waiters) != 0 {
		t.Errorf("in the end %d slots are free and %d wait", h.free, len(h.waiters))
	}
}
