// Package inventorytest opens a real database for tests, with a few people and requisitions in it.
//
// It knows what most tests need to begin with and how to make a key the way the bench does, journal entry by journal
// entry. It leaves to the test what the test is about. Everything goes through the methods that the program uses;
// what fails here fails the test.
//
// The clock is a second later each time it is asked, beginning at [Start], so that what is written has an order and is
// the same in every run of a test.
package inventorytest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/ledger"
	"keystation/inventory/seal"
	"keystation/inventory/sqlite"
)

// Start is what the clock shows at first.
var Start = time.Date(2026, time.November, 20, 8, 0, 0, 0, time.UTC)

// Operator is who makes keys in these tests.
var Operator = inventory.Actor{ID: "os-user:operator", Name: "Olga Operator", Method: inventory.ByOSUser}

// People is the directory, as a file that can be imported.
const People = `name,email,external_id,department,country,language
Ada Lovelace,ada@example.com,E-1,Engines,GB,en
Grace Hopper,grace@example.com,E-2,Compilers,US,en
Alan Turing,alan@example.com,E-3,Logic,GB,en
Софья Ковалевская,sofia@example.com,E-4,Analysis,SE,ru
`

// Requisitions is what is asked for: R-1001 two keys to be sent, R-1002 one key for the desk, R-1003 one key that
// nobody has approved, R-1004 two keys in Cyrillic.
const Requisitions = `reference,person,reason,keys,connector,tier,recipient,street,city,postal_code,country,approved_by
T-1,ada@example.com,Production access,2,usb-c,elevated,Ada Lovelace,12 St James's Square,London,SW1Y 4JH,GB,Mary Somerville
T-2,E-2,Signs releases,1,,standard,,,,,,Mary Somerville
T-3,alan@example.com,Travels,1,usb-a,standard,,,,,,
T-4,sofia@example.com,Работа из дома,2,usb-c,standard,Софья Ковалевская,Stora Nygatan 1,Stockholm,111 27,SE,Mary Somerville
`

// Clock is a second later each time it is asked. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now gives the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

// Set sets it, forth or back.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Store is a database of its own for one test, closed and removed when the test ends.
type Store struct {
	*sqlite.Store
	T       testing.TB
	Options sqlite.Options // to open the same file once more
	Clock   *Clock
	Sealer  seal.Sealer // of PINs
	Opener  seal.Opener
	Signer  string // private half of the key that signs checkpoints
	Owner   *sqlite.Owner
}

// mold is an empty database and what belongs to it, made once for all tests of a process and copied for each: bringing a
// file up to date takes longer than most tests.
type mold struct {
	file                []byte
	identity, recipient string
	signer              string
	now                 time.Time
}

// cast makes the mold of this process.
var cast = sync.OnceValues(newMold)

func newMold() (m mold, err error) {
	dir, err := os.MkdirTemp("", "keystation-test-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var verifier string
	if m.identity, m.recipient, err = seal.NewIdentity(); err != nil {
		return m, err
	}
	if m.signer, verifier, err = ledger.NewSigningKey(nil, "keys.test"); err != nil {
		return m, err
	}
	clock, path := &Clock{now: Start}, filepath.Join(dir, "keys.db")
	settings := inventory.Settings{RPID: inventory.LocalRPID, Origin: "keys.test", Verifier: verifier, Recipient: m.recipient}
	store, err := sqlite.Init(context.Background(), path, sqlite.Options{Now: clock.Now}, settings, Operator)
	if err != nil {
		return m, err
	}
	if err := store.Close(); err != nil {
		return m, err
	}
	m.now = clock.now
	m.file, err = os.ReadFile(path)
	return m, err
}

// Empty makes a database that holds nothing but its settings. All of a process have the same keys.
func Empty(t testing.TB) *Store {
	t.Helper()
	m, err := cast()
	if err != nil {
		t.Fatal(err)
	}
	return m.open(t)
}

// Another makes an empty database with keys of its own.
func Another(t testing.TB) *Store {
	t.Helper()
	m, err := newMold()
	if err != nil {
		t.Fatal(err)
	}
	return m.open(t)
}

// File writes an empty database to path, for whoever opens it with options of their own. It is the one that [Empty]
// opens a copy of.
func File(t testing.TB, path string) {
	t.Helper()
	m, err := cast()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, m.file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// open opens a copy.
func (m mold) open(t testing.TB) *Store {
	t.Helper()
	s := &Store{T: t}
	var err error
	s.Clock, s.Signer = &Clock{now: m.now}, m.signer
	s.Opener, err = seal.NewOpener(m.identity)
	s.must(err)
	s.Sealer, err = seal.NewSealer(m.recipient)
	s.must(err)
	dir := t.TempDir()
	s.Options = sqlite.Options{
		Locks: filepath.Join(dir, "locks"), Now: s.Clock.Now,
		SealAddress: s.Sealer.SealAddress, OpenAddress: s.Opener.OpenAddress,
	}
	path := filepath.Join(dir, "keys.db")
	s.must(os.WriteFile(path, m.file, 0o600))
	s.Store, err = sqlite.Open(t.Context(), path, s.Options)
	s.must(err)
	t.Cleanup(func() { _ = s.Close() })
	s.Owner, err = sqlite.NewOwner(s.Options.Locks)
	s.must(err)
	t.Cleanup(func() { _ = s.Owner.Close() })
	return s
}

// Open makes a database with [People] and [Requisitions] in it.
func Open(t testing.TB) *Store {
	t.Helper()
	s := Empty(t)
	s.MustImport(People, Requisitions)
	return s
}

// OpenDecided is Open with every requisition approved, so that nobody is asked to decide: what a database from before
// people decided here could hold.
func OpenDecided(t testing.TB) *Store {
	t.Helper()
	s := Empty(t)
	s.MustImport(People, strings.Replace(Requisitions, "Travels,1,usb-a,standard,,,,,,", "Travels,1,usb-a,standard,,,,,,Mary Somerville", 1))
	return s
}

func (s *Store) must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// MustImport imports both files and fails when a row is refused.
func (s *Store) MustImport(people, requisitions string) {
	s.T.Helper()
	rows, err := inventory.ReadPeople(strings.NewReader(people))
	s.must(err)
	results, err := s.ImportPeople(s.T.Context(), Operator, rows, false)
	s.must(err)
	s.mustAll(results)
	asked, err := inventory.ReadRequisitions(strings.NewReader(requisitions))
	s.must(err)
	results, err = s.ImportRequisitions(s.T.Context(), Operator, asked, false)
	s.must(err)
	s.mustAll(results)
}

func (s *Store) mustAll(results []inventory.RowResult) {
	s.T.Helper()
	for _, r := range results {
		if r.Outcome == inventory.RowRefused {
			s.T.Fatalf("line %d was refused: %s", r.Line, r.Sentence)
		}
	}
}

// MustAgain opens the same file a second time, as another process would.
func (s *Store) MustAgain() *sqlite.Store {
	s.T.Helper()
	again, err := sqlite.Open(s.T.Context(), s.Path(), s.Options)
	s.must(err)
	s.T.Cleanup(func() { _ = again.Close() })
	return again
}
