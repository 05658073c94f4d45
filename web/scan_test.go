package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"keystation/inventory"
	"keystation/station"
)

// otp is what a touched key types.
const otp = "cccccckdvvulgjvtkjdhtlrbjjctggdihuevikehtlil"

// codeOf gives the printed code of a command, or of a port.
func codeOf(t *testing.T, name inventory.Command, port int) string {
	t.Helper()
	for _, c := range inventory.CommandCodes() {
		if c.Command == name && c.Port == port {
			return c.Code
		}
	}
	t.Fatalf("no code for %s %d", name, port)
	return ""
}

// scans posts a code as the script does and gives the answer.
func (d desktop) scans(code, port string) (scanAnswer, int) {
	d.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/bench/scan", strings.NewReader(url.Values{"code": {code}, "port": {port}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	p := d.do(r)
	var a scanAnswer
	if err := json.Unmarshal([]byte(p.body), &a); err != nil {
		d.t.Fatalf("%v: %s", err, p.body)
	}
	return a, p.StatusCode
}

// benched is a bench with port 1 at work, port 2 refused, port 3 ready and port 9 empty, at which nothing can be done.
func benched(t *testing.T) (desktop, *fakeBench) {
	t.Helper()
	b := &fakeBench{}
	d := open(t, func(c *Config) { c.Bench = b })
	for _, tile := range []station.Tile{
		{Port: "1-1", Label: "1", Plugged: true, Running: true, Tone: station.Busy, Word: "WAIT"},
		{Port: "1-2", Label: "2", Plugged: true, Tone: station.Bad, Word: "REFUSED"},
		{Port: "1-3", Label: "3", Plugged: true, Tone: station.Good, Word: "READY", Tag: string(tagOf(1)), Prints: string(tagOf(1))},
		{Port: "9", Label: "4", Tone: station.Quiet, Word: "EMPTY"},
	} {
		d.Feed.Publish(tile)
	}
	return d, b
}

func TestScan_commands(t *testing.T) {
	tests := []struct {
		name, port string
		command    inventory.Command
		status     int
		did, says  string
	}{
		{"hold a port", "1-1", inventory.CommandHold, 200, "hold true 1-1", "Port 1 is held."},
		{"hold everything", "", inventory.CommandHold, 200, "hold true ", "The whole bench is held. Scan RELEASE to go on."},
		{"let everything go", "", inventory.CommandRelease, 200, "hold false ", "The whole bench goes on."},
		{"retry what can be retried", "", inventory.CommandRetry, 200, "retry 1-2", "Port 2 begins anew."},
		{"retry the chosen one", "1-3", inventory.CommandRetry, 200, "retry 1-3", "Port 3 begins anew."},
		{"stop what runs", "", inventory.CommandStop, 200, "cancel 1-1", "Port 1 stops at the next safe point."},
		{"print where there is a key", "", inventory.CommandPrint, 200, "label 1-3", "The label of Port 3 is printed."},
		{"blink where", "", inventory.CommandBlink, 409, "", "BLINK is for one port: scan its code or its key first. It could be Port 2, Port 3."},
		{"blink here", "1-2", inventory.CommandBlink, 200, "wink 1-2", "The key at Port 2 blinks."},
		{"the session, whatever is chosen", "1-1", inventory.CommandEnd, 200, "end ", "The making session is over. Every new key asks again."},
		{"no port any more", "1-1", inventory.CommandBench, 200, "", "No port is chosen. Commands are for the whole bench."},
		{"refused by the bench", "9", inventory.CommandRetry, 409, "", "Nothing is plugged in at port 9."},
		{"a port that is gone", "7-7", inventory.CommandHold, 404, "", "The bench does not show the chosen port any more: choose again."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, b := benched(t)
			a, status := d.scans(codeOf(t, tt.command, 0), tt.port)
			if did := strings.Join(b.acts, ","); status != tt.status || did != tt.did || a.Say != tt.says || a.OK != (status == 200) {
				t.Errorf("status %d, did %q, said %q; want %d, %q, %q", status, did, a.Say, tt.status, tt.did, tt.says)
			}
			if a.OK && a.Port != "" {
				t.Errorf("%s is still chosen: the next command would hit it", a.Port)
			}
		})
	}
}

func TestScan_commandsAll(t *testing.T) {
	for _, c := range inventory.CommandCodes() {
		if how, ok := commands[c.Command]; c.Port == 0 && (!ok || how.act == nil || how.whole == "" && how.only == nil) {
			t.Errorf("%s is on the sheet and cannot be carried out", c.Command)
		}
	}
}

func TestScan_retryNothing(t *testing.T) {
	d := open(t, func(c *Config) { c.Bench = &fakeBench{} })
	if a, status := d.scans(codeOf(t, inventory.CommandRetry, 0), ""); status != 409 || a.Say != "There is nothing to retry: no port can use it now." {
		t.Errorf("%d %q", status, a.Say)
	}
}

func TestScan_watchedOnly(t *testing.T) {
	if a, status := open(t).scans(codeOf(t, inventory.CommandHold, 0), ""); status != 503 || !strings.Contains(a.Say, "only watches") {
		t.Errorf("%d %q", status, a.Say)
	}
}

func TestScan_chooses(t *testing.T) {
	d, b := benched(t)
	for code, want := range map[string]string{codeOf(t, "", 2): "1-2", string(tagOf(1)): "1-3", strings.ToLower(string(tagOf(1))): "1-3"} {
		if a, status := d.scans(code, ""); status != 200 || a.Port != want || !strings.HasPrefix(a.Tile, "port-") || !strings.HasSuffix(a.Say, " is chosen. Scan what to do.") {
			t.Errorf("%s: %d %+v", code, status, a)
		}
	}
	if a, status := d.scans(codeOf(t, "", 32), "1-2"); status != 404 || a.Say != "The bench has no port 32 now: it has 4." || a.Port != "1-2" {
		t.Errorf("%d %+v", status, a)
	}
	d.Feed.Publish(station.Tile{Port: "1-1", Label: "A", Place: 2, Plugged: true}) // a hub is learned: its order counts
	if a, _ := d.scans(codeOf(t, "", 2), ""); a.Port != "1-1" || a.Say != "Port 2, Port A, is chosen. Scan what to do." {
		t.Errorf("%+v", a)
	}
	if len(b.acts) > 0 {
		t.Errorf("choosing did %v", b.acts)
	}
}

// TestScan_elsewhere: a key that is pulled is found where it is plugged in now, and one that is not here on its page.
func TestScan_elsewhere(t *testing.T) {
	d, _ := benched(t)
	d.Feed.Publish(station.Tile{Port: "1-0", Tag: string(tagOf(1))})
	if a, _ := d.scans(string(tagOf(1)), ""); a.Port != "1-3" {
		t.Errorf("%+v", a)
	}
	d.books.addKey(2, "ready", "", "")
	known := string(tagOf(2))
	if a, status := d.scans(known, ""); status != 200 || a.Page != "/keys/"+known || !strings.HasPrefix(a.Say, "Key "+known+" is not on the bench. It is ") {
		t.Errorf("%d %+v", status, a)
	}
	if a, status := d.scans(string(tagOf(999)), ""); status != 404 || a.OK || a.Say == "" {
		t.Errorf("%d %+v", status, a)
	}
	for code, want := range map[string]string{"R-1001": "/requisitions/R-1001", "P-1007": "/keys?q=P-1007"} {
		if a, status := d.scans(code, "1-1"); status != 200 || a.Page != want || a.Port != "1-1" {
			t.Errorf("%s: %d %+v", code, status, a)
		}
	}
}

// TestScan_otp: nothing of a one-time password comes back, is logged, or stands in an address, with script or without.
func TestScan_otp(t *testing.T) {
	d, b := benched(t)
	for _, text := range []string{otp, strings.ToUpper(otp), otp[:30], otp + otp} {
		a, status := d.scans(text, "1-1")
		if status != 400 || a.Say != "That was a key's one-time password, not a barcode: it is dropped and kept nowhere." || a.Port != "1-1" {
			t.Errorf("%d %+v", status, a)
		}
		p := d.post("/bench/scan", url.Values{"code": {text}})
		p.hasText(t, "#scansaid", a.Say)
		all := strings.ToLower(p.body + p.Header.Get("Location") + d.log.String())
		for i := range len(otp) - 8 {
			if strings.Contains(all, otp[i:i+8]) {
				t.Fatalf("%q of it is to be read", otp[i:i+8])
			}
		}
	}
	if len(b.acts) > 0 {
		t.Errorf("it did %v", b.acts)
	}
}

// TestScan_unknown: what is no code of ours is not repeated either; it could be part of a secret.
func TestScan_unknown(t *testing.T) {
	d, _ := benched(t)
	for _, text := range []string{"hunter2-secret", "P6())", "", strings.Repeat("x", 5000)} {
		a, status := d.scans(text, "")
		if status != 400 || a.OK || len(text) > 3 && strings.Contains(a.Say+d.log.String(), text) {
			t.Errorf("%.20q: %d %+v", text, status, a)
		}
	}
}

// TestScan_withoutScript answers with a page that has the field again, and remembers the port in it.
func TestScan_withoutScript(t *testing.T) {
	d, b := benched(t)
	form := d.get("/bench").find("form#scan")
	if len(form) != 1 {
		t.Fatalf("%d fields for codes on the bench", len(form))
	}
	p := d.post("/bench/scan", url.Values{"code": {codeOf(t, "", 2)}, "port": {""}})
	p.hasText(t, "#scansaid", "Port 2 is chosen. Scan what to do.")
	port, _ := attr(p.find("form#scan input[name=port]")[0], "value")
	p = d.post("/bench/scan", url.Values{"code": {codeOf(t, inventory.CommandRetry, 0)}, "port": {port}})
	p.hasText(t, "#scansaid", "Port 2 begins anew.")
	if strings.Join(b.acts, ",") != "retry 1-2" {
		t.Errorf("did %v", b.acts)
	}
	if strings.Contains(p.text("noscript"), "refresh") {
		t.Error("the page reloads while somebody types")
	}
}

func TestCommandSheet(t *testing.T) {
	if p := open(t).get("/bench/commands.pdf"); p.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without a sheet: %d", p.StatusCode)
	}
	if n := len(open(t).get("/bench").find("a[href=/bench/commands.pdf]")); n != 0 {
		t.Errorf("%d links to no sheet", n)
	}
	d := open(t, func(c *Config) { c.CommandSheet = func() ([]byte, error) { return []byte("%PDF-sheet"), nil } })
	p := d.get("/bench/commands.pdf")
	if p.body != "%PDF-sheet" || p.Header.Get("Content-Type") != "application/pdf" || len(d.get("/bench").find("a[href=/bench/commands.pdf]")) != 1 {
		t.Errorf("%d %q", p.StatusCode, p.body)
	}
}

// types presses keys with so much time between them, and Enter at the end. The time is what the browser is told, so that
// a busy machine types as evenly as an idle one.
func types(text string, gap time.Duration) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		at := float64(time.Now().UnixMicro()) / 1e6
		for _, r := range text + "\r" {
			key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), Text: string(r), Timestamp: input.TimeSinceEpoch(at)}
			if r == '\r' {
				key.Key, key.WindowsVirtualKeyCode = "Enter", 13
			}
			if _, err := cdp.Call(ctx, tab, input.DispatchKeyEvent, key); err != nil {
				return err
			}
			key.Type, key.Text = input.DispatchKeyEventTypeKeyUp, ""
			if _, err := cdp.Call(ctx, tab, input.DispatchKeyEvent, key); err != nil {
				return err
			}
			at += gap.Seconds()
		}
		return nil
	})
}

const (
	scanner = 8 * time.Millisecond
	person  = 130 * time.Millisecond
)

// TestScan_live types into a real browser what scanners, keys and people type.
func TestScan_live(t *testing.T) {
	ctx := browser(t)
	d, b := benched(t)
	var mu sync.Mutex
	var asked strings.Builder // every address that the browser asked for
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked.WriteString(r.URL.String() + " ")
		mu.Unlock()
		d.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(d.Close)
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	says := func(what, want string) {
		t.Helper()
		see(t, ctx, what, `document.querySelector("#scansaid span").innerText.startsWith(`+strconv.Quote(want)+`)`)
	}
	do(chromedp.Navigate(server.URL + "/bench"))
	see(t, ctx, "drawn", `document.querySelectorAll(".tile").length === 4`)

	do(types(codeOf(t, "", 2), scanner), types(codeOf(t, inventory.CommandRetry, 0), scanner))
	says("a port and what to do there, right after each other", "Port 2 begins anew.")
	do(types(strings.ToLower(codeOf(t, "", 1)), scanner))
	says("caps lock", "Port 1 is chosen.")
	see(t, ctx, "marked on its tile", `getComputedStyle(document.getElementById("port-312d31")).outlineWidth === "4px" && document.querySelector("#scan .chosen").innerText === "Port 1"`)
	d.Feed.Publish(station.Tile{Port: "1-1", Label: "1", Plugged: true, Running: true, Tone: station.Hands, Word: "TOUCH"})
	see(t, ctx, "and stays so when the tile changes", `document.querySelector("#port-312d31 .word").innerText === "TOUCH" && getComputedStyle(document.getElementById("port-312d31")).outlineWidth === "4px"`)

	tag := string(tagOf(1))
	us, de, fr := "23456789-QWYAM", "23456789ßQWZAM", `é"'(-è_ç)AZYQ?` // what a scanner set to US gives on each
	for name, keyboard := range map[string]string{"German": de, "French": fr} {
		garbled := strings.Map(func(r rune) rune { return swapped(r, us, keyboard) }, tag)
		do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#scansaid span").textContent = ""`), types(garbled, scanner))
		says("a US scanner on a "+name+" desktop sends "+garbled, "Key "+tag+", Port 3, is chosen.")
	}

	do(chromedp.Focus(`form[action="/bench/retry"] button`), types(otp, scanner))
	says("a touched key while a button has the focus", "That was a key's one-time password")
	do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), types(tag, person), types("no", scanner))
	do(types(codeOf(t, inventory.CommandBlink, 0), scanner))
	says("fingers are left alone, and what they began is forgotten", "The key at Port 3 blinks.")

	do(chromedp.Focus("#code"), types(codeOf(t, inventory.CommandHold, 0), scanner))
	says("into the field", "The whole bench is held.")
	see(t, ctx, "which is empty again", `document.getElementById("code").value === ""`)
	do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); const d = new DataTransfer(); d.setData("text", ` + strconv.Quote(tag) + `);
		dispatchEvent(new ClipboardEvent("paste", { clipboardData: d, cancelable: true }))`))
	says("pasted", "Key "+tag+", Port 3, is chosen.")
	if got := strings.Join(b.acts, ","); got != "retry 1-2,wink 1-3,hold true " {
		t.Errorf("the bench was told %q", got)
	}
	mu.Lock()
	defer mu.Unlock()
	page, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.documentElement.outerHTML + location.href"))
	if err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{page, asked.String(), d.log.String()} {
		if strings.Contains(where, otp[:8]) || strings.Contains(where, otp[20:]) {
			t.Errorf("the one-time password is to be read in %q", where)
		}
	}
}

func swapped(r rune, from, to string) rune {
	for i, have := range []rune(from) {
		if have == r {
			return []rune(to)[i]
		}
	}
	return r
}

// A maker's label is a code that is none of ours: it counts once its port was scanned, and is not repeated.
func TestScan_makersLabel(t *testing.T) {
	d, b := benched(t)
	a, status := d.scans("12345678", "1-2")
	if status != 200 || !a.OK || strings.Contains(a.Say, "12345678") || strings.Join(b.acts, ",") != "labeled 12345678 1-2" {
		t.Errorf("%d %+v, did %v", status, a, b.acts)
	}
	if a, status := d.scans("12345678", ""); status != 400 || !strings.Contains(a.Say, "scan the port first") {
		t.Errorf("without a port: %d %+v", status, a)
	}
	p := d.post("/bench/serial", url.Values{"port": {"1-2"}, "serial": {" SN-99 "}})
	if p.StatusCode != 303 || b.acts[len(b.acts)-1] != "labeled SN-99 1-2" {
		t.Errorf("by the form: %d, did %v", p.StatusCode, b.acts)
	}
	p = d.get("/bench/port/1-2")
	p.hasText(t, "main", "Its maker's label", "Serial number on the label")
}
