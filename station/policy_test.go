package station

import (
	"crypto/x509"
	"testing"

	"keystation/inventory"
	"keystation/station/attest"
	"keystation/station/ctap"
)

func TestPolicy_Check(t *testing.T) {
	const lengths = "PIN lengths go from 4 to 63: mend pin_length or min_pin_length."
	tests := []struct {
		name    string
		change  func(*Policy)
		refusal string
	}{
		{"default", func(*Policy) {}, ""},
		{"all that there is", func(p *Policy) {
			p.Unknown, p.Force, p.PINLength, p.MinPINLength = inventory.RefuseUnknown, inventory.ForceRequired, 63, 63
			p.Stock = []string{"d41f5a69-b817-4144-a13c-9ebd6d9254d6", "D41F5A69B8174144A13C9EBD6D9254D6"}
		}, ""},
		{"the shortest", func(p *Policy) { p.PINLength = 4 }, ""},
		{"no relying party", func(p *Policy) { p.RPID = "" }, "The policy has no relying party id: run keystation init."},
		{"too short", func(p *Policy) { p.PINLength = 3 }, lengths},
		{"too long", func(p *Policy) { p.PINLength = 64 }, lengths},
		{"minimum too long", func(p *Policy) { p.MinPINLength = 64 }, lengths},
		{"minimum below zero", func(p *Policy) { p.MinPINLength = -1 }, lengths},
		{"no such choice", func(p *Policy) { p.Unknown = "maybe" }, `unknown is "maybe": use refuse, ask or accept.`},
		{"no choice", func(p *Policy) { p.Unknown = "" }, `unknown is "": use refuse, ask or accept.`},
		{"no such force", func(p *Policy) { p.Force = "always" }, `force_pin_change is "always": use required, if-possible or off.`},
		{"stock by name", func(p *Policy) { p.Stock = []string{"YubiKey 5"} },
			`policy.stock has "YubiKey 5", which is no AAGUID: copy it from what keystation keys shows.`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := DefaultPolicy("keys.example.com")
			tt.change(&p)
			refused(t, p.Check(), inventory.Invalid, tt.refusal)
		})
	}
}

// TestPolicy_Version changes one thing at a time: each must give another version, or a run would name the wrong policy.
func TestPolicy_Version(t *testing.T) {
	changes := map[string]func(*Policy){
		"nothing":         func(*Policy) {},
		"RP ID":           func(p *Policy) { p.RPID = "example.com" },
		"unknown":         func(p *Policy) { p.Unknown = inventory.AcceptUnknown },
		"force":           func(p *Policy) { p.Force = inventory.ForceOff },
		"length":          func(p *Policy) { p.PINLength = 10 },
		"minimum":         func(p *Policy) { p.MinPINLength = 6 },
		"attestation":     func(p *Policy) { p.EnterpriseAttestation = true },
		"stock":           func(p *Policy) { p.Stock = []string{"a"} },
		"two in stock":    func(p *Policy) { p.Stock = []string{"a", "b"} },
		"never a port":    func(p *Policy) { p.NeverPorts = []string{"1-1"} },
		"never a serial":  func(p *Policy) { p.NeverSerials = []string{"1-1"} },
		"never two":       func(p *Policy) { p.NeverPorts = []string{"1-1", "1-2"} },
		"one with spaces": func(p *Policy) { p.NeverPorts = []string{"1-1 1-2"} },
		"roots":           func(p *Policy) { p.Roots = oneRoot() },
	}
	seen := map[string]string{}
	for name, change := range changes {
		p := DefaultPolicy("keys.example.com")
		change(&p)
		v, err := p.Version()
		again, _ := p.Version()
		if err != nil || v != again || len(v) != 12 {
			t.Errorf("%s: version %q, then %q, %v", name, v, again, err)
		}
		if other, twice := seen[v]; twice {
			t.Errorf("%s and %s have the same version", name, other)
		}
		seen[v] = name
	}
}

func oneRoot() attest.Roots {
	var r attest.Roots
	r.Add(&x509.Certificate{Raw: []byte("a certificate")})
	return r
}

func TestPolicy_stocks(t *testing.T) {
	model, err := ctap.ParseAAGUID("d41f5a69-b817-4144-a13c-9ebd6d9254d6")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		have []string
		want bool
	}{
		{"as shown", []string{"d41f5a69-b817-4144-a13c-9ebd6d9254d6"}, true},
		{"in capitals", []string{"D41F5A69-B817-4144-A13C-9EBD6D9254D6"}, true},
		{"without dashes, second", []string{"", "d41f5a69b8174144a13c9ebd6d9254d6"}, true},
		{"another", []string{"d41f5a69-b817-4144-a13c-9ebd6d9254d7"}, false},
		{"nothing", nil, false},
		{"nonsense", []string{"d41f"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (Policy{Stock: tt.have}).stocks(model); got != tt.want {
				t.Errorf("stocks = %t, want %t", got, tt.want)
			}
		})
	}
	if (Policy{Stock: []string{"zero"}}).stocks(ctap.AAGUID{}) {
		t.Error("what cannot be read is taken for the AAGUID of no model")
	}
}
