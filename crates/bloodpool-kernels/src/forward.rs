//! The convolution itself.

use crate::filters::Filters;
use crate::shape::Convolution;
use crate::sweep::{Source, Sweep};

/// What is added to a convolution's output.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start<'a> {
    /// A number for each output channel.
    pub bias: Option<&'a [f32]>,
    /// An image like the output.
    pub residual: Option<&'a [f32]>,
}

/// Whether the slices are as long as the sizes say.
pub(crate) fn check(shape: &Convolution, input: &[f32], start: Start) {
    assert_eq!(input.len(), shape.input_len(), "input of {shape:?}");
    assert!(start.bias.is_none_or(|bias| bias.len() == shape.outputs), "bias of {shape:?}");
    assert!(start.residual.is_none_or(|residual| residual.len() == shape.output_len()), "residual of {shape:?}");
}

/// The output `[batch, row, column, output]`, set to 0 where negative if `rectified`.
///
/// # Panics
/// Where a slice is not as long as the sizes say.
#[must_use]
pub fn forward(shape: &Convolution, input: &[f32], filters: &Filters, start: Start, rectified: bool) -> Vec<f32> {
    check(shape, input, start);
    let mut output = vec![0.0; shape.output_len()];
    let begin = |place: usize, output: &mut [f32]| {
        if let Some(residual) = start.residual {
            output.copy_from_slice(&residual[place..][..output.len()]);
        }
        if let Some(bias) = start.bias {
            for pixel in output.chunks_exact_mut(bias.len()) {
                for (value, bias) in pixel.iter_mut().zip(bias) {
                    *value += bias;
                }
            }
        }
    };
    let end = |output: &mut [f32]| {
        if rectified {
            for value in output {
                *value = value.max(0.0);
            }
        }
    };
    Sweep::of(shape).run(&Source::of(shape, input), filters, shape.outputs, &mut output, begin, end);
    output
}
