//! `KeptFrames`: what the outline of each frame gave, kept until that frame has another outline, so that measuring a study again
//! after an edit costs the frames that were edited.

use std::sync::Arc;

use ndarray::{Array2, Array3};

use super::background_image::KeptImages;
use super::by_frame::ByFrame;
use super::edited_fraction::edited_fraction_again;
use super::roi_counts::KeptRois;
use crate::correction::{Corrected, KeptCorrection, Tiles};
use crate::protocol::{BackgroundRegion, Estimator};
use crate::{GatedStudy, Mask};

/// What is kept for one estimator.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptOfEstimator {
    pub(super) rois: KeptRois,
    pub(super) images: KeptImages,
}

/// What the outline of each frame gave. It changes no number: what is taken from it is to the last bit what would be computed.
///
/// It belongs to one study and one segmentation of it, and is given to each measurement of these with edited masks.
#[derive(Debug, Clone, Default)]
pub struct KeptFrames {
    /// Recorded or assumed, as the LV fraction was moved with: another one makes everything another.
    spacing_mm: Option<[f64; 2]>,
    /// The LV fraction of each frame as its outline moved it; `None`: there is none that could be moved.
    fractions: ByFrame<Option<Array2<f32>>>,
    /// What was put right in the study.
    corrected: Option<KeptCorrection>,
    /// Its field in tiles, with the frames that take no part in their noise.
    tiles: Option<(Vec<bool>, Arc<Tiles>)>,
    /// Counts and ROIs depend on the pixel spacing that they were measured with.
    estimators: Vec<(Estimator, Option<[f64; 2]>, KeptOfEstimator)>,
}

impl KeptFrames {
    /// The study as it is measured.
    pub(crate) fn corrected<'a>(&mut self, study: &'a GatedStudy) -> Corrected<'a> {
        self.corrected.get_or_insert_with(|| KeptCorrection::of(study)).again(study)
    }

    /// The field in tiles of the study as it is measured; `lost`: frames that take no part in their noise.
    pub(crate) fn tiles(&mut self, study: &GatedStudy, lost: &[bool]) -> Arc<Tiles> {
        if let Some((known, tiles)) = &self.tiles
            && known == lost
        {
            return Arc::clone(tiles);
        }
        let tiles = Arc::new(Tiles::of(study, lost));
        self.tiles = Some((lost.to_vec(), Arc::clone(&tiles)));
        tiles
    }

    /// What is kept for one estimator and a recorded pixel spacing; those of another spacing are forgotten.
    pub(super) fn of(&mut self, estimator: &Estimator, spacing_mm: Option<[f64; 2]>) -> &mut KeptOfEstimator {
        let known = self.estimators.iter().position(|(known, spacing, _)| known == estimator && *spacing == spacing_mm);
        let at = known.unwrap_or_else(|| {
            // Of regions that people draw, only the last one is measured again.
            let drawn = has_drawn_background(estimator);
            self.estimators.retain(|(known, _, _)| known != estimator && !(drawn && has_drawn_background(known)));
            self.estimators.push((estimator.clone(), spacing_mm, KeptOfEstimator::default()));
            self.estimators.len() - 1
        });
        &mut self.estimators[at].2
    }

    /// [`super::edited_fraction::edited_fraction`], with frames whose outline did not change since.
    pub(crate) fn edited_fraction(
        &mut self,
        fraction: &Array3<f32>,
        before: &[Mask],
        after: &[Mask],
        spacing_mm: [f64; 2],
    ) -> Option<Array3<f32>> {
        if self.spacing_mm != Some(spacing_mm) {
            self.spacing_mm = Some(spacing_mm);
            self.fractions = ByFrame::default();
            self.estimators.clear();
        }
        edited_fraction_again(fraction, before, after, spacing_mm, &mut self.fractions)
    }
}

fn has_drawn_background(estimator: &Estimator) -> bool {
    estimator.roi_choices().is_some_and(|choices| matches!(choices.background, BackgroundRegion::Drawn { .. }))
}
