package inventory

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Staff is everybody who is known, so that what a file would come to can be told before anything is written. It is used
// by one goroutine.
type Staff struct {
	// Whole says that the file names everybody: who is in it is with the company, even one who had left.
	Whole bool

	byID                map[PersonID]Person
	byEmail, byExternal map[string]PersonID
}

// NewStaff is a staff of these people.
func NewStaff(all []Person) *Staff {
	d := &Staff{byID: make(map[PersonID]Person, len(all)), byEmail: map[string]PersonID{}, byExternal: map[string]PersonID{}}
	for _, p := range all {
		d.add(p)
	}
	return d
}

func (d *Staff) add(p Person) {
	d.byID[p.ID] = p
	if p.Email != "" {
		d.byEmail[fold(p.Email)] = p.ID
	}
	if p.ExternalID != "" {
		d.byExternal[p.ExternalID] = p.ID
	}
}

// PlannedPerson is what a row of a file would come to.
type PlannedPerson struct {
	Was, Now Person // Was has no id: somebody new
	Address  Address
	Result   RowResult
	Err      error // why it is refused
	Settled  bool  // it changes nothing: the row repeats another one, or its entry was merged

	row     ImportedPerson
	warning string
}

// Plan says what the rows would come to. Managers may stand further down in the file. Somebody new is named by newID.
func (d *Staff) Plan(rows []ImportedPerson, newID func() (PersonID, error)) ([]PlannedPerson, error) {
	plans, fresh := make([]PlannedPerson, len(rows)), NewStaff(nil)
	first := map[PersonID]*PlannedPerson{}
	for i, row := range rows {
		p := &plans[i]
		*p = d.match(row, fresh)
		if p.Err != nil {
			continue
		}
		if p.Now.ID == "" {
			id, err := newID()
			if err != nil {
				return nil, err
			}
			p.Now.ID = id
			fresh.add(p.Now)
		}
		if was := first[p.Now.ID]; was != nil {
			p.repeat(*was)
			continue
		}
		first[p.Now.ID] = p
	}
	d.chart(plans)
	for i := range plans {
		plans[i].tell(d, first)
	}
	return plans, nil
}

// repeat is for a row about somebody whom an earlier one was about.
func (p *PlannedPerson) repeat(was PlannedPerson) {
	if !p.row.says(was.row) {
		p.Err = Refuse(Conflict, "This is the person of line %d, described otherwise: keep one of the two rows.", was.row.Line)
		return
	}
	p.Was, p.Now, p.Settled = was.Now, was.Now, true
}

// match finds whom a row is about: of the directory, or of those that the file brought so far.
func (d *Staff) match(row ImportedPerson, fresh *Staff) PlannedPerson {
	p := PlannedPerson{row: row, Now: row.Person, Address: row.Address, Err: row.Err}
	if p.Err != nil {
		return p
	}
	var known bool
	if p.Was, known, p.Err = d.find(row); p.Err != nil {
		return p
	}
	if !known {
		was, again, _ := fresh.find(row)
		if again {
			p.Now = was
			return p
		}
	} else {
		p.Now = row.over(p.Was)
		if d.Whole {
			p.Now.State = PersonActive
		}
		p.Settled = p.Was.MergedInto != ""
	}
	p.Err = d.taken(p.Now)
	return p
}

// find looks for the person of a row. Where both columns count they may not name two people.
func (d *Staff) find(row ImportedPerson) (Person, bool, error) {
	id, email := row.Person.ExternalID, fold(row.Person.Email)
	if found, ok := d.byExternal[id]; ok && id != "" && row.Match != MatchEmail {
		return d.byID[found], true, nil
	}
	if found, ok := d.byEmail[email]; ok && email != "" && row.Match != MatchExternalID {
		p := d.byID[found]
		if row.Match == MatchEither && p.ExternalID != "" && id != "" {
			return p, true, Refuse(Conflict, "%s has this e-mail address already, with the external id %s: correct one of the two.", p.Name, p.ExternalID)
		}
		return p, true, nil
	}
	return Person{}, false, nil
}

// taken refuses an address or id that somebody else has.
func (d *Staff) taken(p Person) error {
	if other, ok := d.byEmail[fold(p.Email)]; ok && p.Email != "" && other != p.ID {
		return Refuse(Conflict, "%s has the e-mail address %s: correct one of the two, or merge them if they are one person.", d.byID[other].Name, p.Email)
	}
	if other, ok := d.byExternal[p.ExternalID]; ok && p.ExternalID != "" && other != p.ID {
		return Refuse(Conflict, "%s has the external id %s: correct one of the two, or merge them if they are one person.", d.byID[other].Name, p.ExternalID)
	}
	return nil
}

// over lays the columns that the file has over what is known. An empty e-mail, external id or tier takes nothing away: a
// person is found by the first two and guarded by the third.
func (r ImportedPerson) over(was Person) Person {
	p, now := was, r.Person
	for _, c := range r.Columns {
		switch c {
		case "name":
			p.Name = now.Name
		case "department":
			p.Department = now.Department
		case "country":
			p.Country = now.Country
		case "language":
			p.Language = now.Language
		case "time_zone":
			p.TimeZone = now.TimeZone
		case "second_email":
			p.SecondEmail = now.SecondEmail
		case "systems":
			p.Systems = now.Systems
		case "email":
			p.Email = cmp.Or(now.Email, was.Email)
		case "external_id":
			p.ExternalID = cmp.Or(now.ExternalID, was.ExternalID)
		case "tier":
			p.Tier = cmp.Or(now.Tier, was.Tier)
		}
	}
	return p
}

// tell fills in the result of a row.
func (p *PlannedPerson) tell(d *Staff, planned map[PersonID]*PlannedPerson) {
	r := RowResult{Line: p.row.Line, What: p.row.Person.Name, Warning: p.warning}
	if p.Err == nil && !p.Settled {
		p.Err = p.Now.Check() // what is known and what is new may not go together
	}
	switch {
	case p.Err != nil:
		r.Outcome, r.Sentence, r.Warning = RowRefused, Sentence(p.Err), ""
	case p.Was.MergedInto != "":
		r.Outcome, r.Sentence = RowUnchanged, "This entry was merged into "+d.byID[p.Was.MergedInto].Name+": the row changes nothing."
	case p.Settled:
		r.Outcome = RowUnchanged
	case p.Was.ID == "":
		r.Outcome = RowCreated
	default:
		r.Outcome = RowUnchanged
		if p.Now.State == PersonLeft {
			r.Warning = strings.TrimSpace("This person has left, which only a file of everybody takes back. " + r.Warning)
		}
		r.Changes = changesOf(p.Was, p.Now, func(id PersonID) string {
			if in := planned[id]; in != nil {
				return in.Now.Name
			}
			return d.byID[id].Name
		})
		if len(r.Changes) > 0 {
			r.Outcome = RowUpdated
		}
	}
	p.Result = r
}

// changesOf lists in what two states of a person differ; name tells who a manager is.
func changesOf(was, now Person, name func(PersonID) string) []ColumnChange {
	var all []ColumnChange
	for _, c := range []ColumnChange{
		{"name", was.Name, now.Name}, {"email", was.Email, now.Email}, {"external_id", was.ExternalID, now.ExternalID},
		{"department", was.Department, now.Department}, {"country", was.Country, now.Country}, {"language", was.Language, now.Language},
		{"tier", string(was.Tier), string(now.Tier)}, {"manager", string(was.Manager), string(now.Manager)}, {"time_zone", was.TimeZone, now.TimeZone},
		{"second_email", was.SecondEmail, now.SecondEmail}, {"systems", was.Systems, now.Systems}, {"state", string(was.State), string(now.State)},
	} {
		if c.From == c.To {
			continue
		}
		if c.Column == "manager" {
			c.From, c.To = name(was.Manager), name(now.Manager)
		}
		all = append(all, c)
	}
	return all
}

// Missing are those whom no row names and who are with the company, by name: they may have left. Refused rows name people
// too.
func (d *Staff) Missing(plans []PlannedPerson) []Person {
	named := map[PersonID]bool{}
	for _, p := range plans {
		named[p.Now.ID] = true
		named[d.byEmail[fold(p.row.Person.Email)]] = true
		named[d.byExternal[p.row.Person.ExternalID]] = true
	}
	missing := []Person{}
	for id, p := range d.byID {
		if p.State == PersonActive && !named[id] {
			missing = append(missing, p)
		}
	}
	slices.SortFunc(missing, func(a, b Person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return missing
}

// LeaversAtOnce is how many of so many people may leave by one file without somebody confirming the number: half a file
// looks like half a company that left.
func LeaversAtOnce(people int) int { return max(5, people/20) }

// Apply gives the person as the row leaves them, and tells by the event's empty action that nothing is new.
func (p PlannedPerson) Apply(at time.Time) (Person, Event, error) {
	switch {
	case p.Was.ID == "":
		return p.Now.Enter(at)
	case p.Was.State != p.Now.State:
		return p.Was.Return(p.Now, at)
	}
	return p.Was.Revise(p.Now, at)
}

// Readdressed notes that the row brought an address that was not known.
func (p *PlannedPerson) Readdressed() {
	if p.Was.ID == "" {
		return
	}
	p.Result.Outcome = RowUpdated
	p.Result.Changes = append(p.Result.Changes, ColumnChange{Column: "address", To: "a new one"})
}
