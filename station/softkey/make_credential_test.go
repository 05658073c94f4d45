package softkey_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"testing"

	"keystation/station/ctap"
	"keystation/station/softkey"
)

func leafOf(t *testing.T, m made) *x509.Certificate {
	t.Helper()
	var s ctap.PackedStatement
	if err := ctap.Decode(m.object.Statement, &s); err != nil || len(s.X5C) != 1 {
		t.Fatalf("statement: %v, %d certificates", err, len(s.X5C))
	}
	leaf, err := x509.ParseCertificate(s.X5C[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func verify(t *testing.T, m made) error {
	t.Helper()
	var s ctap.PackedStatement
	if err := ctap.Decode(m.object.Statement, &s); err != nil {
		t.Fatal(err)
	}
	signed := append(bytes.Clone(m.object.AuthData), clientDataHash()...)
	return ctap.VerifyWith(leafOf(t, m).PublicKey, s.Alg, signed, s.Sig)
}

func extension(c *x509.Certificate, oid ...int) (value []byte, critical bool) {
	for _, e := range c.Extensions {
		if e.Id.Equal(oid) {
			return e.Value, e.Critical
		}
	}
	return nil, false
}

// WebAuthn §8.2 and §8.2.1: the signature, the chain and the certificate's rules.
func TestMakeCredential_attestation(t *testing.T) {
	key, h := start(t, softkey.Config{})
	m := h.mustMake(creation())
	if err := verify(t, m); err != nil {
		t.Error(err)
	}
	leaf := leafOf(t, m)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(softkey.RootPEM()) {
		t.Fatal("RootPEM is no certificate")
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	s := leaf.Subject
	if leaf.Version != 3 || leaf.IsCA || !leaf.BasicConstraintsValid || len(s.Country) != 1 || len(s.Organization) != 1 ||
		len(s.OrganizationalUnit) != 1 || s.OrganizationalUnit[0] != "Authenticator Attestation" || s.CommonName == "" {
		t.Errorf("the certificate breaks WebAuthn §8.2.1: %v", s)
	}
	value, critical := extension(leaf, 1, 3, 6, 1, 4, 1, 45724, 1, 1, 4)
	var aaguid []byte
	if _, err := asn1.Unmarshal(value, &aaguid); err != nil || critical || ctap.AAGUID(aaguid) != key.AAGUID() {
		t.Errorf("AAGUID extension %x, critical %v, %v", value, critical, err)
	}
	if m.data.Credential.AAGUID != key.AAGUID() || m.data.RPIDHash != sha256.Sum256([]byte(testRP)) || !m.data.Flags.UP() || m.data.Flags.UV() {
		t.Errorf("authenticator data %+v", m.data)
	}
}

// The root is the same in every process and under every version of Go, or a
// configuration that names it would stop working.
func TestRootPEM_isFixed(t *testing.T) {
	const want = "09753c449507467070f86b5c6c0817fa58c8f4790a2f708c0587ded2826dea48"
	sum := sha256.Sum256(softkey.RootPEM())
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("the root certificate changed: SHA-256 of its PEM is %s", got)
	}
}

func TestMakeCredential_refusals(t *testing.T) {
	_, h := start(t, softkey.Config{})
	one, bad := ctap.VendorFacilitated, ctap.CredProtect(7)
	empty, garbage := []byte{}, make([]byte, 32)
	tests := []struct {
		name string
		edit func(*ctap.MakeCredentialRequest)
		want ctap.Status
	}{
		{"no RP", func(r *ctap.MakeCredentialRequest) { r.RP = nil }, ctap.ErrMissingParameter},
		{"short hash", func(r *ctap.MakeCredentialRequest) { r.ClientDataHash = []byte{1} }, ctap.ErrMissingParameter},
		{"unknown algorithm", func(r *ctap.MakeCredentialRequest) { r.Parameters[0].Alg = -8 }, ctap.ErrUnsupportedAlgorithm},
		{"up false", func(r *ctap.MakeCredentialRequest) { r.Options = map[string]bool{"up": false} }, ctap.ErrInvalidOption},
		{"uv without hardware", func(r *ctap.MakeCredentialRequest) { r.Options = map[string]bool{"uv": true} }, ctap.ErrInvalidOption},
		{"unknown credProtect", func(r *ctap.MakeCredentialRequest) { r.Extensions.CredProtect = &bad }, ctap.ErrInvalidOption},
		{"ep not enabled", func(r *ctap.MakeCredentialRequest) { r.EnterpriseAttestation = &one }, ctap.ErrInvalidParameter},
		{"selection without a PIN set", func(r *ctap.MakeCredentialRequest) { r.PINUVAuthParam = &empty }, ctap.ErrPINNotSet},
		{"param without protocol", func(r *ctap.MakeCredentialRequest) { r.PINUVAuthParam = &garbage }, ctap.ErrMissingParameter},
		{"param without PIN", func(r *ctap.MakeCredentialRequest) { r.PINUVAuthParam, r.PINUVAuthProtocol = &garbage, 2 }, ctap.ErrPINNotSet},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.t = t
			req := creation()
			tt.edit(&req)
			_, err := h.make(req)
			h.wantErr(tt.want, err)
		})
	}
}

// CTAP 2.1 §6.1.2 steps 6 to 8: with makeCredUvNotRqd only what is stored needs the PIN.
func TestMakeCredential_needsPIN(t *testing.T) {
	_, h := start(t, softkey.Config{})
	rk := creation()
	rk.Options = map[string]bool{ctap.OptionRK: true}
	h.mustMake(rk) // no PIN is set
	h.wantErr(ctap.OK, h.setPIN(two, testPIN))
	h.mustMake(creation())
	_, err := h.make(rk)
	h.wantErr(ctap.ErrPUATRequired, err)
	selecting := creation()
	selecting.PINUVAuthParam = &[]byte{}
	_, err = h.make(selecting)
	h.wantErr(ctap.ErrPINInvalid, err)

	h.wantErr(ctap.OK, h.configure(testPIN, ctap.ConfigToggleAlwaysUV, nil))
	_, err = h.make(creation())
	h.wantErr(ctap.ErrPUATRequired, err)
}

func TestMakeCredential_excludeList(t *testing.T) {
	_, h := start(t, softkey.Config{})
	hidden := ctap.UVRequired
	open, secret := creation(), creation()
	secret.Extensions.CredProtect = &hidden
	first, second := h.mustMake(open), h.mustMake(secret)
	exclude := func(id []byte) error {
		req := creation()
		req.ExcludeList = []ctap.Descriptor{{ID: []byte("of another key"), Type: ctap.PublicKeyCredential}, {ID: id, Type: ctap.PublicKeyCredential}}
		_, err := h.make(req)
		return err
	}
	h.wantErr(ctap.ErrCredentialExcluded, exclude(first.data.Credential.ID))
	h.wantErr(ctap.OK, exclude(second.data.Credential.ID)) // credProtect 3: not admitted to
	var out ctap.MakeCredentialOutputs
	if err := ctap.Decode(second.data.Extensions, &out); err != nil || out.CredProtect == nil || *out.CredProtect != hidden {
		t.Errorf("extension outputs %x: %v", second.data.Extensions, err)
	}
}

// Enterprise attestation names this very key (CTAP 2.1 §7.1), after it was enabled: to relying parties that the vendor
// knows, and to any when a managing platform asks and the key lets it.
func TestMakeCredential_enterprise(t *testing.T) {
	const known = "enterprise.keystation.example"
	tests := []struct {
		name       string
		vendorOnly bool
		rpID       string
		kind       int
		named      bool
	}{
		{"managed by the platform", false, testRP, ctap.PlatformManaged, true},
		{"facilitated, unknown to the vendor", false, testRP, ctap.VendorFacilitated, false},
		{"facilitated", false, known, ctap.VendorFacilitated, true},
		{"managed, on a key for the vendor's only", true, testRP, ctap.PlatformManaged, false},
		{"managed, and known to the vendor", true, known, ctap.PlatformManaged, true},
	}
	for _, tt := range tests {
		m := modelOf(t, "modern")
		m.Attestation.VendorOnly = tt.vendorOnly
		key, h := start(t, softkey.Config{Model: &m})
		if can := h.info().CanEnterpriseAttest(); !can || h.info().EnterpriseAttest() {
			t.Error("enterprise attestation must be there and off")
		}
		h.wantErr(ctap.OK, h.configure("", ctap.ConfigEnableEnterpriseAttestation, nil))
		req := creation()
		req.RP.ID, req.EnterpriseAttestation = tt.rpID, &tt.kind
		made := h.mustMake(req)
		if err := verify(t, made); err != nil {
			t.Error(err)
		}
		value, critical := extension(leafOf(t, made), 1, 3, 6, 1, 4, 1, 45724, 1, 1, 2)
		var serial []byte
		_, _ = asn1.Unmarshal(value, &serial)
		if made.ep != tt.named || critical || (strings.ToUpper(hex.EncodeToString(serial)) == key.Serial()) != tt.named {
			t.Errorf("%s: epAtt %v, serial %x", tt.name, made.ep, value)
		}
	}
}
