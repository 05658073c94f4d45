package station_test

import (
	"database/sql"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/station"
	"keystation/station/ctap"
)

// A crowd is a fleet of many keys of twenty models, in batches of a hundredth of all, each key with an attestation of its
// own. It is written past the ledger, which what is measured adds to as always.
type crowd struct {
	*inventorytest.Store
	keys   int
	named  map[ctap.AAGUID]*vendor
	models []ctap.AAGUID
}

const batchesPerModel = 5

func newCrowd(t testing.TB, keys int) *crowd {
	t.Helper()
	c := &crowd{Store: inventorytest.Empty(t), keys: keys, named: map[ctap.AAGUID]*vendor{}}
	vendors := []*vendor{newVendor(t, "Keys Ltd"), newVendor(t, "Locks AG"), newVendor(t, "Doors SA")}
	var batches []batch
	for i := range 20 {
		model, v := ctap.AAGUID{byte(i + 1)}, vendors[i%len(vendors)]
		c.models, c.named[model] = append(c.models, model), v
		for range batchesPerModel {
			batches = append(batches, v.batch(model, v.root.NotAfter))
		}
	}
	db, err := sql.Open("sqlite3", "file:"+c.Path()+"?_synchronous=OFF&_foreign_keys=0")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	made := make(chan func(*sql.Tx) error, 64)
	var signing sync.WaitGroup
	for n := range runtime.NumCPU() {
		signing.Go(func() {
			for i := n; i < keys; i += runtime.NumCPU() {
				made <- crowded(i, batches[i%len(batches)])
			}
		})
	}
	go func() { signing.Wait(); close(made) }()
	for write := range made {
		if err == nil {
			err = write(tx)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return c
}

// crowded makes key i of a batch. Nine of ten are with people, of whom each has two; the others are in stock.
func crowded(i int, b batch) func(*sql.Tx) error {
	id := fmt.Sprintf("%08d-k", i)
	object, hash := b.attestation(id)
	state, when := inventory.Active, inventory.FormatTime(inventorytest.Start)
	if i/len(b.model)%10 == 9 {
		state = inventory.Received
	}
	return func(tx *sql.Tx) error {
		person := fmt.Sprintf("p%08d", i/2)
		var err error
		do := func(text string, args ...any) {
			if err == nil {
				_, err = tx.Exec(text, args...)
			}
		}
		do(`INSERT INTO keys (id, asset_tag, model, aaguid, serial, serial_source, firmware, state, state_reason, next_action, line, arrival, pin_known,
			test, verdict, reasons, created_at, changed_at) VALUES (?, ?, 'Model', ?, '', 'none', '5.7.1', ?, '', '', NULL, 'touch', 0, 0, 'genuine', '[]', ?, ?)`,
			id, fmt.Sprintf("%04X-%04X", i>>16, i&0xFFFF), b.model.String(), state, when, when)
		do(`INSERT INTO registrations (id, key_id, run, kind, rp_id, credential_id, public_key, attestation, client_data_hash, method_id, registered_at,
			revoked_at, revoked_why) VALUES (?, ?, 'r', 'tag', 'localhost', ?, ?, ?, ?, '', ?, NULL, '')`, "g"+id, id, []byte(id), b.publicKey, object, hash, when)
		if i%2 == 0 {
			do(`INSERT INTO people (id, external_id, email, name, department, country, language, state, created_at, changed_at)
				VALUES (?, ?, '', 'Person', '', '', '', 'active', ?, ?)`, person, person, when, when)
		}
		if state == inventory.Active {
			do(`INSERT INTO custody (id, key_id, holder_kind, holder_id, holder_name, since, until, by_id, by_name, by_method, note)
				VALUES (?, ?, 'person', ?, 'Person', ?, NULL, 'o', 'O', 'os-user', '')`, "c"+id, id, person, when)
		}
		return err
	}
}

func (c *crowd) reviewer(no int, revoked ...ctap.AAGUID) station.Reviewer {
	p := station.DefaultPolicy(inventory.LocalRPID)
	p.Catalog = catalog(c.T, no, "2026-12-15", c.named, revoked...)
	return station.Reviewer{Fleet: c, Policy: p, Now: c.Clock.Now}
}

// crowdReviews are judged one after the other.
var crowdReviews = []struct {
	name    string
	revoked int  // models
	changed bool // from the review before
}{
	{"first, all written", 0, false},
	{"nothing new", 0, false},
	{"one model of 20 revoked", 1, true},
}

// reviewed judges the crowd and looks at what came of it.
func (c *crowd) reviewed(no, revoked int, changed bool, progress func(done, total int)) {
	c.T.Helper()
	r := c.reviewer(no, c.models[:revoked]...)
	r.Progress = progress
	done, err := r.Review(c.T.Context(), inventorytest.Operator, "Metadata came.")
	want := 0
	if changed {
		want = c.keys / len(c.models)
	}
	if err != nil || done.Keys != c.keys || done.Changed != want || done.Refused != want {
		c.T.Fatalf("%+v, %v", done, err)
	}
}

// A fleet that takes many pages is judged whole, however they are shared out, and progress never goes back.
func TestReviewer_Review_manyPages(t *testing.T) {
	c := newCrowd(t, 2000)
	for i, r := range crowdReviews {
		last := 0
		c.reviewed(i+1, r.revoked, r.changed, func(done, total int) {
			if done < last || total != 2000 {
				t.Errorf("%s: %d of %d after %d", r.name, done, total, last)
			}
			last = done
		})
		if last != 2000 {
			t.Errorf("%s: told %d at last", r.name, last)
		}
	}
	p, err := c.Affected(t.Context(), inventory.AffectedQuery{Limit: 500})
	if err != nil || p.Keys != len(p.Rows) || p.Keys == 0 {
		t.Errorf("%d affected in %d rows, %v", p.Keys, len(p.Rows), err)
	}
	o, err := c.OpenRecall(t.Context(), inventorytest.Operator, inventory.Recall{Reason: "It is revoked.", Deadline: inventorytest.Start.AddDate(0, 1, 0)}, inventory.RecallOf{Untrusted: true})
	if err != nil || o.Keys != p.Keys {
		t.Errorf("%d keys recalled, %v", o.Keys, err)
	}
}

// BenchmarkReviewer judges 200,000 kept attestations again: the budget is 60 s and 300 MB.
func BenchmarkReviewer(b *testing.B) {
	const keys = 200_000
	c := newCrowd(b, keys)
	for i, r := range crowdReviews {
		b.Run(strings.ReplaceAll(r.name, " ", "-"), func(b *testing.B) {
			forgetPeak(b)
			began, spent, calls := time.Now(), cpu(b), 0
			c.reviewed(i+1, r.revoked, r.changed, func(int, int) { calls++ })
			took := time.Since(began).Seconds()
			b.ReportMetric(took, "s/200000")
			b.ReportMetric((cpu(b) - spent).Seconds(), "cpu-s")
			b.ReportMetric(keys/took, "judgments/s")
			b.ReportMetric(peak(b), "MB-peak")
			b.ReportMetric(float64(calls), "progress-calls")
		})
	}
	b.Run("foreseen", func(b *testing.B) {
		forgetPeak(b)
		began := time.Now()
		f, err := c.reviewer(9, c.models[1]).Foresee(b.Context())
		if err != nil || f.Refused != keys/20 || f.Cleared != keys/20 {
			b.Fatal(f.Refused, f.Cleared, err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/200000")
		b.ReportMetric(peak(b), "MB-peak")
	})
	b.Run("recalled", func(b *testing.B) {
		forgetPeak(b)
		began := time.Now()
		o, err := c.OpenRecall(b.Context(), inventorytest.Operator, inventory.Recall{Reason: "It is revoked.", Deadline: inventorytest.Start.AddDate(0, 1, 0)}, inventory.RecallOf{Untrusted: true})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s")
		b.ReportMetric(float64(o.Keys), "keys")
		b.ReportMetric(peak(b), "MB-peak")
	})
}

// cpu is what the process has computed so far, whoever else computed meanwhile.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// forgetPeak lets the kernel measure the most memory from now on (proc(5), clear_refs).
func forgetPeak(b *testing.B) {
	b.Helper()
	runtime.GC()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Log("the peak is that of the whole process: ", err)
	}
}

// peak is the most memory that the process had, in MB.
func peak(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			kb, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	b.Fatal("no VmHWM in /proc/self/status")
	return 0
}
