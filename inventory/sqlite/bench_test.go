package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

// peopleFile makes a directory of n people.
func peopleFile(b testing.TB, n int) []inventory.ImportedPerson {
	b.Helper()
	var file strings.Builder
	file.WriteString("name,email,external_id,department,country,language\n")
	for i := range n {
		fmt.Fprintf(&file, "Person %06d,p%d@example.com,E-%d,Department %d,GB,en\n", i, i, i, i%40)
	}
	rows, err := inventory.ReadPeople(strings.NewReader(file.String()))
	if err != nil {
		b.Fatal(err)
	}
	return rows
}

// BenchmarkStore_ImportPeople imports ten thousand people in one transaction.
func BenchmarkStore_ImportPeople(b *testing.B) {
	rows := peopleFile(b, 10_000)
	for b.Loop() {
		b.StopTimer()
		s := inventorytest.Empty(b)
		b.StartTimer()
		if _, err := s.ImportPeople(b.Context(), inventorytest.Operator, rows, false); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStore_Verify verifies a ledger of a hundred thousand entries.
func BenchmarkStore_Verify(b *testing.B) {
	s := inventorytest.Empty(b)
	if _, err := s.ImportPeople(b.Context(), inventorytest.Operator, peopleFile(b, 100_000), false); err != nil {
		b.Fatal(err)
	}
	var entries int64
	for b.Loop() {
		a, err := s.Verify(b.Context(), sqlite.VerifyOptions{})
		if err != nil || !a.Holds() {
			b.Fatal(a, err)
		}
		entries += a.Entries
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkStore_Append writes the journal from one port and from sixteen.
func BenchmarkStore_Append(b *testing.B) {
	for _, ports := range []int{1, 16} {
		b.Run(fmt.Sprint("ports=", ports), func(b *testing.B) {
			s := inventorytest.Empty(b)
			runs := make([]*inventorytest.Run, ports)
			for i := range runs {
				runs[i] = s.MustBegin(fmt.Sprint("1-", i))
			}
			before, _ := s.Commits()
			b.ResetTimer()
			var all sync.WaitGroup
			for _, r := range runs {
				all.Go(func() {
					for range (b.N + ports - 1) / ports {
						r.MustAppend(
							inventory.Entered{Entry: r.Entry(inventory.Identify, inventory.Done)},
							inventory.Entered{Entry: r.Entry(inventory.Reset, "")})
					}
				})
			}
			all.Wait()
			after, _ := s.Commits()
			b.ReportMetric(float64(after-before)/float64(b.N), "commits/op")
		})
	}
}

// filling puts rows into a table, numbered i.
type filling struct {
	rows int
	text string
}

// In a filling: the time of row i, and the person whose turn it is.
const (
	when     = "strftime('%Y-%m-%dT%H:%M:%S', 1700000000 + i * 60, 'unixepoch') || '.000000Z'"
	somebody = "(SELECT id FROM people WHERE external_id = 'E-' || (i % 10000))"
)

// doubts are what judging the keys of a crowd left behind: every key was judged twice, every twentieth is refused and in
// somebody's hands, with an incident, and three of four of those are recalled.
func doubts(keys int) []filling {
	refused := keys / 20
	return []filling{
		{keys, `INSERT INTO registrations SELECT printf('g%08d', i), printf('k%08d', i), printf('r%08d', i), 'tag', 'example.com', CAST(printf('c%08d', i) AS BLOB), x'a0', zeroblob(900), zeroblob(32), '',
			` + when + `, NULL, '', zeroblob(200) FROM n`},
		{100, `INSERT INTO reviews SELECT printf('w%08d', i), 'metadata', i, 1, 200000, 10, 1, 'o', 'O', 'os-user', ` + when + `, ` + when + ` FROM n`},
		{2 * keys, `INSERT INTO judgments SELECT printf('j%08d', i), printf('k%08d', i / 2), printf('g%08d', i / 2), CASE i % 2 WHEN 1 THEN printf('w%08d', i % 100) END, 'genuine',
			'[{"code":"root","sentence":"Its certificate chains to the root of its model."}]', 'Model', 'Maker', 'Root', 100, 1, 'standard', ` + when + ` FROM n`},
		{100, `INSERT INTO recalls SELECT printf('q%08d', i), 'C-' || (1001 + i), 'Its vendor lost a key.', ` + when + `, 'open', 'o', 'O', 'os-user', ` + when + `, NULL FROM n`},
		{refused * 3 / 4, `INSERT INTO recall_items SELECT printf('t%08d', i), 'q00000000', printf('k%08d', 20 * i + 3), ` + somebody + `, NULL, 'due', '', ` + when + ` FROM n`},
		{refused, `INSERT INTO incidents SELECT printf('i%08d', i), 'I-' || (1001 + i), printf('k%08d', 20 * i + 3), ` + somebody + `, 'untrusted', 'It is refused.',
			CASE WHEN i % 4 > 0 THEN 'q00000000' END, ` + when + `, NULL, '' FROM n`},
	}
}

// crowd fills the tables with what years leave behind. It writes past the ledger: only reading is measured.
func crowd(b *testing.B, s *inventorytest.Store, keys int) {
	b.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.Path()+"?_synchronous=OFF&_foreign_keys=0")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const count = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
	for _, fill := range append([]filling{
		{keys, `INSERT INTO keys SELECT printf('k%08d', i), printf('%04X-%04X', i / 65536, i % 65536), 'Model ' || (i % 12), printf('aaguid-%d', i % 12), 'S' || i,
			'usb_iserial', '5.' || (i % 7), CASE i % 5 WHEN 0 THEN 'received' WHEN 1 THEN 'ready' ELSE 'active' END, '', '', NULL, 'touch', 0, 0,
			CASE i % 20 WHEN 3 THEN 'refused' WHEN 4 THEN 'unknown' ELSE 'genuine' END, '[]', ` + when + `, ` + when + `, '1050', 'Maker ' || (i % 4) FROM n`},
		{keys, `INSERT INTO runs SELECT printf('r%08d', i), '1-' || (i % 16), '/dev/x', 'x', 'o', 'O', 'os-user', printf('k%08d', i), NULL, '', ` + when + `, ` + when + `, 'ready', '[]' FROM n`},
		{10 * keys, `INSERT INTO entries (run, seq, at, step, phase, outcome, ms, note, detail) SELECT printf('r%08d', i / 10), 1 + i % 10, ` + when + `, 'tag', 'outcome', 'done', 5, '', '' FROM n`},
		{keys, `INSERT INTO custody (id, key_id, holder_kind, holder_id, holder_name, since, until, by_id, by_name, by_method, note)
			SELECT printf('c%08d', i), printf('k%08d', i), 'person', ` + somebody + `, 'Person', ` + when + `, NULL, 'o', 'O', 'os-user', '' FROM n`},
		{10 * keys, `INSERT INTO ledger_leaves SELECT 20000 + i, '{"seq":1,"at":"","action":"run.tag","subjects":[],"actor_id":"o","actor_method":"os-user","rows":[]}', printf('%064d', i) FROM n`},
		{10 * keys, `INSERT INTO ledger_subjects SELECT 20000 + i, printf('k%08d', i / 10) FROM n`},
	}, doubts(keys)...) {
		insert, rest, _ := strings.Cut(strings.Replace(fill.text, "\n\t\t\tSELECT ", " SELECT ", 1), " SELECT ")
		if _, err := db.Exec(insert+" "+count+"SELECT "+rest, fill.rows); err != nil {
			b.Fatalf("%v\n%s", err, fill.text)
		}
	}
}

// BenchmarkStore_pages asks what pages ask of 200,000 keys and 2,000,000 entries.
func BenchmarkStore_pages(b *testing.B) {
	s := inventorytest.Empty(b)
	if _, err := s.ImportPeople(b.Context(), inventorytest.Operator, peopleFile(b, 10_000), false); err != nil {
		b.Fatal(err)
	}
	crowd(b, s, 200_000)
	list := func(q inventory.KeyQuery) func(context.Context) error {
		return func(ctx context.Context) error { _, err := s.KeyList(ctx, q); return err }
	}
	for _, page := range []struct {
		name string
		ask  func(context.Context) error
	}{
		{"keys", list(inventory.KeyQuery{})},
		{"keys/middle", list(inventory.KeyQuery{After: "k00100000 2024-01-01T00:00:00.000000Z"})},
		{"keys/state", list(inventory.KeyQuery{State: inventory.Ready})},
		{"keys/tag", list(inventory.KeyQuery{Text: "0001-00A"})},
		{"keys/serial", list(inventory.KeyQuery{Text: "S1"})},
		{"keys/model", list(inventory.KeyQuery{Text: "model"})},
		{"keys/model and rare state", list(inventory.KeyQuery{Text: "model", State: inventory.Lost})},
		{"keys/person", list(inventory.KeyQuery{Text: "Person 000123"})},
		{"keys/everybody", list(inventory.KeyQuery{Text: "Person"})},
		{"key", func(ctx context.Context) error { _, err := s.KeyDossier(ctx, "0001-00AA"); return err }},
		{"serial", func(ctx context.Context) error {
			_, err := s.KeyBySerial(ctx, inventory.SerialNumber{Source: inventory.SerialUSB, Number: "S12345"}, "aaguid-9")
			return err
		}},
		{"runs", func(ctx context.Context) error { _, err := s.RunList(ctx, inventory.RunQuery{}); return err }},
		{"people", func(ctx context.Context) error { _, err := s.PersonList(ctx, inventory.PersonQuery{}); return err }},
		{"people/text", func(ctx context.Context) error {
			_, err := s.PersonList(ctx, inventory.PersonQuery{Text: "009999"})
			return err
		}},
		{"affected", func(ctx context.Context) error { _, err := s.Affected(ctx, inventory.AffectedQuery{}); return err }},
		{"overview", func(ctx context.Context) error { _, err := s.Overview(ctx); return err }},
		{"ledger", func(ctx context.Context) error { _, err := s.LedgerList(ctx, 1_000_000, 50); return err }},
		{"incidents", func(ctx context.Context) error { _, err := s.Incidents(ctx, inventory.IncidentQuery{}); return err }},
		{"affected/middle", func(ctx context.Context) error {
			_, err := s.Affected(ctx, inventory.AffectedQuery{After: "k00100003"})
			return err
		}},
		{"models", func(ctx context.Context) error { _, err := s.Models(ctx); return err }},
		{"model", func(ctx context.Context) error { _, err := s.ModelDossier(ctx, "aaguid-9"); return err }},
		{"recalls", func(ctx context.Context) error { _, err := s.Recalls(ctx); return err }},
		{"recall", func(ctx context.Context) error {
			_, err := s.Recall(ctx, "C-1001", inventory.RecallQuery{})
			return err
		}},
		{"recall/due", func(ctx context.Context) error {
			_, err := s.Recall(ctx, "C-1001", inventory.RecallQuery{State: inventory.RecallDue})
			return err
		}},
	} {
		b.Run(page.name, func(b *testing.B) {
			for b.Loop() {
				if err := page.ask(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
