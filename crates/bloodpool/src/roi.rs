//! `Mask`: a region of interest as a set of pixels, and the morphology on it.

use ndarray::Array2;

/// A region of interest: `true` inside, `[row, column]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    pixels: Array2<bool>,
}

impl Mask {
    /// A mask from its pixels.
    #[must_use]
    pub fn new(pixels: Array2<bool>) -> Self {
        Self { pixels }
    }

    /// An empty mask of this matrix.
    #[must_use]
    pub fn empty(rows: usize, columns: usize) -> Self {
        Self { pixels: Array2::from_elem((rows, columns), false) }
    }

    /// The pixels, `[row, column]`.
    #[must_use]
    pub fn pixels(&self) -> &Array2<bool> {
        &self.pixels
    }

    /// `(rows, columns)`.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        self.pixels.dim()
    }

    /// Whether the pixel is inside; outside the matrix nothing is.
    #[must_use]
    pub fn contains(&self, row: usize, column: usize) -> bool {
        self.pixels.get((row, column)).copied().unwrap_or(false)
    }

    /// Area in pixels.
    #[must_use]
    pub fn area(&self) -> usize {
        self.pixels.iter().filter(|&&inside| inside).count()
    }

    /// Whether no pixel is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.pixels.iter().any(|&inside| inside)
    }
}
