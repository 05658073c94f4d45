package main

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keystation/inventory"
	"keystation/inventory/sqlite"
	"keystation/station"
	"keystation/station/ctap"
	"keystation/station/softkey"
	"keystation/station/stationtest"
)

// wantNothingMade wants no key row and no run without an end, and a ledger that holds.
func (h house) wantNothingMade() {
	h.Helper()
	for _, query := range []string{
		"SELECT count(*) FROM keys", "SELECT count(*) FROM runs WHERE ended_at IS NULL", "SELECT count(*) FROM seals",
		"SELECT count(*) FROM lines WHERE state <> 'open'",
	} {
		if n := h.count(query); n != 0 {
			h.Errorf("%d: %s", n, query)
		}
	}
	if found := h.packets(); len(found) > 0 {
		h.Errorf("there are packets: %q", found)
	}
	h.wantLedger()
}

// looks is a key as somebody left it: what it says of itself, and a credential that it holds.
type looks struct {
	info ctap.Info
	id   []byte
}

const ownersRP = "bank.example"

// look makes a credential on the key, as its owner would have, and gives it power anew.
func look(t *testing.T, k *softkey.Key) looks {
	t.Helper()
	a := stationtest.Open(t, k.Path(), nil)
	defer a.Close()
	hash := sha256.Sum256([]byte("owner"))
	c, err := a.MakeCredential(t.Context(), station.CreationOptions{
		RPID: ownersRP, RPName: "the owner's bank", UserID: []byte{7}, UserName: "owner", ClientDataHash: hash[:],
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err := a.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return looks{info, c.CredentialID}
}

// wantUntouched wants the key as it was.
func (l looks) wantUntouched(t *testing.T, k *softkey.Key) {
	t.Helper()
	a := stationtest.Open(t, k.Path(), nil)
	defer a.Close()
	info, err := a.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(info, l.info) {
		t.Errorf("the key is another than before:\n%+v\n%+v", info, l.info)
	}
	hash := sha256.Sum256([]byte("still there?"))
	_, err = a.Assert(t.Context(), station.RequestOptions{RPID: ownersRP, ClientDataHash: hash[:], AllowCredential: [][]byte{l.id}}, nil)
	if err != nil {
		t.Errorf("what the key held is gone: %v", err)
	}
}

// make runs provision on a path and gives its exit code and all that it said.
func (h house) make(path string, flags ...string) (said string, code int) {
	h.Helper()
	out, errs, code := call(h.T, append([]string{"provision", "--db", h.db, "--device", path, "--json"}, flags...)...)
	return out + errs, code
}

// TestProvision_noKey names what is no FIDO device.
func TestProvision_noKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.asked()
	file := filepath.Join(h.dir, "file")
	h.must(os.WriteFile(file, []byte("no key"), 0o600))
	for _, tt := range []struct {
		name, path, says string
		code             int
	}{
		{"a file", file, "is no FIDO device: name the hidraw node of a key", exitKeys},
		{"a folder", h.dir, "is no FIDO device: name the hidraw node of a key", exitKeys},
		{"another device", "/dev/null", "is no FIDO device: name the hidraw node of a key", exitKeys},
		{"a terminal", terminal(t, false), "is no FIDO device: name the hidraw node of a key", exitKeys},
		{"one that never answers", terminal(t, true), "does not answer as a FIDO key does: check the path", exitFailure},
		{"nothing", filepath.Join(h.dir, "none"), "Nothing is plugged in at ", exitFailure},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := house{t, h.dir, h.db}
			said, code := h.make(tt.path, "--yes")
			if code != tt.code || !strings.Contains(said, tt.says) {
				t.Errorf("exit code %d, want %d and %q\n%s", code, tt.code, tt.says, said)
			}
			h.wantNothingMade()
		})
	}
}

// terminal opens a pseudo-terminal that nobody sits behind; in raw mode it could be a key.
func terminal(t *testing.T, raw bool) (path string) {
	t.Helper()
	_, path = pseudoTerminal(t)
	slave, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slave.Close() })
	mode, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if raw {
		mode.Lflag = 0
	}
	if err := unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// pseudoTerminal opens one: the side of whoever sits there, and the path of the program's side.
func pseudoTerminal(t *testing.T) (master *os.File, path string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	return master, fmt.Sprintf("/dev/pts/%d", n)
}

// TestProvision_leavesAlone is about keys that may not be made: each is as it was, and somebody can read why.
func TestProvision_leavesAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		key   softkey.Config
		flags []string
		says  string
	}{
		{"a stranger's, and nobody to ask", softkey.Config{}, nil,
			"The key is not in the inventory and may be somebody's own. It was left as it is. Nobody could be asked: answer at a terminal, or name the key with --device and say --yes."},
		{"without PIN", softkey.Config{Profile: "no-pin"}, []string{"--yes"},
			"The key has no clientPIN, so it cannot be protected. It was left as it is: use another model."},
		{"too long in", softkey.Config{ResetWindow: time.Nanosecond}, []string{"--yes", "--wait", "1s"},
			"The key must be unplugged and plugged in again before it can be reset, and nobody did within one second."},
		{"touched by nobody", softkey.Config{Touch: softkey.TouchNever}, []string{"--yes", "--wait", "1s"},
			"Nobody touched the key within one second."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.asked()
			config := tt.key
			config.Touch, config.StateFile = 0, filepath.Join(h.dir, "key")
			k := stationtest.Key(t, config)
			before := look(t, k)
			if tt.key.Touch != 0 { // its owner touched it, nobody does now
				h.must(k.Close())
				config.Touch = tt.key.Touch
				k = stationtest.Key(t, config)
			}
			said, code := h.make(k.Path(), tt.flags...)
			if code != exitKeys || !strings.Contains(said, tt.says) {
				t.Errorf("exit code %d, want %d and %q\n%s", code, exitKeys, tt.says, said)
			}
			before.wantUntouched(t, k)
			if n := h.count("SELECT count(*) FROM lines WHERE state <> 'open'"); n != 0 {
				t.Errorf("%d lines are not open any more", n)
			}
			if n := h.count("SELECT count(*) FROM runs WHERE ended_at IS NULL"); n != 0 {
				t.Errorf("%d runs have no end", n)
			}
			h.wantLedger()
		})
	}
}

// TestProvision_U2F has no getInfo to compare.
func TestProvision_U2F(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := stationtest.Key(t, softkey.Config{Profile: "u2f-only"})
	said, code := h.make(k.Path(), "--yes")
	if code != exitKeys || !strings.Contains(said, "speaks only U2F, not FIDO2, and can have no PIN: put it aside.") {
		t.Errorf("exit code %d, want %d\n%s", code, exitKeys, said)
	}
	h.wantNothingMade()
}

// TestProvision_inCustody takes a key that somebody was given: --yes does not help.
func TestProvision_inCustody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := stationtest.Key(t, softkey.Config{})
	said, code := h.make(k.Path(), "--yes")
	if code != exitDone {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	out, _, _ := strings.Cut(said, "\n")
	made := reports(t, out)[0]
	h.deliver(made)
	before := look(t, k)
	k.PowerCycle()
	said, code = h.make(k.Path(), "--yes")
	want := fmt.Sprintf("Key %s is delivered, so somebody else answers for it. It was left as it is: record its return first.", made.Tag)
	if code != exitKeys || !strings.Contains(said, want) {
		t.Errorf("exit code %d, want %d and %q\n%s", code, exitKeys, want, said)
	}
	before.wantUntouched(t, k)
	if n := h.count("SELECT count(*) FROM keys WHERE state = 'delivered'"); n != 1 {
		t.Error("the key is not delivered any more")
	}
	wantPIN(t, h, k.Path(), made.Key)
	h.wantLedger()
}

// deliver hands a ready key over, as a run that only says so.
func (h house) deliver(made provisioned) {
	h.Helper()
	d := h.open()
	defer d.close()
	key, err := d.store.Key(h.Context(), made.Key)
	h.must(err)
	now := inventory.Instant(time.Now())
	key, ev, err := key.Move(inventory.Delivered, "signed for at the desk", now)
	h.must(err)
	id, err := inventory.NewID[inventory.RunID]()
	h.must(err)
	run := inventory.Run{ID: id, Port: "desk", Device: "desk", Owner: "desk", Operator: osActor(), Policy: "none", StartedAt: now}
	h.must(d.store.Begin(h.Context(), run, inventory.Entry{Run: id, Seq: 1, At: now, Step: inventory.Identify, Phase: inventory.Intent}))
	run.End, run.EndedAt = inventory.RunRefused, &now
	h.must(d.store.Append(h.Context(), run.Operator, inventory.Entered{
		Entry: inventory.Entry{Run: id, Seq: 2, At: now, Step: inventory.Identify, Phase: inventory.Ended, Outcome: inventory.StepRefused},
		Key:   &key, Run: &run, Events: []inventory.Event{ev},
	}))
}

// TestProvision_for names requisitions that no key can be made for: no key is even looked at.
func TestProvision_for(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.asked()
	k := stationtest.Key(t, softkey.Config{})
	before := look(t, k)
	for number, says := range map[string]string{
		"R-1002": "Requisition R-1002 is not approved yet: have it approved, then run again.\n",
		"R-4711": "There is no requisition R-4711: look up its number with keystation export.\n",
	} {
		said, code := h.make(k.Path(), "--yes", "--for", number)
		if code != exitFailure || said != says {
			t.Errorf("exit code %d, %q; want %d, %q", code, said, exitFailure, says)
		}
	}
	before.wantUntouched(t, k)
	if n := h.count("SELECT count(*) FROM runs"); n != 0 {
		t.Errorf("%d runs were begun", n)
	}
	h.wantNothingMade()
}

// TestProvision_twoAtOnce starts a second program while the first waits for a touch of the same key.
func TestProvision_twoAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.asked()
	k := stationtest.Key(t, softkey.Config{Touch: softkey.TouchManual})
	first := h.provision(nil, k.Path()).start()
	first.await(&first.err, "TOUCH")
	said, code := h.make(k.Path(), "--yes")
	if code != exitFailure || !strings.Contains(said, "Another program uses the key at "+k.Path()+": close it and try again.") {
		t.Errorf("exit code %d, want %d\n%s", code, exitFailure, said)
	}
	if n := h.count("SELECT count(*) FROM runs WHERE ended_at IS NULL"); n != 1 {
		t.Errorf("%d runs go on, want the first", n)
	}
	stop := touching(k)
	defer stop()
	wantWhole(t, h, first, k.Path())
}

// touching touches the key whenever it asks, until stopped.
func touching(k *softkey.Key) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				k.Touch()
			}
		}
	}()
	return func() { close(done); <-ended }
}

// TestOpen_badDatabase gives every command a database that it cannot use: it is the same, byte for byte, afterwards.
func TestOpen_badDatabase(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, says string
		spoil      func(*testing.T, string)
	}{
		{"of a newer program", "This database was made by a newer keystation (schema 999, this program knows ", func(t *testing.T, path string) {
			spoil(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
		}},
		{"of another program", "is a database, but not one of keystation: name the file that keystation init made.", func(t *testing.T, path string) {
			remove(t, path)
			spoil(t, path, "CREATE TABLE songs (title TEXT)")
		}},
		{"no database", "This file is not a keystation database: name the file that keystation init made.", func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("words "), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			tt.spoil(t, h.db)
			before, err := os.ReadFile(h.db)
			h.must(err)
			for _, args := range [][]string{{"provision"}, {"audit", "verify"}, {"export", "--json"}} {
				out, errs, code := call(t, append(args, "--db", h.db)...)
				if code != exitFailure || out != "" || !strings.Contains(errs, tt.says) || strings.Count(errs, "\n") != 1 {
					t.Errorf("%s: exit code %d, %q%q; want %q", args[0], code, out, errs, tt.says)
				}
			}
			after, err := os.ReadFile(h.db)
			h.must(err)
			if !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// spoil writes to a database behind the program's back, and leaves no write-ahead log.
func spoil(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=DELETE")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// TestProvision_packetsNowhere has no folder to print packets to: it is told before any key is looked at.
func TestProvision_packetsNowhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.asked()
	blocked := filepath.Join(h.dir, "file")
	h.must(os.WriteFile(blocked, nil, 0o600))
	h.configure(fmt.Sprintf("packets = %q", filepath.Join(blocked, "packets")))
	k := stationtest.Key(t, softkey.Config{})
	before := look(t, k)
	said, code := h.make(k.Path(), "--yes")
	if want := filepath.Join(blocked, "packets") + ": it cannot be written."; code != exitFailure || !strings.HasPrefix(said, want) {
		t.Errorf("exit code %d, want %d and %q\n%s", code, exitFailure, want, said)
	}
	before.wantUntouched(t, k)
	h.wantNothingMade()
}

// TestImport_badRows refuses rows, each with its line, and takes the others.
func TestImport_badRows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	file := filepath.Join(h.dir, "people.csv")
	h.must(os.WriteFile(file, []byte("name,email\nAda Lovelace,ada@example.com\n,nobody@example.com\n\"Bell\a Ringer\",bell@example.com\n"), 0o600))
	out, errs, code := call(t, "import", "people", file, "--db", h.db)
	if code != exitKeys {
		t.Errorf("exit code %d, want %d\n%s%s", code, exitKeys, out, errs)
	}
	for _, want := range []string{"3", "4", "control character"} {
		if !strings.Contains(out+errs, want) {
			t.Errorf("%q is not said:\n%s%s", want, out, errs)
		}
	}
	if n := h.count("SELECT count(*) FROM people"); n != 1 {
		t.Errorf("%d people are in the directory, want Ada", n)
	}
	d := h.open()
	if audit, err := d.store.Verify(t.Context(), sqlite.VerifyOptions{}); err != nil || len(audit.Findings) > 0 {
		t.Errorf("the ledger does not hold: %v, %+v", err, audit.Findings)
	}
}
