//! Reviews in the database: the history of a study, statements on it (reviewed, signed), and who may change it.

use rusqlite::{Connection, OptionalExtension, params};

use super::history::History;
use super::listed::ListedStudy;
use super::state::Change;
use crate::analysis::{AnalysisIdentity, Produced};
use crate::outbox::route::{ResultStatus, Route};
use crate::people::account::Person;
use crate::people::audit::append;
use crate::results::{find, insert};
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// The history of a study as it is recorded.
#[derive(Debug, Clone)]
pub struct RecordedReview {
    /// All changes.
    pub history: History,
    /// Grows with each change, undo and redo; 0 before the first.
    pub revision: i64,
    /// Who made each change.
    pub people: Vec<String>,
    /// Who changed last, where somebody did.
    pub changed_by: Option<String>,
    /// What the model gave, as bytes.
    pub segmentation: Option<Vec<u8>>,
}

/// What is to be written of a history.
#[derive(Debug)]
pub enum HistoryStep<'a> {
    /// A change at this position; what was undone is dropped.
    Push(&'a Change, usize),
    /// So many changes hold now: undo or redo.
    Move(usize),
}

/// A statement on a study: who says what of which numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Counts the statements on the study, from 1.
    pub version: i64,
    /// Reviewed or signed.
    pub status: ResultStatus,
    /// Who.
    pub person: String,
    /// When.
    pub at: UtcTime,
    /// The revision of the history that it holds for.
    pub revision: i64,
    /// LVEF, percent.
    pub lvef_percent: Option<f64>,
    /// LVEF of the program alone, percent.
    pub automatic_lvef_percent: Option<f64>,
    /// Model, protocol and version of the program.
    pub analysis: AnalysisIdentity,
    /// SHA-256 of the document.
    pub document_sha256: String,
}

/// A statement that is to be made.
#[derive(Debug)]
pub struct NewStatement<'a> {
    /// Reviewed or signed.
    pub status: ResultStatus,
    /// The revision that was shown.
    pub revision: i64,
    /// LVEF, percent.
    pub lvef_percent: Option<f64>,
    /// LVEF of the program alone, percent.
    pub automatic_lvef_percent: Option<f64>,
    /// The document.
    pub document: &'a str,
    /// The number that this statement has, one more than the last.
    pub version: i64,
    /// When it is made.
    pub at: UtcTime,
    /// Name of the protocol where it is another one than the study was received with, as with a background region drawn by hand.
    pub other_protocol: Option<&'a str>,
}

/// What became of something that was to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is on disk; the revision, or the version of a statement.
    Done(i64),
    /// The study was changed since by this person; nothing was recorded.
    ChangedSince(Option<String>),
}

fn revision(connection: &Connection, study: i64) -> rusqlite::Result<(i64, Option<String>)> {
    let found = connection
        .query_row(
            "SELECT revision, name FROM review JOIN person ON person.id = changed_by WHERE study_id = ?1",
            [study],
            |row| Ok((row.get(0)?, Some(row.get(1)?))),
        )
        .optional()?;
    Ok(found.unwrap_or((0, None)))
}

impl Store {
    /// Records a step of the history of a study. It holds when this returns, whatever happens then. `segmentation`: what the model
    /// gave, kept with the first step.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record_step(
        &self,
        study: &ListedStudy,
        person: &Person,
        expected_revision: i64,
        step: &HistoryStep<'_>,
        segmentation: &[u8],
        now: UtcTime,
    ) -> Result<Recorded, StoreError> {
        self.write("an edit cannot be recorded", |transaction| {
            let (found, by) = revision(transaction, study.id)?;
            if found != expected_revision {
                return Ok(Recorded::ChangedSince(by));
            }
            let position = match *step {
                HistoryStep::Push(_, at) => at + 1,
                HistoryStep::Move(position) => position,
            };
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            transaction.execute(
                "INSERT INTO review (study_id, position, revision, segmentation, changed_by, changed_ms)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                    ON CONFLICT (study_id)
                    DO UPDATE SET position = ?2, revision = ?3, changed_by = ?5, changed_ms = ?6",
                params![study.id, position, found + 1, segmentation, person.id, now.0],
            )?;
            if let HistoryStep::Push(change, at) = step {
                let at = i64::try_from(*at).unwrap_or(i64::MAX);
                let unwritable = |error: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(error.into());
                let text = serde_json::to_string(change).map_err(unwritable)?;
                let undone = "DELETE FROM change WHERE study_id = ?1 AND position >= ?2";
                transaction.execute(undone, params![study.id, at])?;
                transaction.execute(
                    "INSERT INTO change (study_id, position, person_id, at_ms, change) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![study.id, at, person.id, now.0, text],
                )?;
            }
            let (action, detail) = match step {
                HistoryStep::Push(change, _) => ("edit", format!("{}, frame {}", change.action, change.frame)),
                HistoryStep::Move(position) => ("undo_or_redo", format!("{position} changes hold")),
            };
            append(transaction, &person.name, action, &study.public_id, &detail, now)?;
            Ok(Recorded::Done(found + 1))
        })
    }

    /// Records a statement on a study, reviewed or signed, with its objects and their deliveries, in one transaction; the bytes of the
    /// objects are on disk before. Earlier statements and objects stay.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record_statement(
        &self,
        study: &ListedStudy,
        person: &Person,
        statement: &NewStatement<'_>,
        produced: &[Produced],
        routes: &[Route],
    ) -> Result<Recorded, StoreError> {
        let _guard = self.files_stay();
        let objects = self.store_objects(produced)?;
        let hash = bloodpool_files::sha256(statement.document.as_bytes());
        let (status, now) = (statement.status.name(), statement.at);
        let recorded = self.write("a statement cannot be recorded", |transaction| {
            let (found, by) = revision(transaction, study.id)?;
            let version: i64 = transaction.query_row(
                "SELECT coalesce(max(version), 0) + 1 FROM statement WHERE study_id = ?1",
                [study.id],
                |row| row.get(0),
            )?;
            if found != statement.revision || version != statement.version {
                return Ok(Recorded::ChangedSince(by));
            }
            let analysis = &study.key.analysis;
            transaction.execute(
                "INSERT INTO statement (study_id, version, status, person_id, person_name, at_ms, revision,
                    lvef_percent, automatic_lvef_percent, model, protocol, program, document, document_sha256)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                params![
                    study.id,
                    version,
                    status,
                    person.id,
                    person.name,
                    now.0,
                    found,
                    statement.lvef_percent,
                    statement.automatic_lvef_percent,
                    analysis.model,
                    statement.other_protocol.unwrap_or(&analysis.protocol),
                    analysis.version,
                    statement.document,
                    hash
                ],
            )?;
            transaction.execute(
                "UPDATE study SET status = ?2, reviewed_lvef_percent = ?3, changed_ms = ?4 WHERE id = ?1",
                params![study.id, status, statement.lvef_percent, now.0],
            )?;
            let detail = format!("version {version}, SHA-256 {hash}");
            append(transaction, &person.name, status, &study.public_id, &detail, now)?;
            if !objects.is_empty() && find(transaction, &study.key)?.is_some() {
                insert(transaction, &study.key, (version, statement.status), &objects, routes, now)?;
            }
            Ok(Recorded::Done(version))
        })?;
        self.announce();
        Ok(recorded)
    }

    /// Records that a person opened a study.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record_opened(&self, study: &ListedStudy, person: &Person, now: UtcTime) -> Result<(), StoreError> {
        self.write("the audit trail cannot be written", |transaction| {
            append(transaction, &person.name, "open", &study.public_id, "", now)
        })
    }
}

impl Reader {
    /// The history of a study of so many frames.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn review(&self, study: i64, frames: usize) -> Result<RecordedReview, StoreError> {
        self.read("a review cannot be read", |transaction| {
            let head: Option<(i64, i64, Vec<u8>, String)> = transaction
                .query_row(
                    "SELECT position, revision, segmentation, name FROM review JOIN person ON person.id = changed_by
                        WHERE study_id = ?1",
                    [study],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .optional()?;
            let Some((position, revision, segmentation, by)) = head else {
                let (history, people) = (History::new(frames), Vec::new());
                return Ok(RecordedReview { history, revision: 0, people, changed_by: None, segmentation: None });
            };
            let mut rows = transaction.prepare(
                "SELECT change, name FROM change JOIN person ON person.id = person_id WHERE study_id = ?1
                    ORDER BY position",
            )?;
            let rows = rows.query_map([study], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
            let (mut changes, mut people): (Vec<Change>, Vec<String>) = (Vec::new(), Vec::new());
            for row in rows {
                let (text, person) = row?;
                let change = serde_json::from_str(&text).map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
                })?;
                changes.push(change);
                people.push(person);
            }
            let history = History::recorded(frames, changes, usize::try_from(position).unwrap_or(0));
            Ok(RecordedReview { history, revision, people, changed_by: Some(by), segmentation: Some(segmentation) })
        })
    }

    /// The statements on a study, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn statements(&self, study: i64) -> Result<Vec<Statement>, StoreError> {
        self.read("the statements on a study cannot be read", |transaction| {
            let mut rows = transaction.prepare(
                "SELECT version, status, person_name, at_ms, revision, lvef_percent, automatic_lvef_percent,
                    document_sha256, model, protocol, program
                    FROM statement WHERE study_id = ?1 ORDER BY version",
            )?;
            let rows = rows.query_map([study], |row| {
                let status: String = row.get(1)?;
                Ok(Statement {
                    version: row.get(0)?,
                    status: ResultStatus::of_name(&status).unwrap_or(ResultStatus::Reviewed),
                    person: row.get(2)?,
                    at: UtcTime(row.get(3)?),
                    revision: row.get(4)?,
                    lvef_percent: row.get(5)?,
                    automatic_lvef_percent: row.get(6)?,
                    document_sha256: row.get(7)?,
                    analysis: AnalysisIdentity { model: row.get(8)?, protocol: row.get(9)?, version: row.get(10)? },
                })
            })?;
            rows.collect()
        })
    }

    /// The document of a statement, checked against its SHA-256; `None` where there is none or it was changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn statement_document(&self, study: i64, version: i64) -> Result<Option<String>, StoreError> {
        let found: Option<(String, String)> = self.read("a statement cannot be read", |transaction| {
            transaction
                .query_row(
                    "SELECT document, document_sha256 FROM statement WHERE study_id = ?1 AND version = ?2",
                    params![study, version],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()
        })?;
        Ok(found.filter(|(text, hash)| bloodpool_files::sha256(text.as_bytes()) == *hash).map(|(text, _)| text))
    }
}
