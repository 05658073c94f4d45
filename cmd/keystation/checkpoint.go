package main

import (
	"context"

	"keystation/inventory/sqlite"
)

// sign signs the ledger as it is and keeps the checkpoint in the database. It needs the signing key, which the bench
// has not.
func sign(ctx context.Context, store *sqlite.Store, cfg Config) ([]byte, error) {
	key, err := readSecret(cfg.Secrets.Dir, ledgerKeyFile)
	if err != nil {
		return nil, err
	}
	return store.Checkpoint(ctx, osActor(), key)
}
