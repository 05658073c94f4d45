package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"keystation/inventory"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// Two system users without an entry anywhere: whose the database is, and who stands at the bench.
const (
	serverUID = 64901
	benchUID  = 64902
)

// shared is a house that two users use: the server's, with a group for the bench.
type shared struct {
	house
	group   string
	gid     uint32
	program string // the test binary, where both may run it
}

// newShared has the server's user make a database for a group.
func newShared(t *testing.T) shared {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("This test needs root: it runs the program as two other users.")
	}
	s := shared{house: house{T: t, dir: t.TempDir()}}
	s.group, s.gid = aGroup(t)
	s.db = filepath.Join(s.dir, "keys.db")
	s.must(os.Chmod(filepath.Dir(s.dir), 0o711))
	s.must(os.Chown(s.dir, serverUID, int(s.gid)))
	s.must(os.Chmod(s.dir, 0o770|os.ModeSetgid))
	bin := t.TempDir()
	s.must(os.Chmod(bin, 0o711))
	path, err := exec.LookPath(seamed)
	s.must(err)
	s.program = filepath.Join(bin, seamed)
	s.must(os.Link(path, s.program))
	p := s.as(serverUID, nil, "init", "--db", s.db, "--group", s.group).start()
	if code := p.end(); code != exitDone {
		t.Fatalf("init: exit code %d\n%s", code, p.err.String())
	}
	return s
}

// aGroup finds a group that most systems have and that means nothing.
func aGroup(t *testing.T) (string, uint32) {
	t.Helper()
	for _, name := range []string{"nogroup", "nobody", "daemon"} {
		if g, err := user.LookupGroup(name); err == nil {
			gid, err := strconv.ParseUint(g.Gid, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			return name, uint32(gid)
		}
	}
	t.Skip("This test needs a group named nogroup, nobody or daemon.")
	return "", 0
}

// as prepares the program as another user who is a member of the group.
func (s shared) as(uid uint32, vars []string, args ...string) *process {
	p := program(s.T, vars, args...)
	p.cmd.Path, p.cmd.Dir = s.program, "/"
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid, Groups: []uint32{s.gid}}}
	return p
}

// reads tells if a user of the bench can read a file or list a folder.
func (s shared) reads(path string) error {
	cmd := exec.Command("ls", path)
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		cmd = exec.Command("cat", path)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: benchUID, Gid: benchUID, Groups: []uint32{s.gid}}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// wantModes wants the database and its companions to have this mode and group.
func (h house) wantModes(mode os.FileMode, gid uint32) {
	h.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(h.db + suffix)
		h.must(err)
		if has := info.Sys().(*syscall.Stat_t).Gid; info.Mode().Perm() != mode || has != gid {
			h.Errorf("%s has mode %v and group %d, want %v and %d", info.Name(), info.Mode().Perm(), has, mode, gid)
		}
	}
}

// TestProvision_asBenchUser makes a key as a user who may write the database and cannot read what opens PINs or signs
// for the ledger.
func TestProvision_asBenchUser(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.asked()
	k := stationtest.Key(t, softkey.Config{})
	s.must(os.Chown(k.Path(), benchUID, -1))
	p := s.as(benchUID, []string{heldWhen + "=made"}, "provision", "--db", s.db, "--device", k.Path(), "--yes", "--json").start()
	p.await(&p.err, "held\n")
	s.wantModes(0o660, s.gid)
	s.wantSecrets()
	if code := p.end(); code != exitDone {
		t.Fatalf("exit code %d\n%s%s", code, p.err.String(), p.out.String())
	}
	made := reports(t, p.out.String())
	if len(made) != 1 || made[0].State != inventory.Ready || made[0].Packet == "" {
		t.Fatalf("want one ready key with its packet: %s", p.out.String())
	}
	wantPIN(t, s.house, k.Path(), made[0].Key)
	verify := s.as(serverUID, nil, "audit", "verify", "--db", s.db).start()
	if code := verify.end(); code != exitDone {
		t.Errorf("the server cannot verify what the bench wrote: exit code %d\n%s", code, verify.err.String())
	}
}

// wantSecrets wants every file of the secrets folder to be the server's alone.
func (s shared) wantSecrets() {
	s.Helper()
	if err := s.reads(filepath.Join(s.bench(), configFile)); err != nil {
		s.Fatalf("the bench cannot read its own folder: %v", err)
	}
	if err := s.reads(s.secrets()); err == nil || !strings.Contains(err.Error(), "Permission denied") {
		s.Errorf("the bench may look into the secrets folder: %v", err)
	}
	files, err := os.ReadDir(s.secrets())
	s.must(err)
	if len(files) != 2 {
		s.Fatalf("%d secrets, want the identity of PINs and the ledger's key", len(files))
	}
	for _, f := range files {
		path := filepath.Join(s.secrets(), f.Name())
		info, err := f.Info()
		s.must(err)
		if info.Mode().Perm() != 0o600 || info.Sys().(*syscall.Stat_t).Uid != serverUID {
			s.Errorf("%s has mode %v and owner %d", f.Name(), info.Mode().Perm(), info.Sys().(*syscall.Stat_t).Uid)
		}
		if err := s.reads(path); err == nil || !strings.Contains(err.Error(), "Permission denied") {
			s.Errorf("the bench reads %s: %v", f.Name(), err)
		}
	}
}

// TestProvision_umask: what the bench makes is the group's, whatever the umask of who stands there.
func TestProvision_umask(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	k := stationtest.Key(t, softkey.Config{})
	s.must(os.Chown(k.Path(), benchUID, -1))
	p := s.as(benchUID, []string{heldWhen + "=made"}, "provision", "--db", s.db, "--device", k.Path(), "--yes")
	p.cmd.Path, p.cmd.Args = "/bin/sh", append([]string{"sh", "-c", `umask 0077; exec "$0" "$@"`, s.program}, p.cmd.Args[1:]...)
	p.start().await(&p.err, "held\n")
	s.wantModes(0o660, s.gid)
	locks, err := filepath.Glob(filepath.Join(s.bench(), locksDir, "*.lock"))
	if err != nil || len(locks) != 1 {
		t.Fatalf("lock files %q, %v", locks, err)
	}
	info, err := os.Stat(locks[0])
	s.must(err)
	if has := info.Sys().(*syscall.Stat_t).Gid; info.Mode().Perm() != 0o660 || has != s.gid {
		t.Errorf("the lock file has mode %v and group %d, want 0660 and %d", info.Mode().Perm(), has, s.gid)
	}
	if code := p.end(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, p.err.String())
	}
}

// TestInit_folderOfGroup says what the group still lacks, where it lacks it.
func TestInit_folderOfGroup(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	for mode, want := range map[os.FileMode]bool{0o750: true, 0o770: false} {
		s.must(os.Chmod(s.dir, mode))
		p := s.as(serverUID, nil, "init", "--db", filepath.Join(s.dir, mode.String()+".db"), "--group", s.group)
		if code := p.start().end(); code != exitDone {
			t.Fatalf("exit code %d\n%s", code, p.err.String())
		}
		if got := strings.Contains(p.out.String(), "Let the group "+s.group+" write in "+s.dir+" too"); got != want {
			t.Errorf("in a folder of mode %v: %s", mode, p.out.String())
		}
	}
}

// TestProvision_filesOfOneUser: without a group nobody else may read anything.
func TestProvision_filesOfOneUser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := stationtest.Key(t, softkey.Config{})
	p := h.provision([]string{heldWhen + "=made"}, k.Path()).start()
	p.await(&p.err, "held\n")
	h.wantModes(0o600, uint32(os.Getegid()))
	if code := p.end(); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, p.err.String())
	}
}

// TestProvision_strangers are users who may not do what they ask for: one sentence, and nothing is changed.
func TestProvision_strangers(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		lock       func(shared) // what the bench may not
		member     bool
		code       int
	}{
		{"no member of the group", "keys.db", func(shared) {}, false, exitFailure},
		{"no packets", "packets: this user may not write there. Mend its permissions or choose another place.", func(s shared) {
			s.must(os.Chmod(filepath.Join(s.bench(), "packets"), 0o750))
		}, true, exitFailure},
		{"no key", "This user may not open", func(shared) {}, true, exitKeys},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShared(t)
			tt.lock(s)
			k := stationtest.Key(t, softkey.Config{})
			s.must(os.Chmod(k.Path(), 0o600))
			before := look(t, k)
			p := s.as(benchUID, nil, "provision", "--db", s.db, "--device", k.Path(), "--yes", "--json")
			if !tt.member {
				p.cmd.SysProcAttr.Credential.Groups = nil
			}
			code := p.start().end()
			if said := p.err.String() + p.out.String(); code != tt.code || !strings.Contains(said, tt.says) {
				t.Errorf("exit code %d, want %d and %q\n%s", code, tt.code, tt.says, said)
			}
			before.wantUntouched(t, k)
			s.wantNothingMade()
		})
	}
}
