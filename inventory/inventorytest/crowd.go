package inventorytest

import (
	"database/sql"
	"strings"
)

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
		{100, `INSERT INTO recalls SELECT printf('q%08d', i), 'C-' || (100001 + i), 'Its vendor lost a key.', ` + when + `, 'open', 'o', 'O', 'os-user', ` + when + `, NULL FROM n`},
		{refused * 3 / 4, `INSERT INTO recall_items SELECT printf('t%08d', i), 'q00000000', printf('k%08d', 20 * i + 3), ` + somebody + `, NULL, 'due', '', ` + when + ` FROM n`},
		{refused, `INSERT INTO incidents SELECT printf('i%08d', i), 'I-' || (100001 + i), printf('k%08d', 20 * i + 3), ` + somebody + `, 'untrusted', 'It is refused.',
			CASE WHEN i % 4 > 0 THEN 'q00000000' END, ` + when + `, NULL, '' FROM n`},
	}
}

// asked are the requisitions of those years, two keys each, all of them closed.
func asked(keys int) []filling {
	return []filling{
		{keys / 2, `INSERT INTO requisitions (id, number, reference, version, person, reason, tier, state, address, approved_by_id, approved_by_name, approved_by_method, approved_at, created_at, changed_at, kind)
			SELECT printf('q%08d', i), 'R-' || (100001 + i), '', 1, ` + somebody + `, 'Signs releases', CASE i % 9 WHEN 0 THEN 'elevated' ELSE 'standard' END, 'closed', x'', 'o', 'O', 'oidc', ` + when + `, ` + when + `, ` + when + `, 'pair' FROM n`},
		{keys, `INSERT INTO lines (id, requisition, position, purpose, connector, state, run, key_id, changed_at)
			SELECT printf('l%08d', i), printf('q%08d', i / 2), 1 + i % 2, CASE i % 2 WHEN 0 THEN 'primary' ELSE 'spare' END, 'usb-c', 'delivered', printf('r%08d', i), printf('k%08d', i), ` + when + ` FROM n`},
		{keys / 2, `INSERT INTO approvals (id, requisition, version, position, goes_to, whom, person, name, state, note, by_id, by_name, by_method, in_name_of, reason, asked_at, answered_at)
			SELECT printf('a%08d', i), printf('q%08d', i), 1, 1, 'approvers', '', NULL, 'Approvers', 'approved', '', 'o', 'O', 'oidc', '', '', ` + when + `, ` + when + ` FROM n`},
	}
}

// MustCrowd fills the tables with what years leave behind: keys, each with a run and in somebody's hands. It writes past
// the ledger, for tests that measure how things are read. The directory must have ten thousand people, E-0 to E-9999.
func (s *Store) MustCrowd(keys int) {
	s.T.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.Path()+"?_synchronous=OFF&_foreign_keys=0")
	s.must(err)
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
	}, append(doubts(keys), asked(keys)...)...) {
		insert, rest, _ := strings.Cut(strings.Replace(fill.text, "\n\t\t\tSELECT ", " SELECT ", 1), " SELECT ")
		if _, err := db.Exec(insert+" "+count+"SELECT "+rest, fill.rows); err != nil {
			s.T.Fatalf("%v\n%s", err, fill.text)
		}
	}
}
