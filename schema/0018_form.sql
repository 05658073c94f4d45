-- The shape of the key that was asked for.

-- +goose Up

ALTER TABLE lines ADD COLUMN form TEXT NOT NULL DEFAULT '' CHECK (form IN ('', 'keychain', 'nano')); -- empty: any
