package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
)

const yubikey = "2fc0579f-8113-47ea-b116-bb5a8db9202a"

var png = []byte("\x89PNG\r\n\x1a\nrest")

// told has metadata that say something of one model.
func told(facts inventory.ModelFacts, icon []byte) func(*Config) {
	return func(c *Config) {
		c.Model = func(aaguid string) (inventory.ModelFacts, bool) { return facts, aaguid == yubikey }
		c.Icon = func(aaguid string) []byte {
			if aaguid == yubikey {
				return icon
			}
			return nil
		}
	}
}

// facts are those of a certified model with an advisory and an update.
func facts() inventory.ModelFacts {
	return inventory.ModelFacts{
		AAGUID: yubikey, Name: "YubiKey 5 Series with NFC", Maker: "Yubico", Level: "L2", Icon: true, Metadata: 31, Versions: []string{"FIDO_2_0"}, Roots: []string{"Yubico U2F Root CA"},
		Statuses: []inventory.ModelStatus{
			{Status: "REVOKED", Since: noon, Number: "FIDO20020210401001", URL: "https://advisory.example.com/2026", Undesired: true},
			{Status: "UPDATE_AVAILABLE", Since: noon, Update: true},
			{Status: "FIDO_CERTIFIED_L2"},
		},
	}
}

// holding has keys of two models, one of which the metadata know.
func (b *books) holding() {
	known := inventory.ModelDossier{
		ModelRow: inventory.ModelRow{AAGUID: yubikey, Name: "YubiKey 5C NFC", AtDesk: 3, InHands: 5, Gone: 1, Genuine: 7, Refused: 2},
		States:   map[inventory.KeyState]int{inventory.Ready: 3, inventory.Active: 5, inventory.Lost: 1},
		Firmware: []inventory.FirmwareSpread{{Version: "5.2.7", Keys: 2, InHands: 1}, {Version: "5.7.1", Keys: 6, InHands: 4}, {Keys: 1}},
	}
	other := inventory.ModelDossier{ModelRow: inventory.ModelRow{AAGUID: "00000000-0000-0000-0000-00000000000b", Name: "Plain key", AtDesk: 1, Unknown: 1}, States: map[inventory.KeyState]int{inventory.Received: 1}}
	b.models = []inventory.ModelDossier{known, other}
}

// The list says where the keys of a model are, what is proven, and what is said of it.
func TestModels(t *testing.T) {
	d := open(t, told(facts(), png), func(c *Config) { c.Policies = fakePolicies{} })
	d.books.holding()
	d.books.metadata = inventory.Metadata{No: 31, Entries: 214, ImportedAt: noon, NextUpdate: noon.AddDate(0, 1, 0)}
	d.books.review = &inventory.Review{Cause: "Metadata no. 31 came.", Keys: 10, Changed: 2, Refused: 1, StartedAt: noon, EndedAt: &noon}
	p := d.get("/models")
	checkPage(t, "/models", p)
	p.hasText(t, "main", "Metadata no. 31", "214 models", "3 Dec 2026", "Metadata no. 31 came. 2 keys changed, 1 newly refused.")
	p.hasText(t, "tbody", "YubiKey 5 Series with NFC", "Yubico", "genuine 7", "refused 2", "L2", "revoked since 2026-11-03", "Plain key", "not in the metadata", "allowed")
	if n := len(p.find("tbody img[src=/models/" + yubikey + "/icon]")); n != 1 || len(p.find("tbody img")) != 1 {
		t.Errorf("%d pictures of the one that has one, %d in all", n, len(p.find("tbody img")))
	}
	d.books.metadata, d.books.review = inventory.Metadata{No: 31, NextUpdate: noon.AddDate(0, 0, -2)}, nil
	d.get("/models").hasText(t, ".notice", "The metadata are out of date. No. 31")
}

// The page of a model has its statuses with where to read more, its firmware, where its keys are and what policy does.
func TestModel(t *testing.T) {
	d := open(t, recaller, told(facts(), png), func(c *Config) { c.Policies = fakePolicies{} })
	d.books.holding()
	p := d.get("/models/" + yubikey)
	checkPage(t, "/models/"+yubikey, p)
	p.hasText(t, "main", "Made by Yubico. 9 keys here: 3 at the desk, 5 in hands, 1 gone.", "FIDO level L2", "Yubico U2F Root CA", "FIDO20020210401001",
		"advisory.example.com", "update available", "active 5", "5.2.7", "5.7.1", "not told", "standard", "critical")
	link := p.find("a[href=https://advisory.example.com/2026]")
	if rel, _ := attr(link[0], "rel"); len(link) != 1 || rel != "noopener noreferrer" {
		t.Errorf("%d links, rel %q", len(link), rel)
	}
	if bars := p.find(".spread rect"); len(bars) != 3 {
		t.Errorf("%d bars", len(bars))
	}
	if got := forms(t, p.find("main form")); got != "/recalls/open" || len(p.find("input[value="+yubikey+"]")) != 1 || len(p.find("input[name=below]")) != 1 {
		t.Errorf("its keys are recalled by %q", got)
	}
	if upper := d.get("/models/" + strings.ToUpper(yubikey)); upper.StatusCode != 200 || upper.text("h1") != p.text("h1") {
		t.Errorf("in capitals it is %d %q", upper.StatusCode, upper.text("h1"))
	}
	d.get("/models/00000000-0000-0000-0000-00000000000b").hasText(t, "main", "Plain key", "The metadata are missing")
	if p := d.get("/models/11111111-0000-0000-0000-00000000000b"); p.StatusCode != http.StatusNotFound {
		t.Errorf("a model that nobody knows: %d", p.StatusCode)
	}
}

// What policy does with a model is said tier by tier, and the first thing against it is what is said.
func TestModelRule(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rules inventory.Rules
		want  string
		bad   bool
	}{
		{"nothing", inventory.Rules{}, "allowed", false},
		{"denied", inventory.Rules{Deny: []string{yubikey}, Allow: []string{yubikey}}, "denied", true},
		{"not on the list", inventory.Rules{Allow: []string{"other"}}, "not allowed", true},
		{"status", inventory.Rules{Undesired: []string{"REVOKED"}}, "refused: revoked", true},
		{"any of its statuses", inventory.Rules{Undesired: []string{"UPDATE_AVAILABLE"}}, "refused: update available", true},
		{"no such status", inventory.Rules{Undesired: []string{"USER_KEY_REMOTE_COMPROMISE"}}, "allowed", false},
		{"level", inventory.Rules{Certification: "L3"}, "refused: less than L3", true},
		{"level reached", inventory.Rules{Certification: "L2"}, "allowed", false},
		{"firmware", inventory.Rules{MinFirmware: map[string]string{yubikey: "5.7"}}, "firmware 5.7 or newer", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, told(facts(), nil)).Site
			v := s.modelView(inventory.ModelRow{AAGUID: yubikey}, inventory.Policy{Rules: inventory.SameRules(tt.rules)})
			if got := v.Policy[0]; got.Say != tt.want || got.Bad != tt.bad {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A picture is somebody else's: what does not begin like one is not given out, whatever it is called.
func TestModel_icon(t *testing.T) {
	for _, tt := range []struct {
		name, icon string
		status     int
		kind       string
	}{
		{"png", string(png), 200, "image/png"},
		{"jpeg", "\xff\xd8\xff\xe0", 200, "image/jpeg"},
		{"none", "", 404, ""},
		{"svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, 404, ""},
		{"page", "<html><script>alert(1)</script>", 404, ""},
		{"sound", "RIFF\x00\x00\x00\x00WAVE", 404, ""},
		{"gif", "GIF89a", 200, "image/gif"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := open(t, told(facts(), []byte(tt.icon))).get("/models/" + yubikey + "/icon")
			if p.StatusCode != tt.status || tt.kind != "" && (p.Header.Get("Content-Type") != tt.kind || p.body != tt.icon) || p.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%d %s %q", p.StatusCode, p.Header.Get("Content-Type"), p.body)
			}
		})
	}
	if p := open(t).get("/models/" + yubikey + "/icon"); p.StatusCode != http.StatusNotFound {
		t.Errorf("without metadata: %d", p.StatusCode)
	}
}

// What a vendor wrote into the metadata stays text, and leads nowhere but to a page.
func TestModels_hostile(t *testing.T) {
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	f := facts()
	f.Name, f.Maker, f.Level, f.Icon, f.Versions, f.Roots = evil, evil, evil, false, []string{evil}, []string{evil}
	f.Statuses = []inventory.ModelStatus{
		{Status: evil, Number: evil, URL: "javascript:alert(1)"}, {Status: "REVOKED", URL: "data:text/html,<script>alert(1)</script>", Undesired: true},
		{Status: "X", URL: `https://evil.example/"onmouseover="alert(1)`}, {Status: "Y", URL: "//evil.example/x"}, {Status: "Z", URL: "https://bank.example@evil.example/"},
	}
	d := open(t, recaller, told(f, nil))
	d.books.holding()
	d.books.models[0].Firmware[0].Version = evil
	for _, path := range []string{"/models", "/models/" + yubikey} {
		p := d.get(path)
		checkPage(t, path, p)
		if p.StatusCode != 200 || len(p.find("img"))+len(p.find("body script")) > 0 {
			t.Errorf("%s: %d, %d images, %d scripts", path, p.StatusCode, len(p.find("img")), len(p.find("body script")))
		}
		for _, a := range p.find("table a") {
			if href, _ := attr(a, "href"); !strings.HasPrefix(href, "https://") && !strings.HasPrefix(href, "/models/") && !strings.HasPrefix(href, "/keys") {
				t.Errorf("%s leads to %q", path, href)
			}
		}
	}
	d.get("/models/"+yubikey).hasText(t, "main", "evil.example")
	if strings.Contains(d.get("/models/"+yubikey).text("td a"), "bank.example") {
		t.Error("a link shows a host that it does not lead to")
	}
}

// Pages over a real database, with and without metadata.
func TestModels_store(t *testing.T) {
	s := inventorytest.Open(t)
	d := open(t, withStore(s))
	d.get("/models").hasText(t, "main", "There are no metadata yet", "keystation mds import FILE", "There are no keys yet")
	s.MustMake("1-1", "4711", "R-1001")
	s.MustMake("1-2", "4712", "")
	for _, path := range []string{"/models", "/models/" + inventorytest.AAGUID} {
		p := d.get(path)
		checkPage(t, path, p)
		p.hasText(t, "main", "Softkey", "unknown 2")
	}
	d.get("/models/"+inventorytest.AAGUID).hasText(t, "main", "2 keys here: 2 at the desk, 0 in hands, 0 gone.", "1.0", "ready 2")
}

// judgedKey has one key with a genuine judgment, and one before by older metadata.
func (b *books) judgedKey(v inventory.Verdict, reasons ...inventory.Reason) string {
	b.dossiers[0].Key.Verdict, b.dossiers[0].Key.Reasons = v, nil
	for _, r := range reasons {
		b.dossiers[0].Key.Reasons = append(b.dossiers[0].Key.Reasons, r.Sentence)
	}
	b.dossiers[0].Registrations[0].ID = "g1"
	b.dossiers[0].Judgments = []inventory.Judgment{
		{ID: "j2", Registration: "g1", Review: "r1", Verdict: v, Reasons: reasons, Model: "YubiKey 5 Series with NFC", Maker: "Yubico", Root: "CN=Yubico U2F Root CA Serial 457200631 (SHA-256 0d:17)", Metadata: 31, Policy: 3, At: noon},
		{ID: "j1", Registration: "g1", Verdict: inventory.Unknown, Reasons: []inventory.Reason{{Code: "metadata-missing", Sentence: "There were no metadata."}}, Policy: 2, At: noon.Add(-time.Hour)},
	}
	return "/keys/" + string(b.dossiers[0].Key.Tag)
}

// chained reads an attestation with two certificates.
func chained(text string) func(*Config) {
	return func(c *Config) {
		c.Attested = func(r inventory.Registration) inventory.Attested {
			return inventory.Attested{Format: "packed", Device: text, Firmware: "5.4.3", FIPS: true, Transports: []string{"usb", "nfc"}, Serial: "0102", Chain: []inventory.ChainLink{
				{Subject: text, Issuer: "CN=Root", From: noon, Until: noon, SHA256: strings.Repeat("ab", 32)}, {Subject: "CN=Root", Issuer: "CN=Root", From: noon, Until: noon, SHA256: strings.Repeat("cd", 32)}}}
		}
	}
}

// A verdict is told as a person reads it: who made the key, how that is known, what could be wrong.
func TestKey_trust(t *testing.T) {
	d := open(t, chained("CN=Yubico U2F EE Serial 1"))
	path := d.books.judgedKey(inventory.Genuine, inventory.Reason{Code: "root-reached", Sentence: "The chain ends at a root."}, inventory.Reason{Code: "firmware-update", Sentence: "An update to 5.7 was published."})
	p := d.get(path)
	checkPage(t, path, p)
	p.hasText(t, "main", "Yubico made this key: it is a YubiKey 5 Series with NFC.", "Yubico U2F Root CA Serial 457200631", "3 November 2026", "metadata no. 31 and policy version 3", "An update to 5.7 was published.")
	p.hasText(t, "details", "CN=Yubico U2F EE Serial 1", "issued by CN=Root", "ababababab…ababab", "packed", "5.4.3", "FIPS", "usb, nfc", "0102", "Judged 2 times", "There were no metadata.")
	if strings.Contains(p.text("#trust"), "The chain ends at a root.") {
		t.Error("the proof is told as a doubt")
	}
	d.books.metadata = inventory.Metadata{No: 31, NextUpdate: noon.AddDate(0, 0, -2)}
	if n := len(d.get(path).find(".notice[data-tone=hands]")); n != 1 {
		t.Errorf("%d warnings that the metadata are out of date", n)
	}
	for v, want := range map[inventory.Verdict]string{inventory.Refused: "Do not trust this key.", inventory.Unknown: "Nothing proves it.", "": "Nobody has judged yet"} {
		path := d.books.judgedKey(v, inventory.Reason{Code: "brand-new", Sentence: "Something that has no words."})
		d.get(path).hasText(t, "main", want, "Something that has no words.")
	}
}

func TestKey_trustHostile(t *testing.T) {
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	d := open(t, chained(evil))
	path := d.books.judgedKey(inventory.Refused, inventory.Reason{Code: "status-revoked", Sentence: evil})
	d.books.dossiers[0].Judgments[0].Model, d.books.dossiers[0].Judgments[0].Maker, d.books.dossiers[0].Judgments[0].Root = evil, evil, evil
	p := d.get(path)
	checkPage(t, path, p)
	if len(p.find("img"))+len(p.find("body script")) > 0 {
		t.Error("a name in a certificate became an element")
	}
}
