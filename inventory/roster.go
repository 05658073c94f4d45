package inventory

import (
	"cmp"
	"io"
	"reflect"
	"slices"
	"strings"
)

// PersonColumns are those that the header of a file of people may name, in any order.
var PersonColumns = []string{"name", "email", "external_id", "department", "country", "language", "tier", "manager", "time_zone",
	"second_email", "systems", "recipient", "company", "street", "street2", "street3", "city", "region", "postal_code",
	"address_country", "phone"}

// PersonMatch says by what the people of a file are found in the directory.
type PersonMatch string

// The ways to find people. By one column alone it is that column which says who somebody is: whatever else the file says of
// them is news, a new e-mail address too.
const (
	MatchEither     PersonMatch = "" // by external id, else by e-mail
	MatchEmail      PersonMatch = "email"
	MatchExternalID PersonMatch = "external_id"
)

// ImportedPerson is one row of a file of people. Columns that the file does not have change nothing in a person known
// already.
type ImportedPerson struct {
	Line    int // in the file, counted from 1, the header included
	Person  Person
	Manager string  // e-mail or external id; empty: none
	Address Address // for their address book; zero: none
	Match   PersonMatch
	Columns []string // that the file has
	Err     error    // what is wrong with the row itself
}

// ReadPeople reads a CSV file (RFC 4180) whose header names columns of [PersonColumns]: name, and e-mail or external
// id. What is wrong with the file is an error; what is wrong with a row stands in the row.
func ReadPeople(r io.Reader) ([]ImportedPerson, error) { return ReadPeopleBy(r, "") }

// ReadPeopleBy reads a file of people who are found by one column: email, external_id, or one of the file's own that holds
// the number by which the company knows them. That one is then read as their external id. No column: by either.
func ReadPeopleBy(r io.Reader, column string) ([]ImportedPerson, error) {
	match, own, err := matchOf(columnName(column))
	if err != nil {
		return nil, err
	}
	sheet, err := readSheet(r, append(slices.Clone(PersonColumns), own...), append([]string{"name"}, own...)...)
	if err != nil {
		return nil, err
	}
	if err := sheet.rename(own, string(MatchExternalID)); err != nil {
		return nil, err
	}
	if !slices.Contains(sheet.columns, "email") && !slices.Contains(sheet.columns, "external_id") {
		return nil, Refuse(Invalid, "The file has neither an email nor an external_id column: add one, so that people can be found again.")
	}
	if match != MatchEither && !slices.Contains(sheet.columns, string(match)) {
		return nil, Refuse(Invalid, "The column %q, by which people are to be found, is missing: add it to the header or choose another.", match)
	}
	rows := make([]ImportedPerson, 0, len(sheet.records))
	for _, rec := range sheet.records {
		rows = append(rows, importedPerson(rec, match, sheet.columns))
	}
	refuseTwins(rows)
	return rows, nil
}

// matchOf tells what a chosen column means, and names it when it is one of the file's own.
func matchOf(column string) (PersonMatch, []string, error) {
	switch {
	case column == "" || column == string(MatchEmail) || column == string(MatchExternalID):
		return PersonMatch(column), nil, nil
	case slices.Contains(PersonColumns, column):
		return "", nil, Refuse(Invalid, "Nobody is found by their %s, which others may share: choose email, external_id or the column with the company's own number.", column)
	}
	return MatchExternalID, []string{column}, nil
}

func importedPerson(rec record, match PersonMatch, columns []string) ImportedPerson {
	row := ImportedPerson{Line: rec.line, Columns: columns, Match: match, Err: rec.err, Manager: rec.cell("manager"), Person: Person{
		Name: rec.cell("name"), Email: rec.cell("email"), ExternalID: rec.cell("external_id"),
		Department: rec.cell("department"), Country: strings.ToUpper(rec.cell("country")), Language: rec.cell("language"),
		Tier: Tier(strings.ToLower(rec.cell("tier"))), TimeZone: rec.cell("time_zone"), SecondEmail: rec.cell("second_email"),
	}}
	if row.Err != nil {
		return row
	}
	var unknown error
	row.Person.Systems, unknown = systemsOf(rec.cell("systems"))
	row.Address = rec.address("address_country")
	row.Address.Recipient = cmp.Or(row.Address.Recipient, row.Person.Name)
	row.Address.Country = cmp.Or(row.Address.Country, row.Person.Country)
	if len(row.Address.Street) == 0 && row.Address.City+row.Address.PostalCode == "" { // a phone number or a company is no address
		row.Address = Address{}
	}
	row.Err = together(row.check(), unknown)
	return row
}

// check refuses what is wrong with the row whoever else is in the directory, all of it.
func (r ImportedPerson) check() error {
	errs := []error{r.Person.Check(), CheckLanguage(r.Person.Language), CheckText("manager", r.Manager)}
	for match, cell := range map[PersonMatch]string{MatchEmail: r.Person.Email, MatchExternalID: r.Person.ExternalID} {
		if r.Match == match && cell == "" {
			errs = append(errs, Refuse(Invalid, "The row has no %s, by which people are found here: fill it in.", match))
		}
	}
	if !r.Address.IsZero() {
		errs = append(errs, r.Address.Check())
	}
	return together(errs...)
}

// systemsOf reads what somebody works with, with commas, semicolons, slashes or spaces between, and gives it in the order
// of [Systems].
func systemsOf(cell string) (string, error) {
	given := strings.FieldsFunc(strings.ToLower(cell), func(r rune) bool { return strings.ContainsRune(" ,;/+", r) })
	for _, name := range given {
		if !slices.Contains(Systems, name) {
			return "", Refuse(Invalid, "%q is no system that we know: use %s.", name, orList(Systems))
		}
	}
	var names []string
	for _, name := range Systems {
		if slices.Contains(given, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " "), nil
}

// refuseTwins refuses rows that say something else about a person than an earlier row of the same file: which of them is
// right only a person can tell.
func refuseTwins(rows []ImportedPerson) {
	seen := map[string]ImportedPerson{}
	for i := range rows {
		p := rows[i].Person
		for _, id := range []string{"email " + fold(p.Email), "id " + p.ExternalID} {
			if rows[i].Err != nil || strings.HasSuffix(id, " ") {
				continue
			}
			first, twice := seen[id]
			if twice && !first.says(rows[i]) {
				rows[i].Err = Refuse(Conflict, "This is the person of line %d, described otherwise: keep one of the two rows.", first.Line)
			}
			if !twice {
				seen[id] = rows[i]
			}
		}
	}
}

// says tells if two rows say the same.
func (r ImportedPerson) says(other ImportedPerson) bool {
	return r.Person == other.Person && r.Manager == other.Manager && reflect.DeepEqual(r.Address, other.Address)
}

// fold is an e-mail address as it is compared.
func fold(email string) string { return strings.ToLower(email) }
