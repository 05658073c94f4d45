package station_test

import (
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station/attest"
	"keystation/station/ctap"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// catalogOf reads metadata about software keys.
func catalogOf(t *testing.T, no int, reports map[string][]softkey.StatusReport) *attest.Catalog {
	t.Helper()
	blob, err := softkey.Metadata(no, time.Now().AddDate(0, 1, 0), reports)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := attest.ParseRoots(softkey.RootPEM())
	if err != nil {
		t.Fatal(err)
	}
	c, err := attest.OpenBLOB(blob, roots.Certificates(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A key is genuine by the metadata of its model alone, and what it was judged by is kept with it.
func TestBench_Make_byMetadata(t *testing.T) {
	r := newRig(t)
	r.cfg.Policy.Roots, r.cfg.Policy.Catalog, r.cfg.Policy.Number = attest.Roots{}, catalogOf(t, 12, nil), 3
	rep := r.make(stationtest.Key(t, softkey.Config{}).Path())
	wantReady(t, rep)
	if rep.Verdict != inventory.Genuine || rep.Model != "keystation software key" {
		t.Errorf("%s is %s: %q", rep.Model, rep.Verdict, rep.Reasons)
	}
	all, err := r.store.Evidence(t.Context(), "", 10)
	r.must(err)
	if len(all) != 1 {
		t.Fatalf("evidence of %d keys is kept", len(all))
	}
	e := all[0]
	info, err := ctap.ParseInfo(e.Registration.Info)
	j := e.Judged
	if err != nil || !info.SupportsPIN() || j.Metadata != 12 || j.Policy != 3 || j.Tier != inventory.Standard || j.Maker != "keystation" || e.Key.Maker != "keystation" {
		t.Errorf("kept was %+v with getInfo %v, %v", j, info.Versions, err)
	}
}

// What metadata or policy say against a model is enough to leave a key alone: nothing on it is changed.
func TestBench_Make_spokenAgainst(t *testing.T) {
	since := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	model, _ := softkey.ProfileModel("modern")
	aaguid := model.GetInfo.AAGUID.String()
	for _, tt := range []struct {
		name   string
		status string
		rules  func(*inventory.Rules)
		says   string
	}{
		{"revoked", "REVOKED", nil, "The metadata say of the model keystation software key: REVOKED since 2026-01-02"},
		{"denied", "", func(r *inventory.Rules) { r.Deny = []string{aaguid} }, "Policy denies the model keystation software key."},
		{"not allowed", "", func(r *inventory.Rules) { r.Allow = []string{inventorytest.AAGUID} }, "not among those that policy allows"},
		{"old firmware", "", func(r *inventory.Rules) { r.MinFirmware = map[string]string{aaguid: "1.0.1"} }, "The key has firmware 1.0.0, and policy asks for 1.0.1"},
		{"certified too low", "FIDO_CERTIFIED_L1", func(r *inventory.Rules) { r.Certification = "L2" }, "is certified at L1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			reports := map[string][]softkey.StatusReport{}
			if tt.status != "" {
				reports["modern"] = []softkey.StatusReport{{Status: tt.status, Since: since}}
			}
			r.cfg.Policy.Catalog = catalogOf(t, 1, reports)
			if tt.rules != nil {
				tt.rules(&r.cfg.Policy.Rules)
			}
			k := stationtest.Key(t, softkey.Config{})
			wantLeft(t, r.make(k.Path()), tt.says)
			if all, err := r.store.Evidence(t.Context(), "", 1); err != nil || len(all) != 0 {
				t.Errorf("something was made on it: %v %v", all, err)
			}
		})
	}
}

// Metadata past their next update are said to be old wherever a verdict shows.
func TestBench_Make_oldMetadata(t *testing.T) {
	r := newRig(t)
	r.cfg.Policy.Catalog = catalogOf(t, 1, nil)
	r.cfg.Now = func() time.Time { return time.Now().AddDate(0, 2, 0) }
	rep := r.make(stationtest.Key(t, softkey.Config{}).Path())
	if says := strings.Join(rep.Reasons, " "); rep.Verdict != inventory.Genuine || !strings.Contains(says, "The metadata of models are old: newer ones were due on ") {
		t.Errorf("%s: %s", rep.Verdict, says)
	}
}
