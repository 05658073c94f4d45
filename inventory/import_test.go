package inventory

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadPeople(t *testing.T) {
	ada := Person{Name: "Ada Lovelace", Email: "ada@example.com", Country: "GB"}
	tests := []struct {
		name, have string
		want       []Person
		lines      []int
	}{
		{"plain", "name,email,country\nAda Lovelace,ada@example.com,gb\n", []Person{ada}, []int{2}},
		{"any order, capitals, spaces", " Email , COUNTRY,Name\n ada@example.com ,GB, Ada Lovelace \n", []Person{ada}, []int{2}},
		{"semicolons, CRLF, byte order mark", "\ufeffname;email;country\r\nAda Lovelace;ada@example.com;GB\r\n", []Person{ada}, []int{2}},
		{"quoted, after blank rows", "name,email,country\n,,\n\n\"Ada Lovelace\",\"ada@example.com\",GB", []Person{ada}, []int{4}},
		{"header with a space", "name,External ID\nAda,7\n", []Person{{Name: "Ada", ExternalID: "7"}}, []int{2}},
		{"header alone", "name,email\n", []Person{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := ReadPeople(strings.NewReader(tt.have))
			if err != nil || len(rows) != len(tt.want) {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			for i, row := range rows {
				if row.Person != tt.want[i] || row.Line != tt.lines[i] || row.Err != nil {
					t.Errorf("row = %+v\n want %+v at %d", row, tt.want[i], tt.lines[i])
				}
			}
		})
	}
}

// TestReadPeople_file refuses whole files; nothing of them is read.
func TestReadPeople_file(t *testing.T) {
	tests := []struct{ name, have, refusal string }{
		{"empty", "", "The file is empty: its first line names the columns, such as name."},
		{"unknown column", "name,email,shoe\nA,a,1\n", `There is no column "shoe": use ` + strings.Join(PersonColumns, ", ") + "."},
		{"no name", "email\na\n", `The column "name" is missing: add it to the header.`},
		{"twice", "name,email,E-mail\n", `There is no column "e-mail": use ` + strings.Join(PersonColumns, ", ") + "."},
		{"the same twice", "name,email,EMAIL\n", `The column "email" is there twice: keep one.`},
		{"nothing to find people by", "name,country\nAda,GB\n", "The file has neither an email nor an external_id column: add one, so that people can be found again."},
		{"open quote", "name,email\n\"Ada,ada@example.com\n", "Line 2 is not CSV: check its quotes."},
		{"quote inside", "name,email\nA\"da,x\n", "Line 2 is not CSV: check its quotes."},
		{"UTF-16", "\xff\xfen\x00a\x00", "The file is UTF-16: save it as CSV in UTF-8."},
		{"Latin-1 header", "name,\xe9mail\n", "The header is not valid UTF-8: save the file as UTF-8 and try again."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := ReadPeople(strings.NewReader(tt.have))
			refused(t, err, Invalid, tt.refusal)
			if rows != nil {
				t.Errorf("rows = %+v", rows)
			}
		})
	}
	torn := errors.New("torn")
	if _, err := ReadPeople(iotest.ErrReader(torn)); !errors.Is(err, torn) {
		t.Errorf("a file that cannot be read: %v", err)
	}
}

// TestReadPeople_row refuses single rows; their neighbors are read.
func TestReadPeople_row(t *testing.T) {
	tests := []struct{ name, row, refusal string }{
		{"no name", ",a@example.com,IT", "The person has no name: fill the name column."},
		{"nothing to find them by", "Ada,,IT", "Ada has neither e-mail nor external id: give one, so that the person can be found again."},
		{"control character", "A\x07da,a@example.com,IT", "The name has the control character U+0007 at place 2: remove it."},
		{"newline in quotes", "Ada,a@example.com,\"I\nT\"", "The department has the control character U+000A at place 2: remove it."},
		{"Latin-1", "Zo\xeb,a@example.com,IT", "The name is not valid UTF-8: save the file as UTF-8 and try again."},
		{"too many cells", "Lovelace, Ada,a@example.com,IT", "The row has 4 cells, the header 3: put cells with separators in them in quotes."},
		{"too few cells", "Ada,a@example.com", "The row has 2 cells, the header 3: put cells with separators in them in quotes."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := ReadPeople(strings.NewReader("name,email,department\nGrace,g@example.com,IT\n" + tt.row + "\nAlan,al@example.com,IT\n"))
			if err != nil || len(rows) != 3 || rows[0].Err != nil || rows[2].Err != nil || rows[1].Line != 3 {
				t.Fatalf("rows = %+v, %v", rows, err)
			}
			refused(t, rows[1].Err, Invalid, tt.refusal)
		})
	}
}

func TestReadRequisitions(t *testing.T) {
	const header = "person,reason,keys,tier,approved_by,recipient,street,street3,city,country\n"
	atDesk := ImportedRequisition{Line: 2, Person: "ada@example.com", Reason: "payroll", Keys: 2}
	sent := atDesk
	sent.Keys, sent.KeysGiven, sent.Tier = 1, true, Elevated
	sent.ApprovedBy = "Grace"
	sent.Address = Address{Recipient: "Ada", Street: []string{"1 Main St", "c/o Bob"}, City: "London", Country: "GB"}
	tests := []struct {
		name, row string
		want      ImportedRequisition
		kind      Kind
		refusal   string
	}{
		{"at the desk, a pair", "ada@example.com,payroll,,,,,,,,", atDesk, "", ""},
		{"sent, approved", "ada@example.com,payroll,1,elevated,Grace,Ada,1 Main St,c/o Bob,London,gb", sent, "", ""},
		{"no person", ",payroll,,,,,,,,", atDesk, Invalid, "The row names no person: fill the person column with an e-mail address or external id."},
		{"no reason", "ada@example.com, ,,,,,,,,", atDesk, Invalid, "The row gives no reason: say in a few words what the keys are for."},
		{"three keys", "ada@example.com,payroll,3,,,,,,,", atDesk, Invalid, `"3" is no number of keys: give 1 (a primary) or 2 (a primary and a spare).`},
		{"many keys", "ada@example.com,payroll,two,,,,,,,", atDesk, Invalid, `"two" is no number of keys: give 1 (a primary) or 2 (a primary and a spare).`},
		{"critical by a name", "ada@example.com,payroll,,critical,Grace,,,,,", atDesk, Forbidden,
			"A critical requisition cannot be approved by a name in a file: leave approved_by empty and have two people approve it."},
		{"half an address", "ada@example.com,payroll,,,,Ada,,,,", atDesk, Invalid,
			"The address needs one to three street lines, none of them blank: fill them in or leave the whole address empty for pick-up. " +
				"The address has no city or country: fill it in or leave the whole address empty for pick-up."},
		{"no such tier", "ada@example.com,payroll,,top,,,,,,", atDesk, Invalid, `"top" is no tier: use standard, elevated or critical.`},
		{"all that is wrong", ",,9,top,,Ada,1 Main St,,London,UK", atDesk, Invalid,
			`"9" is no number of keys: give 1 (a primary) or 2 (a primary and a spare). ` +
				"The row names no person: fill the person column with an e-mail address or external id. " +
				"The row gives no reason: say in a few words what the keys are for. " +
				`"top" is no tier: use standard, elevated or critical. The country "UK" is no code of ISO 3166-1: write GB.`},
		{"country by name", "ada@example.com,payroll,,,,Ada,1 Main St,,London,England", atDesk, Invalid,
			`The country "ENGLAND" is no code of two capital letters: write DE or US, for instance.`},
		{"control character", "ada@example.com,pay\x00roll,,,,,,,,", atDesk, Invalid, "The reason has the control character U+0000 at place 4: remove it."},
		{"too short", "ada@example.com,payroll", atDesk, Invalid, "The row has 2 cells, the header 10: put cells with separators in them in quotes."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := ReadRequisitions(strings.NewReader(header + tt.row + "\n"))
			if err != nil || len(rows) != 1 {
				t.Fatalf("rows = %+v, %v", rows, err)
			}
			refused(t, rows[0].Err, tt.kind, tt.refusal)
			if tt.refusal == "" && !reflect.DeepEqual(rows[0], tt.want) {
				t.Errorf("row = %+v\n want %+v", rows[0], tt.want)
			}
		})
	}
	_, err := ReadRequisitions(strings.NewReader("person\nada@example.com\n"))
	refused(t, err, Invalid, `The column "reason" is missing: add it to the header.`)
}

func FuzzReadPeople(f *testing.F) {
	f.Add([]byte("name,email\nAda,ada@example.com\n"))
	f.Add([]byte("\ufeffname;external_id;country\r\n\"A;da\";7;gb\r\n;;\r\n"))
	f.Add([]byte("name,email\n\"\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := ReadPeople(bytes.NewReader(file))
		if err != nil && (rows != nil || KindOf(err) != Invalid) {
			t.Fatalf("%d rows and %v", len(rows), err)
		}
		for _, row := range rows {
			if row.Err == nil && (row.Person.Check() != nil || row.Line < 2) {
				t.Errorf("passes: %+v", row)
			}
		}
	})
}

func FuzzReadRequisitions(f *testing.F) {
	f.Add([]byte("person,reason\nada@example.com,payroll\n"))
	f.Add([]byte("person;reason;keys;recipient;street;city;country\r\na;b;2;Ada;1;L;gb\r\n"))
	f.Add([]byte("person,reason,tier\na,b,gold\n\"\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := ReadRequisitions(bytes.NewReader(file))
		if err != nil && (rows != nil || KindOf(err) != Invalid) {
			t.Fatalf("%d rows and %v", len(rows), err)
		}
		for _, row := range rows {
			if row.Err != nil {
				continue
			}
			whole := row.Address.IsZero() || row.Address.Check() == nil
			if !whole || row.Person == "" || row.Reason == "" || !slices.Contains([]int{1, 2}, row.Keys) || CheckText("reason", row.Reason) != nil {
				t.Errorf("passes: %+v", row)
			}
		}
	})
}
