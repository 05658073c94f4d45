-- What is written down about keys, people, requisitions, runs and custody.

-- +goose Up

-- What the database was told when it was made. The first entry of the ledger says the same.
CREATE TABLE settings (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    rp_id      TEXT NOT NULL CHECK (rp_id <> ''),
    public_url TEXT NOT NULL,
    origin     TEXT NOT NULL CHECK (origin <> ''), -- name of the ledger
    verifier   TEXT NOT NULL,                      -- public half of the key that signs checkpoints
    recipient  TEXT NOT NULL,                      -- of sealed PINs
    created_at TEXT NOT NULL CHECK (length(created_at) = 27)
) STRICT;

CREATE TABLE people (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    external_id TEXT NOT NULL,
    email       TEXT NOT NULL COLLATE NOCASE,
    name        TEXT NOT NULL COLLATE NOCASE CHECK (name <> ''),
    department  TEXT NOT NULL,
    country     TEXT NOT NULL,
    language    TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('active', 'left')),
    created_at  TEXT NOT NULL CHECK (length(created_at) = 27),
    changed_at  TEXT NOT NULL CHECK (length(changed_at) = 27)
) STRICT;
CREATE UNIQUE INDEX people_external_id ON people (external_id) WHERE external_id <> '';
CREATE UNIQUE INDEX people_email ON people (email) WHERE email <> '';
CREATE INDEX people_name ON people (name, id);

CREATE TABLE requisitions (
    id                 TEXT PRIMARY KEY CHECK (id <> ''),
    number             TEXT NOT NULL UNIQUE CHECK (number GLOB 'R-[1-9]*'),
    reference          TEXT NOT NULL, -- the importer's own name for it
    version            INTEGER NOT NULL CHECK (version > 0),
    person             TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    reason             TEXT NOT NULL,
    tier               TEXT NOT NULL CHECK (tier IN ('standard', 'elevated', 'critical')),
    state              TEXT NOT NULL CHECK (state IN ('submitted', 'approved', 'rejected', 'cancelled',
                           'served-without-key', 'fulfilling', 'sent', 'closed')),
    address            BLOB NOT NULL, -- sealed; empty: picked up at the desk
    approved_by_id     TEXT,
    approved_by_name   TEXT,
    approved_by_method TEXT CHECK (approved_by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    approved_at        TEXT CHECK (length(approved_at) = 27),
    created_at         TEXT NOT NULL CHECK (length(created_at) = 27),
    changed_at         TEXT NOT NULL CHECK (length(changed_at) = 27),
    CHECK ((approved_at IS NULL) = (approved_by_id IS NULL)),
    CHECK ((approved_at IS NULL) = (approved_by_name IS NULL)),
    CHECK ((approved_at IS NULL) = (approved_by_method IS NULL)),
    CHECK (state NOT IN ('approved', 'fulfilling') OR approved_at IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX requisitions_ordinal ON requisitions (CAST(substr(number, 3) AS INTEGER));
CREATE UNIQUE INDEX requisitions_reference ON requisitions (reference) WHERE reference <> '';
CREATE INDEX requisitions_person ON requisitions (person, id);
CREATE INDEX requisitions_state ON requisitions (state, id);
CREATE INDEX requisitions_makeable ON requisitions (approved_at, id) WHERE state IN ('approved', 'fulfilling');

-- One key wanted.
CREATE TABLE lines (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    requisition TEXT NOT NULL REFERENCES requisitions (id) ON DELETE RESTRICT,
    position    INTEGER NOT NULL CHECK (position > 0),
    purpose     TEXT NOT NULL CHECK (purpose IN ('primary', 'spare')),
    connector   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'making', 'made', 'sent', 'delivered', 'cancelled')),
    run         TEXT REFERENCES runs (id) ON DELETE RESTRICT, -- that is making it, or made it
    key_id      TEXT REFERENCES keys (id) ON DELETE RESTRICT, -- that was made for it
    changed_at  TEXT NOT NULL CHECK (length(changed_at) = 27),
    UNIQUE (requisition, position),
    CHECK (state <> 'open' OR (run IS NULL AND key_id IS NULL)),
    CHECK (state <> 'making' OR run IS NOT NULL),
    CHECK (state <> 'made' OR (run IS NOT NULL AND key_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX lines_run ON lines (run) WHERE run IS NOT NULL; -- a run has at most one line
CREATE INDEX lines_key ON lines (key_id) WHERE key_id IS NOT NULL;
CREATE INDEX lines_open ON lines (requisition, position) WHERE state = 'open';

-- The asset.
CREATE TABLE keys (
    id            TEXT PRIMARY KEY CHECK (id <> ''),
    asset_tag     TEXT NOT NULL UNIQUE CHECK (length(asset_tag) = 9),
    model         TEXT NOT NULL,
    aaguid        TEXT NOT NULL,
    serial        TEXT NOT NULL,
    serial_source TEXT NOT NULL CHECK (serial_source IN ('vendor_ctaphid', 'usb_iserial', 'attestation_ea',
                      'label_scan', 'none')),
    firmware      TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('received', 'ready', 'packed', 'in-transit', 'delivered', 'active',
                      'suspended', 'return-due', 'in-return', 'returned', 'quarantined', 'lost', 'stolen', 'damaged',
                      'retired')),
    state_reason  TEXT NOT NULL,
    next_action   TEXT NOT NULL, -- the one thing to do with a quarantined key
    line          TEXT REFERENCES lines (id) ON DELETE RESTRICT, -- what it was made for; NULL for stock
    arrival       TEXT NOT NULL CHECK (arrival IN ('', 'touch', 'pin-first')),
    pin_known     INTEGER NOT NULL CHECK (pin_known IN (0, 1)),
    test          INTEGER NOT NULL CHECK (test IN (0, 1)),
    verdict       TEXT NOT NULL CHECK (verdict IN ('', 'genuine', 'unknown', 'refused')),
    reasons       TEXT NOT NULL CHECK (json_type(reasons) = 'array'),
    created_at    TEXT NOT NULL CHECK (length(created_at) = 27),
    changed_at    TEXT NOT NULL CHECK (length(changed_at) = 27),
    CHECK ((state = 'quarantined') = (next_action <> '')),
    CHECK ((serial = '') = (serial_source = 'none'))
) STRICT;
CREATE UNIQUE INDEX keys_serial ON keys (serial, serial_source, aaguid) WHERE serial <> '';
CREATE INDEX keys_changed ON keys (changed_at, id);
CREATE INDEX keys_state ON keys (state, changed_at, id);
CREATE INDEX keys_model ON keys (model, changed_at, id, state);
CREATE INDEX keys_aaguid ON keys (aaguid, id);
CREATE INDEX keys_line ON keys (line) WHERE line IS NOT NULL;

-- Who holds a key from when to when.
CREATE TABLE custody (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    key_id      TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    holder_kind TEXT NOT NULL CHECK (holder_kind IN ('person', 'place', 'carrier')),
    holder_id   TEXT NOT NULL CHECK (holder_id <> ''),
    holder_name TEXT NOT NULL, -- as it was at the time
    since       TEXT NOT NULL CHECK (length(since) = 27),
    until       TEXT CHECK (length(until) = 27 AND until >= since), -- NULL: to this day
    by_id       TEXT NOT NULL,
    by_name     TEXT NOT NULL,
    by_method   TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    note        TEXT NOT NULL,
    person      TEXT GENERATED ALWAYS AS (CASE holder_kind WHEN 'person' THEN holder_id END) STORED
                    REFERENCES people (id) ON DELETE RESTRICT
) STRICT;
CREATE UNIQUE INDEX custody_open ON custody (key_id) WHERE until IS NULL;
CREATE INDEX custody_key ON custody (key_id, id);
CREATE INDEX custody_person ON custody (person, id) WHERE person IS NOT NULL;
CREATE INDEX custody_held ON custody (person) WHERE person IS NOT NULL AND until IS NULL;

-- +goose StatementBegin
CREATE TRIGGER custody_close_once BEFORE UPDATE ON custody
WHEN OLD.until IS NOT NULL OR NEW.until IS NULL
  OR NEW.id IS NOT OLD.id OR NEW.key_id IS NOT OLD.key_id
  OR NEW.holder_kind IS NOT OLD.holder_kind OR NEW.holder_id IS NOT OLD.holder_id OR NEW.holder_name IS NOT OLD.holder_name
  OR NEW.since IS NOT OLD.since OR NEW.note IS NOT OLD.note
  OR NEW.by_id IS NOT OLD.by_id OR NEW.by_name IS NOT OLD.by_name OR NEW.by_method IS NOT OLD.by_method
BEGIN
    SELECT RAISE(ABORT, 'custody: only an empty end may be filled, once');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER custody_keep BEFORE DELETE ON custody
BEGIN
    SELECT RAISE(ABORT, 'custody: rows are never deleted');
END;
-- +goose StatementEnd

-- One provisioning attempt.
CREATE TABLE runs (
    id              TEXT PRIMARY KEY CHECK (id <> ''),
    port            TEXT NOT NULL,
    device          TEXT NOT NULL,
    owner           TEXT NOT NULL, -- names the lock file of the process that runs it
    operator_id     TEXT NOT NULL,
    operator_name   TEXT NOT NULL,
    operator_method TEXT NOT NULL CHECK (operator_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    key_id          TEXT REFERENCES keys (id) ON DELETE RESTRICT,  -- NULL until identify ended done
    line            TEXT REFERENCES lines (id) ON DELETE RESTRICT, -- NULL until one was taken, or for stock
    policy          TEXT NOT NULL,
    started_at      TEXT NOT NULL CHECK (length(started_at) = 27),
    ended_at        TEXT CHECK (length(ended_at) = 27),
    ended           TEXT NOT NULL CHECK (ended IN ('', 'ready', 'refused', 'waiting', 'failed', 'quarantined',
                        'interrupted')),
    reasons         TEXT NOT NULL CHECK (json_type(reasons) = 'array'),
    CHECK ((ended_at IS NULL) = (ended = ''))
) STRICT;
CREATE INDEX runs_key ON runs (key_id, id) WHERE key_id IS NOT NULL;
CREATE INDEX runs_port ON runs (port, id) WHERE key_id IS NOT NULL;
CREATE INDEX runs_line ON runs (line) WHERE line IS NOT NULL;
CREATE INDEX runs_ended ON runs (ended, id);
CREATE INDEX runs_ready ON runs (ended_at) WHERE ended = 'ready';
CREATE INDEX runs_unfinished ON runs (owner, id) WHERE ended_at IS NULL;

-- The journal of the runs. Its rows stand in the order in which they were written.
CREATE TABLE entries (
    ordinal INTEGER PRIMARY KEY,
    run     TEXT NOT NULL REFERENCES runs (id) ON DELETE RESTRICT,
    seq     INTEGER NOT NULL CHECK (seq > 0),
    at      TEXT NOT NULL CHECK (length(at) = 27),
    step    TEXT NOT NULL CHECK (step IN ('identify', 'reset', 'tag', 'seal', 'set-pin', 'configure', 'prove',
                'register', 'force', 'record')),
    phase   TEXT NOT NULL CHECK (phase IN ('intent', 'outcome')),
    outcome TEXT NOT NULL CHECK (outcome IN ('', 'done', 'skipped', 'refused', 'failed', 'waiting', 'unproven')),
    ms      INTEGER NOT NULL CHECK (ms >= 0),
    note    TEXT NOT NULL,
    detail  TEXT NOT NULL, -- what recovery needs of an intent, JSON or empty
    UNIQUE (run, seq),
    CHECK ((phase = 'intent') = (outcome = ''))
) STRICT;
CREATE UNIQUE INDEX entries_record ON entries (run) WHERE step = 'record' AND outcome = 'done'; -- one record per run

-- +goose StatementBegin
CREATE TRIGGER entries_fixed BEFORE UPDATE ON entries
BEGIN
    SELECT RAISE(ABORT, 'entries: the journal is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER entries_keep BEFORE DELETE ON entries
BEGIN
    SELECT RAISE(ABORT, 'entries: the journal is append-only');
END;
-- +goose StatementEnd

-- A credential of a key at a relying party.
CREATE TABLE registrations (
    id               TEXT PRIMARY KEY CHECK (id <> ''),
    key_id           TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    run              TEXT NOT NULL REFERENCES runs (id) ON DELETE RESTRICT,
    kind             TEXT NOT NULL CHECK (kind IN ('tag', 'signin')),
    rp_id            TEXT NOT NULL CHECK (rp_id <> ''),
    credential_id    BLOB NOT NULL,
    public_key       BLOB NOT NULL,
    attestation      BLOB NOT NULL,
    client_data_hash BLOB NOT NULL,
    method_id        TEXT NOT NULL,
    registered_at    TEXT NOT NULL CHECK (length(registered_at) = 27),
    revoked_at       TEXT CHECK (length(revoked_at) = 27),
    revoked_why      TEXT NOT NULL
) STRICT;
CREATE INDEX registrations_key ON registrations (key_id, id);
CREATE INDEX registrations_run ON registrations (run);
CREATE INDEX registrations_credential ON registrations (credential_id);

-- A PIN at rest.
CREATE TABLE seals (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    run        TEXT NOT NULL REFERENCES runs (id) ON DELETE RESTRICT,
    key_id     TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    blob       BLOB NOT NULL, -- empty when void or destroyed
    sha256     TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('sealed', 'void', 'released', 'destroyed')),
    created_at TEXT NOT NULL CHECK (length(created_at) = 27),
    changed_at TEXT NOT NULL CHECK (length(changed_at) = 27),
    CHECK ((length(blob) > 0) = (state IN ('sealed', 'released')))
) STRICT;
CREATE INDEX seals_key ON seals (key_id, id);
CREATE INDEX seals_run ON seals (run);

-- What is shipped.
CREATE TABLE parcels (
    id            TEXT PRIMARY KEY CHECK (id <> ''),
    number        TEXT NOT NULL UNIQUE CHECK (number GLOB 'P-[1-9]*'),
    requisition   TEXT NOT NULL, -- its number; empty for stock
    line          TEXT REFERENCES lines (id) ON DELETE RESTRICT,
    key_id        TEXT NOT NULL REFERENCES keys (id) ON DELETE RESTRICT,
    printed_lines BLOB NOT NULL, -- sealed
    packet_sha256 TEXT NOT NULL,
    printed_at    TEXT CHECK (length(printed_at) = 27) -- NULL until printed
) STRICT;
CREATE UNIQUE INDEX parcels_ordinal ON parcels (CAST(substr(number, 3) AS INTEGER));
CREATE INDEX parcels_line ON parcels (line, id) WHERE line IS NOT NULL;
CREATE INDEX parcels_key ON parcels (key_id, id);
