//! `Surroundings`: what a tool sees beside the outline that it changes.

use ndarray::ArrayView2;

/// What a tool sees beside the outline.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// Rows of the matrix.
    pub rows: usize,
    /// Columns of the matrix.
    pub columns: usize,
    /// Distance between `[rows, columns]`, mm.
    pub spacing_mm: [f64; 2],
    /// Counts of the frame, for region growing.
    pub counts: Option<ArrayView2<'a, f32>>,
    /// Probability of the LV on the frame, where the segmenter gives one.
    pub lv_probability: Option<ArrayView2<'a, f32>>,
}
