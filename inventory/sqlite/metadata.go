package sqlite

import "keystation/inventory"

var metadata = define("metadata", "no next_update sha256 signer entries imported_at blob", table[inventory.Metadata]{
	id:    func(m *inventory.Metadata) string { return decimal(m.No) },
	about: func(*inventory.Metadata) []string { return nil },
	bind: func(m *inventory.Metadata) []any {
		return []any{m.No, at(m.NextUpdate), m.SHA256, m.Signer, m.Entries, at(m.ImportedAt), blob(m.Blob)}
	},
	into: func(m *inventory.Metadata) []any {
		return []any{&m.No, atInto{&m.NextUpdate}, &m.SHA256, &m.Signer, &m.Entries, atInto{&m.ImportedAt}, &m.Blob}
	},
})
