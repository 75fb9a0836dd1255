//! From raters' folders to a consensus: everything read and checked before anything is written.

use bloodpool_files::FolderLock;
use bloodpool_files::leftovers::remove_stale;
use bloodpool_stats::raters::{RaterAgreement, rate};
use rayon::prelude::*;

use super::agreement::Agreement;
use super::case::MeasuredCase;
use super::drawings::{raters, read_drawings, read_images};
use super::error::ConsensusError;
use super::group_masks::groups_of;
use super::options::ConsensusOptions;
use super::panels::{enough_raters, even_panels};
use super::phases::PhaseAgreement;
use super::rated_image::{RatedImage, masks_of};
use super::record::{CONSENSUS_FILE, CONSENSUS_FOLDER, CONSENSUS_SCHEMA, ConsensusManifest};
use super::repeats::Repeats;
use super::usual_lvef::UnusualLvef;
use super::{pictures, tables};
use crate::annotations::{AnnotationProblem, Assignments, Labels, RaterDrawings, RatersError};
use crate::extracted::ExtractManifest;

/// The folders in the folder of images that a consensus is written into.
const FOLDERS: [&str; 4] = ["consensus", "consensus/mean", "consensus/contours", "consensus/groups"];

/// What was finished, with the number of such steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The files of one rater were read.
    Read,
    /// The consensus of one study was formed and measured.
    Formed,
}

/// What was formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Formed {
    /// The record, as it was written.
    pub manifest: ConsensusManifest,
}

/// Reads all raters' files, forms the consensus, measures raters against each other, and writes everything into
/// `consensus/` of the folder of images, the record last. The folder of images is locked meanwhile; what a run that was
/// cut off left in `consensus/` is written again. That folder must be empty otherwise, unless files may be replaced; then the
/// files that an earlier record names and the new one does not are removed.
///
/// # Errors
/// [`ConsensusError`] with everything that is wrong.
pub fn form_consensus(
    options: &ConsensusOptions<'_>,
    each: &(dyn Fn(Step, usize) + Sync),
) -> Result<Formed, ConsensusError> {
    let extract = ExtractManifest::read(options.images)?;
    let lock = FolderLock::take(options.images, &FOLDERS, options.software)?;
    let last_file = format!("{CONSENSUS_FOLDER}/{CONSENSUS_FILE}");
    let if_exists = lock.claim(Some(CONSENSUS_FOLDER), &last_file, options.if_exists)?;
    let options = &ConsensusOptions { if_exists, ..options.clone() };
    let before = ConsensusManifest::read(options.images).map(|read| read.document.paths(options.images));
    let known = |name: &&String| extract.document.cases.iter().any(|case| case.case == **name);
    if let Some(case) = options.accept_lvef.iter().find(|name| !known(name)) {
        return Err(ConsensusError::UnknownCase { case: case.clone() });
    }
    let images = read_images(options, &extract.document)?;
    let mut problems = Vec::new();
    let assignments = options.assignments.map(|path| Assignments::read(path, &extract.document.cases));
    let assignments = assignments.transpose().map_err(RatersError::from)?;
    let taking_part = raters(options, assignments.as_ref(), &mut problems)?;
    let labels = Labels::new(options.labels.iter().map(String::as_str));
    let total = taking_part.len();
    let read = || each(Step::Read, total);
    let everyone = read_drawings(taking_part, &images, &labels, assignments.as_ref(), &mut problems, &read);
    problems.sort_by(|a, b| (a.severity, &a.path).cmp(&(b.severity, &b.path)));
    if problems.iter().any(AnnotationProblem::is_error) {
        return Err(ConsensusError::Problems(problems));
    }
    let all: Vec<&RaterDrawings> = everyone.iter().collect();
    let (mut images_rated, mut left_out_images) = enough_raters(options, &extract.document, &all)?;
    let (mut rated, mut phases) = compared(&all, &images_rated)?;
    let outliers: Vec<String> =
        rated.iter().filter(|rater| rater.dice_outlier || rater.area_outlier).map(|r| r.rater.clone()).collect();
    let left_out_as_outliers = if options.leave_out_outliers { outliers } else { Vec::new() };
    // Raters who are left out of the consensus are still in the report.
    let used = all.iter().copied().filter(|rater| !left_out_as_outliers.contains(&rater.rater.name));
    let used: Vec<&RaterDrawings> = used.collect();
    if !left_out_as_outliers.is_empty() {
        let before = images_rated.len();
        (images_rated, left_out_images) = enough_raters(options, &extract.document, &used)?;
        if images_rated.len() < before {
            // The report is of the images that have a consensus.
            (rated, phases) = compared(&all, &images_rated)?;
        }
    }
    let groups = groups_of(&used);

    let total = extract.document.cases.len();
    let measured: Vec<MeasuredCase<'_>> = (extract.document.cases)
        .par_iter()
        .map(|case| {
            let measured = MeasuredCase::new(options, case, &images_rated, &used, &groups, &everyone);
            each(Step::Formed, total);
            measured
        })
        .collect::<Result<_, _>>()?;
    let torn: Vec<String> = measured.iter().flat_map(|case| &case.without_majority).cloned().collect();
    if !torn.is_empty() {
        return Err(ConsensusError::NoMajority(torn));
    }

    let lvef = measured.iter().map(|case| (case.ef.case.as_str(), case.lvef_percent()));
    UnusualLvef::check(lvef, options.accept_lvef)?;

    let drawn = measured.iter().flat_map(MeasuredCase::raters);
    let warnings: Vec<String> = even_panels(options.rule, &drawn.collect::<Vec<usize>>()).into_iter().collect();
    let ef: Vec<_> = measured.iter().map(|case| case.ef.clone()).collect();
    let repeats = Repeats::new(&extract.document, &everyone, &ef)?;
    let agreement = if rated.is_empty() { None } else { Some(Agreement::new(rated, phases, ef)?) };
    let folder = options.images.join(CONSENSUS_FOLDER);
    let mut cases = Vec::new();
    let mut files = Vec::new();
    for (case, measured) in extract.document.cases.iter().zip(&measured) {
        cases.push(measured.write(&folder, &groups, options.if_exists)?);
        let picture = pictures::of_case(case, &images, &everyone, &measured.masks(), &left_out_as_outliers)?;
        let name = format!("contours/{}.svg", case.case);
        files.push(bloodpool_files::FileRecord::write(&folder, &name, picture.as_bytes(), options.if_exists)?);
    }
    if let Some(agreement) = &agreement {
        files.extend(tables::write(&folder, agreement, &left_out_as_outliers, options.if_exists)?);
    }
    let manifest = ConsensusManifest {
        schema: CONSENSUS_SCHEMA.into(),
        software: options.software.into(),
        extract_sha256: extract.sha256,
        rule: options.rule,
        labels: options.labels.to_vec(),
        min_raters: options.min_raters,
        at_least: options.at_least,
        left_out_images,
        assignments_sha256: assignments.map(|assignments| assignments.sha256().to_owned()),
        left_out: options.leave_out.to_vec(),
        left_out_as_outliers,
        warnings,
        accepted_lvef: options.accept_lvef.to_vec(),
        cases,
        agreement,
        repeats,
        problems,
        files,
    };
    manifest.write(options.images, options.if_exists)?;
    remove_stale(&before.unwrap_or_default(), &manifest.paths(options.images))?;
    Ok(Formed { manifest })
}

/// How raters agree on these images, all together and by phase; nothing for a single rater.
fn compared(
    raters: &[&RaterDrawings],
    images: &[RatedImage<'_>],
) -> Result<(Vec<RaterAgreement>, Vec<PhaseAgreement>), ConsensusError> {
    if raters.len() < 2 {
        return Ok((Vec::new(), Vec::new()));
    }
    let masks = masks_of(raters, images);
    let patients: Vec<&str> = images.iter().map(|image| image.patient).collect();
    Ok((rate(&masks, &patients)?, PhaseAgreement::of_both(&masks, images)?))
}
