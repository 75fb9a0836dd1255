//! The audit trail: who did what and when, append-only, each row chained to the one before by a hash.
//!
//! The chain shows rows that were changed or removed in the middle. Whoever can write to the database can write a whole new chain;
//! that is found by a head that was kept elsewhere: in a signed report, in the file of heads, or in a log.

use std::collections::BTreeSet;

use bloodpool_files::sha256;
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// One row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1.
    pub id: i64,
    /// When.
    pub at: UtcTime,
    /// Who: the name of an account.
    pub person: String,
    /// What was done, for example `sign`.
    pub action: String,
    /// To what: the public id of a study, or the name of an account.
    pub subject: String,
    /// More, for example the version.
    pub detail: String,
    /// Hash of the row before; empty for the first.
    pub previous_hash: String,
    /// SHA-256 of all of the above as a JSON list.
    pub hash: String,
}

impl AuditRow {
    fn expected_hash(&self) -> String {
        let Self { id, at, person, action, subject, detail, previous_hash, .. } = self;
        let fields = serde_json::json!([id, at.0, person, action, subject, detail, previous_hash]);
        sha256(fields.to_string().as_bytes())
    }
}

/// What verifying the audit trail found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFinding {
    /// The trail is whole: number of rows, and the hash of the last.
    Whole {
        /// Number of rows.
        rows: i64,
        /// Hash of the last row; empty where there is none.
        head: String,
    },
    /// A row is not what it was when it was written.
    Changed {
        /// Its number.
        id: i64,
    },
    /// Rows are missing before this one.
    Removed {
        /// The number of the first row after the gap.
        before: i64,
    },
    /// A head that was kept elsewhere is not in the trail: its end was cut off, or all of it was written anew.
    HeadMissing {
        /// The head.
        head: String,
    },
}

/// Adds a row, in the transaction of what it is about.
pub(crate) fn append(
    connection: &Connection,
    person: &str,
    action: &str,
    subject: &str,
    detail: &str,
    now: UtcTime,
) -> rusqlite::Result<()> {
    let last: Option<(i64, String)> = connection
        .query_row("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (id, previous_hash) = last.map_or((1, String::new()), |(id, hash)| (id + 1, hash));
    let text = str::to_owned;
    let mut row = AuditRow {
        id,
        at: now,
        person: text(person),
        action: text(action),
        subject: text(subject),
        detail: text(detail),
        previous_hash,
        hash: String::new(),
    };
    row.hash = row.expected_hash();
    connection.execute(
        "INSERT INTO audit (id, at_ms, person, action, subject, detail, previous_hash, hash)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![row.id, now.0, person, action, subject, detail, row.previous_hash, row.hash],
    )?;
    Ok(())
}

impl Store {
    /// Records what was done, where it changes no other table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn record_act(&self, person: &str, action: &str, subject: &str, detail: &str) -> Result<(), StoreError> {
        self.write("the audit trail cannot be written", |transaction| {
            append(transaction, person, action, subject, detail, UtcTime::now())
        })
    }
}

impl Reader {
    /// Rows of the audit trail after this number, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit(&self, after: i64, most: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.read("the audit trail cannot be read", |transaction| {
            let mut rows = transaction.prepare(
                "SELECT id, at_ms, person, action, subject, detail, previous_hash, hash FROM audit
                    WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?;
            let rows = rows.query_map(params![after, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                Ok(AuditRow {
                    id: row.get(0)?,
                    at: UtcTime(row.get(1)?),
                    person: row.get(2)?,
                    action: row.get(3)?,
                    subject: row.get(4)?,
                    detail: row.get(5)?,
                    previous_hash: row.get(6)?,
                    hash: row.get(7)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Number and hash of the last row of the audit trail.
    pub(crate) fn audit_end(&self) -> Result<Option<(i64, String)>, StoreError> {
        self.read("the audit trail cannot be read", |transaction| {
            let last = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1";
            transaction.query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
    }

    /// The hash of the last row of the audit trail; empty where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_head(&self) -> Result<String, StoreError> {
        Ok(self.audit_end()?.map(|(_, head)| head).unwrap_or_default())
    }

    /// Verifies the audit trail, and that all heads which were kept elsewhere are in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn verify_audit(&self, kept_heads: &[&str]) -> Result<AuditFinding, StoreError> {
        let mut missing: BTreeSet<&str> = kept_heads.iter().copied().collect();
        let (mut last, mut head) = (0, String::new());
        loop {
            let rows = self.audit(last, 1000)?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.id != last + 1 {
                    return Ok(AuditFinding::Removed { before: row.id });
                }
                if row.hash != row.expected_hash() || row.previous_hash != head {
                    return Ok(AuditFinding::Changed { id: row.id });
                }
                missing.remove(&*row.hash);
                (last, head) = (row.id, row.hash);
            }
        }
        // The one that was kept last, where they are in order: it says most about what is missing.
        Ok(match kept_heads.iter().rev().find(|kept| missing.contains(*kept)) {
            Some(kept) => AuditFinding::HeadMissing { head: (*kept).to_owned() },
            None => AuditFinding::Whole { rows: last, head },
        })
    }
}
