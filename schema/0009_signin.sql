-- How people sign in.

-- +goose Up

-- Who somebody is to an identity provider.
CREATE TABLE identities (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    person     TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    issuer     TEXT NOT NULL CHECK (issuer <> ''),
    subject    TEXT NOT NULL CHECK (subject <> ''),
    created_at TEXT NOT NULL CHECK (length(created_at) = 27),
    UNIQUE (issuer, subject)
) STRICT;
CREATE INDEX identities_person ON identities (person);

-- Credentials that people sign in with here (WebAuthn Level 3 §4). Tag credentials are never among them.
CREATE TABLE passkeys (
    id            TEXT PRIMARY KEY CHECK (id <> ''),
    person        TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    name          TEXT NOT NULL CHECK (name <> ''),
    credential_id BLOB NOT NULL UNIQUE CHECK (length(credential_id) > 0),
    credential    TEXT NOT NULL CHECK (json_type(credential) = 'object'), -- public key and what came with it
    created_at    TEXT NOT NULL CHECK (length(created_at) = 27),
    removed_at    TEXT CHECK (length(removed_at) = 27)
) STRICT;
CREATE INDEX passkeys_person ON passkeys (person) WHERE removed_at IS NULL;

-- What lets somebody make their first passkey, once.
CREATE TABLE invitations (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    person     TEXT NOT NULL REFERENCES people (id) ON DELETE RESTRICT,
    hash       TEXT NOT NULL UNIQUE CHECK (length(hash) = 64), -- SHA-256 of the token, which stands in the link only
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    by_method  TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    created_at TEXT NOT NULL CHECK (length(created_at) = 27),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27),
    used_at    TEXT CHECK (length(used_at) = 27)
) STRICT;
CREATE INDEX invitations_person ON invitations (person, id);

-- Who is signed in. The ledger follows the signing in; these rows move with every click and go away by themselves. A token
-- stands in its browser's cookie only.
CREATE TABLE sessions (
    hash       TEXT PRIMARY KEY CHECK (hash <> ''),
    person     TEXT NOT NULL, -- empty: nobody yet
    data       BLOB NOT NULL,
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 27)
) STRICT;
CREATE INDEX sessions_person ON sessions (person) WHERE person <> '';
CREATE INDEX sessions_expires ON sessions (expires_at);
