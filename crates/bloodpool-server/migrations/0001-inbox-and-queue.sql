-- Received instances, the jobs that analyse them, and their results.

CREATE TABLE instance (
    id INTEGER PRIMARY KEY,
    sop_instance_uid TEXT NOT NULL,
    -- Of the data set as it was received, hexadecimal.
    data_set_sha256 TEXT NOT NULL,
    transfer_syntax_uid TEXT NOT NULL,
    sop_class_uid TEXT NOT NULL,
    study_uid TEXT,
    series_uid TEXT,
    role TEXT NOT NULL CHECK (role IN ('gated image', 'one frame', 'other')),
    -- Why it is not analysed.
    note TEXT,
    -- In the folder `received`.
    file TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    source TEXT NOT NULL,
    -- Other bytes with the same SOP Instance UID came before.
    differing INTEGER NOT NULL CHECK (differing IN (0, 1)),
    received_ms INTEGER NOT NULL,
    UNIQUE (sop_instance_uid, data_set_sha256, transfer_syntax_uid)
) STRICT;
CREATE INDEX instance_series ON instance (series_uid);

CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('instance', 'series')),
    -- SOP Instance UID or Series Instance UID.
    input_uid TEXT NOT NULL,
    -- Known once it was claimed; as in `result`.
    input_sha256 TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Attempts that ended with the program or a panic.
    crashes INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    due_ms INTEGER NOT NULL,
    lease_ms INTEGER,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX job_due ON job (state, due_ms);

CREATE TABLE job_instance (
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    instance_id INTEGER NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, instance_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_of_instance ON job_instance (instance_id);

CREATE TABLE result (
    id INTEGER PRIMARY KEY,
    input_uid TEXT NOT NULL,
    -- Of the data set, or of the list of those of a series.
    input_sha256 TEXT NOT NULL,
    model TEXT NOT NULL,
    protocol TEXT NOT NULL,
    version TEXT NOT NULL,
    -- 0: of the program alone. Each review makes another result.
    review INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('automatic', 'reviewed', 'signed')),
    created_ms INTEGER NOT NULL,
    UNIQUE (input_uid, input_sha256, model, protocol, version, review)
) STRICT;

CREATE TABLE object (
    id INTEGER PRIMARY KEY,
    result_id INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    sop_instance_uid TEXT,
    -- Name of its file in the folder `objects`.
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX object_of_result ON object (result_id);

-- Files whose rows are gone and that are still to be deleted, relative to the data folder.
CREATE TABLE removal (
    file TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
