package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
)

// as lets requests come from whoever their X-Visitor header names: roles with commas between, or "nobody".
func as(c *Config) {
	c.Who = func(r *http.Request) (Visitor, bool) {
		name := r.Header.Get("X-Visitor")
		if name == "" || name == "nobody" {
			return Visitor{}, false
		}
		v := Visitor{Actor: inventory.Actor{ID: name, Name: name, Method: inventory.ByOIDC}, Person: inventory.PersonID(name), Proved: noon}
		for role := range strings.SplitSeq(name, ",") {
			v.Roles = append(v.Roles, inventory.Role(role))
		}
		return v, true
	}
}

func (d desktop) getAs(who, path string) page {
	r := httptest.NewRequest(http.MethodGet, "http://localhost:8080"+path, nil)
	r.Header.Set("X-Visitor", who)
	return d.do(r)
}

func TestEnter(t *testing.T) {
	d := open(t, as)
	tests := []struct {
		who, path string
		status    int
		to        string
	}{
		{"nobody", "/overview", 303, "/signin?next=%2Foverview"},
		{"nobody", "/healthz", 200, ""},
		{"requester", "/overview", 403, ""},
		{"requester", "/", 302, "/my"},
		{"auditor", "/overview", 200, ""},
		{"auditor", "/bench", 403, ""},
		{"operator", "/bench", 200, ""},
		{"approver,help-desk", "/", 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.who+tt.path, func(t *testing.T) {
			p := d.getAs(tt.who, tt.path)
			if p.StatusCode != tt.status || p.Header.Get("Location") != tt.to {
				t.Errorf("%d to %q, want %d to %q", p.StatusCode, p.Header.Get("Location"), tt.status, tt.to)
			}
		})
	}
}

// Somebody who was signed out in the middle of a form is told so, and nothing is done.
func TestEnter_form(t *testing.T) {
	d := open(t, as)
	p := d.post("/requisitions/R-1001/cancel", nil)
	if p.StatusCode != http.StatusUnauthorized || !strings.Contains(p.body, "sign in, then do that again") {
		t.Errorf("%d %s", p.StatusCode, p.text("main"))
	}
}

// A dangerous act asks again who it is once some time has passed, and goes back to the page with the button.
func TestEnter_again(t *testing.T) {
	now, did := noon, 0
	d := open(t, as, func(c *Config) { c.Now = func() time.Time { return now } })
	act := again(func(*Site, Ctx) error { did++; return nil })
	try := func() string {
		r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/x", nil)
		r.Header.Set("Referer", "http://localhost:8080/people/7?tab=2")
		r.Header.Set("X-Visitor", "admin")
		w := httptest.NewRecorder()
		c := d.echo().NewContext(r, w)
		v, _ := d.Who(r)
		c.Set(visitorKey, v)
		if err := act(d.Site, c); err != nil {
			t.Fatal(err)
		}
		return w.Header().Get("Location")
	}
	if to := try(); to != "" || did != 1 {
		t.Errorf("right after signing in: to %q, done %d times", to, did)
	}
	now = noon.Add(6 * time.Minute)
	if to := try(); to != "/signin/again?next=%2Fpeople%2F7%3Ftab%3D2" || did != 1 {
		t.Errorf("later: to %q, done %d times", to, did)
	}
}

// Each surface has its own pages; what is only for the desk does not exist at the people's door.
func TestEnter_doors(t *testing.T) {
	d := open(t)
	for path, want := range map[string]int{"/bench": 404, "/healthz": 200} {
		w := httptest.NewRecorder()
		d.People().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:8080"+path, nil))
		if w.Code != want {
			t.Errorf("%s at the people's door: %d, want %d", path, w.Code, want)
		}
	}
}

func TestText(t *testing.T) {
	d := open(t)
	asks := func(path, header, cookie string) string {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8080"+path, nil)
		r.Header.Set("Accept-Language", header)
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: languageCookie, Value: cookie})
		}
		c := d.echo().NewContext(r, httptest.NewRecorder())
		return d.text(c, "frame.skip")
	}
	for _, tt := range []struct{ header, cookie, want string }{
		{"", "", "Go to the content"},
		{"de-AT,en;q=0.5", "", "Zum Inhalt"},
		{"ja,de;q=0.5", "", "Zum Inhalt"},
		{"de", "en", "Go to the content"},
		{"", "xx", "Go to the content"},
	} {
		if got := asks("/", tt.header, tt.cookie); got != tt.want {
			t.Errorf("%q, chosen %q: %q", tt.header, tt.cookie, got)
		}
	}
}
