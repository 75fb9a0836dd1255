//! Retention: what may be removed by age and size. Nothing unsigned is removed, and results only after their delivery, and after
//! storage commitment where it is asked for.

use std::time::Duration;

use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::{OBJECTS, RECEIVED, Store};
use crate::time::UtcTime;

/// What is kept. The default keeps all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetentionPolicy {
    /// Older instances are removed.
    pub max_age: Option<Duration>,
    /// Where instances and objects have more bytes together, the oldest instances are removed.
    pub max_bytes: Option<u64>,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Received instances.
    pub instances: u64,
    /// Results.
    pub results: u64,
    /// Bytes of both.
    pub bytes: u64,
}

/// Instances that may go: nothing is analysed in them; or all of their jobs are done, the last review of each result is
/// signed, and nothing of these results is still to be delivered, or to be committed where the destination is asked for that.
const REMOVABLE: &str = "
    SELECT id, file, bytes, received_ms FROM instance WHERE role = 'other' OR (
        EXISTS (SELECT 1 FROM job_instance WHERE instance_id = instance.id)
        AND NOT EXISTS (
            SELECT 1 FROM job_instance JOIN job ON job.id = job_id WHERE instance_id = instance.id AND (
                job.state <> 'done'
                OR NOT EXISTS (
                    SELECT 1 FROM result AS signed
                    WHERE signed.input_uid = job.input_uid AND signed.input_sha256 = job.input_sha256
                )
                OR EXISTS (
                    SELECT 1 FROM result AS last
                    WHERE last.input_uid = job.input_uid AND last.input_sha256 = job.input_sha256
                        AND last.status <> 'signed'
                        AND NOT EXISTS (
                            SELECT 1 FROM result AS later
                            WHERE later.input_uid = last.input_uid AND later.input_sha256 = last.input_sha256
                                AND later.model = last.model AND later.protocol = last.protocol
                                AND later.version = last.version AND later.review > last.review
                        )
                )
                OR EXISTS (
                    SELECT 1 FROM result JOIN object ON result_id = result.id JOIN delivery ON object_id = object.id
                    WHERE result.input_uid = job.input_uid AND result.input_sha256 = job.input_sha256
                        AND (delivery.state NOT IN ('delivered', 'replaced')
                            OR delivery.state = 'delivered' AND delivery.commitment IS NOT 'committed'
                                AND delivery.destination IN (SELECT destination FROM committing))
                )
            )
        )
    )
    ORDER BY received_ms, id";

/// Results of which no job is left, and whose objects were sent somewhere, all of them with success, and with the commitment of
/// each destination that is asked for it. Key frames are sent only where a cine is refused.
const DELIVERED: &str = "
    SELECT id FROM result WHERE NOT EXISTS (
            SELECT 1 FROM job WHERE job.input_uid = result.input_uid AND job.input_sha256 = result.input_sha256)
        AND EXISTS (
            SELECT 1 FROM object JOIN delivery ON object_id = object.id WHERE result_id = result.id)
        AND NOT EXISTS (
            SELECT 1 FROM object LEFT JOIN delivery ON object_id = object.id
            WHERE result_id = result.id AND object.sop_instance_uid IS NOT NULL
                AND (delivery.state IS NULL AND object.kind <> 'key-frames'
                    OR delivery.state NOT IN ('delivered', 'replaced')
                    OR delivery.state = 'delivered' AND delivery.commitment IS NOT 'committed'
                        AND delivery.destination IN (SELECT destination FROM committing)))";

impl Store {
    /// Removes what the policy does not keep. Results go with the last instance that they are of, where all of their
    /// objects were delivered; others stay.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn apply_retention(&self, policy: &RetentionPolicy, now: UtcTime) -> Result<Removed, StoreError> {
        let oldest = policy.max_age.map(|age| now.before(age));
        let most = policy.max_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let removed = self.write("retention cannot be applied", |transaction| {
            let mut held: i64 = transaction.query_row(
                "SELECT (SELECT ifnull(sum(bytes), 0) FROM instance) + (SELECT ifnull(sum(bytes), 0) FROM object)",
                [],
                |row| row.get(0),
            )?;
            let candidates: Vec<(i64, String, i64, i64)> = transaction
                .prepare(REMOVABLE)?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut removed = Removed::default();
            for (id, file, bytes, received_ms) in candidates {
                let too_old = oldest.is_some_and(|oldest| UtcTime(received_ms) < oldest);
                let too_much = most.is_some_and(|most| held > most);
                if !(too_old || too_much) {
                    continue;
                }
                Self::list_removal(transaction, &format!("{RECEIVED}/{file}"))?;
                transaction.execute("DELETE FROM instance WHERE id = ?1", [id])?;
                transaction.execute(
                    "DELETE FROM job WHERE state = 'done'
                        AND NOT EXISTS (SELECT 1 FROM job_instance WHERE job_id = job.id)",
                    [],
                )?;
                let freed = remove_delivered(transaction, &mut removed)?;
                removed.instances += 1;
                removed.bytes += bytes.unsigned_abs();
                held -= bytes + freed;
            }
            Ok(removed)
        })?;
        self.finish_removals()?;
        Ok(removed)
    }
}

/// Removes results that are delivered and of nothing that is left; tells their bytes.
fn remove_delivered(connection: &Connection, removed: &mut Removed) -> rusqlite::Result<i64> {
    let results: Vec<i64> =
        connection.prepare(DELIVERED)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut freed = 0;
    for result in results {
        let objects: Vec<(String, i64)> = connection
            .prepare("SELECT sha256, bytes FROM object WHERE result_id = ?1")?
            .query_map([result], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (hash, bytes) in objects {
            Store::list_removal(connection, &format!("{OBJECTS}/{hash}"))?;
            freed += bytes;
        }
        connection.execute("DELETE FROM result WHERE id = ?1", params![result])?;
        removed.results += 1;
    }
    removed.bytes += freed.unsigned_abs();
    Ok(freed)
}
