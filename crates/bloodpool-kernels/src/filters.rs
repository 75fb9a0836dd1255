//! `Filters`: weights in the order in which the register tile reads them.

use rayon::prelude::*;

use crate::kernel::{COLUMNS, Line, Strips};
use crate::shape::Convolution;

/// Weights packed for one direction of a convolution: `[strip of 16 outputs][tap][k]`, zeros beyond the last output.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    taps: usize,
    depth: usize, // numbers of a tap for one output
    lines: Vec<Line>,
}

impl Filters {
    /// From weights `[output, input, row, column]`, for [`crate::forward`].
    ///
    /// # Panics
    /// Where there are not as many weights as the sizes say.
    #[must_use]
    pub fn new(shape: &Convolution, weights: &[f32]) -> Self {
        Self::scaled(shape, weights, |_| 1.0)
    }

    /// As [`Filters::new`], with the weights of each output times a factor.
    pub(crate) fn scaled(shape: &Convolution, weights: &[f32], factor: impl Fn(usize) -> f32 + Sync) -> Self {
        assert_eq!(weights.len(), shape.filters_len(), "weights of {shape:?}");
        let [rows, columns] = shape.kernel;
        let stride = shape.inputs * rows * columns; // of outputs
        let at = |row: usize, column: usize, input: usize, output: usize| {
            weights[output * stride + (input * rows + row) * columns + column] * factor(output)
        };
        Self::pack(shape, shape.is_merged(), at)
    }

    /// For the gradient of the input, which is a convolution of the output's gradient with the filters turned by half a
    /// circle: outputs take the part of inputs.
    pub(crate) fn turned(shape: &Convolution, weights: &[f32]) -> Self {
        assert_eq!(weights.len(), shape.filters_len(), "weights of {shape:?}");
        let [rows, columns] = shape.kernel;
        let stride = shape.inputs * rows * columns;
        let turned = Convolution { inputs: shape.outputs, outputs: shape.inputs, ..*shape };
        let at = |row: usize, column: usize, output: usize, input: usize| {
            weights[output * stride + (input * rows + rows - 1 - row) * columns + columns - 1 - column]
        };
        let merged = shape.transposed().is_some_and(|transposed| transposed.is_merged());
        Self::pack(&turned, merged, at)
    }

    /// `at(row, column, input, output)` is the weight.
    fn pack(shape: &Convolution, merged: bool, at: impl Fn(usize, usize, usize, usize) -> f32 + Sync) -> Self {
        let [rows, columns] = shape.kernel;
        let (taps, depth) = if merged { (rows, columns * shape.inputs) } else { (rows * columns, shape.inputs) };
        let mut lines = vec![Line::ZERO; shape.outputs.div_ceil(COLUMNS) * taps * depth];
        if depth > 0 {
            lines.par_chunks_exact_mut(taps * depth).enumerate().for_each(|(strip, lines)| {
                let first = strip * COLUMNS;
                let count = COLUMNS.min(shape.outputs - first);
                // Input by input, so that the weights of one filter, neighbours in memory, are read together.
                for input in 0..shape.inputs {
                    for row in 0..rows {
                        for column in 0..columns {
                            let place = (row * columns + column) * shape.inputs + input; // the same, merged or not
                            for (output, value) in lines[place].0.iter_mut().take(count).enumerate() {
                                *value = at(row, column, input, first + output);
                            }
                        }
                    }
                }
            });
        }
        Self { taps, depth, lines }
    }

    /// Numbers of a tap for one output.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Rows `from..from + depth` of a tap, for the outputs from `first` on, which begins a strip.
    pub(crate) fn strips(&self, first: usize, tap: usize, from: usize, depth: usize) -> Strips<'_> {
        let strip = |strip: usize| {
            let place = (strip * self.taps + tap) * self.depth + from;
            self.lines.get(place..place + depth)
        };
        let strip_number = first / COLUMNS;
        Strips { left: strip(strip_number).unwrap_or_default(), right: strip(strip_number + 1) }
    }
}
