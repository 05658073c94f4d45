package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/station/fido2"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// TestDoctor_udev reads rules as udev does: who may open a key is what counts, not what a file is called.
func TestDoctor_udev(t *testing.T) {
	t.Parallel()
	const seat = "for whoever sits at this machine"
	for _, tt := range []struct {
		name, file, rules, found string
		pass                     bool
	}{
		{"none", "", "", "No rule lets anybody but root", false},
		{"the rule of the README", "70-keystation.rules", `SUBSYSTEM=="hidraw", ENV{ID_FIDO_TOKEN}=="1", GROUP="keystation", MODE="0660", TAG+="uaccess"`, "70-keystation.rules", true},
		{"a mark and no more", "60-fido-id.rules", "SUBSYSTEM==\"hidraw\", IMPORT{program}=\"fido_id\"\nENV{ID_SECURITY_TOKEN}==\"1\", TAG+=\"security-device\"\n", "No rule", false},
		{"the seat's", "70-uaccess.rules", `ENV{ID_SECURITY_TOKEN}=="?*", TAG+="uaccess"`, seat, true},
		{"a maker's list", "70-u2f.rules", "KERNEL==\"hidraw*\", ATTRS{idVendor}==\"1050\", \\\n  TAG+=\"uaccess\", GROUP=\"plugdev\", MODE=\"0660\"", "70-u2f.rules", true},
		{"everybody's", "99-mine.rules", `KERNEL=="hidraw*", ATTRS{usage}=="0xF1D0", MODE="0666"`, "99-mine.rules", true},
		{"root's own", "99-mine.rules", `KERNEL=="hidraw*", ATTRS{usage}=="0xf1d0", MODE="0600"`, "No rule", false},
		{"switched off", "70-u2f.rules", `# KERNEL=="hidraw*", GROUP="plugdev"`, "No rule", false},
		{"another device's", "70-radio.rules", `SUBSYSTEM=="hidraw", ATTRS{idVendor}=="1234", GROUP="radio"`, "No rule", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if tt.file != "" {
				if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.rules), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if s := checkRules([]string{dir}, 1000); s.pass != tt.pass || !strings.Contains(s.found, tt.found) {
				t.Errorf("got %+v, want pass %v and %q", s, tt.pass, tt.found)
			}
			if s := checkRules([]string{dir}, 0); !s.pass {
				t.Errorf("root needs no rule: %+v", s)
			}
		})
	}
}

// TestDoctor_hiddenRule: a namesake in an earlier folder hides a rule, as administrators do with a link to /dev/null.
func TestDoctor_hiddenRule(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	if err := os.Symlink("/dev/null", filepath.Join(first, "70-u2f.rules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(second, "70-u2f.rules"), []byte(`KERNEL=="hidraw*", GROUP="plugdev"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := checkRules([]string{first, second}, 1000); s.pass {
		t.Errorf("a hidden rule was taken: %+v", s)
	}
}

// TestDoctor_database finds nothing wrong beside a new database, and what was moved away.
func TestDoctor_database(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if f := h.found()["secrets"]; !f.Pass || f.Found != "What is sealed can be opened." {
		t.Errorf("secrets: %+v", f)
	}
	if f := h.found()["printing"]; !f.Pass || f.Found != "packets are files, labels are files." {
		t.Errorf("nothing that prints: %+v", f)
	}
	h.configure(`label_command = ["no-such-printer"]`)
	if f := h.found()["printing"]; f.Pass || !strings.Contains(f.Found, "no-such-printer") {
		t.Errorf("a printer that is not there: %+v", f)
	}
	h.must(os.Rename(h.secrets(), h.secrets()+".away"))
	if f := h.found()["secrets"]; f.Pass || !strings.HasPrefix(f.Remedy, "Bring it back") {
		t.Errorf("secrets that are gone: %+v", f)
	}
	h.must(os.Remove(h.db))
	if f := h.found(); f["database"].Pass || len(f) != len(machineChecks)+1 {
		t.Errorf("a database that is gone: %+v", f)
	}
}

// TestDoctor_enterprise says when policy wants of keys what this libfido2 cannot ask for.
func TestDoctor_enterprise(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if f := h.found()["policy"]; !f.Pass {
		t.Errorf("policy without it: %+v", f)
	}
	h.configure("enterprise_attestation = true")
	f, lacks := h.found()["policy"], fido2.Supports(fido2.EnterpriseAttestation)
	switch {
	case lacks == nil && !f.Pass:
		t.Errorf("libfido2 %s can ask: %+v", fido2.Version(), f)
	case lacks != nil && (f.Pass || !strings.Contains(f.Found, inventory.Sentence(lacks)) || !strings.HasPrefix(f.Remedy, "Update libfido2")):
		t.Errorf("libfido2 %s cannot ask: %+v", fido2.Version(), f)
	}
}

// TestDoctor_metadata says how old what is known of models is, whose word is taken for it, and what to do.
func TestDoctor_metadata(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "--public-url", "https://keys.example.com")
	want := func(name string, pass bool, found, remedy string) {
		t.Helper()
		f := h.found()["metadata"]
		if f.Pass != pass || !strings.Contains(f.Found, found) || !strings.Contains(f.Remedy, remedy) {
			t.Errorf("%s: %+v, want pass %v, %q, %q", name, f, pass, found, remedy)
		}
	}
	want("none", true, "None: only policy.roots prove models.", "")
	h.section("mds", `url = "https://mds.example.com/"`)
	want("none yet", true, "keystation serve downloads them", "")
	root := filepath.Join(h.dir, "root.pem")
	h.section("mds", fmt.Sprintf("roots = [%q]", filepath.Join(h.dir, "none.pem")))
	want("no such file", false, "none.pem cannot be read", "Mend mds.roots.")
	h.must(os.WriteFile(root, softkey.RootPEM(), 0o600))
	h.section("mds", fmt.Sprintf("roots = [%q]", root))
	want("software keys' word", false, "trusted in a real database", "Take it out of mds.roots.")

	test := newHouse(t)
	h.dir, h.db = test.dir, test.db
	blob := filepath.Join(h.dir, "blob.jwt")
	put := func(no int, due time.Time) {
		t.Helper()
		b, err := softkey.Metadata(no, due, nil)
		h.must(err)
		h.must(os.WriteFile(blob, b, 0o600))
		if out, errs, code := call(t, "mds", "import", blob, "--db", h.db); code != exitDone {
			t.Fatalf("exit code %d\n%s%s", code, out, errs)
		}
	}
	h.section("mds", fmt.Sprintf("roots = [%q]", root))
	put(3, time.Now().AddDate(0, 0, -2))
	want("old", false, "No. 3 is old: the next was due ", "Import a newer one: keystation mds import FILE.")
	put(4, time.Now().AddDate(0, 1, 0))
	want("of a laboratory", true, "Metadata by CN=keystation software key", "")
	h.section("mds")
	want("a root that is trusted no more", false, "whom nothing says to trust any more: name the root in mds.roots again", "no key is made")
}

// TestDoctor_policy says which policy holds, and that rules of the configuration count no more once one was applied.
func TestDoctor_policy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	want := func(name, found string, none ...string) {
		t.Helper()
		f := h.found()["policy"]
		if !f.Pass || !strings.Contains(f.Found, found) {
			t.Errorf("%s: %+v, want %q", name, f, found)
		}
		for _, n := range none {
			if strings.Contains(f.Found, n) {
				t.Errorf("%s: it says %q: %+v", name, n, f)
			}
		}
	}
	const noMore = "counts no more"
	h.configure("pin_length = 10")
	want("configured", "The policy as the configuration has it.", noMore)
	policy := filepath.Join(h.dir, "policy.toml")
	h.must(os.WriteFile(policy, []byte("pin_length = 12\n"), 0o600))
	if out, errs, code := call(t, "policy", "apply", policy, "--db", h.db); code != exitDone {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	want("applied over a configuration", noMore)
	h.section("policy")
	want("applied over defaults", "applied by", noMore)
}

// section makes the configuration have a section with these lines and nothing else.
func (h house) section(name string, lines ...string) {
	h.Helper()
	text := strings.Join(append([]string{"[" + name + "]"}, lines...), "\n") + "\n"
	h.must(os.WriteFile(filepath.Join(h.bench(), configFile), []byte(text), 0o640))
}

// found runs doctor and gives its findings by name.
func (h house) found() map[string]finding {
	h.Helper()
	out, _, _ := call(h.T, "doctor", "--db", h.db, "--json")
	return findings(h.T, out)
}

func findings(t *testing.T, out string) map[string]finding {
	t.Helper()
	all := map[string]finding{}
	for line := range strings.Lines(out) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all[f.Check] = f
	}
	return all
}

// TestDoctor_unreadableLock: the bench cannot tell if a run goes on whose lock file another user keeps shut.
func TestDoctor_unreadableLock(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	k := stationtest.Key(t, softkey.Config{})
	s.must(os.Chmod(k.Path(), 0o666))
	s.as(serverUID, []string{killedAt + "=after 1"}, "provision", "--db", s.db, "--device", k.Path(), "--yes").start().end()
	locks, err := filepath.Glob(filepath.Join(s.bench(), locksDir, "*.lock"))
	if err != nil || len(locks) != 1 {
		t.Fatalf("lock files %q, %v", locks, err)
	}
	doctor := func() finding {
		p := s.as(benchUID, nil, "doctor", "--db", s.db, "--json")
		p.start().end()
		return findings(t, p.out.String())["unfinished runs"]
	}
	if f := doctor(); !f.Pass || !strings.HasPrefix(f.Found, "1 go on or were interrupted.") {
		t.Errorf("a run that was interrupted: %+v", f)
	}
	s.must(os.Chmod(locks[0], 0o600))
	if f := doctor(); f.Pass || !strings.Contains(f.Found, locks[0]) {
		t.Errorf("a lock file that may not be opened: %+v", f)
	}
}
