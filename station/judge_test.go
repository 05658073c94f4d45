package station_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
	"keystation/station/ctap"
)

var modelA, modelB = ctap.AAGUID{0xa, 1}, ctap.AAGUID{0xb, 1}

func codes(j inventory.Judgment) string {
	all := make([]string, len(j.Reasons))
	for i, r := range j.Reasons {
		all[i] = r.Code
	}
	return strings.Join(all, " ")
}

func info(t *testing.T, options map[string]bool) []byte {
	t.Helper()
	b, err := ctap.Info{Versions: []string{"FIDO_2_1"}, Options: options}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Each rule of the inventory is asked, of the tier that the key was made for.
func TestJudge_rules(t *testing.T) {
	v := newVendor(t, "Keys Ltd")
	e := v.batch(modelA, v.root.NotAfter).kept("k1")
	e.Registration.Info = info(t, map[string]bool{"rk": true})
	a := modelA.String()
	for _, tt := range []struct {
		name    string
		rules   func(*inventory.Rules)
		tier    inventory.Tier
		verdict inventory.Verdict
		codes   string
	}{
		{"nothing asked", func(*inventory.Rules) {}, "", inventory.Genuine, "root-reached"},
		{"denied", func(r *inventory.Rules) { r.Deny = []string{a} }, inventory.Standard, inventory.Refused, "model-denied root-reached"},
		{"denied for another tier", func(r *inventory.Rules) { r.Deny = []string{a} }, inventory.Elevated, inventory.Genuine, "root-reached"},
		{"another is allowed", func(r *inventory.Rules) { r.Allow = []string{modelB.String()} }, inventory.Standard, inventory.Refused, "model-not-allowed root-reached"},
		{"old firmware", func(r *inventory.Rules) { r.MinFirmware = map[string]string{a: "5.7.2"} }, inventory.Standard, inventory.Refused, "firmware-old root-reached"},
		{"firmware good enough", func(r *inventory.Rules) { r.MinFirmware = map[string]string{a: "5.7.1"} }, inventory.Standard, inventory.Genuine, "root-reached"},
		{"not certified", func(r *inventory.Rules) { r.Certification = "L2" }, inventory.Standard, inventory.Refused, "certification-low root-reached"},
		{"certified", func(r *inventory.Rules) { r.Certification = "L1" }, inventory.Standard, inventory.Genuine, "root-reached"},
		{"no option", func(r *inventory.Rules) { r.Options = []string{"rk", "uv"} }, inventory.Standard, inventory.Refused, "option-missing root-reached"},
		{"the option", func(r *inventory.Rules) { r.Options = []string{"rk"} }, inventory.Standard, inventory.Genuine, "root-reached"},
		{"no option, and denied", func(r *inventory.Rules) { r.Options, r.Deny = []string{"uv"}, []string{a} }, inventory.Standard, inventory.Refused, "model-denied root-reached option-missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := station.DefaultPolicy(inventory.LocalRPID)
			p.Catalog, p.Number = catalog(t, 31, "2026-12-15", map[ctap.AAGUID]*vendor{modelA: v}), 7
			other := p.Rules
			p.Elevated = &other
			tt.rules(&p.Rules)
			e.Tier = tt.tier
			j := station.NewJudge(p).Judge(e, inventorytest.Start)
			if j.Verdict != tt.verdict || codes(j) != tt.codes {
				t.Errorf("%s for %q", j.Verdict, codes(j))
			}
			if j.Key != "k1" || j.Registration != "gk1" || j.Policy != 7 || j.Metadata != 31 || j.Model != "Keys Ltd 0a" || j.Maker != "Keys Ltd" || !strings.Contains(j.Root, "Keys Ltd Root") {
				t.Errorf("%+v", j)
			}
		})
	}
}

// Where getInfo was not kept, nothing is held against the key, and it is said.
func TestJudge_optionsNotKept(t *testing.T) {
	v := newVendor(t, "Keys Ltd")
	p := station.DefaultPolicy(inventory.LocalRPID)
	p.Roots.Add(v.root)
	p.Options = []string{"uv"}
	j := station.NewJudge(p).Judge(v.batch(modelA, v.root.NotAfter).kept("k1"), inventorytest.Start)
	if j.Verdict != inventory.Genuine || codes(j) != "root-reached options-not-kept" {
		t.Errorf("%s for %q", j.Verdict, codes(j))
	}
}

// A judgment changes when the world does, not with the day: neither metadata that wait for their successor nor a
// certificate that has ended since the key was made make it another.
func TestJudge_sameEveryDay(t *testing.T) {
	v := newVendor(t, "Keys Ltd")
	p := station.DefaultPolicy(inventory.LocalRPID)
	p.Catalog = catalog(t, 31, "2026-12-15", map[ctap.AAGUID]*vendor{modelA: v})
	judge := station.NewJudge(p)
	for name, until := range map[string]time.Time{
		"ended since": inventorytest.Start.AddDate(0, 0, 9), "had ended": inventorytest.Start.AddDate(0, 0, -9),
	} {
		e := v.batch(modelA, until).kept("k1")
		first := judge.Judge(e, inventorytest.Start)
		for _, days := range []int{1, 30, 365, 2000} {
			if j := judge.Judge(e, inventorytest.Start.AddDate(0, 0, days)); !j.Same(first) {
				t.Errorf("%s: after %d days %+v, at first %+v", name, days, j, first)
			}
		}
		if want := map[bool]inventory.Verdict{true: inventory.Genuine, false: inventory.Unknown}[name == "ended since"]; first.Verdict != want {
			t.Errorf("%s: %s", name, first.Verdict)
		}
	}
}

// A judge is shared: what it remembers of a batch is right for each of its keys, whoever asks.
func TestJudge_shared(t *testing.T) {
	v := newVendor(t, "Keys Ltd")
	b := v.batch(modelA, v.root.NotAfter)
	p := station.DefaultPolicy(inventory.LocalRPID)
	p.Catalog = catalog(t, 31, "2026-12-15", map[ctap.AAGUID]*vendor{modelA: v})
	judge := station.NewJudge(p)
	good, forged := b.kept("k1"), b.kept("k2")
	forged.Registration.ClientDataHash = slices.Clone(good.Registration.ClientDataHash)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for day := range 8 {
				at := inventorytest.Start.AddDate(0, 0, day)
				if j := judge.Judge(good, at); j.Verdict != inventory.Genuine {
					t.Errorf("the good one is %+v", j)
				}
				if j := judge.Judge(forged, at); j.Verdict != inventory.Refused || j.First().Code != "wrong-signature" {
					t.Errorf("the forged one is %+v", j)
				}
			}
		})
	}
	all.Wait()
}
