package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
)

// fakePolicies has one policy, and checks whatever is given to it.
type fakePolicies struct {
	wait    chan struct{} // a check waits for it; nil: none does
	applied *string
}

func (f fakePolicies) InForce(context.Context) (inventory.Policy, error) {
	return inventory.Policy{Version: 3, Source: inventory.PolicyApplied, Rules: inventory.SameRules(inventory.DefaultRules()), By: inventory.Claimed("Ada"), At: noon}, nil
}

func (f fakePolicies) Text(inventory.TierRules) (string, error) { return "unknown = \"ask\"\n", nil }

func (f fakePolicies) Rows(inventory.TierRules) []PolicyRow {
	return []PolicyRow{{"unknown", "What of <b>keys</b>?", []string{"ask", "ask", "refuse"}, true}}
}

func (f fakePolicies) Changes(_, _ inventory.TierRules) []PolicyChange { return nil }

func (f fakePolicies) Check(ctx context.Context, text string, progress func(done, total int)) (PolicyCheck, error) {
	progress(1, 4)
	if f.wait != nil {
		select {
		case <-f.wait:
		case <-ctx.Done():
			return PolicyCheck{}, ctx.Err()
		}
	}
	if strings.Contains(text, "panic") {
		panic("a bug")
	}
	if strings.Contains(text, "broken") {
		return PolicyCheck{}, inventory.Refuse(inventory.Invalid, "Line 1 is not understood: mend it.")
	}
	return PolicyCheck{Token: "abcd", Changes: []PolicyChange{{inventory.Standard, "unknown", "ask", "refuse"}}, Forecast: inventory.Forecast{
		Keys: 4, Changed: 1, Refused: 1, InHands: 1, People: 1, Incidents: 1,
		Changes: []inventory.KeyForecast{{Tag: tagOf(1), Model: "<script>x", State: inventory.Active, Name: "Ada Lovelace", From: inventory.Genuine, To: inventory.Refused,
			Reason: inventory.Reason{Code: "model-denied", Sentence: "Policy denies it."}}},
	}}, nil
}

func (f fakePolicies) Apply(_ context.Context, _ inventory.Actor, text, _ string, _ func(done, total int)) (inventory.Policy, inventory.Review, error) {
	if f.applied != nil {
		*f.applied = text
	}
	if strings.Contains(text, "half") {
		return inventory.Policy{Version: 4}, inventory.Review{}, inventory.Refuse(inventory.Unavailable, "The disk is full: make room.")
	}
	return inventory.Policy{Version: 4}, inventory.Review{Keys: 4, Changed: 1, Refused: 1}, nil
}

// ended waits until the job of the page has ended, and gives its page.
func (d desktop) ended(t *testing.T) page {
	t.Helper()
	for range 500 {
		if p := d.get("/policy/check"); p.Header.Get("Refresh") == "" {
			return p
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the check does not end")
	return page{}
}

// A policy is checked before it is applied, and what is applied is what was checked.
func TestPolicy(t *testing.T) {
	wait, applied := make(chan struct{}), ""
	d := open(t, func(c *Config) { c.Policies = fakePolicies{wait, &applied} })
	p := d.get("/policy")
	p.hasText(t, "main", "Version 3", "What of <b>keys</b>?", "refuse")
	checkPage(t, "/policy", p)
	d.get("/policy/check").hasText(t, "main", "Nothing was checked yet")
	if p := d.post("/policy/begin", url.Values{"text": {"unknown = \"refuse\""}}); p.Header.Get("Location") != "/policy/check" {
		t.Fatalf("%d to %q", p.StatusCode, p.Header.Get("Location"))
	}
	p = d.get("/policy/check")
	p.hasText(t, "main", "Judging keys: ")
	checkPage(t, "/policy/check", p)
	if p.Header.Get("Refresh") == "" {
		t.Error("a page that waits does not look again")
	}
	if p := d.post("/policy/begin", url.Values{"text": {"x"}}); p.StatusCode != http.StatusConflict {
		t.Errorf("a second check at the same time: %d", p.StatusCode)
	}
	if p := d.post("/policy/apply", url.Values{"token": {"abcd"}}); p.StatusCode != http.StatusConflict {
		t.Errorf("applied before it was checked: %d", p.StatusCode)
	}
	close(wait)
	p = d.ended(t)
	p.hasText(t, "main", "Newly refused", "Ada Lovelace", "<script>x", "Policy denies it.", "Apply it")
	checkPage(t, "/policy/check", p)
	if p := d.post("/policy/apply", url.Values{"token": {"other"}}); p.StatusCode != http.StatusConflict || applied != "" {
		t.Errorf("another policy than the one checked: %d", p.StatusCode)
	}
	d.post("/policy/apply", url.Values{"token": {"abcd"}})
	p = d.ended(t)
	p.hasText(t, "main", "Policy version 4 is in force.", "See the incidents")
	checkPage(t, "/policy/check", p)
	if applied != "unknown = \"refuse\"" {
		t.Errorf("applied was %q", applied)
	}
	d.post("/policy/begin", url.Values{"text": {"broken"}})
	d.ended(t).hasText(t, "main", "Line 1 is not understood: mend it.", "Nothing was changed.", "broken")
}

// A site that ends takes the check with it.
func TestPolicy_endsWithSite(t *testing.T) {
	d := open(t, func(c *Config) { c.Policies = fakePolicies{wait: make(chan struct{})} })
	d.post("/policy/begin", url.Values{"text": {"x"}})
	d.Close()
	if d.job.working() {
		t.Error("the check goes on")
	}
	if p := d.post("/policy/begin", url.Values{"text": {"x"}}); p.StatusCode != http.StatusServiceUnavailable || d.job.working() {
		t.Errorf("another is begun: %d", p.StatusCode)
	}
}

// What goes wrong is told as it is: a policy whose keys could not all be judged is in force, and a bug is no end of the site.
func TestPolicy_faults(t *testing.T) {
	d := open(t, func(c *Config) { c.Policies = fakePolicies{} })
	d.post("/policy/begin", url.Values{"text": {"half"}})
	d.ended(t)
	d.post("/policy/apply", url.Values{"token": {"abcd"}})
	p := d.ended(t)
	p.hasText(t, "main", "The disk is full: make room.", "Policy version 4 is in force, but not every key is judged by it.")
	if strings.Contains(p.text("main"), "Nothing was changed") {
		t.Error("it says that nothing was changed")
	}
	d.post("/policy/begin", url.Values{"text": {"panic"}})
	d.ended(t).hasText(t, "main", "Something went wrong here.", "Nothing was changed.")
	d.post("/policy/begin", url.Values{"text": {"x"}})
	d.ended(t).hasText(t, "main", "Apply it")
}
