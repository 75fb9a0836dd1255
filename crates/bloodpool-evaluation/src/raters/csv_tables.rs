//! The result as CSV: Table 1 with one line per measure, and all readings with one line per study and frame.

use super::material::FramePair;
use super::result::EvaluationResult;
use super::table_one::{FrameSet, PublishedMean};
use crate::EvaluationError;

/// Columns of `table.csv`.
const TABLE: [&str; 21] = [
    "frames",
    "figure",
    "unit",
    "phase",
    "readings",
    "left_out",
    "patients",
    "consensus_mean",
    "consensus_sd",
    "model_mean",
    "model_sd",
    "by_patient_of",
    "by_patient_mean",
    "ci95_low",
    "ci95_high",
    "wilcoxon_p",
    "paper_consensus",
    "paper_model",
    "paper_model_sd",
    "studies",
    "simulated_studies",
];

/// Columns of `cases.csv`.
const CASES: [&str; 29] = [
    "case",
    "patient",
    "simulated",
    "phase",
    "frame",
    "pixel_accuracy",
    "dice",
    "iou",
    "mean_iou",
    "hausdorff95_mm",
    "mean_surface_distance_mm",
    "consensus_area_px",
    "model_area_px",
    "consensus_pixel_value",
    "model_pixel_value",
    "consensus_dice_of_truth",
    "model_dice_of_truth",
    "consensus_lvef_percent",
    "model_lvef_percent",
    "silhouette_lvef_percent",
    "true_lvef_percent",
    "ef_error_points",
    "ef_error_ed_roi_points",
    "ef_error_es_roi_points",
    "ef_error_background_points",
    "background_area_px_consensus",
    "problem",
    "consensus_lvef_percent_of_one_level",
    "model_lvef_percent_of_one_level",
];

pub(super) fn number(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.6}")).unwrap_or_default()
}

pub(super) fn whole(value: Option<usize>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Table 1, of ED and ES and with the second frames.
pub fn table(result: &EvaluationResult) -> Result<Vec<u8>, EvaluationError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(TABLE)?;
    for one in &result.table_one {
        for row in &one.rows {
            let frames = if one.frames == FrameSet::First { "first" } else { "all" };
            let consensus = row.consensus.as_ref().and_then(|consensus| consensus.known());
            let (model, by_patient) = (row.model.known(), row.by_patient.known());
            let paper = row.paper.unwrap_or_default();
            let mean = |published: Option<PublishedMean>| number(published.map(|published| published.mean));
            table.write_record([
                frames.to_owned(),
                row.figure.to_string(),
                row.unit.to_string(),
                row.phase.to_string(),
                row.readings.to_string(),
                row.left_out.to_string(),
                whole(by_patient.map(|mean| mean.patients)),
                number(consensus.map(|m| m.mean)),
                number(consensus.map(|m| m.sd)),
                number(model.map(|m| m.mean)),
                number(model.map(|m| m.sd)),
                if row.consensus.is_some() { "model - consensus" } else { "figure" }.to_owned(),
                number(by_patient.map(|mean| mean.mean)),
                number(by_patient.map(|mean| mean.mean_ci95[0])),
                number(by_patient.map(|mean| mean.mean_ci95[1])),
                number(row.wilcoxon.as_ref().and_then(|test| Some(test.known()?.p))),
                mean(paper.consensus),
                mean(paper.model),
                number(paper.model.and_then(|published| published.sd)),
                result.studies.to_string(),
                result.simulated_studies.to_string(),
            ])?;
        }
    }
    Ok(table.into_inner().map_err(|error| csv::Error::from(error.into_error()))?)
}

/// Every image of every study; an EF is repeated on both frames that it is computed from.
pub fn cases(result: &EvaluationResult) -> Result<Vec<u8>, EvaluationError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(CASES)?;
    for study in &result.cases {
        for image in &study.images {
            let pair = FramePair::ALL.into_iter().find(|pair| pair.phases().contains(&image.phase));
            let ef = pair.and_then(|pair| study.ef(pair));
            let (overlap, surface, model) = (image.overlap.known(), image.surface.known(), image.model.known());
            let parts = ef.and_then(|ef| ef.parts.known());
            let consensus = ef.and_then(|ef| ef.consensus.known());
            let silhouette = ef.and_then(|ef| ef.silhouette.as_ref()?.known());
            let problems = [
                image.model.problem(),
                image.surface.problem().filter(|_| image.model.known().is_some()),
                ef.and_then(|ef| ef.consensus.problem()),
                ef.and_then(|ef| ef.model.problem()),
            ];
            let mut problems: Vec<&str> = problems.into_iter().flatten().collect();
            problems.dedup();
            table.write_record([
                study.case.clone(),
                study.patient.clone(),
                study.simulated.to_string(),
                image.phase.tag().to_owned(),
                image.frame.to_string(),
                number(overlap.map(|o| o.pixel_accuracy)),
                number(overlap.map(|o| o.dice)),
                number(overlap.map(|o| o.iou)),
                number(overlap.map(|o| o.mean_iou)),
                number(surface.map(|s| s.hausdorff95_mm)),
                number(surface.map(|s| s.mean_mm)),
                image.consensus.area_px.to_string(),
                whole(model.map(|model| model.area_px)),
                number(Some(image.consensus.pixel_value)),
                number(model.map(|model| model.pixel_value)),
                number(image.consensus_dice_of_truth),
                number(image.model_dice_of_truth),
                number(consensus.map(|m| m.lvef_percent)),
                number(ef.and_then(|ef| Some(ef.model.known()?.lvef_percent))),
                number(silhouette.map(|m| m.lvef_percent)),
                // True LVEF is of the largest and the smallest volume, which the second frames are not of.
                number(study.true_lvef_percent.filter(|_| pair == Some(FramePair::First))),
                number(parts.map(|parts| parts.total_points)),
                number(parts.map(|parts| parts.end_diastole_roi_points)),
                number(parts.map(|parts| parts.end_systole_roi_points)),
                number(parts.map(|parts| parts.background_points)),
                whole(consensus.map(|m| m.background_area_px)),
                problems.join("; "),
                number(ef.and_then(|ef| ef.consensus_lvef_percent_of_one_level)),
                number(ef.and_then(|ef| ef.model_lvef_percent_of_one_level)),
            ])?;
        }
    }
    Ok(table.into_inner().map_err(|error| csv::Error::from(error.into_error()))?)
}
