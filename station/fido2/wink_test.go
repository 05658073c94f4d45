package fido2_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"keystation/inventory"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestWink lets a key blink, then while somebody else has it open: it is let alone, and that is no error.
func TestWink(t *testing.T) {
	var winks atomic.Int32
	k := stationtest.Key(t, softkey.Config{OnEvent: func(e softkey.Event) {
		if e.Kind == softkey.Winked {
			winks.Add(1)
		}
	}})
	for range 2 {
		if err := fido2.Wink(t.Context(), k.Path()); err != nil {
			t.Fatal(err)
		}
	}
	a := stationtest.Open(t, k.Path(), nil)
	if err := fido2.Wink(t.Context(), k.Path()); err != nil {
		t.Errorf("a key that is in use: %v", err)
	}
	if _, err := a.Info(t.Context()); err != nil {
		t.Errorf("its user was disturbed: %v", err)
	}
	if got := winks.Load(); got != 2 {
		t.Errorf("it blinked %d times, want 2", got)
	}
}

func TestWink_refused(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	k := stationtest.Key(t, softkey.Config{})
	if err := fido2.Wink(gone, k.Path()); !errors.Is(err, context.Canceled) {
		t.Errorf("when it was called off: %v", err)
	}
	if err := fido2.Wink(t.Context(), "/dev/null"); inventory.KindOf(err) != inventory.Invalid {
		t.Errorf("no key: %v", err)
	}
	k.Unplug()
	if err := fido2.Wink(t.Context(), k.Path()); err == nil {
		t.Error("a key that is not there blinked")
	}
}
