-- How the ports of a bench stand beside each other.

-- +goose Up

-- One row per machine. Its ports are the making ports, so who changed them is in the ledger.
CREATE TABLE hubs (
    host  TEXT PRIMARY KEY CHECK (host <> ''),
    ports TEXT NOT NULL CHECK (json_type(ports) = 'array') -- [{"id", "label"}] in the order in which they stand
) STRICT;
