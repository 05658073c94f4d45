package sqlite_test

import (
	"context"
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

// BenchmarkStore_pages asks what pages ask of 200,000 keys and 2,000,000 entries.
func BenchmarkStore_pages(b *testing.B) {
	s := inventorytest.Empty(b)
	if _, err := s.ImportPeople(b.Context(), inventorytest.Operator, peopleFile(b, 10_000), false); err != nil {
		b.Fatal(err)
	}
	s.MustCrowd(200_000)
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
			_, err := s.Recall(ctx, "C-100001", inventory.RecallQuery{})
			return err
		}},
		{"recall/due", func(ctx context.Context) error {
			_, err := s.Recall(ctx, "C-100001", inventory.RecallQuery{State: inventory.RecallDue})
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
