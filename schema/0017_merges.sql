-- Two entries of the directory that turned out to be one person.

-- +goose Up

CREATE TABLE merges (
    id        TEXT PRIMARY KEY CHECK (id <> ''),
    person    TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT, -- whose entry was the second one
    into_id   TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    moved     TEXT NOT NULL CHECK (json_type(moved) = 'object'), -- what went over, so that it can go back
    by_id     TEXT NOT NULL,
    by_name   TEXT NOT NULL,
    by_method TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    at        TEXT NOT NULL CHECK (length(at) = 27),
    undone_at TEXT CHECK (length(undone_at) = 27),
    CHECK (person <> into_id)
) STRICT;
CREATE INDEX merges_person ON merges (person, id);
CREATE INDEX merges_into ON merges (into_id, id);
