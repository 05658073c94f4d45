package inventory

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The columns that the header of an import file may name, in any order.
var (
	PersonColumns      = []string{"name", "email", "external_id", "department", "country", "language"}
	RequisitionColumns = []string{"person", "reason", "keys", "connector", "tier", "recipient", "company", "street", "street2",
		"street3", "city", "region", "postal_code", "country", "phone", "approved_by", "reference"}
)

// ImportedPerson is one row of a file of people. Columns that the file does not have change nothing in a person known
// already.
type ImportedPerson struct {
	Line    int // in the file, counted from 1, the header included
	Person  Person
	Columns []string // that the file has
	Err     error    // what is wrong with the row itself
}

// ImportedRequisition is one row of a file of requisitions.
type ImportedRequisition struct {
	Line       int
	Reference  string // the file's own name for it: a second import knows it again
	Person     string // e-mail or external id
	Reason     string
	Keys       int  // 1: a primary; 2: a primary and a spare
	KeysGiven  bool // the row says how many; else they are two
	Connector  string
	Tier       Tier
	Address    Address // zero: picked up at the desk
	ApprovedBy string  // a name: recorded as claimed; empty: it still has to be approved
	Err        error
}

// RowOutcome says what became of an imported row.
type RowOutcome string

// The outcomes of a row. A refused row leaves nothing of itself; the other rows of its file go in.
const (
	RowCreated   RowOutcome = "created"
	RowUpdated   RowOutcome = "updated"
	RowUnchanged RowOutcome = "unchanged"
	RowRefused   RowOutcome = "refused"
)

// RowResult says what became of the row at Line.
type RowResult struct {
	Line     int        `json:"line"`
	Outcome  RowOutcome `json:"outcome"`
	What     string     `json:"what"`              // name of the person, number of the requisition
	Sentence string     `json:"sentence"`          // why refused or unchanged, or what is entered
	Warning  string     `json:"warning,omitempty"` // what should be mended though the row went in
}

// ReadPeople reads a CSV file (RFC 4180) whose header names columns of [PersonColumns]: name, and e-mail or external
// id. What is wrong with the file is an error; what is wrong with a row stands in the row.
func ReadPeople(r io.Reader) ([]ImportedPerson, error) {
	sheet, err := readSheet(r, PersonColumns, "name")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(sheet.columns, "email") && !slices.Contains(sheet.columns, "external_id") {
		return nil, Refuse(Invalid, "The file has neither an email nor an external_id column: add one, so that people can be found again.")
	}
	rows := make([]ImportedPerson, 0, len(sheet.records))
	for _, rec := range sheet.records {
		row := ImportedPerson{Line: rec.line, Columns: sheet.columns, Err: rec.err, Person: Person{
			Name: rec.cell("name"), Email: rec.cell("email"), ExternalID: rec.cell("external_id"),
			Department: rec.cell("department"), Country: strings.ToUpper(rec.cell("country")), Language: rec.cell("language"),
		}}
		if row.Err == nil {
			row.Err = row.Person.Check()
		}
		rows = append(rows, row)
	}
	refuseTwins(rows)
	return rows, nil
}

// refuseTwins refuses rows that say something else about a person than an earlier row of the same file: which of them is
// right only a person can tell.
func refuseTwins(rows []ImportedPerson) {
	seen := map[string]ImportedPerson{}
	for i := range rows {
		p := rows[i].Person
		for _, id := range []string{"email " + strings.ToLower(p.Email), "id " + p.ExternalID} {
			if rows[i].Err != nil || strings.HasSuffix(id, " ") {
				continue
			}
			first, twice := seen[id]
			if twice && first.Person != p {
				rows[i].Err = Refuse(Conflict, "This is the person of line %d, described otherwise: keep one of the two rows.", first.Line)
			}
			if !twice {
				seen[id] = rows[i]
			}
		}
	}
}

// ReadRequisitions reads a CSV file whose header names columns of [RequisitionColumns]: person and reason at least. An
// empty keys cell means two, a primary and a spare.
func ReadRequisitions(r io.Reader) ([]ImportedRequisition, error) {
	sheet, err := readSheet(r, RequisitionColumns, "person", "reason")
	if err != nil {
		return nil, err
	}
	rows := make([]ImportedRequisition, 0, len(sheet.records))
	for _, rec := range sheet.records {
		row := ImportedRequisition{
			Line: rec.line, Err: rec.err, Reference: rec.cell("reference"), Person: rec.cell("person"), Reason: rec.cell("reason"),
			Connector: strings.ToLower(rec.cell("connector")), Tier: Tier(strings.ToLower(rec.cell("tier"))),
			ApprovedBy: rec.cell("approved_by"), Address: rec.address(), KeysGiven: rec.cell("keys") != "",
		}
		if row.Err == nil {
			var err error
			row.Keys, err = wanted(rec.cell("keys"))
			row.Err = together(err, row.check())
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func wanted(cell string) (int, error) {
	if cell == "" {
		return 2, nil
	}
	n, err := strconv.Atoi(cell)
	if err != nil || n < 1 || n > 2 {
		return 0, Refuse(Invalid, "%q is no number of keys: give 1 (a primary) or 2 (a primary and a spare).", cell)
	}
	return n, nil
}

// check refuses what is wrong whoever is asked for, all of it.
func (r ImportedRequisition) check() error {
	errs := []error{checkTexts(named{"person", r.Person}, named{"reason", r.Reason}, named{"connector", r.Connector},
		named{"approved_by", r.ApprovedBy}, named{"reference", r.Reference})}
	if r.Person == "" {
		errs = append(errs, Refuse(Invalid, "The row names no person: fill the person column with an e-mail address or external id."))
	}
	if r.Reason == "" {
		errs = append(errs, Refuse(Invalid, "The row gives no reason: say in a few words what the keys are for."))
	}
	// Separation of duties counts only who is known to be who they are, and critical keys are guarded by it.
	if r.Tier == Critical && r.ApprovedBy != "" {
		errs = append(errs, refuseClaimed())
	}
	errs = append(errs, checkConnector(r.Connector), checkTier(r.Tier))
	if !r.Address.IsZero() {
		errs = append(errs, r.Address.Check())
	}
	return together(errs...)
}

func refuseClaimed() error {
	return Refuse(Forbidden, "A critical requisition cannot be approved by a name in a file: leave approved_by empty and have two people approve it.")
}

// Approves refuses when the row may not approve what an earlier one asked for: was, with these lines and this
// address. A cell that the row leaves empty says nothing; one that says something else than what was submitted would
// have approved what nobody reads.
func (r ImportedRequisition) Approves(was Requisition, lines []Line, to Address) error {
	if was.Tier == Critical {
		return refuseClaimed()
	}
	var differ []string
	for _, f := range []struct {
		name string
		is   bool
	}{
		{"keys", r.KeysGiven && r.Keys != len(lines)},
		{"connector", r.Connector != "" && slices.ContainsFunc(lines, func(l Line) bool { return l.Connector != r.Connector })},
		{"tier", r.Tier != "" && r.Tier != was.Tier},
		{"address", !r.Address.IsZero() && !reflect.DeepEqual(r.Address, to)},
	} {
		if f.is {
			differ = append(differ, f.name)
		}
	}
	if len(differ) == 0 {
		return nil
	}
	return Refuse(Conflict, "Requisition %s was submitted with other %s than this row has: approve it with the row it was submitted with.",
		was.Number, strings.Join(differ, " and "))
}

// sheet is a CSV file with a header.
type sheet struct {
	columns []string
	records []record
}

type record struct {
	line  int
	cells map[string]string
	err   error
}

func (r record) cell(name string) string { return r.cells[name] }

func (r record) address() Address {
	a := Address{
		Recipient: r.cell("recipient"), Company: r.cell("company"), City: r.cell("city"), Region: r.cell("region"),
		PostalCode: r.cell("postal_code"), Country: strings.ToUpper(r.cell("country")), Phone: r.cell("phone"),
	}
	for _, name := range []string{"street", "street2", "street3"} {
		if line := r.cell(name); line != "" {
			a.Street = append(a.Street, line)
		}
	}
	return a
}

// readSheet reads a file whose header names some of known and all of needed.
func readSheet(r io.Reader, known []string, needed ...string) (sheet, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return sheet{}, fmt.Errorf("read file: %w", err)
	}
	if bytes.HasPrefix(text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(text, []byte{0xFE, 0xFF}) {
		return sheet{}, Refuse(Invalid, "The file is UTF-16: save it as CSV in UTF-8.")
	}
	text = bytes.TrimPrefix(text, []byte{0xEF, 0xBB, 0xBF})
	c := csv.NewReader(bytes.NewReader(text))
	c.Comma, c.FieldsPerRecord, c.ReuseRecord = separator(text), -1, true
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return sheet{}, Refuse(Invalid, "The file is empty: its first line names the columns, such as %s.", strings.Join(needed, ","))
	}
	if err != nil {
		return sheet{}, notCSV(err)
	}
	s := sheet{}
	if s.columns, err = columnsOf(header, known, needed); err != nil {
		return sheet{}, err
	}
	err = s.read(c) // before s is copied out
	return s, err
}

// separator is the comma of RFC 4180, or the semicolon that spreadsheets write where the comma divides decimals.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if bytes.Contains(first, []byte(";")) && !bytes.Contains(first, []byte(",")) {
		return ';'
	}
	return ','
}

func columnsOf(header, known, needed []string) ([]string, error) {
	var columns []string
	for _, cell := range header {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(cell)), " ", "_")
		if !utf8.ValidString(cell) {
			return nil, Refuse(Invalid, "The header is not valid UTF-8: save the file as UTF-8 and try again.")
		}
		if !slices.Contains(known, name) {
			return nil, Refuse(Invalid, "There is no column %q: use %s.", name, strings.Join(known, ", "))
		}
		if slices.Contains(columns, name) {
			return nil, Refuse(Invalid, "The column %q is there twice: keep one.", name)
		}
		columns = append(columns, name)
	}
	for _, name := range needed {
		if !slices.Contains(columns, name) {
			return nil, Refuse(Invalid, "The column %q is missing: add it to the header.", name)
		}
	}
	return columns, nil
}

func (s *sheet) read(c *csv.Reader) error {
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return notCSV(err)
		}
		line, _ := c.FieldPos(0)
		rec := record{line: line, cells: map[string]string{}}
		if len(cells) != len(s.columns) {
			rec.err = Refuse(Invalid, "The row has %d cells, the header %d: put cells with separators in them in quotes.", len(cells), len(s.columns))
		}
		blank := true
		for i, cell := range cells[:min(len(cells), len(s.columns))] {
			rec.cells[s.columns[i]] = strings.TrimSpace(cell)
			blank = blank && strings.TrimSpace(cell) == ""
		}
		if !blank {
			s.records = append(s.records, rec)
		}
	}
}

func notCSV(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return &Error{Kind: Invalid, Msg: fmt.Sprintf("Line %d is not CSV: check its quotes.", e.Line), Err: err}
	}
	return fmt.Errorf("read CSV: %w", err)
}
