//! `Filters`: weights in the order in which the register tile reads them.

use rayon::prelude::*;

use crate::kernel::COLUMNS;
use crate::shape::Convolution;

/// Weights packed for one direction of a convolution: `[panel of 32 outputs][tap][k][32]`, zeros beyond the last output.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    taps: usize,
    depth: usize, // numbers of a tap for one output
    values: Vec<f32>,
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
        let panels = shape.outputs.div_ceil(COLUMNS);
        let mut values = vec![0.0; panels * taps * depth * COLUMNS];
        if depth > 0 {
            values.par_chunks_exact_mut(taps * depth * COLUMNS).enumerate().for_each(|(panel, values)| {
                let first = panel * COLUMNS;
                let count = COLUMNS.min(shape.outputs - first);
                // Input by input, so that the weights of one filter, neighbours in memory, are read together.
                for input in 0..shape.inputs {
                    for row in 0..rows {
                        for column in 0..columns {
                            let place = (row * columns + column) * shape.inputs + input; // the same, merged or not
                            let line = &mut values[place * COLUMNS..][..count];
                            for (output, value) in line.iter_mut().enumerate() {
                                *value = at(row, column, input, first + output);
                            }
                        }
                    }
                }
            });
        }
        Self { taps, depth, values }
    }

    /// Numbers of a tap for one output.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// `[depth][32]` of a tap for one panel of outputs.
    pub(crate) fn tap(&self, panel: usize, tap: usize) -> &[f32] {
        let size = self.depth * COLUMNS;
        &self.values[(panel * self.taps + tap) * size..][..size]
    }
}
