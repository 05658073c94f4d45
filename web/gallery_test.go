package web

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
)

// picture is a page of the gallery: who looks at it, and where it is.
type picture struct {
	name, path string
	nobody     bool   // nobody is signed in
	requester  bool   // somebody without a role looks
	lang       string // empty: English
	status     int    // 0: 200
}

// notPages are the GET routes that draw no page, with what they give instead.
var notPages = map[string]string{
	"/":                      "leads on",
	"/healthz":               "a word",
	"/static/:name":          "files",
	"/signin/oidc":           "leads to the identity provider",
	"/signin/callback":       "leads on from there",
	"/bench/events":          "a stream",
	"/bench/commands.pdf":    "a file",
	"/keys/:tag/label.pdf":   "a file",
	"/keys/:tag/packet.pdf":  "a file",
	"/models/:aaguid/icon":   "a picture",
	"/people/import/:id/csv": "a file",
}

// gallery is a site over a real database with something on every page, and a picture of each.
type gallery struct {
	*asker
	roles  []inventory.Role
	signed bool
	shown  map[string][]picture // by the path of the route
}

func newGallery(t testing.TB) *gallery {
	t.Helper()
	g := &gallery{roles: inventory.Roles, signed: true, shown: map[string][]picture{}}
	g.asker = newAsker(t, "Grace", packets, func(c *Config) {
		store := c.Books.(*inventorytest.Store)
		withStore(store)(c)
		c.Settings.RPID = inventory.LocalRPID
		c.Demo, c.Bench, c.SignIn, c.Desks = true, &fakeBench{}, &SignIn{Books: store}, []string{"London", "Arlington"}
		c.Label = func(inventory.AssetTag, bool) ([]byte, error) { return []byte("%PDF-1.4"), nil }
		c.Who = func(*http.Request) (Visitor, bool) {
			if !g.signed {
				return Visitor{}, false
			}
			return Visitor{Actor: inventory.ActorOf(g.me, inventory.ByOIDC), Person: g.me.ID, Roles: g.roles, Language: g.lang, Proved: c.Now()}, true
		}
	})
	g.furnish(t)
	g.SetupCode()
	return g
}

// furnish does what leaves something on each page, and hangs the pictures.
func (g *gallery) furnish(t testing.TB) {
	t.Helper()
	s, ctx, by := g.store, t.Context(), inventorytest.Operator
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range inventory.Roles {
		must(s.GiveRole(ctx, by, g.me.ID, role))
	}
	made := s.MustMake("1-1", "4711", "R-1001")
	packed := s.MustMake("1-2", "4712", "R-1002")
	s.MustMake("1-3", "4713", "")
	_, err := s.OpenRecall(ctx, by, inventory.Recall{Reason: "Its vendor lost a key.", Deadline: s.Clock.Now().AddDate(0, 0, 20)}, inventory.RecallOf{Tags: []inventory.AssetTag{made.Key.Tag}})
	must(err)
	must(s.SaveAddress(ctx, inventory.ActorOf(g.me, inventory.ByOIDC), g.me.ID, "Home", inventory.Address{Recipient: g.me.Name, Street: []string{"1 Main Street"}, City: "Arlington", PostalCode: "22201", Country: "US"}))
	g.Feed.Publish(station.Tile{Port: "1-1", Label: "1", Place: 1, Plugged: true, Tone: station.Hands, Word: "TOUCH", Sentence: "Touch the key now.", Step: "tag", StepsIn: 2, Tag: string(made.Key.Tag), Model: "Softkey", For: "Ada Lovelace", Verdict: "genuine"})
	g.Feed.Publish(station.Tile{Port: "1-2", Label: "2", Place: 2, Plugged: true, Tone: station.Busy, Word: "WORKING", Step: "set-pin", StepsIn: 4})
	g.Feed.Publish(station.Tile{Port: "1-3", Label: "3", Place: 3, Tone: station.Quiet, Word: "EMPTY"})
	g.post("/policy/begin", url.Values{"policy": {"unknown = \"ask\"\n"}, "text": {"unknown = \"ask\"\n"}})
	preview := g.desktop.upload(t, "", "name,email,tier\nAda King,ada@example.com,critical\nMary,mary@example.com,\nEve,eve,\n", nil).Header.Get("Location")
	token, err := s.Invite(ctx, by, personNamed(t, s, "Alan").ID)
	must(err)
	runs, err := s.RunList(ctx, inventory.RunQuery{Limit: 1})
	must(err)
	for _, l := range lettersTo(t, s, g.me.Email) {
		if l.Facts.Deny != "" {
			g.shown["/not-me/:token"] = []picture{{path: l.Facts.Deny, nobody: true}}
		}
	}
	_, err = s.SignInByClaims(ctx, inventory.Claims{Issuer: "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0", Subject: "1", Email: g.me.Email})
	must(err)
	for _, name := range []string{"", "another", "a third"} {
		now := seconds(g.Now())
		data, err := sessionCodec{}.Encode(g.Now(), map[string]any{sessionName: name, sessionMethod: "oidc", sessionBegan: now, sessionSeen: now})
		must(err)
		must(s.CommitSession(ctx, "hash "+name, g.me.ID, data, s.Clock.Now().AddDate(0, 0, 1)))
	}
	must(s.HoldPerson(ctx, by, enteredPerson(t, s, "Hilda Held").ID, "She said that it was not her."))
	g.hang(string(packed.Key.Tag), string(runs.Rows[0].Run.ID), preview, token)
}

// hang says where each route can be looked at.
func (g *gallery) hang(tag, run, preview, token string) {
	answers := "what=first&pc-windows=10&virtual=vdi&phone=ios+17&own=yes&browser=chrome&fresh=yes&conn=usb-c"
	for path, at := range map[string]string{
		"/overview": "", "/account": "", "/account/addresses": "", "/approvals": "", "/approvals/:number": "/approvals/R-1003", "/away": "", "/routing": "",
		"/bench": "", "/bench/port/:port": "/bench/port/1-1", "/rework": "", "/incidents": "", "/affected": "", "/recalls": "", "/recalls/:number": "/recalls/C-1001",
		"/keys": "", "/keys/:tag": "/keys/" + tag, "/keys/:tag/packet": "/keys/" + tag + "/packet", "/models": "", "/models/:aaguid": "/models/" + inventorytest.AAGUID,
		"/policy": "", "/policy/check": "", "/requisitions": "", "/ask": "", "/ask/check": "/ask/check?what=first", "/ask/advice": "/ask/advice?" + answers,
		"/ask/steps": "/ask/steps?what=first&pc-windows=10&phone=ios+17&own=yes&browser=chrome&fresh=yes&way=phone", "/ask/form": "/ask/form?" + answers,
		"/readiness": "", "/groups": "", "/held": "", "/account/mail": "", "/roles": "", "/roles/give": "/roles/give?role=operator&person=" + string(g.me.ID), "/roles/withdraw": "/roles/withdraw?role=approver&person=" + string(g.me.ID),
		"/people": "", "/people/import": "", "/people/import/:id": preview, "/runs": "", "/runs/:id": "/runs/" + run, "/ledger": "",
		"/signin/again": "/signin/again?next=%2Froles", "/queue": "", "/my": "", "/design": "", "/people/:id": "/people/" + string(g.me.ID),
		"/people/:id/merge": "/people/" + string(g.me.ID) + "/merge?second=ada@example.com",
	} {
		if at == "" {
			at = path
		}
		g.shown[path] = append(g.shown[path], picture{path: at})
	}
	g.shown["/requisitions/:number"] = []picture{{path: "/requisitions/R-1001"}, {name: "submitted", path: "/requisitions/R-1003"},
		{name: "waits", path: "/requisitions/R-1002", requester: true}, {name: "waits-german", path: "/requisitions/R-1002", requester: true, lang: "de"}}
	g.shown["/requisitions/:number/change"] = []picture{{path: "/requisitions/R-1004/change"}}
	g.shown["/keys/:tag/handover"] = []picture{{path: "/keys/" + tag + "/handover"}}
	g.shown["/people/:id/merge"] = []picture{{path: "/people/" + string(g.me.ID) + "/merge?second=E-3"}}
	g.shown["/signin"] = []picture{{path: "/signin", nobody: true}, {name: "german", path: "/signin", nobody: true, lang: "de"}}
	g.shown["/invitation/:token"] = []picture{{path: "/invitation/" + token, nobody: true}}
	g.shown["/setup"] = []picture{{path: "/setup", nobody: true}}
	g.shown["/ask/form"] = append(g.shown["/ask/form"], picture{name: "german", path: "/ask/form?" + answers, requester: true, lang: "de"})
	g.shown["errors"] = []picture{{name: "404", path: "/nope", status: 404}, {name: "403", path: "/overview", requester: true, status: 403}}
}

// look makes the next request come from whoever looks at a picture.
func (g *gallery) look(p picture) {
	g.signed, g.roles, g.lang = !p.nobody, inventory.Roles, p.lang
	if p.requester {
		g.roles = nil
	}
}

// ServeHTTP answers in the language of whoever looks.
func (g *gallery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("Accept-Language", g.lang)
	g.asker.ServeHTTP(w, r)
}

// pictures are all of them, in order; a page that nobody can look at fails the test.
func (g *gallery) pictures(t *testing.T) []picture {
	t.Helper()
	paths := []string{"errors"}
	for _, r := range routes {
		if r.method != http.MethodGet || notPages[r.path] != "" {
			continue
		}
		if len(g.shown[r.path]) == 0 {
			t.Errorf("%s draws a page that the gallery does not show: say in hang where it can be looked at, or in notPages what it gives", r.path)
		}
		paths = append(paths, r.path)
	}
	var all []picture
	for _, path := range paths {
		for _, p := range g.shown[path] {
			p.name = strings.Trim(strings.NewReplacer("/", "-", ":", "").Replace(path)+"-"+p.name, "-")
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b picture) int { return strings.Compare(a.name, b.name) })
	return all
}

// TestGallery looks at every page that there is without a browser: it is there, and it is whole.
func TestGallery(t *testing.T) {
	g := newGallery(t)
	for _, pic := range g.pictures(t) {
		t.Run(pic.name, func(t *testing.T) {
			g.look(pic)
			r := httptest.NewRequest(http.MethodGet, "http://localhost:8080"+pic.path, nil)
			r.RemoteAddr = "127.0.0.1:1"
			p := g.do(r)
			for i := 0; p.Header.Get("Refresh") != "" && i < 500; i++ { // it is being worked on
				time.Sleep(10 * time.Millisecond)
				p = g.do(r)
			}
			if p.StatusCode != cmp.Or(pic.status, http.StatusOK) {
				t.Fatalf("%s: %d to %q: %s", pic.path, p.StatusCode, p.Header.Get("Location"), p.text("main"))
			}
			if n := len(p.find("h1")); n != 1 {
				t.Errorf("%s has %d headings of the first rank", pic.path, n)
			}
		})
	}
}
