-- Files of watch folders that were looked at. One that has changed is looked at again.

CREATE TABLE watched (
    path BLOB PRIMARY KEY,
    bytes INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    -- Why it was not taken.
    error TEXT,
    taken_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
