package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// provider is an identity provider on this machine, of a module that is made to be one. Whoever is sent there is signed in as
// who, without being asked.
type provider struct {
	*storage.Storage
	server *httptest.Server
	users  map[string]*storage.User // by name
	roles  map[string][]string      // by the id of a user
	who    string
	mute   bool // ID tokens do not even say who it is
	thin   bool // ID tokens say nothing but who it is: the rest is at the userinfo endpoint

	signedIn func(time.Time) time.Time // when people signed in, as ID tokens say; the zero time: they do not
}

// dated is a request of which the provider says that its person signed in at another time.
type dated struct {
	op.AuthRequest
	at time.Time
}

// GetAuthTime is when its person signed in.
func (r dated) GetAuthTime() time.Time { return r.at }

// AuthRequestByCode gives the request that a code is for.
func (p *provider) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	r, err := p.Storage.AuthRequestByCode(ctx, code)
	if err != nil || p.signedIn == nil {
		return r, err
	}
	return dated{r, p.signedIn(r.GetAuthTime())}, nil
}

func (p *provider) GetUserByID(id string) *storage.User {
	for _, u := range p.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

func (p *provider) GetUserByUsername(name string) *storage.User { return p.users[name] }

func (p *provider) ExampleClientID() string { return "service" }

// SetUserinfoFromScopes puts claims into the ID token.
func (p *provider) SetUserinfoFromScopes(ctx context.Context, info *oidc.UserInfo, user, client string, scopes []string) error {
	return nil
}

// SetUserinfoFromRequest puts claims into the ID token.
func (p *provider) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	if p.mute {
		return nil
	}
	if p.thin {
		info.Subject = r.GetSubject()
		return nil
	}
	if err := p.Storage.SetUserinfoFromRequest(ctx, info, r, []string{"openid", "profile", "email"}); err != nil {
		return err
	}
	p.more(info, r.GetSubject())
	return nil
}

// SetUserinfoFromToken answers at the userinfo endpoint.
func (p *provider) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	if err := p.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin); err != nil {
		return err
	}
	p.more(info, subject)
	return nil
}

// more adds what the module leaves out: roles, and that an address is not verified.
func (p *provider) more(info *oidc.UserInfo, subject string) {
	info.AppendClaims("groups", p.roles[subject])
	if u := p.GetUserByID(subject); u != nil && !u.EmailVerified {
		info.AppendClaims("email_verified", false)
	}
}

// newProvider opens one for a client that people come back to at callback.
func newProvider(t *testing.T, callback string) *provider {
	t.Helper()
	p := &provider{users: map[string]*storage.User{}, roles: map[string][]string{}}
	for _, name := range []string{"ada", "grace", "eve"} {
		p.users[name] = &storage.User{ID: "id-" + name, Username: name, Password: "secret", FirstName: strings.ToUpper(name[:1]) + name[1:], LastName: "Test",
			Email: name + "@example.com", EmailVerified: true}
	}
	p.Storage = storage.NewStorageWithClients(p, map[string]*storage.Client{"keystation": storage.WebClient("keystation", "client secret", callback)})
	p.server = httptest.NewUnstartedServer(nil)
	issuer := "http://" + p.server.Listener.Addr().String()
	provider, err := op.NewProvider(&op.Config{CryptoKey: [32]byte{1}, CodeMethodS256: true}, p, op.StaticIssuer(issuer), op.WithAllowInsecure(),
		op.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	back := op.NewIssuerInterceptor(provider.IssuerFromRequest)
	mux.HandleFunc("/login/username", back.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("authRequestID")
		if err := p.CheckUsernamePassword(p.who, "secret", id); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, op.AuthCallbackURL(provider)(r.Context(), id), http.StatusFound)
	}))
	p.server.Config.Handler = mux
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

// company is a house whose people come in by an identity provider.
type company struct {
	house
	*provider
}

func newCompany(t *testing.T, changes ...func(*OIDC)) company {
	t.Helper()
	settings := &OIDC{ClientID: "keystation", Secret: "client secret", Name: "Example Login", RoleClaim: "groups",
		Roles: map[string]inventory.Role{"key-admins": inventory.Admin, "key-approvers": inventory.Approver}}
	h := doored(t, func(c *Config) { c.SignIn.OIDC = settings })
	c := company{h, newProvider(t, h.url+"/signin/callback")}
	settings.Issuer = c.server.URL
	for _, change := range changes {
		change(settings)
	}
	return c
}

// guest is a browser without a window: it keeps cookies and follows where it is sent. via is asked at each turn and may
// change the address.
type guest struct {
	*http.Client
	t    *testing.T
	base string
	seen []string
	via  func(*url.URL)
}

func (c company) guest(t *testing.T) *guest {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{Client: &http.Client{Jar: jar, Timeout: 10 * time.Second}, t: t, base: c.url}
	g.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if g.via != nil {
			g.via(r.URL)
		}
		g.seen = append(g.seen, r.URL.String())
		return nil
	}
	return g
}

// goes to a path and gives status and text of where it ends, and that address.
func (g *guest) goes(path string) (status int, text, at string) {
	g.t.Helper()
	g.seen = nil
	r, err := g.Get(g.base + path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return r.StatusCode, string(b), r.Request.URL.RequestURI()
}

// calledBack is the address by which the provider sent the guest back.
func (g *guest) calledBack() string {
	i := slices.IndexFunc(g.seen, func(u string) bool { return strings.Contains(u, "/signin/callback") })
	if i < 0 {
		g.t.Fatalf("the provider sent nobody back: %q", g.seen)
	}
	return strings.TrimPrefix(g.seen[i], g.base)
}

// People come in as their provider says, whether it says what it knows in the token or when it is asked; a role by claim
// follows the claim, from one sign-in to the next.
func TestOIDC(t *testing.T) {
	for _, thin := range []bool{false, true} {
		c := newCompany(t)
		c.thin, c.who, c.roles["id-ada"] = thin, "ada", []string{"key-admins", "everyone"}
		ada := personNamed(t, c.store, "Ada")
		g := c.guest(t)
		if status, text, at := g.goes("/roles"); status != http.StatusOK || at != "/signin?next=%2Froles" || !strings.Contains(text, "Example Login") {
			t.Fatalf("thin %t: the door is %d at %s", thin, status, at)
		}
		if status, text, at := g.goes("/signin/oidc?next=%2Froles"); status != http.StatusOK || at != "/roles" || !strings.Contains(text, "says the identity provider") {
			t.Fatalf("thin %t: %d at %s\n%s", thin, status, at, c.log)
		}
		if roles, err := c.store.RolesOf(t.Context(), ada.ID); err != nil || !slices.Equal(roles, []inventory.Role{inventory.Admin}) {
			t.Errorf("thin %t: roles %v, %v", thin, roles, err)
		}
		c.roles["id-ada"] = []string{"key-approvers"}
		g.goes("/signin/oidc")
		if roles, err := c.store.RolesOf(t.Context(), ada.ID); err != nil || !slices.Equal(roles, []inventory.Role{inventory.Approver}) {
			t.Errorf("thin %t: roles after the claim changed %v, %v", thin, roles, err)
		}
		if status, _, _ := g.goes("/roles"); status != http.StatusForbidden {
			t.Errorf("thin %t: an admin's page after the role was withdrawn: %d", thin, status)
		}
		c.users["ada"].Email = "ada.king@example.com" // the provider knows her by her id from now on
		if status, _, at := c.guest(t).goes("/signin/oidc?next=%2Fask"); status != http.StatusOK || at != "/ask" {
			t.Errorf("thin %t: under another address %d at %s", thin, status, at)
		}
		if _, _, at := g.goes("/signin/oidc?next=%2F%2Fevil.example"); strings.Contains(at, "evil") {
			t.Errorf("thin %t: sent on to %s", thin, at)
		}
	}
}

// Nobody comes in by an answer that was not asked for here, was used, was changed on the way, or is about nobody we know.
func TestOIDC_refused(t *testing.T) {
	c := newCompany(t)
	c.who = "ada"
	refuses := func(name string, g *guest, path string, want int) {
		t.Helper()
		status, text, _ := g.goes(path)
		if status != want || strings.Contains(text, "goroutine") {
			t.Errorf("%s: %d, want %d", name, status, want)
		}
		if _, _, at := g.goes("/ask"); !strings.HasPrefix(at, "/signin?") {
			t.Errorf("%s: they are in, at %s", name, at)
		}
	}
	used := c.guest(t)
	if _, _, at := used.goes("/signin/oidc?next=%2Fask"); at != "/ask" {
		t.Fatalf("at first: %s", at)
	}
	refuses("an answer that somebody else got", c.guest(t), used.calledBack(), http.StatusConflict)
	if status, _, _ := used.goes(used.calledBack()); status != http.StatusConflict {
		t.Errorf("an answer for the second time: %d", status)
	}
	for name, change := range map[string]func(*url.URL){
		"another nonce":    func(u *url.URL) { replace(u, "/authorize", "nonce", "another") },
		"another state":    func(u *url.URL) { replace(u, "/signin/callback", "state", "another") },
		"another code":     func(u *url.URL) { replace(u, "/signin/callback", "code", "another") },
		"another provider": func(u *url.URL) { replace(u, "/signin/callback", "iss", "https://evil.example") },
		"another challenge": func(u *url.URL) {
			replace(u, "/authorize", "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
		},
	} {
		g := c.guest(t)
		g.via = change
		want := http.StatusForbidden
		if name == "another state" {
			want = http.StatusConflict
		}
		refuses(name, g, "/signin/oidc", want)
	}
	c.who = "eve"
	refuses("somebody whom the directory does not know", c.guest(t), "/signin/oidc", http.StatusNotFound)
	c.who, c.users["grace"].EmailVerified = "grace", false
	refuses("an address that nobody verified", c.guest(t), "/signin/oidc", http.StatusNotFound)
	c.users["grace"].EmailVerified = true
	if err := c.store.HoldPerson(t.Context(), inventorytest.Operator, personNamed(t, c.store, "Grace").ID, "She said that it was not her."); err != nil {
		t.Fatal(err)
	}
	refuses("somebody on hold", c.guest(t), "/signin/oidc", http.StatusForbidden)
	c.who, c.mute = "ada", true
	refuses("somebody whom the token does not name", c.guest(t), "/signin/oidc", http.StatusForbidden)
	c.mute = false
	slow := c.guest(t)
	slow.via = func(u *url.URL) {
		if u.Path == "/signin/callback" {
			*c.now = c.now.Add(16 * time.Minute)
		}
	}
	c.who = "ada"
	refuses("somebody who took too long", slow, "/signin/oidc", http.StatusConflict)
	denied := c.guest(t)
	denied.via = func(u *url.URL) {
		if u.Path == "/signin/callback" {
			replace(u, "/signin/callback", "error", "access_denied")
		}
	}
	if status, _, at := denied.goes("/signin/oidc?next=%2Fask"); status != http.StatusOK || at != "/signin?trouble=refused&next=%2Fask" {
		t.Errorf("refused by the provider: %d at %s", status, at)
	}
}

// replace changes one value of an address with this end of its path.
func replace(u *url.URL, path, name, value string) {
	if !strings.HasSuffix(u.Path, path) {
		return
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
}

// Somebody whom the directory does not know is entered where the configuration says so, with what the provider tells.
func TestOIDC_enter(t *testing.T) {
	c := newCompany(t, func(o *OIDC) { o.Enter = true })
	c.who = "eve"
	if status, _, at := c.guest(t).goes("/signin/oidc?next=%2Fask"); status != http.StatusOK || at != "/ask" {
		t.Fatalf("%d at %s", status, at)
	}
	if eve := personNamed(t, c.store, "Eve"); eve.Email != "eve@example.com" || eve.Name != "Eve Test" {
		t.Errorf("entered is %+v", eve)
	}
}

// A provider that is down keeps nobody in the house out, and lets in again when it is back, without a restart of ours.
func TestOIDC_down(t *testing.T) {
	c := newCompany(t)
	c.who = "ada"
	down := true
	handler := c.server.Config.Handler
	c.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		handler.ServeHTTP(w, r)
	})
	g := c.guest(t)
	if status, text, _ := g.goes("/signin/oidc"); status != http.StatusServiceUnavailable || !strings.Contains(text, "Example Login does not answer") {
		t.Errorf("while it is down: %d", status)
	}
	down = false
	if status, _, _ := g.goes("/signin/oidc"); status != http.StatusServiceUnavailable {
		t.Errorf("it is asked at each try: %d", status)
	}
	*c.now = c.now.Add(askAgain)
	if status, _, at := g.goes("/signin/oidc?next=%2Fask"); status != http.StatusOK || at != "/ask" {
		t.Fatalf("after it: %d at %s", status, at)
	}
	down = true
	if status, _, at := g.goes("/ask"); status != http.StatusOK || at != "/ask" {
		t.Errorf("in the house while it is down: %d at %s", status, at)
	}
	if status, _, _ := c.guest(t).goes("/signin/callback?code=x&state=y"); status != http.StatusConflict {
		t.Errorf("a call back out of the blue: %d", status)
	}
}

// A dangerous act asks for the sign-in again: the provider is told to ask too, and another person than before is refused.
func TestOIDC_again(t *testing.T) {
	c := newCompany(t)
	c.who, c.roles["id-ada"], c.roles["id-grace"] = "ada", []string{"key-admins"}, []string{"key-admins"}
	g := c.guest(t)
	*c.now = c.now.Add(-6 * time.Minute) // the provider has a clock of its own, which does not move
	g.goes("/signin/oidc?next=%2Froles")
	*c.now = c.now.Add(6 * time.Minute)
	grace := personNamed(t, c.store, "Grace")
	r, err := g.PostForm(c.url+"/roles/give", url.Values{"person": {string(grace.ID)}, "role": {"auditor"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if !strings.HasPrefix(r.Request.URL.RequestURI(), "/signin/again?next=") {
		t.Fatalf("it goes on at %s", r.Request.URL.RequestURI())
	}
	if roles, _ := c.store.RolesOf(t.Context(), grace.ID); len(roles) != 0 {
		t.Errorf("it was done all the same: %v", roles)
	}
	c.who = "grace"
	if status, text, _ := g.goes("/signin/oidc?again=yes&next=%2Froles"); status != http.StatusForbidden || !strings.Contains(text, "That was somebody else") {
		t.Errorf("as somebody else: %d", status)
	}
	c.who = "ada"
	if status, _, at := g.goes("/signin/oidc?again=yes&next=%2Froles"); status != http.StatusOK || at != "/roles" {
		t.Errorf("as herself: %d at %s", status, at)
	}
	asked := slices.ContainsFunc(g.seen, func(u string) bool { return strings.Contains(u, "prompt=login") && strings.Contains(u, "max_age=0") })
	if !asked {
		t.Errorf("the provider was not told to ask: %q", g.seen)
	}
	r, err = g.PostForm(c.url+"/roles/give", url.Values{"person": {string(grace.ID)}, "role": {"auditor"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if roles, _ := c.store.RolesOf(t.Context(), grace.ID); !slices.Contains(roles, inventory.Auditor) {
		t.Errorf("after it: %v", roles)
	}
}

// A provider that answers without asking anybody proves nothing: neither by a sign-in that was long ago, nor by one of which
// it does not say when it was. Whoever cannot prove it is told why, and goes round no circle.
func TestOIDC_answersSilently(t *testing.T) {
	for name, signedIn := range map[string]func(time.Time) time.Time{
		"long ago":     func(at time.Time) time.Time { return at.Add(-time.Hour) },
		"nobody knows": func(time.Time) time.Time { return time.Time{} },
	} {
		c := newCompany(t)
		c.who, c.roles["id-ada"], c.signedIn = "ada", []string{"key-admins"}, signedIn
		grace := personNamed(t, c.store, "Grace")
		g := c.guest(t)
		gives := func() string {
			t.Helper()
			r, err := g.PostForm(c.url+"/roles/give", url.Values{"person": {string(grace.ID)}, "role": {"auditor"}})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			return r.Request.URL.Path
		}
		for range 2 { // the second time she is in already
			if status, _, at := g.goes("/signin/oidc?next=%2Froles"); status != http.StatusOK || at != "/roles" {
				t.Fatalf("%s: %d at %s", name, status, at)
			}
			if at := gives(); at != "/signin/again" {
				t.Errorf("%s: a dangerous act goes on at %s", name, at)
			}
		}
		status, text, _ := g.goes("/signin/oidc?again=yes&next=%2Froles")
		if status != http.StatusForbidden || name == "nobody knows" && !strings.Contains(text, "auth_time") {
			t.Errorf("%s: asked again: %d", name, status)
		}
		c.signedIn = nil
		if status, _, at := g.goes("/signin/oidc?again=yes&next=%2Froles"); status != http.StatusOK || at != "/roles" {
			t.Errorf("%s: as the provider tells when: %d at %s", name, status, at)
		}
		if at := gives(); at != "/roles" {
			t.Errorf("%s: proved, it goes on at %s", name, at)
		}
	}
}

// A provider that hangs is waited for once, by all who come together, and whoever goes away in the meantime waits no longer.
func TestOIDC_hangs(t *testing.T) {
	asked, hang := make(chan struct{}, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-hang
		http.Error(w, "down", http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	o := &OIDC{Issuer: server.URL, Name: "Example Login"}
	var all sync.WaitGroup
	ask := func() {
		if _, err := o.discovered(t.Context(), noon); inventory.KindOf(err) != inventory.Unavailable {
			t.Errorf("whoever waits gets %v", err)
		}
	}
	all.Go(ask)
	<-asked
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := o.discovered(gone, noon); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever went away gets %v", err)
	}
	for range 5 {
		all.Go(ask)
	}
	close(hang)
	all.Wait()
	ask()
	if len(asked) != 0 {
		t.Errorf("it was asked %d times more", len(asked))
	}
}

// Whoever is turned away at the door is noted, by their name where it is known, and nothing that they typed.
func TestRefused_atDoor(t *testing.T) {
	type note struct{ by, what string }
	var notes []note
	c := newCompany(t)
	c.Refused = func(_ context.Context, by inventory.Actor, what string) error {
		notes = append(notes, note{by.ID, what})
		return nil
	}
	grace := personNamed(t, c.store, "Grace")
	if err := c.store.HoldPerson(t.Context(), inventorytest.Operator, grace.ID, "She said that it was not her."); err != nil {
		t.Fatal(err)
	}
	expect := func(name, by, what string) {
		t.Helper()
		if len(notes) != 1 || notes[0].by != by || !strings.HasPrefix(notes[0].what, what) {
			t.Errorf("%s: %+v", name, notes)
		}
		notes = nil
	}
	c.who = "eve"
	c.guest(t).goes("/signin/oidc")
	expect("whom nobody knows", "claimed", "GET /signin/callback: You are signed in with your company, but")
	c.who = "grace"
	c.guest(t).goes("/signin/oidc")
	expect("who is on hold", string(grace.ID), "GET /signin/callback: Grace Hopper is on hold")
	c.SetupCode()
	c.here("/setup/begin", url.Values{"code": {"WRONG"}, "name": {"Eve"}, "email": {"eve@example.com"}})
	expect("a wrong code", "claimed", "POST /setup/begin: That is not the code")
	c.get("/invitation/SECRETTOKEN")
	if len(notes) == 1 && strings.Contains(notes[0].what, "SECRET") {
		t.Error("the ledger holds a token")
	}
	expect("a link that is none", "claimed", "GET /invitation/:token: This link is not good")
	for range 60 {
		c.get("/signin/oidc")
	}
	for _, n := range notes[1:] {
		if n != notes[0] || n.what != "GET /signin/oidc: Too many tries." {
			t.Fatalf("a flood is noted in many words: %+v", n)
		}
	}
}
