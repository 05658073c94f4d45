package inventory

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

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

// address is what the cells of an address say; its country stands in the column named.
func (r record) address(country string) Address {
	a := Address{
		Recipient: r.cell("recipient"), Company: r.cell("company"), City: r.cell("city"), Region: r.cell("region"),
		PostalCode: r.cell("postal_code"), Country: strings.ToUpper(r.cell(country)), Phone: r.cell("phone"),
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
	if len(text) > 1 && (text[0] == 0 || text[1] == 0) { // UTF-16 without its mark
		return sheet{}, Refuse(Invalid, "The file is UTF-16, or no text at all: save it as CSV in UTF-8.")
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
		name := columnName(cell)
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

// columnName is a heading as we compare it.
func columnName(heading string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(heading)), " ", "_")
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

// rename calls a column of the file's own what we call it. A file that has both is refused.
func (s *sheet) rename(own []string, name string) error {
	for _, column := range own {
		if slices.Contains(s.columns, name) {
			return Refuse(Invalid, "The file has a column %q beside %q: which of them names people? Keep one.", name, column)
		}
		s.columns[slices.Index(s.columns, column)] = name
		for _, rec := range s.records {
			rec.cells[name] = rec.cells[column]
		}
	}
	return nil
}
