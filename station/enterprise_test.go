package station_test

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// newEnterpriseRig is a bench whose policy wants enterprise attestation, and whose keys can be asked for it with every
// libfido2.
func newEnterpriseRig(t *testing.T) *rig {
	r := newRig(t)
	r.cfg.Policy.EnterpriseAttestation = true
	r.cfg.Open = stationtest.Asking
	return r
}

// softModel is a kind of software key to change.
func softModel(t *testing.T, name string) softkey.Model {
	t.Helper()
	m, ok := softkey.ProfileModel(name)
	if !ok {
		t.Fatalf("there is no profile %s", name)
	}
	return m
}

// makeIn takes the key at a port through a run.
func (r *rig) makeIn(p station.Port) station.Report {
	r.t.Helper()
	r.cfg.Bus = onePort{p}
	rep, err := r.bench().Make(r.t.Context(), p, inventory.Want{})
	if err != nil {
		r.t.Fatal(err)
	}
	return rep
}

// onePort is the bus of a key that is never unplugged.
type onePort struct{ port station.Port }

func (b onePort) Attached(context.Context) ([]station.Port, error) {
	return []station.Port{b.port}, nil
}

func (b onePort) At(context.Context, string) (station.Port, error) { return b.port, nil }

// iSerial is what the key's descriptor would say.
func iSerial(cfg softkey.Config, k *softkey.Key) string {
	m, _ := softkey.ProfileModel(cfg.Profile)
	if m.USB.Serial != softkey.OwnSerial {
		return m.USB.Serial
	}
	return k.Serial()
}

// says tells if a reason has these words.
func says(reasons []string, part string) bool {
	return slices.ContainsFunc(reasons, func(s string) bool { return strings.Contains(s, part) })
}

// wantEnabled wants enterprise attestation on, as policy says, when the run is over.
func wantEnabled(t *testing.T, k *softkey.Key) {
	t.Helper()
	a := stationtest.Open(t, k.Path(), nil)
	defer a.Close()
	info, err := a.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !info.EnterpriseAttest() {
		t.Error("enterprise attestation is off")
	}
}

// TestBench_Make_enterprise makes a key whose serial only its certificate shows, twice: it is the same key.
func TestBench_Make_enterprise(t *testing.T) {
	r := newEnterpriseRig(t)
	k := stationtest.Key(t, softkey.Config{Profile: "enterprise"})
	first := r.make(k.Path())
	wantReady(t, first)
	if first.SerialSource != inventory.SerialAttested || first.Serial != strings.ToLower(k.Serial()) {
		t.Errorf("the serial is %q from %s, want %s", first.Serial, first.SerialSource, k.Serial())
	}
	wantEnabled(t, k)
	k.PowerCycle()
	again := r.make(k.Path()) // the reset turned it off
	wantReady(t, again)
	if *again.Key != *first.Key || again.Serial != first.Serial {
		t.Errorf("it is another key: %v with %q", *again.Key, again.Serial)
	}
	if key, err := r.store.Key(t.Context(), *again.Key); err != nil || !says(key.Reasons, "is attested") {
		t.Errorf("its reasons are %q, %v", key.Reasons, err)
	}
}

// TestBench_Make_enterpriseKinds makes keys that give, refuse and cannot give what policy wants: each is made, and the run
// says what it could not do.
func TestBench_Make_enterpriseKinds(t *testing.T) {
	vendorOnly := softModel(t, "enterprise")
	vendorOnly.Attestation.VendorOnly = true
	none := softModel(t, "enterprise")
	none.Attestation.Format = "none"
	for _, tc := range []struct {
		name   string
		cfg    softkey.Config
		source inventory.SerialSource
		says   string
	}{
		{"for the maker's RP IDs only", softkey.Config{Model: &vendorOnly}, inventory.SerialNone, "certain sign-in services only"},
		{"that it refuses", softkey.Config{Profile: "enterprise", Faults: []softkey.Fault{{Step: softkey.StepEnterprise, Status: ctap.ErrOperationDenied, Nth: 1}}},
			inventory.SerialNone, "did not turn enterprise attestation on"},
		{"instead of none", softkey.Config{Model: &none}, inventory.SerialAttested, ""},
		{"with the PIN", softkey.Config{Profile: "fips"}, inventory.SerialUSB, "needs the PIN"},
		{"of a key that has none", softkey.Config{Profile: "noserial"}, inventory.SerialNone, "has no enterprise attestation"},
		{"and of its iSerial", softkey.Config{Profile: "modern"}, inventory.SerialUSB, "is made without one"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newEnterpriseRig(t)
			k := stationtest.Key(t, tc.cfg)
			rep := r.makeIn(station.Port{ID: "1-1", Path: k.Path(), Serial: iSerial(tc.cfg, k)})
			wantReady(t, rep)
			if rep.SerialSource != tc.source || tc.says != "" && !says(rep.Reasons, tc.says) {
				t.Errorf("the serial is %q from %s; reasons: %q", rep.Serial, rep.SerialSource, rep.Reasons)
			}
		})
	}
}

// TestBench_Make_enterpriseDisagrees shows a key whose descriptor tells another serial than its certificate.
func TestBench_Make_enterpriseDisagrees(t *testing.T) {
	r := newEnterpriseRig(t)
	k := stationtest.Key(t, softkey.Config{})
	rep := r.makeIn(station.Port{ID: "1-1", Path: k.Path(), Serial: "FFFF0000FFFF0000"})
	if rep.End != inventory.RunQuarantined || endedAt(rep).Name != inventory.Tag {
		t.Fatalf("the run ended %s at %s", rep.End, endedAt(rep).Name)
	}
	key, err := r.store.Key(t.Context(), *rep.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{strings.ToLower(k.Serial()), "FFFF0000FFFF0000", "USB"} {
		if !strings.Contains(key.StateReason, part) {
			t.Errorf("%q does not say %s", key.StateReason, part)
		}
	}
	if !strings.Contains(key.NextAction, "printed on the key") || key.Verdict != inventory.Genuine {
		t.Errorf("the key is %s, to do: %q", key.Verdict, key.NextAction)
	}
}

// TestBench_Make_enterpriseTwice resets a key elsewhere, by which it loses its tag: its certificate tells that it is known.
func TestBench_Make_enterpriseTwice(t *testing.T) {
	r := newEnterpriseRig(t)
	k := stationtest.Key(t, softkey.Config{Profile: "enterprise"})
	first := r.make(k.Path())
	wantReady(t, first)
	k.PowerCycle()
	a := stationtest.Open(t, k.Path(), nil)
	if err := a.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	second := r.make(k.Path())
	if second.End != inventory.RunQuarantined || !says(second.Reasons, string(first.AssetTag)) {
		t.Fatalf("the run ended %s: %q", second.End, second.Reasons)
	}
}

// TestBench_Make_enterpriseByLibrary makes a key with the libfido2 of this machine: it asks, or the run says that it could
// not. To see it ask with another one, see LD_LIBRARY_PATH in ld.so(8), or go test -exec.
func TestBench_Make_enterpriseByLibrary(t *testing.T) {
	r := newEnterpriseRig(t)
	r.cfg.Open = fido2.Open
	k := stationtest.Key(t, softkey.Config{Profile: "enterprise"})
	rep := r.make(k.Path())
	wantReady(t, rep)
	wantEnabled(t, k)
	t.Logf("libfido2 %s: the serial is %q from %s", fido2.Version(), rep.Serial, rep.SerialSource)
	lacks := fido2.Supports(fido2.EnterpriseAttestation)
	if lacks == nil {
		if rep.SerialSource != inventory.SerialAttested || rep.Serial != strings.ToLower(k.Serial()) {
			t.Errorf("the serial is %q from %s, want %s", rep.Serial, rep.SerialSource, k.Serial())
		}
		return
	}
	if rep.SerialSource != inventory.SerialNone || !says(rep.Reasons, "The key was not asked to prove its serial number: "+inventory.Sentence(lacks)) {
		t.Errorf("the serial is from %s; reasons: %q", rep.SerialSource, rep.Reasons)
	}
}

// plain hides what a key can beside being an Authenticator.
type plain struct{ station.Authenticator }

// TestBench_Make_enterpriseUnable makes keys through something that knows nothing of enterprise attestation.
func TestBench_Make_enterpriseUnable(t *testing.T) {
	r := newEnterpriseRig(t)
	r.cfg.Open = func(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
		a, err := fido2.Open(ctx, path, heard)
		return plain{a}, err
	}
	k := stationtest.Key(t, softkey.Config{Profile: "enterprise"})
	rep := r.make(k.Path())
	wantReady(t, rep)
	wantEnabled(t, k)
	if !says(rep.Reasons, "stands between") {
		t.Errorf("reasons: %q", rep.Reasons)
	}
}

// denying is a key that does not take the parameter.
type denying struct {
	station.Authenticator
	with ctap.Status
}

func (denying) AsksEnterprise() error { return nil }

func (k denying) MakeCredential(ctx context.Context, o station.CreationOptions, pin inventory.PIN) (station.Credential, error) {
	if o.EnterpriseAttestation != 0 {
		return station.Credential{}, k.with
	}
	return k.Authenticator.MakeCredential(ctx, o, pin)
}

// TestBench_Make_enterpriseDenied makes keys that answer the question with a status: it is asked again without it, unless
// the status says something else.
func TestBench_Make_enterpriseDenied(t *testing.T) {
	for status, ready := range map[ctap.Status]bool{
		ctap.ErrInvalidParameter: true, ctap.ErrInvalidOption: true, ctap.ErrUnsupportedOption: true,
		ctap.ErrOperationDenied: true, ctap.ErrKeyStoreFull: false,
	} {
		r := newEnterpriseRig(t)
		r.cfg.Open = func(ctx context.Context, path string, heard func(ctap.Keepalive)) (station.Authenticator, error) {
			a, err := fido2.Open(ctx, path, heard)
			return denying{a, status}, err
		}
		rep := r.make(stationtest.Key(t, softkey.Config{Profile: "enterprise"}).Path())
		if (rep.End == inventory.RunReady) != ready || says(rep.Reasons, "refused to prove its serial number") != ready {
			t.Errorf("%v: the run ended %s: %q", status, rep.End, rep.Reasons)
		}
	}
}

// TestAuthenticator_MakeCredential_enterprise holds libfido2 and the words of our own against each other.
func TestAuthenticator_MakeCredential_enterprise(t *testing.T) {
	for name, open := range map[string]station.Opener{"libfido2": fido2.Open, "our own words": stationtest.Asking} {
		k, wire := stationtest.Wired(t, softkey.Config{Profile: "enterprise"})
		a, err := open(t.Context(), k.Path(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if err := a.Configure(t.Context(), station.Setting{EnterpriseAttestation: true}, nil); err != nil {
			t.Fatal(err)
		}
		hash := make([]byte, 32)
		o := station.CreationOptions{RPID: "localhost", UserID: []byte{1}, UserName: "tag", ClientDataHash: hash, EnterpriseAttestation: ctap.PlatformManaged}
		before := len(wire.Traffic().Asked)
		c, err := a.MakeCredential(t.Context(), o, nil)
		if why := a.(station.EnterpriseAsker).AsksEnterprise(); why != nil {
			if !errors.Is(err, fido2.ErrOldLibrary) || inventory.Sentence(err) != inventory.Sentence(why) || len(wire.Traffic().Asked) != before {
				t.Errorf("%s: %v after %q", name, err, wire.Traffic().Asked[before:])
			}
			t.Logf("%s %s: %v", name, fido2.Version(), err)
			continue
		}
		serial, _ := hex.DecodeString(k.Serial())
		if err != nil || !c.EnterpriseAttested || !strings.Contains(string(c.Object), string(serial)) {
			t.Errorf("%s: epAtt is %v, %v", name, c.EnterpriseAttested, err)
		}
	}
}
