//! `StudyKey`: what decides the row of a study, so that a run finds out what earlier runs have done.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bloodpool::ModelIdentity;
use bloodpool_dicom::{InstanceSummary, PlannedStudy, Problem, ReadError};
use bloodpool_files::sha256;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::CohortError;

/// Bytes that are hashed at once.
const CHUNK: usize = 256 * 1024;

/// What is the same for all studies of a run and bears on each row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunIdentity {
    /// The model.
    pub model: ModelIdentity,
    /// [`crate::AnalysisChoices::sha256`].
    pub choices_sha256: String,
    /// Program and version.
    pub software: String,
}

/// What decides the row of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyKey {
    /// SOP Instance UID of the file, or of the first of several; empty where the file has none.
    pub sop_uid: String,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// SHA-256 of both and of the identity of the run.
    pub key: String,
}

impl StudyKey {
    /// Of a SOP Instance UID and the hash of the bytes.
    ///
    /// # Errors
    /// [`CohortError::Json`], which does not happen with text.
    pub fn new(sop_uid: String, bytes_sha256: String, run: &RunIdentity) -> Result<Self, CohortError> {
        let RunIdentity { model, choices_sha256, software } = run;
        let all = (&sop_uid, &bytes_sha256, &model.name, &model.sha256, choices_sha256, software);
        let key = sha256(&serde_json::to_vec(&all)?);
        Ok(Self { sop_uid, sha256: bytes_sha256, key })
    }

    /// Of what was planned, by the bytes of its files. `Ok(None)`: the system does not give the bytes, so that there is no row; the next
    /// run tries again.
    ///
    /// # Errors
    /// As [`StudyKey::new`].
    pub fn of(planned: &Result<PlannedStudy, ReadError>, run: &RunIdentity) -> Result<Option<Self>, CohortError> {
        let (files, in_words) = match planned {
            Ok(study) => (study.files().to_vec(), None),
            Err(ReadError {
                problem: Problem::Unreadable(_) | Problem::NotAFile | Problem::EmptyFolder { .. },
                ..
            }) => {
                return Ok(None);
            }
            Err(error) if error.path.is_file() => (vec![error.path.clone()], None),
            // What is wrong with a study of several files is in the words of the error.
            Err(error) => (Vec::new(), Some(format!("{}: {error}", error.code()))),
        };
        let Ok(bytes) = in_words.map_or_else(|| hash(&files), |words| Ok(sha256(words.as_bytes()))) else {
            return Ok(None);
        };
        let sop_uid = files.first().map(|file| sop_uid(file)).unwrap_or_default();
        Self::new(sop_uid, bytes, run).map(Some)
    }
}

/// SHA-256 of the bytes of files, one after the other.
pub(crate) fn hash(files: &[PathBuf]) -> io::Result<String> {
    let mut all = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    for path in files {
        let mut file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                read => all.update(&chunk[..read]),
            }
        }
    }
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The SOP Instance UID of a file; empty where it has none, or is not DICOM.
fn sop_uid(file: &Path) -> String {
    InstanceSummary::of_file(file).ok().and_then(|summary| summary.sop_uid).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunIdentity {
        let model = ModelIdentity { name: "m".into(), sha256: "1".into() };
        RunIdentity { model, choices_sha256: "c".into(), software: "bloodpool 0".into() }
    }

    #[test]
    fn each_part_changes_the_key() {
        let key = |sop: &str, bytes: &str, run: &RunIdentity| StudyKey::new(sop.into(), bytes.into(), run).unwrap().key;
        let usual = run();
        let mut keys = vec![key("1.2", "aa", &usual), key("1.3", "aa", &usual), key("1.2", "ab", &usual)];
        let mut other = usual.clone();
        other.model.sha256 = "2".into();
        keys.push(key("1.2", "aa", &other));
        keys.push(key("1.2", "aa", &RunIdentity { choices_sha256: "d".into(), ..usual.clone() }));
        keys.push(key("1.2", "aa", &RunIdentity { software: "bloodpool 1".into(), ..usual.clone() }));
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 6);
        // Neighbouring parts do not run into each other.
        assert_ne!(key("1.2a", "a", &usual), key("1.2", "aa", &usual));
    }

    #[test]
    fn a_file_that_is_not_dicom_has_a_key_and_one_that_is_gone_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.dcm");
        std::fs::write(&file, "counts").unwrap();
        let failed = |path: PathBuf, problem| StudyKey::of(&Err(ReadError { path, problem }), &run()).unwrap();
        let key = failed(file, Problem::NotDicom("no prefix")).unwrap();
        // echo -n counts | sha256sum
        assert_eq!(key.sha256, "cdd93696b72b3de32dd12e38bdcae2eaf5a95080af38cbe347f3195ef9d56bf7");
        assert_eq!(key.sop_uid, "");
        let gone = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(failed(folder.path().join("gone.dcm"), Problem::Unreadable(gone)), None);
    }
}
