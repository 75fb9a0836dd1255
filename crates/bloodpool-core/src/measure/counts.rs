//! Counts on the grid that a protocol applies its ROIs on.

use ndarray::{ArrayView2, Axis};

use crate::protocol::{Grid, RoiChoices};
use crate::resample::Resampling;
use crate::{FrameIndex, GatedStudy, Mask};

/// Side of the grid of the paper.
const PAPER_SIDE: usize = 256;

/// A study seen on a grid: counts are resampled where they are asked for, and nowhere else.
#[derive(Debug, Clone)]
pub struct GridCounts<'a> {
    study: &'a GatedStudy,
    resampling: Resampling,
}

impl<'a> GridCounts<'a> {
    /// The study on this grid.
    #[must_use]
    pub fn new(study: &'a GatedStudy, grid: Grid) -> Self {
        let own = (study.rows(), study.columns());
        let target = match grid {
            Grid::Study => own,
            Grid::Square256 => (PAPER_SIDE, PAPER_SIDE),
        };
        Self { study, resampling: Resampling::new(own, target) }
    }

    /// The study itself.
    #[must_use]
    pub fn study(&self) -> &'a GatedStudy {
        self.study
    }

    /// `(rows, columns)` of the grid.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        self.resampling.target()
    }

    /// Number of columns, which names the grid.
    #[must_use]
    pub fn side(&self) -> usize {
        self.dim().1
    }

    /// Study pixels per grid pixel: what resampled counts were multiplied by.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.resampling.scale()
    }

    /// A mask of the study's matrix on this grid.
    #[must_use]
    pub fn mask(&self, mask: &Mask) -> Mask {
        self.resampling.mask(mask)
    }

    /// Distance between `[rows, columns]` of the grid, mm; from a field of view of `assumed_field_mm` across when the
    /// study records no spacing.
    #[must_use]
    pub fn spacing_mm(&self, assumed_field_mm: f64) -> [f64; 2] {
        let assumed = assumed_field_mm / self.study.columns() as f64;
        let [row, column] = self.study.pixel_spacing_mm().unwrap_or([assumed, assumed]);
        let (rows, columns) = self.dim();
        [row * self.study.rows() as f64 / rows as f64, column * self.study.columns() as f64 / columns as f64]
    }

    /// Counts in one pixel of the grid.
    #[must_use]
    pub fn at(&self, frame: FrameIndex, (row, column): (usize, usize)) -> f64 {
        self.resampling.counts_at(&self.study.frame(frame), row, column)
    }

    /// Gross counts of every frame in one ROI of this grid.
    #[must_use]
    pub fn gross_of_all(&self, roi: &Mask) -> Vec<f64> {
        let footprint = self.resampling.footprint(roi);
        let sum =
            |frame: ArrayView2<'_, f32>| footprint.iter().map(|&(at, weight)| weight * f64::from(frame[at])).sum();
        self.study.counts().axis_iter(Axis(0)).map(sum).collect()
    }

    /// Gross counts of one frame in a ROI of this grid.
    #[must_use]
    pub fn gross(&self, frame: FrameIndex, roi: &Mask) -> f64 {
        let image = self.study.frame(frame);
        roi.inside().map(|(row, column)| self.resampling.counts_at(&image, row, column)).sum()
    }

    /// A ROI of the grid grown or shrunk as the choices say: the one that counts are taken in.
    #[must_use]
    pub fn with_margin(&self, roi: Mask, choices: &RoiChoices) -> Mask {
        let spacing_mm = self.spacing_mm(choices.background.assumed_field_mm());
        if choices.roi_margin_mm > 0.0 {
            roi.dilated_mm(choices.roi_margin_mm, spacing_mm)
        } else if choices.roi_margin_mm < 0.0 {
            roi.eroded_mm(-choices.roi_margin_mm, spacing_mm)
        } else {
            roi
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn grids_hold_the_same_counts_and_the_same_field() {
        let counts = Array3::from_shape_fn((8, 64, 64), |(frame, row, column)| ((frame + row * column) % 7) as f32);
        let total: f32 = counts.index_axis(ndarray::Axis(0), 2).sum();
        let study = GatedStudy::new(counts, Some([4.0, 5.0])).unwrap();
        let everything = |side| Mask::from_fn(side, side, |_, _| true);
        let (own, large) = (GridCounts::new(&study, Grid::Study), GridCounts::new(&study, Grid::Square256));
        assert!((own.gross(FrameIndex::new(2), &everything(64)) - f64::from(total)).abs() < 1e-6);
        assert!((large.gross(FrameIndex::new(2), &everything(256)) - f64::from(total)).abs() < 1e-6);
        let part = Mask::from_fn(256, 256, |row, column| row * row + column < 9_000);
        for (frame, gross) in FrameIndex::all(8).zip(large.gross_of_all(&part)) {
            assert!((gross - large.gross(frame, &part)).abs() < 1e-9 * gross);
        }
        assert_eq!((own.side(), large.side(), large.scale()), (64, 256, 1.0 / 16.0));
        assert_eq!((own.spacing_mm(400.0), large.spacing_mm(400.0)), ([4.0, 5.0], [1.0, 1.25]));
    }
}
