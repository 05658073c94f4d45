-- Mail on its way out.

-- +goose Up

-- Rows are put down with the act that they tell of. They are no part of the ledger, which has the act itself: they change
-- with every try, and are deleted some time after they were sent.
CREATE TABLE outbox (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    person     TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    recipient  TEXT NOT NULL CHECK (recipient <> ''),
    language   TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind <> ''),
    facts      TEXT NOT NULL CHECK (json_type(facts) = 'object'),
    created_at TEXT NOT NULL CHECK (length(created_at) = 27),
    due        TEXT NOT NULL CHECK (length(due) = 27), -- when to try next
    tries      INTEGER NOT NULL CHECK (tries >= 0),
    sent_at    TEXT CHECK (length(sent_at) = 27),
    trouble    TEXT NOT NULL -- why the last try failed
) STRICT;
CREATE INDEX outbox_due ON outbox (due) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
