package sqlite_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

// pages are the questions that pages and the bench ask.
func pages(s *inventorytest.Store, r *inventorytest.Run) map[string]func(context.Context) error {
	keyList := func(q inventory.KeyQuery) func(context.Context) error {
		return func(ctx context.Context) error { _, err := s.KeyList(ctx, q); return err }
	}
	return map[string]func(context.Context) error{
		"keys":            keyList(inventory.KeyQuery{}),
		"keys, next page": keyList(inventory.KeyQuery{After: "id 2026-11-20T08:15:00.000000Z"}),
		"keys by state":   keyList(inventory.KeyQuery{State: inventory.Ready}),
		"keys by text":    keyList(inventory.KeyQuery{Text: "ada", State: inventory.Ready}),
		"key":             func(ctx context.Context) error { _, err := s.KeyDossier(ctx, r.Key.Tag); return err },
		"key by serial": func(ctx context.Context) error {
			_, err := s.KeyBySerial(ctx, inventory.SerialNumber{Vendor: "1050", Source: inventory.SerialUSB, Number: "4711"}, inventorytest.AAGUID)
			return err
		},
		"live tags":     func(ctx context.Context) error { _, err := s.LiveTags(ctx, inventorytest.AAGUID, 10); return err },
		"registrations": func(ctx context.Context) error { _, err := s.Registrations(ctx, r.Key.ID); return err },
		"order":         func(ctx context.Context) error { _, err := s.Order(ctx, r.Order.Line.ID); return err },
		"made":          func(ctx context.Context) error { _, err := s.Made(ctx, r.Key.ID); return err },
		"made since":    func(ctx context.Context) error { _, err := s.MadeSince(ctx, inventorytest.Start); return err },
		"runs":          func(ctx context.Context) error { _, err := s.RunList(ctx, inventory.RunQuery{}); return err },
		"runs by end": func(ctx context.Context) error {
			_, err := s.RunList(ctx, inventory.RunQuery{End: inventory.RunReady})
			return err
		},
		"rework":  func(ctx context.Context) error { _, err := s.Rework(ctx, 20); return err },
		"one run": func(ctx context.Context) error { _, err := s.Run(ctx, r.Row.ID); return err },
		"run":     func(ctx context.Context) error { _, err := s.RunDossier(ctx, r.Row.ID); return err },
		"requisitions": func(ctx context.Context) error {
			_, err := s.RequisitionList(ctx, inventory.RequisitionQuery{})
			return err
		},
		"requisition": func(ctx context.Context) error { _, err := s.RequisitionByNumber(ctx, "R-1001"); return err },
		"open lines":  func(ctx context.Context) error { _, err := s.OpenLines(ctx, 10); return err },
		"people":      func(ctx context.Context) error { _, err := s.PersonList(ctx, inventory.PersonQuery{}); return err },
		"person": func(ctx context.Context) error {
			_, err := s.PersonDossier(ctx, r.Order.Person.ID)
			return err
		},
		"ledger":            func(ctx context.Context) error { _, err := s.LedgerList(ctx, 0, 10); return err },
		"queue of the desk": func(ctx context.Context) error { _, err := s.Queue(ctx, ""); return err },
		"queue of an approver": func(ctx context.Context) error {
			_, err := s.ApprovalQueue(ctx, inventory.Actor{ID: string(r.Order.Person.ID), Method: inventory.ByOIDC}, "")
			return err
		},
		"ledger head": func(ctx context.Context) error { _, err := s.LedgerHead(ctx); return err },
		"evidence":    func(ctx context.Context) error { _, err := s.Evidence(ctx, "", 10); return err },
		"last review": func(ctx context.Context) error { _, err := s.LastReview(ctx); return err },
		"models":      func(ctx context.Context) error { _, err := s.Models(ctx); return err },
		"model":       func(ctx context.Context) error { _, err := s.ModelDossier(ctx, inventorytest.AAGUID); return err },
		"recalls":     func(ctx context.Context) error { _, err := s.Recalls(ctx); return err },
		"recall": func(ctx context.Context) error {
			_, err := s.Recall(ctx, "C-1001", inventory.RecallQuery{})
			return err
		},
		"recall, what is due": func(ctx context.Context) error {
			_, err := s.Recall(ctx, "C-1001", inventory.RecallQuery{State: inventory.RecallDue})
			return err
		},
		"incidents": func(ctx context.Context) error { _, err := s.Incidents(ctx, inventory.IncidentQuery{}); return err },
		"incidents, closed ones too": func(ctx context.Context) error {
			_, err := s.Incidents(ctx, inventory.IncidentQuery{Closed: true})
			return err
		},
		"who is asked for": func(ctx context.Context) error {
			_, err := s.AskFacts(ctx, inventory.Actor{ID: string(r.Order.Person.ID)}, "")
			return err
		},
		"person by e-mail": func(ctx context.Context) error { _, err := s.PersonByEmail(ctx, "ada@example.com"); return err },
		"readiness":        func(ctx context.Context) error { _, err := s.Readiness(ctx); return err },
		"address book": func(ctx context.Context) error {
			_, err := s.AddressBook(ctx, inventory.Actor{}, r.Order.Person.ID)
			return err
		},
		"roles":            func(ctx context.Context) error { _, err := s.PeopleWithRoles(ctx); return err },
		"roles that ended": func(ctx context.Context) error { _, err := s.RolesEnded(ctx, 10); return err },
		"metadata":         func(ctx context.Context) error { _, err := s.MetadataInfo(ctx); return err },
		"policy":           func(ctx context.Context) error { _, err := s.Policy(ctx); return err },
		"policy history":   func(ctx context.Context) error { _, err := s.PolicyHistory(ctx); return err },
		"affected":         func(ctx context.Context) error { _, err := s.Affected(ctx, inventory.AffectedQuery{}); return err },
		"key left at port": func(ctx context.Context) error {
			_, err := s.KeyLeftAt(ctx, "1-1", inventorytest.AAGUID, "1.0")
			return err
		},
	}
}

// distrusted has a key in somebody's hands that is refused and recalled, and one that is only refused.
func distrusted(t *testing.T, s *inventorytest.Store) {
	t.Helper()
	for _, recalled := range []bool{true, false} {
		r := s.MustMake("1-8", "", "")
		p := inventory.Holder{Kind: inventory.HeldByPerson, ID: string(wantPerson(t, s, "Alan").ID), Name: "Alan Turing"}
		if err := s.MoveKey(t.Context(), r.Key.ID, &p, inventory.Delivered); err != nil {
			t.Fatal(err)
		}
		refuse(t, s, r.Key.ID)
		if recalled {
			mustRecall(t, s, inventory.RecallOf{Tags: []inventory.AssetTag{r.Key.Tag}})
		}
	}
}

// found is an answer, nothing found is one too.
func found(t *testing.T, err error) {
	t.Helper()
	if err != nil && inventory.KindOf(err) != inventory.NotFound {
		t.Fatal(err)
	}
}

// No question walks through a table that grows with every key. What may be walked: a list in its own order as far as
// the page goes, the few people and models that a text is compared with, keys in an index
// that is all there is to read, and rows that a search found.
func TestStore_plans(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	distrusted(t, s)
	v := newVandal(t, s)
	small := regexp.MustCompile(`^SCAN (metadata|policies|readiness|g USING INDEX grants_(role|ended)|models|(key|requisition)_counts|due|hits|h|f|reviews|k USING (COVERING )?INDEX keys_affected|named|w|w VIRTUAL.*|people USING.*people_name|q USING (COVERING )?INDEX sqlite_autoindex_requisitions_1.*|CONSTANT ROW|\d+ CONSTANT ROWS?|r|\(subquery-\d+\)|ledger_checkpoints|ledger_heads)( |$)`)
	for name, ask := range pages(s, r) {
		t.Run(name, func(t *testing.T) {
			rec := s.Record(t)
			found(t, ask(t.Context()))
			queries := rec.Take()
			if len(queries) == 0 {
				t.Fatal("nothing was asked")
			}
			for _, q := range queries {
				for _, step := range plan(v, q) {
					if strings.HasPrefix(step, "SCAN") && !small.MatchString(step) {
						t.Errorf("%s\n%.300s", step, q.Text)
					}
				}
			}
		})
	}
}

func plan(v vandal, q sqlite.Query) []string {
	v.t.Helper()
	args := make([]any, len(q.Args))
	for i, a := range q.Args {
		args[i] = a.Value
	}
	rows, err := v.db.Query("EXPLAIN QUERY PLAN "+q.Text, args...)
	if err != nil {
		v.t.Fatalf("%v\n%s", err, q.Text)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			v.t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return steps
}

// A page asks the same number of statements however much there is to show.
func TestStore_statementsPerPage(t *testing.T) {
	s := inventorytest.Open(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	distrusted(t, s)
	count := func() map[string]int {
		n := map[string]int{}
		for name, ask := range pages(s, r) {
			rec := s.Record(t)
			found(t, ask(t.Context()))
			n[name] = len(rec.Take())
		}
		return n
	}
	before := count()
	for range 4 {
		s.MustMake("1-2", "", "")
	}
	s.MustMake("1-3", "", "R-1004")
	other := s.MustMake("1-4", "", "")
	newVandal(t, s).do("UPDATE keys SET aaguid = 'another', model = 'Another' WHERE id = ?", other.Key.ID)
	for range 2 {
		distrusted(t, s)
	}
	after := count()
	for name := range before {
		if before[name] != after[name] || before[name] > 12 {
			t.Errorf("%s: %d statements, then %d", name, before[name], after[name])
		}
	}
	if names := sqlite.Recorded(); slices.Contains(names, "") || len(names) < 12 {
		t.Errorf("recorded tables %q", names)
	}
}
