//! Jobs as they are listed, and tried again on request.

use rusqlite::{Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It is analysed when it is due: at once, or when its series has had no news for a while.
    Waiting,
    /// It is being analysed.
    Running,
    /// It has its result.
    Done,
    /// It has no result, and a reason, until somebody asks for another attempt.
    Failed,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Failed];

    /// Its name in the database and in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// A job as it is listed. It names no patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its number.
    pub id: i64,
    /// SOP Instance UID; of a series of single frames, its Series Instance UID.
    pub input_uid: String,
    /// Where it is.
    pub state: JobState,
    /// Attempts that were begun.
    pub attempts: u32,
    /// Attempts of these that ended with the program, a panic, or after the time allowed.
    pub crashes: u32,
    /// Why the last attempt gave no result.
    pub error: Option<String>,
    /// When it is tried next.
    pub due: UtcTime,
    /// When its state changed.
    pub changed: UtcTime,
    /// Its instances.
    pub instances: u32,
    /// Whether other bytes with the SOP Instance UID of one of them came before.
    pub differing: bool,
}

impl Store {
    /// Tries a failed job again, as if it had not been tried. `false` where there is no such failed job.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn retry_job(&self, id: i64, now: UtcTime) -> Result<bool, StoreError> {
        let changed = self.write("a job cannot be changed", |transaction| {
            transaction.execute(
                "UPDATE job SET state = 'waiting', crashes = 0, due_ms = ?2, changed_ms = ?2
                    WHERE id = ?1 AND state = 'failed'",
                [id, now.0],
            )
        })?;
        self.announce();
        Ok(changed > 0)
    }
}

impl Reader {
    /// Jobs, those that changed last first. `state`: only those.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn jobs(&self, state: Option<JobState>, most: usize) -> Result<Vec<JobRow>, StoreError> {
        self.read("the jobs cannot be read", |transaction| {
            transaction
                .prepare(
                    "SELECT job.id, input_uid, state, attempts, crashes, error, due_ms, changed_ms,
                        count(instance.id), ifnull(max(differing), 0)
                    FROM job LEFT JOIN job_instance ON job_id = job.id
                        LEFT JOIN instance ON instance.id = instance_id
                    WHERE ?1 IS NULL OR state = ?1
                    GROUP BY job.id ORDER BY changed_ms DESC, job.id DESC LIMIT ?2",
                )?
                .query_map(params![state.map(JobState::name), i64::try_from(most).unwrap_or(i64::MAX)], job_row)?
                .collect()
        })
    }
}

fn job_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let state: String = row.get(2)?;
    Ok(JobRow {
        id: row.get(0)?,
        input_uid: row.get(1)?,
        state: JobState::ALL.into_iter().find(|known| known.name() == state).unwrap_or(JobState::Failed),
        attempts: row.get(3)?,
        crashes: row.get(4)?,
        error: row.get(5)?,
        due: UtcTime(row.get(6)?),
        changed: UtcTime(row.get(7)?),
        instances: row.get(8)?,
        differing: row.get(9)?,
    })
}
