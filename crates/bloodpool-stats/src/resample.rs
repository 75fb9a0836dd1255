//! Resampling of counts and masks to another grid, bilinear on pixel centres.

use ndarray::{Array2, ArrayView2};

use crate::Mask;

/// Where one row or column of the target grid lies among those of the source: two neighbours and the weight of the
/// second.
#[derive(Debug, Clone, Copy)]
struct Tap {
    low: usize,
    high: usize,
    weight: f64,
}

/// A fixed map from a source grid to a target grid that covers the same field of view.
///
/// Bilinear on pixel centres: target pixel `i` lies at `(i + 0.5) * source / target - 0.5`, held at the edges. Counts
/// are divided by the ratio of pixel numbers, so that sums over the field are kept (exactly when the target side is
/// a whole multiple of the source side).
#[derive(Debug, Clone)]
pub struct Resampling {
    source: (usize, usize),
    rows: Vec<Tap>,
    columns: Vec<Tap>,
    scale: f64,
}

impl Resampling {
    /// From a grid of `source` `(rows, columns)` to one of `target`.
    #[must_use]
    pub fn new(source: (usize, usize), target: (usize, usize)) -> Self {
        let pixels = |(rows, columns): (usize, usize)| (rows * columns) as f64;
        let scale = if pixels(target) > 0.0 { pixels(source) / pixels(target) } else { 0.0 };
        Self { source, rows: taps(source.0, target.0), columns: taps(source.1, target.1), scale }
    }

    /// `(rows, columns)` of the target grid.
    #[must_use]
    pub fn target(&self) -> (usize, usize) {
        (self.rows.len(), self.columns.len())
    }

    /// The factor on counts per pixel: source pixels / target pixels.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Whether source and target are the same grid.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.source == self.target()
    }

    /// Counts in one target pixel of `frame` (`[row, column]` of the source grid). Target pixel and frame must belong
    /// to the grids this map was made for.
    #[must_use]
    pub fn counts_at(&self, frame: &ArrayView2<'_, f32>, row: usize, column: usize) -> f64 {
        let value = |row: usize, column: usize| f64::from(frame[[row, column]]);
        if self.is_identity() {
            return value(row, column);
        }
        self.scale * self.blend(row, column, value)
    }

    /// The whole of a frame on the target grid: [`Resampling::counts_at`] of every pixel, bit for bit, but much faster.
    ///
    /// A frame of another matrix than the source counts as empty where it has no pixels.
    #[must_use]
    pub fn frame(&self, frame: &ArrayView2<'_, f32>) -> Array2<f32> {
        if self.is_identity() && frame.dim() == self.source {
            return frame.to_owned();
        }
        let value = |row: usize, column: usize| frame.get((row, column)).copied().map_or(0.0, f64::from);
        // Across first, once per source row: every target row is then a blend of two of these.
        let across = Array2::from_shape_fn((self.source.0, self.columns.len()), |(row, column)| {
            let x = self.columns[column];
            value(row, x.low) * (1.0 - x.weight) + value(row, x.high) * x.weight
        });
        let mut resampled = Vec::with_capacity(self.rows.len() * self.columns.len());
        for y in &self.rows {
            let (low, high) = (across.row(y.low), across.row(y.high));
            let blend = |(&low, &high): (&f64, &f64)| self.scale * (low * (1.0 - y.weight) + high * y.weight);
            resampled.extend(low.iter().zip(&high).map(|pair| blend(pair) as f32));
        }
        Array2::from_shape_vec(self.target(), resampled).unwrap_or_default()
    }

    /// What each source pixel contributes to the sum of counts over a mask of the target grid, as
    /// `((row, column), weight)`: the sum over many frames then reads each source pixel once.
    #[must_use]
    pub fn footprint(&self, mask: &Mask) -> Vec<((usize, usize), f64)> {
        if self.is_identity() {
            return mask.inside().map(|at| (at, 1.0)).collect();
        }
        let mut weights = Array2::<f64>::zeros(self.source);
        for (row, column) in mask.inside() {
            let (y, x) = (self.rows[row], self.columns[column]);
            for (row, weight) in [(y.low, 1.0 - y.weight), (y.high, y.weight)] {
                weights[[row, x.low]] += self.scale * weight * (1.0 - x.weight);
                weights[[row, x.high]] += self.scale * weight * x.weight;
            }
        }
        weights.indexed_iter().filter(|&(_, &weight)| weight > 0.0).map(|(at, &weight)| (at, weight)).collect()
    }

    /// The mask on the target grid: where the bilinear value is above one half.
    ///
    /// A mask of another matrix than the source counts as empty where it has no pixels.
    #[must_use]
    pub fn mask(&self, mask: &Mask) -> Mask {
        if self.is_identity() && mask.dim() == self.source {
            return mask.clone();
        }
        let mut resampled = Mask::empty(self.rows.len(), self.columns.len());
        let Some((rows, columns)) = mask.bounding_box() else {
            return resampled;
        };
        // Only pixels that see the bounding box can be inside: the rest of a large grid is skipped.
        let seeing = |taps: &[Tap], range: &std::ops::Range<usize>| -> Vec<usize> {
            let sees = |tap: &Tap| range.contains(&tap.low) || range.contains(&tap.high);
            taps.iter().enumerate().filter(|(_, tap)| sees(tap)).map(|(index, _)| index).collect()
        };
        let (rows, columns) = (seeing(&self.rows, &rows), seeing(&self.columns, &columns));
        let value = |row: usize, column: usize| if mask.contains(row, column) { 1.0 } else { 0.0 };
        for &row in &rows {
            for &column in &columns {
                if self.blend(row, column, value) > 0.5 {
                    resampled.set((row, column), true);
                }
            }
        }
        resampled
    }

    fn blend(&self, row: usize, column: usize, value: impl Fn(usize, usize) -> f64) -> f64 {
        let (y, x) = (self.rows[row], self.columns[column]);
        let across = |row: usize| value(row, x.low) * (1.0 - x.weight) + value(row, x.high) * x.weight;
        across(y.low) * (1.0 - y.weight) + across(y.high) * y.weight
    }
}

fn taps(source: usize, target: usize) -> Vec<Tap> {
    let last = source.saturating_sub(1);
    (0..target)
        .map(|index| {
            let position = (index as f64 + 0.5) * source as f64 / target as f64 - 0.5;
            let position = position.clamp(0.0, last as f64);
            let low = (position.floor() as usize).min(last);
            Tap { low, high: (low + 1).min(last), weight: position - low as f64 }
        })
        .collect()
}

impl Mask {
    /// The mask on a grid of `rows` x `columns` over the same field of view: bilinear on pixel centres, inside where
    /// the value is above one half.
    #[must_use]
    pub fn resampled(&self, rows: usize, columns: usize) -> Self {
        Resampling::new(self.dim(), (rows, columns)).mask(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> Array2<f32> {
        Array2::from_shape_fn((6, 8), |(row, column)| ((row * 7 + column * 5) % 11) as f32)
    }

    fn resampled(target: (usize, usize)) -> Array2<f64> {
        let counts = counts();
        let map = Resampling::new(counts.dim(), target);
        Array2::from_shape_fn(target, |(row, column)| map.counts_at(&counts.view(), row, column))
    }

    #[test]
    fn counts_are_those_of_scikit_image_and_their_sum_is_kept() {
        // skimage.transform.resize(a, (24, 24), order=1, mode='edge', anti_aliasing=False, preserve_range=True)
        // * (6 * 8) / (24 * 24), scikit-image 0.26
        let up = resampled((24, 24));
        assert!((up.sum() - 239.0).abs() < 1e-9);
        assert!((up[[0, 0]] - 0.0).abs() < 1e-12);
        assert!((up[[5, 7]] - 0.541_666_666_666_666_6).abs() < 1e-12);
        assert!((up[[13, 20]] - 0.381_944_444_444_444_5).abs() < 1e-12);
        let down = resampled((4, 4));
        assert!((down.sum() - 236.25).abs() < 1e-9);
        assert!((down[[1, 2]] - 13.5).abs() < 1e-12);
        assert!((down[[3, 3]] - 19.875).abs() < 1e-12);
    }

    #[test]
    fn a_whole_frame_is_its_pixels() {
        let counts = counts();
        for target in [(24, 24), (4, 4), (6, 8), (13, 5)] {
            let map = Resampling::new(counts.dim(), target);
            let pixels =
                Array2::from_shape_fn(target, |(row, column)| map.counts_at(&counts.view(), row, column) as f32);
            assert_eq!(map.frame(&counts.view()), pixels);
        }
    }

    #[test]
    fn the_same_grid_changes_nothing() {
        assert_eq!(resampled((6, 8)), counts().mapv(f64::from));
    }

    #[test]
    fn a_mask_is_that_of_scikit_image() {
        // skimage.transform.resize(m, (256, 256), order=1, mode='edge', anti_aliasing=False) > 0.5, of an ellipse
        let mask = Mask::from_fn(24, 30, |row, column| {
            let (y, x) = ((row as f64 - 9.0) / 5.0, (column as f64 - 12.0) / 7.0);
            y * y + x * x <= 1.0
        });
        let large = mask.resampled(256, 256);
        assert_eq!((mask.area(), large.area()), (109, 9889));
        let (row, column) = large.centroid().unwrap();
        assert!((row - 100.670_037_42).abs() < 1e-8 && (column - 106.136_414_2).abs() < 1e-7);
        assert_eq!(mask.resampled(24, 30), mask);
        assert!(Mask::empty(24, 30).resampled(256, 256).is_empty());
    }
}
