package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "keystation/"

// room is one package: what it may import of ours, by code that is no test.
type room struct {
	name  string
	may   []string // "*" is everything
	later bool     // not built yet; the mark goes when it is
}

// rooms is the map of the tree. An arrow that is not here is forbidden. Before
// adding one ask whether the caller could declare what it needs instead, as an
// interface or a func field that cmd fills.
var rooms = []room{
	{name: "cmd/keystation", may: []string{"*"}},
	{name: "web", may: []string{"inventory", "station", "shipping"}},
	{name: "web/mail", may: []string{"inventory"}},
	{name: "shipping", may: []string{"inventory"}},
	{name: "shipping/pdf", may: []string{"shipping", "inventory"}},
	{name: "station", may: []string{"inventory", "station/ctap", "station/attest"}},
	{name: "station/usb", may: []string{"station"}},
	{name: "station/fido2", may: []string{"inventory", "station", "station/ctap", "station/ctaphid"}},
	{name: "station/softkey", may: []string{"station/ctap", "station/ctaphid"}},
	{name: "station/serial", may: []string{"station/ctaphid"}},
	{name: "station/attest", may: []string{"station/ctap"}},
	{name: "station/ctap"},
	{name: "station/ctaphid"},
	{name: "station/idp/entra", may: []string{"inventory", "station"}, later: true},
	{name: "station/idp/okta", may: []string{"inventory", "station"}, later: true},
	{name: "station/idp/local", may: []string{"station/ctap", "station/attest"}, later: true},
	{name: "inventory"},
	{name: "inventory/ledger"},
	{name: "inventory/seal", may: []string{"inventory"}},
	{name: "inventory/sqlite", may: []string{"inventory", "inventory/ledger", "schema"}},
	{name: "schema"},
}

// kits are for tests, of every room: no other code may import them.
var kits = []room{
	{name: "inventory/inventorytest", may: []string{"inventory", "inventory/ledger", "inventory/seal", "inventory/sqlite", "schema"}},
	{name: "station/stationtest", may: []string{"inventory", "station", "station/attest", "station/ctap", "station/ctaphid", "station/fido2", "station/serial", "station/softkey"}},
}

// never is what a room must not import directly, from anywhere, and why.
var never = []struct {
	rooms, imports []string
	why            string
}{
	{[]string{"station"}, []string{"net/http", "database/sql", "C"}, "a key is made without a network, a page or a database"},
	{[]string{"station/attest", "station/ctap", "station/ctaphid"}, []string{"net/http", "os"}, "they are given bytes and a time, so that a verdict can be judged again later"},
	{[]string{"web"}, []string{"database/sql"}, "it is handed what it needs"},
}

// third is every module that is not ours, or part of the standard library that
// one room keeps to itself: who may import it directly, and why only they.
var third = []struct {
	path  string
	rooms []string // none: tests only
	why   string
}{
	{"C", []string{"station/fido2"}, "all our C is in one room"},
	{"flag", nil, "flags are cobra's, and only cmd reads them"},
	{"filippo.io/age", []string{"inventory/seal"}, "sealing may have to be replaced: one room"},
	{"github.com/Boostport/address", []string{"shipping"}, "it needs guards, which stand there"},
	{"github.com/alexedwards/scs/v2", []string{"web"}, "sessions are the web's"},
	{"github.com/boombuler/barcode", []string{"shipping", "shipping/pdf"}, "codes are printed there"},
	{"github.com/chromedp", nil, "a browser is for tests"},
	{"github.com/coreos/go-oidc/v3", []string{"web"}, "signing in is the web's"},
	{"github.com/emersion/go-smtp", nil, "it is a mail server for tests"},
	{"github.com/fsnotify/fsnotify", []string{"station/usb"}, "what is plugged in is seen in one room"},
	{"github.com/fxamacker/cbor/v2", []string{"station/ctap", "station/ctaphid", "station/attest", "station/softkey"}, "CBOR is the keys' language, not the company's"},
	{"github.com/go-text/typesetting", []string{"shipping/pdf"}, "shaping is for paper"},
	{"github.com/go-viper/mapstructure/v2", []string{"cmd/keystation"}, "it decodes the configuration"},
	{"github.com/go-webauthn/webauthn", []string{"web"}, "it reads the clock and brings a network: for the browser's ceremonies only"},
	{"github.com/google/uuid", []string{"inventory"}, "ids are made by the ground"},
	{"github.com/jung-kurt/gofpdf", []string{"shipping/pdf"}, "unmaintained: guarded in one room"},
	{"github.com/keys-pub/go-libfido2", []string{"station/fido2"}, "unmaintained: discovery only, guarded in one room"},
	{"github.com/knadh/koanf", []string{"cmd/keystation"}, "only cmd reads configuration"},
	{"github.com/labstack/echo/v4", []string{"web"}, "moving to v5 shall be one room's work"},
	{"github.com/makiuchi-d/gozxing", nil, "it reads back in tests what was printed"},
	{"github.com/mattn/go-sqlite3", []string{"inventory/sqlite"}, "one room knows which engine it is"},
	{"github.com/pelletier/go-toml/v2", []string{"cmd/keystation"}, "it says on which line a file is wrong"},
	{"github.com/pressly/goose/v3", []string{"inventory/sqlite"}, "migrations are the database's"},
	{"github.com/prometheus/client_golang", []string{"web"}, "metrics are a page"},
	{"github.com/rogpeppe/go-internal", nil, "scripts are tests"},
	{"github.com/spf13", []string{"cmd/keystation"}, "only cmd reads flags"},
	{"github.com/wneessen/go-mail", []string{"web/mail"}, "letters are written and sent in one room"},
	{"github.com/zitadel/oidc/v3", nil, "it is an identity provider for tests"},
	{"golang.org/x/oauth2", []string{"web"}, "signing in is the web's"},
	{"golang.org/x/mod", []string{"inventory/ledger"}, "the tree and its notes are the ledger's"},
	{"golang.org/x/sync", []string{"*"}, "whoever starts a goroutine waits for it"},
	{"golang.org/x/sys", []string{"station", "station/fido2", "station/softkey", "station/usb", "inventory/sqlite", "cmd/keystation"}, "terminals, locks, modes: where there is a device or a file"},
	{"golang.org/x/term", []string{"cmd/keystation"}, "only cmd has a terminal"},
	{"golang.org/x/text", []string{"inventory", "shipping", "shipping/pdf", "cmd/keystation"}, "names and addresses in any script, also on a terminal"},
}

// calls is what a room may import in part: these functions are for the rooms named.
var calls = []struct {
	path, name string
	rooms      []string // who may; or, with not, everybody else may
	not        bool
	why        string
}{
	{"os", "Exit", []string{"cmd/keystation"}, false, "only cmd exits"},
	{"log", "Fatal", nil, false, "only cmd exits"},
	{"log", "Fatalf", nil, false, "only cmd exits"},
	{"os", "Getenv", []string{"cmd/keystation"}, false, "only cmd reads the environment"},
	{"os", "LookupEnv", []string{"cmd/keystation"}, false, "only cmd reads the environment"},
	{"os", "Environ", []string{"cmd/keystation"}, false, "only cmd reads the environment"},
	{"time", "Now", []string{"inventory", "station/attest", "station/ctap", "station/ctaphid"}, true, "they are given the time"},
}

// pkg is what `go list -json` says of a package, as far as we ask.
type pkg struct {
	ImportPath, Dir string
	GoFiles         []string
	CgoFiles        []string
	Imports         []string
}

func (p pkg) room() string { return strings.TrimPrefix(p.ImportPath, module) }

// TestImports holds the tree against the map.
func TestImports(t *testing.T) {
	all := listPackages(t)
	for _, p := range all {
		for _, fault := range faults(p) {
			t.Errorf("%s: %s", p.room(), fault)
		}
		for _, fault := range callFaults(t, p) {
			t.Errorf("%s: %s", p.room(), fault)
		}
	}
	for _, r := range slices.Concat(rooms, kits) {
		built := slices.ContainsFunc(all, func(p pkg) bool { return p.room() == r.name })
		switch {
		case !built && !r.later:
			t.Errorf("%s: on the map and not in the tree", r.name)
		case built && r.later:
			t.Logf("%s: built; take its mark `later` away", r.name)
		}
	}
}

// TestImports_refuses shows that each rule bites.
func TestImports_refuses(t *testing.T) {
	tests := []struct{ name, room, imports, want string }{
		{"arrow not drawn", "station/softkey", "keystation/station/fido2", "no arrow"},
		{"arrow upward", "inventory", "keystation/station", "no arrow"},
		{"kit outside tests", "cmd/keystation", "keystation/station/stationtest", "for tests"},
		{"room not on the map", "util", "fmt", "not on the map"},
		{"network in the bench", "station", "net/http", "without a network"},
		{"C elsewhere", "station/usb", "C", "one room"},
		{"library elsewhere", "web", "github.com/jung-kurt/gofpdf", "one room"},
		{"test library", "web", "github.com/chromedp/chromedp", "for tests"},
		{"unknown library", "web", "example.com/leftpad", "not in the table"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := faults(pkg{ImportPath: module + tt.room, Imports: []string{tt.imports}})
			if len(got) != 1 || !strings.Contains(got[0], tt.want) {
				t.Errorf("faults = %q, want one with %q", got, tt.want)
			}
		})
	}
	fine := pkg{ImportPath: module + "station/fido2", Imports: []string{"C", "fmt", "keystation/station", "github.com/keys-pub/go-libfido2"}}
	if got := faults(fine); len(got) != 0 {
		t.Errorf("faults of a good room = %q", got)
	}
}

// faults says in which ways a package's imports break the tables above.
func faults(p pkg) []string {
	i := slices.IndexFunc(slices.Concat(rooms, kits), func(r room) bool { return r.name == p.room() })
	if i < 0 {
		return []string{"not on the map: which room is this change for?"}
	}
	here := slices.Concat(rooms, kits)[i]
	var out []string
	for _, imp := range p.Imports {
		if fault := importFault(here, imp); fault != "" {
			out = append(out, fault)
		}
	}
	return out
}

func importFault(here room, imp string) string {
	for _, n := range never {
		if slices.Contains(n.rooms, here.name) && slices.Contains(n.imports, imp) {
			return fmt.Sprintf("imports %s: %s", imp, n.why)
		}
	}
	if ours, ok := strings.CutPrefix(imp, module); ok {
		return arrowFault(here, ours)
	}
	for _, m := range third {
		if imp != m.path && !strings.HasPrefix(imp, m.path+"/") {
			continue
		}
		switch {
		case slices.Contains(m.rooms, here.name) || slices.Contains(m.rooms, "*"):
			return ""
		case m.rooms == nil:
			return fmt.Sprintf("imports %s, which is for tests: %s", imp, m.why)
		}
		return fmt.Sprintf("imports %s, which is for %v: %s", imp, m.rooms, m.why)
	}
	if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") {
		return fmt.Sprintf("imports %s, which is not in the table of libraries", imp)
	}
	return ""
}

func arrowFault(here room, ours string) string {
	if slices.ContainsFunc(kits, func(k room) bool { return k.name == ours }) {
		return fmt.Sprintf("imports %s, which is for tests", ours)
	}
	if slices.Contains(here.may, ours) || slices.Contains(here.may, "*") {
		return ""
	}
	return fmt.Sprintf("imports %s: no arrow leads there", ours)
}

// callFaults says which functions a package uses that are not for it.
func callFaults(t *testing.T, p pkg) []string {
	t.Helper()
	var out []string
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		used := qualified(file)
		for _, c := range calls {
			if used[c.path+"."+c.name] && slices.Contains(c.rooms, p.room()) == c.not {
				out = append(out, fmt.Sprintf("%s calls %s.%s: %s", name, c.path, c.name, c.why))
			}
		}
	}
	return out
}

// qualified returns the names that a file uses of other packages, as "path.Name".
func qualified(file *ast.File) map[string]bool {
	imported := map[string]string{}
	for _, spec := range file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		local := path.Base(p)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		imported[local] = p
	}
	used := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && imported[x.Name] != "" {
				used[imported[x.Name]+"."+sel.Sel.Name] = true
			}
		}
		return true
	})
	return used
}

func listPackages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,CgoFiles,Imports", "./...")
	cmd.Dir = moduleRoot
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
