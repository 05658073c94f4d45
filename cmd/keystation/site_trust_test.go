package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory"
	"keystation/inventory/sqlite"
	"keystation/station/softkey"
	"keystation/web"
)

// browser asks the pages of a desk for their text.
type browser struct {
	t    *testing.T
	site *web.Site
}

var tags = regexp.MustCompile(`<[^>]*>`)

// do gives the text of the page that an answer leads to.
func (b browser) do(r *http.Request) string {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	if to := w.Header().Get("Location"); to != "" {
		return b.get(to)
	}
	return strings.Join(strings.Fields(tags.ReplaceAllString(w.Body.String(), " ")), " ")
}

func (b browser) get(path string) string {
	b.t.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
}

func (b browser) post(path string, form url.Values) string {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// begun gives the page of a check or an application once it has ended.
func (b browser) begun(path string, form url.Values) string {
	b.t.Helper()
	text := b.post(path, form)
	for range 1000 {
		if !strings.Contains(text, "Look now") {
			return text
		}
		time.Sleep(10 * time.Millisecond)
		text = b.get("/policy/check")
	}
	b.t.Fatalf("it does not end: %s", text)
	return ""
}

func (b browser) says(text string, want ...string) {
	b.t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			b.t.Errorf("the page does not say %q: %s", w, text)
		}
	}
}

// withMadeKeys has the pages of a desk with the six keys of a demo.
func withMadeKeys(t *testing.T, do func(d *desk, b browser)) {
	t.Helper()
	dir := t.TempDir()
	d, err := newDemoDesk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	c := &cobra.Command{}
	c.SetContext(t.Context())
	c.SetOut(io.Discard)
	d.seams.who = userHere
	err = d.withOwner(func(owner string) error {
		if err := demoOnce(c, d, owner, dir); err != nil {
			return err
		}
		h := newHub(1, softkey.Instant)
		bench, feed, err := d.demoBench(t.Context(), h, owner)
		if err != nil {
			return err
		}
		site, err := d.site(bench, feed, nil, doors{})
		if err != nil {
			return err
		}
		defer site.Close()
		do(d, browser{t, site})
		return h.close()
	})
	if err != nil {
		t.Fatal(err)
	}
	if report, err := d.store.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || !report.Holds() {
		t.Errorf("the ledger does not hold: %v %v", report, err)
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}

// TestSite_trust looks at keys that were really made, and takes their model out of use in the browser: what the check
// said is what comes of it.
func TestSite_trust(t *testing.T) {
	t.Parallel()
	aaguid := softkey.Profiles()[0].AAGUID.String()
	withMadeKeys(t, func(d *desk, b browser) {
		b.says(b.get("/models"), "keystation software key", "genuine 6")
		b.says(b.get("/models/"+strings.ToUpper(aaguid)), "6 keys here: 6 at the desk", "FIDO_2_1", "allowed")
		keys, err := d.store.KeyList(t.Context(), inventory.KeyQuery{})
		if err != nil || len(keys.Rows) != 6 {
			t.Fatalf("%d keys, %v", len(keys.Rows), err)
		}
		b.says(b.get("/keys/"+string(keys.Rows[0].Key.Tag)), "made this key: it is a keystation software key", "Certificates, from the key to the root", "packed", "Judged 1 time")

		in, err := d.policyInForce(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		text, err := siteTrust{d}.Text(in.Rules)
		if err != nil {
			t.Fatal(err)
		}
		b.says(b.begun("/policy/begin", url.Values{"text": {"always_uv = [\"" + aaguid + "\"]"}}), "Policy would turn alwaysUv on for keystation software key ("+aaguid+")", "Nothing was changed.")
		b.says(b.begun("/policy/begin", url.Values{"text": {"unknwon = \"ask\""}}), "line 1: there is no key", "unknwon")
		denies := regexp.MustCompile(`(?m)^deny = .*$`).ReplaceAllString(text, `deny = ["`+aaguid+`"]`)
		check := func() url.Values {
			t.Helper()
			b.says(b.begun("/policy/begin", url.Values{"text": {denies}}), "deny", "6 Newly refused", "Policy denies the model", "Apply this policy")
			w := httptest.NewRecorder()
			b.site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/policy/check", nil))
			return url.Values{"token": {regexp.MustCompile(`name="token" value="([^"]*)"`).FindStringSubmatch(w.Body.String())[1]}}
		}
		first := check()
		other := in.Rules
		other.Critical.Unknown = inventory.AcceptUnknown
		if _, err := d.store.ApplyPolicy(t.Context(), inventory.System("test"), other, in.Version, nil); err != nil {
			t.Fatal(err)
		}
		b.says(b.begun("/policy/apply", first), "was changed since this one was checked: check it again.", "Nothing was changed.")
		if now, err := d.store.Key(t.Context(), keys.Rows[0].Key.ID); err != nil || now.State != inventory.Ready {
			t.Errorf("what was refused made a key %s, %v", now.State, err)
		}
		b.says(b.begun("/policy/apply", check()), "Policy version 3 is in force.", "6 keys judged again: 6 changed, 6 newly refused.")
		b.says(b.get("/models/"+aaguid), "denied", "refused 6", "quarantined 6")
		b.says(b.get("/policy"), "Version 3", "deny")
		b.says(b.get("/keys/"+string(keys.Rows[0].Key.Tag)), "Do not trust this key.", "Policy denies the model", "Judged 2 times")

		tag := string(keys.Rows[0].Key.Tag)
		b.says(b.post("/recalls/open", url.Values{"tags": {tag}, "reason": {"The model is out of use."}, "deadline": {time.Now().AddDate(0, 0, 9).Format(time.DateOnly)}}), "1 key recalled.", tag, "at the desk")
		b.says(b.post("/recalls/C-1001/settle", url.Values{"tag": {tag}, "to": {"returned"}}), "closed", "returned 1")
	})
}
