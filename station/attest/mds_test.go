package attest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"keystation/station/attest"
	"keystation/station/ctap"
)

// service is a metadata service of our own: a root, and a certificate below it that signs.
type service struct {
	t     testing.TB
	root  *authority
	chain [][]byte // x5c
	key   crypto.Signer
}

func newService(t testing.TB) service {
	root := newAuthority(t, "Root R46 of a test", nil)
	middle := newAuthority(t, "Issuing authority of a test", root)
	key := newKey(t)
	return service{t, root, [][]byte{middle.sign(t, leafTemplate(), key.Public()), middle.cert.Raw}, key}
}

func (s service) roots() []*x509.Certificate { return []*x509.Certificate{s.root.cert} }

// entry is one entry of a BLOB; edit changes it.
func entryOf(name string, a ctap.AAGUID, edit func(map[string]any), roots ...*x509.Certificate) map[string]any {
	var list []string
	for _, r := range roots {
		list = append(list, base64.StdEncoding.EncodeToString(r.Raw))
	}
	e := map[string]any{
		"aaguid": a.String(),
		"metadataStatement": map[string]any{"description": name, "authenticatorVersion": 1, "attestationTypes": []string{"basic_full"},
			"attestationRootCertificates": list, "authenticatorGetInfo": map[string]any{"versions": []string{"FIDO_2_1"}, "options": map[string]bool{"rk": true}}},
		"statusReports": []any{status("FIDO_CERTIFIED_L1", "2021-01-01")},
	}
	if edit != nil {
		edit(e)
	}
	return e
}

func status(s, since string) map[string]any {
	return map[string]any{"status": s, "effectiveDate": since, "url": "https://fido.example/" + s}
}

func reports(list ...any) func(map[string]any) {
	return func(e map[string]any) { e["statusReports"] = list }
}

func payload(no int, entries ...map[string]any) map[string]any {
	return map[string]any{"legalHeader": "for tests", "no": no, "nextUpdate": "2026-12-15", "entries": append([]map[string]any{}, entries...)}
}

// blob signs a payload; header changes the header.
func (s service) blob(p any, header func(map[string]any)) []byte {
	s.t.Helper()
	h := map[string]any{"alg": "ES256", "typ": "JWT", "x5c": s.chain}
	if header != nil {
		header(h)
	}
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			s.t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(h) + "." + part(p)
	digest := sha256.Sum256([]byte(signed))
	return []byte(signed + "." + base64.RawURLEncoding.EncodeToString(s.sign(digest[:])))
}

func (s service) sign(digest []byte) []byte {
	if key, ok := s.key.(*ecdsa.PrivateKey); ok {
		r, v, err := ecdsa.Sign(rand.Reader, key, digest)
		if err != nil {
			s.t.Fatal(err)
		}
		return append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
	}
	sig, err := s.key.Sign(rand.Reader, digest, crypto.SHA256)
	if err != nil {
		s.t.Fatal(err)
	}
	return sig
}

func (s service) open(p any) *attest.Catalog {
	s.t.Helper()
	c, err := attest.OpenBLOB(s.blob(p, nil), s.roots(), now)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func TestOpenBLOB(t *testing.T) {
	s := newService(t)
	png := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\nrest"))
	svg := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("<svg onload=alert(1)>"))
	icon := func(url string) func(map[string]any) {
		return func(e map[string]any) { e["metadataStatement"].(map[string]any)["icon"] = url }
	}
	vendor := newAuthority(t, "Vendor Root", nil)
	c := s.open(payload(7,
		entryOf("Key  One\u202e", model, icon(png), vendor.cert),
		entryOf("Key Two", ctap.AAGUID{2}, icon(svg)),
		map[string]any{"aaid": "4e4e#4005", "metadataStatement": map[string]any{"description": 5}},
		map[string]any{"aaid": "4e4e#4005", "metadataStatement": map[string]any{"description": "of UAF"}},
		entryOf("Broken", ctap.AAGUID{3}, reports(status("REVOKED", "yesterday"))),
	))
	if c.No != 7 || c.NextUpdate.Format(time.DateOnly) != "2026-12-15" || len(c.Entries) != 2 || len(c.Skipped) != 2 || len(c.SHA256) != 64 {
		t.Fatalf("%d entries of number %d due %s, skipped %v", len(c.Entries), c.No, c.NextUpdate, c.Skipped)
	}
	if got := c.Skipped[1]; got.What != "Broken" || !strings.Contains(got.Why, "yesterday") {
		t.Errorf("skipped %+v", got)
	}
	one, two := c.Entry(model), c.Entry(ctap.AAGUID{2})
	if one.Description != "Key One" || one.IconType != "image/png" || len(one.Roots) != 1 || one.Maker() != "Vendor" || !one.Options["rk"] {
		t.Errorf("the first entry is %+v", one)
	}
	if two.IconType != "" || two.Icon != nil || two.Maker() != "" {
		t.Errorf("an image that is none was taken: %q", two.Icon)
	}
	if found := c.Find("key"); len(found) != 2 || found[0] != one {
		t.Errorf("found %d models by a part of their names", len(found))
	}
	if found := c.Find(model.String()); len(found) != 1 || found[0] != one {
		t.Errorf("found %d models by AAGUID", len(found))
	}
	if len(c.Find("  ")) != 0 || len(c.Find("nothing")) != 0 || c.Overdue(now) || !c.Overdue(now.AddDate(0, 2, 0)) {
		t.Error("nothing finds something, or it is overdue at the wrong time")
	}
}

func TestOpenBLOB_refused(t *testing.T) {
	s, other := newService(t), newService(t)
	good := payload(1, entryOf("Key", model, nil))
	for _, tt := range []struct {
		name  string
		blob  []byte
		fault *attest.Fault
		says  string
	}{
		{"nothing", nil, attest.ErrBLOBTruncated, "ends in the middle after 0 bytes"},
		{"a page", []byte("<html>sign in</html>"), attest.ErrBLOBMalformed, "no metadata BLOB"},
		{"four parts", append(s.blob(good, nil), ".x"...), attest.ErrBLOBMalformed, "4 parts"},
		{"another root", other.blob(good, nil), attest.ErrBLOBRoot, `signed by "Issuing authority of a test", which is below none of the roots`},
		{"changed", changed(s.blob(good, nil)), attest.ErrBLOBSignature, "changed after it was signed"},
		{"no algorithm", s.blob(good, func(h map[string]any) { h["alg"] = "none" }), attest.ErrBLOBAlgorithm, `"none"`},
		{"a secret's algorithm", s.blob(good, func(h map[string]any) { h["alg"] = "HS256" }), attest.ErrBLOBAlgorithm, `"HS256"`},
		{"the other algorithm", s.blob(good, func(h map[string]any) { h["alg"] = "RS256" }), attest.ErrBLOBAlgorithm, "is for something else"},
		{"certificates elsewhere", s.blob(good, func(h map[string]any) { h["x5u"] = "https://example.com" }), attest.ErrBLOBMalformed, "does not carry"},
		{"no certificates", s.blob(good, func(h map[string]any) { delete(h, "x5c") }), attest.ErrBLOBMalformed, "does not carry"},
		{"a certificate that is none", s.blob(good, func(h map[string]any) { h["x5c"] = []string{"AAAA"} }), attest.ErrBLOBMalformed, "cannot be read"},
		{"no number", s.blob(payload(0), nil), attest.ErrBLOBMalformed, "no number"},
		{"no entries", s.blob(map[string]any{"no": 1, "nextUpdate": "2026-12-15"}, nil), attest.ErrBLOBMalformed, "no entries"},
		{"no object", s.blob([]int{1}, nil), attest.ErrBLOBMalformed, "cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := attest.OpenBLOB(tt.blob, s.roots(), now)
			if c != nil || !errors.Is(err, tt.fault) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("catalog %v, error %v, want %s: %q", c != nil, err, tt.fault.Code, tt.says)
			}
		})
	}
	for name, at := range map[string]time.Time{"too late": until.AddDate(1, 0, 0), "too early": from.AddDate(-1, 0, 0)} {
		if c, err := attest.OpenBLOB(s.blob(good, nil), s.roots(), at); c != nil || !errors.Is(err, attest.ErrBLOBExpired) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// changed flips a bit in the middle of the payload, where it stays base64url.
func changed(blob []byte) []byte {
	b := bytes.Clone(blob)
	i := bytes.IndexByte(b, '.') + 20
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return b
}

// A BLOB that is cut off anywhere is not taken, and said to be cut off.
func TestOpenBLOB_cutOff(t *testing.T) {
	s := newService(t)
	blob := s.blob(payload(1, entryOf("Key", model, nil)), nil)
	for n := range blob {
		c, err := attest.OpenBLOB(blob[:n], s.roots(), now)
		if c != nil || !errors.Is(err, attest.ErrBLOBTruncated) {
			t.Fatalf("after %d of %d bytes: %v", n, len(blob), err)
		}
	}
}

// RS256 is what the service signs with. A root that is cross-signed by an older one is reached from both.
func TestOpenBLOB_crossSigned(t *testing.T) {
	old, root := newAuthority(t, "Old root", nil), newAuthority(t, "New root", nil)
	tmpl := *root.cert
	cross := old.sign(t, &tmpl, root.key.Public())
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s := service{t, root, [][]byte{root.sign(t, leafTemplate(), key.Public()), cross}, key}
	blob := s.blob(payload(1, entryOf("Key", model, nil)), func(h map[string]any) { h["alg"] = "RS256" })
	for name, r := range map[string]*authority{"by the old root": old, "by the new root": root} {
		if _, err := attest.OpenBLOB(blob, []*x509.Certificate{r.cert}, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMDSRoots(t *testing.T) {
	var names []string
	for _, c := range attest.MDSRoots() {
		sum := sha256.Sum256(c.Raw)
		names = append(names, hex.EncodeToString(sum[:8]))
	}
	if got, want := strings.Join(names, " "), "cbb522d7b7f127ad 4fa3126d8d3a11d1"; got != want { // as GlobalSign publishes them
		t.Errorf("the pinned roots are %s, want %s", got, want)
	}
}

func TestCatalog_Follows(t *testing.T) {
	s := newService(t)
	c := s.open(payload(31, entryOf("Key", model, nil)))
	for _, tt := range []struct {
		no     int64
		sha256 string
		ok     bool
	}{{0, "", true}, {30, "x", true}, {31, c.SHA256, true}, {31, "x", false}, {32, "x", false}} {
		if err := c.Follows(tt.no, tt.sha256); (err == nil) != tt.ok || err != nil && !errors.Is(err, attest.ErrBLOBRollback) {
			t.Errorf("after number %d: %v", tt.no, err)
		}
	}
}

func TestEntry_statuses(t *testing.T) {
	s := newService(t)
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	about := func(r map[string]any, version int) map[string]any {
		r["authenticatorVersion"] = version
		return r
	}
	list := []any{
		status("NOT_FIDO_CERTIFIED", "2020-01-01"), status("FIDO_CERTIFIED", "2021-01-01"), status("UPDATE_AVAILABLE", "2022-06-01"),
		about(status("USER_KEY_PHYSICAL_COMPROMISE", "2022-01-01"), 0x050400), about(status("FIDO_CERTIFIED_L2plus", "2023-01-01"), 0x050700),
		status("REVOKED", "2025-01-01"),
	}
	e := s.open(payload(1, entryOf("Key", model, reports(list...)))).Entry(model)
	for _, tt := range []struct {
		at, firmware string
		level        attest.Level
		undesired    string
		updates      int
	}{
		{"2019-01-01", "", "", "", 0},
		{"2020-06-01", "", "", "", 0},
		{"2021-06-01", "", "L1", "", 0},
		{"2022-01-01", "", "L1", "USER_KEY_PHYSICAL_COMPROMISE", 0}, // the day itself
		{"2022-12-01", "5.7.1", "L1", "USER_KEY_PHYSICAL_COMPROMISE", 1},
		{"2023-06-01", "5.7.1", "L2plus", "", 1}, // certified anew from 5.7.0 on
		{"2023-06-01", "5.4.3", "L2plus", "USER_KEY_PHYSICAL_COMPROMISE", 1},
		{"2023-06-01", "", "L2plus", "USER_KEY_PHYSICAL_COMPROMISE", 1},
		{"2025-06-01", "5.7.1", "L2plus", "REVOKED", 1},
	} {
		var got []string
		for _, r := range e.Undesired(day(tt.at), nil, tt.firmware, nil) {
			got = append(got, string(r.Status))
		}
		if strings.Join(got, " ") != tt.undesired || e.Level(day(tt.at)) != tt.level || len(e.Updates(day(tt.at))) != tt.updates {
			t.Errorf("%s with firmware %q: %q at level %q, %d updates", tt.at, tt.firmware, got, e.Level(day(tt.at)), len(e.Updates(day(tt.at))))
		}
	}
	if got := e.Undesired(day("2026-01-01"), []attest.Status{}, "", nil); len(got) != 0 {
		t.Errorf("a policy that minds no status minds %v", got)
	}
	if got := e.InEffect(day("2022-07-01")); len(got) != 4 || got[2].Status != "USER_KEY_PHYSICAL_COMPROMISE" || got[3].Status != attest.UpdateAvailable {
		t.Errorf("in effect in 2022: %v", got)
	}
}

func TestCompareFirmware(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"5.4.3", "5.4.10", -1}, {"5.4", "5.4.0", 0}, {"329472", "5.7.0", 0}, {"v2", "1.9", 1}, {"", "1", -1}, {"10", "9", 1}} {
		if got := attest.CompareFirmware(tt.a, tt.b); got != tt.want {
			t.Errorf("%q with %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// Each thing that policy and metadata can have against a key has a reason of its own.
func TestJudge_trust(t *testing.T) {
	s, vendor, other := newService(t), newAuthority(t, "Vendor Root", nil), newAuthority(t, "Other Root", nil)
	signer := newKey(t)
	der := vendor.sign(t, leafTemplate(), signer.Public())
	e := newPacked(t, signer, der).evidence()
	e.Firmware = "5.4.3"
	late := func(list ...any) *attest.Catalog {
		return s.open(payload(9, entryOf("Key One", model, reports(list...), vendor.cert)))
	}
	plain := late(status("FIDO_CERTIFIED_L1", "2021-01-01"))
	elsewhere := s.open(payload(9, entryOf("Key One", model, nil, other.cert), entryOf("Key Two", ctap.AAGUID{2}, nil, vendor.cert)))
	absent := s.open(payload(9, entryOf("Key Two", ctap.AAGUID{2}, nil, other.cert)))
	byCert := status("ATTESTATION_KEY_COMPROMISE", "2022-01-01")
	byCert["certificate"] = base64.StdEncoding.EncodeToString(der)
	byOther := status("ATTESTATION_KEY_COMPROMISE", "2022-01-01")
	byOther["certificate"] = base64.StdEncoding.EncodeToString(other.cert.Raw)
	rules := func(r attest.Rules) attest.Trust { return attest.Trust{Catalog: plain, Rules: r} }
	for _, tt := range []struct {
		name    string
		trust   attest.Trust
		verdict attest.Verdict
		reasons string
		says    string
	}{
		{"by its own entry", rules(attest.Rules{}), attest.Genuine, "root-reached", "CN=Vendor Root"},
		{"by no metadata", attest.Trust{Roots: rootsOf(nil, vendor.cert)}, attest.Genuine, "root-reached", ""},
		{"not in the metadata", attest.Trust{Catalog: absent}, attest.Unknown, "root-unknown model-not-in-metadata", "issued by \"Vendor Root\""},
		{"not in the metadata, by a root of ours", attest.Trust{Catalog: absent, Roots: rootsOf(nil, vendor.cert)}, attest.Genuine, "root-reached model-not-in-metadata", ""},
		{"a root of another model", attest.Trust{Catalog: elsewhere}, attest.Unknown, "root-of-another-model", "a root of other models (Key Two), not of this one"},
		{"revoked", attest.Trust{Catalog: late(status("REVOKED", "2026-01-01"))}, attest.Refused, "status-revoked root-reached",
			"The metadata say of the model Key One: REVOKED since 2026-01-01, see https://fido.example/REVOKED."},
		{"revoked later", attest.Trust{Catalog: late(status("REVOKED", "2027-01-01"))}, attest.Genuine, "root-reached", ""},
		{"compromised", attest.Trust{Catalog: late(status("USER_KEY_REMOTE_COMPROMISE", "2026-01-01"))}, attest.Refused, "status-undesired root-reached", "USER_KEY_REMOTE_COMPROMISE since"},
		{"its certificate is compromised", attest.Trust{Catalog: late(byCert)}, attest.Refused, "status-undesired root-reached", "ATTESTATION_KEY_COMPROMISE"},
		{"another certificate is", attest.Trust{Catalog: late(byOther)}, attest.Genuine, "root-reached", ""},
		{"a status that policy minds", attest.Trust{Catalog: late(status("UPDATE_AVAILABLE", "2026-01-01")), Rules: attest.Rules{Undesired: []attest.Status{"UPDATE_AVAILABLE"}}},
			attest.Refused, "status-undesired root-reached firmware-update", ""},
		{"newer firmware", attest.Trust{Catalog: late(status("UPDATE_AVAILABLE", "2026-01-01"))}, attest.Genuine, "root-reached firmware-update", ""},
		{"denied", rules(attest.Rules{Deny: []ctap.AAGUID{model}}), attest.Refused, "model-denied root-reached", "Policy denies the model Key One."},
		{"not allowed", rules(attest.Rules{Allow: []ctap.AAGUID{{2}}}), attest.Refused, "model-not-allowed root-reached", ""},
		{"allowed", rules(attest.Rules{Allow: []ctap.AAGUID{{2}, model}}), attest.Genuine, "root-reached", ""},
		{"old firmware", rules(attest.Rules{MinFirmware: map[ctap.AAGUID]string{model: "5.7.0"}}), attest.Refused, "firmware-old root-reached",
			"The key has firmware 5.4.3, and policy asks for 5.7.0 or newer of the model Key One."},
		{"new enough", rules(attest.Rules{MinFirmware: map[ctap.AAGUID]string{model: "5.4.3"}}), attest.Genuine, "root-reached", ""},
		{"certified low", rules(attest.Rules{Level: "L2"}), attest.Refused, "certification-low root-reached", "the model Key One is certified at L1."},
		{"certified enough", rules(attest.Rules{Level: "L1"}), attest.Genuine, "root-reached", ""},
		{"certified, who knows", attest.Trust{Roots: rootsOf(nil, vendor.cert), Rules: attest.Rules{Level: "L1"}}, attest.Unknown, "metadata-missing root-reached", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := attest.Judge(e, tt.trust, now)
			if j.Verdict != tt.verdict || codes(j) != tt.reasons || !strings.Contains(j.Reasons[0].Sentence, tt.says) {
				t.Errorf("%s for %q (%s), want %s for %q (%s)", j.Verdict, codes(j), j.Reasons[0].Sentence, tt.verdict, tt.reasons, tt.says)
			}
			claimed := tt.trust.Against(attest.Claim{Model: model, Firmware: e.Firmware}, now)
			if shown := strings.HasPrefix(tt.name, "its certificate"); (len(claimed) > 0) != (tt.verdict == attest.Refused && !shown) {
				t.Errorf("by its word there is %v against it", claimed)
			}
		})
	}
	unsaid := e
	unsaid.Firmware = ""
	if j := attest.Judge(unsaid, rules(attest.Rules{MinFirmware: map[ctap.AAGUID]string{model: "5.7.0"}}), now); j.Verdict != attest.Unknown || codes(j) != "firmware-unknown root-reached" {
		t.Errorf("firmware that is not said: %s %q", j.Verdict, codes(j))
	}
	if j := attest.Judge(e, rules(attest.Rules{}), now.AddDate(0, 2, 0)); codes(j) != "root-reached metadata-overdue" || j.Verdict != attest.Genuine {
		t.Errorf("after the next update was due: %s %q", j.Verdict, codes(j))
	}
	j := attest.Judge(e, rules(attest.Rules{}), now)
	if j.Model != "Key One" || j.Maker != "Vendor" || j.Metadata != 9 || len(j.Chain) != 2 || j.Chain[1].Subject != "CN=Vendor Root" {
		t.Errorf("the judgment says %+v", j)
	}
}

// A U2F model is found by the key in its certificate (RFC 5280 §4.2.1.2 method 1).
func TestJudge_u2fByKeyIdentifier(t *testing.T) {
	s, vendor, signer := newService(t), newAuthority(t, "Vendor Root", nil), newKey(t)
	der := vendor.sign(t, leafTemplate(), signer.Public())
	id := keyID(t, parse(t, der))
	c := s.open(payload(1, entryOf("U2F key", ctap.AAGUID{}, func(e map[string]any) {
		delete(e, "aaguid")
		e["attestationCertificateKeyIdentifiers"] = []string{hex.EncodeToString(id[:])}
	}, vendor.cert)))
	j := expectTrust(t, newU2F(t, signer, der).evidence(), attest.Trust{Catalog: c}, attest.Genuine, "root-reached")
	if j.Model != "U2F key" {
		t.Errorf("the model is %q", j.Model)
	}
	if found := c.Find(hex.EncodeToString(id[:])); len(found) != 1 {
		t.Errorf("found %d models by key identifier", len(found))
	}
	stranger := newKey(t)
	expectTrust(t, newU2F(t, stranger, vendor.sign(t, leafTemplate(), stranger.Public())).evidence(), attest.Trust{Catalog: c},
		attest.Unknown, "root-of-another-model model-not-in-metadata")
}

func expectTrust(t *testing.T, e attest.Evidence, trust attest.Trust, verdict attest.Verdict, reasons string) attest.Judgment {
	t.Helper()
	j := attest.Judge(e, trust, now)
	if j.Verdict != verdict || codes(j) != reasons {
		t.Errorf("%s for %q, want %s for %q", j.Verdict, codes(j), verdict, reasons)
	}
	return j
}

// A judge that remembers comes to what one comes to that does not.
func TestJudger_sameAsJudge(t *testing.T) {
	s := newService(t)
	b, err := os.ReadFile("testdata/yubico-u2f-root-ca-457200631.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	root := parse(t, block.Bytes)
	all := []map[string]any{}
	for name := range vectors {
		if e, ok := testdata(t, name); ok {
			if j := attest.Judge(e, attest.Trust{}, now); !j.AAGUID.IsZero() {
				all = append(all, entryOf(name, j.AAGUID, nil, root))
			}
		}
	}
	trust := attest.Trust{Catalog: s.open(payload(3, all...)), Rules: attest.Rules{Level: "L1"}}
	judge := attest.NewJudge(trust, now)
	genuine := 0
	for range 2 {
		for name := range vectors {
			e, ok := testdata(t, name)
			if !ok {
				continue
			}
			want, _ := json.Marshal(attest.Judge(e, trust, now))
			j := judge.Judge(e)
			got, _ := json.Marshal(j)
			if !bytes.Equal(got, want) {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
			if j.Verdict == attest.Genuine {
				genuine++
			}
		}
	}
	if genuine == 0 {
		t.Error("nothing was genuine: the test proves nothing")
	}
}
