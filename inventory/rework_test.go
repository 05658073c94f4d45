package inventory

import (
	"strings"
	"testing"
)

// Whoever finds a key on the list reads what to do with it, in a sentence; a key that is whole is on no list.
func TestRunEnd_NextAction(t *testing.T) {
	for _, e := range []RunEnd{"", RunRefused, RunWaiting, RunFailed, RunInterrupted} {
		if s := e.NextAction(); !strings.HasSuffix(s, ".") {
			t.Errorf("after %q the next action is %q", e, s)
		}
	}
	for _, e := range []RunEnd{RunReady, RunStocked, RunQuarantined} { // a quarantined key has an action of its own
		if s := e.NextAction(); s != "" {
			t.Errorf("after %q the next action is %q, want none", e, s)
		}
	}
}
