//! Requests for storage commitment: which deliveries are due, under which transaction UID, and when again.

use std::time::Duration;

use bloodpool_dicom::net::{RetryPolicy, Uid};
use rusqlite::{OptionalExtension, params};

use crate::outbox::backoff::delay;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// When destinations are asked for storage commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitmentPolicy {
    /// How long after the delivery.
    pub after: Duration,
    /// When to ask again where no report came, or one that says that it may succeed later.
    pub again: RetryPolicy,
    /// Instances in one request.
    pub most: usize,
    /// How often an object is sent again that the destination says it does not have.
    pub resends: u32,
}

impl Default for CommitmentPolicy {
    /// At once; again after 5 minutes, doubled to at most 6 hours, without a limit; 3 times what the destination lost.
    fn default() -> Self {
        let again = RetryPolicy {
            first_delay: Duration::from_secs(5 * 60),
            factor: 2,
            longest_delay: Duration::from_secs(6 * 3600),
            attempts: None,
        };
        Self { after: Duration::ZERO, again, most: 32, resends: 3 }
    }
}

/// A request that the caller is to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedCommitment {
    /// Names the request.
    pub transaction: Uid,
    /// Where to.
    pub destination: String,
    /// The deliveries.
    pub deliveries: Vec<i64>,
    /// Their SOP Instance UIDs, and the SHA-256 of the bytes that were sent.
    pub instances: Vec<(String, String)>,
}

impl Store {
    /// Takes what a destination is to be asked for, under a transaction UID of its own. It is recorded before the caller
    /// asks, with the time of the next request: a process that ends meanwhile asks again then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim_commitment(
        &self,
        destination: &str,
        policy: &CommitmentPolicy,
        now: UtcTime,
    ) -> Result<Option<ClaimedCommitment>, StoreError> {
        let transaction_uid = self.new_transaction()?;
        let claimed = self.write("a request for storage commitment cannot be recorded", |transaction| {
            let rows: Vec<(i64, u32, String, String)> = transaction
                .prepare(
                    "SELECT delivery.id, commitment_attempts, sop_instance_uid, sha256
                    FROM delivery JOIN object ON object.id = object_id
                    WHERE state = 'delivered' AND destination = ?1 AND sop_instance_uid IS NOT NULL
                        AND destination IN (SELECT destination FROM committing)
                        AND (commitment IS NULL AND changed_ms <= ?2
                            OR commitment = 'asked' AND commitment_due_ms <= ?3)
                    ORDER BY delivery.id LIMIT ?4",
                )?
                .query_map(
                    params![
                        destination,
                        now.before(policy.after).0,
                        now.0,
                        i64::try_from(policy.most).unwrap_or(i64::MAX)
                    ],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )?
                .collect::<rusqlite::Result<_>>()?;
            if rows.is_empty() {
                return Ok(None);
            }
            transaction.execute(
                "INSERT INTO commitment_request (transaction_uid, destination, asked_ms) VALUES (?1, ?2, ?3)",
                params![transaction_uid.as_str(), destination, now.0],
            )?;
            for (id, attempts, ..) in &rows {
                let attempt = attempts.saturating_add(1);
                let wait = delay(&policy.again, attempt, id.unsigned_abs()).unwrap_or(policy.again.longest_delay);
                transaction.execute(
                    "UPDATE delivery SET commitment = 'asked', commitment_attempts = ?2, commitment_due_ms = ?3
                        WHERE id = ?1",
                    params![id, attempt, now.after(wait).0],
                )?;
                transaction.execute(
                    "INSERT INTO commitment_delivery (transaction_uid, delivery_id) VALUES (?1, ?2)",
                    params![transaction_uid.as_str(), id],
                )?;
            }
            Ok(Some(rows))
        })?;
        Ok(claimed.map(|rows| ClaimedCommitment {
            transaction: transaction_uid,
            destination: destination.to_owned(),
            deliveries: rows.iter().map(|(id, ..)| *id).collect(),
            instances: rows.into_iter().map(|(.., uid, sha256)| (uid, sha256)).collect(),
        }))
    }

    /// Records why a destination could not be asked. It is asked again when the next request is due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn commitment_not_asked(
        &self,
        transaction_uid: &Uid,
        deliveries: &[i64],
        reason: &str,
    ) -> Result<(), StoreError> {
        self.write("a request for storage commitment cannot be recorded", |transaction| {
            for delivery in deliveries {
                transaction.execute(
                    "UPDATE delivery SET commitment_error = ?3 WHERE id = ?2 AND commitment = 'asked'
                        AND id IN (SELECT delivery_id FROM commitment_delivery WHERE transaction_uid = ?1)",
                    params![transaction_uid.as_str(), delivery, reason],
                )?;
            }
            Ok(())
        })
    }

    /// Whether a report to this request was recorded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn commitment_reported(&self, transaction_uid: &Uid) -> Result<bool, StoreError> {
        let reported: Option<Option<i64>> =
            self.write("a request for storage commitment cannot be read", |transaction| {
                transaction
                    .query_row(
                        "SELECT reported_ms FROM commitment_request WHERE transaction_uid = ?1",
                        [transaction_uid.as_str()],
                        |row| row.get(0),
                    )
                    .optional()
            })?;
        Ok(reported.flatten().is_some())
    }

    /// A transaction UID that nobody can guess: who knows it was asked.
    fn new_transaction(&self) -> Result<Uid, StoreError> {
        let failed = |error| StoreError::io(self.folder(), "no random transaction UID can be made")(error);
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| failed(std::io::Error::other(error)))?;
        // `2.25.` and a number of 128 bits (PS3.5 B.2): at most 44 digits and dots.
        let uid = Uid::new(&format!("2.25.{}", u128::from_be_bytes(bytes)));
        uid.map_err(|error| failed(std::io::Error::other(error)))
    }
}
