//! What an instance that arrived does to the queue.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, named_params, params};

use crate::time::UtcTime;

/// What an instance is for the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// A study by itself.
    GatedImage,
    /// One frame of a study.
    OneFrame,
    /// Nothing to analyse.
    Other(String),
}

/// An instance that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArrivedInstance {
    pub(crate) sop_instance_uid: String,
    pub(crate) data_set_sha256: String,
    pub(crate) transfer_syntax_uid: String,
    pub(crate) sop_class_uid: String,
    pub(crate) study_uid: Option<String>,
    pub(crate) series_uid: Option<String>,
    pub(crate) role: Role,
    /// In the folder of received instances.
    pub(crate) file: String,
    pub(crate) bytes: u64,
    pub(crate) source: String,
}

/// Records an instance and its job. One that is recorded, with the same bytes, changes nothing; tells whether it was new.
///
/// A multi-frame image is due at once. A frame is due when its series has had no other one for `quiet_period`.
pub(crate) fn arrived(
    connection: &Connection,
    instance: &ArrivedInstance,
    quiet_period: Duration,
    now: UtcTime,
) -> rusqlite::Result<bool> {
    let (role, note) = match &instance.role {
        Role::GatedImage => ("gated image", None),
        Role::OneFrame => ("one frame", None),
        Role::Other(reason) => ("other", Some(reason)),
    };
    let added = connection.execute(
        "INSERT INTO instance (sop_instance_uid, data_set_sha256, transfer_syntax_uid, sop_class_uid, study_uid,
            series_uid, role, note, file, bytes, source, differing, received_ms)
        VALUES (:uid, :sha256, :syntax, :class, :study, :series, :role, :note, :file, :bytes, :source,
            EXISTS (SELECT 1 FROM instance WHERE sop_instance_uid = :uid), :now)
        ON CONFLICT DO NOTHING",
        named_params! {
            ":uid": instance.sop_instance_uid, ":sha256": instance.data_set_sha256,
            ":syntax": instance.transfer_syntax_uid, ":class": instance.sop_class_uid, ":study": instance.study_uid,
            ":series": instance.series_uid, ":role": role, ":note": note, ":file": instance.file,
            ":bytes": i64::try_from(instance.bytes).unwrap_or(i64::MAX), ":source": instance.source, ":now": now.0,
        },
    )?;
    if added == 0 {
        return Ok(false);
    }
    let id = connection.last_insert_rowid();
    match (&instance.role, &instance.series_uid) {
        (Role::Other(_), _) => {}
        (Role::OneFrame, Some(series)) => add_to_series(connection, id, series, now.after(quiet_period), now)?,
        (Role::OneFrame | Role::GatedImage, _) => {
            let job = new_job(connection, "instance", &instance.sop_instance_uid, now, now)?;
            connection.execute("INSERT INTO job_instance (job_id, instance_id) VALUES (?1, ?2)", [job, id])?;
        }
    }
    Ok(true)
}

/// Adds a frame to the job of its series, or where that has been begun makes another job, of all frames there are.
fn add_to_series(
    connection: &Connection,
    instance: i64,
    series: &str,
    due: UtcTime,
    now: UtcTime,
) -> rusqlite::Result<()> {
    let open: Option<i64> = connection
        .query_row(
            "SELECT id FROM job WHERE kind = 'series' AND input_uid = ?1 AND state = 'waiting' AND attempts = 0",
            [series],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(job) = open {
        connection.execute("UPDATE job SET due_ms = ?2, changed_ms = ?3 WHERE id = ?1", [job, due.0, now.0])?;
        connection.execute("INSERT INTO job_instance (job_id, instance_id) VALUES (?1, ?2)", [job, instance])?;
        return Ok(());
    }
    let job = new_job(connection, "series", series, due, now)?;
    connection.execute(
        "INSERT INTO job_instance (job_id, instance_id)
            SELECT ?1, id FROM instance WHERE series_uid = ?2 AND role = 'one frame'",
        params![job, series],
    )?;
    Ok(())
}

fn new_job(connection: &Connection, kind: &str, uid: &str, due: UtcTime, now: UtcTime) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO job (kind, input_uid, state, due_ms, created_ms, changed_ms) VALUES (?1, ?2, 'waiting', ?3, ?4, ?4)",
        params![kind, uid, due.0, now.0],
    )?;
    Ok(connection.last_insert_rowid())
}
