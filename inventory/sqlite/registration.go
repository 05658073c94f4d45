package sqlite

import (
	"context"

	"keystation/inventory"
)

var registrations = define("registrations", `id key_id run kind rp_id credential_id public_key attestation
	client_data_hash method_id registered_at revoked_at revoked_why info`,
	table[inventory.Registration]{
		id:    func(r *inventory.Registration) string { return string(r.ID) },
		about: func(r *inventory.Registration) []string { return []string{string(r.Key), string(r.Run)} },
		bind: func(r *inventory.Registration) []any {
			return []any{r.ID, r.Key, r.Run, r.Kind, r.RPID, blob(r.CredentialID), blob(r.PublicKey), blob(r.Attestation),
				blob(r.ClientDataHash), r.MethodID, at(r.RegisteredAt), maybeAt(r.RevokedAt), r.RevokedWhy, blob(r.Info)}
		},
		into: func(r *inventory.Registration) []any {
			return []any{&r.ID, &r.Key, &r.Run, &r.Kind, &r.RPID, &r.CredentialID, &r.PublicKey, &r.Attestation,
				&r.ClientDataHash, &r.MethodID, atInto{&r.RegisteredAt}, maybeAtInto{&r.RevokedAt}, &r.RevokedWhy, &r.Info}
		},
	})

// revoke ends the live registrations that v names. That the identity provider forgot them is for the caller to know.
func (tx *txn) revoke(ctx context.Context, v inventory.Revocation, by inventory.RunID) error {
	live, err := registrations.list(ctx, tx.sql,
		"WHERE key_id = $1 AND revoked_at IS NULL AND run <> $2 AND ($3 = '' OR kind = $3) AND "+notLater+"$4) ORDER BY rowid", v.Key, v.Keep, v.Kind, by)
	if err != nil {
		return err
	}
	for _, r := range live {
		r.RevokedAt, r.RevokedWhy = &tx.now, v.Why
		if err := registrations.save(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}
