package sqlite

import (
	"context"

	"keystation/inventory"
)

var settings = define("settings", "id rp_id public_url origin verifier recipient created_at", table[inventory.Settings]{
	id:    func(*inventory.Settings) string { return "1" },
	about: func(*inventory.Settings) []string { return nil },
	bind: func(s *inventory.Settings) []any {
		return []any{1, s.RPID, s.PublicURL, s.Origin, s.Verifier, s.Recipient, at(s.CreatedAt)}
	},
	into: func(s *inventory.Settings) []any {
		var id int
		return []any{&id, &s.RPID, &s.PublicURL, &s.Origin, &s.Verifier, &s.Recipient, atInto{&s.CreatedAt}}
	},
})

// Settings gives what the database was told when it was made.
func (s *Store) Settings(ctx context.Context) (inventory.Settings, error) {
	v, err := settings.one(ctx, s.readers, "WHERE id = 1")
	return v, absent(err, "%s has no settings: it was not made by keystation init.", s.path)
}
