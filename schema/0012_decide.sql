-- Who decides about requisitions, and what they said.

-- +goose Up

-- Who is asked: the first row that fits, then the next. No rows: the manager, then whoever is an approver.
CREATE TABLE routes (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    position   INTEGER NOT NULL CHECK (position > 0),
    tier       TEXT NOT NULL CHECK (tier IN ('', 'standard', 'elevated', 'critical')), -- empty: any
    country    TEXT NOT NULL,
    department TEXT NOT NULL,
    goes_to    TEXT NOT NULL CHECK (goes_to IN ('manager', 'group', 'person', 'approvers', 'automatic')),
    whom       TEXT NOT NULL, -- a group's name, a person's id
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    by_method  TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    changed_at TEXT NOT NULL CHECK (length(changed_at) = 27),
    removed    INTEGER NOT NULL CHECK (removed IN (0, 1)) -- the ledger names rows, so that none is deleted
) STRICT;
CREATE INDEX routes_order ON routes (position) WHERE removed = 0;

CREATE TABLE absences (
    id        TEXT PRIMARY KEY CHECK (id <> ''),
    person    TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    stand_in  TEXT REFERENCES people (id) ON DELETE RESTRICT,
    from_day  TEXT NOT NULL CHECK (length(from_day) = 10),
    until_day TEXT NOT NULL CHECK (length(until_day) = 10 AND until_day >= from_day),
    by_id     TEXT NOT NULL,
    by_name   TEXT NOT NULL,
    by_method TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    set_at    TEXT NOT NULL CHECK (length(set_at) = 27),
    ended_at  TEXT CHECK (length(ended_at) = 27)
) STRICT;
CREATE INDEX absences_person ON absences (person, until_day) WHERE ended_at IS NULL;
CREATE INDEX absences_stand_in ON absences (stand_in, until_day) WHERE ended_at IS NULL AND stand_in IS NOT NULL;

-- One row for each seat of those who decide about a version of a requisition.
CREATE TABLE approvals (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    requisition TEXT NOT NULL REFERENCES requisitions (id) ON DELETE RESTRICT,
    version     INTEGER NOT NULL CHECK (version > 0),
    position    INTEGER NOT NULL CHECK (position > 0),
    goes_to     TEXT NOT NULL CHECK (goes_to IN ('manager', 'group', 'person', 'approvers', 'automatic', 'admins')),
    whom        TEXT NOT NULL, -- a group's name
    person      TEXT REFERENCES people (id) ON DELETE RESTRICT, -- NULL: anybody of the group, or with the role
    name        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'asked-back', 'approved', 'rejected', 'passed-over', 'void')),
    note        TEXT NOT NULL,
    by_id       TEXT,
    by_name     TEXT,
    by_method   TEXT CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    in_name_of  TEXT NOT NULL,
    reason      TEXT NOT NULL,
    asked_at    TEXT NOT NULL CHECK (length(asked_at) = 27),
    paused_at   TEXT CHECK (length(paused_at) = 27),
    answered_at TEXT CHECK (length(answered_at) = 27),
    CHECK ((state IN ('approved', 'rejected')) <= (by_id IS NOT NULL)),
    UNIQUE (requisition, version, position)
) STRICT;
CREATE INDEX approvals_open ON approvals (asked_at, requisition) WHERE state IN ('waiting', 'asked-back');
CREATE INDEX approvals_person ON approvals (person) WHERE state IN ('waiting', 'asked-back') AND person IS NOT NULL;

CREATE TABLE comments (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    requisition TEXT NOT NULL REFERENCES requisitions (id) ON DELETE RESTRICT,
    by_id       TEXT NOT NULL,
    by_name     TEXT NOT NULL,
    by_method   TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    kind        TEXT NOT NULL CHECK (kind IN ('comment', 'question', 'answer')),
    text        TEXT NOT NULL CHECK (text <> ''),
    at          TEXT NOT NULL CHECK (length(at) = 27)
) STRICT;
CREATE INDEX comments_requisition ON comments (requisition, id);

-- Named groups of people, which the routing table may name.
CREATE TABLE memberships (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    group_name TEXT NOT NULL COLLATE NOCASE CHECK (group_name <> ''),
    person     TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    by_method  TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    since      TEXT NOT NULL CHECK (length(since) = 27),
    until      TEXT CHECK (length(until) = 27 AND until >= since)
) STRICT;
CREATE UNIQUE INDEX memberships_open ON memberships (group_name, person) WHERE until IS NULL;
CREATE INDEX memberships_person ON memberships (person) WHERE until IS NULL;
