//! `GrownWithin`: another segmenter's outline, moved by region growing to where the counts have their edge, by a bounded distance.

use ndarray::Array2;

use super::markers::{sector, ventricle};
use super::prepared::{Prepared, Smoothing};
use super::seeded_growth::{FREE, Order, VENTRICLE, grown};
use crate::{GatedStudy, Mask, ModelIdentity, Segmentation, SegmentationError, Segmenter};

/// The fusion of a segmenter with region growing that Oh et al. 2022 propose.
///
/// On each frame the other segmenter's mask, shrunk by a distance, is a sure part of the LV, and what lies farther than that
/// distance outside of it surely is not. The pixels between go to one or the other by seeded region growing (Adams and Bischof,
/// IEEE Trans Pattern Anal Mach Intell 1994;16:641) on the smoothed counts; the outside has a mean of its own in each of twelve
/// sectors. Where the segmenter gives the LV fraction, a pixel below the smallest one stays outside. The outline therefore moves by
/// at most the distance. Everything else that the segmenter gives is passed on as it is.
#[derive(Debug, Clone)]
pub struct GrownWithin<S> {
    inner: S,
    /// Largest distance by which the outline moves, mm; one that is not positive leaves it as it is.
    pub distance_mm: f64,
    /// Smallest LV fraction of a pixel that may be added, 0 to 1.
    pub smallest_fraction: f32,
    /// Where the edge lies on the way from the mean outside, 0, to the LV's, 1, as in
    /// [`RegionGrowing`](super::RegionGrowing).
    pub edge_at: f64,
    /// How frames are smoothed.
    pub smoothing: Smoothing,
}

/// Distance by which an outline may move unless another is set, mm: about the inter-rater distance of outlines.
pub const GROWTH_MM: f64 = 4.0;
/// Smallest LV fraction of a pixel that may be added.
const SMALLEST_FRACTION: f32 = 0.1;
/// Where the edge lies unless another place is set.
const EDGE_AT: f64 = 0.2;
/// Width of the marker round what may be added, mm, of which the outside has its means.
const RIM_MM: f64 = 6.0;
/// Label of the first sector outside.
const OUTSIDE: u8 = 2;
/// Label of what lies beyond the rim, where nothing is looked for.
const BEYOND: u8 = u8::MAX;

impl<S: Segmenter> GrownWithin<S> {
    /// Grows within what this segmenter gives.
    #[must_use]
    pub fn new(inner: S) -> Self {
        let (distance_mm, smallest_fraction) = (GROWTH_MM, SMALLEST_FRACTION);
        Self { inner, distance_mm, smallest_fraction, edge_at: EDGE_AT, smoothing: Smoothing::default() }
    }

    /// The mask of a frame that has been moved.
    fn moved(&self, prepared: &Prepared, frame: usize, mask: &Mask, given: &Segmentation) -> Mask {
        let spacing_mm = prepared.spacing_mm;
        let (rows, columns) = mask.dim();
        let mut core = mask.eroded_mm(self.distance_mm, spacing_mm);
        if core.is_empty() {
            // What is smaller than the distance keeps what there is.
            core = mask.clone();
        }
        let fraction = |row: usize, column: usize| {
            let value = given.lv_fraction.as_ref().and_then(|all| all.get([frame, row, column]));
            value.is_none_or(|&value| value >= self.smallest_fraction)
        };
        let reach = mask.dilated_mm(self.distance_mm, spacing_mm);
        let open = Mask::from_fn(rows, columns, |row, column| {
            reach.contains(row, column) && (mask.contains(row, column) || fraction(row, column))
        });
        let rim = reach.dilated_mm(RIM_MM, spacing_mm);
        let centre = mask.centroid().unwrap_or_default();
        let markers = Array2::from_shape_fn((rows, columns), |(row, column)| {
            if core.contains(row, column) {
                VENTRICLE
            } else if open.contains(row, column) {
                FREE
            } else if rim.contains(row, column) {
                OUTSIDE + sector((row, column), centre)
            } else {
                BEYOND
            }
        });
        let labels = grown(&prepared.frames[frame], &markers, Order::NearestMean { edge_at: self.edge_at });
        let found = ventricle(&labels);
        let kept = Mask::from_fn(rows, columns, |row, column| {
            found.contains(row, column) && (open.contains(row, column) || core.contains(row, column))
        });
        kept.largest_component()
    }
}

impl<S: Segmenter> Segmenter for GrownWithin<S> {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let given = self.inner.segment(study)?;
        let fits = given.masks.len() == study.frames();
        let movable = self.distance_mm > 0.0 && fits;
        let Some(prepared) = Prepared::new(study, &self.smoothing).filter(|_| movable) else { return Ok(given) };
        let frames = given.masks.iter().enumerate();
        let masks = frames.map(|(frame, mask)| {
            if mask.is_empty() || mask.dim() != prepared.dim() {
                mask.clone()
            } else {
                self.moved(&prepared, frame, mask, &given)
            }
        });
        let masks = masks.collect();
        Ok(Segmentation { masks, ..given })
    }

    fn identity(&self) -> ModelIdentity {
        let inner = self.inner.identity();
        ModelIdentity { name: format!("{}, grown within {} mm", inner.name, self.distance_mm), ..inner }
    }
}
