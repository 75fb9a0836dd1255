//! `Convolution`: the sizes of a convolution, and which pixels each tap of its filter reads.

use std::ops::Range;

/// Sizes of a convolution with square stride, padding and dilation, in one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convolution {
    /// Images.
    pub batch: usize,
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the output.
    pub outputs: usize,
    /// Rows and columns of the filter.
    pub kernel: [usize; 2],
    /// Distance of two output pixels in input pixels.
    pub stride: usize,
    /// Zeros added on each side.
    pub padding: usize,
    /// Distance of two taps.
    pub dilation: usize,
}

/// Most input channels for which the taps of a row are read as one run.
const MERGED_INPUTS: usize = 128;

impl Convolution {
    /// Rows and columns of the output.
    #[must_use]
    pub fn output_size(&self) -> (usize, usize) {
        let size = |length: usize, taps: usize| {
            let reach = self.dilation * (taps - 1) + 1;
            (length + 2 * self.padding).checked_sub(reach).map_or(0, |rest| rest / self.stride + 1)
        };
        (size(self.height, self.kernel[0]), size(self.width, self.kernel[1]))
    }

    /// Numbers in the input.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.batch * self.height * self.width * self.inputs
    }

    /// Numbers in the output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        let (rows, columns) = self.output_size();
        self.batch * rows * columns * self.outputs
    }

    /// Numbers in the filters.
    #[must_use]
    pub fn filters_len(&self) -> usize {
        self.outputs * self.inputs * self.kernel[0] * self.kernel[1]
    }

    /// Whether the taps of a filter row, neighbours in a padded image, are read together: with few channels the runs of
    /// single taps would be too short to be worth their overhead.
    pub(crate) fn is_merged(&self) -> bool {
        self.dilation == 1 && self.kernel[1] > 1 && self.inputs <= MERGED_INPUTS
    }

    /// The convolution that takes gradients of the output to gradients of the input, for stride 1.
    pub(crate) fn transposed(&self) -> Option<Self> {
        let reach = |taps: usize| self.dilation * (taps - 1);
        let padding = reach(self.kernel[0]).checked_sub(self.padding)?;
        if self.stride != 1 || self.kernel[0] != self.kernel[1] {
            return None;
        }
        let (height, width) = self.output_size();
        let transposed = Self { height, width, inputs: self.outputs, outputs: self.inputs, padding, ..*self };
        (transposed.output_size() == (self.height, self.width)).then_some(transposed)
    }
}

/// A tap: where it reads, relative to `stride * output pixel`, and which of the filters' taps it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tap {
    pub(crate) row: isize,
    pub(crate) column: isize,
    pub(crate) filter: usize,
}

/// Outputs `0..outputs` for which `stride * output + offset` lies in `0..inputs`.
pub(crate) fn valid(outputs: usize, stride: usize, offset: isize, inputs: usize) -> Range<usize> {
    let first = usize::try_from(-offset).unwrap_or(0).div_ceil(stride);
    let end = (inputs as isize - offset).max(0) as usize;
    let end = end.div_ceil(stride).min(outputs);
    first.min(end)..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_outputs_read_inside() {
        for (outputs, stride, inputs) in [(7, 1, 7), (4, 2, 7), (4, 2, 8), (3, 3, 5), (5, 1, 2)] {
            for offset in -9..9 {
                let inside = |output: usize| (0..inputs as isize).contains(&((stride * output) as isize + offset));
                let expected: Vec<usize> = (0..outputs).filter(|&output| inside(output)).collect();
                let found: Vec<usize> = valid(outputs, stride, offset, inputs).collect();
                assert_eq!(found, expected, "{outputs} {stride} {offset} {inputs}");
            }
        }
    }

    #[test]
    fn a_filter_larger_than_the_image_gives_no_output() {
        let shape = Convolution {
            batch: 1,
            height: 2,
            width: 9,
            inputs: 1,
            outputs: 1,
            kernel: [3, 3],
            stride: 1,
            padding: 0,
            dilation: 1,
        };
        assert_eq!(shape.output_size(), (0, 7));
        assert_eq!(shape.output_len(), 0);
    }
}
