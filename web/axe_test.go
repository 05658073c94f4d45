package web

import (
	"context"
	_ "embed"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axe is the program that knows the rules of WCAG 2.2 that a machine can check.
//
//go:embed testdata/axe/axe.min.js
var axe string

// judged runs axe over a page: rule, what is wrong, where, one line each. In %s are the rules.
const judged = `axe.run(document, {%s, resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + " " + n.html.slice(0, 160) + " " + (n.any[0] || n.all[0] || n.none[0] || {}).message)).join("\n"))`

const (
	allRules   = `runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], rules: {"target-size": {enabled: true}, "color-contrast": {enabled: true}}`
	lightRules = `runOnly: {type: "rule", values: ["color-contrast"]}`
)

// scheme makes the browser prefer light or dark.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	})
}

// onEveryPage has the browser run a script in each page before the page's own.
func onEveryPage(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	})
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// TestAxe looks at every page in a real browser: on a telephone and at a desk, in light and in dark.
func TestAxe(t *testing.T) {
	ctx := browserFor(t, 15*time.Minute)
	g := newGallery(t)
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	t.Cleanup(g.Close)
	do(t, ctx, onEveryPage(axe))
	for _, pic := range g.pictures(t) {
		t.Run(pic.name, func(t *testing.T) {
			g.look(pic)
			do(t, ctx, chromedp.EmulateViewport(360, 740), scheme("light"), chromedp.Navigate(server.URL+pic.path))
			for _, size := range [][2]int64{{360, 740}, {1280, 800}} {
				rules := allRules
				for _, light := range []string{"light", "dark"} {
					do(t, ctx, chromedp.EmulateViewport(size[0], size[1]), scheme(light))
					wrong, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(judged, rules), chromedp.EvalAwaitPromise))
					if err != nil {
						t.Fatal(err)
					}
					if wrong != "" {
						t.Errorf("%s at %d in %s:\n%s", pic.path, size[0], light, wrong)
					}
					rules = lightRules // nothing else changes with the light
				}
			}
			do(t, ctx, chromedp.EmulateViewport(320, 640))
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[string](tooWide))
			if err != nil {
				t.Fatal(err)
			}
			if wide != "" {
				t.Errorf("%s is wider than the smallest telephone: %s", pic.path, wide)
			}
		})
	}
}

// tooWide names what sticks out of the screen.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? "" : document.documentElement.scrollWidth + ": " + [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(" ")`

// screens are those that pictures are taken on.
var screens = []struct {
	name          string
	width, height int64
}{{"phone", 360, 740}, {"tablet", 820, 1180}, {"desk", 1280, 800}, {"bench", 1920, 1080}}

// TestScreenshots writes a picture of every page for people to look at, into the folder that KEYSTATION_SCREENSHOTS names.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("KEYSTATION_SCREENSHOTS")
	if dir == "" {
		t.Skip("Needs KEYSTATION_SCREENSHOTS, a folder to write into: run make screenshots.")
	}
	ctx := browserFor(t, 15*time.Minute)
	g := newGallery(t)
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	t.Cleanup(g.Close)
	for _, pic := range g.pictures(t) {
		if only := os.Getenv("KEYSTATION_SCREENSHOTS_ONLY"); !strings.Contains(pic.name, only) {
			continue
		}
		g.look(pic)
		do(t, ctx, chromedp.Navigate(server.URL+pic.path))
		for _, screen := range screens {
			for _, light := range []string{"light", "dark"} {
				do(t, ctx, chromedp.EmulateViewport(screen.width, screen.height), scheme(light))
				png, err := chromedp.Run(ctx, wholePage)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, pic.name+"-"+screen.name+"-"+light+".png"), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// wholePage takes a picture of a page with what has to be scrolled to.
func wholePage(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
	size, err := chromedp.Evaluate[[]float64]("[innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")(ctx, tab)
	if err != nil {
		return nil, err
	}
	beyond := true
	got, err := cdp.Call(ctx, tab, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{CaptureBeyondViewport: &beyond, Clip: &cdppage.Viewport{Width: size[0], Height: size[1], Scale: 1}})
	return got.Data, err
}
