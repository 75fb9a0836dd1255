-- What is to be sent where.

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    object_id INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    destination TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    -- The status of the last answer.
    dimse_status INTEGER,
    due_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    UNIQUE (object_id, destination)
) STRICT;
CREATE INDEX delivery_due ON delivery (state, destination, due_ms);
