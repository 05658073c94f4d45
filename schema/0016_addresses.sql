-- Addresses that people keep, so that they need not type them again.

-- +goose Up

CREATE TABLE addresses (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    person     TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    label      TEXT NOT NULL CHECK (label <> ''), -- what they call it
    sealed     BLOB NOT NULL,                     -- empty once it was removed
    saved_at   TEXT NOT NULL CHECK (length(saved_at) = 27),
    removed_at TEXT CHECK (length(removed_at) = 27),
    CHECK ((removed_at IS NULL) = (length(sealed) > 0))
) STRICT;
CREATE INDEX addresses_person ON addresses (person, id);

-- What happened to the keys of somebody, and which roles ended last.
CREATE INDEX incidents_person ON incidents (person) WHERE person IS NOT NULL;
CREATE INDEX grants_ended ON grants (until, id) WHERE until IS NOT NULL;
