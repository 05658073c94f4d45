package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"keystation/inventory"
)

// queueBooks is what the desk's queue reads and does.
type queueBooks interface {
	// Queue gives a page of the lines that the desk has something to do for, the most urgent first.
	Queue(ctx context.Context, after string) (inventory.QueuePage, error)
	// HandOver gives a key to its person at the desk.
	HandOver(ctx context.Context, by inventory.Actor, tag inventory.AssetTag, signed, checked string) (inventory.Receipt, error)
	// MayPack refuses whoever must not pack keys for a requisition.
	MayPack(ctx context.Context, by inventory.Actor, number string) error
	// Reserve keeps a stock key for a line.
	Reserve(ctx context.Context, by inventory.Actor, line inventory.LineID, tag inventory.AssetTag) error
	// Unreserve lets it go.
	Unreserve(ctx context.Context, by inventory.Actor, line inventory.LineID) error
	// KeyList gives a page of keys.
	KeyList(ctx context.Context, q inventory.KeyQuery) (inventory.KeyPage, error)
}

// queuePage is what the desk has to do, line by line.
type queuePage struct {
	Rows        []inventory.QueueRow
	Counts      []queueCount // on all pages
	First, More string
}

type queueCount struct {
	Act inventory.QueueAct
	N   int
}

func (s *Site) queue(c Ctx) error {
	after := c.QueryParam("after")
	queue, err := s.Books.Queue(c.Request().Context(), after)
	if err != nil {
		return fmt.Errorf("read queue: %w", err)
	}
	page := queuePage{Rows: queue.Rows}
	page.First, page.More = pageLinks("/queue", url.Values{}, after, queue.Next)
	for _, act := range []inventory.QueueAct{inventory.QueueMake, inventory.QueueMaking, inventory.QueuePack, inventory.QueueHand, inventory.QueueHeld} {
		if n := queue.Counts[act]; n > 0 {
			page.Counts = append(page.Counts, queueCount{act, n})
		}
	}
	return s.render(c, http.StatusOK, "queue", frame{Title: s.text(c, "title.queue"), Here: "/queue"}, page)
}

// reserve keeps the stock key that was scanned or typed for a line; with none it lets the one that is kept go.
func (s *Site) reserve(c Ctx) error {
	r := c.Request()
	line, by := inventory.LineID(r.PostFormValue("line")), visitor(c).Actor
	if r.PostFormValue("act") == "release" {
		if err := s.Books.Unreserve(r.Context(), by, line); err != nil {
			return fmt.Errorf("let a key go: %w", err)
		}
		return seeOther(c, "/queue")
	}
	tag, err := inventory.ParseAssetTag(r.PostFormValue("tag"))
	if err != nil {
		return fmt.Errorf("read tag: %w", err)
	}
	if err := s.Books.Reserve(r.Context(), by, line, tag); err != nil {
		return fmt.Errorf("reserve a key: %w", err)
	}
	return seeOther(c, "/queue")
}

// handOverPage is what somebody reads and signs who takes a key at the desk.
type handOverPage struct {
	Row   inventory.RequisitionRow
	Line  inventory.LineRow
	Terms string
}

// handing shows the page to sign for one key.
func (s *Site) handing(c Ctx) error {
	d, err := s.Books.KeyDossier(c.Request().Context(), inventory.AssetTag(c.Param("tag")))
	if err != nil {
		return fmt.Errorf("read key: %w", err)
	}
	if d.For == nil {
		return inventory.Refuse(inventory.Conflict, "Key %s was made for nobody yet: reserve it for a line, and make it.", d.Key.Tag)
	}
	row, err := s.Books.RequisitionByNumber(c.Request().Context(), d.For.Number)
	if err != nil {
		return fmt.Errorf("read requisition: %w", err)
	}
	page := handOverPage{Row: row, Terms: inventory.CustodyTerms}
	for _, l := range row.Lines {
		if l.Tag == d.Key.Tag {
			page.Line = l
		}
	}
	return s.render(c, http.StatusOK, "handover", frame{Title: s.text(c, "title.of-hand-over", string(d.Key.Tag)), Here: "/queue"}, page)
}

func (s *Site) handOver(c Ctx) error {
	r, tag := c.Request(), inventory.AssetTag(c.Param("tag"))
	if r.PostFormValue("agreed") != "yes" {
		return inventory.Refuse(inventory.Invalid, "The text has to be agreed to: the box is ticked by whoever takes the key.")
	}
	if _, err := s.Books.HandOver(r.Context(), visitor(c).Actor, tag, r.PostFormValue("signed"), r.PostFormValue("checked")); err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	s.bell.ring()
	return seeOther(c, "/keys/"+url.PathEscape(string(tag)))
}
