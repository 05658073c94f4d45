package attest_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"keystation/station/attest"
	"keystation/station/ctap"
)

func TestChain(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	middle := newAuthority(t, "Middle", root)
	stranger := newAuthority(t, "Stranger", nil)
	signer := newKey(t)
	der := middle.sign(t, leafTemplate(), signer.Public())
	other := ctap.AAGUID{9}
	for name, tt := range map[string]struct {
		x5c     [][]byte
		roots   attest.Roots
		verdict attest.Verdict
		reasons string
	}{
		"whole":              {[][]byte{der, middle.cert.Raw}, rootsOf(nil, root.cert), attest.Genuine, "root-reached"},
		"with its root":      {[][]byte{der, middle.cert.Raw, root.cert.Raw}, rootsOf(nil, root.cert), attest.Genuine, "root-reached"},
		"in another order":   {[][]byte{der, root.cert.Raw, middle.cert.Raw}, rootsOf(nil, root.cert), attest.Genuine, "root-reached"},
		"with noise":         {[][]byte{der, []byte("noise"), middle.cert.Raw}, rootsOf(nil, root.cert), attest.Genuine, "root-reached"},
		"anchored halfway":   {[][]byte{der}, rootsOf(nil, middle.cert), attest.Genuine, "root-reached"},
		"link missing":       {[][]byte{der}, rootsOf(nil, root.cert), attest.Unknown, "root-unknown"},
		"link beyond reason": {append(append([][]byte{der}, noise(8)...), middle.cert.Raw), rootsOf(nil, root.cert), attest.Unknown, "root-unknown"},
		"its root not ours":  {[][]byte{der, middle.cert.Raw, root.cert.Raw}, rootsOf(nil, stranger.cert), attest.Unknown, "root-unknown"},
		"no roots":           {[][]byte{der, middle.cert.Raw, root.cert.Raw}, attest.Roots{}, attest.Unknown, "root-unknown"},
		"root of this model": {[][]byte{der, middle.cert.Raw}, rootsOf([]ctap.AAGUID{other, model}, root.cert), attest.Genuine, "root-reached"},
		"root of another":    {[][]byte{der, middle.cert.Raw}, rootsOf([]ctap.AAGUID{other}, root.cert), attest.Unknown, "root-unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, newPacked(t, signer, tt.x5c...).evidence(), tt.roots, now, tt.verdict, tt.reasons)
		})
	}
}

func noise(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = []byte("noise")
	}
	return out
}

func TestChain_dates(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	signer, tmpl := newKey(t), leafTemplate()
	tmpl.NotBefore, tmpl.NotAfter = from.AddDate(2, 0, 0), until.AddDate(-2, 0, 0) // 2022 to 2028
	k := newPacked(t, signer, root.sign(t, tmpl, signer.Public()))
	e, roots := k.evidence(), rootsOf(nil, root.cert)
	for name, tt := range map[string]struct {
		at      time.Time
		verdict attest.Verdict
		reasons string
	}{
		"first second":     {tmpl.NotBefore, attest.Genuine, "root-reached"},
		"last second":      {tmpl.NotAfter, attest.Genuine, "root-reached"},
		"a second too old": {tmpl.NotAfter.Add(time.Second), attest.Unknown, "expired"},
		"a second early":   {tmpl.NotBefore.Add(-time.Second), attest.Unknown, "not-yet-valid"},
		"all expired":      {until.AddDate(1, 0, 0), attest.Unknown, "expired expired"},
		"before all":       {from.AddDate(-1, 0, 0), attest.Unknown, "not-yet-valid not-yet-valid"},
	} {
		t.Run(name, func(t *testing.T) { expect(t, e, roots, tt.at, tt.verdict, tt.reasons) })
	}

	j := attest.Judge(e, attest.Trust{Roots: roots}, until.AddDate(-1, 0, 0))
	if want := `The certificate "Batch 7" expired on 2028-01-01, before 2029-01-01.`; j.Reasons[0].Sentence != want {
		t.Errorf("said %q, want %q", j.Reasons[0].Sentence, want)
	}
	forged := k
	forged.signer = newKey(t)
	expect(t, forged.evidence(), roots, until.AddDate(-1, 0, 0), attest.Refused, "wrong-signature expired")
}

func TestChain_criticalExtensionNobodyKnows(t *testing.T) {
	root, signer, tmpl := newAuthority(t, "Root", nil), newKey(t), leafTemplate()
	tmpl.ExtraExtensions = append(tmpl.ExtraExtensions,
		pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}})
	k := newPacked(t, signer, root.sign(t, tmpl, signer.Public()))
	j := expect(t, k.evidence(), rootsOf(nil, root.cert), now, attest.Unknown, "root-unknown")
	if !strings.Contains(j.Reasons[0].Sentence, "critical extension") {
		t.Errorf("said %q without the cause", j.Reasons[0].Sentence)
	}
}

func TestParseRoots(t *testing.T) {
	one, two := newAuthority(t, "One", nil), newAuthority(t, "Two", nil)
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	both := "Roots of vendor X\n" + block("CERTIFICATE", one.cert.Raw) + "\n" + block("CERTIFICATE", two.cert.Raw)
	roots, err := attest.ParseRoots([]byte(both))
	if err != nil || roots.Len() != 2 {
		t.Fatalf("%d roots, %v", roots.Len(), err)
	}
	for name, tt := range map[string]struct{ file, want string }{
		"nothing":       {"", "no certificate"},
		"text":          {"trust me", "no certificate"},
		"a private key": {both + block("PRIVATE KEY", []byte{1}), "block 3 is a PRIVATE KEY"},
		"noise inside":  {block("CERTIFICATE", []byte("noise")), "certificate 1"},
	} {
		if r, err := attest.ParseRoots([]byte(tt.file)); err == nil || !strings.Contains(err.Error(), tt.want) || r.Len() != 0 {
			t.Errorf("%s: %d roots, error %v, want %q", name, r.Len(), err, tt.want)
		}
	}
}

func TestRoots_addDoesNotReachCopies(t *testing.T) {
	one, two, three := newAuthority(t, "One", nil), newAuthority(t, "Two", nil), newAuthority(t, "Three", nil)
	shared := rootsOf(nil, one.cert)
	left, right := shared, shared
	left.Add(two.cert)
	right.AddAll(rootsOf([]ctap.AAGUID{model}, three.cert))
	signer := newKey(t)
	e := newPacked(t, signer, two.sign(t, leafTemplate(), signer.Public())).evidence()
	expect(t, e, left, now, attest.Genuine, "root-reached")
	expect(t, e, right, now, attest.Unknown, "root-unknown")
	e = newPacked(t, signer, three.sign(t, leafTemplate(), signer.Public())).evidence()
	expect(t, e, right, now, attest.Genuine, "root-reached")
	if shared.Len() != 1 {
		t.Errorf("the copy shared by both has %d roots", shared.Len())
	}
}
