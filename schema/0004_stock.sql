-- Runs that make a key for stock, and the list of keys that a bench must look at again.

-- +goose Up

-- A table's CHECK can be changed in the schema's text only (https://www.sqlite.org/lang_altertable.html, section 8): a
-- new table in its place would have to be emptied first, which the rows that refer to it forbid.
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(sql, '''interrupted'')', '''interrupted'', ''stocked'')') WHERE type = 'table' AND name = 'runs';
PRAGMA writable_schema = RESET;

-- Runs that left a key half made, so that the last of a key is found without walking all that went well.
CREATE INDEX runs_stuck ON runs (id) WHERE ended IN ('refused', 'waiting', 'failed', 'interrupted') AND key_id IS NOT NULL;
