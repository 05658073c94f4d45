package web

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// pocket is a passkey in software together with the browser that has it: it makes and shows credentials as a page asks
// (WebAuthn Level 3 §6), for where a whole browser would be in the way.
type pocket struct {
	*http.Client
	t       *testing.T
	base    string // origin of the pages
	private *ecdsa.PrivateKey
	id      []byte
	handle  []byte // of its user
	rp      string
	count   uint32
}

// walkIn is somebody with an empty pocket.
func (h house) walkIn(t *testing.T) *pocket {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := resident{h, newBrowser(t), t}
	return &pocket{Client: r.Client, t: t, base: h.url, private: private, id: []byte(rand.Text())}
}

// asked is what a page wants of a browser.
type asked struct {
	PublicKey struct {
		Challenge string
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
		User      struct{ ID string }
	}
}

// sends something to a path and gives status and answer.
func (p *pocket) sends(path, kind string, body []byte) (int, []byte) {
	p.t.Helper()
	r, err := p.Post(p.base+path, kind, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return r.StatusCode, b
}

// begins a ceremony; a status that is not 200 says that it was refused.
func (p *pocket) begins(path string, form url.Values) (asked, int, string) {
	p.t.Helper()
	var a asked
	status, b := p.sends(path, "application/x-www-form-urlencoded", []byte(form.Encode()))
	if status == http.StatusOK {
		if err := json.Unmarshal(b, &a); err != nil {
			p.t.Fatalf("%s answers %s: %v", path, b, err)
		}
	}
	return a, status, string(b)
}

// makes a credential as one page asks and gives it to another.
func (p *pocket) makes(begin, finish string, form url.Values) (int, string) {
	p.t.Helper()
	a, status, text := p.begins(begin, form)
	if status != http.StatusOK {
		return status, text
	}
	p.rp = a.PublicKey.RP.ID
	handle, err := base64.RawURLEncoding.DecodeString(a.PublicKey.User.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	p.handle = handle
	public, err := p.private.PublicKey.ECDH()
	if err != nil {
		p.t.Fatal(err)
	}
	point := public.Bytes()
	cose := p.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	data := append(p.authData(0x45), make([]byte, 16)...) // user present, verified, a credential
	data = binary.BigEndian.AppendUint16(data, uint16(len(p.id)))
	data = append(append(data, p.id...), cose...)
	object := p.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return p.answers(finish, map[string]any{"clientDataJSON": b64(p.client("webauthn.create", a)), "attestationObject": b64(object)})
}

// shows the credential as one page asks to another.
func (p *pocket) shows(begin, finish string) (int, string) {
	p.t.Helper()
	a, status, text := p.begins(begin, nil)
	if status != http.StatusOK {
		return status, text
	}
	p.count++
	data, client := p.authData(0x05), p.client("webauthn.get", a)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(bytes.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, p.private, sum[:])
	if err != nil {
		p.t.Fatal(err)
	}
	return p.answers(finish, map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(p.handle)})
}

func (p *pocket) answers(path string, response map[string]any) (int, string) {
	p.t.Helper()
	b, err := json.Marshal(map[string]any{"id": b64(p.id), "rawId": b64(p.id), "type": "public-key", "response": response})
	if err != nil {
		p.t.Fatal(err)
	}
	status, text := p.sends(path, "application/json", b)
	return status, string(text)
}

func (p *pocket) authData(flags byte) []byte {
	rp := sha256.Sum256([]byte(p.rp))
	return binary.BigEndian.AppendUint32(append(rp[:], flags), p.count)
}

func (p *pocket) client(kind string, a asked) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": a.PublicKey.Challenge, "origin": p.base, "crossOrigin": false})
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

func (p *pocket) cbor(v any) []byte {
	b, err := webauthncbor.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// at tells where the browser ends that goes to a path.
func (p *pocket) at(path string) string {
	p.t.Helper()
	r, err := p.Get(p.base + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	return strings.TrimPrefix(r.Header.Get("Location"), p.base)
}
