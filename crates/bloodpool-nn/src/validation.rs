//! Validation: the segmenter on studies of known truth that are not used in training.

use bloodpool_core::analysis::measure;
use bloodpool_core::{
    FrameIndex, GatedStudy, LabelledStudy, Orientation, Protocol, SampleError, SampleSource, Scene, Segmentation,
    SegmentationError, Segmenter, Shown,
};
use bloodpool_stats::overlap;

use crate::placement::{Supervision, supervision, turned_further};
use crate::scene_tally::SceneTally;

pub use bloodpool_config::{SceneScores, ValidationScores};

/// Why validation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// A study could not be drawn.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The segmenter failed.
    #[error(transparent)]
    Segmentation(#[from] SegmentationError),
}

/// The first studies of a source.
///
/// # Errors
/// [`SampleError`] when one cannot be drawn.
pub fn draw_studies(source: &dyn SampleSource, count: u64) -> Result<Vec<LabelledStudy>, SampleError> {
    (0..count.min(source.len().unwrap_or(count))).map(|index| source.sample(index)).collect()
}

/// One of so many studies is also validated turned.
const TURNED: usize = 3;

/// The studies, and turned or mirrored copies of every third of them whose orientation is known: ordinary studies alone
/// cannot show how well orientations are recognised. Only the label of a copy is used.
#[must_use]
pub fn with_turned(mut studies: Vec<LabelledStudy>) -> Vec<LabelledStudy> {
    let turns: Vec<Orientation> = Orientation::all().skip(1).collect(); // all but the usual one
    let turns = turns.into_iter().cycle();
    let turned: Vec<_> =
        studies.iter().step_by(TURNED).zip(turns).filter_map(|(study, turn)| turned(study, turn)).collect();
    studies.extend(turned);
    studies
}

/// A study turned; `None` where its orientation is not known or its matrix is not square.
fn turned(study: &LabelledStudy, turn: Orientation) -> Option<LabelledStudy> {
    let scene = study.scene.as_ref()?;
    let before = scene.shown.orientation?;
    let (counts, side) = (study.study.counts(), study.study.rows());
    let square = study.study.pixel_spacing_mm().is_none_or(|[rows, columns]| rows == columns);
    if side != study.study.columns() || !square {
        return None;
    }
    let mut moved = counts.clone();
    for ((frame, row, column), value) in counts.indexed_iter() {
        let (row, column) = turn.applied(side, row, column);
        moved[[frame, row, column]] = *value;
    }
    let shown = Shown { orientation: Some(turned_further(before, turn)), ..scene.shown };
    Some(LabelledStudy {
        study: GatedStudy::new(moved, study.study.pixel_spacing_mm()).ok()?,
        masks: study.masks.clone(),
        annotated: None,
        lv_fraction: None,
        lv_volume_ml: None,
        lvef_percent: None,
        scene: Some(Scene { shown, rv: None, landmarks: None, lvef_counts_percent: None, lvef_images_percent: None }),
        reference: None,
    })
}

/// Scores a segmenter. Outlines and LVEF are scored on hearts in the usual view and orientation, LVEF on those whose gating
/// is sound.
///
/// # Errors
/// [`ValidationError`] when the segmenter fails.
pub fn validate(segmenter: &dyn Segmenter, studies: &[LabelledStudy]) -> Result<ValidationScores, ValidationError> {
    let mut dice = [Vec::new(), Vec::new()];
    let (mut errors, mut scene) = (Vec::new(), SceneTally::default());
    for study in studies {
        let extremes: [FrameIndex; 2] = study.extremes().into();
        let segmentation = if study.lvef_percent.is_some() || study.scene.is_some() {
            segmenter.segment(&study.study)?
        } else {
            // Only two masks can be compared.
            let masks = segmenter.segment_frames(&study.study, &extremes)?;
            Segmentation { masks, ..Segmentation::default() }
        };
        scene.add_recognition(study, &segmentation);
        if supervision(study) != Supervision::Outlines {
            continue;
        }
        scene.add_anatomy(study, &segmentation, extremes.map(FrameIndex::index));
        for (scores, frame) in dice.iter_mut().zip(extremes.map(FrameIndex::index)) {
            scores.push(overlap(&segmentation.masks[frame], &study.masks[frame]).map_or(0.0, |overlap| overlap.dice));
        }
        let faulty = study.scene.as_ref().is_some_and(|scene| scene.shown.gating_sound == Some(false));
        if let Some(truth) = study.lvef_percent.filter(|_| !faulty) {
            errors.push(measured_ef(study, segmentation, segmenter) - truth);
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let bias = mean(&errors);
    let spread: f64 = errors.iter().map(|error| (error - bias).powi(2)).sum();
    let known = |value: f64| (!errors.is_empty()).then_some(value);
    let within = errors.iter().filter(|error| error.abs() <= 5.0).count();
    Ok(ValidationScores {
        dice_end_diastole: mean(&dice[0]),
        dice_end_systole: mean(&dice[1]),
        dice_worst: dice.iter().flatten().copied().fold(1.0, f64::min),
        ef_bias: known(bias),
        ef_sd: known((spread / errors.len().saturating_sub(1).max(1) as f64).sqrt()),
        ef_within_5: known(100.0 * within as f64 / errors.len().max(1) as f64),
        scene: scene.scores(),
    })
}

/// LVEF, %; where none can be measured, an EF of 0.
fn measured_ef(study: &LabelledStudy, segmentation: Segmentation, segmenter: &dyn Segmenter) -> f64 {
    let protocol = if segmentation.lv_fraction.is_some() { Protocol::unmixed() } else { Protocol::standard() };
    measure(&study.study, segmentation, segmenter.identity(), &protocol).map_or(0.0, |analysis| analysis.lvef_percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::Mask;
    use ndarray::Array3;

    fn study(side: usize, orientation: Option<Orientation>) -> LabelledStudy {
        let counts = Array3::from_shape_fn((8, 32, side), |(_, row, column)| (100 * row + column + 1) as f32);
        let shown = Shown { heart: true, view: None, orientation, gating_sound: None };
        LabelledStudy {
            study: GatedStudy::new(counts, None).unwrap(),
            masks: vec![Mask::empty(32, side); 8],
            annotated: None,
            lv_fraction: None,
            lv_volume_ml: None,
            lvef_percent: None,
            scene: Some(Scene {
                shown,
                rv: None,
                landmarks: None,
                lvef_counts_percent: None,
                lvef_images_percent: None,
            }),
            reference: None,
        }
    }

    #[test]
    fn every_third_study_is_also_validated_turned() {
        let usual = Some(Orientation::default());
        let studies = with_turned(vec![study(32, usual); 7]);
        let labels: Vec<_> = studies[7..].iter().map(|study| study.scene.as_ref().unwrap().shown.orientation).collect();
        assert_eq!(labels, Orientation::all().skip(1).take(3).map(Some).collect::<Vec<_>>());
        // Clockwise: the upper left pixel, 1 count, moves to the upper right.
        assert!((studies[7].study.counts()[[0, 0, 31]] - 1.0).abs() < 1e-6);
        // Studies of unknown orientation, and those that are not square, are not copied.
        assert_eq!([study(32, None), study(40, usual)].map(|study| with_turned(vec![study]).len()), [1, 1]);
    }
}
