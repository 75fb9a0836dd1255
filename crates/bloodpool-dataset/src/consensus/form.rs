//! From raters' folders to a consensus: everything read and checked before anything is written.

use std::path::{Path, PathBuf};

use bloodpool::agreement::AgreementError;
use bloodpool::agreement::raters::{RaterMasks, rate};
use bloodpool::measure::{DrawnRoi, measure_drawn};
use bloodpool::protocol::{Estimator, RoiChoices};
use bloodpool::{GatedStudy, Mask, Protocol};
use ndarray::Ix3;
use rayon::prelude::*;

use super::agreement::{Agreement, EfOfCase};
use super::drawings::{raters, read_drawings, read_images};
use super::record::{
    CONSENSUS_FOLDER, CONSENSUS_SCHEMA, CaseConsensus, ConsensusImage, ConsensusManifest, ConsensusRule, ImageConsensus,
};
use super::{pictures, tables};
use crate::annotations::{AnnotationProblem, ImageToAnnotate, Labels, RaterDrawings, RatersError};
use crate::document::DocumentError;
use crate::extracted::{ExtractManifest, ExtractedCase};
use crate::npy::decode_npy_f32;
use crate::rated_frames::RatedPhase;
use crate::whole_file::{FileError, IfExists};

/// Why no consensus was formed. Nothing was written unless a file could not be.
#[derive(Debug, thiserror::Error)]
pub enum ConsensusError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A manifest could not be read or written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Raters could not be told.
    #[error(transparent)]
    Raters(#[from] RatersError),
    /// Images are missing, or are not those that were extracted; all of them are named.
    #[error("{} of the images cannot be used:\n  {}", .0.len(), .0.join("\n  "))]
    Images(Vec<String>),
    /// A rater to be left out who is not there.
    #[error("there is no rater `{name}` to leave out; there are {}", known.join(", "))]
    UnknownRater {
        /// The name.
        name: String,
        /// Those who are there.
        known: Vec<String>,
    },
    /// Raters' files that have to be mended first; warnings are among them.
    #[error("{} errors in raters' files; nothing was written", .0.iter().filter(|problem| problem.is_error()).count())]
    Problems(Vec<AnnotationProblem>),
    /// Images that too few raters drew on.
    #[error(
        "{} images have fewer raters than the {min_raters} asked for: {}. Have them drawn, or ask for fewer with \
         --min-raters",
        images.len(),
        some(images)
    )]
    TooFewRaters {
        /// Fewest raters.
        min_raters: usize,
        /// The images.
        images: Vec<String>,
    },
    /// Images on which raters share no majority.
    #[error("no pixel has a majority on {}; their raters drew in different places", some(.0))]
    NoMajority(Vec<String>),
    /// Masks that cannot be compared.
    #[error("raters cannot be compared")]
    Agreement(#[from] AgreementError),
    /// Counts that are no study.
    #[error("{}: {reason}", path.display())]
    Counts {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The first few names of many.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(5) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What to form.
#[derive(Debug, Clone)]
pub struct ConsensusOptions<'a> {
    /// Folder of the images.
    pub images: &'a Path,
    /// Raters' folders, or folders of such folders.
    pub raters: &'a [PathBuf],
    /// Table of the raters' groups; `None`: `raters.csv` beside the raters' folders, if there is one.
    pub groups: Option<&'a Path>,
    /// Labels that stand for the left ventricle.
    pub labels: &'a [String],
    /// How many masks become one.
    pub rule: ConsensusRule,
    /// Fewest raters of an image.
    pub min_raters: usize,
    /// Raters who are left out.
    pub leave_out: &'a [String],
    /// Whether raters who are flagged are left out.
    pub leave_out_outliers: bool,
    /// Program and version.
    pub software: &'a str,
    /// Whether files may be replaced.
    pub if_exists: IfExists,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A rater's files were read; of so many.
    Read,
    /// A study's consensus was formed and measured; of so many.
    Formed,
}

/// What was formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Formed {
    /// The record, as it was written.
    pub manifest: ConsensusManifest,
    /// How raters agree; `None` for a single rater.
    pub agreement: Option<Agreement>,
}

/// Reads all raters' files, forms the consensus, measures raters against each other, and writes everything into
/// `consensus/` of the folder of images, the record last.
///
/// # Errors
/// [`ConsensusError`] with everything that is wrong.
pub fn form_consensus(
    options: &ConsensusOptions<'_>,
    each: &(dyn Fn(Step, usize) + Sync),
) -> Result<Formed, ConsensusError> {
    let extract = ExtractManifest::read(options.images)?;
    let images = read_images(options, &extract.document)?;
    let mut problems = Vec::new();
    let taking_part = raters(options, &mut problems)?;
    let labels = Labels::new(options.labels.iter().map(String::as_str));
    let total = taking_part.len();
    let mut all = read_drawings(taking_part, &images, &labels, &mut problems, &|| each(Step::Read, total));
    problems.sort_by(|a, b| (a.severity, &a.path).cmp(&(b.severity, &b.path)));
    if problems.iter().any(AnnotationProblem::is_error) {
        return Err(ConsensusError::Problems(problems));
    }
    enough_raters(options.min_raters, &images, &all)?;

    let mut rated = if all.len() > 1 { rate(&masks_of(&all, &images))? } else { Vec::new() };
    let outliers: Vec<String> =
        rated.iter().filter(|rater| rater.dice_outlier || rater.area_outlier).map(|r| r.rater.clone()).collect();
    let left_out_as_outliers = if options.leave_out_outliers { outliers } else { Vec::new() };
    // Who is left out is still reported on, beside those who form the consensus.
    let everyone = all.clone();
    all.retain(|rater| !left_out_as_outliers.contains(&rater.rater.name));
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

    let agreement = if rated.is_empty() {
        None
    } else {
        let ef = measured.iter().map(|case| case.ef.clone()).collect();
        Some(Agreement::new(std::mem::take(&mut rated), ef)?)
    };
    let folder = options.images.join(CONSENSUS_FOLDER);
    let mut cases = Vec::new();
    let mut files = Vec::new();
    for (case, measured) in extract.document.cases.iter().zip(&measured) {
        cases.push(measured.write(&folder, case, options.if_exists)?);
        let picture = pictures::of_case(case, &images, &everyone, &measured.masks(), &left_out_as_outliers)?;
        let name = format!("contours/{}.svg", case.case);
        files.push(crate::FileRecord::write(&folder, &name, picture.as_bytes(), options.if_exists)?);
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
        cases,
        agreement: serde_json::to_value(&agreement).unwrap_or_default(),
        problems,
        files,
    };
    manifest.write(options.images, options.if_exists)?;
    Ok(Formed { manifest, agreement })
}

fn enough_raters(
    min_raters: usize,
    images: &[ImageToAnnotate],
    raters: &[RaterDrawings],
) -> Result<(), ConsensusError> {
    let drawn = |image: &ImageToAnnotate| raters.iter().filter(|r| r.drawings.contains_key(&image.name)).count();
    let few = images.iter().filter(|image| drawn(image) < min_raters.max(1));
    let few: Vec<String> = few.map(|image| format!("{} ({})", image.name, drawn(image))).collect();
    if few.is_empty() { Ok(()) } else { Err(ConsensusError::TooFewRaters { min_raters, images: few }) }
}

fn masks_of(raters: &[RaterDrawings], images: &[ImageToAnnotate]) -> Vec<RaterMasks> {
    let mask = |rater: &RaterDrawings, image: &ImageToAnnotate| {
        rater.drawings.get(&image.name).map(|drawing| drawing.mask.clone())
    };
    let of_rater = |rater: &RaterDrawings| RaterMasks {
        rater: rater.rater.name.clone(),
        group: rater.group.clone(),
        masks: images.iter().map(|image| mask(rater, image)).collect(),
    };
    raters.iter().map(of_rater).collect()
}

/// The consensus of one study before it is written.
struct MeasuredCase {
    images: Vec<(RatedPhase, usize, ImageConsensus)>,
    ef: EfOfCase,
    without_majority: Vec<String>,
}

impl MeasuredCase {
    fn new(
        options: &ConsensusOptions<'_>,
        case: &ExtractedCase,
        raters: &[RaterDrawings],
        everyone: &[RaterDrawings],
    ) -> Result<Self, ConsensusError> {
        let mut images = Vec::new();
        let mut without_majority = Vec::new();
        for image in &case.images {
            let drawn = raters.iter().filter_map(|rater| rater.drawings.get(image.name()));
            let masks: Vec<&Mask> = drawn.map(|drawing| &drawing.mask).collect();
            let formed = ImageConsensus::new(&masks, options.rule)?;
            if formed.mask.is_empty() {
                without_majority.push(image.name().to_owned());
            }
            images.push((image.phase, masks.len(), formed));
        }
        let study = study(options.images, case)?;
        let choices = paper_choices();
        let lvef = |ed: Option<&Mask>, es: Option<&Mask>| -> Option<Result<f64, String>> {
            let roi = |phase: RatedPhase, roi| {
                let frame = case.images.iter().find(|image| image.phase == phase)?.frame.checked_sub(1)?;
                Some(DrawnRoi { frame, roi })
            };
            let (ed, es) = (roi(RatedPhase::EndDiastole, ed?)?, roi(RatedPhase::EndSystole, es?)?);
            Some(measure_drawn(&study, choices.as_ref()?, ed, es).map(|m| m.lvef_percent).map_err(|e| e.to_string()))
        };
        let formed = |phase| images.iter().find(|(own, ..)| *own == phase).map(|(.., formed)| &formed.mask);
        let consensus = lvef(formed(RatedPhase::EndDiastole), formed(RatedPhase::EndSystole));
        let consensus = consensus.unwrap_or_else(|| Err("ED or ES is missing".to_owned()));
        let drawn = |rater: &RaterDrawings, phase| {
            let image = case.images.iter().find(|image| image.phase == phase)?;
            rater.drawings.get(image.name()).map(|drawing| drawing.mask.clone())
        };
        let of_rater = |rater: &RaterDrawings| {
            let (ed, es) = (drawn(rater, RatedPhase::EndDiastole), drawn(rater, RatedPhase::EndSystole));
            lvef(ed.as_ref(), es.as_ref()).and_then(Result::ok)
        };
        let ef = EfOfCase {
            case: case.case.clone(),
            consensus_lvef_percent: consensus.as_ref().ok().copied(),
            problem: consensus.err(),
            raters_lvef_percent: everyone.iter().map(of_rater).collect(),
        };
        Ok(Self { images, ef, without_majority })
    }

    fn masks(&self) -> Vec<(RatedPhase, &Mask)> {
        self.images.iter().map(|(phase, _, formed)| (*phase, &formed.mask)).collect()
    }

    fn write(&self, folder: &Path, case: &ExtractedCase, if_exists: IfExists) -> Result<CaseConsensus, ConsensusError> {
        let mut images = Vec::new();
        for (image, (phase, raters, formed)) in case.images.iter().zip(&self.images) {
            let [mask, mean] = formed.write(folder, image.name(), if_exists)?;
            images.push(ConsensusImage {
                image: image.name().to_owned(),
                phase: *phase,
                frame: image.frame,
                raters: *raters,
                area_px: formed.mask.area(),
                mask,
                mean,
            });
        }
        Ok(CaseConsensus {
            case: case.case.clone(),
            lvef_percent: self.ef.consensus_lvef_percent,
            lvef_problem: self.ef.problem.clone(),
            images,
        })
    }
}

/// The study in its own matrix, from the counts beside the images.
fn study(folder: &Path, case: &ExtractedCase) -> Result<GatedStudy, ConsensusError> {
    let path = folder.join(&case.counts.file);
    let counts = decode_npy_f32::<Ix3>(&path, &case.counts.read(folder)?)?;
    GatedStudy::new(counts, case.pixel_spacing_mm)
        .map_err(|error| ConsensusError::Counts { path, reason: error.to_string() })
}

/// Eq. 5 and 6 of Oh et al. 2022.
fn paper_choices() -> Option<RoiChoices> {
    match Protocol::paper().estimator {
        Estimator::Roi(choices) => Some(choices),
        Estimator::Unmixed => None,
    }
}
