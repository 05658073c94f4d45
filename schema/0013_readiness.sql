-- By what the readiness check judges.

-- +goose Up

-- Every version of the table that was ever in force; as it came with the program it is in none.
CREATE TABLE readiness (
    version       INTEGER PRIMARY KEY CHECK (version > 0),
    authenticator TEXT NOT NULL CHECK (authenticator IN ('never', 'macos', 'always')), -- when Microsoft Authenticator is meant
    rows          TEXT NOT NULL CHECK (json_type(rows) = 'array'),
    by_id         TEXT NOT NULL,
    by_name       TEXT NOT NULL,
    by_method     TEXT NOT NULL CHECK (by_method IN ('oidc', 'passkey', 'os-user', 'claimed', 'system')),
    at            TEXT NOT NULL CHECK (length(at) = 27)
) STRICT;
