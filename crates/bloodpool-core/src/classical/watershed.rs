//! `Watershed`: the LV as the catchment basin of its marker in the gradient of each frame.

use ndarray::Array2;

use super::location::Location;
use super::markers::{Reach, markers, ventricle};
use super::prepared::{Prepared, Smoothing};
use super::seeded_growth::{Order, grown};
use super::{named, of_masks, without_ventricle};
use crate::{GatedStudy, ModelIdentity, Segmentation, SegmentationError, Segmenter};

/// Watershed from markers (Meyer and Beucher, J Vis Commun Image Represent 1990;1:21; Vincent and Soille, IEEE Trans Pattern Anal
/// Mach Intell 1991;13:583) on the gradient of each smoothed frame.
///
/// The markers are those of [`RegionGrowing`](super::RegionGrowing). The watershed lies on the ridge of the gradient: where counts
/// fall off most steeply, whatever their level. The silhouette of a rounded body lies outside of that by a distance of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watershed {
    /// How frames are smoothed.
    pub smoothing: Smoothing,
    /// How far markers reach.
    pub reach: Reach,
    /// Distance of the silhouette from the ridge, mm.
    pub margin_mm: f64,
}

impl Default for Watershed {
    fn default() -> Self {
        Self { smoothing: Smoothing::default(), reach: Reach::default(), margin_mm: 5.0 }
    }
}

impl Segmenter for Watershed {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let Some(prepared) = Prepared::new(study, &self.smoothing) else { return Ok(without_ventricle(study)) };
        let Some(location) = Location::find(&prepared) else { return Ok(without_ventricle(study)) };
        let markers = markers(&prepared, &location, self.reach);
        let masks = prepared.frames.iter().map(|image| {
            let steepness = gradient(image, prepared.spacing_mm);
            ventricle(&grown(&steepness, &markers, Order::Lowest)).dilated_mm(self.margin_mm, prepared.spacing_mm)
        });
        Ok(of_masks(masks.collect()))
    }

    fn identity(&self) -> ModelIdentity {
        named("classical watershed")
    }
}

/// Magnitude of the gradient by central differences, one-sided at the edge of the matrix, counts per mm.
fn gradient(image: &Array2<f64>, [row_mm, column_mm]: [f64; 2]) -> Array2<f64> {
    let (rows, columns) = image.dim();
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        let (up, down) = (row.saturating_sub(1), (row + 1).min(rows - 1));
        let (left, right) = (column.saturating_sub(1), (column + 1).min(columns - 1));
        let along = |from: f64, to: f64, steps: usize, mm: f64| (to - from) / (steps.max(1) as f64 * mm);
        let vertical = along(image[[up, column]], image[[down, column]], down - up, row_mm);
        let horizontal = along(image[[row, left]], image[[row, right]], right - left, column_mm);
        vertical.hypot(horizontal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_of_a_plane_is_its_slope() {
        // 3 per row of 2 mm and 8 per column of 4 mm: slopes 1.5 and 2 per mm, together 2.5.
        let plane = Array2::from_shape_fn((6, 7), |(row, column)| 3.0 * row as f64 + 8.0 * column as f64);
        assert!(gradient(&plane, [2.0, 4.0]).iter().all(|slope| (slope - 2.5).abs() < 1e-12));
    }
}
