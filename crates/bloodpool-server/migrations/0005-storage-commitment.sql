-- Storage commitment of what was delivered, and objects that are sent in place of one that a destination refuses.

-- A state more than before: the destination refused the class of the object, and gets others in its place.
CREATE TABLE delivery_5 (
    id INTEGER PRIMARY KEY,
    object_id INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    destination TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'failed', 'replaced')),
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    -- The status of the last answer.
    dimse_status INTEGER,
    due_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    -- Whether the destination keeps what it has; NULL where it was not asked.
    commitment TEXT CHECK (commitment IN ('asked', 'committed', 'failed')),
    commitment_attempts INTEGER NOT NULL DEFAULT 0,
    -- When it is asked again.
    commitment_due_ms INTEGER,
    -- Why the last request gave no commitment, and Failure Reason (0008,1197) of the last report.
    commitment_error TEXT,
    commitment_reason INTEGER,
    -- How often it was sent again because the destination had it no more.
    commitment_resends INTEGER NOT NULL DEFAULT 0,
    UNIQUE (object_id, destination)
) STRICT;
INSERT INTO delivery_5 (id, object_id, destination, state, attempts, error, dimse_status, due_ms, created_ms, changed_ms)
    SELECT id, object_id, destination, state, attempts, error, dimse_status, due_ms, created_ms, changed_ms FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_5 RENAME TO delivery;
CREATE INDEX delivery_due ON delivery (state, destination, due_ms);

-- Destinations that are asked for storage commitment, by the settings of the last start.
CREATE TABLE committing (
    destination TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Requests for storage commitment. A report may come long after another request was made, and is taken all the same.
CREATE TABLE commitment_request (
    transaction_uid TEXT PRIMARY KEY,
    destination TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    reported_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE commitment_delivery (
    transaction_uid TEXT NOT NULL REFERENCES commitment_request (transaction_uid) ON DELETE CASCADE,
    delivery_id INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    PRIMARY KEY (transaction_uid, delivery_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX commitment_of_delivery ON commitment_delivery (delivery_id);
