package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"keystation/inventory"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// privateMounts is set in a process whose mounts nobody else sees.
const privateMounts = "KEYSTATION_TEST_PRIVATE_MOUNTS"

// inPrivate runs the test once more in a process with mounts of its own, and tells if this is that process.
func inPrivate(t *testing.T) bool {
	t.Helper()
	if os.Getenv(privateMounts) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), privateMounts+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Skipf("This test needs to mount a small disk where nobody else sees it, which is not permitted here: %v", err)
	}
	t.Logf("in a process with mounts of its own:\n%s", out)
	if err != nil {
		t.Errorf("it failed there: %v", err)
	}
	return false
}

// smallDiskSize holds the books of a few keys, the longest write-ahead log that they leave, and their packets.
const smallDiskSize = "size=16m"

// smallDisk is a disk of its own, which can be filled.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, smallDiskSize); err != nil {
		t.Skipf("This test needs to mount a small disk, which is not permitted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fullDisk is a killedBench on a small disk.
func fullDisk(t *testing.T, way string) (b *killedBench, fillAt func(when string) []string, free func()) {
	t.Helper()
	dir := smallDisk(t)
	b = killing{way: way, profile: "modern"}.benchIn(t, dir)
	file := filepath.Join(dir, "filler")
	fillAt = func(when string) []string { return []string{filledAt + "=" + when, filler + "=" + file} }
	free = func() { b.must(os.Remove(file)) }
	return b, fillAt, free
}

const fullSentence = "The disk with the database is full: make room on it, then start again."

// TestProvision_diskFull fills the disk that holds the database, its secrets and its packets at points of a run. The
// program says what is full, what to do, and which key it concerns; when there is room again, the next start makes the
// key ready.
func TestProvision_diskFull(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	for _, row := range []struct{ at, says string }{
		{"before run.begun", fullSentence},
		{"before line.taken", fullSentence},
		{"before run.reset", fullSentence},
		{"before run.seal", fullSentence},
		{"before run.set-pin", fullSentence},
		{"before run.force", fullSentence},
		{"before run.record", fullSentence},
		{"after run.record", "The packet was not printed: The disk with the database is full"},
		{"after parcel.begun", ".pdf: the disk is full. Make room on it and start again."},
		{"before parcel.printed", "The packet was not printed: The disk with the database is full"},
	} {
		t.Run(row.at, func(t *testing.T) {
			b, fillAt, free := fullDisk(t, "lines")
			p := b.first(fillAt(row.at))
			code, said := p.end(), p.err.String()+p.out.String()
			t.Logf("%-22s exit code %d: %s", row.at, code, lastLine(p.err.String()))
			made := reports(t, p.out.String())
			if !strings.Contains(said, row.says) {
				t.Errorf("want %q in\n%s", row.says, said)
			}
			if len(made) == 0 && (code != exitFailure || !strings.Contains(said, "Not finished: "+b.paths[0]+"; leave it plugged in.")) {
				t.Errorf("exit code %d, and nothing is said of the key:\n%s", code, said)
			}
			if len(made) > 0 && (made[0].State != inventory.Ready || made[0].Packet != "" && len(b.packets()) != 1) {
				t.Errorf("%+v was told, with the packets %q", made, b.packets())
			}
			b.wantSafe()
			again := b.provision(nil, b.paths[0]).start()
			if code := again.end(); code == exitDone || !strings.Contains(again.err.String(), " is full") {
				t.Errorf("it starts on a full disk, exit code %d\n%s%s", code, again.err.String(), again.out.String())
			}
			free()
			b.keys[0].PowerCycle()
			b.wantWhole(b.again())
		})
	}
}

// lastLine is the sentence that a program ended with.
func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// TestServe_diskFull fills the disk under a desk that makes four keys: it makes no more, the tiles and what stands above
// them say why, and the pages stay until somebody ends it. The next start finishes every key.
func TestServe_diskFull(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	b, fillAt, free := fullDisk(t, "several")
	p := b.first(fillAt("before run.set-pin"))
	p.untilSays(b.site, "The bench has stopped")
	page := fetch(t, b.site+"/bench")
	for _, want := range []string{fullSentence, `data-word="BENCH STOPPED"`, "leave it in, and start keystation again"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	b.wantSafe()
	p.press(b.site+"/bench/open", url.Values{"stock": {"no"}})
	free()
	b.must(p.cmd.Process.Signal(os.Interrupt))
	if code := p.end(); code != exitFailure || !strings.Contains(p.err.String(), fullSentence) {
		t.Errorf("exit code %d\n%s", code, p.err.String())
	}
	for _, key := range b.keys {
		key.PowerCycle()
	}
	b.wantWhole(b.again())
}

// TestProvision_deafDisk: from the middle of a run on the system takes no write any more, as after a fault of the disk.
func TestProvision_deafDisk(t *testing.T) {
	t.Parallel()
	b := killing{way: "lines", profile: "modern"}.bench(t)
	p := b.first([]string{deafAt + "=before run.set-pin"})
	const want = "The disk with the database cannot be read or written"
	if code := p.end(); code != exitFailure || !strings.Contains(p.err.String(), want) || !strings.Contains(p.err.String(), "Not finished: "+b.paths[0]) {
		t.Errorf("exit code %d\n%s", code, p.err.String())
	}
	b.wantSafe()
	b.keys[0].PowerCycle()
	b.wantWhole(b.again())
}

// TestStart_readOnly: a database on a disk that takes no writes, and one of somebody else, are refused before any key is
// touched.
func TestStart_readOnly(t *testing.T) {
	if !inPrivate(t) {
		return
	}
	dir := smallDisk(t)
	b := killing{way: "lines", profile: "modern"}.benchIn(t, dir)
	before := look(t, b.keys[0])
	b.must(syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	for _, args := range [][]string{
		{"provision", "--db", b.db, "--device", b.paths[0], "--yes"},
		{"serve", "--db", b.db, "--addr", "localhost:0", "--people-addr", "localhost:0", "--device", b.paths[0]},
	} {
		p := program(t, nil, args...).start()
		code := p.end()
		t.Logf("%-10s on a read-only disk, exit code %d: %s", args[0], code, lastLine(p.err.String()))
		if code != exitFailure || !strings.Contains(p.err.String(), "The disk with the database may be read but not written") {
			t.Errorf("%s: exit code %d\n%s", args[0], code, p.err.String())
		}
	}
	before.wantUntouched(t, b.keys[0])
	b.must(syscall.Mount("", dir, "", syscall.MS_REMOUNT, smallDiskSize))
	b.keys[0].PowerCycle()
	b.wantWhole(b.again())
}

// TestProvision_locked: another program keeps the database for itself in the middle of a run, for longer than anybody
// waits; one that only reads for long is no trouble.
func TestProvision_locked(t *testing.T) {
	for _, row := range []struct {
		name, begin string
		code        int
		says        string
	}{
		{"read for long", "BEGIN; SELECT count(*) FROM keys", exitDone, ""},
		{"kept for itself", "BEGIN IMMEDIATE", exitFailure, "Another keystation is writing to the database: try again in a moment. Not finished: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := killing{way: "lines", profile: "modern"}.bench(t)
			p := b.first([]string{heldAt + "=after run.reset"})
			p.await(&p.err, "held")
			db, err := sql.Open("sqlite3", "file:"+b.db)
			b.must(err)
			defer db.Close()
			conn, err := db.Conn(context.WithoutCancel(t.Context()))
			b.must(err)
			_, err = conn.ExecContext(t.Context(), row.begin)
			b.must(err)
			code := p.end()
			t.Logf("%-16s exit code %d: %s", row.name, code, lastLine(p.err.String()))
			if code != row.code || !strings.Contains(p.err.String(), row.says) {
				t.Errorf("exit code %d, want %d and %q\n%s", code, row.code, row.says, p.err.String())
			}
			b.must(conn.Close())
			b.must(db.Close())
			b.wantSafe()
			b.keys[0].PowerCycle()
			b.wantWhole(b.again())
		})
	}
}

// TestProvision_killedWhilePrinting kills the program while the print command runs: paper may have come out or not, so
// the next start prints the packet by itself.
func TestProvision_killedWhilePrinting(t *testing.T) {
	t.Parallel()
	b := killing{way: "lines", profile: "modern"}.bench(t)
	printer, paper := filepath.Join(b.dir, "printer"), filepath.Join(b.dir, "paper")
	b.must(os.WriteFile(printer, []byte(fmt.Sprintf("#!/bin/sh\nif test -e %[1]s.on; then basename \"$1\" >>%[1]s; else touch %[1]s.on; kill -9 $PPID; fi\n", paper)), 0o755))
	b.configure(fmt.Sprintf("print_command = [%q]", printer))
	if code := b.first(nil).end(); code != -1 {
		t.Fatalf("it was not killed, but ended with %d", code)
	}
	b.wantSafe()
	other := stationtest.Key(t, softkey.Config{})
	if code := b.provision(nil, other.Path()).start().end(); code != exitDone {
		t.Errorf("another key: exit code %d", code)
	}
	f, err := os.Open(paper)
	b.must(err)
	defer f.Close()
	printed, err := io.ReadAll(f)
	b.must(err)
	if all := b.packets(); len(all) != 1 || string(printed) != filepath.Base(all[0])+"\n" {
		t.Errorf("printed %q of the packets %q, want the one that the crash swallowed", printed, all)
	}
	b.wantSafe()
	b.wantLedger()
}
