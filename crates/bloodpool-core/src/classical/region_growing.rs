//! `RegionGrowing`: the LV grown from a seed in competition with its surroundings, frame by frame.

use super::location::Location;
use super::markers::{Reach, markers, ventricle};
use super::prepared::{Prepared, Smoothing};
use super::seeded_growth::{Order, grown};
use super::{named, of_masks, without_ventricle};
use crate::{GatedStudy, ModelIdentity, Segmentation, SegmentationError, Segmenter};

/// Seeded region growing (Adams and Bischof, IEEE Trans Pattern Anal Mach Intell 1994;16:641) on each smoothed frame.
///
/// Seeds are found from the first harmonic: one in the middle of the LV, one in the right ventricle, one in the atria, and one in
/// each of twelve sectors of the surroundings. The pixel whose counts are nearest to the mean of a region beside it joins that
/// region, until none is left. An edge therefore lies at a fixed part of the way from the mean beside the LV to the LV's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegionGrowing {
    /// How frames are smoothed.
    pub smoothing: Smoothing,
    /// How far markers reach.
    pub reach: Reach,
    /// That part of the way, 0 to 1. The counts of a rounded body fall off towards its silhouette, which therefore lies below
    /// half-way.
    pub edge_at: f64,
}

impl Default for RegionGrowing {
    fn default() -> Self {
        Self { smoothing: Smoothing::default(), reach: Reach::default(), edge_at: 0.3 }
    }
}

impl Segmenter for RegionGrowing {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let Some(prepared) = Prepared::new(study, &self.smoothing) else { return Ok(without_ventricle(study)) };
        let Some(location) = Location::find(&prepared) else { return Ok(without_ventricle(study)) };
        let markers = markers(&prepared, &location, self.reach);
        let order = Order::NearestMean { edge_at: self.edge_at };
        Ok(of_masks(prepared.frames.iter().map(|image| ventricle(&grown(image, &markers, order))).collect()))
    }

    fn identity(&self) -> ModelIdentity {
        named("classical region growing")
    }
}
