package inventory_test

import (
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// Forty people get the advice that their table says. How each ends is tested where it is written down.
func TestReadiness_Advise(t *testing.T) {
	table := inventory.DefaultReadiness()
	all := inventorytest.Personas(t)
	if len(all) != 40 {
		t.Errorf("%d personas, want 40", len(all))
	}
	for _, p := range all {
		t.Run(p.Name, func(t *testing.T) {
			if err := p.Answers.Check(); err != nil {
				t.Fatal(err)
			}
			r := table.Advise(p.Answers, p.Tier)
			if r.Way != p.Way || r.Reasons[0].Code != p.Why {
				t.Errorf("advised %s because of %+v, want %s because of %s", r.Way, r.Reasons, p.Way, p.Why)
			}
			if !slices.ContainsFunc(r.Others, func(o inventory.JudgedWay) bool {
				return o.Way == p.Also.Way && o.Fits == p.Also.Fits && (o.Fits || o.Reasons[0].Code == p.Also.Reasons[0].Code)
			}) {
				t.Errorf("beside it %+v, want %+v among them", r.Others, p.Also)
			}
			if !slices.ContainsFunc(r.Cautions, func(c inventory.AdviceReason) bool { return c.Code == p.Heed }) && (p.Heed != "" || len(r.Cautions) > 0) {
				t.Errorf("cautions %+v, want %q", r.Cautions, p.Heed)
			}
			for _, way := range append(slices.Clone(p.Failed), p.Choice) {
				if err := r.May(way); err != nil {
					t.Errorf("they may not take %s: %v", way, err)
				}
			}
		})
	}
}

// Nobody who is guarded more, and nobody whom a way does not fit, can take it all the same.
func TestRecommendation_May(t *testing.T) {
	table := inventory.DefaultReadiness()
	for _, p := range inventorytest.Personas(t) {
		r := table.Advise(p.Answers, p.Tier)
		for _, way := range inventory.Ways {
			fits := way == inventory.WayKey || r.Way == way || slices.ContainsFunc(r.Others, func(o inventory.JudgedWay) bool { return o.Way == way && o.Fits })
			err := r.May(way)
			if fits != (err == nil) {
				t.Errorf("%s may take %s: %v", p.Name, way, err)
			}
			if p.Tier != inventory.Standard && way != inventory.WayKey && !strings.Contains(inventory.Sentence(err), "always get a hardware key") {
				t.Errorf("%s is told %q", p.Name, inventory.Sentence(err))
			}
		}
	}
}

// Where the passkeys of phones live decides how new a phone has to be.
func TestReadiness_Authenticator(t *testing.T) {
	mac, pc := inventory.Installed{Name: "macos", Version: "13"}, inventory.Installed{Name: "windows", Version: "10"}
	for _, c := range []struct {
		use      inventory.AuthenticatorUse
		computer inventory.Installed
		version  string
		want     inventory.Way
	}{
		{inventory.AuthenticatorNever, mac, "16", inventory.WayPhone},
		{inventory.AuthenticatorOnMac, mac, "16", inventory.WayPlatformSSO},
		{inventory.AuthenticatorOnMac, mac, "17", inventory.WayPhone},
		{inventory.AuthenticatorOnMac, pc, "16", inventory.WayPhone},
		{inventory.AuthenticatorAlways, pc, "16", inventory.WayHello},
		{inventory.AuthenticatorAlways, pc, "17", inventory.WayPhone},
	} {
		table := inventory.DefaultReadiness()
		table.Authenticator = c.use
		a := inventory.Answers{Computers: []inventory.Installed{c.computer}, Phone: inventory.Installed{Name: "ios", Version: c.version}, Willing: true}
		if got := table.Advise(a, "").Way; got != c.want {
			t.Errorf("%s, %s, iOS %s: %s, want %s", c.use, c.computer.Name, c.version, got, c.want)
		}
	}
}

// A key fits what it is put into, and one that stays in a port is for those who have one port.
func TestReadiness_Advise_key(t *testing.T) {
	for _, c := range []struct {
		connectors     string
		form           inventory.FormFactor
		primary, spare string
		want           inventory.FormFactor
	}{
		{"", "", "", "", inventory.Keychain},
		{"usb-a", inventory.Nano, "usb-a", "usb-a", inventory.Nano},
		{"nfc usb-c", inventory.Nano, "usb-c", "usb-c", inventory.Keychain},
		{"usb-a usb-c", "", "usb-c", "usb-a", inventory.Keychain},
		{"lightning", "", "lightning", "lightning", inventory.Keychain},
		{"nfc", "", "nfc", "nfc", inventory.Keychain},
	} {
		a := inventory.Answers{Computers: []inventory.Installed{{Name: "linux"}}, Connectors: strings.Fields(c.connectors), Form: c.form}
		r := inventory.DefaultReadiness().Advise(a, inventory.Critical)
		if r.Connector != c.primary || r.Spare != c.spare || r.Form != c.want {
			t.Errorf("%q: %q and %q, %s", c.connectors, r.Connector, r.Spare, r.Form)
		}
	}
}

func TestAnswers_Check(t *testing.T) {
	good := inventory.Answers{Computers: []inventory.Installed{{Name: "windows", Version: "10"}}}
	for _, c := range []struct {
		name   string
		change func(*inventory.Answers)
		want   string
	}{
		{"nothing", func(a *inventory.Answers) { a.Computers = nil }, "choose at least one computer or a phone"},
		{"a system", func(a *inventory.Answers) { a.Computers[0].Name = "beos" }, "none that the page offers"},
		{"a version", func(a *inventory.Answers) { a.Computers[0].Version = "new" }, "is no version"},
		{"a phone", func(a *inventory.Answers) { a.Phone.Name = "fax" }, "is no phone"},
		{"a form", func(a *inventory.Answers) { a.Form = "ring" }, "is no form"},
		{"a connector", func(a *inventory.Answers) { a.Connectors = []string{"scsi"} }, "is no connector"},
		{"text that cannot be seen", func(a *inventory.Answers) { a.Apps = []string{"a\u202eb"} }, "control character"},
		{"a flood", func(a *inventory.Answers) { a.Virtual = slices.Repeat([]string{"vdi"}, 300) }, "more answers"},
	} {
		a := good
		a.Computers = slices.Clone(good.Computers)
		c.change(&a)
		if err := a.Check(); inventory.KindOf(err) != inventory.Invalid || !strings.Contains(inventory.Sentence(err), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

// Every way without a key has steps that end in a trial; a PIN takes the place of fingerprint and face, and what has to be
// looked up comes first.
func TestReadiness_Guide(t *testing.T) {
	table := inventory.DefaultReadiness()
	for _, p := range inventorytest.Personas(t) {
		for _, way := range []inventory.Way{inventory.WayPhone, inventory.WayHello, inventory.WayPlatformSSO} {
			var codes []string
			for _, s := range table.Guide(p.Answers, way) {
				codes = append(codes, s.Code)
			}
			confirm := string(way) + "-confirm"
			if p.Answers.NoBiometrics {
				confirm += "-pin"
			}
			if len(codes) < 5 || codes[len(codes)-1] != "try" || !slices.Contains(codes, confirm) {
				t.Errorf("%s, %s: %q", p.Name, way, codes)
			}
			if p.Answers.Browser.Version == "0" && !slices.Contains(codes[:2], "browser-old") {
				t.Errorf("%s, %s: %q does not begin with the browser", p.Name, way, codes)
			}
		}
	}
	mac := inventory.Answers{Computers: []inventory.Installed{{Name: "macos"}}, Phone: inventory.Installed{Name: "ios", Version: "17"}}
	steps := table.Guide(mac, inventory.WayPhone)
	if steps[0] != (inventory.AdviceReason{Code: "version-unknown", About: "macos", Min: "13"}) ||
		!slices.Contains(steps, inventory.AdviceReason{Code: "phone-store-authenticator"}) {
		t.Errorf("steps on a Mac of an unknown version: %+v", steps)
	}
}

func TestReadiness_Change(t *testing.T) {
	by := inventorytest.Operator
	r := inventory.DefaultReadiness()
	if err := r.Check(); err != nil {
		t.Fatalf("the table that comes with the program: %v", err)
	}
	if got := r.Bands(inventory.ReadySystem, "ios"); !slices.Equal(got, []string{"17", "16"}) {
		t.Errorf("versions that matter of an iPhone: %q", got)
	}
	if got := r.Bands(inventory.ReadySystem, "linux"); len(got) != 0 {
		t.Errorf("versions that matter of Linux: %q", got)
	}
	r, ev, err := r.Change(4, by, inventorytest.Start)
	if err != nil || r.Version != 5 || r.By != by || ev.Action != "readiness.changed" {
		t.Errorf("version %d by %v, %s, %v", r.Version, r.By, ev.Action, err)
	}
	for _, c := range []struct {
		row  inventory.ReadinessRow
		want string
	}{
		{inventory.ReadinessRow{Kind: "os", Name: "windows", Source: "x"}, "no kind of row"},
		{inventory.ReadinessRow{Kind: inventory.ReadyApp, Source: "x"}, "has no name"},
		{inventory.ReadinessRow{Kind: inventory.ReadyApp, Name: "App"}, "has no source"},
		{inventory.ReadinessRow{Kind: inventory.ReadySystem, Name: "beos", Min: "5", Source: "x"}, "is no system"},
		{inventory.ReadinessRow{Kind: inventory.ReadyBrowser, Name: "firefox", Min: "new", Source: "x"}, "write a number"},
		{inventory.ReadinessRow{Kind: inventory.ReadyApp, Name: "App", Min: "5", Source: "x"}, "has no versions"},
		{inventory.ReadinessRow{Kind: inventory.ReadySystem, Name: "linux", Min: "5", Authenticator: true, Source: "x"}, "for ios and android only"},
		{inventory.ReadinessRow{Kind: inventory.ReadyPhone, Name: "iphone 7", Source: "x"}, "is there twice"},
		{inventory.ReadinessRow{Kind: inventory.ReadyApp, Name: "a\u202eb", Source: "x"}, "control character"},
	} {
		bad := inventory.DefaultReadiness()
		bad.Rows = append(bad.Rows, c.row)
		if _, _, err := bad.Change(0, by, inventorytest.Start); inventory.KindOf(err) != inventory.Invalid || !strings.Contains(inventory.Sentence(err), c.want) {
			t.Errorf("%+v: %v", c.row, err)
		}
	}
}
