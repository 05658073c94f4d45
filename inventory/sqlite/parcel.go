package sqlite

import (
	"keystation/inventory"
)

var parcels = define("parcels", "id number requisition line key_id printed_lines packet_sha256 printed_at",
	table[inventory.Parcel]{
		id:    func(p *inventory.Parcel) string { return string(p.ID) },
		about: func(p *inventory.Parcel) []string { return []string{string(p.Key), string(p.Line)} },
		bind: func(p *inventory.Parcel) []any {
			return []any{p.ID, p.Number, p.Requisition, ref(p.Line), p.Key, blob(p.PrintedLines), p.PacketSHA256, zeroAt(p.PrintedAt)}
		},
		into: func(p *inventory.Parcel) []any {
			return []any{&p.ID, &p.Number, &p.Requisition, intoRef(&p.Line), &p.Key, &p.PrintedLines, &p.PacketSHA256,
				zeroAtInto{&p.PrintedAt}}
		},
	})
