//! `AuditDocument`: a row of the audit trail as one line of JSON, for programs.

use serde::Serialize;

use super::audit::AuditRow;

/// Schema of the document.
pub const AUDIT_SCHEMA: &str = "bloodpool.audit/1";

/// `bloodpool.audit/1`: a row of the audit trail. It names no patient; times are milliseconds since 1970-01-01T00:00:00Z.
///
/// `hash` is the SHA-256 of the JSON list of `row`, `at_ms`, `person`, `action`, `subject`, `detail` and `previous_hash`, without
/// blanks, so that the trail can be verified without this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditDocument {
    /// [`AUDIT_SCHEMA`].
    pub schema: &'static str,
    /// Its number, from 1.
    pub row: i64,
    /// When.
    pub at_ms: i64,
    /// The account, or `command line`.
    pub person: String,
    /// What was done, for example `sign`.
    pub action: String,
    /// Id of the study in addresses, or the name of an account.
    pub subject: String,
    /// More, for example the version of a signature.
    pub detail: String,
    /// Hash of the row before; empty for the first.
    pub previous_hash: String,
    /// Hash of this row.
    pub hash: String,
}

impl From<AuditRow> for AuditDocument {
    fn from(row: AuditRow) -> Self {
        let AuditRow { id, at, person, action, subject, detail, previous_hash, hash } = row;
        Self { schema: AUDIT_SCHEMA, row: id, at_ms: at.0, person, action, subject, detail, previous_hash, hash }
    }
}
