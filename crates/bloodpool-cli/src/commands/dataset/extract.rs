//! `dataset extract`: images for raters from studies, with the counts beside them.

use std::collections::BTreeMap;

use anyhow::Context;
use bloodpool_core::StudyIdentity;
use bloodpool_dataset::extracted::{EXTRACT_FILE, EXTRACT_SCHEMA};
use bloodpool_dataset::{CaseToExtract, ExtractManifest, ExtractedCase, StudySource, StudyTable};
use bloodpool_dicom::plan;
use bloodpool_files::IfExists;
use rayon::prelude::*;

use super::extract_frames::{frame_table, frames, refuse_missing};
use super::extract_jobs::{Job, jobs};
use super::folder::{prepare, remove_stale, retire};
use super::key::{self, KeyLine};
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::settings::ExtractSettings;
use crate::{outputs, progress};

/// Extracts every study that was named.
pub(crate) fn run(settings: &ExtractSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    if let Some(key) = &settings.key {
        key::refuse_inside(key, &settings.out)?;
        outputs::refuse_existing([key.as_path()], settings.force)?;
    }
    let table = settings.frames.as_deref().map(frame_table).transpose()?;
    let planned = plan(&settings.studies, &settings.selection);
    let (mut studies, mut failed) = (Vec::new(), Vec::new());
    for study in planned {
        match study {
            Ok(study) => studies.push(study),
            Err(error) => failed.push(error.to_string()),
        }
    }
    let jobs = jobs(studies, settings.key.is_some(), &mut failed);
    if let Some(table) = &table {
        refuse_missing(table, &jobs)?;
    }
    if jobs.is_empty() {
        return Ok(none_left(&failed));
    }
    prepare(&settings.out, settings.force)?;
    let before = ExtractManifest::read(&settings.out).map(|read| read.document.files(&settings.out));
    retire(&settings.out.join(EXTRACT_FILE))?;

    let bar = progress::bar(jobs.len() as u64, "extracting");
    let extracted: Vec<Option<Result<(ExtractedCase, KeyLine), String>>> = jobs
        .par_iter()
        .map(|job| {
            if interrupt.seen() {
                return None;
            }
            let done = one(settings, table.as_ref(), job);
            bar.inc(1);
            Some(done.map_err(|error| format!("{error:#}")))
        })
        .collect();
    bar.finish_and_clear();
    if extracted.iter().any(Option::is_none) {
        eprintln!("interrupted: the files written are whole, but some are missing, and so is {EXTRACT_FILE}");
        return Ok(Outcome::Interrupted);
    }
    let (mut cases, mut lines) = (Vec::new(), BTreeMap::new());
    for done in extracted.into_iter().flatten() {
        match done {
            Ok((case, line)) => {
                lines.insert(case.case.clone(), line);
                cases.push(case);
            }
            Err(message) => failed.push(message),
        }
    }
    if cases.is_empty() {
        return Ok(none_left(&failed));
    }
    tell(&failed);
    let if_exists = outputs::if_exists(settings.force);
    if let Some(path) = &settings.key {
        let secrets = key::pseudonymise(&mut cases);
        key::write(path, &key::table(&cases, &secrets, &lines)?, if_exists)?;
    }
    let manifest = ExtractManifest {
        schema: EXTRACT_SCHEMA.into(),
        software: bloodpool_report::SOFTWARE.into(),
        pseudonymised: settings.key.is_some(),
        cases,
    };
    manifest.write(&settings.out, IfExists::Replace)?;
    remove_stale(&before.unwrap_or_default(), &manifest.files(&settings.out))?;
    say_what_next(settings, &manifest, failed.len());
    Ok(if failed.is_empty() { Outcome::Done } else { Outcome::SomeFailed })
}

fn tell(failed: &[String]) {
    for message in failed {
        eprintln!("error: {message}");
    }
}

fn none_left(failed: &[String]) -> Outcome {
    tell(failed);
    eprintln!("no study was extracted");
    Outcome::SomeFailed
}

fn say_what_next(settings: &ExtractSettings, manifest: &ExtractManifest, failed: usize) {
    let out = settings.out.display();
    let failed = if failed == 0 { String::new() } else { format!(", {failed} failed") };
    eprintln!("{} studies extracted into {out}{failed}", manifest.cases.len());
    eprintln!("each rater: labelme {out}/images --output raters/NAME --labels LV");
    eprintln!("then:       bloodpool dataset consensus {out} --raters raters");
}

/// Reads one study, chooses its frames, and writes its files.
fn one(settings: &ExtractSettings, table: Option<&StudyTable>, job: &Job) -> anyhow::Result<(ExtractedCase, KeyLine)> {
    let path = &job.planned.path;
    for other in &job.planned.set_aside {
        tracing::info!("{} set aside: {}", other.path.display(), other.reason);
    }
    let read = job.planned.read()?;
    for note in &read.notes {
        tracing::warn!("{}: {}", path.display(), note.message);
    }
    let study = read.study;
    let (end_diastole_frame, end_systole_frame, frames_from) =
        frames(&study, path, table).with_context(|| path.display().to_string())?;
    let identity = &study.identity;
    let patient = patient(identity, job, settings.key.is_some());
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source = StudySource {
        file,
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
        end_diastole_frame,
        end_systole_frame,
        frames_from,
    };
    let case = case.write(&settings.out, outputs::if_exists(settings.force))?;
    let key_path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    Ok((case, KeyLine { path: key_path, identity: study.identity }))
}

/// The patient that a study belongs to, or the study itself.
fn patient(identity: &StudyIdentity, job: &Job, pseudonymised: bool) -> String {
    if let Some(id) = identity.patient_id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        return id.to_owned();
    }
    let named = if pseudonymised { job.case.clone() } else { job.planned.path.display().to_string() };
    tracing::warn!("{named} has no patient ID; it is taken as the only study of a patient of its own");
    format!("no ID: {}", job.case)
}
