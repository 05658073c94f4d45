-- The ledger: what happened, in an order that cannot be changed unnoticed.

-- +goose Up

CREATE TABLE ledger_leaves (
    seq        INTEGER PRIMARY KEY CHECK (seq > 0),
    header     TEXT NOT NULL, -- canonical JSON; personal data has no place in it
    commitment TEXT NOT NULL CHECK (length(commitment) = 64) -- to the payload, hexadecimal
) STRICT;

-- Names, reasons and free text. What retention erases, it erases here.
CREATE TABLE ledger_payloads (
    seq     INTEGER PRIMARY KEY REFERENCES ledger_leaves (seq) ON DELETE RESTRICT,
    salt    BLOB NOT NULL CHECK (length(salt) = 32),
    payload BLOB NOT NULL
) STRICT;

-- Which entries a subject is named by. Both ways round: by entry to be verified, by subject to be looked up.
CREATE TABLE ledger_subjects (
    seq     INTEGER NOT NULL REFERENCES ledger_leaves (seq) ON DELETE RESTRICT,
    subject TEXT NOT NULL CHECK (subject <> ''),
    PRIMARY KEY (seq, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_subjects_subject ON ledger_subjects (subject, seq);

-- The hashes of the tree over the leaves (RFC 6962 §2.1), by stored index.
CREATE TABLE ledger_nodes (
    idx  INTEGER PRIMARY KEY CHECK (idx >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Size and root after each transaction.
CREATE TABLE ledger_heads (
    size INTEGER PRIMARY KEY CHECK (size > 0),
    root BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;

-- Signed notes of the heads that left the house.
CREATE TABLE ledger_checkpoints (
    size INTEGER PRIMARY KEY CHECK (size > 0),
    at   TEXT NOT NULL CHECK (length(at) = 27),
    note TEXT NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER ledger_leaves_fixed BEFORE UPDATE ON ledger_leaves
BEGIN
    SELECT RAISE(ABORT, 'ledger: leaves are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_leaves_keep BEFORE DELETE ON ledger_leaves
BEGIN
    SELECT RAISE(ABORT, 'ledger: leaves are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_payloads_fixed BEFORE UPDATE ON ledger_payloads
BEGIN
    SELECT RAISE(ABORT, 'ledger: a payload is never rewritten');
END;
-- +goose StatementEnd

-- A payload may go only when an entry says so: one that has payload:<seq> among its subjects.
-- +goose StatementBegin
CREATE TRIGGER ledger_payloads_keep BEFORE DELETE ON ledger_payloads
WHEN NOT EXISTS (SELECT 1 FROM ledger_subjects WHERE subject = 'payload:' || OLD.seq)
BEGIN
    SELECT RAISE(ABORT, 'ledger: a payload is erased by an entry of its own');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_subjects_fixed BEFORE UPDATE ON ledger_subjects
BEGIN
    SELECT RAISE(ABORT, 'ledger: subjects are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_subjects_keep BEFORE DELETE ON ledger_subjects
BEGIN
    SELECT RAISE(ABORT, 'ledger: subjects are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_nodes_fixed BEFORE UPDATE ON ledger_nodes
BEGIN
    SELECT RAISE(ABORT, 'ledger: the tree is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_nodes_keep BEFORE DELETE ON ledger_nodes
BEGIN
    SELECT RAISE(ABORT, 'ledger: the tree is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_heads_fixed BEFORE UPDATE ON ledger_heads
BEGIN
    SELECT RAISE(ABORT, 'ledger: heads are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_heads_keep BEFORE DELETE ON ledger_heads
BEGIN
    SELECT RAISE(ABORT, 'ledger: heads are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_checkpoints_fixed BEFORE UPDATE ON ledger_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'ledger: checkpoints are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_checkpoints_keep BEFORE DELETE ON ledger_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'ledger: checkpoints are append-only');
END;
-- +goose StatementEnd
