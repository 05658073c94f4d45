package web

import (
	"context"
	"fmt"
	"net/http"

	"keystation/inventory"
)

// ledgerBooks is what the ledger's page reads.
type ledgerBooks interface {
	// LedgerHead says how far the ledger goes and what was last signed.
	LedgerHead(ctx context.Context) (inventory.LedgerHead, error)
	// LedgerList gives entries before a sequence number (0: the newest), the newest first.
	LedgerList(ctx context.Context, before int64, limit int) ([]inventory.LedgerRow, error)
}

// ledgerPage is the ledger's head and its latest entries.
type ledgerPage struct {
	Head inventory.LedgerHead
	Rows []inventory.LedgerRow
	More int64 // the page of older entries ends before this one; 0: there are none
	Late int64 // entries that no checkpoint covers yet
}

func (s *Site) ledger(c Ctx) error {
	var before int64
	if err := numberParam(c, "before", &before); err != nil {
		return err
	}
	head, err := s.Books.LedgerHead(c.Request().Context())
	if err != nil {
		return fmt.Errorf("read ledger head: %w", err)
	}
	rows, err := s.Books.LedgerList(c.Request().Context(), before, pageRows)
	if err != nil {
		return fmt.Errorf("list ledger: %w", err)
	}
	page := ledgerPage{Head: head, Rows: rows, Late: head.Size - head.SignedSize}
	if n := len(rows); n > 0 && rows[n-1].Header.Seq > 1 {
		page.More = rows[n-1].Header.Seq
	}
	return s.render(c, http.StatusOK, "ledger", frame{Title: s.text(c, "title.ledger"), Here: "/ledger"}, page)
}

// numberParam reads a number of the address; a missing one leaves what was there.
func numberParam(c Ctx, name string, into *int64) error {
	text := c.QueryParam(name)
	if text == "" {
		return nil
	}
	if _, err := fmt.Sscanf(text, "%d", into); err != nil || *into < 0 {
		return inventory.Refuse(inventory.Invalid, "The number in the address is not one: go back and use the link there.")
	}
	return nil
}
