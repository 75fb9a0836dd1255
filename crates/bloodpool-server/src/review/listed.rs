//! `ListedStudy`: a study as the worklist shows it, and how one gets into the list.

use std::path::PathBuf;

use rusqlite::{OptionalExtension, Row, named_params, params};

use crate::outbox::route::ResultStatus;
use crate::people::secret::random_text;
use crate::results::ResultKey;
use crate::store::error::StoreError;
use crate::store::{RECEIVED, Reader, Store};
use crate::time::UtcTime;

/// A study of the worklist.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedStudy {
    /// Its number in the database.
    pub id: i64,
    /// Names the study in addresses.
    pub public_id: String,
    /// Input and analysis.
    pub key: ResultKey,
    /// Names of its files in the folder of received instances.
    pub files: Vec<String>,
    /// As the file has it.
    pub patient_name: Option<String>,
    /// As the file has it.
    pub patient_id: Option<String>,
    /// As the file has it, YYYYMMDD.
    pub study_date: Option<String>,
    /// As the file has it.
    pub description: Option<String>,
    /// Automatic LVEF, percent; `None` where it is withheld or there is none.
    pub lvef_percent: Option<f64>,
    /// The gravest finding, or `failed`.
    pub rank: String,
    /// Codes of findings, or why there is no analysis.
    pub findings: Vec<String>,
    /// How far it is confirmed.
    pub status: ResultStatus,
    /// Whether the study was changed since it was reviewed or signed last.
    pub changed_since: bool,
    /// LVEF after the last review or signature, percent.
    pub reviewed_lvef_percent: Option<f64>,
    /// When it came into the list.
    pub added: UtcTime,
}

/// What is known of a study when it comes into the list. Texts are as its file has them.
#[derive(Debug, Clone)]
pub struct NewStudy {
    /// Input and analysis.
    pub key: ResultKey,
    /// Names of its files in the folder of received instances.
    pub files: Vec<String>,
    /// Study Instance UID.
    pub study_uid: Option<String>,
    /// Name of the patient.
    pub patient_name: Option<String>,
    /// Id of the patient.
    pub patient_id: Option<String>,
    /// YYYYMMDD.
    pub study_date: Option<String>,
    /// Description of the series, or of the study.
    pub description: Option<String>,
    /// Automatic LVEF, percent.
    pub lvef_percent: Option<f64>,
    /// The gravest finding, or `failed`.
    pub rank: String,
    /// Codes of findings, or why there is no analysis.
    pub findings: Vec<String>,
}

/// Which studies are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StudyQuery {
    /// Name, id of the patient, description or date contain this text; empty: all.
    pub text: String,
    /// Only of this status.
    pub status: Option<ResultStatus>,
    /// How many are left out before the first.
    pub skip: usize,
    /// At most so many.
    pub most: usize,
}

/// How many studies of each status there are: automatic, reviewed, signed.
pub(crate) type StatusCounts = [i64; 3];

const COLUMNS: &str =
    "id, public_id, input_uid, input_sha256, files, patient_name, patient_id, study_date, description,
    model, protocol, version, lvef_percent, rank, findings, status, reviewed_lvef_percent, added_ms,
    coalesce((SELECT revision FROM review WHERE study_id = study.id), 0) <>
        (SELECT revision FROM statement WHERE study_id = study.id ORDER BY statement.version DESC LIMIT 1)";

/// Gravest first, as people are to look at them.
const GRAVITY: &str =
    "CASE rank WHEN 'failed' THEN 0 WHEN 'refused' THEN 1 WHEN 'do_not_use' THEN 2 WHEN 'look' THEN 3 ELSE 4 END";

fn listed(row: &Row<'_>) -> rusqlite::Result<ListedStudy> {
    let list = |text: String| serde_json::from_str(&text).unwrap_or_default();
    let status: String = row.get(15)?;
    Ok(ListedStudy {
        id: row.get(0)?,
        public_id: row.get(1)?,
        key: ResultKey {
            input_uid: row.get(2)?,
            input_sha256: row.get(3)?,
            analysis: crate::AnalysisIdentity { model: row.get(9)?, protocol: row.get(10)?, version: row.get(11)? },
        },
        files: list(row.get(4)?),
        patient_name: row.get(5)?,
        patient_id: row.get(6)?,
        study_date: row.get(7)?,
        description: row.get(8)?,
        lvef_percent: row.get(12)?,
        rank: row.get(13)?,
        findings: list(row.get(14)?),
        status: ResultStatus::of_name(&status).unwrap_or(ResultStatus::Automatic),
        // NULL where there is no statement.
        changed_since: row.get::<_, Option<bool>>(18)?.unwrap_or(false),
        reviewed_lvef_percent: row.get(16)?,
        added: UtcTime(row.get(17)?),
    })
}

impl ListedStudy {
    /// Where its files are.
    #[must_use]
    pub fn paths(&self, store: &Store) -> Vec<PathBuf> {
        let received = store.folder().join(RECEIVED);
        // Names from the database, and nothing but names.
        let name = |file: &String| PathBuf::from(std::path::Path::new(file).file_name().unwrap_or_default());
        self.files.iter().map(|file| received.join(name(file))).collect()
    }
}

impl Store {
    /// Puts a study into the list, unless it is there. It tells the public id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn list_study(&self, study: &NewStudy, now: UtcTime) -> Result<String, StoreError> {
        let public_id = random_text().map_err(StoreError::io(self.folder(), "an id cannot be made"))?;
        let text = |list: &[String]| serde_json::to_string(list).unwrap_or_else(|_| "[]".into());
        let key = &study.key;
        self.write("a study cannot be listed", |transaction| {
            transaction.execute(
                "INSERT OR IGNORE INTO study (public_id, input_uid, input_sha256, files, study_uid, patient_name,
                    patient_id, study_date, description, model, protocol, version, lvef_percent, rank, findings, status,
                    added_ms, changed_ms)
                    VALUES (:public, :uid, :sha256, :files, :study, :name, :patient, :date, :description, :model,
                    :protocol, :version, :lvef, :rank, :findings, 'automatic', :now, :now)",
                named_params! {
                    ":public": public_id, ":uid": key.input_uid, ":sha256": key.input_sha256,
                    ":files": text(&study.files), ":study": study.study_uid, ":name": study.patient_name,
                    ":patient": study.patient_id, ":date": study.study_date, ":description": study.description,
                    ":model": key.analysis.model, ":protocol": key.analysis.protocol,
                    ":version": key.analysis.version, ":lvef": study.lvef_percent, ":rank": study.rank,
                    ":findings": text(&study.findings), ":now": now.0,
                },
            )?;
            transaction.query_row(
                "SELECT public_id FROM study WHERE input_uid = ?1 AND input_sha256 = ?2 AND model = ?3 AND protocol = ?4
                    AND version = ?5",
                params![
                    key.input_uid,
                    key.input_sha256,
                    key.analysis.model,
                    key.analysis.protocol,
                    key.analysis.version
                ],
                |row| row.get(0),
            )
        })
    }
}

impl Reader {
    /// Studies of the list: what has grave findings first, then the newest. And how many match.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn studies(&self, query: &StudyQuery) -> Result<(Vec<ListedStudy>, i64), StoreError> {
        // `%` and `_` are letters of a name.
        let pattern = query.text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let (pattern, status) = (format!("%{pattern}%"), query.status.map(ResultStatus::name));
        let most = i64::try_from(query.most).unwrap_or(i64::MAX);
        let skip = i64::try_from(query.skip).unwrap_or(i64::MAX);
        let matching = "(?1 = '%%' OR patient_name LIKE ?1 ESCAPE '\\' OR patient_id LIKE ?1 ESCAPE '\\'
            OR study_date LIKE ?1 ESCAPE '\\' OR description LIKE ?1 ESCAPE '\\') AND (?2 IS NULL OR status = ?2)";
        self.read("the studies cannot be read", |transaction| {
            let mut rows = transaction.prepare(&format!(
                "SELECT {COLUMNS} FROM study WHERE {matching}
                    ORDER BY {GRAVITY}, added_ms DESC, id DESC LIMIT ?3 OFFSET ?4"
            ))?;
            let found = rows.query_map(params![pattern, status, most, skip], listed)?;
            let found = found.collect::<rusqlite::Result<_>>()?;
            let count = format!("SELECT count(*) FROM study WHERE {matching}");
            Ok((found, transaction.query_row(&count, params![pattern, status], |row| row.get(0))?))
        })
    }

    /// How many studies of each status there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn status_counts(&self) -> Result<StatusCounts, StoreError> {
        self.read("the studies cannot be counted", |transaction| {
            transaction.query_row(
                "SELECT count(*) FILTER (WHERE status = 'automatic'), count(*) FILTER (WHERE status = 'reviewed'),
                    count(*) FILTER (WHERE status = 'signed') FROM study",
                [],
                |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]),
            )
        })
    }

    /// The study of a public id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn study(&self, public_id: &str) -> Result<Option<ListedStudy>, StoreError> {
        self.read("a study cannot be read", |transaction| {
            let query = format!("SELECT {COLUMNS} FROM study WHERE public_id = ?1");
            transaction.query_row(&query, [public_id], listed).optional()
        })
    }

    /// The studies of the same patient, the earliest first: the same id, which is not empty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn studies_of_patient(&self, patient_id: &str) -> Result<Vec<ListedStudy>, StoreError> {
        self.read("the studies of a patient cannot be read", |transaction| {
            let query = format!(
                "SELECT {COLUMNS} FROM study WHERE patient_id = ?1 AND ?1 <> '' ORDER BY study_date, id LIMIT 50"
            );
            transaction.prepare(&query)?.query_map([patient_id], listed)?.collect()
        })
    }
}
