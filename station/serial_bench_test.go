package station_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// usbTray is a tray whose ports say what USB would say of the keys in them.
type usbTray struct{ *tray }

func (b usbTray) At(ctx context.Context, id string) (station.Port, error) {
	p, err := b.tray.At(ctx, id)
	if err != nil {
		return p, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	usb := stationtest.Port(id, b.keys[id])
	usb.Plug = p.Plug
	return usb, nil
}

// numbered is a bench that reads serial numbers as the program does.
func numbered(t *testing.T, books *inventorytest.Store) (*rig, usbTray) {
	t.Helper()
	r := newRig(t)
	if books != nil {
		r.over(books)
	}
	bus := usbTray{newTray()}
	r.cfg.Bus, r.cfg.Serial, r.cfg.Feed = bus, stationtest.Serial, station.NewFeed()
	return r, bus
}

func softOf(t *testing.T, profile string, change func(*softkey.Model)) *softkey.Key {
	t.Helper()
	if change == nil {
		return stationtest.Key(t, softkey.Config{Profile: profile})
	}
	m, ok := softkey.ProfileModel(profile)
	if !ok {
		t.Fatalf("no profile %s", profile)
	}
	change(&m)
	return stationtest.Key(t, softkey.Config{Model: &m})
}

func (r *rig) madeAtPort(b *station.Bench, bus usbTray, port string) station.Report {
	r.t.Helper()
	p, err := bus.At(r.t.Context(), port)
	r.must(err)
	rep, err := b.Make(r.t.Context(), p, inventory.Want{})
	r.must(err)
	return rep
}

// Each maker's keys are asked by its own command, and what came of it stands in the row with its source and its vendor.
func TestBench_Make_serials(t *testing.T) {
	for _, tt := range []struct {
		name, profile string
		change        func(*softkey.Model)
		source        inventory.SerialSource
		vendor        string
		like          func(serial string) bool
		says          string
	}{
		{"READ_CONFIG", "yubikey-like", nil, inventory.SerialVendor, "1050", func(s string) bool { return strings.Trim(s, "0123456789") == "" && s != "" }, ""},
		{"UUID", "uuid-like", nil, inventory.SerialVendor, "20a0", func(s string) bool { return len(s) == 32 }, ""},
		{"USB only", "modern", nil, inventory.SerialUSB, "1209", func(s string) bool { return len(s) == 16 }, ""},
		{"a dummy", "fido20", nil, inventory.SerialNone, "1209", func(s string) bool { return s == "" }, ""},
		{"none", "noserial", nil, inventory.SerialNone, "1209", func(s string) bool { return s == "" }, ""},
		{"another vendor's command", "yubikey-like", func(m *softkey.Model) { m.USB.Vendor = 0x1209 }, inventory.SerialNone, "1209", func(s string) bool { return s == "" }, ""},
		{"no such command", "yubikey-like", func(m *softkey.Model) { m.Vendor = nil }, inventory.SerialNone, "1050", func(s string) bool { return s == "" }, ""},
		{"garbled", "yubikey-like", func(m *softkey.Model) {
			m.Vendor = []softkey.VendorCommand{{Command: 0x42, Paged: true, Answers: []string{"FF0102"}}}
		}, inventory.SerialNone, "1050", func(s string) bool { return s == "" }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, bus := numbered(t, nil)
			bus.put("1-1", softOf(t, tt.profile, tt.change))
			rep := r.madeAtPort(r.bench(), bus, "1-1")
			wantReady(t, rep)
			k, err := r.store.Key(t.Context(), *rep.Key)
			r.must(err)
			if k.SerialSource != tt.source || k.Vendor != tt.vendor || !tt.like(k.Serial) || rep.Serial != k.Serial {
				t.Errorf("serial %q from %s of vendor %s", k.Serial, k.SerialSource, k.Vendor)
			}
		})
	}
}

// A label that does not say what the key says stops the run before anything on the key is touched.
func TestBench_Labeled(t *testing.T) {
	label := func(r *rig, b *station.Bench, port, text string) {
		r.t.Helper()
		r.cfg.Feed.Publish(station.Tile{Port: port})
		r.must(b.Labeled(r.t.Context(), port, text, grace))
	}
	t.Run("disagrees", func(t *testing.T) {
		r, bus := numbered(t, nil)
		k := softOf(t, "yubikey-like", nil)
		bus.put("1-1", k)
		own := stationtest.Open(t, k.Path(), nil)
		made, err := own.MakeCredential(t.Context(), station.CreationOptions{RPID: "a.test", RPName: "a", UserID: []byte{1}, UserName: "a", ClientDataHash: make([]byte, 32)}, nil)
		r.must(err)
		own.Close()
		b := r.bench()
		label(r, b, "1-1", "4711-0815")
		rep := r.madeAtPort(b, bus, "1-1")
		wantLeft(t, rep, "The label says 47110815, the key says ")
		own = stationtest.Open(t, k.Path(), nil)
		if _, err := own.Assert(t.Context(), station.RequestOptions{RPID: "a.test", ClientDataHash: make([]byte, 32), AllowCredential: [][]byte{made.CredentialID}}, nil); err != nil {
			t.Errorf("what was on the key is gone: %v", err)
		}
		if tile, _ := r.cfg.Feed.Tile("1-1"); tile.Word != "TWO SERIALS" {
			t.Errorf("the tile says %s", tile.Word)
		}
	})
	t.Run("agrees", func(t *testing.T) {
		r, bus := numbered(t, nil)
		k := softOf(t, "yubikey-like", nil)
		bus.put("1-1", k)
		p, err := bus.At(t.Context(), "1-1")
		r.must(err)
		own, err := stationtest.Serial(t.Context(), p)
		r.must(err)
		b := r.bench()
		label(r, b, "1-1", own.Number[:2]+" "+own.Number[2:])
		rep := r.madeAtPort(b, bus, "1-1")
		wantReady(t, rep)
		if !slices.ContainsFunc(rep.Reasons, func(s string) bool { return strings.Contains(s, "and the key says the same") }) || rep.SerialSource != inventory.SerialVendor {
			t.Errorf("%s %s: %q", rep.Serial, rep.SerialSource, rep.Reasons)
		}
	})
	t.Run("is all there is", func(t *testing.T) {
		r, bus := numbered(t, nil)
		bus.put("1-1", softOf(t, "noserial", nil))
		b := r.bench()
		label(r, b, "1-1", "sn 000123")
		rep := r.madeAtPort(b, bus, "1-1")
		wantReady(t, rep)
		if rep.Serial != "SN000123" || rep.SerialSource != inventory.SerialLabel {
			t.Errorf("the key has the serial %q from %s", rep.Serial, rep.SerialSource)
		}
	})
}

// A number on the list of keys that are never touched is heeded however it is read.
func TestBench_Make_neverByMakersNumber(t *testing.T) {
	r, bus := numbered(t, nil)
	bus.put("1-1", softOf(t, "yubikey-like", nil))
	p, err := bus.At(t.Context(), "1-1")
	r.must(err)
	own, err := stationtest.Serial(t.Context(), p)
	r.must(err)
	r.cfg.Policy.NeverSerials = []string{own.Number}
	wantLeft(t, r.madeAtPort(r.bench(), bus, "1-1"), "list of those that are never touched")
}

// A key of a vendor that gives only the end of its number keeps that end, said to be one.
func TestBench_Make_suffix(t *testing.T) {
	r, bus := numbered(t, nil)
	token2 := func(m *softkey.Model) {
		m.USB.Vendor, m.USB.Product = 0x349E, 0x0022
		m.Vendor = []softkey.VendorCommand{{Command: 0x41, Answers: []string{"3B8F8001000000 868E 0022 000000 3335373830353238"}}}
	}
	k := softOf(t, "noserial", token2)
	bus.put("1-1", k)
	rep := r.madeAtPort(r.bench(), bus, "1-1")
	wantReady(t, rep)
	if rep.Serial != "…35780528" || rep.SerialSource != inventory.SerialVendor {
		t.Errorf("the serial is %q from %s", rep.Serial, rep.SerialSource)
	}
}
