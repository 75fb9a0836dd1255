//! Deliveries: one object to one destination, from `waiting` to `delivered` or `failed`.

use std::path::PathBuf;

use bloodpool_dicom::net::{RetryPolicy, Status};
use rusqlite::{OptionalExtension, Row, named_params, params};

use super::backoff::delay;
use crate::analysis::ObjectKind;
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It is sent when it is due.
    Waiting,
    /// It is being sent.
    Sending,
    /// The destination has it.
    Delivered,
    /// It was given up, until somebody asks for another attempt.
    Failed,
}

impl DeliveryState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Sending, Self::Delivered, Self::Failed];

    /// Its name in the database and in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
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
    /// instance is stored (PS3.4 B.2.3), makes it delivered.
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
        let status;
        match attempt {
            Attempt::Answered(answer) => {
                status = Some(answer.0);
                match *answer {
                    Status::SUCCESS | Status::DUPLICATE_SOP_INSTANCE => state = DeliveryState::Delivered,
                    answer if answer.is_warning() => state = DeliveryState::Delivered,
                    answer => error = Some(format!("the destination answered with status {answer}")),
                }
            }
            Attempt::NotDelivered(failure) => {
                status = failure.status.map(|status| status.0);
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
        self.write("a delivery cannot be recorded", |transaction| {
            transaction.execute(
                "UPDATE delivery SET state = :state, error = :error, dimse_status = :status, due_ms = :due,
                    changed_ms = :now WHERE id = :id AND state = 'sending' AND attempts = :attempt",
                named_params! {
                    ":state": state.name(), ":error": error, ":status": status, ":due": due.0, ":now": now.0,
                    ":id": delivery.id, ":attempt": delivery.attempt,
                },
            )
        })?;
        Ok(state)
    }

    /// Sends a failed delivery, or one that waits, at once, with all attempts before it. `false` where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn retry_delivery(&self, id: i64, now: UtcTime) -> Result<bool, StoreError> {
        let changed = self.write("a delivery cannot be changed", |transaction| {
            transaction.execute(
                "UPDATE delivery SET state = 'waiting', attempts = 0, due_ms = ?2, changed_ms = ?2
                    WHERE id = ?1 AND state IN ('failed', 'waiting')",
                [id, now.0],
            )
        })?;
        self.announce();
        Ok(changed > 0)
    }
}

impl Reader {
    /// The outbox, those that changed last first. `state`: only those.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn deliveries(&self, state: Option<DeliveryState>, most: usize) -> Result<Vec<DeliveryRow>, StoreError> {
        self.read("the outbox cannot be read", |transaction| {
            transaction
                .prepare(
                    "SELECT delivery.id, destination, kind, sop_instance_uid, state, attempts, error, dimse_status,
                        due_ms, changed_ms
                    FROM delivery JOIN object ON object.id = object_id WHERE ?1 IS NULL OR state = ?1
                    ORDER BY changed_ms DESC, delivery.id DESC LIMIT ?2",
                )?
                .query_map(
                    params![state.map(DeliveryState::name), i64::try_from(most).unwrap_or(i64::MAX)],
                    delivery_row,
                )?
                .collect()
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
    })
}
