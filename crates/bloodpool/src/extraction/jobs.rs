//! Which studies are extracted, and under which names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use bloodpool_dataset::study_names;
use bloodpool_dicom::PlannedStudy;
use bloodpool_files::sha256;

use super::error::StudyError;
use super::key;

/// A study about to be extracted.
pub(super) struct Job {
    pub(super) planned: PlannedStudy,
    pub(super) case: String,
    /// Of its file, or of the bytes of its files one after the other.
    pub(super) sha256: String,
}

/// Names for the studies: those of their files, or pseudonyms in the order of their hashes, which tells nothing.
pub(super) fn jobs(studies: Vec<PlannedStudy>, pseudonymise: bool, failed: &mut Vec<StudyError>) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut first_of: BTreeMap<String, PathBuf> = BTreeMap::new();
    for planned in studies {
        let bytes = match bytes(planned.files()) {
            Ok(bytes) => bytes,
            Err(error) => {
                failed.push(error);
                continue;
            }
        };
        let sha256 = sha256(&bytes);
        if let Some(first) = first_of.get(&sha256) {
            failed.push(StudyError::Duplicate { path: planned.path, first: first.clone() });
            continue;
        }
        first_of.insert(sha256.clone(), planned.path.clone());
        jobs.push(Job { planned, case: String::new(), sha256 });
    }
    if pseudonymise {
        jobs.sort_by(|a, b| a.sha256.cmp(&b.sha256));
    }
    let paths: Vec<Option<PathBuf>> = jobs.iter().map(|job| Some(job.planned.path.clone())).collect();
    let total = jobs.len();
    for (index, (job, name)) in jobs.iter_mut().zip(study_names(&paths)).enumerate() {
        job.case = if pseudonymise { key::case_pseudonym(index, total) } else { name.unwrap_or_default() };
    }
    jobs
}

/// The bytes of files, one after the other.
fn bytes(files: &[PathBuf]) -> Result<Vec<u8>, StudyError> {
    let mut bytes = Vec::new();
    for path in files {
        let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|source| StudyError::Bytes { path: path.clone(), source })?;
    }
    Ok(bytes)
}
