package station_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/softkey"
)

// TestBench_Make_missedAtOnce makes a key that says at once, and whenever it is asked, that nobody touched it: it is
// asked a few times, and the run ends when the bench has waited for long enough.
func TestBench_Make_missedAtOnce(t *testing.T) {
	for _, status := range []ctap.Status{ctap.ErrUserActionTimeout, ctap.ErrActionTimeout} {
		for _, step := range []softkey.Step{softkey.StepReset, softkey.StepMakeCredential} {
			t.Run(softkey.Fault{Step: step, Status: status}.String(), func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int32
				s := newStand(t, softkey.Config{Faults: []softkey.Fault{{Step: step, Status: status}}, OnEvent: func(e softkey.Event) {
					if e.Kind == softkey.Struck {
						asked.Add(1)
					}
				}}, func(c *station.Config) { c.Wait = time.Second })
				e := s.run(inventory.Want{})
				s.wantTold(e)
				if e.End != inventory.RunWaiting || !strings.HasPrefix(e.said(), "Nobody touched the key within one second.") {
					t.Errorf("the run ended %s: %s", e.End, e.said())
				}
				if n := asked.Load(); n < 2 || n > 10 {
					t.Errorf("the key was asked %d times", n)
				}
			})
		}
	}
}

// pinFirst is a key with an alwaysUv for everything: it answers to no tag without its PIN.
type pinFirst struct{ station.Authenticator }

func (k pinFirst) Assert(ctx context.Context, o station.RequestOptions, pin inventory.PIN) (station.Assertion, error) {
	if pin == nil {
		return station.Assertion{}, ctap.ErrPUATRequired
	}
	return k.Authenticator.Assert(ctx, o, pin)
}

// TestBench_Make_muteWithoutPIN makes a key that answers to its tag with its PIN only. A forced change would leave it
// mute, so its PIN is changed once more, and the tag is asked for with that.
func TestBench_Make_muteWithoutPIN(t *testing.T) {
	for _, profile := range []string{"fips", "modern"} { // the second makes a credential without a PIN, and is mute then
		t.Run(profile, func(t *testing.T) {
			s := newStand(t, softkey.Config{Profile: profile}, func(c *station.Config) {
				open := c.Open
				c.Open = func(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
					a, err := open(ctx, path, heard)
					if err != nil {
						return nil, err
					}
					return pinFirst{a}, nil
				}
			})
			e := s.run(inventory.Want{})
			if e.End != inventory.RunReady || e.Key == nil {
				t.Fatalf("the run ended %s: %s", e.End, e.said())
			}
			k, err := s.store.Key(t.Context(), *e.Key)
			if err != nil || k.Arrival != inventory.ArrivalPINFirst || !k.PINKnown {
				t.Errorf("arrival %q, PIN known %v, %v", k.Arrival, k.PINKnown, err)
			}
			live, err := s.store.Registrations(t.Context(), k.ID)
			if err != nil || len(live) != 1 {
				t.Errorf("%d credentials are live, %v; want the tag that was made with the PIN", len(live), err)
			}
			if n := len(slices.Compact(slices.Sorted(slices.Values(e.Reasons)))); n != len(e.Reasons) {
				t.Errorf("a reason is told twice: %q", e.Reasons)
			}
		})
	}
}
