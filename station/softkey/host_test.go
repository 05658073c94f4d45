package softkey_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"testing"

	"keystation/station/ctap"
	"keystation/station/ctaphid"
	"keystation/station/softkey"
)

// host is a program that talks to a key: it writes reports with the report id in front
// and reads 64 bytes, on whatever wire the test gives it.
type host struct {
	t       *testing.T
	wire    io.ReadWriteCloser
	channel ctaphid.Channel
	seen    []ctap.Keepalive // of the last command
}

// start makes a key and a host on its pseudo-terminal.
func start(t *testing.T, cfg softkey.Config) (*softkey.Key, *host) {
	t.Helper()
	key, err := softkey.New(cfg)
	if err != nil {
		t.Skipf("this test needs a pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { key.Close() })
	return key, dial(t, key)
}

// dial opens the key's path as libfido2 does and asks for a channel.
func dial(t *testing.T, key *softkey.Key) *host {
	t.Helper()
	f, err := os.OpenFile(key.Path(), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	h := &host{t: t, wire: f}
	h.open()
	return h
}

// open asks for a channel of the host's own.
func (h *host) open() ctaphid.InitResponse {
	h.t.Helper()
	nonce := []byte("12345678")
	h.send(ctaphid.Message{Channel: ctaphid.Broadcast, Command: ctaphid.Init, Data: nonce})
	h.channel = ctaphid.Broadcast
	r, err := ctaphid.ParseInitResponse(h.must(h.receive()).Data)
	if err != nil || string(r.Nonce[:]) != string(nonce) {
		h.t.Fatalf("INIT: %+v, %v", r, err)
	}
	h.channel = r.Channel
	return r
}

func (h *host) send(m ctaphid.Message) {
	h.t.Helper()
	packets, err := ctaphid.Packets(m)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range packets {
		h.write(p)
	}
}

func (h *host) write(p [ctaphid.Report]byte) {
	h.t.Helper()
	if _, err := h.wire.Write(append([]byte{0}, p[:]...)); err != nil {
		h.t.Fatal(err)
	}
}

// receive gives the next message on the host's channel. Keepalives are collected; a
// CTAPHID error is an error.
func (h *host) receive() (ctaphid.Message, error) {
	var a ctaphid.Assembler
	for {
		var r [ctaphid.Report]byte
		if _, err := io.ReadFull(h.wire, r[:]); err != nil {
			return ctaphid.Message{}, err
		}
		p, err := ctaphid.ParsePacket(r[:])
		if err != nil {
			return ctaphid.Message{}, err
		}
		if p.Channel != h.channel {
			continue
		}
		m, err := a.Add(p)
		switch {
		case err != nil:
			return ctaphid.Message{}, err
		case m == nil:
		case m.Command == ctaphid.Keepalive:
			h.seen = append(h.seen, ctap.Keepalive(m.Data[0]))
		case m.Command == ctaphid.ErrorMsg:
			return *m, ctaphid.Error(m.Data[0])
		default:
			return *m, nil
		}
	}
}

func (h *host) must(m ctaphid.Message, err error) ctaphid.Message {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// begin sends a CTAP2 command and does not wait.
func (h *host) begin(cmd ctap.Command, request any) {
	h.t.Helper()
	data := []byte{byte(cmd)}
	if request != nil {
		b, err := ctap.Encode(request)
		if err != nil {
			h.t.Fatal(err)
		}
		data = append(data, b...)
	}
	h.seen = nil
	h.send(ctaphid.Message{Channel: h.channel, Command: ctaphid.CBOR, Data: data})
}

// end waits for the answer of a command that has begun.
func (h *host) end(response any) error {
	h.t.Helper()
	m := h.must(h.receive())
	if len(m.Data) == 0 {
		h.t.Fatal("an answer without a status byte")
	}
	if err := ctap.Status(m.Data[0]).Err(); err != nil {
		return err
	}
	if response != nil {
		if err := ctap.Decode(m.Data[1:], response); err != nil {
			h.t.Fatal(err)
		}
	}
	return nil
}

func (h *host) do(cmd ctap.Command, request, response any) error {
	h.t.Helper()
	h.begin(cmd, request)
	return h.end(response)
}

// want does a command and compares its status.
func (h *host) want(want ctap.Status, cmd ctap.Command, request any) {
	h.t.Helper()
	h.wantErr(want, h.do(cmd, request, nil))
}

func (h *host) wantErr(want ctap.Status, err error) {
	h.t.Helper()
	if !errors.Is(err, want.Err()) && !(err == nil && want == ctap.OK) {
		h.t.Errorf("got %v, want %v", err, want)
	}
}

func (h *host) info() ctap.Info {
	h.t.Helper()
	h.begin(ctap.CmdGetInfo, nil)
	m := h.must(h.receive())
	info, err := ctap.ParseInfo(m.Data[1:])
	if err != nil {
		h.t.Fatal(err)
	}
	return info
}

// session is a platform's side of a PIN/UV auth protocol.
type session struct {
	protocol ctap.PINProtocol
	secret   []byte
	own      []byte // the platform's key, for the request
}

func (h *host) agree(p ctap.PINProtocol) session {
	h.t.Helper()
	var resp ctap.ClientPINResponse
	h.wantErr(ctap.OK, h.do(ctap.CmdClientPIN, ctap.ClientPINRequest{PINUVAuthProtocol: int(p), Subcommand: ctap.PINGetKeyAgreement}, &resp))
	peer, err := ctap.ParseKeyAgreement(resp.KeyAgreement)
	if err != nil {
		h.t.Fatal(err)
	}
	priv, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	secret, err := p.SharedSecret(priv, peer)
	if err != nil {
		h.t.Fatal(err)
	}
	return session{p, secret, ctap.KeyAgreement(priv.PublicKey())}
}

func (h *host) encrypt(s session, plain []byte) []byte {
	h.t.Helper()
	b, err := s.protocol.Encrypt(s.secret, plain, rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

func padded(pin string) []byte {
	b := make([]byte, ctap.PaddedPINLength)
	copy(b, pin)
	return b
}

func hashed(pin string) []byte {
	sum := sha256.Sum256([]byte(pin))
	return sum[:16]
}

func (h *host) setPIN(p ctap.PINProtocol, pin string) error {
	h.t.Helper()
	s := h.agree(p)
	enc := h.encrypt(s, padded(pin))
	return h.do(ctap.CmdClientPIN, ctap.ClientPINRequest{PINUVAuthProtocol: int(p), Subcommand: ctap.PINSet, KeyAgreement: s.own,
		NewPINEnc: enc, PINUVAuthParam: p.Authenticate(s.secret, enc)}, nil)
}

func (h *host) changePIN(p ctap.PINProtocol, from, to string) error {
	h.t.Helper()
	s := h.agree(p)
	enc, hash := h.encrypt(s, padded(to)), h.encrypt(s, hashed(from))
	return h.do(ctap.CmdClientPIN, ctap.ClientPINRequest{PINUVAuthProtocol: int(p), Subcommand: ctap.PINChange, KeyAgreement: s.own,
		NewPINEnc: enc, PINHashEnc: hash, PINUVAuthParam: p.Authenticate(s.secret, append(append([]byte(nil), enc...), hash...))}, nil)
}

// token gets a pinUvAuthToken; permissions 0 asks as CTAP 2.0 did.
func (h *host) token(p ctap.PINProtocol, pin string, perms ctap.Permission, rpID string) ([]byte, error) {
	h.t.Helper()
	s := h.agree(p)
	req := ctap.ClientPINRequest{PINUVAuthProtocol: int(p), Subcommand: ctap.PINGetToken, KeyAgreement: s.own, PINHashEnc: h.encrypt(s, hashed(pin))}
	if perms != 0 {
		req.Subcommand, req.Permissions, req.RPID = ctap.PINGetTokenWithPermissions, &perms, rpID
	}
	var resp ctap.ClientPINResponse
	if err := h.do(ctap.CmdClientPIN, req, &resp); err != nil {
		return nil, err
	}
	token, err := p.Decrypt(s.secret, resp.PINUVAuthToken)
	if err != nil {
		h.t.Fatal(err)
	}
	return token, nil
}

func (h *host) mustToken(pin string, perms ctap.Permission, rpID string) []byte {
	h.t.Helper()
	token, err := h.token(two, pin, perms, rpID)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func (h *host) retries() int {
	h.t.Helper()
	var resp ctap.ClientPINResponse
	h.wantErr(ctap.OK, h.do(ctap.CmdClientPIN, ctap.ClientPINRequest{Subcommand: ctap.PINGetRetries}, &resp))
	if resp.PINRetries == nil {
		h.t.Fatal("no count of retries")
	}
	return *resp.PINRetries
}

// configure does a subcommand of authenticatorConfig, with the PIN when there is one.
func (h *host) configure(pin string, sub ctap.ConfigSubcommand, params any) error {
	h.t.Helper()
	req := ctap.ConfigRequest{Subcommand: sub}
	if params != nil {
		b, err := ctap.Encode(params)
		if err != nil {
			h.t.Fatal(err)
		}
		req.Params = b
	}
	if pin != "" {
		token, err := h.token(two, pin, ctap.PermAuthenticatorConfig, "")
		if err != nil {
			return err
		}
		req.PINUVAuthProtocol = int(two)
		req.PINUVAuthParam = two.Authenticate(token, ctap.ConfigAuthMessage(sub, req.Params))
	}
	return h.do(ctap.CmdConfig, req, nil)
}

const (
	one = ctap.PINProtocolOne
	two = ctap.PINProtocolTwo

	testRP  = "keys.example.com"
	testPIN = "246810"
)

func clientDataHash() []byte {
	sum := sha256.Sum256([]byte("client data"))
	return sum[:]
}

func creation() ctap.MakeCredentialRequest {
	return ctap.MakeCredentialRequest{ClientDataHash: clientDataHash(), RP: &ctap.RelyingParty{ID: testRP},
		User:       &ctap.UserEntity{ID: []byte("u1"), Name: "alice", DisplayName: "Alice"},
		Parameters: []ctap.CredentialParameter{{Type: ctap.PublicKeyCredential, Alg: ctap.AlgES256}}}
}

// made is what makeCredential gave.
type made struct {
	object ctap.AttestationObject
	data   ctap.AuthData
	ep     bool
}

func (h *host) make(req ctap.MakeCredentialRequest) (made, error) {
	h.t.Helper()
	var resp ctap.MakeCredentialResponse
	if err := h.do(ctap.CmdMakeCredential, req, &resp); err != nil {
		return made{}, err
	}
	data, err := ctap.ParseAuthData(resp.AuthData)
	if err != nil {
		h.t.Fatal(err)
	}
	return made{ctap.AttestationObject{Format: resp.Format, AuthData: resp.AuthData, Statement: resp.Statement}, data, resp.EnterpriseAttestation}, nil
}

func (h *host) mustMake(req ctap.MakeCredentialRequest) made {
	h.t.Helper()
	m, err := h.make(req)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// probe is a silent assertion for one credential.
func probe(id []byte) ctap.GetAssertionRequest {
	return ctap.GetAssertionRequest{RPID: testRP, ClientDataHash: clientDataHash(), Options: map[string]bool{ctap.OptionUP: false},
		AllowList: []ctap.Descriptor{{ID: id, Type: ctap.PublicKeyCredential}}}
}

func withToken(token []byte) (*[]byte, int) {
	mac := two.Authenticate(token, clientDataHash())
	return &mac, int(two)
}

// pipe is a node without a pseudo-terminal, so that a test can run on a false clock.
type pipe struct {
	in, out chan [ctaphid.Report]byte
	closed  chan struct{}
	once    sync.Once
}

func newPipe() *pipe {
	return &pipe{in: make(chan [ctaphid.Report]byte), out: make(chan [ctaphid.Report]byte, 1000), closed: make(chan struct{})}
}

func (p *pipe) Path() string { return "pipe" }

func (p *pipe) Read(b []byte) (int, error) {
	select {
	case r := <-p.in:
		return copy(b, r[:]), nil
	case <-p.closed:
		return 0, io.EOF
	}
}

func (p *pipe) Write(b []byte) (int, error) {
	var r [ctaphid.Report]byte
	n := copy(r[:], b)
	select {
	case p.out <- r:
		return n, nil
	case <-p.closed:
		return 0, io.ErrClosedPipe
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// hostEnd is the pipe as a host sees it.
type hostEnd struct{ *pipe }

func (e hostEnd) Read(b []byte) (int, error) {
	select {
	case r := <-e.out:
		return copy(b, r[:]), nil
	case <-e.closed:
		return 0, io.EOF
	}
}

func (e hostEnd) Write(b []byte) (int, error) {
	var r [ctaphid.Report]byte
	copy(r[:], b[1:])
	select {
	case e.in <- r:
		return len(b), nil
	case <-e.closed:
		return 0, io.ErrClosedPipe
	}
}

// startOnPipe makes a key and a host without a pseudo-terminal.
func startOnPipe(t *testing.T, cfg softkey.Config) (*softkey.Key, *host) {
	t.Helper()
	var p *pipe
	cfg.Open = func() (softkey.Node, error) {
		p = newPipe()
		return p, nil
	}
	key, err := softkey.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { key.Close() })
	h := &host{t: t, wire: hostEnd{p}}
	h.open()
	return key, h
}
