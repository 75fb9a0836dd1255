//! `PhaseAmplitude`: the region that beats as the LV does, emptied on each frame to what is still full.

use super::location::Location;
use super::prepared::{Prepared, Smoothing};
use super::{named, of_masks, without_ventricle};
use crate::{GatedStudy, Mask, ModelIdentity, Segmentation, SegmentationError, Segmenter};

/// The region of the first harmonic: connected pixels whose beat has the phase of the ventricles and a share of the amplitude of
/// the LV, weighted by their counts (Adam et al., Equilibrium (gated) radionuclide ventriculography, Cardiovasc Radiol
/// 1979;2:161, who made the images of phase and amplitude).
///
/// The harmonic has one region for the whole cycle, about the LV at ED. On each frame the LV is the part of it whose counts lie
/// above a part of the way from the cooler surroundings to the fullest pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseAmplitude {
    /// How frames are smoothed.
    pub smoothing: Smoothing,
    /// That part of the way, 0 to 1; `None` leaves the same region on every frame.
    pub emptied_below: Option<f64>,
    /// Width of the ring round the region, mm, whose cooler fifth is the level of the surroundings.
    pub ring_mm: f64,
}

/// The part of the ring that is cooler than the level.
const COOLER: f64 = 0.2;

impl Default for PhaseAmplitude {
    fn default() -> Self {
        Self { smoothing: Smoothing::default(), emptied_below: Some(0.2), ring_mm: 10.0 }
    }
}

impl Segmenter for PhaseAmplitude {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let Some(prepared) = Prepared::new(study, &self.smoothing) else { return Ok(without_ventricle(study)) };
        let Some(location) = Location::find(&prepared) else { return Ok(without_ventricle(study)) };
        let region = &location.region;
        let Some(emptied_below) = self.emptied_below else {
            return Ok(of_masks(vec![region.clone(); study.frames()]));
        };
        let ring = region.dilated_mm(self.ring_mm, prepared.spacing_mm).difference(region);
        let masks = prepared.frames.iter().map(|image| {
            let full = region.inside().map(|at| image[at]).fold(f64::NEG_INFINITY, f64::max);
            let mut around: Vec<f64> = ring.inside().map(|at| image[at]).collect();
            around.sort_by(f64::total_cmp);
            let level = around.get((COOLER * around.len() as f64) as usize).copied().unwrap_or(0.0);
            let limit = level + emptied_below * (full - level);
            let kept = Mask::from_fn(study.rows(), study.columns(), |row, column| {
                region.contains(row, column) && image[[row, column]] >= limit
            });
            kept.largest_component().holes_filled()
        });
        Ok(of_masks(masks.collect()))
    }

    fn identity(&self) -> ModelIdentity {
        named(match self.emptied_below {
            Some(_) => "classical phase and amplitude",
            None => "classical phase and amplitude, one region",
        })
    }
}
