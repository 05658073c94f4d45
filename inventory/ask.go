package inventory

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Relation says why somebody asks for somebody else.
type Relation string

// The relations. Empty: they ask for themselves.
const (
	ForNewHire Relation = "new-hire"
	ForTeam    Relation = "team"
	ForAssist  Relation = "assistant" // they assist the person
)

// Relations lists them.
var Relations = []Relation{ForNewHire, ForTeam, ForAssist}

// Occasion is why somebody needs a key, as they tap it.
type Occasion struct {
	Code     string
	Kind     RequisitionKind
	Pair     bool         // two keys, unless they say otherwise
	Incident IncidentKind // that it opens; empty: none
	Sentence string       // as the reason of the requisition begins
}

// Replaces tells if o is about a key that the person has or had.
func (o Occasion) Replaces() bool { return o.Kind == WantReplacement }

// Occasions are those that the page offers.
var Occasions = []Occasion{
	{"first", WantPair, true, "", "First keys"},
	{"spare", WantOne, false, "", "A spare is missing"},
	{"travel", WantTravel, false, "", "A spare for a journey"},
	{"lost", WantReplacement, false, IncidentLost, "A key was lost"},
	{"stolen", WantReplacement, false, IncidentStolen, "A key was stolen"},
	{"damaged", WantReplacement, false, IncidentDamaged, "A key is damaged"},
	{"too-old", WantReplacement, false, "", "The firmware of a key is too old"},
	{"name", WantReplacement, false, "", "The name of its holder changed"},
}

// OccasionOf finds an occasion by its code.
func OccasionOf(code string) (Occasion, error) {
	for _, o := range Occasions {
		if o.Code == code {
			return o, nil
		}
	}
	return Occasion{}, Refuse(Invalid, "%q is no occasion to ask for a key: choose one that the page offers.", code)
}

// Need is what the keys are for, as a preset with its sentence.
type Need struct{ Code, Sentence string }

// Needs are the presets. The last one wants words of its own.
var Needs = []Need{
	{"admin", "runs systems or networks"},
	{"data", "works with customer, staff or payment data"},
	{"code", "signs or releases code"},
	{"money", "approves payments"},
	{"told", "was told to by security"},
	{"other", ""},
}

// Ask is what somebody asks for, whole.
type Ask struct {
	Form     string // names the form it came from, so that one that is sent twice asks once; empty: it has no name
	For      PersonID
	Relation Relation
	Occasion string
	Need     string // code of a [Need]; of a replacement: not asked
	Text     string // what they add in their own words
	Pair     bool

	Answers Answers
	Chosen  Way
	Failed  []Way

	Replaces AssetTag // key that is replaced
	Happened string   // day on which it was lost, stolen or damaged

	Address  Address   // empty: a saved one, or it is picked up
	Saved    AddressID // of the person's address book
	Keep     string    // what an address is called that goes into that book; empty: it does not
	Place    string    // the desk where it is picked up; empty: any, unless it is sent
	NeededBy string    // a day; empty: as soon as it goes
}

// askedText is how much somebody can add in their own words.
const askedText = 500

// Submit makes of a requisition that has an id, a number and an address what a asks for person p. The table judges the
// answers again: what a page said to somebody before is no proof of what they may choose.
func (a Ask) Submit(r Requisition, p Person, by Actor, table Readiness, at time.Time) (Requisition, []Event, error) {
	o, err := OccasionOf(a.Occasion)
	if err != nil {
		return r, nil, err
	}
	if err := together(a.check(at), p.mayBeAskedFor()); err != nil {
		return r, nil, err
	}
	advice := Advice{Readiness: table.Version, Answers: a.Answers, Recommended: table.Advise(a.Answers, p.Tier), Chosen: a.Chosen, Failed: a.Failed}
	if err := advice.Recommended.May(a.Chosen); err != nil {
		return r, nil, err
	}
	if r.Advice, err = advice.Text(); err != nil {
		return r, nil, err
	}
	r.Person, r.Kind, r.Tier, r.Reason = p.ID, o.Kind, cmp.Or(p.Tier, Standard), a.reason(o)
	r.NeededBy, r.Place = a.NeededBy, a.Place
	if by.ID != string(p.ID) && by.Known() {
		r.RequestedBy = PersonID(by.ID)
	}
	r, ev, err := r.Submit(at)
	if err != nil || a.Chosen == WayKey {
		return r, []Event{ev}, err
	}
	r, served, err := r.Serve(a.Chosen, at)
	return r, []Event{ev, served}, err
}

// Problem is what is wrong with one field of an ask: a code, for which web/texts has a sentence per language, and the rule's
// own refusal.
type Problem struct {
	Field, Code string
	Err         error
}

// check refuses what was left out or cannot be, with all that is wrong.
func (a Ask) check(at time.Time) error {
	var errs []error
	for _, p := range a.Problems(at) {
		errs = append(errs, p.Err)
	}
	return together(errs...)
}

// Problems lists what was left out or cannot be.
func (a Ask) Problems(at time.Time) []Problem {
	var all []Problem
	wrong := func(field, code string, err error) {
		if err != nil {
			all = append(all, Problem{field, code, err})
		}
	}
	o, err := OccasionOf(a.Occasion)
	wrong("what", "what", err)
	wrong("way", "way", a.checkWays())
	wrong("answers", "answers", a.Answers.Check())
	wrong("text", "text", a.checkText())
	if a.Chosen == WayKey && !o.Replaces() {
		for _, p := range a.needProblems() {
			wrong(p.Field, p.Code, p.Err)
		}
	}
	if o.Replaces() && a.Replaces == "" {
		wrong("key", "key", Refuse(Invalid, "Say which key is to be replaced."))
	}
	if o.Incident != "" {
		tomorrow := at.UTC().AddDate(0, 0, 1).Format(time.DateOnly) // somewhere it is that day already
		wrong("day", "day", checkDay("the day on which it happened", a.Happened, "2000-01-01", tomorrow))
	}
	wrong("by", "by", checkNeededBy(a.NeededBy, at))
	if a.Chosen == WayKey && !a.Address.IsZero() {
		wrong("to", "address", a.Address.Check())
	}
	return all
}

func (a Ask) checkWays() error {
	if !slices.Contains(Ways, a.Chosen) {
		return Refuse(Invalid, "Choose how you want to sign in.")
	}
	if len(a.Failed) > len(Ways) || slices.ContainsFunc(a.Failed, func(w Way) bool { return !slices.Contains(Ways, w) }) {
		return Refuse(Invalid, "What was tried before is none of the ways there are: begin again.")
	}
	return nil
}

func (a Ask) checkText() error {
	if len(a.Text) > askedText {
		return Refuse(Invalid, "Your own words are too long: keep them under %d characters.", askedText)
	}
	return checkTexts(named{"reason", a.Text}, named{"place", a.Place})
}

func (a Ask) needProblems() []Problem {
	i := slices.IndexFunc(Needs, func(n Need) bool { return n.Code == a.Need })
	switch {
	case i < 0:
		return []Problem{{"need", "need", Refuse(Invalid, "Choose what the key is for.")}}
	case Needs[i].Sentence == "" && strings.TrimSpace(a.Text) == "":
		return []Problem{{"text", "words", Refuse(Invalid, "Say in a few words what the key is for.")}}
	}
	return nil
}

// checkDay refuses what is no day between two.
func checkDay(what, day, from, to string) error {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return Refuse(Invalid, "Say %s: choose a day.", what)
	}
	if day < from || day > to {
		return Refuse(Invalid, "%s cannot be %s: choose another day.", strings.ToUpper(what[:1])+what[1:], day)
	}
	return nil
}

// MayReport tells if an actor may say what happened to a key of p: p, who p reports to, and those who help. A key that
// anybody could report stolen would be a way to shut somebody out.
func (p Person) MayReport(by Actor, roles []Role) bool {
	return by.ID == string(p.ID) || p.Manager != "" && by.ID == string(p.Manager) ||
		slices.Contains(roles, HelpDesk) || slices.Contains(roles, Admin) || by.Method == ByOSUser
}

// AskFacts is what the page needs to know of a person before something is asked for them. Keys, the last answers and saved
// addresses are there only for those who may report for the person.
type AskFacts struct {
	Person Person
	Near   bool          // whoever asks may report for the person
	Team   []Person      // who report to the person
	Keys   []Key         // in their hands, or that something happened to
	Open   []Requisition // that nobody has finished yet
	Last   *Answers      // that they gave the last time; nil: they gave none

	Addresses []SavedAddress // in their address book
}

// mayBeAskedFor refuses a person for whom nothing is made.
func (p Person) mayBeAskedFor() error {
	switch {
	case p.State == PersonLeft:
		return Refuse(Conflict, "%s has left: no keys are made for them.", p.Name)
	case p.Held != "":
		return Refuse(Conflict, "Nothing can be asked for %s just now: the help desk knows why.", p.Name)
	}
	return nil
}

// reason is what an approver reads first.
func (a Ask) reason(o Occasion) string {
	var parts []string
	for _, n := range Needs {
		if n.Code == a.Need && n.Sentence != "" && !o.Replaces() {
			parts = append(parts, n.Sentence)
		}
	}
	if text := strings.TrimSpace(a.Text); text != "" {
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return o.Sentence
	}
	return o.Sentence + ": " + strings.Join(parts, "; ")
}

// Lines are the keys that a asks for, without ids. was is the purpose of the key that is replaced.
func (a Ask) Lines(r Requisition, was Purpose, at time.Time) []Line {
	if a.Chosen != WayKey {
		return nil
	}
	advice, _ := r.Advised()
	line := func(p Purpose, connector string) Line {
		return Line{Requisition: r.ID, Purpose: p, Connector: connector, Form: advice.Recommended.Form, State: LineOpen, ChangedAt: at}
	}
	primary, spare := line(Primary, advice.Recommended.Connector), line(Spare, advice.Recommended.Spare)
	lines := []Line{primary}
	switch {
	case a.Pair:
		lines = []Line{primary, spare}
	case r.Kind == WantOne || r.Kind == WantTravel || was == Spare:
		lines = []Line{spare}
	}
	for i := range lines {
		lines[i].Position = i + 1
	}
	return lines
}

// Incident is what happened to the key that a replaces; false: nothing did.
func (a Ask) Incident(k Key, p Person) (Incident, bool) {
	o, err := OccasionOf(a.Occasion)
	if err != nil || o.Incident == "" {
		return Incident{}, false
	}
	reason := o.Sentence + " on " + a.Happened
	if text := strings.TrimSpace(a.Text); text != "" {
		reason += ": " + text
	}
	return Incident{Key: k.ID, Person: p.ID, Kind: o.Incident, Reason: reason + "."}, true
}

// incidentStates are what a key becomes by what happened to it.
var incidentStates = map[IncidentKind]KeyState{IncidentLost: Lost, IncidentStolen: Stolen, IncidentDamaged: Damaged}

// Report takes a key into the state that an incident of its holder's means. One that is in it already, or in one from which
// there is no way to it, stays as it is: a stolen key is not merely lost.
func (k Key) Report(i Incident, at time.Time) (Key, Event, error) {
	to, ok := incidentStates[i.Kind]
	if !ok || !k.State.May(to) {
		return k, Event{}, nil
	}
	return k.Move(to, i.Reason, at)
}

// Serve ends r without a key, since another way works for its person.
func (r Requisition) Serve(way Way, at time.Time) (Requisition, Event, error) {
	if r.State != Submitted {
		return r, Event{}, Refuse(Conflict, "Requisition %s is %s: only a submitted one can end without a key.", r.Number, r.State)
	}
	if way == WayKey || !slices.Contains(Ways, way) {
		return r, Event{}, Refuse(Invalid, "%q is no way to sign in without a hardware key.", way)
	}
	r.State, r.ChangedAt = ServedWithoutKey, at
	return r, r.event("requisition.served-without-key", string(way)), nil
}
