package inventory

import (
	"slices"
	"strconv"
	"strings"
)

// chart finds the manager of everybody in the plans: of the file, wherever in it they stand, else of the directory. Rows
// whose manager is nobody, or whose managers go round in a circle, are refused.
func (d *Staff) chart(plans []PlannedPerson) {
	inFile := map[string]int{}
	for i, p := range plans {
		for _, text := range []string{"id " + p.row.Person.ExternalID, "mail " + fold(p.row.Person.Email)} {
			if was, there := inFile[text]; !there || plans[was].Err != nil {
				inFile[text] = i
			}
		}
	}
	for { // a row that is refused may take away the manager of another
		refused := false
		for i := range plans {
			if p := &plans[i]; p.Err == nil && !p.Settled {
				d.manage(p, plans, inFile)
				refused = refused || p.Err != nil
			}
		}
		if !d.breakCircles(plans) && !refused {
			return
		}
	}
}

// manage finds the manager of one row. A manager whose own row is refused is news that can wait: whom the row is about goes
// in without.
func (d *Staff) manage(p *PlannedPerson, plans []PlannedPerson, inFile map[string]int) {
	p.warning = ""
	text := p.row.Manager
	if text == "" {
		if slices.Contains(p.row.Columns, "manager") {
			p.Now.Manager = ""
		}
		return
	}
	i, there := inFile["id "+text]
	if !there {
		i, there = inFile["mail "+fold(text)]
	}
	if there && plans[i].Err == nil {
		p.Now.Manager = d.survivor(plans[i].Now)
		return
	}
	id, known := d.byExternal[text]
	if !known {
		id, known = d.byEmail[fold(text)]
	}
	switch {
	case known:
		p.Now.Manager = d.survivor(d.byID[id])
	case there:
		p.Now.Manager = p.Was.Manager
		p.warning = "The manager's own row, in line " + strconv.Itoa(plans[i].row.Line) + ", is refused: mend it and import the file again."
	default:
		p.Err = Refuse(Invalid, "The manager %q is neither in the file nor in the directory: correct the manager column or add them.", text)
	}
}

// survivor is p, or whose second entry p was.
func (d *Staff) survivor(p Person) PersonID {
	if p.MergedInto != "" {
		return p.MergedInto
	}
	return p.ID
}

// breakCircles refuses the rows that would make somebody their own manager, be it over others.
func (d *Staff) breakCircles(plans []PlannedPerson) bool {
	of := map[PersonID]*PlannedPerson{}
	for i := range plans {
		if p := &plans[i]; p.Err == nil && !p.Settled {
			of[p.Now.ID] = p
		}
	}
	manager := func(id PersonID) PersonID {
		if p := of[id]; p != nil {
			return p.Now.Manager
		}
		return d.byID[id].Manager
	}
	found, walked := false, map[PersonID]int{} // by which walk
	for i := range plans {
		id := plans[i].Now.ID
		for id != "" && of[plans[i].Now.ID] != nil && walked[id] == 0 {
			walked[id] = i + 1
			id = manager(id)
		}
		if id != "" && walked[id] == i+1 {
			found = refuseCircle(of, id, manager) || found
		}
	}
	return found
}

// refuseCircle refuses the rows of the circle that id is in. One without a row was there before, and is nobody's news.
func refuseCircle(of map[PersonID]*PlannedPerson, id PersonID, manager func(PersonID) PersonID) bool {
	var rows []*PlannedPerson
	var names []string
	for at, n := id, 0; n == 0 || at != id; at, n = manager(at), n+1 {
		if p := of[at]; p != nil {
			rows, names = append(rows, p), append(names, p.Now.Name+" (line "+strconv.Itoa(p.row.Line)+")")
		}
	}
	for _, p := range rows {
		p.Err = Refuse(Invalid, "%s would be their own manager, over %s: correct the manager column.", p.Now.Name, strings.Join(names, ", "))
	}
	return len(rows) > 0
}
