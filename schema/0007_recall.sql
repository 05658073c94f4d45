-- What people look for in a recall: who still has keys of it, and what is late.

-- +goose Up

-- The keys of a recall by person; those that were with nobody come first.
DROP INDEX recall_items_recall;
CREATE INDEX recall_items_recall ON recall_items (recall, state, COALESCE(person, ''), key_id);
CREATE INDEX recall_items_person ON recall_items (recall, COALESCE(person, ''), key_id);

CREATE INDEX recalls_open ON recalls (deadline) WHERE state = 'open';

-- Of those that are open, the ones that nobody deals with yet.
CREATE INDEX incidents_waiting ON incidents (kind) WHERE closed_at IS NULL AND recall IS NULL;
