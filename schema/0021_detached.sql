-- An account at the identity provider that is somebody's no more. Its row stays: the ledger knows it.

-- +goose Up

ALTER TABLE identities ADD COLUMN detached_at TEXT CHECK (length(detached_at) = 27);
