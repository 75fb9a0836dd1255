//! How analysed studies come into the worklist.

use std::path::PathBuf;
use std::time::Duration;

use bloodpool_dicom::net::StopToken;
use bloodpool_dicom::{Selection, plan};
use bloodpool_report::AnalysisDocument;
use rusqlite::OptionalExtension;

use crate::analysis::AnalysisIdentity;
use crate::results::ResultKey;
use crate::review::listed::NewStudy;
use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// How often finished jobs are looked for, where nothing announces them.
const POLL: Duration = Duration::from_millis(500);
/// Studies that come into the list at one go.
const AT_ONCE: usize = 50;

/// Puts finished jobs into the worklist until a stop is asked for. It blocks.
pub(super) fn index(store: &Store, reader: &Reader, stop: &StopToken) {
    let mut seen = 0;
    while !stop.is_stopped() {
        match index_finished(store, reader) {
            Ok(AT_ONCE..) => {}
            Ok(_) => seen = store.wait_for_news(seen, POLL),
            Err(error) => {
                tracing::error!("studies cannot be listed: {error}");
                std::thread::sleep(POLL);
            }
        }
    }
}

/// A finished job that is not in the list.
struct Finished {
    key: ResultKey,
    files: Vec<String>,
    /// SHA-256 of the document of its automatic result.
    document: Option<String>,
    error: Option<String>,
}

/// Puts what is finished into the list; tells how many there were.
pub(super) fn index_finished(store: &Store, reader: &Reader) -> Result<usize, StoreError> {
    let finished = reader.finished_unlisted(AT_ONCE)?;
    for study in &finished {
        store.list_study(&described(store, study), UtcTime::now())?;
    }
    Ok(finished.len())
}

fn described(store: &Store, finished: &Finished) -> NewStudy {
    let received = store.folder().join(crate::store::RECEIVED);
    let paths: Vec<PathBuf> = finished.files.iter().map(|file| received.join(file)).collect();
    let planned = plan(&paths, &Selection::default()).studies.into_iter().next();
    let read = planned.and_then(Result::ok).and_then(|planned| planned.read().ok());
    let identity = read.map(|file| file.study.identity).unwrap_or_default();
    let bytes = finished.document.as_ref().and_then(|hash| store.object(hash).ok());
    let document = bytes.and_then(|bytes| serde_json::from_slice::<AnalysisDocument>(&bytes).ok());
    let (lvef_percent, rank, findings) = match (&document, &finished.error) {
        (Some(document), _) => {
            let rank = serde_json::to_value(document.validity.rank).ok();
            let rank = rank.and_then(|rank| rank.as_str().map(str::to_owned)).unwrap_or_else(|| "look".into());
            let codes = document.validity.reasons.iter().map(|reason| reason.code.clone()).collect();
            (document.lvef_percent, rank, codes)
        }
        (None, Some(error)) => (None, "failed".to_owned(), vec![error.clone()]),
        (None, None) => (None, "failed".to_owned(), vec!["the analysis made no document".to_owned()]),
    };
    NewStudy {
        key: finished.key.clone(),
        files: finished.files.clone(),
        study_uid: identity.study_uid,
        patient_name: identity.patient_name,
        patient_id: identity.patient_id,
        study_date: identity.study_date,
        // A study of the list is one series, and the series says more of it.
        description: identity.series_description.or(identity.study_description),
        lvef_percent,
        rank,
        findings,
    }
}

impl Reader {
    /// Jobs that are done or have failed and whose study is not in the list.
    fn finished_unlisted(&self, most: usize) -> Result<Vec<Finished>, StoreError> {
        self.read("finished jobs cannot be read", |transaction| {
            let mut jobs = transaction.prepare(
                "SELECT id, input_uid, input_sha256, error, state FROM job WHERE state IN ('done', 'failed')
                    AND input_sha256 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM study
                        WHERE study.input_uid = job.input_uid AND study.input_sha256 = job.input_sha256)
                    ORDER BY id LIMIT ?1",
            )?;
            let mut files = transaction.prepare(
                "SELECT file FROM instance JOIN job_instance ON instance_id = id WHERE job_id = ?1 ORDER BY id",
            )?;
            let mut result = transaction.prepare(
                "SELECT model, protocol, version, (SELECT sha256 FROM object WHERE result_id = result.id
                    AND kind = 'document' ORDER BY id LIMIT 1) FROM result
                    WHERE input_uid = ?1 AND input_sha256 = ?2 AND review = 0 ORDER BY id DESC LIMIT 1",
            )?;
            let rows = jobs.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                let (id, uid, hash): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let files = files.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
                let found: Option<(String, String, String, Option<String>)> = result
                    .query_row([&uid, &hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                    .optional()?;
                let none = || String::from("none");
                let (model, protocol, version, document) = found.unwrap_or_else(|| (none(), none(), none(), None));
                let state: String = row.get(4)?;
                let error: Option<String> = row.get(3)?;
                Ok(Finished {
                    key: ResultKey {
                        input_uid: uid,
                        input_sha256: hash,
                        analysis: AnalysisIdentity { model, protocol, version },
                    },
                    files,
                    document,
                    error: error.filter(|_| state == "failed"),
                })
            })?;
            rows.collect()
        })
    }

    /// How many jobs are in a state.
    pub(super) fn job_count(&self, state: crate::JobState) -> Result<i64, StoreError> {
        self.read("the jobs cannot be counted", |transaction| {
            transaction.query_row("SELECT count(*) FROM job WHERE state = ?1", [state.name()], |row| row.get(0))
        })
    }
}
