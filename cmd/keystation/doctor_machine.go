package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keystation/inventory"
	"keystation/station/fido2"
)

// lacks says what the libfido2 in use cannot do.
func lacks() []string {
	var all []string
	for _, f := range []fido2.Feature{fido2.EnterpriseAttestation} {
		if err := fido2.Supports(f); err != nil {
			all = append(all, inventory.Sentence(err))
		}
	}
	return all
}

// checkLibrary passes whatever is lacking: the program would not have started without what it needs.
func checkLibrary(context.Context, Config) seen {
	return good("%s", strings.Join(append([]string{fido2.Version()}, lacks()...), ". "))
}

func checkKeys(ctx context.Context, _ Config) seen {
	ports, err := newBus().Attached(ctx)
	if err != nil {
		return faulty(err, "Plug the keys in again, then try keystation keys.")
	}
	for _, p := range ports {
		if p.Fault != "" {
			return bad("Port "+p.ID+" has a fault.", p.Fault)
		}
		f, err := os.OpenFile(p.Path, os.O_RDWR, 0)
		if errors.Is(err, os.ErrPermission) {
			return bad(p.Path+" may not be opened by this user.", "Install the udev rule of the README and plug the key in again.")
		}
		if err == nil {
			_ = f.Close() // nothing was written
		}
	}
	return good("%d attached, all may be opened.", len(ports))
}

// ruleFolders are where udev looks for rules. A file in an earlier one hides its namesake in a later one (udev(7)).
var ruleFolders = []string{"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"}

func checkUdev(context.Context, Config) seen { return checkRules(ruleFolders, os.Getuid()) }

// checkRules looks for a rule that lets others than root open a key. That a file names keys is not enough:
// 60-fido-id.rules of systemd marks them and grants nothing.
func checkRules(folders []string, uid int) seen {
	best := seen{}
	hidden := map[string]bool{}
	for _, dir := range folders {
		files, err := filepath.Glob(filepath.Join(dir, "*.rules"))
		if err != nil {
			continue // the pattern is ours and good
		}
		for _, file := range files {
			if hidden[filepath.Base(file)] {
				continue
			}
			hidden[filepath.Base(file)] = true
			switch grantOf(file) {
			case toGroup:
				return good("%s", file)
			case toSeat:
				best = good("%s, for whoever sits at this machine; a bench that runs as a service needs the rule of the README.", file)
			}
		}
	}
	switch {
	case best.pass:
		return best
	case uid == 0:
		return good("No rule lets anybody but root open a key. This is root.")
	}
	return bad("No rule lets anybody but root open a key.", "Install the udev rule of the README (software keys need none).")
}

// grant says whom a rule lets at keys.
type grant int

const (
	toNobody grant = iota
	toSeat         // who has logged in at the machine itself
	toGroup        // a group, or everybody
)

// grantOf reads a file of rules. One that cannot be read grants nothing that can be relied on.
func grantOf(file string) grant {
	b, err := os.ReadFile(file)
	if err != nil {
		return toNobody
	}
	name := strings.ToLower(filepath.Base(file))
	aboutKeys := strings.Contains(name, "fido") || strings.Contains(name, "u2f")
	best := toNobody
	for line := range strings.Lines(strings.ReplaceAll(string(b), "\\\n", " ")) {
		best = max(best, ruleGrant(strings.TrimSpace(line), aboutKeys))
	}
	return best
}

// ruleGrant reads one rule. A rule is about keys when it asks for what systemd's fido_id finds out
// (ID_FIDO_TOKEN, ID_SECURITY_TOKEN), for the usage page of FIDO (CTAP 2.1 §11.2.8.1), or for hidraw nodes in a file that
// is about keys.
func ruleGrant(rule string, aboutKeys bool) grant {
	if strings.HasPrefix(rule, "#") {
		return toNobody
	}
	low := strings.ToLower(rule)
	marked := strings.Contains(rule, "ID_FIDO_TOKEN}==") || strings.Contains(rule, "ID_SECURITY_TOKEN}==") || strings.Contains(low, "f1d0")
	switch {
	case !marked && !(aboutKeys && strings.Contains(low, "hidraw")):
		return toNobody
	case strings.Contains(rule, "GROUP=\"") || strings.Contains(rule, "GROUP:=\"") || openMode(rule):
		return toGroup
	case strings.Contains(rule, `"uaccess"`):
		return toSeat
	}
	return toNobody
}

// openMode tells if the rule gives a mode that lets others than the owner read and write.
func openMode(rule string) bool {
	_, mode, _ := strings.Cut(strings.ReplaceAll(rule, "MODE:=", "MODE="), `MODE="`)
	mode, _, _ = strings.Cut(mode, `"`)
	return strings.HasSuffix(mode, "6") || strings.HasSuffix(mode, "7")
}

func checkClock(context.Context, Config) seen {
	now := time.Now().UTC()
	if now.Year() < 2026 {
		return bad(now.Format(time.RFC3339), "Set the clock: certificates and the ledger are dated by it.")
	}
	return good("%s", now.Format(time.RFC3339))
}
