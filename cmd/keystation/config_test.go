package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"keystation/inventory"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keystation.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func mustLoad(t *testing.T, in configInput) Config {
	t.Helper()
	c, err := loadConfig(in)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConfig_template: what init writes, with every # taken away, is the
// default, and names every key.
func TestConfig_template(t *testing.T) {
	bare := regexp.MustCompile(`(?m)^#([a-z_]+ = )`).ReplaceAllString(configTemplate, "$1")
	want := mustLoad(t, configInput{})
	for name, text := range map[string]string{"as written": configTemplate, "every # away": bare} {
		got := mustLoad(t, configInput{file: writeConfig(t, text)})
		emptyLists(&got)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nwant %+v", name, got, want)
		}
	}
	lines := keyLines(bare)
	for section, keys := range configKeys() {
		for _, key := range keys {
			if lines[section+"."+key] == 0 {
				t.Errorf("the template does not show %s.%s", section, key)
			}
		}
	}
}

// emptyLists makes lists that are written as [] those that are left out.
func emptyLists(c *Config) {
	for _, section := range reflect.ValueOf(c).Elem().Fields() {
		for _, key := range section.Fields() {
			if key.Kind() == reflect.Slice && key.Len() == 0 {
				key.SetZero()
			}
		}
	}
}

func TestConfig_laterWins(t *testing.T) {
	file := writeConfig(t, "[bench]\ntouch_slots = 3\nwait = \"2m\"\n[log]\nlevel = \"debug\"\n")
	c := mustLoad(t, configInput{
		file:    file,
		environ: []string{"KEYSTATION_BENCH_TOUCH_SLOTS=4", "KEYSTATION_BENCH_WAIT=3m", "HOME=/root"},
		flags:   map[string]any{"bench.wait": "5m0s"},
	})
	if c.Log.Level != "debug" || c.Bench.TouchSlots != 4 || c.Bench.Wait != 5*time.Minute {
		t.Errorf("file, environment, flag = %s, %d, %v", c.Log.Level, c.Bench.TouchSlots, c.Bench.Wait)
	}
}

// TestConfig_flags: a flag that was given wins, one that was not says nothing.
func TestConfig_flags(t *testing.T) {
	t.Setenv("KEYSTATION_WEB_ADDR", "localhost:9090")
	c := &cobra.Command{Use: "provision"}
	c.Flags().String("config", "", "")
	c.Flags().String("db", "", "")
	c.Flags().Duration("wait", time.Hour, "")
	c.Flags().String("addr", "localhost:1", "")
	if err := c.ParseFlags([]string{"--config", writeConfig(t, "[bench]\ntouch_slots = 7\n"), "--wait", "90s", "--db", "a.db"}); err != nil {
		t.Fatal(err)
	}
	got, err := commandConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	if got.Bench.Wait != 90*time.Second || got.Web.Addr != "localhost:9090" || got.Bench.TouchSlots != 7 || got.Database.Path != "a.db" {
		t.Errorf("config = %+v", got)
	}
}

// How many keys people may have is what the database decides by, and a part that is left out stays as it was.
func TestConfig_requisitions(t *testing.T) {
	c := mustLoad(t, configInput{file: writeConfig(t, "[requisitions]\nstandard = 1\ndecide_within = \"24h\"\n")})
	want := inventory.DefaultEntitlement()
	want.Standard, want.DecideWithin = 1, 24*time.Hour
	if got := c.storeOptions().Entitlement; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	asked := inventory.Asked{Tier: inventory.Standard, Wanted: 2}
	if err := c.storeOptions().Entitlement.Automatic(asked, inventory.Holdings{}); err == nil {
		t.Error("two keys need nobody's yes where one is what people may have")
	}
	for _, bad := range []string{"standard = -1", "loss_months = 0", "decide_within = \"1m\"", "ship_within = \"0s\""} {
		_, err := loadConfig(configInput{file: writeConfig(t, "[requisitions]\n"+bad+"\n")})
		if name, _, _ := strings.Cut(bad, " "); !strings.Contains(inventory.Sentence(err), "requisitions."+name+" in ") || !strings.Contains(inventory.Sentence(err), " cannot be ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestConfig_environment(t *testing.T) {
	c := mustLoad(t, configInput{environ: []string{
		"KEYSTATION_POLICY_NEVER_SERIALS=123, 456",
		"KEYSTATION_POLICY_ENTERPRISE_ATTESTATION=true",
		"KEYSTATION_SERVICE_HOST=10.0.0.1", "KEYSTATION_PORT=tcp://10.0.0.1:80", // a container's host sets these
	}})
	if !slices.Equal(c.Policy.NeverSerials, []string{"123", "456"}) || !c.Policy.EnterpriseAttestation {
		t.Errorf("policy = %+v", c.Policy)
	}
}

func TestConfig_whichFile(t *testing.T) {
	dir := t.TempDir()
	database := filepath.Join(dir, "inventory.db")
	level := func(name string) string { return "[log]\nlevel = \"" + name + "\"\n" }
	if err := os.Mkdir(benchDir(database), 0o750); err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(benchDir(database), "keystation.toml")
	if err := os.WriteFile(beside, []byte(level("debug")), 0o600); err != nil {
		t.Fatal(err)
	}
	asked, named := writeConfig(t, level("warn")), writeConfig(t, level("error"))
	db := map[string]any{"database.path": database}
	tests := []struct {
		name string
		in   configInput
		want string
	}{
		{"none", configInput{}, "info"},
		{"no file beside the database", configInput{flags: map[string]any{"database.path": filepath.Join(dir, "other.db")}}, "info"},
		{"beside the database of the flag", configInput{flags: db}, "debug"},
		{"beside the database of the environment", configInput{environ: []string{"KEYSTATION_DATABASE_PATH=" + database}}, "debug"},
		{"named in the environment", configInput{flags: db, environ: []string{"KEYSTATION_CONFIG=" + named}}, "error"},
		{"asked for", configInput{file: asked, flags: db, environ: []string{"KEYSTATION_CONFIG=" + named}}, "warn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustLoad(t, tt.in).Log.Level; got != tt.want {
				t.Errorf("level = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestConfig_paths(t *testing.T) {
	file := writeConfig(t, "[database]\npath = \"inventory.db\"\n[policy]\nroots = [\"roots/a.pem\", \"/etc/b.pem\"]\n")
	dir := filepath.Dir(file)
	c := mustLoad(t, configInput{file: file})
	if want := filepath.Join(dir, "inventory.db"); c.Database.Path != want || c.Secrets.Dir != want+".secrets" || c.Bench.Dir != want+".bench" {
		t.Errorf("database %s, secrets %s, bench %s", c.Database.Path, c.Secrets.Dir, c.Bench.Dir)
	}
	if want := []string{filepath.Join(dir, "roots/a.pem"), "/etc/b.pem"}; !slices.Equal(c.Policy.Roots, want) {
		t.Errorf("roots = %q, want %q", c.Policy.Roots, want)
	}
	file = writeConfig(t, "[web]\ntls_cert = \"a.pem\"\ntls_key = \"a.key\"\n[oidc]\nclient_secret_file = \"oidc.secret\"\n[mail]\nuser = \"desk\"\npassword_file = \"/run/mail.secret\"\n")
	dir = filepath.Dir(file)
	c = mustLoad(t, configInput{file: file})
	if got, want := []string{c.Web.TLSCert, c.Web.TLSKey, c.OIDC.SecretFile, c.Mail.PasswordFile},
		[]string{filepath.Join(dir, "a.pem"), filepath.Join(dir, "a.key"), filepath.Join(dir, "oidc.secret"), "/run/mail.secret"}; !slices.Equal(got, want) {
		t.Errorf("files = %q, want %q", got, want)
	}
	c = mustLoad(t, configInput{file: file, flags: map[string]any{"database.path": "here.db"}})
	if c.Database.Path != "here.db" || c.Bench.Packets != "here.db.bench/packets" {
		t.Errorf("a path from a flag counts from here: %s, %s", c.Database.Path, c.Bench.Packets)
	}
}

// TestConfig_refuses: each refusal is a sentence that says which key, where it
// was written and what to do.
func TestConfig_refuses(t *testing.T) {
	tests := []struct {
		name, file, environ string
		want                []string
	}{
		{"misspelled key", "[policy]\n\nunkown = \"ask\"\n", "", []string{"policy.unkown in ", " line 3 ", "has unknown, force_pin_change"}},
		{"key in capitals", "[policy]\nUnknown = \"ask\"\n", "", []string{"policy.Unknown in ", " line 2 "}},
		{"misspelled section", "[benhc]\nwait = \"1m\"\n", "", []string{"benhc in ", " line 1 ", strings.Join(sortedKeys(configKeys()), ", ")}},
		{"misspelled variable", "", "KEYSTATION_BENCH_WIAT=1m", []string{"bench.wiat from KEYSTATION_BENCH_WIAT in the environment"}},
		{"no TOML", "[policy]\nunknown = ask\n", "", []string{" line 2 is not TOML"}},
		{"a word for a number", "[policy]\npin_length = \"eight\"\n", "", []string{"policy.pin_length in ", " line 2 ", "(eight)"}},
		{"a word for a number in a variable", "", "KEYSTATION_POLICY_PIN_LENGTH=eight", []string{"policy.pin_length from KEYSTATION_POLICY_PIN_LENGTH"}},
		{"no such policy", "[policy]\nunknown = \"aks\"\n", "", []string{"policy.unknown in ", " line 2 cannot be aks: say refuse, ask or accept."}},
		{"a time without its unit", "[bench]\nwait = 60\n", "", []string{"bench.wait", "cannot be 60", "unit"}},
		{"too short a PIN", "[policy]\npin_length = 3\n", "", []string{"from 4 to 63"}},
		{"no AAGUID", "[policy]\nstock = [\"yubikey\"]\n", "", []string{"policy.stock", "AAGUIDs"}},
		{"no address", "[web]\naddr = \"localhost\"\n", "", []string{"web.addr", "HOST:PORT"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := loadConfig(configInput{file: writeConfig(t, tt.file), environ: []string{tt.environ}})
			if inventory.KindOf(err) != inventory.Invalid {
				t.Fatalf("error = %v, want one of kind Invalid", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q has no %q", err, want)
				}
			}
		})
	}
}

func TestConfig_noSuchFile(t *testing.T) {
	_, err := loadConfig(configInput{file: filepath.Join(t.TempDir(), "gone.toml")})
	if got := inventory.Sentence(err); !strings.Contains(got, "gone.toml cannot be read (no such file or directory)") {
		t.Errorf("sentence = %q", got)
	}
}
