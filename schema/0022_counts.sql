-- How many keys there are of each kind, and how many requisitions. Pages that people have open all day count them; to
-- count 200,000 anew for each would take longer than all else that they show. Triggers keep the counts in the transaction
-- that changes what is counted, so that they are never behind; they say nothing that the rows do not.

-- +goose Up

CREATE TABLE key_counts (
    aaguid   TEXT NOT NULL,
    state    TEXT NOT NULL,
    verdict  TEXT NOT NULL,
    firmware TEXT NOT NULL,
    n        INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (aaguid, state, verdict, firmware)
) WITHOUT ROWID;

INSERT INTO key_counts SELECT aaguid, state, verdict, firmware, count(*) FROM keys GROUP BY aaguid, state, verdict, firmware;

-- +goose StatementBegin
CREATE TRIGGER keys_counted AFTER INSERT ON keys BEGIN
    INSERT INTO key_counts VALUES (new.aaguid, new.state, new.verdict, new.firmware, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER keys_recounted AFTER UPDATE ON keys
WHEN (old.aaguid, old.state, old.verdict, old.firmware) IS NOT (new.aaguid, new.state, new.verdict, new.firmware) BEGIN
    UPDATE key_counts SET n = n - 1
        WHERE aaguid = old.aaguid AND state = old.state AND verdict = old.verdict AND firmware = old.firmware;
    INSERT INTO key_counts VALUES (new.aaguid, new.state, new.verdict, new.firmware, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER keys_discounted AFTER DELETE ON keys BEGIN
    UPDATE key_counts SET n = n - 1
        WHERE aaguid = old.aaguid AND state = old.state AND verdict = old.verdict AND firmware = old.firmware;
END;
-- +goose StatementEnd

-- Nothing reads it any more: it was there to count by.
DROP INDEX keys_spread;

CREATE TABLE requisition_counts (
    state TEXT PRIMARY KEY,
    n     INTEGER NOT NULL CHECK (n >= 0)
) WITHOUT ROWID;

INSERT INTO requisition_counts SELECT state, count(*) FROM requisitions GROUP BY state;

-- +goose StatementBegin
CREATE TRIGGER requisitions_counted AFTER INSERT ON requisitions BEGIN
    INSERT INTO requisition_counts VALUES (new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER requisitions_recounted AFTER UPDATE ON requisitions WHEN old.state <> new.state BEGIN
    UPDATE requisition_counts SET n = n - 1 WHERE state = old.state;
    INSERT INTO requisition_counts VALUES (new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER requisitions_discounted AFTER DELETE ON requisitions BEGIN
    UPDATE requisition_counts SET n = n - 1 WHERE state = old.state;
END;
-- +goose StatementEnd
