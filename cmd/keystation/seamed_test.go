package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/seal"
	"keystation/inventory/sqlite"
	"keystation/web"
)

// seamed is the name under which the test binary is the program with something put into its seams. What, the
// environment says; only mainSeamed reads these variables.
const (
	seamed   = "keystation-seamed"
	heldWhen = "KEYSTATION_TEST_HELD"   // "made": stop there until standard input ends
	canary   = "KEYSTATION_TEST_CANARY" // text that is kept in memory, the other way round, while the program is held
)

func mainSeamed() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := seams{commit: newTraps().commit, who: userHere}
	if os.Getenv(heldWhen) == "made" {
		s.made = hold
	}
	os.Exit(run(ctx, s, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// userHere lets whoever comes in be the user of this machine, with all roles: how people sign in is shown elsewhere.
func userHere(*http.Request) (web.Visitor, bool) {
	return web.Visitor{Actor: osActor(), Roles: inventory.Roles, Proved: time.Now()}, true
}

// hold stops the program where it is, with a text in memory that a search of that memory has to find.
func hold() {
	known := []byte(os.Getenv(canary))
	for i, j := 0, len(known)-1; i < j; i, j = i+1, j-1 {
		known[i], known[j] = known[j], known[i]
	}
	fmt.Fprintln(os.Stderr, "held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	clear(known)
}

// house is a database of its own, with what init makes beside it.
type house struct {
	*testing.T
	dir, db string
}

// newHouse makes a database, with more flags of init.
func newHouse(t *testing.T, flags ...string) house {
	t.Helper()
	return newHouseIn(t, t.TempDir(), flags...)
}

func newHouseIn(t *testing.T, dir string, flags ...string) house {
	t.Helper()
	h := house{T: t, dir: dir}
	h.db = filepath.Join(h.dir, "keys.db")
	if out, errs, code := call(t, append([]string{"init", "--db", h.db}, flags...)...); code != exitDone {
		t.Fatalf("init: exit code %d\n%s%s", code, out, errs)
	}
	return h
}

func (h house) secrets() string { return h.db + ".secrets" }
func (h house) bench() string   { return benchDir(h.db) }

// configure replaces commented defaults of the configuration: "#key = …" by the line given.
func (h house) configure(lines ...string) {
	h.Helper()
	path := filepath.Join(h.bench(), configFile)
	b, err := os.ReadFile(path)
	h.must(err)
	text := strings.Split(string(b), "\n")
	for _, line := range lines {
		key, _, _ := strings.Cut(line, "=")
		n := 0
		for i := range text {
			if strings.HasPrefix(text[i], "#"+key+"=") {
				text[i], n = line, n+1
			}
		}
		if n != 1 {
			h.Fatalf("%q stands %d times in the configuration that init made", key, n)
		}
	}
	h.must(os.WriteFile(path, []byte(strings.Join(text, "\n")), 0o640))
}

func (h house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// open opens the database as the program does.
func (h house) open() *desk {
	h.Helper()
	cfg, err := loadConfig(configInput{flags: map[string]any{"database.path": h.db}})
	h.must(err)
	d, err := openDesk(h.Context(), cfg)
	h.must(err)
	h.Cleanup(func() { _ = d.close() })
	return d
}

const houseRequisitions = `reference,person,reason,keys,recipient,street,city,postal_code,country,approved_by
T-1,ada@example.com,Production access,1,Ada Lovelace,12 St James's Square,London,SW1Y 4JH,GB,Mary Somerville
T-2,alan@example.com,Travels,1,Alan Turing,1 Wilmslow Road,Manchester,M14 5TP,GB,
`

// asked imports two requisitions: R-1001 of one approved key, R-1002 of one that nobody approved. Then as many more as are
// named, of one approved key each.
func (h house) asked(more ...string) {
	h.Helper()
	d := h.open()
	defer d.close()
	people, err := inventory.ReadPeople(strings.NewReader("name,email\nAda Lovelace,ada@example.com\nAlan Turing,alan@example.com\n"))
	h.must(err)
	_, err = d.store.ImportPeople(h.Context(), osActor(), people, false)
	h.must(err)
	text := houseRequisitions
	for _, reference := range more {
		text += reference + ",ada@example.com,Production access,1,Ada Lovelace,12 St James's Square,London,SW1Y 4JH,GB,Mary Somerville\n"
	}
	rows, err := inventory.ReadRequisitions(strings.NewReader(text))
	h.must(err)
	results, err := d.store.ImportRequisitions(h.Context(), osActor(), rows, false)
	h.must(err)
	for _, r := range results {
		if r.Outcome != inventory.RowCreated {
			h.Fatalf("line %d: %s", r.Line, r.Sentence)
		}
	}
}

// count asks the database itself.
func (h house) count(query string, args ...any) (n int) {
	h.Helper()
	db, err := sql.Open("sqlite3", "file:"+h.db+"?mode=ro&_busy_timeout=10000")
	h.must(err)
	defer db.Close()
	h.must(db.QueryRow(query, args...).Scan(&n))
	return n
}

// packets are the files in the folder for packets.
func (h house) packets() []string {
	h.Helper()
	found, err := filepath.Glob(filepath.Join(h.bench(), "packets", "*"))
	found = slices.DeleteFunc(found, func(path string) bool { return filepath.Base(path) == "labels" })
	h.must(err)
	return found
}

// pinOf opens the sealed PIN of a key with the identity that only the server has.
func (h house) pinOf(id inventory.KeyID) inventory.PIN {
	h.Helper()
	d := h.open()
	defer d.close()
	s, err := d.store.LiveSeal(h.Context(), id)
	h.must(err)
	identity, err := readSecret(h.secrets(), pinIdentityFile)
	h.must(err)
	opener, err := seal.NewOpener(identity)
	h.must(err)
	pin, err := opener.Open(s.Blob, s.Run, id)
	h.must(err)
	return pin
}

// process is the program in a process of its own.
type process struct {
	*testing.T
	cmd      *exec.Cmd
	out, err transcript
	in       io.WriteCloser
	ended    chan struct{} // closed when it has ended and said all it had to say
}

// transcript is what a process said so far.
type transcript struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{} // closed and replaced with every write
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more != nil {
		close(s.more)
		s.more = nil
	}
	return s.b.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// next is what was said, and what is closed when there is more.
func (s *transcript) next() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more == nil {
		s.more = make(chan struct{})
	}
	return s.b.String(), s.more
}

// program prepares a process of the seamed program: vars are for its environment.
func program(t *testing.T, vars []string, args ...string) *process {
	t.Helper()
	p := &process{T: t, cmd: exec.Command(seamed, args...), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), vars...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	return p
}

// start starts it; it is killed when the test ends before it does.
func (p *process) start() *process {
	p.Helper()
	if p.cmd.Stdin == nil {
		var err error
		if p.in, err = p.cmd.StdinPipe(); err != nil {
			p.Fatal(err)
		}
	}
	if err := p.cmd.Start(); err != nil {
		p.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the exit code says it
	}()
	p.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// await waits until the process has said the text.
func (p *process) await(s *transcript, text string) {
	p.Helper()
	for {
		said, more := s.next()
		if strings.Contains(said, text) {
			return
		}
		select {
		case <-more:
		case <-p.ended:
			if said, _ := s.next(); strings.Contains(said, text) {
				return
			}
			p.Fatalf("the program never said %q, but\n%s%s", text, p.err.String(), p.out.String())
		}
	}
}

// end waits for the end of the process and gives its exit code, -1 when it was killed.
func (p *process) end() int {
	p.Helper()
	if p.in != nil {
		_ = p.in.Close()
	}
	<-p.ended
	return p.cmd.ProcessState.ExitCode()
}

// provisioned is one line of provision --json.
type provisioned struct {
	Run     inventory.RunID    `json:"run"`
	Key     inventory.KeyID    `json:"key"`
	Tag     inventory.AssetTag `json:"asset_tag"`
	Device  string             `json:"device"`
	State   inventory.KeyState `json:"state"`
	Reasons []string           `json:"reasons"`
	Packet  string             `json:"packet"`
	Steps   []struct {
		Name    inventory.Step    `json:"name"`
		Outcome inventory.Outcome `json:"outcome"`
	} `json:"steps"`
}

// reports reads what provision --json printed.
func reports(t *testing.T, stdout string) (all []provisioned) {
	t.Helper()
	for line := range strings.Lines(stdout) {
		var r provisioned
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, r)
	}
	return all
}

// wantLedger wants the ledger to hold, and every row to be as its last entry says.
func (h house) wantLedger() {
	h.Helper()
	d := h.open()
	defer d.close()
	audit, err := d.store.Verify(h.Context(), sqlite.VerifyOptions{})
	h.must(err)
	for _, f := range audit.Findings {
		h.Errorf("the ledger does not hold: %+v", f)
	}
}
