package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"keystation/inventory"
	"keystation/inventory/inventorytest"
	"keystation/inventory/sqlite"
)

// storied makes a database in which something of everything has happened.
func storied(t *testing.T) *inventorytest.Store {
	t.Helper()
	s := served(t)
	if err := s.SaveHub(t.Context(), inventorytest.Operator, fivePorts()); err != nil {
		t.Fatal(err)
	}
	return s
}

// served makes a database in which keys were made and packed, and no hub was learned.
func served(t *testing.T) *inventorytest.Store {
	t.Helper()
	s := inventorytest.OpenDecided(t)
	r := s.MustMake("1-1", "4711", "R-1001")
	p, err := s.BeginParcel(t.Context(), inventorytest.Operator, *r.Order, r.Key)
	if err != nil {
		t.Fatal(err)
	}
	p.PrintedLines, p.PacketSHA256 = []byte("sealed"), "ab"
	if err := s.SaveParcel(t.Context(), inventorytest.Operator, p); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Checkpoint(t.Context(), inventorytest.Operator, s.Signer); err != nil {
		t.Fatal(err)
	}
	s.MustMake("1-2", "", "")
	return s
}

func mustVerify(t *testing.T, s *inventorytest.Store, checkpoints ...[]byte) inventory.Audit {
	t.Helper()
	a, err := s.Verify(t.Context(), sqlite.VerifyOptions{Checkpoints: checkpoints})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A vandal has the file and no scruples: constraints and foreign keys are off, triggers are gone while he works.
type vandal struct {
	t  *testing.T
	db *sql.DB
}

func newVandal(t *testing.T, s *inventorytest.Store) vandal {
	t.Helper()
	db := sqlite.Engine("file:" + s.Path() + "?_busy_timeout=5000&_ignore_check_constraints=1&_foreign_keys=0")
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	v := vandal{t, db}
	v.do("PRAGMA ignore_check_constraints = 1")
	v.do("PRAGMA synchronous = OFF") // he is in a hurry
	return v
}

func (v vandal) do(statement string, args ...any) {
	v.t.Helper()
	if _, err := v.db.Exec(statement, args...); err != nil {
		v.t.Fatalf("%s: %v", statement, err)
	}
}

func (v vandal) strings(query string, args ...any) []string {
	v.t.Helper()
	rows, err := v.db.Query(query, args...)
	if err != nil {
		v.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			v.t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// unguarded takes the triggers of the tables away, acts, and puts them back as they were.
func (v vandal) unguarded(tables string, act func()) {
	v.t.Helper()
	triggers := v.strings("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name GLOB ?", tables)
	for _, name := range v.strings("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name GLOB ?", tables) {
		v.do("DROP TRIGGER " + name)
	}
	act()
	for _, text := range triggers {
		v.do(text)
	}
}

// value is what a column held and the expression that changes it by as little as can be.
func spoil(old any) any {
	switch old := old.(type) {
	case nil:
		return "2026-11-20T08:15:00.000000Z"
	case int64:
		return old + 1
	case []byte:
		if len(old) == 0 {
			return []byte{0}
		}
		return append([]byte{old[0] ^ 1}, old[1:]...)
	case string:
		if old == "" || old == "[]" {
			return `["x"]`
		}
		return old[:len(old)-1] + string(old[len(old)-1]^1)
	}
	return nil
}

// Whatever column of whatever row is changed, the row is found and named.
func TestStore_Verify_everyColumn(t *testing.T) {
	s := storied(t)
	if a := mustVerify(t, s); !a.Holds() || a.Entries < 40 || a.Signed != 1 {
		t.Fatalf("at first: %+v", a)
	}
	v := newVandal(t, s)
	for table, id := range map[string]string{
		"settings": "id", "people": "id", "requisitions": "id", "lines": "id", "keys": "id", "custody": "id", "runs": "id",
		"entries": "run || '/' || seq", "registrations": "id", "seals": "id", "parcels": "id", "hubs": "host", "ledger_checkpoints": "size",
		"ledger_leaves": "seq", "ledger_payloads": "seq", "ledger_subjects": "seq", "ledger_nodes": "idx", "ledger_heads": "size",
	} {
		for _, column := range v.strings("SELECT name FROM pragma_table_info(?)", table) {
			t.Run(table+"."+column, func(t *testing.T) { v.spoilOne(t, s, table, column, id) })
		}
	}
	if a := mustVerify(t, s); !a.Holds() {
		t.Errorf("after all was put back: %s", a)
	}
}

func (v vandal) spoilOne(t *testing.T, s *inventorytest.Store, table, column, id string) {
	var old any
	var rowid int64
	var name string
	place := "rowid"
	if table == "ledger_subjects" {
		place = "seq" // it has no rowid
	}
	pick := fmt.Sprintf("SELECT %s, %s, %s FROM %s WHERE %s = (SELECT max(%s) FROM %s)", column, place, id, table, place, place, table)
	if table == "entries" || table == "ledger_leaves" || table == "ledger_payloads" || table == "ledger_nodes" {
		pick = fmt.Sprintf("SELECT %s, %s, %s FROM %s WHERE %s = 12", column, place, id, table, place)
	}
	if err := v.db.QueryRow(pick).Scan(&old, &rowid, &name); err != nil {
		t.Fatal(err)
	}
	bad := spoil(old)
	if column == "ordinal" || column == "size" || column == "seq" || column == "idx" || table == "settings" && column == "id" {
		bad = old.(int64) + 1_000
	}
	after := rowid
	if n, ok := bad.(int64); ok && (column == place || column == "ordinal" || column == "size" || column == "seq" && table != "entries" || column == "idx" || column == "id") {
		after = n
	}
	v.unguarded(table, func() { v.do(fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s = ?", table, column, place), bad, rowid) })
	defer v.unguarded(table, func() { v.do(fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s = ?", table, column, place), old, after) })
	a := mustVerify(t, s)
	if a.Holds() {
		t.Fatalf("%v for %v was not found", bad, old)
	}
	f := a.Findings[0]
	t.Log(a)
	if !strings.HasSuffix(f.Sentence, ".") || strings.Contains(f.Sentence, "%!") {
		t.Errorf("no sentence: %s", f.Sentence)
	}
	if !strings.HasPrefix(table, "ledger_") && table != "settings" && (f.Table != table || !named(a, name) && column != "id" && column != "run" && column != "seq") {
		t.Errorf("%s %s is named as %s %s: %s", table, name, f.Table, f.ID, f.Sentence)
	}
}

func named(a inventory.Audit, id string) bool {
	for _, f := range a.Findings {
		if f.ID == id && f.Entry > 0 {
			return true
		}
	}
	return false
}

// What a vandal does to more than a value, and what is said of it.
func TestStore_Verify_names(t *testing.T) {
	for _, tt := range []struct {
		name  string
		do    []string
		entry int64 // 0: any
		want  string
	}{
		{"a leaf's actor", []string{"UPDATE ledger_leaves SET header = replace(header, 'os-user:operator', 'os-user:somebody') WHERE seq = 7"}, 7, "Entry 7 is not what the tree was built over"},
		{"a payload", []string{"UPDATE ledger_payloads SET payload = CAST(replace(payload, 'Ada', 'Eve') AS BLOB) WHERE seq = 2"}, 2, "The payload of entry 2 (person.entered) is not what"},
		{"a payload that is gone", []string{"DELETE FROM ledger_payloads WHERE seq = 3"}, 3, "The payload of entry 3 (person.entered) is gone, and no entry"},
		{"a payload of nothing", []string{"INSERT INTO ledger_payloads SELECT 9999, salt, payload FROM ledger_payloads WHERE seq = 3"}, 9999, "There is a payload of entry 9999"},
		{"an entry that is gone", []string{"DELETE FROM ledger_leaves WHERE seq = 5"}, 5, "Entry 5 is missing: the ledger goes on with entry 6."},
		{"the last entry", []string{"DELETE FROM ledger_leaves WHERE seq = (SELECT max(seq) FROM ledger_leaves)"}, 0, "its end was cut off"},
		{"the end, tree and all", []string{
			"DELETE FROM ledger_leaves WHERE seq > 40", "DELETE FROM ledger_payloads WHERE seq > 40", "DELETE FROM ledger_subjects WHERE seq > 40",
			"DELETE FROM ledger_heads WHERE size > 40", "DELETE FROM ledger_nodes WHERE idx >= 78"}, 0, "somebody added it"},
		{"all entries", []string{"DELETE FROM ledger_leaves"}, 1, "The ledger is empty"},
		{"two entries that change places", []string{
			"UPDATE ledger_leaves SET seq = -3 WHERE seq = 3", "UPDATE ledger_leaves SET seq = 3 WHERE seq = 4", "UPDATE ledger_leaves SET seq = 4 WHERE seq = -3"}, 3, "Entry 3 is not what the tree was built over"},
		{"an inner hash", []string{"UPDATE ledger_nodes SET hash = zeroblob(32) WHERE idx = 2"}, 2, "The tree above entry 2 does not follow"},
		{"a hash that is gone", []string{"DELETE FROM ledger_nodes WHERE idx = 4"}, 4, "The tree has no hash number 4"},
		{"a root", []string{"UPDATE ledger_heads SET root = zeroblob(32) WHERE size = 1"}, 1, "The root that was written after entry 1 is not"},
		{"the last root", []string{"DELETE FROM ledger_heads WHERE size = (SELECT max(size) FROM ledger_heads)"}, 0, "a root is gone"},
		{"a subject", []string{"DELETE FROM ledger_subjects WHERE seq = 2"}, 2, "Entry 2 (person.entered) is not found under"},
		{"a subject that is added", []string{"INSERT INTO ledger_subjects VALUES (2, 'zzz')"}, 2, "is found under zzz, which it does not name"},
		{"a person that is gone", []string{"DELETE FROM people WHERE name = 'Alan Turing'"}, 4, "which entry 4 of the ledger wrote, is gone."},
		{"a person that is added", []string{"INSERT INTO people (id, external_id, email, name, department, country, language, state, created_at, changed_at) SELECT 'x', 'E-9', 'eve@example.com', 'Eve', department, country, language, state, created_at, changed_at FROM people LIMIT 1"}, 0, "Row x of people is in no entry of the ledger: somebody added it."},
		{"a key's state", []string{"UPDATE keys SET state = 'retired' WHERE serial = '4711'"}, 0, "is not as entry"},
		{"a custody that is closed", []string{"UPDATE custody SET until = since"}, 0, "is not as entry"},
		{"a journal entry that is gone", []string{"DELETE FROM entries WHERE seq = 3"}, 0, "is gone or not in its place"},
		{"a journal entry that is added", []string{"INSERT INTO entries (run, seq, at, step, phase, outcome, ms, note, detail) SELECT run, 99, at, step, phase, outcome, ms, note, detail FROM entries LIMIT 1"}, 0, "is in no entry of the ledger: somebody added it."},
		{"a time that is none", []string{"UPDATE keys SET created_at = 'yesterday' WHERE serial = '4711'"}, 0, "was changed by hand."},
		{"a journal time that is none", []string{"UPDATE entries SET at = 'yesterday' WHERE ordinal = 5"}, 0, "is not as entry"},
		{"settings that are gone", []string{"DELETE FROM settings"}, 1, "The settings are gone"},
		{"a trigger", []string{"DROP TRIGGER IF EXISTS x", "CREATE TRIGGER x AFTER INSERT ON keys BEGIN SELECT 1; END"}, 0, "The trigger x is none of keystation"},
		{"a table", []string{"CREATE TABLE y (z)"}, 0, "The table y is none of keystation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := storied(t)
			v := newVandal(t, s)
			v.unguarded("*", func() {
				for _, statement := range tt.do {
					v.do(statement)
				}
			})
			a := mustVerify(t, s)
			if a.Holds() || !strings.Contains(a.String(), tt.want) {
				t.Fatalf("got %q, want %q", a, tt.want)
			}
			if tt.entry != 0 && a.Findings[0].Entry != tt.entry {
				t.Errorf("entry %d, want %d", a.Findings[0].Entry, tt.entry)
			}
		})
	}
}

func TestStore_Verify_aMissingTrigger(t *testing.T) {
	s := storied(t)
	newVandal(t, s).do("DROP TRIGGER custody_close_once")
	if a := mustVerify(t, s); !strings.Contains(a.String(), "The trigger custody_close_once is missing") {
		t.Error(a)
	}
}

// The tables guard themselves as long as the triggers stand.
func TestSchema_appendOnly(t *testing.T) {
	s := storied(t)
	v := newVandal(t, s)
	for _, statement := range []string{
		"UPDATE entries SET note = 'x'", "DELETE FROM entries", "UPDATE ledger_leaves SET header = ''", "DELETE FROM ledger_leaves",
		"UPDATE ledger_nodes SET hash = zeroblob(32)", "DELETE FROM ledger_nodes", "UPDATE ledger_heads SET size = 0", "DELETE FROM ledger_heads",
		"UPDATE ledger_payloads SET payload = x''", "DELETE FROM ledger_payloads", "UPDATE ledger_subjects SET subject = 'x'", "DELETE FROM ledger_subjects",
		"UPDATE ledger_checkpoints SET note = ''", "DELETE FROM ledger_checkpoints",
		"UPDATE custody SET holder_name = 'Eve'", "UPDATE custody SET until = since, note = 'x'", "DELETE FROM custody",
	} {
		if _, err := v.db.Exec(statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
	v.do("UPDATE custody SET until = since")
	if _, err := v.db.Exec("UPDATE custody SET until = NULL"); err == nil {
		t.Error("a custody that ended was opened again")
	}
}

func TestStore_ErasePayloads(t *testing.T) {
	s := storied(t)
	if err := s.ErasePayloads(t.Context(), inventorytest.Operator, []int64{2, 3}, "they left two years ago"); err != nil {
		t.Fatal(err)
	}
	a := mustVerify(t, s)
	if !a.Holds() || a.Erased != 2 || !strings.Contains(a.String(), "2 erased payloads") {
		t.Errorf("%s: %+v", a, a.Findings)
	}
	rows, err := s.LedgerList(t.Context(), 3, 1)
	if err != nil || len(rows) != 1 || rows[0].Actor != "" || rows[0].Header.Seq != 2 {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestStore_Verify_outsideCheckpoints(t *testing.T) {
	s := inventorytest.Open(t)
	checkpoint := func() []byte {
		note, err := s.Checkpoint(t.Context(), inventorytest.Operator, s.Signer)
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	early := checkpoint()
	s.MustMake("1-1", "", "")
	late := checkpoint()

	a := mustVerify(t, s)
	if want := "consistent with itself, not proven against an outside checkpoint."; !a.Holds() || !strings.HasSuffix(a.String(), want) {
		t.Errorf("without: %s", a)
	}
	a = mustVerify(t, s, late, early)
	if !a.Holds() || a.Outside != 2 || a.OutsideSize != a.Entries-1 {
		t.Errorf("with both: %s", a)
	}

	t.Run("of another ledger", func(t *testing.T) {
		if a := mustVerify(t, inventorytest.Another(t), early); !strings.Contains(a.String(), "signed by a key that this database does not name") {
			t.Error(a)
		}
	})
	t.Run("changed", func(t *testing.T) {
		bad := []byte(strings.Replace(string(early), "size ", "size 1", 1))
		_, err := s.Verify(t.Context(), sqlite.VerifyOptions{Checkpoints: [][]byte{bad}})
		if inventory.KindOf(err) != inventory.Invalid {
			t.Error(err)
		}
		_, err = s.Verify(t.Context(), sqlite.VerifyOptions{Checkpoints: [][]byte{[]byte("nothing")}})
		if inventory.KindOf(err) != inventory.Invalid {
			t.Error(err)
		}
	})
	t.Run("by a key that is not this database's", func(t *testing.T) {
		if _, err := s.Checkpoint(t.Context(), inventorytest.Operator, inventorytest.Another(t).Signer); inventory.KindOf(err) != inventory.Invalid {
			t.Error(err)
		}
	})
}

// A database that was set back to an old copy is consistent with itself; a checkpoint kept elsewhere tells.
func TestStore_Verify_aLedgerSetBack(t *testing.T) {
	s := inventorytest.Open(t)
	newVandal(t, s).do("VACUUM INTO ?", s.Path()+".old")
	s.MustMake("1-1", "", "")
	late, err := s.Checkpoint(t.Context(), inventorytest.Operator, s.Signer)
	if err != nil {
		t.Fatal(err)
	}
	old, err := sqlite.Open(t.Context(), s.Path()+".old", s.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	alone, err := old.Verify(t.Context(), sqlite.VerifyOptions{})
	if err != nil || !alone.Holds() {
		t.Fatalf("alone: %s, %v", alone, err)
	}
	a, err := old.Verify(t.Context(), sqlite.VerifyOptions{Checkpoints: [][]byte{late}})
	if err != nil || !strings.Contains(a.String(), "its end was cut off") {
		t.Errorf("with the checkpoint: %s, %v", a, err)
	}
}

// A ledger that was written anew from end to end, by somebody with all the keys, is found out by what others keep.
func TestStore_Verify_aLedgerWrittenAnew(t *testing.T) {
	s := inventorytest.Empty(t)
	first, err := s.Checkpoint(t.Context(), inventorytest.Operator, s.Signer)
	if err != nil {
		t.Fatal(err)
	}
	s.MustImport(inventorytest.People, inventorytest.Requisitions)
	second, err := s.Checkpoint(t.Context(), inventorytest.Operator, s.Signer)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	anew, err := sqlite.Init(t.Context(), s.Path()+".anew", s.Options, v, inventorytest.Operator)
	if err != nil {
		t.Fatal(err)
	}
	defer anew.Close()
	forged := *s
	forged.Store = anew
	forged.MustImport(strings.ReplaceAll(inventorytest.People, "Ada", "Eve"), strings.ReplaceAll(inventorytest.Requisitions, "Ada", "Eve"))
	if a := mustVerify(t, &forged); !a.Holds() {
		t.Fatalf("alone: %s", a)
	}
	a := mustVerify(t, &forged, second, first)
	if !strings.Contains(a.String(), "over 1 entries does not match: something from entry 1 on was rewritten") || len(a.Findings) != 2 {
		t.Errorf("%s: %+v", a, a.Findings)
	}
}

func TestStore_Verify_progressAndCancel(t *testing.T) {
	s := storied(t)
	var done, total int64
	if _, err := s.Verify(t.Context(), sqlite.VerifyOptions{Progress: func(d, n int64) { done, total = d, n }}); err != nil {
		t.Fatal(err)
	}
	if done == 0 || done != total {
		t.Errorf("%d of %d", done, total)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Verify(ctx, sqlite.VerifyOptions{Progress: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled it gives %v", err)
	}
}
