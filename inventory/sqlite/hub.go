package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"keystation/inventory"
)

var hubs = define("hubs", "host ports", table[inventory.Hub]{
	id:    func(h *inventory.Hub) string { return h.Host },
	about: func(h *inventory.Hub) []string { return []string{h.Subject()} },
	bind:  func(h *inventory.Hub) []any { return []any{h.Host, inList(h.Ports)} },
	into:  func(h *inventory.Hub) []any { return []any{&h.Host, intoList(&h.Ports)} },
})

// SaveHub writes how the ports of a machine stand beside each other. It takes the place of what was learned before.
func (s *Store) SaveHub(ctx context.Context, by inventory.Actor, h inventory.Hub) error {
	h, learned, err := h.Learn()
	if err != nil {
		return err
	}
	return s.update(ctx, by, func(ctx context.Context, tx *txn) error {
		if err := hubs.save(ctx, tx, h); err != nil {
			return err
		}
		return tx.log(ctx, learned)
	})
}

// Hub gives the hub of a machine, without ports when none was learned.
func (s *Store) Hub(ctx context.Context, host string) (inventory.Hub, error) {
	h, err := hubs.one(ctx, s.readers, "WHERE host = $1", host)
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.Hub{Host: host, Ports: []inventory.HubPort{}}, nil
	}
	return h, err
}
