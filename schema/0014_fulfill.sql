-- Handing over, reserving, and changing what was asked.

-- +goose Up

-- A key that was handed to its person, as they agreed to it.
CREATE TABLE receipts (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    key_id      TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    line        TEXT NOT NULL UNIQUE REFERENCES lines (id) ON DELETE RESTRICT,
    requisition TEXT NOT NULL REFERENCES requisitions (id) ON DELETE RESTRICT,
    person      TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    how         TEXT NOT NULL CHECK (how IN ('signed', 'touched')),
    signed      TEXT NOT NULL, -- the name as it was typed by whoever took the key, or theirs who touched it
    terms       TEXT NOT NULL, -- the text as agreed
    checked     TEXT NOT NULL, -- how it was seen who took it
    touch       TEXT NOT NULL CHECK ((touch = '') = (how = 'signed')), -- what the key signed (JSON); empty: it was signed for
    by_id       TEXT NOT NULL,
    by_name     TEXT NOT NULL,
    by_method   TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    at          TEXT NOT NULL CHECK (length(at) = 27)
) STRICT;
CREATE INDEX receipts_person ON receipts (person, id);
CREATE INDEX receipts_requisition ON receipts (requisition, id);

-- A stock key that is kept for a line.
CREATE TABLE reservations (
    id        TEXT PRIMARY KEY CHECK (id <> ''),
    line      TEXT NOT NULL REFERENCES lines (id) ON DELETE RESTRICT,
    key_id    TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    by_id     TEXT NOT NULL,
    by_name   TEXT NOT NULL,
    by_method TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    since     TEXT NOT NULL CHECK (length(since) = 27),
    until     TEXT CHECK (length(until) = 27 AND until >= since), -- NULL: it is kept
    ended     TEXT NOT NULL -- why; empty while it is kept
) STRICT;
CREATE UNIQUE INDEX reservations_line ON reservations (line) WHERE until IS NULL;
CREATE UNIQUE INDEX reservations_key ON reservations (key_id) WHERE until IS NULL;

-- What was changed about a requisition after it was submitted. Never the address itself.
CREATE TABLE changes (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    requisition TEXT NOT NULL REFERENCES requisitions (id) ON DELETE RESTRICT,
    version     INTEGER NOT NULL CHECK (version > 1), -- that it made
    what        TEXT NOT NULL CHECK (json_type(what) = 'array'),
    reopened    INTEGER NOT NULL CHECK (reopened IN (0, 1)), -- it has to be decided again
    by_id       TEXT NOT NULL,
    by_name     TEXT NOT NULL,
    by_method   TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    at          TEXT NOT NULL CHECK (length(at) = 27),
    UNIQUE (requisition, version)
) STRICT;

-- What the queue of the desk is read by.
CREATE INDEX lines_made ON lines (requisition, position) WHERE state = 'made';
