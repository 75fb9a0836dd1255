//! Operators composed of burn's own, for every device.

use burn::tensor::activation::relu;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Slice, Tensor};

use super::{Norm, Shared, Steps, Windows};

/// `[image, row, column, channel]` to `[image, channel, row, column]`.
fn channels_first(images: Tensor<4>) -> Tensor<4> {
    images.permute([0, 3, 1, 2])
}

fn channels_last(images: Tensor<4>) -> Tensor<4> {
    images.permute([0, 2, 3, 1])
}

/// The convolution as one product of matrices: each output pixel's row holds what all taps of the filter meet. burn's own convolution
/// of single precision is far slower on a graphics processor (docs/PERFORMANCE.md).
pub(super) fn convolve(images: Tensor<4>, filters: Tensor<4>, steps: Steps) -> Tensor<4> {
    let Steps { stride, padding, dilation } = steps;
    let [batch, rows, columns, inputs] = images.dims();
    let [outputs, _, side, across] = filters.dims();
    let to = |length: usize, taps: usize| (length + 2 * padding - dilation * (taps - 1) - 1) / stride + 1;
    let (to_rows, to_columns) = (to(rows, side), to(columns, across));
    // A tap that meets nothing but padding, as most taps of a wide dilation do, is left out.
    let meets = |tap: usize, count: usize, length: usize| {
        let first = tap * dilation;
        first + (count - 1) * stride >= padding && first < padding + length
    };
    let taps: Vec<[usize; 2]> = (0..side)
        .flat_map(|row| (0..across).map(move |column| [row, column]))
        .filter(|&[row, column]| meets(row, to_rows, rows) && meets(column, to_columns, columns))
        .collect();
    let around = (padding, padding);
    let images = if padding == 0 { images } else { images.pad([around, around, (0, 0)], 0.0) };
    let met = |tap: usize, count: usize| {
        let first = (tap * dilation) as isize;
        Slice::new(first, Some(first + ((count - 1) * stride) as isize + 1), stride as isize)
    };
    let patches = taps.iter().map(|&[row, column]| {
        images.clone().slice([Slice::full(), met(row, to_rows), met(column, to_columns), Slice::full()])
    });
    let patches = Tensor::cat(patches.collect(), 3).reshape([batch * to_rows * to_columns, taps.len() * inputs]);
    let weights = taps.iter().map(|&[row, column]| {
        let tap = filters.clone().slice([0..outputs, 0..inputs, row..row + 1, column..column + 1]);
        tap.reshape([outputs, inputs]).transpose()
    });
    patches.matmul(Tensor::cat(weights.collect(), 0)).reshape([batch, to_rows, to_columns, outputs])
}

pub(super) fn normalize(
    images: Tensor<4>,
    norm: &Norm,
    residual: Option<Tensor<4>>,
    rectified: bool,
) -> (Tensor<4>, Tensor<2>) {
    let shape = images.dims();
    let [batch, rows, columns, channels] = shape;
    let (sets, groups) = match norm.shared {
        Shared::Batch => (1, channels),
        Shared::Groups(groups) => (batch, groups),
    };
    let grouped = [sets, batch / sets * rows * columns, groups, channels / groups];
    let values = images.reshape(grouped);
    let mean = values.clone().mean_dim(1).mean_dim(3); // [sets, 1, groups, 1]
    let centred = values - mean.clone();
    let variance = centred.clone().square().mean_dim(1).mean_dim(3);
    let unit = (centred / variance.clone().add_scalar(norm.epsilon).sqrt()).reshape(shape);
    let by_channel = |numbers: &Tensor<1>| numbers.clone().reshape([1, 1, 1, channels]);
    let mut output = unit * by_channel(&norm.scale) + by_channel(&norm.shift);
    if let Some(residual) = residual {
        output = output + residual;
    }
    let moments = Tensor::cat(vec![mean, variance], 0).detach().reshape([2, sets * groups]);
    (if rectified { relu(output) } else { output }, moments)
}

pub(super) fn halve(images: Tensor<4>) -> Tensor<4> {
    channels_last(avg_pool2d(channels_first(images), AvgPoolOptions::new([2, 2]).with_stride([2, 2])))
}

pub(super) fn double(images: Tensor<4>) -> Tensor<4> {
    let [n, h, w, c] = images.dims();
    images.reshape([n, h, 1, w, 1, c]).expand([n, h, 2, w, 2, c]).reshape([n, 2 * h, 2 * w, c])
}

pub(super) fn max_pool(images: Tensor<4>, windows: Windows) -> Tensor<4> {
    let Windows { side, stride, padding } = windows;
    let options = MaxPoolOptions::new([side; 2]).with_stride([stride; 2]).with_padding([padding; 2]);
    channels_last(max_pool2d(channels_first(images), options))
}
