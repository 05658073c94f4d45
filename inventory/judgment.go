package inventory

import (
	"slices"
	"time"
)

// Reason is one thing that a judgment found: a code for programs and a sentence for people.
type Reason struct {
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
}

// Evidence is what was kept of a key so that it can be judged again.
type Evidence struct {
	Key          Key
	Registration Registration // its tag credential, the newest: with attestation, client data hash and getInfo
	Tier         Tier         // of the line it was made for; of stock, the standard one
	Holder       Holder       // who has it
	Person       PersonID     // who has it, or whom it was made for; empty: nobody
	Name         string       // of that person
	Making       bool         // a run has it in hand
	Judged       Judgment     // what came of it the last time; zero: nothing was written down
}

// Judged is a judgment on its way to be written down. What it means for its key is decided on the key as it is then.
type Judged struct {
	Judgment  Judgment
	Incidents bool // a key in use that it refuses opens an incident
}

// Judgment is what came of judging the attestation of a key, and by what.
type Judgment struct {
	ID           JudgmentID     `json:"id"`
	Key          KeyID          `json:"key"`
	Registration RegistrationID `json:"registration"` // whose attestation it was
	Review       ReviewID       `json:"review"`       // empty: the run that made the key
	Verdict      Verdict        `json:"verdict"`
	Reasons      []Reason       `json:"reasons"` // the one that decided first
	Model        string         `json:"model"`   // as the metadata names it; empty: it is in none
	Maker        string         `json:"maker"`   // empty: nobody says
	Root         string         `json:"root"`    // that the certificate chained to; empty: to none
	Metadata     int64          `json:"metadata"`
	Policy       int64          `json:"policy"`
	Tier         Tier           `json:"tier"`
	At           time.Time      `json:"at"`
}

// Same tells if a second judgment came to the same, whatever it was made by.
func (j Judgment) Same(other Judgment) bool {
	return j.Verdict == other.Verdict && j.Root == other.Root && j.Model == other.Model && j.Maker == other.Maker &&
		slices.Equal(j.Reasons, other.Reasons)
}

// First is the reason that decided, zero when none is given.
func (j Judgment) First() Reason {
	if len(j.Reasons) == 0 {
		return Reason{}
	}
	return j.Reasons[0]
}

// Sentences are the reasons as people read them.
func (j Judgment) Sentences() []string {
	all := make([]string, len(j.Reasons))
	for i, r := range j.Reasons {
		all[i] = r.Sentence
	}
	return all
}

// Judge notes in k what came of judging it again. Sentences of k that are not of the judgment before (who let it be
// wiped, who accepted it) stay. It does not count as a change of the key when its verdict stays. What a refusal means for
// a key at the desk, or in somebody's hands, [Key.Withdraw] and [Incident] say.
func (k Key) Judge(before, j Judgment, at time.Time) (Key, Event) {
	was := k.Verdict
	told := append(before.Sentences(), j.Sentences()...)
	kept := slices.DeleteFunc(slices.Clone(k.Reasons), func(s string) bool { return slices.Contains(told, s) })
	k.Reasons = append(j.Sentences(), kept...)
	if j.Verdict != was {
		k.Verdict, k.ChangedAt = j.Verdict, at
	}
	if j.Maker != "" {
		k.Maker = j.Maker
	}
	return k, Event{Action: "key.judged", Subjects: []string{string(k.ID)}, Payload: KeyJudged{k.Tag, was, j.Verdict, j.Reasons, j.Metadata, j.Policy}}
}

// KeyJudged is the payload of a judgment that came to something else than the one before.
type KeyJudged struct {
	Tag      AssetTag `json:"asset_tag"`
	From     Verdict  `json:"from"`
	To       Verdict  `json:"to"`
	Reasons  []Reason `json:"reasons"`
	Metadata int64    `json:"metadata"`
	Policy   int64    `json:"policy"`
}
