-- What people say when it was not them, and how they want their mail.

-- +goose Up

-- Links that say "this was not me". Of the token only its hash is here; the letter has it until it is forgotten. They are
-- no part of the ledger, which has what was done with them.
CREATE TABLE denials (
    hash       TEXT PRIMARY KEY CHECK (length(hash) = 64),
    person     TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    kind       TEXT NOT NULL CHECK (kind <> ''), -- of the letter
    number     TEXT NOT NULL,                    -- of the requisition it was about
    made_at    TEXT NOT NULL CHECK (length(made_at) = 27),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27),
    used_at    TEXT CHECK (length(used_at) = 27)
) STRICT;
CREATE INDEX denials_expires ON denials (expires_at);
CREATE INDEX denials_person ON denials (person);

CREATE INDEX people_held ON people (name, id) WHERE held <> '';

-- Who wants one mail a day about what waits for them. No row: a mail for each case.
CREATE TABLE mail_choices (
    person     TEXT PRIMARY KEY REFERENCES people (id) ON DELETE RESTRICT,
    digest     INTEGER NOT NULL CHECK (digest IN (0, 1)),
    changed_at TEXT NOT NULL CHECK (length(changed_at) = 27)
) STRICT;
ALTER TABLE outbox ADD COLUMN digest INTEGER NOT NULL DEFAULT 0 CHECK (digest IN (0, 1)); -- it waits for others of its day
CREATE INDEX outbox_digest ON outbox (due, person) WHERE digest = 1 AND sent_at IS NULL;
