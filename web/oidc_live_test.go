package web

import (
	"testing"

	"github.com/chromedp/chromedp"

	"keystation/inventory"
)

// TestOIDC_live lets a real browser go to a real provider and back, by the button that people press: cookies, redirects and
// the policy of the pages get on with each other, on a phone and at a desk.
func TestOIDC_live(t *testing.T) {
	ctx := browser(t)
	for who, screen := range map[string][2]int64{"ada": {360, 740}, "grace": {1280, 800}} {
		c := newCompany(t)
		c.who, c.roles["id-grace"] = who, []string{"key-admins"}
		does(t, ctx, chromedp.EmulateViewport(screen[0], screen[1]), chromedp.Navigate(c.url+"/my"))
		see(t, ctx, "the door", `location.pathname === "/signin"`)
		does(t, ctx, chromedp.Click(`main a[href^="/signin/oidc"]`))
		arrive(t, ctx, "/my")
		see(t, ctx, who+" is in", `!!document.querySelector('form[action="/signout"]')`)
		p, err := c.store.PersonByEmail(t.Context(), who+"@example.com")
		if err != nil {
			t.Fatal(err)
		}
		roles, err := c.store.RolesOf(t.Context(), p.ID)
		if admin := len(roles) == 1 && roles[0] == inventory.Admin; err != nil || admin != (who == "grace") {
			t.Errorf("%s has the roles %v, %v", who, roles, err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(document.querySelector('form[action="/signout"]').requestSubmit(), true)`)); err != nil {
			t.Fatal(err)
		}
		arrive(t, ctx, "/signin")
	}
}
