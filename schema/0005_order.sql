-- Runs in the order in which they were written.

-- +goose Up

-- An id begins with the time, and a clock can be set back. A rowid only grows, and SQLite keeps the order of rowids when
-- it copies or compacts a table, so which of two runs is the later one is asked of it. It ends every index by itself.
DROP INDEX runs_key;
CREATE INDEX runs_key ON runs (key_id) WHERE key_id IS NOT NULL;
DROP INDEX runs_port;
CREATE INDEX runs_port ON runs (port) WHERE key_id IS NOT NULL;

-- Keys of a model by where they are in life: those that may be on the bench are asked first whose tag a key answers.
CREATE INDEX keys_aaguid_state ON keys (aaguid, state);
