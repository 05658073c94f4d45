package main

import (
	"errors"
	"testing"

	"keystation/inventory"
	"keystation/station"
)

// A key that stays in stock is no failure of provision; every end has its exit code.
func TestProvisioning_exit(t *testing.T) {
	for _, tt := range []struct {
		ends []inventory.RunEnd
		want int
	}{
		{[]inventory.RunEnd{inventory.RunReady}, exitDone},
		{[]inventory.RunEnd{inventory.RunStocked, inventory.RunReady}, exitDone},
		{[]inventory.RunEnd{inventory.RunStocked, inventory.RunWaiting}, exitKeys},
		{[]inventory.RunEnd{inventory.RunQuarantined, inventory.RunFailed}, exitFailure},
	} {
		p := &provisioning{}
		for _, end := range tt.ends {
			p.reports = append(p.reports, station.Report{End: end})
		}
		code, err := exitDone, p.exit()
		if e, ok := errors.AsType[exitError](err); ok {
			code = e.code
		}
		if code != tt.want || (err != nil) != (tt.want != exitDone) {
			t.Errorf("after %q the exit code is %d (%v), want %d", tt.ends, code, err, tt.want)
		}
	}
}
