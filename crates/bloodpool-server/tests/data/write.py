#!/usr/bin/env python3
"""Writes `schema-N.sqlite`: a database of each schema with rows in all of its tables. Run it when a migration is added."""
import hashlib
import json
import pathlib
import sqlite3

HERE = pathlib.Path(__file__).parent
MIGRATIONS = sorted((HERE.parent.parent / "migrations").glob("*.sql"))


def audit_hash(*fields) -> str:
    """SHA-256 of the fields as a JSON list, the hash of the row before last."""
    return hashlib.sha256(json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


ROWS = [
    # One that was analysed, one whose analysis was cut off, one frame of a series, one that is not analysed.
    """INSERT INTO instance VALUES
        (1, '1.2.1', 'a1', '1.2.840.10008.1.2.1', '1.2.840.10008.5.1.4.1.1.20', '1.1', '1.3.1', 'gated image', NULL,
         '1.2.1.dcm', 5, 'CAMERA@10.0.0.7', 0, 1000),
        (2, '1.2.2', 'a2', '1.2.840.10008.1.2.1', '1.2.840.10008.5.1.4.1.1.20', '1.1', '1.3.2', 'gated image', NULL,
         '1.2.2.dcm', 5, 'CAMERA@10.0.0.7', 0, 2000),
        (3, '1.2.3', 'a3', '1.2.840.10008.1.2.1', '1.2.840.10008.5.1.4.1.1.20', '1.1', '1.3.3', 'one frame', NULL,
         '1.2.3.dcm', 5, 'CAMERA@10.0.0.7', 0, 3000),
        (4, '1.2.4', 'a4', '1.2.840.10008.1.2.1', '1.2.840.10008.5.1.4.1.1.2', '1.1', '1.3.4', 'other', 'a CT image',
         '1.2.4.dcm', 5, 'CAMERA@10.0.0.7', 0, 4000);
    INSERT INTO job VALUES
        (1, 'instance', '1.2.1', 'a1', 'done', 1, 0, NULL, 1000, NULL, 1000, 1500),
        (2, 'instance', '1.2.2', 'a2', 'running', 1, 0, NULL, 2000, 99000, 2000, 2500),
        (3, 'series', '1.3.3', NULL, 'waiting', 0, 0, NULL, 13000, NULL, 3000, 3000);
    INSERT INTO job_instance VALUES (1, 1), (2, 2), (3, 3);
    INSERT INTO result VALUES (1, '1.2.1', 'a1', 'compact@0', 'standard', '0.1.0', 0, 'automatic', 1500);
    -- echo -n report | sha256sum
    INSERT INTO object VALUES
        (1, 1, 'sr', '2.25.1', '845e91831319e89c4d656bdb80c278ac09a7230d61e5dfd2e1b1fbb436ac8917', 6);""",
    "INSERT INTO delivery VALUES (1, 1, 'PACS@localhost:104', 'sending', 1, NULL, NULL, 1500, 1500, 1600);",
    "INSERT INTO watched VALUES (CAST('/in/a.dcm' AS BLOB), 5, 900, NULL, 1000);",
    # The hash of the audit row: see people/audit.rs.
    """INSERT INTO person VALUES (1, 'anna', 'physician', NULL, 0, 1000);
    INSERT INTO secret VALUES ('ab', 'session', 1, NULL, 1000, 1000, 9000);
    INSERT INTO login_failure VALUES (1, 'cd', '127.0.0.1', 1000);
    INSERT INTO study VALUES (1, 'f00d', '1.2.1', 'a1', '["1.2.1.dcm"]', '1.1', 'Simulated^1', 'SIM-1', '20260101', NULL,
        'compact@0', 'standard', '0.1.0', 61.5, 'sound', '[]', 'signed', 60.1, 1500, 1600);
    INSERT INTO review VALUES (1, 0, 1, x'00', 1, 1550);
    INSERT INTO change VALUES (1, 0, 1, 1550, '{"frame":1,"action":"end_diastole","outlines":[],"end_diastole":{"before":null,"after":2}}');
    INSERT INTO statement VALUES (1, 1, 1, 'signed', 1, 'anna', 1600, 1, 60.1, 61.5, 'compact@0', 'standard', '0.1.0',
        'report', '845e91831319e89c4d656bdb80c278ac09a7230d61e5dfd2e1b1fbb436ac8917', NULL);
    INSERT INTO audit VALUES (1, 1600, 'anna', 'sign', 'f00d', 'version 1', '', 'HASH');""".replace("HASH", audit_hash(1, 1600, "anna", "sign", "f00d", "version 1", "")),
    # Of the delivery before: it is sent again, and was asked for earlier. And one that is kept.
    """INSERT INTO committing VALUES ('PACS@localhost:104');
    INSERT INTO object VALUES (2, 1, 'sc', '2.25.2', '845e91831319e89c4d656bdb80c278ac09a7230d61e5dfd2e1b1fbb436ac8917', 6);
    INSERT INTO delivery VALUES
        (2, 2, 'PACS@localhost:104', 'delivered', 1, NULL, 0, 1500, 1500, 1600, 'committed', 1, NULL, NULL, NULL, 0);
    INSERT INTO commitment_request VALUES ('2.25.9', 'PACS@localhost:104', 1700, 1800);
    INSERT INTO commitment_delivery VALUES ('2.25.9', 1), ('2.25.9', 2);""",
]

for count in range(1, len(MIGRATIONS) + 1):
    path = HERE / f"schema-{count}.sqlite"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    # Small files; the program leaves it at 4096.
    database.execute("PRAGMA page_size = 512")
    for migration, rows in zip(MIGRATIONS[:count], ROWS):
        database.executescript(migration.read_text() + rows)
    database.execute(f"PRAGMA application_id = {0x626C706C}")
    database.execute(f"PRAGMA user_version = {count}")
    database.commit()
    database.execute("VACUUM")
    database.close()
