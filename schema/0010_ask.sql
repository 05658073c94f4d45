-- What people ask for, beside what a file can ask.

-- +goose Up

-- Rows from before have none of these: a default that is not empty would change their digest in the ledger.
ALTER TABLE requisitions ADD COLUMN kind TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'pair', 'one', 'replacement', 'travel'));
ALTER TABLE requisitions ADD COLUMN requested_by TEXT REFERENCES people (id) ON DELETE RESTRICT; -- for somebody else
ALTER TABLE requisitions ADD COLUMN needed_by TEXT NOT NULL DEFAULT '' CHECK (length(needed_by) IN (0, 10));
ALTER TABLE requisitions ADD COLUMN place TEXT NOT NULL DEFAULT '';  -- the desk where the keys are picked up
ALTER TABLE requisitions ADD COLUMN advice TEXT NOT NULL DEFAULT ''; -- what was answered, advised and chosen, JSON
ALTER TABLE requisitions ADD COLUMN held TEXT NOT NULL DEFAULT '';   -- why it stands still; empty: it does not
CREATE INDEX requisitions_requested ON requisitions (requested_by, id) WHERE requested_by IS NOT NULL;
