//! `Canvas`: the image that shapes are filled on, one row segment at a time.

use bloodpool_core::Mask;
use ndarray::Array2;

/// The image that is drawn on; what lies outside is cut off.
pub(super) struct Canvas {
    pixels: Array2<bool>,
}

impl Canvas {
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        Self { pixels: Array2::from_elem((rows, columns), false) }
    }

    /// The last row, or -1 on an image without rows.
    pub(super) fn last_row(&self) -> i64 {
        self.pixels.nrows() as i64 - 1
    }

    /// Sets the pixels of row `y` from `left` to `right`, both inside; nothing when `right` is before `left`.
    pub(super) fn span(&mut self, y: i64, left: i64, right: i64) {
        let right = right.min(self.pixels.ncols() as i64 - 1);
        if !(0..=self.last_row()).contains(&y) {
            return;
        }
        for x in left.max(0)..=right {
            self.pixels[[y as usize, x as usize]] = true;
        }
    }

    pub(super) fn into_mask(self) -> Mask {
        Mask::new(self.pixels)
    }
}
