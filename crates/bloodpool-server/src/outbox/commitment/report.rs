//! What a report of storage commitment does to the outbox: objects are kept, sent again, asked for again, or failed.

use std::time::Duration;

use bloodpool_dicom::net::{CommitmentReport, FailureReason, NotCommitted};
use rusqlite::{Connection, OptionalExtension, params};

use super::request::CommitmentPolicy;
use crate::outbox::backoff::delay;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// How long requests that were answered, or that nobody answers any more, are remembered.
const REMEMBERED: Duration = Duration::from_secs(90 * 24 * 3600);

/// What recording a report did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reported {
    /// Objects that the destination keeps.
    pub committed: usize,
    /// Objects that are sent again, since the destination does not have them.
    pub resent: usize,
    /// Objects that it is asked for again.
    pub again: usize,
    /// Objects that it does not keep.
    pub failed: usize,
}

impl Store {
    /// Records what a destination says to a request, in one transaction. `None` where nothing was asked with this
    /// transaction UID. A report that comes once more, or after the answer to a later request, takes back no commitment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record_commitment(
        &self,
        report: &CommitmentReport,
        policy: &CommitmentPolicy,
        now: UtcTime,
    ) -> Result<Option<Reported>, StoreError> {
        let uid = report.transaction.as_str();
        let recorded = self.write("a report of storage commitment cannot be recorded", |transaction| {
            let known: Option<i64> = transaction
                .query_row("SELECT 1 FROM commitment_request WHERE transaction_uid = ?1", [uid], |row| row.get(0))
                .optional()?;
            if known.is_none() {
                return Ok(None);
            }
            transaction.execute(
                "UPDATE commitment_request SET reported_ms = ?2 WHERE transaction_uid = ?1",
                params![uid, now.0],
            )?;
            let mut reported = Reported::default();
            for instance in &report.committed {
                reported.committed += transaction.execute(
                    "UPDATE delivery SET commitment = 'committed', commitment_error = NULL, commitment_reason = NULL,
                        commitment_due_ms = NULL
                    WHERE commitment IS NOT 'committed' AND state = 'delivered' AND id IN (
                        SELECT delivery_id FROM commitment_delivery JOIN delivery ON delivery.id = delivery_id
                            JOIN object ON object.id = object_id
                            WHERE transaction_uid = ?1 AND sop_instance_uid = ?2)",
                    params![uid, instance.as_str()],
                )?;
            }
            for instance in &report.failed {
                not_committed(transaction, uid, instance, policy, now, &mut reported)?;
            }
            transaction.execute("DELETE FROM commitment_request WHERE asked_ms < ?1", [now.before(REMEMBERED).0])?;
            Ok(Some(reported))
        })?;
        self.announce();
        Ok(recorded)
    }
}

/// One instance that a destination does not keep.
fn not_committed(
    connection: &Connection,
    transaction_uid: &str,
    instance: &NotCommitted,
    policy: &CommitmentPolicy,
    now: UtcTime,
    reported: &mut Reported,
) -> rusqlite::Result<()> {
    let rows: Vec<(i64, u32, u32)> = connection
        .prepare(
            "SELECT delivery.id, commitment_attempts, commitment_resends FROM commitment_delivery
                JOIN delivery ON delivery.id = delivery_id JOIN object ON object.id = object_id
            WHERE transaction_uid = ?1 AND sop_instance_uid = ?2 AND state = 'delivered' AND commitment = 'asked'",
        )?
        .query_map([transaction_uid, instance.sop_instance.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let code = instance.reason.map(|reason| reason.0);
    let said = instance.reason.map_or_else(|| "it gives no reason".to_owned(), |reason| reason.to_string());
    for (id, attempts, resends) in rows {
        let lost = instance.reason == Some(FailureReason::NO_SUCH_INSTANCE);
        let may_pass = instance.reason.is_none_or(FailureReason::is_transient);
        if lost && resends < policy.resends {
            // The same bytes, at once; then it is asked again.
            let why = format!("the destination says of its storage commitment: {said}");
            connection.execute(
                "UPDATE delivery SET state = 'waiting', attempts = 0, error = ?2, due_ms = ?3, changed_ms = ?3,
                    commitment = NULL, commitment_due_ms = NULL, commitment_error = ?4, commitment_reason = ?5,
                    commitment_resends = commitment_resends + 1 WHERE id = ?1",
                params![id, why, now.0, format!("{said}; it is sent again"), code],
            )?;
            reported.resent += 1;
        } else if may_pass {
            let wait = delay(&policy.again, attempts.max(1), id.unsigned_abs()).unwrap_or(policy.again.longest_delay);
            connection.execute(
                "UPDATE delivery SET commitment_due_ms = ?2, commitment_error = ?3, commitment_reason = ?4
                    WHERE id = ?1",
                params![id, now.after(wait).0, said, code],
            )?;
            reported.again += 1;
        } else {
            let said = if lost { format!("{said}, though it was sent {} times", resends + 1) } else { said.clone() };
            connection.execute(
                "UPDATE delivery SET commitment = 'failed', commitment_due_ms = NULL, commitment_error = ?2,
                    commitment_reason = ?3 WHERE id = ?1",
                params![id, said, code],
            )?;
            reported.failed += 1;
        }
    }
    Ok(())
}
