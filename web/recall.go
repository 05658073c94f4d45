package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"keystation/inventory"
)

// recallBooks is what the pages about recalls read.
type recallBooks interface {
	// Recalls lists the recalls, the newest first.
	Recalls(ctx context.Context) ([]inventory.RecallRow, error)
	// Recall gives the recall that people call number, with a page of its keys; NotFound when there is none.
	Recall(ctx context.Context, number string, q inventory.RecallQuery) (inventory.RecallDossier, error)
}

// recallsPage lists the recalls.
type recallsPage struct {
	Rows []recallRow
	Form *recallForm // nil: nothing is recalled here
}

func (s *Site) recalls(c Ctx) error {
	rows, err := s.Books.Recalls(c.Request().Context())
	if err != nil {
		return fmt.Errorf("list recalls: %w", err)
	}
	tags := c.QueryParams()["tag"]
	form := s.recallForm(inventory.RecallOf{}, "Recall keys by tag", "Whoever has one of them gets another by a requisition of their own. Keys at the desk are put aside.")
	if form != nil {
		form.Tags, form.Open = strings.Join(tags, "\n"), len(tags) > 0
	}
	return s.render(c, http.StatusOK, "recalls", frame{Title: s.text(c, "title.recalls"), Here: "/incidents"}, recallsPage{s.recallRows(rows), form})
}

// recallRow is a recall with how far it is.
type recallRow struct {
	inventory.RecallRow
	Late bool
	Bar  []barPart
}

// barPart is one stretch of a bar that is a hundred wide.
type barPart struct {
	Class    string
	X, Width float64
}

func (s *Site) recallRows(rows []inventory.RecallRow) []recallRow {
	out := make([]recallRow, len(rows))
	for i, r := range rows {
		out[i] = recallRow{r, r.Overdue(s.Now()), nil}
		x := 0.0
		for _, part := range []struct {
			class string
			n     int
		}{{"bar-good", r.Returned}, {"bar-quiet", r.WrittenOff}} {
			width := 100 * float64(part.n) / float64(max(1, out[i].Total()))
			out[i].Bar = append(out[i].Bar, barPart{part.class, x, width})
			x += width
		}
	}
	return out
}

// Total is how many keys were called.
func (r recallRow) Total() int { return r.Due + r.Settled() }

// Settled is how many of them are not waited for any more.
func (r recallRow) Settled() int { return r.Returned + r.WrittenOff }

// recallForm is what the form that opens a recall is told.
type recallForm struct {
	Of       inventory.RecallOf // which keys; with neither incidents nor a model the form asks for tags
	Title    string
	Says     string // what becomes of the keys
	Tags     string // filled in
	Open     bool   // at once
	Due      string // the day that is proposed
	Earliest string // the first day that can be chosen
}

const day = "2006-01-02" // as a date field wants it

// recallForm proposes a recall that is due in two weeks. Nil: nothing is recalled here.
func (s *Site) recallForm(of inventory.RecallOf, title, says string) *recallForm {
	if s.Recall == nil {
		return nil
	}
	today := s.Now().In(s.Zone)
	return &recallForm{Of: of, Title: title, Says: says, Due: today.AddDate(0, 0, 14).Format(day), Earliest: today.Format(day)}
}

// openRecall calls keys back and goes to the page of the recall.
func (s *Site) openRecall(c Ctx) error {
	if s.Recall == nil {
		return inventory.Refuse(inventory.Unavailable, "This program recalls no keys: use the one that runs the bench.")
	}
	r, of, err := s.askedRecall(c.Request())
	if err != nil {
		return err
	}
	o, err := s.Recall(c.Request().Context(), visitor(c).Actor, r, of)
	if err != nil {
		return fmt.Errorf("recall keys: %w", err)
	}
	s.opened.keep(o)
	s.bell.ring()
	return seeOther(c, "/recalls/"+url.PathEscape(o.Recall.Number))
}

// askedRecall reads the form. A deadline is a day, and that whole day is in time.
func (s *Site) askedRecall(r *http.Request) (inventory.Recall, inventory.RecallOf, error) {
	of := inventory.RecallOf{Untrusted: r.PostFormValue("untrusted") == "yes", AAGUID: r.PostFormValue("aaguid"), Below: r.PostFormValue("below")}
	for _, text := range strings.FieldsFunc(r.PostFormValue("tags"), func(c rune) bool { return strings.ContainsRune(" \t\r\n,;", c) }) {
		tag, err := inventory.ParseAssetTag(text)
		if err != nil {
			return inventory.Recall{}, of, fmt.Errorf("read tags: %w", err)
		}
		of.Tags = append(of.Tags, tag)
	}
	due, err := time.ParseInLocation(day, r.PostFormValue("deadline"), s.Zone)
	if err != nil {
		return inventory.Recall{}, of, &inventory.Error{Kind: inventory.Invalid, Msg: "The deadline is missing: choose the day by which the keys are to be back.", Err: err}
	}
	due = due.AddDate(0, 0, 1).Add(-time.Second)
	return inventory.Recall{Reason: r.PostFormValue("reason"), Deadline: due}, of, nil
}

// openedRecall remembers what came of opening the last recall: what was left out is written nowhere else.
type openedRecall struct {
	mu   sync.Mutex
	last inventory.RecallOpened
}

func (o *openedRecall) keep(r inventory.RecallOpened) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = r
}

// of gives nil for any recall but the last.
func (o *openedRecall) of(number string) *inventory.RecallOpened {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last.Recall.Number != number {
		return nil
	}
	last := o.last
	return &last
}

// recallPage is one recall, with a page of its keys.
type recallPage struct {
	inventory.RecallDossier
	Row         recallRow
	Query       inventory.RecallQuery
	Filters     []recallFilter
	Opened      *inventory.RecallOpened // what came of opening it; nil: not known any more
	Can         bool                    // keys can be settled here
	First, More string
}

// recallFilter is one way to cut its keys down.
type recallFilter struct {
	State inventory.RecallItemState // empty: all
	N     int
}

func (s *Site) recall(c Ctx) error {
	states := []inventory.RecallItemState{inventory.RecallDue, inventory.RecallReturned, inventory.RecallWrittenOff}
	if err := known(c, "state", states); err != nil {
		return err
	}
	q := inventory.RecallQuery{State: inventory.RecallItemState(c.QueryParam("state")), After: c.QueryParam("after"), Limit: pageRows}
	d, err := s.Books.Recall(c.Request().Context(), c.Param("number"), q)
	if err != nil {
		return fmt.Errorf("read recall: %w", err)
	}
	number := d.Recall.Number
	page := recallPage{RecallDossier: d, Row: s.recallRows([]inventory.RecallRow{d.RecallRow})[0], Query: q, Opened: s.opened.of(number), Can: s.Settle != nil}
	for i, n := range []int{page.Row.Total(), d.Due, d.Returned, d.WrittenOff} {
		page.Filters = append(page.Filters, recallFilter{append([]inventory.RecallItemState{""}, states...)[i], n})
	}
	page.First, page.More = pageLinks("/recalls/"+url.PathEscape(number), url.Values{"state": {string(q.State)}}, q.After, d.Next)
	return s.render(c, http.StatusOK, "recall", frame{Title: s.text(c, "title.of-recall", number), Here: "/incidents"}, page)
}

// settleRecall notes that a recalled key is back, or that it will not come back.
func (s *Site) settleRecall(c Ctx) error {
	if s.Settle == nil {
		return inventory.Refuse(inventory.Unavailable, "This program settles no recalls: use the one that runs the bench.")
	}
	r := c.Request()
	tag, err := inventory.ParseAssetTag(r.PostFormValue("tag"))
	if err != nil {
		return fmt.Errorf("read tag: %w", err)
	}
	number := inventory.RecallNumber(c.Param("number"))
	to := inventory.RecallItemState(r.PostFormValue("to"))
	if err := s.Settle(r.Context(), visitor(c).Actor, number, tag, to, r.PostFormValue("reason")); err != nil {
		return fmt.Errorf("settle recall: %w", err)
	}
	s.bell.ring()
	return seeOther(c, backWithin(r, "/recalls/"+url.PathEscape(number)))
}

// backWithin is path with the filter and the page that the browser showed of it.
func backWithin(r *http.Request, path string) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || u.EscapedPath() != path {
		return path
	}
	return u.RequestURI()
}

// dueView is a deadline as a page shows it.
type dueView struct {
	Machine, Full string
	Left          string // how far off it is
	Late          bool
}

func (s *Site) dueView(lang string, t time.Time) (dueView, error) {
	left := t.Sub(s.Now())
	days := int(left.Abs() / (24 * time.Hour))
	layout, err := s.texts.tell(lang, "due.date")
	if err != nil {
		return dueView{}, err
	}
	v := dueView{Machine: t.UTC().Format(time.RFC3339), Full: t.In(s.Zone).Format(layout), Late: left < 0}
	switch {
	case v.Late && days == 0:
		v.Left, err = s.texts.tell(lang, "due.late.today")
	case v.Late:
		v.Left, err = s.texts.counted(lang, "due.late", days)
	case days == 0:
		v.Left, err = s.texts.tell(lang, "due.today")
	default:
		v.Left, err = s.texts.counted(lang, "due.left", days)
	}
	return v, err
}
