//! Prelabels compared with what each rater made of them.

use std::collections::BTreeMap;

use bloodpool_core::Mask;
use bloodpool_stats::Bounds;
use bloodpool_stats::overlap::overlap;
use rayon::prelude::*;

use super::before::{images_of, prelabels_of};
use super::error::CorrectionsError;
use super::file_times::TimePerImage;
use super::mean_by_patient::MeanByPatient;
use super::options::CorrectionsOptions;
use super::record::{CORRECTIONS_SCHEMA, CorrectedLvef, Corrections, ImageCorrection, RaterCorrections};
use crate::annotations::{
    AnnotationProblem, Drawing, ImageToAnnotate, Labels, ProblemKind, RaterDrawings, RaterFolder, find_raters,
    read_rater,
};
use crate::consensus::DrawnStudy;
use crate::extracted::{ExtractManifest, ExtractedCase};
use crate::prelabel_record::PrelabelRecord;

/// The masks of prelabels by the name of the image.
type Prelabels = BTreeMap<String, Mask>;

impl CorrectionsOptions<'_> {
    /// Reads prelabels and raters' files, and compares them. Nothing is written. A rater may have drawn on a part of the images.
    ///
    /// # Errors
    /// [`CorrectionsError`] when the prelabels are not those that were recorded, or are of other images, or there are no raters.
    pub fn compare(&self) -> Result<Corrections, CorrectionsError> {
        compare(self)
    }
}

fn compare(options: &CorrectionsOptions<'_>) -> Result<Corrections, CorrectionsError> {
    let extract = ExtractManifest::read(options.images)?;
    let record = PrelabelRecord::read(options.prelabels)?;
    let images = images_of(options, &extract.document)?;
    let before = prelabels_of(options, &record.document, &images)?;
    let raters = raters_of(options)?;
    let own_label = std::iter::once(record.document.label.as_str());
    let labels = Labels::new(options.labels.iter().map(String::as_str).chain(own_label));
    let (drawings, problems) = drawings_of(raters, &images, &labels);
    let cases = &extract.document.cases;
    let lvef = cases
        .par_iter()
        .map(|case| Ok(lvef_of_raters(&DrawnStudy::read(options.images, case)?, &before, &drawings)))
        .collect::<Result<Vec<_>, CorrectionsError>>()?;
    let raters = drawings
        .par_iter()
        .enumerate()
        .map(|(index, rater)| {
            let lvef = cases.iter().zip(&lvef).map(|(case, (before, raters))| (case, *before, raters[index]));
            of_rater(rater, cases, &before, lvef)
        })
        .collect::<Result<Vec<_>, CorrectionsError>>()?;
    Ok(Corrections {
        schema: CORRECTIONS_SCHEMA.into(),
        software: options.software.into(),
        extract_sha256: extract.sha256,
        prelabels_sha256: record.sha256,
        model: record.document.model,
        model_sha256: record.document.model_sha256,
        prelabelled: before.len(),
        raters,
        problems,
    })
}

/// The raters, without the folder of prelabels itself, which may lie among them.
fn raters_of(options: &CorrectionsOptions<'_>) -> Result<Vec<RaterFolder>, CorrectionsError> {
    let own = options.prelabels.canonicalize().ok();
    let mut raters = find_raters(options.raters)?;
    raters.retain(|rater| own.is_none() || rater.path.canonicalize().ok() != own);
    if raters.is_empty() { Err(CorrectionsError::OnlyPrelabels(options.prelabels.to_owned())) } else { Ok(raters) }
}

/// What the raters drew, and what is wrong with their files. Whoever drew on a part of the images corrected that part.
fn drawings_of(
    raters: Vec<RaterFolder>,
    images: &[ImageToAnnotate],
    labels: &Labels,
) -> (Vec<RaterDrawings>, Vec<AnnotationProblem>) {
    let read: Vec<(RaterDrawings, Vec<AnnotationProblem>)> = raters
        .par_iter()
        .map(|rater| {
            let mut problems = Vec::new();
            let drawings = read_rater(rater, images, labels, None, &mut problems);
            let missing = [ProblemKind::HalfMissing, ProblemKind::ImagesMissing];
            problems.retain(|problem: &AnnotationProblem| !missing.contains(&problem.kind));
            (drawings, problems)
        })
        .collect();
    let (drawings, problems): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let mut problems: Vec<AnnotationProblem> = problems.into_iter().flatten().collect();
    problems.sort_by(|a, b| (a.severity, &a.path).cmp(&(b.severity, &b.path)));
    (drawings, problems)
}

/// LVEF of one study from the prelabels, and from what each rater made of them. Images without a prelabel are not used.
fn lvef_of_raters(
    study: &DrawnStudy<'_>,
    before: &Prelabels,
    raters: &[RaterDrawings],
) -> (Option<f64>, Vec<Option<f64>>) {
    let of_rater = |rater: &RaterDrawings| {
        study.lvef_percent(|image| {
            let drawing = rater.drawings.get(image).filter(|_| before.contains_key(image));
            drawing.map(Drawing::mask)
        })
    };
    (study.lvef_percent(|image| before.get(image).cloned()), raters.iter().map(of_rater).collect())
}

/// `lvef`: of each study from the prelabels and from this rater's masks, percent.
fn of_rater<'a>(
    rater: &RaterDrawings,
    cases: &'a [ExtractedCase],
    before: &Prelabels,
    lvef: impl Iterator<Item = (&'a ExtractedCase, Option<f64>, Option<f64>)>,
) -> Result<RaterCorrections, CorrectionsError> {
    let (mut compared, mut patients, mut without_prelabel) = (Vec::new(), Vec::new(), Vec::new());
    for (case, image) in cases.iter().flat_map(|case| case.images.iter().map(move |image| (case, image.name()))) {
        let Some(drawing) = rater.drawings.get(image) else { continue };
        match before.get(image) {
            None => without_prelabel.push(image.to_owned()),
            Some(prelabel) => {
                compared.push(ImageCorrection::new(image, prelabel, &drawing.mask()));
                patients.push(case.patient.as_str());
            }
        }
    }
    let dice: Vec<f64> = compared.iter().map(|image| image.dice).collect();
    let areas =
        compared.iter().zip(&patients).filter_map(|(image, patient)| Some((*patient, image.area_change_percent?)));
    let least = compared.iter().min_by(|a, b| a.dice.total_cmp(&b.dice));
    let (of_case, lvef) = measured(rater, lvef);
    let changes = lvef.iter().zip(&of_case).filter_map(|(lvef, patient)| Some((*patient, lvef.change_points?)));
    Ok(RaterCorrections {
        rater: rater.rater.name.clone(),
        images: compared.len(),
        missing: before.len() - compared.len(),
        without_prelabel,
        unchanged: compared.iter().filter(|image| !image.changed).count(),
        dice: MeanByPatient::new(&patients, &dice, Bounds::UpTo(1.0)),
        least_dice: least.map(|image| image.dice),
        least_dice_image: least.map(|image| image.image.clone()),
        area_change_percent: mean(areas),
        lvef_change_points: mean(changes),
        lvef,
        time: TimePerImage::of_files(&rater.rater.files)?,
        compared,
    })
}

fn mean<'a>(figures: impl Iterator<Item = (&'a str, f64)>) -> Option<MeanByPatient> {
    let (patients, figures): (Vec<&str>, Vec<f64>) = figures.unzip();
    MeanByPatient::new(&patients, &figures, Bounds::None)
}

/// The studies of which the rater has ED and ES, with their patients.
fn measured<'a>(
    rater: &RaterDrawings,
    lvef: impl Iterator<Item = (&'a ExtractedCase, Option<f64>, Option<f64>)>,
) -> (Vec<&'a str>, Vec<CorrectedLvef>) {
    use crate::rated_frames::RatedPhase::{EndDiastole, EndSystole};
    let drawn = |case: &ExtractedCase, phase| {
        case.images.iter().any(|image| image.phase == phase && rater.drawings.contains_key(image.name()))
    };
    lvef.filter(|(case, ..)| drawn(case, EndDiastole) && drawn(case, EndSystole))
        .map(|(case, before, after)| {
            let lvef = CorrectedLvef {
                case: case.case.clone(),
                prelabels_percent: before,
                corrected_percent: after,
                change_points: before.zip(after).map(|(before, after)| after - before),
            };
            (case.patient.as_str(), lvef)
        })
        .unzip()
}

impl ImageCorrection {
    fn new(image: &str, before: &Mask, after: &Mask) -> Self {
        let (had, has) = (before.area(), after.area());
        Self {
            image: image.to_owned(),
            // Both are on the grid of the images, so that there is always an overlap.
            dice: overlap(before, after).map_or(0.0, |overlap| overlap.dice),
            area_change_percent: (had > 0).then(|| 100.0 * (has as f64 - had as f64) / had as f64),
            changed: before != after,
        }
    }
}
