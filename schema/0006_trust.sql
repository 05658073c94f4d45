-- What is known about models, what is asked of keys, and what came of judging them, again and again.

-- +goose Up

-- Who numbers a key (its USB vendor id as four hexadecimal digits) and who made it (as its root or its metadata say).
ALTER TABLE keys ADD COLUMN vendor TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN maker TEXT NOT NULL DEFAULT '';
-- Two models of one vendor share one space of numbers; keys from before have no vendor and are told apart by model.
DROP INDEX keys_serial;
-- A number that begins with … is the end of one (inventory.Suffix): two keys may have the same.
CREATE UNIQUE INDEX keys_serial ON keys (serial, serial_source,
    CASE WHEN substr(serial, 1, 1) = '…' THEN id WHEN vendor = '' THEN aaguid ELSE vendor END) WHERE serial <> '';
CREATE INDEX keys_spread ON keys (aaguid, state, verdict, firmware, test);
-- Keys that are not to be trusted and that somebody has, or is about to get.
CREATE INDEX keys_affected ON keys (id) WHERE verdict = 'refused' AND state IN ('in-transit', 'delivered', 'active', 'suspended', 'return-due');

-- What getInfo said when the credential was made (CBOR, CTAP 2.1 §6.4): options and firmware are judged by it.
ALTER TABLE registrations ADD COLUMN info BLOB NOT NULL DEFAULT x'';
CREATE INDEX registrations_kind ON registrations (kind, key_id);

-- A BLOB of the FIDO Metadata Service. Of older ones the bytes are dropped.
CREATE TABLE metadata (
    no          INTEGER PRIMARY KEY CHECK (no > 0),
    next_update TEXT NOT NULL CHECK (length(next_update) = 27),
    sha256      TEXT NOT NULL CHECK (length(sha256) = 64),
    signer      TEXT NOT NULL,
    entries     INTEGER NOT NULL CHECK (entries >= 0),
    imported_at TEXT NOT NULL CHECK (length(imported_at) = 27), -- at this time it was verified
    blob        BLOB NOT NULL -- empty: a later one took its place
) STRICT;

CREATE TABLE policies (
    version   INTEGER PRIMARY KEY CHECK (version > 0),
    digest    TEXT NOT NULL CHECK (length(digest) = 64),
    source    TEXT NOT NULL CHECK (source IN ('applied', 'configured')),
    rules     TEXT NOT NULL CHECK (json_type(rules) = 'object'),
    by_id     TEXT NOT NULL,
    by_name   TEXT NOT NULL,
    by_method TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    at        TEXT NOT NULL CHECK (length(at) = 27)
) STRICT;

-- One judging of the whole fleet.
CREATE TABLE reviews (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    cause      TEXT NOT NULL,
    metadata   INTEGER NOT NULL, -- number of the BLOB; 0: none
    policy     INTEGER NOT NULL, -- version; 0: none was written down
    keys       INTEGER NOT NULL CHECK (keys >= 0),    -- judged
    changed    INTEGER NOT NULL CHECK (changed >= 0), -- among them
    refused    INTEGER NOT NULL CHECK (refused >= 0), -- that were not refused before
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    by_method  TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    started_at TEXT NOT NULL CHECK (length(started_at) = 27),
    ended_at   TEXT CHECK (length(ended_at) = 27) -- NULL: not through, or its process died
) STRICT;
CREATE INDEX reviews_open ON reviews (id) WHERE ended_at IS NULL;

-- What a judgment came to: the first of a key, and each one that came to something else than the one before.
CREATE TABLE judgments (
    id           TEXT PRIMARY KEY CHECK (id <> ''),
    key_id       TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    registration TEXT NOT NULL REFERENCES registrations (id) ON DELETE RESTRICT, -- whose attestation was judged
    review       TEXT REFERENCES reviews (id) ON DELETE RESTRICT, -- NULL: by the run that made it
    verdict      TEXT NOT NULL CHECK (verdict IN ('genuine', 'unknown', 'refused')),
    reasons      TEXT NOT NULL CHECK (json_type(reasons) = 'array'),
    model        TEXT NOT NULL,
    maker        TEXT NOT NULL,
    root         TEXT NOT NULL,
    metadata     INTEGER NOT NULL, -- number of the BLOB; 0: none
    policy       INTEGER NOT NULL, -- version; 0: none was written down
    tier         TEXT NOT NULL CHECK (tier IN ('standard', 'elevated', 'critical')),
    at           TEXT NOT NULL CHECK (length(at) = 27)
) STRICT;
CREATE INDEX judgments_key ON judgments (key_id);
CREATE INDEX judgments_review ON judgments (review) WHERE review IS NOT NULL;

CREATE TABLE recalls (
    id        TEXT PRIMARY KEY CHECK (id <> ''),
    number    TEXT NOT NULL UNIQUE CHECK (number GLOB 'C-[1-9]*'),
    reason    TEXT NOT NULL,
    deadline  TEXT NOT NULL CHECK (length(deadline) = 27),
    state     TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    by_id     TEXT NOT NULL,
    by_name   TEXT NOT NULL,
    by_method TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    opened_at TEXT NOT NULL CHECK (length(opened_at) = 27),
    closed_at TEXT CHECK (length(closed_at) = 27),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX recalls_ordinal ON recalls (CAST(substr(number, 3) AS INTEGER));

-- One key of a recall.
CREATE TABLE recall_items (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    recall     TEXT NOT NULL REFERENCES recalls (id) ON DELETE RESTRICT,
    key_id     TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    person     TEXT REFERENCES people (id) ON DELETE RESTRICT, -- NULL: nobody had it
    line       TEXT REFERENCES lines (id) ON DELETE RESTRICT,  -- that replaces it; NULL: none is needed
    state      TEXT NOT NULL CHECK (state IN ('due', 'returned', 'written-off')),
    note       TEXT NOT NULL,
    changed_at TEXT NOT NULL CHECK (length(changed_at) = 27),
    UNIQUE (recall, key_id)
) STRICT;
CREATE UNIQUE INDEX recall_items_due ON recall_items (key_id) WHERE state = 'due'; -- a key is recalled once at a time
CREATE INDEX recall_items_recall ON recall_items (recall, state);

CREATE TABLE incidents (
    id        TEXT PRIMARY KEY CHECK (id <> ''),
    number    TEXT NOT NULL UNIQUE CHECK (number GLOB 'I-[1-9]*'),
    key_id    TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    person    TEXT REFERENCES people (id) ON DELETE RESTRICT, -- who had the key; NULL: nobody
    kind      TEXT NOT NULL CHECK (kind IN ('lost', 'stolen', 'damaged', 'pin-blocked', 'tampered', 'found', 'untrusted')),
    reason    TEXT NOT NULL,
    recall    TEXT REFERENCES recalls (id) ON DELETE RESTRICT, -- by which it is dealt with
    opened_at TEXT NOT NULL CHECK (length(opened_at) = 27),
    closed_at TEXT CHECK (length(closed_at) = 27),
    outcome   TEXT NOT NULL,
    CHECK ((closed_at IS NULL) = (outcome = ''))
) STRICT;
CREATE UNIQUE INDEX incidents_ordinal ON incidents (CAST(substr(number, 3) AS INTEGER));
CREATE INDEX incidents_key ON incidents (key_id);
CREATE INDEX incidents_pending ON incidents (id) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX incidents_open ON incidents (key_id, kind) WHERE closed_at IS NULL;
