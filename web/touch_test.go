package web

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"keystation/inventory"
	"keystation/inventory/sqlite"
)

// counter is a desk at which a key waits for Grace, with the private half of its tag credential.
type counter struct {
	house
	who  inventory.Person
	tag  inventory.AssetTag
	cred []byte
	key  *ecdsa.PrivateKey
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{cred: []byte("the credential of the key that waits")}
	c.house = doored(t, func(cfg *Config) {
		cfg.Who = func(*http.Request) (Visitor, bool) {
			return Visitor{Actor: inventory.ActorOf(c.who, inventory.ByOIDC), Person: c.who.ID, Proved: *c.now}, true
		}
	})
	var err error
	if c.who, err = c.store.PersonByEmail(t.Context(), "grace@example.com"); err != nil {
		t.Fatal(err)
	}
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	r := c.store.MustBegin("1-1")
	r.Tagged = func(g *inventory.Registration) {
		point, err := c.key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		// COSE_Key: EC2, ES256, P-256 (RFC 9053 §7.1.1).
		g.CredentialID = c.cred
		g.PublicKey = slices.Concat([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33], []byte{0x22, 0x58, 32}, point[33:])
	}
	r.MustTake("R-1002")
	r.MustIdentify("4711")
	r.MustWalk()
	r.MustRecord()
	c.tag = r.Key.Tag
	return c
}

// assertion is what a browser would send for a touch.
type assertion struct {
	kind, origin, rpID string
	challenge          []byte
	flags              byte
	cred               []byte
	key                *ecdsa.PrivateKey
}

func (a assertion) json(t *testing.T) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString
	client, err := json.Marshal(map[string]any{"type": a.kind, "challenge": text(a.challenge), "origin": a.origin, "crossOrigin": false})
	if err != nil {
		t.Fatal(err)
	}
	rp, hash := sha256.Sum256([]byte(a.rpID)), sha256.Sum256(client)
	data := slices.Concat(rp[:], []byte{a.flags, 0, 0, 0, 0})
	digest := sha256.Sum256(slices.Concat(data, hash[:]))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{
		"id": text(a.cred), "rawId": text(a.cred), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]string{"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(sig)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// post sends a form or an answer, and gives the status and what came back.
func (c *counter) post(t *testing.T, client *http.Client, path, kind, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept", "application/json")
	w, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(b)
}

// begin asks for a touch and gives the challenge.
func (c *counter) begin(t *testing.T, client *http.Client) []byte {
	t.Helper()
	status, said := c.post(t, client, "/requisitions/R-1002/touch/begin", "application/x-www-form-urlencoded", "agreed=yes")
	var asked struct {
		PublicKey struct {
			Challenge, RPID  string
			UserVerification string
			AllowCredentials []struct{ ID string }
		}
	}
	if err := json.Unmarshal([]byte(said), &asked); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, said, err)
	}
	if o := asked.PublicKey; o.UserVerification != "discouraged" || len(o.AllowCredentials) != 1 || o.AllowCredentials[0].ID != base64.RawURLEncoding.EncodeToString(c.cred) {
		t.Fatalf("the browser is asked for %s", said)
	}
	challenge, err := base64.RawURLEncoding.DecodeString(asked.PublicKey.Challenge)
	if err != nil {
		t.Fatal(err)
	}
	return challenge
}

// A key changes hands only for a signature by itself, made here and now by a touch, over what it was asked for.
func TestTouch(t *testing.T) {
	c := newCounter(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	const finish = "/requisitions/R-1002/touch"
	right := func() assertion {
		return assertion{kind: "webauthn.get", origin: c.url, rpID: "localhost", challenge: c.begin(t, client), flags: 1, cred: c.cred, key: c.key}
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*assertion){
		"another site":                 func(a *assertion) { a.origin = "https://keys.example.net" },
		"another relying party":        func(a *assertion) { a.rpID = "example.net" },
		"another challenge":            func(a *assertion) { a.challenge = bytes.Repeat([]byte{7}, 32) },
		"nobody touched":               func(a *assertion) { a.flags = 0 },
		"another ceremony":             func(a *assertion) { a.kind = "webauthn.create" },
		"a key that does not wait":     func(a *assertion) { a.cred = []byte("another") },
		"a signature of somebody else": func(a *assertion) { a.key = stranger },
	} {
		a := right()
		spoil(&a)
		if status, said := c.post(t, client, finish, "application/json", a.json(t)); status != http.StatusForbidden || !strings.Contains(said, "not the key that waits") {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	if status, said := c.post(t, client, finish, "application/json", right().json(t)+"rest"); status != http.StatusForbidden {
		t.Errorf("garbled: %d %s", status, said)
	}
	late := right()
	*c.now = c.now.Add(6 * time.Minute)
	if status, said := c.post(t, client, finish, "application/json", late.json(t)); status != http.StatusConflict {
		t.Errorf("too late: %d %s", status, said)
	}
	if k, err := c.store.KeyDossier(t.Context(), c.tag); err != nil || k.Key.State != inventory.Ready {
		t.Fatalf("after all that the key is %s, %v", k.Key.State, err)
	}
	good := right().json(t)
	if status, said := c.post(t, client, finish, "application/json", good); status != http.StatusOK || !strings.Contains(said, "/requisitions/R-1002") {
		t.Fatalf("%d %s", status, said)
	}
	if status, said := c.post(t, client, finish, "application/json", good); status != http.StatusConflict {
		t.Errorf("the same again: %d %s", status, said)
	}
	c.wantTaken(t)
}

// wantTaken wants the key in Grace's hands, and of what it signed that it is kept and can be checked again.
func (c *counter) wantTaken(t *testing.T) {
	t.Helper()
	d, err := c.store.Dossier(t.Context(), inventory.ActorOf(c.who, inventory.ByOIDC), "R-1002")
	if err != nil || len(d.Receipts) != 1 || d.Receipts[0].How != inventory.Touched || d.Requisition.State != inventory.Closed {
		t.Fatalf("%+v, %v", d.Receipts, err)
	}
	touch := d.Receipts[0].Touch
	var says inventory.Taking
	if err := json.Unmarshal(touch.Statement, &says); err != nil || says.Requisition != "R-1002" || says.Person != c.who.ID || !slices.Contains(says.Keys, c.tag) {
		t.Errorf("it signed %s, %v", touch.Statement, err)
	}
	challenge := sha256.Sum256(touch.Statement)
	if !bytes.Contains(touch.ClientData, []byte(base64.RawURLEncoding.EncodeToString(challenge[:]))) {
		t.Errorf("%s is not about %s", touch.ClientData, touch.Statement)
	}
	hash := sha256.Sum256(touch.ClientData)
	digest := sha256.Sum256(slices.Concat(touch.AuthenticatorData, hash[:]))
	if !ecdsa.VerifyASN1(&c.key.PublicKey, digest[:], touch.Signature) {
		t.Error("the signature that is kept does not hold")
	}
	if a, err := c.store.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !a.Holds() {
		t.Errorf("the ledger: %v, %v", a, err)
	}
}

// What cannot be taken by touch is not offered, and refused with what to do.
func TestTouch_refused(t *testing.T) {
	c := newCounter(t)
	begin := func(number, form string) (int, string) {
		return c.post(t, http.DefaultClient, "/requisitions/"+number+"/touch/begin", "application/x-www-form-urlencoded", form)
	}
	if status, said := begin("R-1002", ""); status != http.StatusBadRequest || !strings.Contains(said, "agreed") {
		t.Errorf("the terms were not agreed to: %d %s", status, said)
	}
	grace := c.who
	var err error
	if c.who, err = c.store.PersonByEmail(t.Context(), "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	if status, said := begin("R-1002", "agreed=yes"); status != http.StatusNotFound {
		t.Errorf("somebody else: %d %s", status, said)
	}
	c.who = grace
	if _, err := c.store.HandOver(t.Context(), inventory.Actor{ID: "o", Name: "Olga", Method: inventory.ByOIDC}, c.tag, "Grace Hopper", ""); err != nil {
		t.Fatal(err)
	}
	if status, said := begin("R-1002", "agreed=yes"); status != http.StatusConflict || !strings.Contains(said, "R-1002") {
		t.Errorf("it was handed over already: %d %s", status, said)
	}
}

// TestTouch_live takes a key on a phone, in a real browser, with a security key that verifies nobody.
func TestTouch_live(t *testing.T) {
	ctx := browser(t)
	c := newCounter(t)
	does(t, ctx, chromedp.EmulateViewport(360, 780), chromedp.Navigate("about:blank"))
	plug(t, ctx, c)
	c.visit(t, ctx, "/requisitions/R-1002")
	see(t, ctx, "the key that waits", `document.querySelector("form[data-begin$='/touch/begin'] blockquote").textContent.length > 50`)
	does(t, ctx, chromedp.Click("form[data-begin] input[type=checkbox]"), chromedp.Click("form[data-begin] button"))
	see(t, ctx, "taken", `!document.querySelector("form[data-begin]") && document.querySelector(".timeline").textContent.includes("handed over")`)
	c.wantTaken(t)
}

// plug gives the browser a security key with the tag credential on it.
func plug(t *testing.T, ctx context.Context, c *counter) {
	t.Helper()
	if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	usb, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportUsb, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		t.Fatal(err)
	}
	// By name: the library's own parameters say what this Chromium does not know.
	add := cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential}
	if _, err := chromedp.Call(ctx, add, map[string]any{"authenticatorId": usb.AuthenticatorID, "credential": map[string]any{
		"credentialId": c.cred, "isResidentCredential": false, "rpId": "localhost", "privateKey": private, "signCount": 1}}); err != nil {
		t.Fatal(err)
	}
}
