-- People, their sessions, studies as the page lists them, reviews, and the audit trail.

CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role TEXT NOT NULL CHECK (role IN ('technologist', 'physician', 'administrator', 'rater', 'local')),
    -- argon2id in PHC form; NULL: nobody can log in with a password.
    password TEXT,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_ms INTEGER NOT NULL
) STRICT;

-- Sessions of the page, links that are used once, and tokens of programs. Only hashes of secrets are kept.
CREATE TABLE secret (
    sha256 TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'link', 'token')),
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    -- What a token is for.
    label TEXT,
    created_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX secret_of_person ON secret (person_id);

CREATE TABLE login_failure (
    id INTEGER PRIMARY KEY,
    -- SHA-256 of the account name, since people type passwords into the field of the name.
    account TEXT NOT NULL,
    address TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX login_failure_at ON login_failure (at_ms);

-- A study as the list shows it: the input of a job with its automatic result.
CREATE TABLE study (
    id INTEGER PRIMARY KEY,
    -- Names the study in addresses; says nothing about it.
    public_id TEXT NOT NULL UNIQUE,
    input_uid TEXT NOT NULL,
    input_sha256 TEXT NOT NULL,
    -- Files in the folder `received`, a JSON list.
    files TEXT NOT NULL,
    study_uid TEXT,
    patient_name TEXT,
    patient_id TEXT,
    -- As the file has it, YYYYMMDD.
    study_date TEXT,
    description TEXT,
    model TEXT NOT NULL,
    protocol TEXT NOT NULL,
    version TEXT NOT NULL,
    -- NULL: withheld, or not analysed.
    lvef_percent REAL,
    -- The gravest finding, as the document names it; 'failed': no analysis.
    rank TEXT NOT NULL,
    -- Codes of findings or the reason of the failure, a JSON list.
    findings TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('automatic', 'reviewed', 'signed')),
    -- LVEF after the last review or signature.
    reviewed_lvef_percent REAL,
    added_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    UNIQUE (input_uid, input_sha256, model, protocol, version)
) STRICT;
CREATE INDEX study_listed ON study (status, added_ms);
CREATE INDEX study_of_patient ON study (patient_id);

-- The history of a study: which changes there are, and how many hold.
CREATE TABLE review (
    study_id INTEGER PRIMARY KEY REFERENCES study (id),
    position INTEGER NOT NULL,
    -- Grows with each change, undo and redo.
    revision INTEGER NOT NULL,
    -- What the model gave when the study was first changed, compressed: a later model never changes a review.
    segmentation BLOB NOT NULL,
    changed_by INTEGER NOT NULL REFERENCES person (id),
    changed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE change (
    study_id INTEGER NOT NULL REFERENCES review (study_id),
    position INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    at_ms INTEGER NOT NULL,
    change TEXT NOT NULL,
    PRIMARY KEY (study_id, position)
) STRICT, WITHOUT ROWID;

-- What was reviewed or signed; rows are never changed.
CREATE TABLE statement (
    id INTEGER PRIMARY KEY,
    study_id INTEGER NOT NULL REFERENCES study (id),
    -- Counts the statements on one study, from 1.
    version INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('reviewed', 'signed')),
    person_id INTEGER NOT NULL REFERENCES person (id),
    person_name TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    -- The revision of the history that it holds for.
    revision INTEGER NOT NULL,
    lvef_percent REAL,
    automatic_lvef_percent REAL,
    model TEXT NOT NULL,
    protocol TEXT NOT NULL,
    program TEXT NOT NULL,
    -- What was signed: the document of the analysis with the edits, and its SHA-256.
    document TEXT NOT NULL,
    document_sha256 TEXT NOT NULL,
    -- The report as one HTML page, compressed by deflate.
    report BLOB,
    UNIQUE (study_id, version)
) STRICT;
CREATE TRIGGER statement_kept_from_change BEFORE UPDATE ON statement BEGIN SELECT raise(ABORT, 'a statement is not changed'); END;
CREATE TRIGGER statement_kept_from_removal BEFORE DELETE ON statement BEGIN SELECT raise(ABORT, 'a statement is not removed'); END;

-- Append-only. `hash` is over the row and the hash of the row before.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    person TEXT NOT NULL,
    action TEXT NOT NULL,
    -- Public id of the study, or the name of the person concerned.
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_kept_from_change BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit trail is not changed'); END;
CREATE TRIGGER audit_kept_from_removal BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit trail is not removed'); END;
