//! Results: one per input, analysis and review, with its objects and their deliveries in one transaction.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use crate::analysis::{AnalysisIdentity, ObjectKind, Produced, StudyInput};
use crate::outbox::route::{ResultStatus, Route, enqueue};
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// What identifies a result, but for its review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultKey {
    /// As [`StudyInput::uid`].
    pub input_uid: String,
    /// As [`StudyInput::sha256`].
    pub input_sha256: String,
    /// The analysis.
    pub analysis: AnalysisIdentity,
}

impl ResultKey {
    /// The result of this analysis of this input.
    #[must_use]
    pub fn new(input: &StudyInput, analysis: AnalysisIdentity) -> Self {
        Self { input_uid: input.uid.clone(), input_sha256: input.sha256.clone(), analysis }
    }
}

/// A result as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRow {
    /// Its number.
    pub id: i64,
    /// What it is of.
    pub key: ResultKey,
    /// 0: automatic; each review counts one more.
    pub review: i64,
    /// How far it is confirmed.
    pub status: ResultStatus,
    /// When it was recorded.
    pub created: UtcTime,
    /// Kind, SOP Instance UID and SHA-256 of its objects.
    pub objects: Vec<(ObjectKind, Option<String>, String)>,
}

/// The number of an automatic result.
pub(crate) fn find(connection: &Connection, key: &ResultKey) -> rusqlite::Result<Option<i64>> {
    let AnalysisIdentity { model, protocol, version } = &key.analysis;
    connection
        .query_row(
            "SELECT id FROM result WHERE input_uid = ?1 AND input_sha256 = ?2 AND model = ?3 AND protocol = ?4
                AND version = ?5 AND review = 0",
            params![key.input_uid, key.input_sha256, model, protocol, version],
            |row| row.get(0),
        )
        .optional()
}

/// An object whose bytes are on disk.
pub(crate) struct StoredObject {
    kind: ObjectKind,
    sop_instance_uid: Option<String>,
    sha256: String,
    bytes: i64,
}

impl Store {
    /// Writes the bytes of objects to disk.
    pub(crate) fn store_objects(&self, produced: &[Produced]) -> Result<Vec<StoredObject>, StoreError> {
        let stored = produced.iter().map(|object| {
            Ok(StoredObject {
                kind: object.kind,
                sop_instance_uid: object.sop_instance_uid.as_ref().map(|uid| uid.as_str().to_owned()),
                sha256: self.put_object(&object.bytes)?,
                bytes: i64::try_from(object.bytes.len()).unwrap_or(i64::MAX),
            })
        });
        stored.collect()
    }

    /// Records the result of a review beside those before it, which stay, and puts it into the outbox. It tells the number
    /// of the review; `None` where the input has no result by this analysis.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record_review(
        &self,
        key: &ResultKey,
        status: ResultStatus,
        produced: &[Produced],
        routes: &[Route],
        now: UtcTime,
    ) -> Result<Option<i64>, StoreError> {
        let _guard = self.files_stay();
        let objects = self.store_objects(produced)?;
        let review = self.write("a review cannot be recorded", |transaction| {
            let last: Option<i64> = transaction.query_row(
                "SELECT max(review) FROM result WHERE input_uid = ?1 AND input_sha256 = ?2 AND model = ?3
                    AND protocol = ?4 AND version = ?5",
                params![
                    key.input_uid,
                    key.input_sha256,
                    key.analysis.model,
                    key.analysis.protocol,
                    key.analysis.version
                ],
                |row| row.get(0),
            )?;
            let Some(review) = last.map(|last| last + 1) else { return Ok(None) };
            insert(transaction, key, (review, status), &objects, routes, now)?;
            Ok(Some(review))
        })?;
        self.announce();
        Ok(review)
    }
}

/// Inserts a result with its objects and deliveries.
pub(crate) fn insert(
    connection: &Connection,
    key: &ResultKey,
    (review, status): (i64, ResultStatus),
    objects: &[StoredObject],
    routes: &[Route],
    now: UtcTime,
) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO result (input_uid, input_sha256, model, protocol, version, review, status, created_ms)
            VALUES (:uid, :sha256, :model, :protocol, :version, :review, :status, :now)",
        named_params! {
            ":uid": key.input_uid, ":sha256": key.input_sha256, ":model": key.analysis.model,
            ":protocol": key.analysis.protocol, ":version": key.analysis.version, ":review": review,
            ":status": status.name(), ":now": now.0,
        },
    )?;
    let result = connection.last_insert_rowid();
    for StoredObject { kind, sop_instance_uid, sha256, bytes } in objects {
        connection.execute(
            "INSERT INTO object (result_id, kind, sop_instance_uid, sha256, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![result, kind.name(), sop_instance_uid, sha256, bytes],
        )?;
        if sop_instance_uid.is_some() {
            enqueue(connection, routes, (connection.last_insert_rowid(), *kind, status), now)?;
        }
    }
    Ok(result)
}

impl Reader {
    /// The reviews of a result that have an object of this kind, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reviews_with(&self, key: &ResultKey, kind: ObjectKind) -> Result<Vec<i64>, StoreError> {
        self.read("the results cannot be read", |transaction| {
            let mut rows = transaction.prepare(
                "SELECT DISTINCT review FROM result JOIN object ON result_id = result.id WHERE input_uid = ?1 AND input_sha256 = ?2
                    AND model = ?3 AND protocol = ?4 AND version = ?5 AND kind = ?6 ORDER BY review",
            )?;
            let AnalysisIdentity { model, protocol, version } = &key.analysis;
            let of = params![key.input_uid, key.input_sha256, model, protocol, version, kind.name()];
            rows.query_map(of, |row| row.get(0))?.collect()
        })
    }

    /// Results, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn results(&self, most: usize) -> Result<Vec<ResultRow>, StoreError> {
        self.read("the results cannot be read", |transaction| {
            let mut objects = transaction
                .prepare("SELECT kind, sop_instance_uid, sha256 FROM object WHERE result_id = ?1 ORDER BY id")?;
            let mut results = transaction.prepare(
                "SELECT id, input_uid, input_sha256, model, protocol, version, review, status, created_ms
                FROM result ORDER BY id DESC LIMIT ?1",
            )?;
            let rows = results.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                let (id, status): (i64, String) = (row.get(0)?, row.get(7)?);
                let objects = objects.query_map([id], |row| {
                    let kind: String = row.get(0)?;
                    Ok((ObjectKind::of_name(&kind).unwrap_or(ObjectKind::Document), row.get(1)?, row.get(2)?))
                })?;
                Ok(ResultRow {
                    id,
                    key: ResultKey {
                        input_uid: row.get(1)?,
                        input_sha256: row.get(2)?,
                        analysis: AnalysisIdentity { model: row.get(3)?, protocol: row.get(4)?, version: row.get(5)? },
                    },
                    review: row.get(6)?,
                    status: ResultStatus::of_name(&status).unwrap_or(ResultStatus::Automatic),
                    created: UtcTime(row.get(8)?),
                    objects: objects.collect::<rusqlite::Result<_>>()?,
                })
            })?;
            rows.collect()
        })
    }
}
