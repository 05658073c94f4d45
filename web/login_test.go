package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

// resident is a house in which anybody can be whoever they like, as in a demo, with somebody who keeps cookies.
type resident struct {
	house
	*http.Client
	t *testing.T
}

func newResident(t *testing.T, changes ...func(*Config)) resident {
	t.Helper()
	return resident{doored(t, append([]func(*Config){func(c *Config) { c.Demo = true }}, changes...)...), newBrowser(t), t}
}

// newBrowser keeps cookies and stays where it is.
func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// is signs in as somebody.
func (r resident) is(name string) *http.Response {
	r.t.Helper()
	p := personNamed(r.t, r.store, name)
	a, err := r.PostForm(r.url+"/signin/demo", url.Values{"person": {string(p.ID)}, "next": {"/ask"}})
	if err != nil {
		r.t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("%s comes in: %d", name, a.StatusCode)
	}
	return a
}

// in tells if whoever keeps the cookies is let in.
func (r resident) in() bool {
	r.t.Helper()
	a, err := r.Get(r.url + "/ask")
	if err != nil {
		r.t.Fatal(err)
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, a.Body)
	return a.StatusCode == http.StatusOK
}

// after moves the clocks of the pages and of the books.
func (r resident) after(d time.Duration) {
	*r.now = r.now.Add(d)
	r.store.Clock.Set(*r.now)
}

// Somebody who goes away has to come in again: the sooner, the more they may do; and nobody stays longer than the longest,
// however busy they are.
func TestLogin_limits(t *testing.T) {
	r := newResident(t)
	if r.in() {
		t.Fatal("in without a sign-in")
	}
	r.is("Grace")
	for _, away := range []time.Duration{7 * time.Hour, 4*time.Hour + 50*time.Minute} {
		if r.after(away); !r.in() {
			t.Fatalf("out after %s", away)
		}
	}
	if r.after(20 * time.Minute); r.in() {
		t.Error("in after more than twelve hours, though never away for eight")
	}
	r = newResident(t)
	r.is("Grace")
	if r.after(8*time.Hour + time.Minute); r.in() {
		t.Error("in after eight hours away")
	}
	r = newResident(t)
	if err := r.store.GiveRole(t.Context(), inventorytest.Operator, personNamed(t, r.store, "Grace").ID, inventory.Operator); err != nil {
		t.Fatal(err)
	}
	r.is("Grace")
	if r.after(29 * time.Minute); !r.in() {
		t.Error("an operator is out after 29 minutes")
	}
	if r.after(31 * time.Minute); r.in() {
		t.Error("an operator is in after 31 minutes away")
	}
}

// The cookie is for this host and for no script, and is another one after the sign-in than before. Over TLS it is bound to
// that.
func TestLogin_cookie(t *testing.T) {
	r := newResident(t)
	before := r.is("Ada").Cookies()[0]
	after := r.is("Grace").Cookies()[0]
	if before.Value == after.Value || len(after.Value) < 40 {
		t.Errorf("the token %q was kept over a sign-in as %q", before.Value, after.Value)
	}
	if after.Name != "keystation" || !after.HttpOnly || after.Secure || after.SameSite != http.SameSiteLaxMode || after.Path != "/" || after.Domain != "" || after.MaxAge != 0 || !after.Expires.IsZero() {
		t.Errorf("the cookie is %+v", after)
	}
	secure := newResident(t, func(c *Config) { c.SignIn.Secure = true })
	if c := secure.is("Ada").Cookies()[0]; c.Name != "__Host-keystation" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
		t.Errorf("over TLS the cookie is %+v", c)
	}
}

// Whoever has a copy of the sessions comes in with none of it.
func TestLogin_copied(t *testing.T) {
	r := newResident(t)
	token := r.is("Ada").Cookies()[0].Value
	db, err := sql.Open("sqlite3", "file:"+r.store.Path()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var hash, data string
	if err := db.QueryRow("SELECT hash, CAST(data AS TEXT) FROM sessions WHERE person <> ''").Scan(&hash, &data); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(hash+data, token) {
		t.Error("the token itself is in the database")
	}
	for _, value := range []string{hash, token + "x", ""} {
		req := httptest.NewRequest(http.MethodGet, r.url+"/ask", nil)
		req.AddCookie(&http.Cookie{Name: "keystation", Value: value})
		if p := r.do(req); p.StatusCode != http.StatusSeeOther {
			t.Errorf("with %q: %d", value, p.StatusCode)
		}
	}
}

// Signing out ends this session, or all of them; a hold ends all at once, and so does leaving the company.
func TestLogin_ends(t *testing.T) {
	first := newResident(t)
	second := first
	second.Client = newBrowser(t)
	out := func(form url.Values) {
		t.Helper()
		a, err := first.PostForm(first.url+"/signout", form)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
	}
	first.is("Ada")
	second.is("Ada")
	if out(nil); first.in() || !second.in() {
		t.Error("signing out here ends the session there, or not the one here")
	}
	first.is("Ada")
	if out(url.Values{"everywhere": {"yes"}}); first.in() || second.in() {
		t.Error("signing out everywhere leaves a session")
	}
	first.is("Ada")
	if err := first.store.HoldPerson(t.Context(), inventorytest.Operator, personNamed(t, first.store, "Ada").ID, "She said that it was not her."); err != nil {
		t.Fatal(err)
	}
	if first.in() {
		t.Error("somebody on hold is in")
	}
	if err := first.store.ReleasePerson(t.Context(), inventorytest.Operator, personNamed(t, first.store, "Ada").ID, "Called her."); err != nil {
		t.Fatal(err)
	}
	if first.in() {
		t.Error("a session from before the hold is good again after it")
	}
}

// Somebody sees where they are signed in, since when and how, and ends one of these or all others; nobody else's.
func TestLogin_sessions(t *testing.T) {
	here := newResident(t)
	browsers := []resident{here, here, here, here}
	for i, name := range []string{"Ada", "Ada", "Ada", "Grace"} {
		browsers[i].Client = newBrowser(t)
		browsers[i].is(name)
		here.after(2 * time.Minute)
	}
	here = browsers[0]
	account := func(r resident) page {
		t.Helper()
		a, err := r.Get(r.url + "/account")
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		root, err := html.Parse(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return page{Response: a, root: root}
	}
	end := func(form url.Values) {
		t.Helper()
		a, err := here.PostForm(here.url+"/account/sessions/end", form)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
	}
	p := account(here)
	p.hasText(t, "#sessions", "Where you are signed in")
	p.hasText(t, "main", "This browser , with the company's account", "Another browser", "signed in", "last here")
	rows := p.find("main ul li [name=session]")
	if len(rows) != 2 {
		t.Fatalf("Ada sees %d other browsers", len(rows))
	}
	newest, _ := attr(rows[0], "value")
	end(url.Values{"session": {newest}})
	if browsers[2].in() || !browsers[1].in() || !here.in() {
		t.Error("the browser used last is in, or another one is out")
	}
	end(url.Values{"session": {"nobody's"}})
	if !browsers[1].in() {
		t.Error("a name that is none ends another")
	}
	end(nil)
	if browsers[1].in() || !here.in() || !browsers[3].in() {
		t.Error("all others: another browser is in, this one is out, or Grace is")
	}
	account(here).hasText(t, "main", "In this browser only.")
}

// ending ends all sessions of whoever asks for something, while the request is on its way.
type ending struct{ signInBooks }

func (b ending) Whoever(ctx context.Context, id inventory.PersonID) (inventory.Person, []inventory.Role, error) {
	p, roles, err := b.signInBooks.Whoever(ctx, id)
	return p, roles, errors.Join(err, b.EndSessions(ctx, id))
}

// A request that is on its way while its session is ended does not bring it back.
func TestLogin_endedMeanwhile(t *testing.T) {
	r := newResident(t)
	r.is("Ada")
	r.after(2 * time.Minute) // so that the request has something to write
	books := r.SignIn.Books
	r.SignIn.Books = ending{books}
	if !r.in() {
		t.Error("the request itself is refused")
	}
	r.SignIn.Books = books
	if r.in() {
		t.Error("the session is back")
	}
}

// Whoever tries too often is told how long to wait, and waits no longer than that; others, and what everybody needs, are not
// touched.
func TestLimits(t *testing.T) {
	r := newResident(t)
	try := func(from string) page {
		req := httptest.NewRequest(http.MethodGet, r.url+"/invitation/"+strings.Repeat("x", 26), nil)
		req.RemoteAddr = from
		req.Header.Set("X-Forwarded-For", "192.0.2.77") // nobody believes it
		return r.do(req)
	}
	last := page{}
	for range 31 {
		last = try("192.0.2.1:1000")
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") != "2" && last.Header.Get("Retry-After") != "3" {
		t.Errorf("the thirty-first try: %d, wait %q", last.StatusCode, last.Header.Get("Retry-After"))
	}
	last.hasText(t, "main", "too many tries")
	if p := try("192.0.2.2:1000"); p.StatusCode != http.StatusNotFound {
		t.Errorf("from somewhere else: %d", p.StatusCode)
	}
	for i := range 31 { // with IPv6 everybody has more addresses than they can use
		last = try(fmt.Sprintf("[2001:db8:1:2::%x]:1000", i+1))
	}
	if last.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the thirty-first try of one subnet: %d", last.StatusCode)
	}
	if p := try("[2001:db8:1:3::1]:1000"); p.StatusCode != http.StatusNotFound {
		t.Errorf("from another subnet: %d", p.StatusCode)
	}
	req := httptest.NewRequest(http.MethodGet, r.url+"/healthz", nil)
	req.RemoteAddr = "192.0.2.1:1000"
	if p := r.do(req); p.StatusCode != http.StatusOK {
		t.Errorf("a look at the health: %d", p.StatusCode)
	}
	r.after(4 * time.Second)
	if p := try("192.0.2.1:1000"); p.StatusCode != http.StatusNotFound {
		t.Errorf("after the wait: %d", p.StatusCode)
	}
}

// However many strangers try, the memory of it is bounded, and whoever tried too often is not let go by the others.
func TestLimits_bounded(t *testing.T) {
	now := noon
	l := limits{now: func() time.Time { return now }}
	of := limit{2, time.Minute}
	for i := range mostBuckets - 1 {
		l.take("other "+inventory.FormatTime(noon.Add(time.Duration(i)*time.Second)), of)
	}
	now = now.Add(time.Minute)
	for range 3 {
		l.take("one", of)
	}
	l.take("one too many", of)
	if len(l.buckets) > 2 {
		t.Errorf("%d buckets, though nobody of the others tried for a minute", len(l.buckets))
	}
	if wait := l.take("one", of); wait <= 0 || wait > time.Minute {
		t.Errorf("whoever tried too often waits %s", wait)
	}
	now = now.Add(2 * time.Minute)
	if wait := l.take("one", of); wait != 0 {
		t.Errorf("later they wait %s", wait)
	}
	for i := range 2 * mostBuckets {
		l.take("more "+inventory.FormatTime(noon.Add(time.Duration(i)*time.Second)), of)
	}
	if len(l.buckets) > mostBuckets {
		t.Errorf("%d buckets after a flood", len(l.buckets))
	}
}
