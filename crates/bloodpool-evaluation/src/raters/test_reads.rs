//! The record of evaluations of the test split: one line per evaluation in the run folder, because a split that is looked at
//! repeatedly is no longer a test.

use crate::EvaluationError;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use bloodpool_files::FileError;
use bloodpool_report::SOFTWARE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::Subject;

/// Name of the list in a run folder.
pub const TEST_READS: &str = "test-evaluations.jsonl";

/// One evaluation of the test split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestRead {
    /// UTC.
    pub date: String,
    /// Program and version.
    pub software: String,
    /// SHA-256 of the weights.
    pub model_sha256: String,
    /// SHA-256 of the dataset's `dataset.json`.
    pub dataset_sha256: String,
    /// Folder of the evaluation.
    pub out: String,
}

impl TestRead {
    /// The evaluation of a subject into a folder.
    #[must_use]
    pub fn new(subject: &Subject, out: &Path) -> Self {
        Self {
            date: subject.date.clone(),
            software: SOFTWARE.to_owned(),
            model_sha256: subject.run.model.sha256.clone(),
            dataset_sha256: subject.dataset.sha256.clone(),
            out: out.display().to_string(),
        }
    }
}

/// Number of evaluations of the test split of this dataset with this run so far. A line that cannot be read counts for every
/// dataset: it was an evaluation.
pub fn count(run: &Path, dataset_sha256: &str) -> Result<usize, EvaluationError> {
    let path = run.join(TEST_READS);
    let of_dataset =
        |line: &&str| serde_json::from_str::<TestRead>(line).map_or(true, |read| read.dataset_sha256 == dataset_sha256);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().filter(|line| !line.trim().is_empty()).filter(of_dataset).count()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(source) => Err(FileError::Read { path, source }.into()),
    }
}

/// Adds a line and writes it to disk at once, so that the evaluation stays recorded.
pub fn record(run: &Path, read: &TestRead) -> Result<(), EvaluationError> {
    let path = run.join(TEST_READS);
    let line = serde_json::to_string(read)? + "\n";
    let append = || -> std::io::Result<()> {
        let mut file = File::options().append(true).create(true).open(&path)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    };
    append().map_err(|source| EvaluationError::TestRead { path: path.clone(), source })
}

/// The time now, UTC, as `2026-05-09T14:30:59Z`.
#[must_use]
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_as_documented() {
        let now = now();
        assert!(now.len() == 20 && now.ends_with('Z') && now.parse::<jiff::Timestamp>().is_ok(), "{now}");
    }

    #[test]
    fn every_reading_is_counted_for_its_dataset() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(count(folder.path(), "c").unwrap(), 0);
        let text = |text: &str| text.to_owned();
        let read = TestRead {
            date: now(),
            software: text("a"),
            model_sha256: text("b"),
            dataset_sha256: text("c"),
            out: text("d"),
        };
        for times in 1..=3 {
            record(folder.path(), &read).unwrap();
            assert_eq!(count(folder.path(), "c").unwrap(), times);
        }
        // The first evaluation on another dataset is the first there.
        let elsewhere = TestRead { dataset_sha256: text("d"), ..read.clone() };
        record(folder.path(), &elsewhere).unwrap();
        assert_eq!(["c", "d", "e"].map(|dataset| count(folder.path(), dataset).unwrap()), [3, 1, 0]);
        let text = std::fs::read_to_string(folder.path().join(TEST_READS)).unwrap();
        assert_eq!(serde_json::from_str::<TestRead>(text.lines().next().unwrap()).unwrap(), read);
    }
}
