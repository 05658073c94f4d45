package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"keystation/inventory"
)

// Overview counts keys and requisitions by state.
func (s *Store) Overview(ctx context.Context) (inventory.Overview, error) {
	var o inventory.Overview
	var err error
	if o.Keys, err = countBy[inventory.KeyState](ctx, s.readers, "key_counts"); err != nil {
		return o, err
	}
	if o.Requisitions, err = countBy[inventory.RequisitionState](ctx, s.readers, "requisition_counts"); err != nil {
		return o, err
	}
	err = s.readers.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM requisitions q JOIN lines l ON l.requisition = q.id WHERE q.state IN ('approved', 'fulfilling') AND l.state = 'open'),
		(SELECT count(*) FROM runs WHERE ended_at IS NULL)`).Scan(&o.OpenLines, &o.Runs)
	if err != nil {
		return o, fmt.Errorf("count lines and runs: %w", err)
	}
	return o, s.countTrust(ctx, &o)
}

// countTrust counts what speaks against keys, and what is done about it.
func (s *Store) countTrust(ctx context.Context, o *inventory.Overview) error {
	err := s.readers.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM incidents WHERE closed_at IS NULL AND recall IS NULL),
		(SELECT count(*) FROM incidents WHERE closed_at IS NULL AND recall IS NULL AND kind = 'untrusted'),
		(SELECT count(*) FROM keys k INDEXED BY keys_affected WHERE `+affected+`),
		(SELECT count(*) FROM recalls WHERE state = 'open'),
		(SELECT min(deadline) FROM recalls WHERE state = 'open')`).Scan(&o.Incidents, &o.Untrusted, &o.Affected, &o.Recalls, maybeAtInto{&o.RecallDue})
	if err != nil {
		return fmt.Errorf("count incidents and recalls: %w", err)
	}
	return nil
}

func countBy[S ~string](ctx context.Context, q querier, counts string) (map[S]int, error) {
	type count struct {
		state S
		n     int
	}
	found, err := queryRows(ctx, q, func(c *count) []any { return []any{&c.state, &c.n} },
		"SELECT state, sum(n) FROM "+counts+" GROUP BY state HAVING sum(n) > 0")
	if err != nil {
		return nil, err
	}
	by := map[S]int{}
	for _, c := range found {
		by[c.state] = c.n
	}
	return by, nil
}

// LedgerHead says how far the ledger goes and what was last signed.
func (s *Store) LedgerHead(ctx context.Context) (inventory.LedgerHead, error) {
	size, root, err := head(ctx, s.readers)
	if err != nil {
		return inventory.LedgerHead{}, err
	}
	h := inventory.LedgerHead{Size: size}
	if size > 0 {
		h.Root = hex.EncodeToString(root[:])
	}
	c, err := checkpoints.one(ctx, s.readers, "ORDER BY size DESC LIMIT 1")
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	h.Checkpoint, h.SignedSize, h.SignedAt = c.Note, c.Size, &c.At
	return h, nil
}

// LedgerList gives entries before a sequence number (0: the newest), the newest first.
func (s *Store) LedgerList(ctx context.Context, before int64, limit int) ([]inventory.LedgerRow, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	return s.ledgerRows(ctx, "ledger_leaves l", "l.seq < $1 ORDER BY l.seq DESC LIMIT $2", before, rowsWanted(limit))
}

// ledgerAbout gives the entries that name a subject, the newest first.
func (s *Store) ledgerAbout(ctx context.Context, subject string) ([]inventory.LedgerRow, error) {
	return s.ledgerRows(ctx, "ledger_subjects b CROSS JOIN ledger_leaves l ON l.seq = b.seq",
		"b.subject = $1 ORDER BY b.seq DESC LIMIT $2", subject, mostRows)
}

func (s *Store) ledgerRows(ctx context.Context, from, where string, args ...any) ([]inventory.LedgerRow, error) {
	return queryRows(ctx, s.readers, func(r *inventory.LedgerRow) []any {
		return []any{headerInto{&r.Header}, actorInto{&r.Actor}}
	}, "SELECT l.header, p.payload FROM "+from+" LEFT JOIN ledger_payloads p ON p.seq = l.seq WHERE "+where, args...)
}

type headerInto struct{ to *inventory.Header }

func (c headerInto) Scan(v any) error {
	text, _ := v.(string)
	if err := json.Unmarshal([]byte(text), c.to); err != nil {
		return fmt.Errorf("read ledger entry: %w", err)
	}
	return nil
}

// actorInto reads who acted out of a payload that may have been erased.
type actorInto struct{ to *string }

func (c actorInto) Scan(v any) error {
	*c.to = ""
	payload, ok := v.([]byte)
	if !ok {
		return nil
	}
	var told struct {
		Actor string `json:"actor"`
	}
	if err := json.Unmarshal(payload, &told); err != nil {
		return fmt.Errorf("read ledger payload: %w", err)
	}
	*c.to = told.Actor
	return nil
}
