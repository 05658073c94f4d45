package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"

	"github.com/mattn/go-sqlite3"

	"keystation/inventory"
)

// Commits tells how many transactions were committed and how many requests they held.
func (s *Store) Commits() (commits, served int64) {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	return s.group.commits, s.group.served
}

// Waiting tells how many requests wait for a leader.
func (s *Store) Waiting() int {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	return len(s.group.waiting)
}

// Hold leads the group until it is let go, without writing anything.
func (s *Store) Hold(ctx context.Context) (letGo func()) {
	held, free, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		_ = s.update(ctx, inventory.System("test"), func(context.Context, *txn) error {
			close(held)
			<-free
			return nil
		})
	}()
	<-held
	return func() { close(free); <-over }
}

// SaveUnsaid saves a person without an event that says so.
func (s *Store) SaveUnsaid(ctx context.Context, p inventory.Person) error {
	return s.update(ctx, inventory.System("test"), func(ctx context.Context, tx *txn) error { return people.save(ctx, tx, p) })
}

// Panic panics in the middle of an act.
func (s *Store) Panic(ctx context.Context) {
	_ = s.update(ctx, inventory.System("test"), func(context.Context, *txn) error { panic("on purpose") })
}

// Recorded are the tables whose rows Verify compares.
func Recorded() []string {
	names := []string{entries.name}
	for _, t := range recorded {
		names = append(names, t.called())
	}
	return names
}

// Engine opens a database by the engine's own name for it, with the functions that statements call.
func Engine(name string) *sql.DB { return sql.OpenDB(connector{name}) }

// Query is a statement as it was asked.
type Query struct {
	Text string
	Args []driver.NamedValue
}

// Recorder notes the statements of a store's readers.
type Recorder struct {
	mu  sync.Mutex
	all []Query
}

// Record puts a recorder between the store and its readers.
func (s *Store) Record(t *testing.T) *Recorder {
	r := &Recorder{}
	plain := s.readers
	s.readers = sql.OpenDB(recording{r, "file:" + s.path + "?" + readerPragmas})
	t.Cleanup(func() { _ = plain.Close() })
	return r
}

// Take gives what was asked since the last time.
func (r *Recorder) Take() []Query {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

type recording struct {
	r    *Recorder
	name string
}

func (c recording) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := connector{c.name}.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return recordingConn{conn.(*sqlite3.SQLiteConn), c.r}, nil
}

func (c recording) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

type recordingConn struct {
	*sqlite3.SQLiteConn
	r *Recorder
}

func (c recordingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.r.mu.Lock()
	c.r.all = append(c.r.all, Query{query, args})
	c.r.mu.Unlock()
	return c.SQLiteConn.QueryContext(ctx, query, args)
}

// SavePerson writes p with an entry that says so: there is no other way yet for a person to leave.
func (s *Store) SavePerson(ctx context.Context, p inventory.Person) error {
	return s.update(ctx, inventory.System("test"), func(ctx context.Context, tx *txn) error {
		if err := people.save(ctx, tx, p); err != nil {
			return err
		}
		return tx.log(ctx, inventory.Event{Action: "person.left", Subjects: []string{string(p.ID)}})
	})
}

// MoveKey takes a key to other states, one after the other, and into somebody's hands when a holder is named: what comes
// after ready is not written yet.
func (s *Store) MoveKey(ctx context.Context, id inventory.KeyID, holder *inventory.Holder, states ...inventory.KeyState) error {
	return s.update(ctx, inventory.System("test"), func(ctx context.Context, tx *txn) error {
		k, err := key(ctx, tx.sql, id)
		if err != nil {
			return err
		}
		var events []inventory.Event
		for _, to := range states {
			var ev inventory.Event
			if to == inventory.Quarantined {
				k, ev, err = k.Quarantine("a test", "Look at it.", tx.now)
			} else {
				k, ev, err = k.Move(to, "a test", tx.now)
			}
			if err != nil {
				return err
			}
			events = append(events, ev)
		}
		if err := keys.save(ctx, tx, k); err != nil {
			return err
		}
		if holder != nil {
			id, err := inventory.NewID[inventory.CustodyID]()
			if err != nil {
				return err
			}
			c := inventory.Custody{ID: id, Key: k.ID, Holder: *holder, From: tx.now, By: tx.by}
			if err := tx.handOver(ctx, c); err != nil {
				return err
			}
		}
		return tx.logAll(ctx, append(events, inventory.Event{Action: "test.moved"}))
	})
}

// Guard gives a requisition another tier: nobody can have a critical one approved yet.
func (s *Store) Guard(ctx context.Context, number string, tier inventory.Tier) error {
	return s.update(ctx, inventory.System("test"), func(ctx context.Context, tx *txn) error {
		r, err := requisitions.one(ctx, tx.sql, "WHERE number = $1", number)
		if err != nil {
			return err
		}
		r.Tier = tier
		if err := requisitions.save(ctx, tx, r); err != nil {
			return err
		}
		return tx.log(ctx, inventory.Event{Action: "test.guarded"})
	})
}

// AddAddress puts an address of the directory into somebody's book, as an import does.
func (s *Store) AddAddress(ctx context.Context, by inventory.Actor, p inventory.Person, label string, a inventory.Address) error {
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		events, err := s.addAddress(ctx, tx, p, label, a)
		if err != nil {
			return err
		}
		return tx.logAll(ctx, events)
	})
}
