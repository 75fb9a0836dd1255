//! `JobDocument`: a job as one line of JSON, for programs.

use serde::Serialize;

use super::job::JobRow;

/// Schema of the document.
pub const JOB_SCHEMA: &str = "bloodpool.job/1";

/// `bloodpool.job/1`: a job as it is listed. It names no patient; times are milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobDocument {
    /// [`JOB_SCHEMA`].
    pub schema: &'static str,
    /// Its number.
    pub job: i64,
    /// SOP Instance UID; of a series of single frames, its Series Instance UID.
    pub input_uid: String,
    /// `waiting`, `running`, `done` or `failed`.
    pub state: &'static str,
    /// Attempts that were begun.
    pub attempts: u32,
    /// Attempts of these that ended with the program, a panic, or after the time allowed.
    pub crashes: u32,
    /// Why the last attempt gave no result.
    pub reason: Option<String>,
    /// When it is tried next, where it waits.
    pub due_ms: Option<i64>,
    /// When its state changed.
    pub changed_ms: i64,
    /// Its instances.
    pub instances: u32,
    /// Whether other bytes with the SOP Instance UID of one of them came before.
    pub differing: bool,
}

impl From<&JobRow> for JobDocument {
    fn from(row: &JobRow) -> Self {
        Self {
            schema: JOB_SCHEMA,
            job: row.id,
            input_uid: row.input_uid.clone(),
            state: row.state.name(),
            attempts: row.attempts,
            crashes: row.crashes,
            reason: row.error.clone(),
            due_ms: (row.state == super::job::JobState::Waiting).then_some(row.due.0),
            changed_ms: row.changed.0,
            instances: row.instances,
            differing: row.differing,
        }
    }
}
