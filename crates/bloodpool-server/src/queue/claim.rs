//! Claiming a job, and how the attempt ends: with a result, with an error, with a crash, or put off.

use std::time::Duration;

use bloodpool_files::sha256;
use rusqlite::{Connection, OptionalExtension, params};

use crate::analysis::{Produced, StudyInput};
use crate::outbox::route::{ResultStatus, Route};
use crate::results::{ResultKey, find, insert};
use crate::store::error::StoreError;
use crate::store::{Crash, RECEIVED, Store, crashed};
use crate::time::UtcTime;

/// A job that the caller is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Its number.
    pub id: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What is to be analysed.
    pub input: StudyInput,
}

/// What recording a result did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// The result was recorded.
    Recorded,
    /// The input had its result by this analysis. Nothing but the state of the job changed.
    Known,
    /// The attempt had lost its lease. Nothing changed.
    LeaseLost,
}

impl Store {
    /// Takes the job that is due for longest. The attempt is on disk before the caller begins it. Jobs whose lease has
    /// ended are counted as crashed first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim_job(&self, lease: Duration, now: UtcTime) -> Result<Option<ClaimedJob>, StoreError> {
        let claimed = self.write("a job cannot be claimed", |transaction| {
            crashed(transaction, None, Some(now), Crash::Lease, now)?;
            let due: Option<(i64, String, String, u32)> = transaction
                .query_row(
                    "SELECT id, kind, input_uid, attempts FROM job WHERE state = 'waiting' AND due_ms <= ?1
                        ORDER BY due_ms, id LIMIT 1",
                    [now.0],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .optional()?;
            let Some((id, kind, uid, attempts)) = due else { return Ok(None) };
            let instances: Vec<(String, String, String)> = transaction
                .prepare(
                    "SELECT sop_instance_uid, data_set_sha256, file FROM instance
                        JOIN job_instance ON instance_id = id WHERE job_id = ?1 ORDER BY id",
                )?
                .query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let hash = match &instances[..] {
                [(_, hash, _)] if kind == "instance" => hash.clone(),
                several => hash_of_series(several),
            };
            transaction.execute(
                "UPDATE job SET state = 'running', attempts = attempts + 1, input_sha256 = ?2, lease_ms = ?3,
                    changed_ms = ?4 WHERE id = ?1",
                params![id, hash, now.after(lease).0, now.0],
            )?;
            Ok(Some((id, attempts, uid, hash, instances)))
        })?;
        Ok(claimed.map(|(id, attempts, uid, hash, instances)| {
            let received = self.folder().join(RECEIVED);
            let files = instances.iter().map(|(.., file)| received.join(file)).collect();
            ClaimedJob { id, attempt: attempts.saturating_add(1), input: StudyInput { uid, sha256: hash, files } }
        }))
    }

    /// Gives an attempt more time; `false` where it has lost its job.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew_lease(&self, job: &ClaimedJob, lease: Duration, now: UtcTime) -> Result<bool, StoreError> {
        let changed = self.write("a lease cannot be renewed", |transaction| {
            transaction.execute(
                "UPDATE job SET lease_ms = ?3 WHERE id = ?1 AND attempts = ?2 AND state = 'running'",
                params![job.id, job.attempt, now.after(lease).0],
            )
        })?;
        Ok(changed > 0)
    }

    /// Whether the input has a result by this analysis.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_result(&self, key: &ResultKey) -> Result<bool, StoreError> {
        self.write("a result cannot be looked up", |transaction| Ok(find(transaction, key)?.is_some()))
    }

    /// Records the result of a job, its objects and their deliveries, in one transaction. The bytes are on disk before.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was recorded then.
    pub fn complete_job(
        &self,
        job: &ClaimedJob,
        key: &ResultKey,
        produced: &[Produced],
        routes: &[Route],
        now: UtcTime,
    ) -> Result<Completion, StoreError> {
        let _guard = self.files_stay();
        let objects = self.store_objects(produced)?;
        let completion = self.write("a result cannot be recorded", |transaction| {
            if !ended(transaction, job, "done", None, now, now)? {
                return Ok(Completion::LeaseLost);
            }
            if find(transaction, key)?.is_some() {
                return Ok(Completion::Known);
            }
            insert(transaction, key, (0, ResultStatus::Automatic), &objects, routes, now)?;
            Ok(Completion::Recorded)
        })?;
        self.announce();
        Ok(completion)
    }

    /// The input of a job has its result: the job is done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn skip_job(&self, job: &ClaimedJob, now: UtcTime) -> Result<(), StoreError> {
        self.write("a job cannot be recorded", |transaction| {
            ended(transaction, job, "done", None, now, now).map(|_| ())
        })
    }

    /// Records that a job has failed, with its reason, which names no patient.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn fail_job(&self, job: &ClaimedJob, reason: &str, now: UtcTime) -> Result<(), StoreError> {
        self.write("a job cannot be recorded", |transaction| {
            ended(transaction, job, "failed", Some(reason), now, now).map(|_| ())
        })
    }

    /// Puts a job off, after an error that may pass.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn postpone_job(&self, job: &ClaimedJob, reason: &str, until: UtcTime, now: UtcTime) -> Result<(), StoreError> {
        self.write("a job cannot be recorded", |transaction| {
            ended(transaction, job, "waiting", Some(reason), until, now).map(|_| ())
        })
    }

    /// Records that the analysis of a job panicked: it is tried once more, and has failed after the second crash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn crash_job(&self, job: &ClaimedJob, now: UtcTime) -> Result<(), StoreError> {
        self.write("a job cannot be recorded", |transaction| {
            if holds(transaction, job)? {
                crashed(transaction, Some(job.id), None, Crash::Panic, now)?;
            }
            Ok(())
        })
    }
}

/// SHA-256 of the sorted lines `SOP-INSTANCE-UID SHA-256`.
fn hash_of_series(instances: &[(String, String, String)]) -> String {
    let mut lines: Vec<String> = instances.iter().map(|(uid, hash, _)| format!("{uid} {hash}\n")).collect();
    lines.sort();
    sha256(lines.concat().as_bytes())
}

/// Whether the attempt still has its job.
fn holds(connection: &Connection, job: &ClaimedJob) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM job WHERE id = ?1 AND attempts = ?2 AND state = 'running')",
        params![job.id, job.attempt],
        |row| row.get(0),
    )
}

/// Ends an attempt that still has its job; `false` where it has not.
fn ended(
    connection: &Connection,
    job: &ClaimedJob,
    state: &str,
    error: Option<&str>,
    due: UtcTime,
    now: UtcTime,
) -> rusqlite::Result<bool> {
    let changed = connection.execute(
        "UPDATE job SET state = ?3, error = ?4, due_ms = ?5, changed_ms = ?6, lease_ms = NULL
            WHERE id = ?1 AND attempts = ?2 AND state = 'running'",
        params![job.id, job.attempt, state, error, due.0, now.0],
    )?;
    Ok(changed > 0)
}
