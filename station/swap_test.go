package station_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// swapping is a bus at which the key is pulled out and another plugged in when the n-th handle is about to be opened.
type swapping struct {
	*tray
	mu   sync.Mutex
	asks int
	at   int
	swap func()
}

func (s *swapping) At(ctx context.Context, id string) (station.Port, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asks++; s.asks == s.at {
		s.swap()
	}
	return s.tray.At(ctx, id)
}

// TestBench_Watch_swapped swaps the key for another just before each handle that a run opens after identify: after the
// reset, before prove, after the forced change, after a mute key's other PIN. The run never goes on with the other key;
// that one is made by itself, at once, and says which key was pulled out before it.
func TestBench_Watch_swapped(t *testing.T) {
	tests := []struct {
		name    string
		profile string
		at      int // handle
		other   string
		state   inventory.KeyState // of the first key
		end     inventory.RunEnd
	}{
		{"after the reset, another make", "modern", 2, "fido20", inventory.Received, inventory.RunWaiting},
		{"before prove, another make", "modern", 3, "fido20", inventory.Received, inventory.RunWaiting},
		{"before prove, the same make", "modern", 3, "modern", inventory.Received, inventory.RunWaiting},
		{"after the forced change", "modern", 4, "modern", inventory.Quarantined, inventory.RunQuarantined},
		{"after a mute key's other PIN", "mute-when-forced", 5, "mute-when-forced", inventory.Quarantined, inventory.RunQuarantined},
		{"with its tag not made yet", "always-uv", 3, "modern", inventory.Received, inventory.RunWaiting},
		{"with a PIN and no tag", "always-uv", 4, "modern", inventory.Quarantined, inventory.RunQuarantined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &swapping{at: tt.at}
			other := stationtest.Key(t, softkey.Config{Profile: tt.other})
			var bus *tray
			w := watch(t, func(c *station.Config) {
				bus = c.Bus.(*tray)
				s.tray, c.Bus = bus, s
			})
			s.swap = func() {
				bus.pull("1-1")
				bus.put("1-1", other)
			}
			bus.put("1-1", stationtest.Key(t, softkey.Config{Profile: tt.profile}))
			var first station.Tile
			for e := range w.events {
				if e.Tile.Tag != "" && first.Run == "" {
					first = e.Tile
				}
				if e.Tile.Word == "READY" {
					second := e.Tile
					if second.Tag == first.Tag || second.Run == first.Run {
						t.Fatalf("the other key was made as %s by the same run", second.Tag)
					}
					if !strings.Contains(second.Sentence, first.Tag+" was pulled out here before it was finished") {
						t.Errorf("its tile says %q", second.Sentence)
					}
					break
				}
			}
			key, err := w.store.Key(t.Context(), inventory.KeyID(first.Key))
			if err != nil || key.State != tt.state {
				t.Errorf("the first key is %s, want %s; %v", key.State, tt.state, err)
			}
			run, err := w.store.RunDossier(t.Context(), inventory.RunID(first.Run))
			if err != nil || run.Run.End != tt.end {
				t.Errorf("the first run ended %q, want %s; %v", run.Run.End, tt.end, err)
			}
			if _, err := w.store.LiveSeal(t.Context(), key.ID); inventory.KindOf(err) != inventory.NotFound {
				t.Errorf("the first key's seal is not void: %v", err)
			}
		})
	}
}

// TestBench_Make_swapped leaves the other key alone where nobody watches the port.
func TestBench_Make_swapped(t *testing.T) {
	r, bus, s := newRig(t), newTray(), &swapping{at: 3}
	other := stationtest.Key(t, softkey.Config{Profile: "fido20"})
	s.tray, r.cfg.Bus = bus, s
	s.swap = func() { bus.put("1-1", other) }
	bus.put("1-1", stationtest.Key(t, softkey.Config{}))
	port, err := bus.At(t.Context(), "1-1")
	if err != nil {
		t.Fatal(err)
	}
	rep, err := r.bench().Make(t.Context(), port, inventory.Want{})
	if err != nil || rep.End != inventory.RunWaiting || *rep.State != inventory.Received {
		t.Fatalf("the run ended %s, %v", rep.End, err)
	}
	info, err := stationtest.Open(t, other.Path(), nil).Info(t.Context())
	if err != nil || info.HasPIN() {
		t.Errorf("the other key was touched: PIN %v, %v", info.HasPIN(), err)
	}
}
