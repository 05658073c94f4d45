package station

import (
	"cmp"
	"errors"
	"testing"

	"keystation/inventory"
	"keystation/station/ctap"
)

// What a key says of itself is enough to refuse it before anything on it is changed.
func TestPolicy_fits(t *testing.T) {
	es256 := ctap.CredentialParameter{Type: ctap.PublicKeyCredential, Alg: ctap.AlgES256}
	eddsa := ctap.CredentialParameter{Type: ctap.PublicKeyCredential, Alg: ctap.AlgEdDSA}
	for _, tt := range []struct {
		name    string
		change  func(*Policy, *ctap.Info)
		refusal string
	}{
		{"a usual key", func(*Policy, *ctap.Info) {}, ""},
		{"no algorithms listed", func(_ *Policy, i *ctap.Info) { i.Algorithms = nil }, ""},
		{"no PIN", func(_ *Policy, i *ctap.Info) { delete(i.Options, ctap.OptionClientPIN) },
			"The key has no clientPIN, so it cannot be protected. It was left as it is: use another model."},
		{"a PIN that gives no assertions", func(_ *Policy, i *ctap.Info) { i.Options[ctap.OptionNoMcGaWithPIN] = true },
			"The key does not let its PIN sign anybody in, only a fingerprint. It was left as it is: use another model."},
		{"such a PIN, said not to be", func(_ *Policy, i *ctap.Info) { i.Options[ctap.OptionNoMcGaWithPIN] = false }, ""},
		{"no PIN protocol", func(_ *Policy, i *ctap.Info) { i.PINUVAuthProtocols = nil },
			"The key names no PIN protocol that is known here, so no PIN can be set. It was left as it is: use another model."},
		{"a PIN protocol to come", func(_ *Policy, i *ctap.Info) { i.PINUVAuthProtocols = []int{3} },
			"The key names no PIN protocol that is known here, so no PIN can be set. It was left as it is: use another model."},
		{"reset over NFC only", func(_ *Policy, i *ctap.Info) { i.TransportsForReset = []string{"nfc"} },
			"The key cannot be reset over USB. It was left as it is: use another model."},
		{"reset over USB only", func(_ *Policy, i *ctap.Info) { i.TransportsForReset = []string{"usb"} }, ""},
		{"another algorithm", func(_ *Policy, i *ctap.Info) { i.Algorithms = []ctap.CredentialParameter{eddsa} },
			"The key cannot make an ES256 credential. It was left as it is: use another model."},
		{"cannot force", func(p *Policy, _ *ctap.Info) { p.Force = inventory.ForceRequired },
			"The key cannot demand a new PIN from its holder, which policy requires. It was left as it is: use another model."},
		{"lacks an option", func(p *Policy, _ *ctap.Info) { p.Options = []string{"credMgmt"} },
			"The key has no credMgmt, which policy requires. It was left as it is: use another model."},
		{"has the option, off", func(p *Policy, i *ctap.Info) { p.Options, i.Options["credMgmt"] = []string{"credMgmt"}, false }, ""},
		{"cannot turn alwaysUv on", func(p *Policy, i *ctap.Info) { p.AlwaysUV = []string{i.AAGUID.String()} },
			"Policy has alwaysUv on for this model, and this key cannot turn it on. It was left as it is: use another one."},
		{"PINs too short", func(_ *Policy, i *ctap.Info) { i.MaxPINLength = 6 },
			"The key takes PINs of at most 6 digits and policy wants 8: use another model."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := DefaultPolicy("keys.example.com")
			i := ctap.Info{Options: map[string]bool{ctap.OptionClientPIN: false}, Algorithms: []ctap.CredentialParameter{eddsa, es256}, PINUVAuthProtocols: []int{2, 1}}
			tt.change(&p, &i)
			have := ""
			if err := cmp.Or(makeable(i), p.fits(i)); err != nil {
				have = Advise("identify", err)
				if s, ok := errors.AsType[*stop](err); ok {
					have = s.note
				}
			}
			if have != tt.refusal {
				t.Errorf("refusal %q, want %q", have, tt.refusal)
			}
		})
	}
}
