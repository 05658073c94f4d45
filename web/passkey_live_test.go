package web

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

// house is a site over a real database that people sign in to, at an address of its own.
type house struct {
	desktop
	store *inventorytest.Store
	url   string
	now   *time.Time
}

// doored opens a house. Its clock stands until it is moved.
func doored(t *testing.T, changes ...func(*Config)) house {
	t.Helper()
	store := inventorytest.Open(t)
	now := time.Now()
	store.Clock.Set(now)
	h := house{store: store, now: &now}
	server := httptest.NewUnstartedServer(nil)
	h.url = "http://localhost:" + server.Listener.Addr().String()[strings.LastIndex(server.Listener.Addr().String(), ":")+1:]
	h.desktop = open(t, append([]func(*Config){func(c *Config) {
		c.Books, c.SignIn = store, &SignIn{Books: store}
		c.Settings = inventory.Settings{RPID: inventory.LocalRPID}
		c.PeopleURL, c.DeskURL = h.url, h.url
		c.Now = func() time.Time { return now }
	}}, changes...)...)
	server.Config.Handler = h.Site
	server.Start()
	t.Cleanup(server.Close)
	return h
}

// withKey gives the browser a passkey provider that says yes at once.
func withKey(t *testing.T, ctx context.Context) {
	t.Helper()
	does(t, ctx, chromedp.EmulateViewport(1280, 800), chromedp.Navigate("about:blank"))
	if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}); err != nil {
		t.Fatal(err)
	}
}

func (h house) visit(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(h.url+path)); err != nil {
		t.Fatal(err)
	}
}

func does(t *testing.T, ctx context.Context, acts ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, acts...); err != nil {
		t.Fatal(err)
	}
}

// TestPasskey_live walks the way of a site without an identity provider in a real browser: the first admin by the code from
// the terminal, out and in again by passkey, another person by invitation, which works once, and showing again who one is
// before a dangerous act.
func TestPasskey_live(t *testing.T) {
	ctx := browser(t)
	withKey(t, ctx)
	h := doored(t, func(c *Config) { c.Settings.RPID = "keys.example.com" }) // this browser is at the machine itself
	code := h.SetupCode()
	h.visit(t, ctx, "/overview")
	see(t, ctx, "the door", `location.pathname === "/signin" && location.search === "?next=%2Foverview" && !!document.querySelector('a[href="/setup"]')`)
	h.visit(t, ctx, "/setup")
	does(t, ctx, chromedp.SendKeys("[name=code]", "WRONG-CODES"), chromedp.SendKeys("[name=name]", "Mary Somerville"), chromedp.SendKeys("[name=email]", "mary@example.com"), chromedp.Click("main button"))
	see(t, ctx, "a wrong code", `document.querySelector("main [role=alert]").textContent.includes("not the code")`)
	does(t, ctx, chromedp.SetValue("[name=code]", strings.ToLower(code)), chromedp.Click("main button"))
	arrive(t, ctx, "/overview")
	mary, err := h.store.PersonByEmail(t.Context(), "mary@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if roles, err := h.store.RolesOf(t.Context(), mary.ID); err != nil || len(roles) != 1 || roles[0] != inventory.Admin {
		t.Fatalf("the first admin has the roles %v, %v", roles, err)
	}
	does(t, ctx, chromedp.Click(`form[action="/signout"] button`))
	arrive(t, ctx, "/signin")
	see(t, ctx, "no second first admin", `!document.querySelector('a[href="/setup"]')`)
	does(t, ctx, chromedp.Click("main form[data-begin] button"))
	arrive(t, ctx, "/")

	ada, err := h.store.PersonByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	h.visit(t, ctx, "/account")
	*h.now = h.now.Add(6 * time.Minute) // the sign-in is too long ago for what follows
	does(t, ctx, chromedp.Click(`form[data-begin="/account/passkey/begin"] button`))
	arrive(t, ctx, "/signin/again")
	does(t, ctx, chromedp.Click("main form[data-begin] button"))
	arrive(t, ctx, "/account")
	token, err := h.store.Invite(t.Context(), inventory.ActorOf(mary, inventory.ByPasskey), ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	does(t, ctx, chromedp.Click(`form[action="/signout"] button`))
	arrive(t, ctx, "/signin")
	h.visit(t, ctx, "/invitation/"+token)
	see(t, ctx, "whom it invites", `document.querySelector("main").textContent.includes("Ada Lovelace")`)
	does(t, ctx, chromedp.Click("main button"))
	arrive(t, ctx, "/my")
	h.visit(t, ctx, "/invitation/"+token)
	see(t, ctx, "used up", `document.querySelector("main").textContent.includes("not good any more")`)
	h.visit(t, ctx, "/overview")
	see(t, ctx, "no role, no desk", `document.querySelector("main").textContent.includes("may not come in here")`)
	if report, err := h.store.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !report.Holds() {
		t.Errorf("the ledger does not hold: %v %v", report, err)
	}
}

// TestBreakGlass_live lets one of two named admins in while the identity provider is down, which every admin is told, and
// nobody else.
func TestBreakGlass_live(t *testing.T) {
	ctx := browser(t)
	withKey(t, ctx)
	h := doored(t)
	admin := inventory.System("test")
	grace, err := h.store.PersonByEmail(t.Context(), "grace@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.GiveRole(t.Context(), admin, grace.ID, inventory.Admin); err != nil {
		t.Fatal(err)
	}
	token, err := h.store.Invite(t.Context(), admin, grace.ID)
	if err != nil {
		t.Fatal(err)
	}
	leave := func() {
		t.Helper()
		does(t, ctx, chromedp.Click(`form[action="/signout"] button`))
		arrive(t, ctx, "/signin")
	}
	h.visit(t, ctx, "/invitation/"+token)
	does(t, ctx, chromedp.Click("main button"))
	arrive(t, ctx, "/")
	leave()
	h.SignIn.OIDC, h.SignIn.BreakGlass = &OIDC{Issuer: "http://localhost:1", ClientID: "x", Name: "Example Co."}, []string{"Grace@example.com", "nobody@example.com"}
	h.visit(t, ctx, "/signin/oidc")
	see(t, ctx, "the provider is down", `document.querySelector("main").textContent.includes("Example Co. does not answer")`)
	h.visit(t, ctx, "/signin")
	see(t, ctx, "what breaking glass is", `document.querySelector("main").textContent.includes("Only for emergencies")`)
	does(t, ctx, chromedp.Click("main form[data-begin] button"))
	arrive(t, ctx, "/")
	see(t, ctx, "the desk is told", `document.body.innerText.includes("Grace Hopper signed in beside the identity provider")`)
	if name, when, err := h.store.BrokeGlass(t.Context()); err != nil || name != "Grace Hopper" || when.IsZero() {
		t.Errorf("the ledger says %q at %v, %v", name, when, err)
	}
	if !slices.ContainsFunc(lettersTo(t, h.store, "grace@example.com"), func(l inventory.Letter) bool { return l.Kind == inventory.LetterBrokeGlass }) {
		t.Error("no admin is told by mail")
	}
	leave()
	h.SignIn.BreakGlass = []string{"ada@example.com", "nobody@example.com"}
	does(t, ctx, chromedp.Click("main form[data-begin] button"))
	see(t, ctx, "others are not let in", `document.querySelector("main [role=alert]").textContent.includes("emergencies")`)
}
