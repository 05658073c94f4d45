package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"keystation/inventory"
)

// staffBooks is what the pages about files of people do.
type staffBooks interface {
	// ImportStaff writes a directory; a report beside an error says what stood against it.
	ImportStaff(ctx context.Context, by inventory.Actor, rows []inventory.ImportedPerson, how inventory.ImportChoices) (inventory.ImportReport, error)
}

const (
	uploadPath = "/people/import"
	maxUpload  = 8 << 20 // some fifty thousand people
	// Previews are kept for a while and never on disk: they hold addresses.
	keptPreviews = 4
	previewFor   = time.Hour
)

// preview is a file of people that somebody sent, and what it would come to, or came to.
type preview struct {
	ID, Name, Sum string // Sum: SHA-256 of the file
	Key           string // the column by which people are found
	By            string // id of whose preview it is
	At            time.Time
	How           inventory.ImportChoices
	Rows          []inventory.ImportedPerson
	Report        inventory.ImportReport
	Applied       bool
	Wrong         string // what stood against applying it
}

// previews are the latest ones. It is safe for concurrent use.
type previews struct {
	mu   sync.Mutex
	kept []preview
}

func (ps *previews) put(p preview) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.kept = slices.DeleteFunc(ps.kept, func(was preview) bool { return was.ID == p.ID || p.At.Sub(was.At) > previewFor })
	if ps.kept = append(ps.kept, p); len(ps.kept) > keptPreviews {
		ps.kept = slices.Delete(ps.kept, 0, 1)
	}
}

// of gives the preview that a page is about, to whoever made it.
func (ps *previews) of(c Ctx) (preview, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	i := slices.IndexFunc(ps.kept, func(p preview) bool { return p.ID == c.Param("id") && p.By == visitor(c).ID })
	if i < 0 {
		return preview{}, inventory.Refuse(inventory.NotFound, "This preview is gone: choose the file again.")
	}
	return ps.kept[i], nil
}

// uploadPage is the form for a file.
type uploadPage struct {
	Columns []string
	Key     string
	Wrong   string
}

func (s *Site) uploadStaff(c Ctx) error { return s.drawUpload(c, http.StatusOK, uploadPage{}) }

func (s *Site) drawUpload(c Ctx, status int, page uploadPage) error {
	page.Columns = inventory.PersonColumns
	return s.render(c, status, "upload", frame{Title: s.text(c, "title.bring-people-in"), Here: "/people"}, page)
}

// previewStaff says what a file would come to. Nothing is written.
func (s *Site) previewStaff(c Ctx) error {
	p, err := sentFile(c.Request())
	if err == nil {
		p.By, p.At = visitor(c).ID, s.Now()
		how := p.How
		how.DryRun = true
		p.Report, err = s.Books.ImportStaff(c.Request().Context(), visitor(c).Actor, p.Rows, how)
	}
	if kind := inventory.KindOf(err); err != nil && (kind == inventory.Invalid || kind == inventory.Unavailable) {
		return s.drawUpload(c, statuses[kind], uploadPage{Key: p.Key, Wrong: inventory.Sentence(err)})
	}
	if err != nil {
		return fmt.Errorf("preview people: %w", err)
	}
	s.previews.put(p)
	return seeOther(c, uploadPath+"/"+p.ID)
}

// sentFile reads the form with the file. It never touches a disk.
func sentFile(r *http.Request) (preview, error) {
	p := preview{ID: rand.Text()}
	if err := r.ParseMultipartForm(2 * maxUpload); err != nil {
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			return p, inventory.Refuse(inventory.Invalid, "The file is larger than %d MB: bring people in with keystation import people, or in parts.", maxUpload>>20)
		}
		return p, &inventory.Error{Kind: inventory.Invalid, Msg: "The form cannot be read: choose the file again.", Err: err}
	}
	p.Key = r.PostFormValue("key")
	if own := r.PostFormValue("own"); p.Key == "own" {
		p.Key = own
	}
	p.How = inventory.ImportChoices{AllOrNothing: r.PostFormValue("all") == "yes", Leavers: r.PostFormValue("leavers") == "yes"}
	f, header, err := r.FormFile("file")
	if err != nil {
		return p, &inventory.Error{Kind: inventory.Invalid, Msg: "No file is chosen: choose one.", Err: err}
	}
	defer func() { _ = f.Close() }() // it is memory
	p.Name = header.Filename
	sum := sha256.New()
	p.Rows, err = inventory.ReadPeopleBy(io.TeeReader(f, sum), p.Key)
	p.Sum = hex.EncodeToString(sum.Sum(nil))
	return p, err
}

// previewPage is a page of what a file would come to, or came to.
type previewPage struct {
	preview
	Counts  []rowCount
	Show    inventory.RowOutcome // empty: all
	Shown   []rowShown
	Refused []rowLink // the first of them, to go to
	Others  int       // refused ones that are not listed
	First   string
	More    string
	TooMany bool // leavers, to be confirmed
}

type rowCount struct {
	Outcome inventory.RowOutcome
	N       int
}

type rowLink struct {
	Line int
	Path string
}

type rowShown struct {
	inventory.RowResult
	Tone string
}

var rowTones = map[inventory.RowOutcome]string{inventory.RowCreated: "good", inventory.RowUpdated: "busy", inventory.RowRefused: "bad"}

// refusedLinks is how many refused rows a page links to.
const refusedLinks = 20

func (s *Site) showPreview(c Ctx) error {
	p, err := s.previews.of(c)
	if err != nil {
		return err
	}
	page := previewPage{preview: p, Show: inventory.RowOutcome(c.QueryParam("show")),
		TooMany: p.How.Leavers && !p.Applied && len(p.Report.Missing) > p.Report.Limit}
	for _, o := range []inventory.RowOutcome{inventory.RowCreated, inventory.RowUpdated, inventory.RowUnchanged, inventory.RowRefused} {
		page.Counts = append(page.Counts, rowCount{o, p.Report.Sum(o)})
	}
	from, err := strconv.Atoi(c.QueryParam("after"))
	if c.QueryParam("after") != "" && (err != nil || from < 0) {
		return inventory.Refuse(inventory.Invalid, "There is no such page: go back to the beginning of the preview.")
	}
	page.cut(from)
	return s.render(c, http.StatusOK, "preview", frame{Title: s.text(c, "title.preview"), Here: "/people"}, page)
}

// cut chooses the rows of one page, and finds the pages on which the refused ones are.
func (p *previewPage) cut(from int) {
	path, kept, n, next := uploadPath+"/"+p.ID, url.Values{"show": {string(p.Show)}}, 0, ""
	for i, row := range p.Report.Rows {
		if row.Outcome == inventory.RowRefused {
			if len(p.Refused) < refusedLinks {
				p.Refused = append(p.Refused, rowLink{row.Line, fmt.Sprintf("%s?after=%d#line-%d", path, i/pageRows*pageRows, row.Line)})
			} else {
				p.Others++
			}
		}
		if p.Show != "" && row.Outcome != p.Show {
			continue
		}
		if n >= from && n < from+pageRows {
			p.Shown = append(p.Shown, rowShown{row, rowTones[row.Outcome]})
		}
		if n++; n == from+pageRows+1 {
			next = strconv.Itoa(from + pageRows)
		}
	}
	after := ""
	if from > 0 {
		after = strconv.Itoa(from)
	}
	p.First, p.More = pageLinks(path, kept, after, next)
}

// applyStaff does what was previewed, or shows what it would come to by now.
func (s *Site) applyStaff(c Ctx) error {
	p, err := s.previews.of(c)
	if err != nil {
		return err
	}
	if p.Applied {
		return seeOther(c, uploadPath+"/"+p.ID)
	}
	how := p.How
	how.Seen = p.Report.Digest
	how.Confirmed, _ = strconv.Atoi(trimmed(formValues(c), "leavers")) // what is no number confirms nothing
	report, err := s.Books.ImportStaff(c.Request().Context(), visitor(c).Actor, p.Rows, how)
	if err != nil && inventory.KindOf(err) != inventory.Conflict {
		return fmt.Errorf("import people: %w", err)
	}
	p.Report, p.Applied, p.Wrong = report, err == nil, inventory.Sentence(err)
	if p.Applied {
		p.Rows = nil // they hold addresses
	}
	s.previews.put(p)
	return seeOther(c, uploadPath+"/"+p.ID)
}
