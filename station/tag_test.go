package station_test

import (
	"testing"

	"keystation/inventory"
	"keystation/station/ctap"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestBench_Make_alwaysUV makes keys on which alwaysUv survives a reset. Turned off with the PIN, if not before, a touch
// is enough for who gets the key; where it stays on, that person needs the PIN first. One that only lists the option
// off and yet wants the PIN for a tag takes it, and a touch is enough afterwards.
func TestBench_Make_alwaysUV(t *testing.T) {
	stays := softkey.Fault{Step: softkey.StepAlwaysUV, Status: ctap.ErrNotAllowed}
	wantsPIN := softkey.Fault{Step: softkey.StepMakeCredential, Status: ctap.ErrPUATRequired, Nth: 1}
	for _, tt := range []struct {
		name    string
		cfg     softkey.Config
		on      bool
		arrival inventory.Arrival
	}{
		{"turned off with the PIN", softkey.Config{Profile: "always-uv"}, false, inventory.ArrivalTouch},
		{"stays on", softkey.Config{Profile: "always-uv", Faults: []softkey.Fault{stays}}, true, inventory.ArrivalPINFirst},
		{"never on", softkey.Config{Faults: []softkey.Fault{wantsPIN}}, false, inventory.ArrivalTouch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			k := stationtest.Key(t, tt.cfg)
			rep := r.make(k.Path())
			wantReady(t, rep)
			if rep.Steps[2].Outcome != inventory.Skipped || rep.Verdict != inventory.Genuine {
				t.Errorf("%s, verdict %s: want the tag skipped, and made with the PIN", outcomes(rep), rep.Verdict)
			}
			key, err := r.store.Key(t.Context(), *rep.Key)
			if err != nil || key.Arrival != tt.arrival {
				t.Errorf("arrival is %s, %v; want %s", key.Arrival, err, tt.arrival)
			}
			info, err := stationtest.Open(t, k.Path(), nil).Info(t.Context())
			if err != nil || info.AlwaysUV() != tt.on || !info.ForcePINChange {
				t.Errorf("alwaysUv is %v, forcePINChange %v, %v", info.AlwaysUV(), info.ForcePINChange, err)
			}
		})
	}
}
