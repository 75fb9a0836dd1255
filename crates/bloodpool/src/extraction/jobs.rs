//! Which studies are extracted, and under which names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bloodpool_dataset::study_names;
use bloodpool_dicom::PlannedStudy;
use bloodpool_files::sha256;

use super::key;
use super::study_error::StudyError;

/// A study about to be extracted.
pub(super) struct Job {
    pub(super) planned: PlannedStudy,
    pub(super) case: String,
    /// Of the file.
    pub(super) sha256: String,
}

/// Names for the studies: those of their files, or pseudonyms in the order of their hashes, which tells nothing.
pub(super) fn jobs(studies: Vec<PlannedStudy>, pseudonymise: bool, failed: &mut Vec<StudyError>) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut first_of: BTreeMap<String, PathBuf> = BTreeMap::new();
    for planned in studies {
        let bytes = match std::fs::read(&planned.path) {
            Ok(bytes) => bytes,
            Err(error) => {
                failed.push(StudyError::Bytes { path: planned.path, error });
                continue;
            }
        };
        let sha256 = sha256(&bytes);
        // The same study under two names would be two patients if it has no patient ID.
        if let Some(first) = first_of.get(&sha256) {
            failed.push(StudyError::SameBytes { path: planned.path, first: first.clone() });
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
