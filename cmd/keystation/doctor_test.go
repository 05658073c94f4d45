package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
