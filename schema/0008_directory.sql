-- What the directory tells about people beside their names, and what they may do here.

-- +goose Up

-- Rows from before have none of these: a default that is not empty would change their digest in the ledger.
ALTER TABLE people ADD COLUMN tier TEXT NOT NULL DEFAULT '' CHECK (tier IN ('', 'standard', 'elevated', 'critical'));
ALTER TABLE people ADD COLUMN manager TEXT REFERENCES people (id) ON DELETE RESTRICT;
ALTER TABLE people ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN second_email TEXT NOT NULL DEFAULT '' COLLATE NOCASE;
ALTER TABLE people ADD COLUMN systems TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN merged_into TEXT REFERENCES people (id) ON DELETE RESTRICT;
ALTER TABLE people ADD COLUMN held TEXT NOT NULL DEFAULT ''; -- why nothing may be done in their name; empty: not on hold
CREATE INDEX people_manager ON people (manager) WHERE manager IS NOT NULL;
CREATE INDEX people_merged ON people (merged_into) WHERE merged_into IS NOT NULL;

-- Roles that people have, from when to when.
CREATE TABLE grants (
    id        TEXT PRIMARY KEY CHECK (id <> ''),
    person    TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    role      TEXT NOT NULL CHECK (role IN ('approver', 'operator', 'help-desk', 'auditor', 'admin')),
    source    TEXT NOT NULL CHECK (source IN ('setup', 'admin', 'claim')),
    by_id     TEXT NOT NULL,
    by_name   TEXT NOT NULL,
    by_method TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    since     TEXT NOT NULL CHECK (length(since) = 27),
    until     TEXT CHECK (length(until) = 27 AND until >= since) -- NULL: to this day
) STRICT;
CREATE UNIQUE INDEX grants_open ON grants (person, role, source) WHERE until IS NULL;
CREATE INDEX grants_role ON grants (role, person) WHERE until IS NULL;
CREATE INDEX grants_person ON grants (person, id);
