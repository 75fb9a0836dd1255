//! Deliveries: one object to one destination, from `waiting` to `delivered`, `failed` or `replaced` by key frames.

use std::path::PathBuf;

use bloodpool_dicom::net::{RetryPolicy, Status};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backoff::delay;
use super::commitment::state::{COLUMNS, CommitmentRow, row as commitment_row};
use super::route::enqueue_one;
use crate::analysis::ObjectKind;
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It is sent when it is due.
    Waiting,
    /// It is being sent.
    Sending,
    /// The destination has it.
    Delivered,
    /// It was given up, until somebody asks for another attempt.
    Failed,
    /// The destination does not take the class of the object, and is sent key frames in its place.
    Replaced,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Sending, Self::Delivered, Self::Failed, Self::Replaced];

    /// Its name in the database and in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Replaced => "replaced",
        }
    }
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its number.
    pub id: i64,
    /// Where to.
    pub destination: String,
    /// The kind of object.
    pub kind: Option<ObjectKind>,
    /// The object.
    pub sop_instance_uid: Option<String>,
    /// Where it is.
    pub state: DeliveryState,
    /// Attempts until now.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// The last answer.
    pub dimse_status: Option<Status>,
    /// When it is sent next.
    pub due: UtcTime,
    /// When its state changed.
    pub changed: UtcTime,
    /// Whether the destination keeps it; `None` where it is not asked.
    pub commitment: Option<CommitmentRow>,
}

/// A delivery that the caller is to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDelivery {
    /// Its number.
    pub id: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The file.
    pub file: PathBuf,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The destination has the object, and answered so.
    Answered(Status),
    /// It does not.
    NotDelivered(NotDelivered),
}

/// An object was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotDelivered {
    /// Why, without the name of the patient.
    pub reason: String,
    /// The answer of the destination, if there was one.
    pub status: Option<Status>,
    /// Whether the same may succeed later.
    pub may_pass: bool,
    /// Whether the destination does not take the SOP class.
    pub sop_class_refused: bool,
}

impl Store {
    /// Takes deliveries that are due, all to one destination: the one given, or the one whose delivery is due for longest.
    /// The attempts are recorded before the caller makes them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim_deliveries(
        &self,
        destination: Option<&str>,
        most: usize,
        now: UtcTime,
    ) -> Result<Option<(String, Vec<ClaimedDelivery>)>, StoreError> {
        let claimed = self.write("deliveries cannot be claimed", |transaction| {
            let first: Option<String> = transaction
                .query_row(
                    "SELECT destination FROM delivery WHERE state = 'waiting' AND due_ms <= ?1
                        AND (?2 IS NULL OR destination = ?2) ORDER BY due_ms, id LIMIT 1",
                    params![now.0, destination],
                    |row| row.get(0),
                )
                .optional()?;
            let Some(destination) = first else { return Ok(None) };
            let rows: Vec<(i64, u32, String)> = transaction
                .prepare(
                    "SELECT delivery.id, attempts, sha256 FROM delivery JOIN object ON object.id = object_id
                    WHERE state = 'waiting' AND due_ms <= ?1 AND destination = ?2 ORDER BY due_ms, delivery.id LIMIT ?3",
                )?
                .query_map(params![now.0, destination, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            for (id, ..) in &rows {
                transaction.execute(
                    "UPDATE delivery SET state = 'sending', attempts = attempts + 1, changed_ms = ?2 WHERE id = ?1",
                    [*id, now.0],
                )?;
            }
            Ok(Some((destination, rows)))
        })?;
        Ok(claimed.map(|(destination, rows)| {
            let deliveries = rows.into_iter().map(|(id, attempts, sha256)| ClaimedDelivery {
                id,
                attempt: attempts.saturating_add(1),
                file: self.object_path(&sha256),
                sha256,
            });
            (destination, deliveries.collect())
        }))
    }

    /// Records how an attempt ended. A status of success (0x0000), of a duplicate (0x0111) or of a warning, with which the
    /// instance is stored (PS3.4 B.2.3), makes it delivered. A destination that refuses the class of a cine is sent the key
    /// frames of the result in its place, which were made with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record_attempt(
        &self,
        delivery: &ClaimedDelivery,
        attempt: &Attempt,
        policy: &RetryPolicy,
        now: UtcTime,
    ) -> Result<DeliveryState, StoreError> {
        let (mut state, mut error, mut due) = (DeliveryState::Failed, None, now);
        let (status, mut refused) = (attempt.status(), false);
        match attempt {
            Attempt::Answered(answer) => match *answer {
                Status::SUCCESS | Status::DUPLICATE_SOP_INSTANCE => state = DeliveryState::Delivered,
                answer if answer.is_warning() => state = DeliveryState::Delivered,
                answer => error = Some(format!("the destination answered with status {answer}")),
            },
            Attempt::NotDelivered(failure) => {
                refused = failure.sop_class_refused;
                let mut reason = failure.reason.clone();
                if failure.may_pass {
                    match delay(policy, delivery.attempt, delivery.id.unsigned_abs()) {
                        Some(wait) => (state, due) = (DeliveryState::Waiting, now.after(wait)),
                        None => reason = format!("given up after {} attempts: {reason}", delivery.attempt),
                    }
                }
                error = Some(reason);
            }
        }
        let state = self.write("a delivery cannot be recorded", |transaction| {
            let (mut state, mut error) = (state, error);
            if state == DeliveryState::Failed && refused && send_key_frames(transaction, delivery.id, now)? {
                state = DeliveryState::Replaced;
                error = error.map(|reason| format!("{reason}; key frames are sent in its place"));
            }
            transaction.execute(
                "UPDATE delivery SET state = :state, error = :error, dimse_status = :status, due_ms = :due,
                    changed_ms = :now WHERE id = :id AND state = 'sending' AND attempts = :attempt",
                named_params! {
                    ":state": state.name(), ":error": error, ":status": status, ":due": due.0, ":now": now.0,
                    ":id": delivery.id, ":attempt": delivery.attempt,
                },
            )?;
            Ok(state)
        })?;
        // Key frames are due, and what is delivered may be asked for.
        self.announce();
        Ok(state)
    }

    /// Sends a failed delivery, or one that waits, at once, with all attempts before it. `false` where there is none.
    /// Storage commitment is asked for anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn retry_delivery(&self, id: i64, now: UtcTime) -> Result<bool, StoreError> {
        let changed = self.write("a delivery cannot be changed", |transaction| {
            transaction.execute(
                "UPDATE delivery SET state = 'waiting', attempts = 0, due_ms = ?2, changed_ms = ?2, commitment = NULL,
                    commitment_due_ms = NULL, commitment_resends = 0
                    WHERE id = ?1 AND (state IN ('failed', 'waiting') OR commitment = 'failed')",
                [id, now.0],
            )
        })?;
        self.announce();
        Ok(changed > 0)
    }
}

/// Puts the key frames of a result into the outbox in place of its cine. `false` where the delivery is of something else, or
/// the result has none.
fn send_key_frames(connection: &Connection, delivery: i64, now: UtcTime) -> rusqlite::Result<bool> {
    let frames: Vec<(i64, String)> = connection
        .prepare(
            "SELECT frame.id, destination FROM delivery
                JOIN object AS cine ON cine.id = object_id AND cine.kind = ?2
                JOIN object AS frame ON frame.result_id = cine.result_id AND frame.kind = ?3
            WHERE delivery.id = ?1 AND frame.sop_instance_uid IS NOT NULL ORDER BY frame.id",
        )?
        .query_map(params![delivery, ObjectKind::Cine.name(), ObjectKind::KeyFrames.name()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (frame, destination) in &frames {
        enqueue_one(connection, *frame, destination, now)?;
    }
    Ok(!frames.is_empty())
}

impl NotDelivered {
    /// The destination was not reached.
    #[must_use]
    pub fn before_sending(reason: String, may_pass: bool) -> Self {
        Self { reason, status: None, may_pass, sop_class_refused: false }
    }
}

impl Attempt {
    /// The answer of the destination, if there was one.
    fn status(&self) -> Option<u16> {
        match self {
            Self::Answered(status) => Some(status.0),
            Self::NotDelivered(failure) => failure.status.map(|status| status.0),
        }
    }
}

/// Columns of a [`DeliveryRow`], in its order.
const ROW: &str =
    "delivery.id, destination, kind, sop_instance_uid, state, attempts, error, dimse_status, due_ms, changed_ms";

impl Reader {
    /// The outbox, those that changed last first. `state`: only those.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn deliveries(&self, state: Option<DeliveryState>, most: usize) -> Result<Vec<DeliveryRow>, StoreError> {
        self.read("the outbox cannot be read", |transaction| {
            transaction
                .prepare(&format!(
                    "SELECT {ROW}, {COLUMNS} FROM delivery JOIN object ON object.id = object_id
                    WHERE ?1 IS NULL OR state = ?1 ORDER BY changed_ms DESC, delivery.id DESC LIMIT ?2"
                ))?
                .query_map(
                    params![state.map(DeliveryState::name), i64::try_from(most).unwrap_or(i64::MAX)],
                    delivery_row,
                )?
                .collect()
        })
    }

    /// The deliveries of all results of the input of a job, the first first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn deliveries_of_job(&self, job: i64) -> Result<Vec<DeliveryRow>, StoreError> {
        self.read("the outbox cannot be read", |transaction| {
            transaction
                .prepare(&format!(
                    "SELECT {ROW}, {COLUMNS} FROM delivery JOIN object ON object.id = object_id
                    WHERE result_id IN (
                        SELECT result.id FROM result JOIN job
                            ON job.input_uid = result.input_uid AND job.input_sha256 = result.input_sha256
                        WHERE job.id = ?1)
                    ORDER BY delivery.id"
                ))?
                .query_map([job], delivery_row)?
                .collect()
        })
    }

    /// How many deliveries are in each state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delivery_counts(&self) -> Result<[(DeliveryState, u64); 5], StoreError> {
        self.read("the outbox cannot be counted", |transaction| {
            let mut counts = DeliveryState::ALL.map(|state| (state, 0));
            for (state, count) in &mut counts {
                let of_state = "SELECT count(*) FROM delivery WHERE state = ?1";
                *count = transaction.query_row(of_state, [state.name()], |row| row.get::<_, i64>(0))?.unsigned_abs();
            }
            Ok(counts)
        })
    }
}

fn delivery_row(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    let (kind, state): (String, String) = (row.get(2)?, row.get(4)?);
    Ok(DeliveryRow {
        id: row.get(0)?,
        destination: row.get(1)?,
        kind: ObjectKind::of_name(&kind),
        sop_instance_uid: row.get(3)?,
        state: DeliveryState::ALL.into_iter().find(|known| known.name() == state).unwrap_or(DeliveryState::Failed),
        attempts: row.get(5)?,
        error: row.get(6)?,
        dimse_status: row.get::<_, Option<u16>>(7)?.map(Status),
        due: UtcTime(row.get(8)?),
        changed: UtcTime(row.get(9)?),
        commitment: commitment_row(row, 10)?,
    })
}
