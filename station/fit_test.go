package station_test

import (
	"context"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
	"keystation/station/attest"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// madeBy is a bus whose keys say who made them.
type madeBy struct {
	station.Bus
	makers map[string]string // by path
}

func (b madeBy) At(ctx context.Context, id string) (station.Port, error) {
	p, err := b.Bus.At(ctx, id)
	p.Maker = b.makers[p.Path]
	return p, err
}

// ruled is a rig over people and requisitions whose elevated tier has rules of its own.
func ruled(t *testing.T, change func(*inventory.Rules)) (*rig, map[string]string) {
	t.Helper()
	r := newRig(t)
	r.over(inventorytest.Open(t))
	elevated := inventory.DefaultRules()
	change(&elevated)
	makers := map[string]string{}
	r.cfg.Policy.Elevated, r.cfg.Bus = &elevated, madeBy{r.cfg.Bus, makers}
	return r, makers
}

func (r *rig) makeFor(k *softkey.Key, number string) station.Report {
	r.t.Helper()
	rep, err := r.bench().Make(r.t.Context(), portOf(k), inventory.Want{Requisition: number})
	r.must(err)
	return rep
}

func (r *rig) lineOf(rep station.Report) inventory.OrderRef {
	r.t.Helper()
	d, err := r.store.KeyDossier(r.t.Context(), rep.AssetTag)
	r.must(err)
	if d.For == nil {
		return inventory.OrderRef{}
	}
	return *d.For
}

func wantLeft(t *testing.T, rep station.Report, says string) {
	t.Helper()
	if rep.End != inventory.RunRefused || endedAt(rep).Name != inventory.Identify || !strings.Contains(strings.Join(rep.Reasons, " "), says) {
		t.Errorf("the run ended %s at %s: %q, want it refused untouched: %q", rep.End, endedAt(rep).Name, rep.Reasons, says)
	}
}

// Where policy wants two makers, the second key of a person is not of the maker of the first.
func TestBench_Make_twoMakers(t *testing.T) {
	r, makers := ruled(t, func(e *inventory.Rules) { e.TwoMakers = true })
	r.cfg.Policy.Roots = attest.Roots{} // what a key says of its maker has to do
	key := func(maker string) *softkey.Key {
		k := stationtest.Key(t, softkey.Config{})
		makers[k.Path()] = maker
		return k
	}
	first := r.makeFor(key("Acme Security Ltd."), "")
	wantReady(t, first)
	if l := r.lineOf(first); l.Number != "R-1001" || l.Purpose != inventory.Primary {
		t.Fatalf("the first key is for %s %s", l.Number, l.Purpose)
	}
	second := r.makeFor(key("ACME"), "")
	wantReady(t, second)
	if l := r.lineOf(second); l.Number != "R-1002" {
		t.Errorf("the second key of that maker is for %s, want the next requisition", l.Number)
	}
	wantLeft(t, r.makeFor(key("acme"), "R-1001"), "Policy wants keys of two makers for Ada Lovelace, who has "+string(first.AssetTag)+" by Acme Security Ltd.")
	wantLeft(t, r.makeFor(key(""), "R-1001"), "nobody knows who made this one")
	spare := r.makeFor(key("Zenith"), "R-1001")
	wantReady(t, spare)
	if l := r.lineOf(spare); l.Number != "R-1001" || l.Purpose != inventory.Spare {
		t.Errorf("the key of another maker is for %s %s", l.Number, l.Purpose)
	}
	wantLeft(t, r.makeFor(key("Acme"), "R-1001"), "all its keys are made")
}

// A key that says it is of another maker than its attestation proves gets no line by it.
func TestBench_Make_twoMakersProven(t *testing.T) {
	r, makers := ruled(t, func(e *inventory.Rules) { e.TwoMakers = true })
	first, second := stationtest.Key(t, softkey.Config{}), stationtest.Key(t, softkey.Config{})
	makers[first.Path()], makers[second.Path()] = "keystation", "Zenith"
	wantReady(t, r.makeFor(first, "R-1001"))
	rep := r.makeFor(second, "R-1001")
	if says := strings.Join(rep.Reasons, " "); rep.End != inventory.RunRefused || !strings.Contains(says, "by keystation: take a key of another maker. Nothing on this key counts") {
		t.Errorf("the run ended %s: %s", rep.End, says)
	}
	if hasPIN(t, second) {
		t.Error("the key has a PIN")
	}
}

// A key that the rules of one tier leave out is made for lines of the others.
func TestBench_Make_tiers(t *testing.T) {
	r, _ := ruled(t, func(e *inventory.Rules) { e.Options = []string{"largeBlobs"} })
	rep := r.makeFor(stationtest.Key(t, softkey.Config{}), "")
	wantReady(t, rep)
	if l := r.lineOf(rep); l.Number != "R-1002" {
		t.Errorf("the key is for %s, want the first requisition of another tier", l.Number)
	}
	wantLeft(t, r.makeFor(stationtest.Key(t, softkey.Config{}), "R-1001"), "policy leaves this key out")
	r.cfg.Policy.Options = []string{"largeBlobs"}
	critical := inventory.DefaultRules()
	r.cfg.Policy.Critical = &critical
	wantLeft(t, r.makeFor(stationtest.Key(t, softkey.Config{}), ""), "policy lets it be made for other tiers only")
	r.cfg.Policy.Critical = nil
	wantLeft(t, r.makeFor(stationtest.Key(t, softkey.Config{}), ""), "The key has no largeBlobs, which policy requires.")
}

// alwaysUv that policy wants is on when the key is made, and its holder is known to need the PIN first.
func TestBench_Make_alwaysUVWanted(t *testing.T) {
	for _, profile := range []string{"modern", "always-uv", "fips"} {
		t.Run(profile, func(t *testing.T) {
			r := newRig(t)
			k := stationtest.Key(t, softkey.Config{Profile: profile})
			model, _ := softkey.ProfileModel(profile)
			r.cfg.Policy.AlwaysUV, r.cfg.Policy.Release = []string{model.GetInfo.AAGUID.String()}, inventory.ByLetter
			rep := r.make(k.Path())
			wantReady(t, rep)
			made, err := r.store.Key(t.Context(), *rep.Key)
			r.must(err)
			a := stationtest.Open(t, k.Path(), nil)
			info, err := a.Info(t.Context())
			r.must(err)
			if !info.AlwaysUV() || made.Arrival != inventory.ArrivalPINFirst {
				t.Errorf("alwaysUv %v, arrival %s", info.AlwaysUV(), made.Arrival)
			}
		})
	}
}

// A run follows the policy that is current when it begins, and names its version.
func TestBench_Make_currentPolicy(t *testing.T) {
	r := newRig(t)
	now := r.cfg.Policy
	r.cfg.Current = func() station.Policy { return now }
	b := r.bench()
	now.Number, now.Options = 7, []string{"largeBlobs"}
	k := stationtest.Key(t, softkey.Config{})
	rep := r.makeAt(b, k)
	wantLeft(t, rep, "The key has no largeBlobs")
	run, err := r.store.Run(t.Context(), rep.Run)
	r.must(err)
	if !strings.HasPrefix(run.Policy, "7 (") {
		t.Errorf("the run names policy %q", run.Policy)
	}
	now.Options = nil
	wantReady(t, r.makeAt(b, k))
}
