package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"keystation/inventory"
	"keystation/inventory/seal"
	"keystation/station/fido2"
)

func checkDatabase(_ context.Context, d *desk) seen {
	found := d.cfg.Database.Path + ", keys bound to " + d.settings.RPID
	if d.settings.Test() {
		found += " (TEST KEYS: give init a --public-url for real ones)"
	}
	return good("%s", found)
}

// checkSecrets opens a canary with the PIN identity: a PIN that is sealed today must be releasable tomorrow. The bench's
// user may not read the secrets, and that is right.
func checkSecrets(_ context.Context, d *desk) seen {
	dir := d.cfg.Secrets.Dir
	info, err := os.Stat(dir)
	if err != nil {
		return bad(dir+" is not there.", "Bring it back from its backup: without it no sealed PIN can be released.")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return bad(fmt.Sprintf("%s has mode %04o.", dir, info.Mode().Perm()), "chmod 0700 "+dir)
	}
	identity, err := os.ReadFile(filepath.Join(dir, pinIdentityFile))
	if errors.Is(err, os.ErrPermission) {
		return good("Not readable by this user, which is right for a bench.")
	}
	if err != nil {
		return faulty(err, "Bring it back from its backup.")
	}
	return checkCanary(d, strings.TrimSpace(string(identity)))
}

func checkCanary(d *desk, identity string) seen {
	sealer, err := seal.NewSealer(d.settings.Recipient)
	if err != nil {
		return faulty(err, "The database names no recipient: restore it.")
	}
	opener, err := seal.NewOpener(identity)
	if err != nil {
		return faulty(err, "Bring pin-identity.txt back from its backup.")
	}
	blob, err := sealer.Seal("canary", "canary", []byte("canary"))
	if err == nil {
		_, err = opener.Open(blob, "canary", "canary")
	}
	if err != nil {
		return bad("The PIN identity does not open what is sealed for this database.", "Bring the right pin-identity.txt back: no PIN could be released.")
	}
	return good("What is sealed can be opened.")
}

func checkPackets(_ context.Context, d *desk) seen {
	if err := writable(d.cfg.Bench.Packets); err != nil {
		return faulty(err, "Give the bench's group write access, or set bench.packets.")
	}
	return good("%s", d.cfg.Bench.Packets)
}

// checkPrinting looks for the programs that print, so that it is not the first parcel that misses them.
func checkPrinting(_ context.Context, d *desk) seen {
	var found []string
	for _, c := range []struct {
		key, without string
		argv         []string
	}{
		{"print_command", "packets are files", d.cfg.Bench.PrintCommand},
		{"label_command", "labels are files", d.cfg.Bench.LabelCommand},
	} {
		if len(c.argv) == 0 {
			found = append(found, c.without)
			continue
		}
		path, err := exec.LookPath(c.argv[0])
		if err != nil {
			return bad("bench."+c.key+" names "+c.argv[0]+", which is not on this machine.", "Install it, or mend bench."+c.key+".")
		}
		found = append(found, c.key+" is "+path)
	}
	return good("%s.", strings.Join(found, ", "))
}

func checkPolicy(ctx context.Context, d *desk) seen {
	p, err := d.lookPolicy(ctx)
	if err == nil {
		err = p.Check()
	}
	if err != nil {
		return faulty(err, "Mend the configuration.")
	}
	for _, name := range p.Roots.Names() {
		if strings.Contains(name, "not for production") && !d.settings.Test() {
			return bad("The software keys' certificate is trusted in a real database.", "Take it out of policy.roots.")
		}
	}
	if lacks := fido2.Supports(fido2.EnterpriseAttestation); lacks != nil && p.AnyEnterprise() {
		return bad("No key can be asked to prove its serial number, as policy wants. "+inventory.Sentence(lacks),
			"Update libfido2, or turn enterprise_attestation off. Keys are made without it, and their runs say so.")
	}
	in, err := d.policyInForce(ctx, 0)
	if err != nil {
		return faulty(err, "Run keystation audit verify.")
	}
	found := policyTitle(in)
	if in.Source == inventory.PolicyApplied && !(inventory.Policy{Rules: d.cfg.rules()}).Says(defaultConfig().rules()) {
		found += " What [policy] in the configuration says about keys counts no more."
	}
	return good("%s %d trusted roots, %d stock models.", found, p.Roots.Len(), len(p.Stock))
}

// checkMetadata tells how old what is known of models is, and by whose word besides the FIDO Alliance's.
func checkMetadata(ctx context.Context, d *desk) seen {
	others, err := d.cfg.otherMetadataRoots()
	if err != nil {
		return faulty(err, "Mend mds.roots.")
	}
	for _, c := range others {
		if strings.Contains(c.Subject.CommonName, "not for production") && !d.settings.Test() {
			return bad("Metadata by the software keys' certificate are trusted in a real database.", "Take it out of mds.roots.")
		}
	}
	m, err := d.store.Metadata(ctx)
	if err == nil {
		_, err = d.catalog(ctx)
	}
	newer := "keystation mds import FILE."
	if d.cfg.MDS.URL != "" {
		newer = "keystation mds fetch tells why it was not downloaded."
	}
	switch {
	case err != nil:
		return faulty(err, "Until then no key is made and none is judged.")
	case m.No == 0 && d.cfg.MDS.URL != "":
		return good("None yet: keystation serve downloads them, or keystation mds fetch at once.")
	case m.No == 0:
		return good("None: only policy.roots prove models. Download the BLOB from https://mds3.fidoalliance.org/ and import it: keystation mds import FILE.")
	case m.Overdue(time.Now()):
		return bad(fmt.Sprintf("No. %d is old: the next was due %s.", m.No, m.NextUpdate.Format(time.DateOnly)), "Import a newer one: "+newer)
	}
	found := fmt.Sprintf("No. %d, %d models, the next is due %s.", m.No, m.Entries, m.NextUpdate.Format(time.DateOnly))
	for _, c := range others {
		found += fmt.Sprintf(" Metadata by %s are trusted too (mds.roots).", c.Subject)
	}
	return good("%s", found)
}

// checkRuns names runs that no process of this user can finish, and counts those that go on or were interrupted.
func checkRuns(ctx context.Context, d *desk) seen {
	unknown, err := d.store.Undecidable(ctx)
	if err != nil {
		return faulty(err, "Run keystation audit verify.")
	}
	if len(unknown) > 0 {
		var named []string
		for _, r := range unknown {
			named = append(named, fmt.Sprintf("%s at port %s (lock file %s)", r.ID, r.Port, filepath.Join(d.cfg.storeOptions().Locks, r.Owner)))
		}
		return bad("This user cannot tell if these go on: "+strings.Join(named, ", ")+".",
			"Start provision or serve as the user who began them: it finishes or closes them.")
	}
	o, err := d.store.Overview(ctx)
	if err != nil {
		return faulty(err, "Run keystation audit verify.")
	}
	if o.Runs > 0 {
		return good("%d go on or were interrupted. If no bench is at work, plug the key in and start provision or serve: it finishes or closes them.", o.Runs)
	}
	return good("None.")
}
