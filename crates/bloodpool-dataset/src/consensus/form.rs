//! From raters' folders to a consensus: everything read and checked before anything is written.

use bloodpool_core::Mask;
use bloodpool_files::FolderLock;
use bloodpool_files::leftovers::remove_stale;
use bloodpool_stats::raters::{RaterMasks, rate};
use ndarray::s;
use rayon::prelude::*;

use super::agreement::Agreement;
use super::case::MeasuredCase;
use super::drawings::{raters, read_drawings, read_images};
use super::error::ConsensusError;
use super::options::ConsensusOptions;
use super::record::{CONSENSUS_FILE, CONSENSUS_FOLDER, CONSENSUS_SCHEMA, ConsensusManifest, ConsensusRule};
use super::usual_lvef::UnusualLvef;
use super::{pictures, tables};
use crate::annotations::{AnnotationProblem, ImageToAnnotate, Labels, RaterDrawings};
use crate::extracted::ExtractManifest;

/// The folders in the folder of images that a consensus is written into.
const FOLDERS: [&str; 3] = ["consensus", "consensus/mean", "consensus/contours"];

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
    let taking_part = raters(options, &mut problems)?;
    let labels = Labels::new(options.labels.iter().map(String::as_str));
    let total = taking_part.len();
    let everyone = read_drawings(taking_part, &images, &labels, &mut problems, &|| each(Step::Read, total));
    problems.sort_by(|a, b| (a.severity, &a.path).cmp(&(b.severity, &b.path)));
    if problems.iter().any(AnnotationProblem::is_error) {
        return Err(ConsensusError::Problems(problems));
    }
    let all: Vec<&RaterDrawings> = everyone.iter().collect();
    enough_raters(options.min_raters, &images, &all)?;

    let patients: Vec<&str> =
        extract.document.cases.iter().flat_map(|case| case.images.iter().map(|_| case.patient.as_str())).collect();
    let rated = if all.len() > 1 { rate(&masks_of(&all, &images), &patients)? } else { Vec::new() };
    let outliers: Vec<String> =
        rated.iter().filter(|rater| rater.dice_outlier || rater.area_outlier).map(|r| r.rater.clone()).collect();
    let left_out_as_outliers = if options.leave_out_outliers { outliers } else { Vec::new() };
    // Raters who are left out of the consensus are still in the report.
    let all: Vec<&RaterDrawings> =
        all.into_iter().filter(|rater| !left_out_as_outliers.contains(&rater.rater.name)).collect();
    if !left_out_as_outliers.is_empty() {
        enough_raters(options.min_raters, &images, &all)?;
    }

    let total = extract.document.cases.len();
    let measured: Vec<MeasuredCase> = (extract.document.cases)
        .par_iter()
        .map(|case| {
            let measured = MeasuredCase::new(options, case, &all, &everyone);
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
    let agreement = if rated.is_empty() {
        None
    } else {
        let ef = measured.iter().map(|case| case.ef.clone()).collect();
        Some(Agreement::new(rated, ef)?)
    };
    let folder = options.images.join(CONSENSUS_FOLDER);
    let mut cases = Vec::new();
    let mut files = Vec::new();
    for (case, measured) in extract.document.cases.iter().zip(&measured) {
        cases.push(measured.write(&folder, case, options.if_exists)?);
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
        left_out: options.leave_out.to_vec(),
        left_out_as_outliers,
        warnings,
        accepted_lvef: options.accept_lvef.to_vec(),
        cases,
        agreement,
        problems,
        files,
    };
    manifest.write(options.images, options.if_exists)?;
    remove_stale(&before.unwrap_or_default(), &manifest.paths(options.images))?;
    Ok(Formed { manifest })
}

/// Fewest raters of which an even number is no cause for a warning.
const LARGE_PANEL: usize = 10;

/// A warning where images have a small, even number of raters: more than half of them is then a stricter rule than of an odd number,
/// and the consensus is too small. `raters`: their number for each image.
fn even_panels(rule: ConsensusRule, raters: &[usize]) -> Option<String> {
    let even: Vec<usize> = raters.iter().copied().filter(|raters| raters % 2 == 0 && *raters < LARGE_PANEL).collect();
    if rule != ConsensusRule::Majority || even.is_empty() {
        return None;
    }
    let (fewest, most) = (even.iter().min()?, even.iter().max()?);
    let panels = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
    Some(format!(
        "{} of {} images have an even number of raters ({panels}): a pixel that exactly half of them drew is outside the consensus \
         (Eq. 1, strictly more than 0.5), so that its area is too small, by about 6 to 7 % with 2 raters, 3 % with 4 and 2 % with 6 or \
         8. An odd number of raters has no ties",
        even.len(),
        raters.len()
    ))
}

fn enough_raters(
    min_raters: usize,
    images: &[ImageToAnnotate],
    raters: &[&RaterDrawings],
) -> Result<(), ConsensusError> {
    let drawn = |image: &ImageToAnnotate| raters.iter().filter(|r| r.drawings.contains_key(&image.name)).count();
    let few = images.iter().filter(|image| drawn(image) < min_raters.max(1));
    let few: Vec<String> = few.map(|image| format!("{} ({})", image.name, drawn(image))).collect();
    if few.is_empty() { Ok(()) } else { Err(ConsensusError::TooFewRaters { min_raters, images: few }) }
}

/// The masks of all raters, those of each image cut to the box that holds them all: pixels outside it change
/// no overlap and no area, and would take ten times the memory.
fn masks_of(raters: &[&RaterDrawings], images: &[ImageToAnnotate]) -> Vec<RaterMasks> {
    let by_image: Vec<Vec<Option<Mask>>> = images
        .par_iter()
        .map(|image| cut(raters.iter().map(|rater| Some(rater.drawings.get(&image.name)?.mask())).collect()))
        .collect();
    let of_rater = |(index, rater): (usize, &&RaterDrawings)| RaterMasks {
        rater: rater.rater.name.clone(),
        group: rater.group.clone(),
        masks: by_image.iter().map(|masks| masks.get(index).cloned().flatten()).collect(),
    };
    raters.iter().enumerate().map(of_rater).collect()
}

fn cut(masks: Vec<Option<Mask>>) -> Vec<Option<Mask>> {
    let boxes = masks.iter().flatten().filter_map(Mask::bounding_box);
    let together = boxes.reduce(|(rows, columns), (more_rows, more_columns)| {
        let join = |a: std::ops::Range<usize>, b: std::ops::Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        (join(rows, more_rows), join(columns, more_columns))
    });
    let Some((rows, columns)) = together else { return masks };
    let inner = |mask: Mask| Mask::new(mask.pixels().slice(s![rows.clone(), columns.clone()]).to_owned());
    masks.into_iter().map(|mask| mask.map(inner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_even_panels_are_warned_of() {
        let warning = even_panels(ConsensusRule::Majority, &[3, 4, 2, 5]).unwrap();
        assert!(warning.starts_with("2 of 4 images have an even number of raters (2 to 4)"), "{warning}");
        assert!(even_panels(ConsensusRule::Majority, &[4, 4]).unwrap().contains("(4)"));
        for odd_or_large in [&[3, 5][..], &[14, 10], &[]] {
            assert_eq!(even_panels(ConsensusRule::Majority, odd_or_large), None);
        }
        assert_eq!(even_panels(ConsensusRule::Staple, &[2]), None);
    }
}
