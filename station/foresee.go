package station

import (
	"context"
	"maps"
	"slices"

	"keystation/inventory"
	"keystation/station/ctap"
)

// Foresee judges every key as [Reviewer.Review] does, and writes nothing.
func (r Reviewer) Foresee(ctx context.Context) (inventory.Forecast, error) {
	f := &forecast{policy: r.Policy, hit: map[inventory.PersonID]bool{}, pairs: map[inventory.PersonID]*pair{}}
	err := r.each(ctx, NewJudge(r.Policy), func(page []weighed) error {
		for _, w := range page {
			f.add(w)
		}
		return ctx.Err()
	})
	if err != nil {
		return inventory.Forecast{}, err
	}
	return f.told(), nil
}

// forecast is a [inventory.Forecast] on its way. What it keeps grows with the people, not with the keys.
type forecast struct {
	inventory.Forecast
	policy Policy
	softer []inventory.KeyForecast // changes that hit nobody
	hit    map[inventory.PersonID]bool
	pairs  map[inventory.PersonID]*pair
}

// pair is what is known of the keys of a person.
type pair struct {
	inventory.PairForecast
	mixed, asked bool // of two makers; a rule of a tier asks for two
}

func (f *forecast) add(w weighed) {
	e, rules := w.evidence, f.policy.For(w.evidence.Tier)
	f.Keys++
	f.pair(w, rules.TwoMakers)
	if slices.Contains(rules.AlwaysUV, e.Key.AAGUID) {
		f.AlwaysUV++
	}
	if info, err := ctap.ParseInfo(e.Registration.Info); err == nil && rules.Force == inventory.ForceRequired && !info.CanForcePINChange() {
		f.CannotForce++
	}
	if w.judgment.Verdict == e.Key.Verdict {
		return
	}
	f.Changed++
	row := inventory.KeyForecast{
		Key: e.Key.ID, Tag: e.Key.Tag, Model: e.Key.Model, State: e.Key.State, Tier: e.Tier, Holder: e.Holder, Person: e.Person, Name: e.Name,
		From: e.Key.Verdict, To: w.judgment.Verdict, Reason: w.judgment.First(),
	}
	if !row.Hits() {
		if row.From == inventory.Refused {
			f.Cleared++
		}
		f.softer = upTo(f.softer, row)
		return
	}
	f.Changes = upTo(f.Changes, row)
	f.refused(e, rules.Incidents)
}

// refused counts what the refusal of a key means, as the rules of the inventory have it.
func (f *forecast) refused(e inventory.Evidence, incidents bool) {
	f.Refused++
	switch {
	case e.Key.State.AtDesk() && !e.Making:
		f.AtDesk++
	case e.Key.State.InHands():
		f.InHands++
		if e.Person != "" {
			f.hit[e.Person] = true
		}
		if incidents {
			f.Incidents++
		}
	}
}

// pair looks at the makers of what a person has or is about to get.
func (f *forecast) pair(w weighed, asked bool) {
	e := w.evidence
	if e.Person == "" || !e.Key.State.InUse() {
		return
	}
	maker := w.judgment.Maker
	if maker == "" {
		maker = e.Key.Maker
	}
	p := f.pairs[e.Person]
	if p == nil {
		p = &pair{PairForecast: inventory.PairForecast{Person: e.Person, Name: e.Name, Maker: maker}}
		f.pairs[e.Person] = p
	}
	p.Keys++
	p.asked = p.asked || asked
	switch { // a key whose maker nobody knows may be of the same maker as the others
	case p.Maker == "":
		p.Maker = maker
	case maker != "" && !inventory.SameMaker(p.Maker, maker):
		p.mixed = true
	}
}

func (f *forecast) told() inventory.Forecast {
	f.People = len(f.hit)
	for _, row := range f.softer {
		f.Changes = upTo(f.Changes, row)
	}
	for _, id := range slices.Sorted(maps.Keys(f.pairs)) {
		if p := f.pairs[id]; p.asked && p.Keys > 1 && !p.mixed {
			f.OneMaker++
			f.Pairs = upTo(f.Pairs, p.PairForecast)
		}
	}
	return f.Forecast
}

func upTo[T any](rows []T, row T) []T {
	if len(rows) < inventory.ForecastRows {
		rows = append(rows, row)
	}
	return rows
}
