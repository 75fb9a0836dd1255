//! `StatedStudy`: what people stated last on each study, with its files, for those who make a dataset of it.

use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::outbox::route::ResultStatus;
use crate::store::{RECEIVED, Reader};

/// The last statement on a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedStudy {
    /// The files of the study, in the folder of received instances.
    pub files: Vec<PathBuf>,
    /// Who made the statement.
    pub person: String,
    /// The analysis that was confirmed: the document `bloodpool.analysis/1`, with the outlines.
    pub document: String,
}

impl Reader {
    /// Of each study the last signed statement; with `reviewed`, also of those that were reviewed and never signed, and the last
    /// statement of either kind. In the order in which the studies came.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stated(&self, reviewed: bool) -> Result<Vec<StatedStudy>, StoreError> {
        let received = self.folder().join(RECEIVED);
        self.read("the statements cannot be read", |transaction| {
            let mut rows = transaction.prepare(
                "SELECT files, person_name, document FROM statement AS last JOIN study ON study.id = last.study_id
                    WHERE last.version = (SELECT max(version) FROM statement
                        WHERE study_id = last.study_id AND (?1 OR status = ?2))
                    ORDER BY study.id",
            )?;
            let rows = rows.query_map(rusqlite::params![reviewed, ResultStatus::Signed.name()], |row| {
                let files: Vec<String> = serde_json::from_str(&row.get::<_, String>(0)?).unwrap_or_default();
                // Names from the database, and nothing but names.
                let name = |file: &String| Path::new(file).file_name().unwrap_or_default().to_owned();
                let files = files.iter().map(|file| received.join(name(file))).collect();
                Ok(StatedStudy { files, person: row.get(1)?, document: row.get(2)? })
            })?;
            rows.collect()
        })
    }
}
