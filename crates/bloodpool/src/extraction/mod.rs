//! Extraction: images for raters and the counts of studies, in a folder with a manifest.

mod error;
mod frames;
mod jobs;
mod key;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use bloodpool_core::StudyIdentity;
use bloodpool_dataset::extracted::{EXTRACT_FILE, EXTRACT_SCHEMA};
use bloodpool_dataset::{CaseToExtract, ExtractManifest, ExtractedCase, StudySource, StudyTable};
use bloodpool_dicom::{Plan, Selection, SetAside, plan};
use bloodpool_files::leftovers::{remove_file, remove_stale};
use bloodpool_files::{FolderLock, IfExists, SetAsideRecord};
use rayon::prelude::*;

pub use error::{ExtractionError, FrameError, StudyError};

use frames::{frame_table, frames, refuse_missing};
use jobs::{Job, jobs};
use key::KeyLine;

use crate::set_aside::{self, SetAsideSummary};

/// The folders that an extraction writes into, in the one that is named.
const EXTRACT_FOLDERS: [&str; 2] = ["images", "counts"];

/// What is extracted, and where it goes.
#[derive(Debug, Clone)]
pub struct Extraction {
    /// Files and folders with studies.
    pub studies: Vec<PathBuf>,
    /// Folder to write.
    pub out: PathBuf,
    /// A table of ED and ES by study; `None`: they are found without a ROI.
    pub frames: Option<PathBuf>,
    /// The key file; `Some`: studies get pseudonyms.
    pub key: Option<PathBuf>,
    /// Which of several views is read.
    pub selection: Selection,
    /// Whether files of an earlier extraction are replaced.
    pub if_exists: IfExists,
}

/// How an extraction ended.
#[derive(Debug)]
pub struct Extracted {
    /// The manifest; `None` where no study was extracted, or it was stopped.
    pub manifest: Option<ExtractManifest>,
    /// Why studies were not extracted.
    pub failed: Vec<StudyError>,
    /// Remarks about the others: what is unusual about a file, studies without a patient ID.
    pub remarks: Vec<String>,
    /// What was found in folders and not extracted.
    pub set_aside: SetAsideSummary,
    /// The file that each case was read from, by its absolute path: the first one where a study has several.
    pub files: BTreeMap<String, PathBuf>,
    /// Whether it was stopped: the files written are whole, but some are missing, and so is the manifest.
    pub stopped: bool,
}

impl Extracted {
    fn nothing(failed: Vec<StudyError>, remarks: Vec<String>, set_aside: SetAsideSummary, stopped: bool) -> Self {
        Self { manifest: None, failed, remarks, set_aside, files: BTreeMap::new(), stopped }
    }
}

impl Extraction {
    /// Extracts every study; `begin` is called with their number, `done` after each. The folder is locked meanwhile. It
    /// must be empty unless files may be replaced, or an earlier extraction was cut off in it; files that an earlier
    /// manifest in it names and the new one does not are removed, other files are kept.
    ///
    /// # Errors
    /// [`ExtractionError`] when nothing can be extracted; a study that fails alone does not stop the others.
    pub fn run(
        &self,
        begin: &dyn Fn(usize),
        done: &(dyn Fn() + Sync),
        stop: &AtomicBool,
    ) -> Result<Extracted, ExtractionError> {
        if let Some(key) = &self.key {
            key::refuse_inside(key, &self.out)?;
        }
        let table = self.frames.as_deref().map(frame_table).transpose()?;
        let lock = FolderLock::take(&self.out, &EXTRACT_FOLDERS, bloodpool_report::SOFTWARE)?;
        let if_exists = lock.claim(None, EXTRACT_FILE, self.if_exists)?;
        let (mut studies, mut failed, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
        let plan = plan(&self.studies, &self.selection);
        let set_aside = SetAsideSummary::of(&plan.studies, &plan.set_aside);
        let records = self.records(&plan);
        for study in plan.studies {
            match study {
                Ok(study) => studies.push(study),
                Err(error) => failed.push(error.into()),
            }
        }
        let jobs = jobs(studies, self.key.is_some(), &mut failed);
        if let Some(table) = &table {
            refuse_missing(table, &jobs)?;
        }
        if jobs.is_empty() {
            return Ok(Extracted::nothing(failed, remarks, set_aside, false));
        }
        let before = ExtractManifest::read(&self.out).map(|read| read.document.files(&self.out));
        remove_file(&self.out.join(EXTRACT_FILE))?;

        begin(jobs.len());
        let extracted: Vec<Option<Result<(ExtractedCase, KeyLine), StudyError>>> = jobs
            .par_iter()
            .map(|job| {
                if stop.load(Ordering::SeqCst) {
                    return None;
                }
                let extracted = one(self, if_exists, table.as_ref(), job);
                done();
                Some(extracted)
            })
            .collect();
        if extracted.iter().any(Option::is_none) {
            return Ok(Extracted::nothing(failed, remarks, set_aside, true));
        }
        let (mut cases, mut lines) = (Vec::new(), BTreeMap::new());
        for done in extracted.into_iter().flatten() {
            match done {
                Ok((case, line)) => {
                    remarks.extend(line.remarks(&case.case, self.key.is_some()));
                    lines.insert(case.case.clone(), line);
                    cases.push(case);
                }
                Err(error) => failed.push(error),
            }
        }
        if cases.is_empty() {
            return Ok(Extracted::nothing(failed, remarks, set_aside, false));
        }
        if let Some(path) = &self.key {
            let secrets = key::pseudonymise(&mut cases);
            key::write(path, &key::table(&cases, &secrets, &lines)?, self.if_exists)?;
        }
        let manifest = ExtractManifest {
            schema: EXTRACT_SCHEMA.into(),
            software: bloodpool_report::SOFTWARE.into(),
            pseudonymised: self.key.is_some(),
            cases,
            set_aside: records,
        };
        manifest.write(&self.out, IfExists::Replace)?;
        remove_stale(&before.unwrap_or_default(), &manifest.files(&self.out))?;
        let files = lines.into_iter().map(|(case, line)| (case, line.path)).collect();
        Ok(Extracted { manifest: Some(manifest), failed, remarks, set_aside, files, stopped: false })
    }

    /// What the plan set aside. Under pseudonyms neither files nor views are named, since a name can be that of a patient.
    fn records(&self, plan: &Plan) -> Vec<SetAsideRecord> {
        let of_studies = plan.studies.iter().flatten().flat_map(|study| &study.set_aside);
        let all: Vec<SetAside> = of_studies.chain(&plan.set_aside).cloned().collect();
        let mut records = set_aside::records(&all);
        if self.key.is_some() {
            for record in &mut records {
                (record.file, record.reason) = (None, "not named, because this manifest is pseudonymised".to_owned());
            }
        }
        records
    }
}

/// Reads one study, chooses its frames, and writes its files.
fn one(
    options: &Extraction,
    if_exists: IfExists,
    table: Option<&StudyTable>,
    job: &Job,
) -> Result<(ExtractedCase, KeyLine), StudyError> {
    let path = &job.planned.path;
    let read = job.planned.read()?;
    let study = read.study;
    let chosen = frames(&study, path, table).map_err(|source| StudyError::Frames { path: path.clone(), source })?;
    let identity = &study.identity;
    let patient = patient(identity, job);
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let files = job.planned.joined.iter().flat_map(|joined| joined.files.iter().map(name)).collect();
    let source = StudySource {
        file: name(path),
        files,
        sha256: job.sha256.clone(),
        study_uid: identity.study_uid.clone(),
        series_uid: identity.series_uid.clone(),
        sop_uid: identity.sop_uid.clone(),
    };
    let case = CaseToExtract {
        case: &job.case,
        patient: &patient,
        source: Some(source),
        study: &study,
        end_diastole_frame: chosen.end_diastole,
        end_systole_frame: chosen.end_systole,
        frames_from: chosen.from,
    };
    let case = case.write(&options.out, if_exists)?;
    let key_path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let notes = read.notes.into_iter().map(|note| note.message).chain(chosen.note).collect();
    Ok((case, KeyLine { path: key_path, identity: study.identity, notes }))
}

/// The patient that a study belongs to, or the study itself.
fn patient(identity: &StudyIdentity, job: &Job) -> String {
    if let Some(id) = identity.patient_id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        return id.to_owned();
    }
    format!("{}{}", bloodpool_dataset::annotated_dataset::NO_ID, job.case)
}
