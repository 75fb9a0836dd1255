//! Operators of layers: convolution, normalisation and pooling of images `[image, row, column, channel]`; and the update of
//! weights in a training step.
//!
//! On the processor these are the routines of `bloodpool-kernels`, recorded for gradients as one step each; on any
//! other device they are composed of burn's own operations.

mod flex;
mod plain;
mod recorded;
mod update;

use std::sync::Arc;

use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

pub use update::{AdamW, moved_towards};

/// Stride, padding and dilation of a convolution, the same in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// Distance of two output pixels in input pixels.
    pub stride: usize,
    /// Zeros added on each side.
    pub padding: usize,
    /// Distance of two taps.
    pub dilation: usize,
}

impl Steps {
    /// Stride 1 and the padding that keeps the size of the image, for a filter of `side` taps.
    #[must_use]
    pub fn same(side: usize, dilation: usize) -> Self {
        Self { stride: 1, padding: dilation * (side - 1) / 2, dilation }
    }
}

/// Which numbers share a mean and a variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// Each channel of all images: batch norm.
    Batch,
    /// This many groups of neighbouring channels of each image: group norm.
    Groups(usize),
}

/// A normalisation.
#[derive(Debug, Clone)]
pub struct Norm {
    /// Which numbers share a mean and a variance.
    pub shared: Shared,
    /// Factor of each channel.
    pub scale: Tensor<1>,
    /// What is added to each channel.
    pub shift: Tensor<1>,
    /// Added to variances.
    pub epsilon: f64,
}

/// Windows of a maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Side of a window.
    pub side: usize,
    /// Distance of two windows.
    pub stride: usize,
    /// How far the first reaches beyond the image.
    pub padding: usize,
}

/// Whether the routines of `bloodpool-kernels` run on this device.
fn is_processor(device: &Device) -> bool {
    device.clone().without_autodiff() == Device::flex()
}

/// The convolution of images with filters `[output, input, row, column]`.
#[must_use]
pub fn convolve(images: Tensor<4>, filters: Tensor<4>, steps: Steps) -> Tensor<4> {
    if is_processor(&images.device()) {
        flex::convolve(images, filters, steps)
    } else {
        plain::convolve(images, filters, steps)
    }
}

/// Images normalised, with `residual` added, set to 0 where negative if `rectified`; and their moments `[2, set]`, means
/// before variances (divided by the number of numbers), which carry no gradient.
#[must_use]
pub fn normalize(
    images: Tensor<4>,
    norm: &Norm,
    residual: Option<Tensor<4>>,
    rectified: bool,
) -> (Tensor<4>, Tensor<2>) {
    if is_processor(&images.device()) {
        flex::normalize(images, norm, residual, rectified)
    } else {
        plain::normalize(images, norm, residual, rectified)
    }
}

/// A convolution with its norm folded in, which records no gradients.
#[derive(Debug, Clone)]
pub enum Folded {
    /// Packed for the routines of `bloodpool-kernels`.
    Processor(Arc<flex::Packed>),
    /// As tensors: filters, what is added to each channel, and steps.
    Plain(Box<(Tensor<4>, Tensor<1>, Steps)>),
}

/// Filters with the weights of each output times `scale`, and what is added to each output.
#[must_use]
pub fn fold(filters: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, steps: Steps) -> Folded {
    if is_processor(&filters.device()) {
        Folded::Processor(Arc::new(flex::pack(filters, scale, shift, steps)))
    } else {
        let [outputs] = scale.dims();
        Folded::Plain(Box::new((filters * scale.reshape([outputs, 1, 1, 1]), shift, steps)))
    }
}

/// The folded convolution of images, with `residual` added, set to 0 where negative if `rectified`.
#[must_use]
pub fn convolve_folded(images: Tensor<4>, folded: &Folded, residual: Option<Tensor<4>>, rectified: bool) -> Tensor<4> {
    match folded {
        Folded::Processor(packed) => flex::convolve_folded(images, packed, residual, rectified),
        Folded::Plain(plain) => {
            let (filters, shift, steps) = plain.as_ref();
            let [outputs] = shift.dims();
            let output = plain::convolve(images, filters.clone(), *steps) + shift.clone().reshape([1, 1, 1, outputs]);
            let output = residual.into_iter().fold(output, |output, residual| output + residual);
            if rectified { relu(output) } else { output }
        }
    }
}

/// Means of 2 x 2 blocks.
#[must_use]
pub fn halve(images: Tensor<4>) -> Tensor<4> {
    if is_processor(&images.device()) { flex::halve(images) } else { plain::halve(images) }
}

/// Every pixel twice in both directions.
#[must_use]
pub fn double(images: Tensor<4>) -> Tensor<4> {
    if is_processor(&images.device()) { flex::double(images) } else { plain::double(images) }
}

/// Maxima of windows; what lies outside the image is never the maximum.
#[must_use]
pub fn max_pool(images: Tensor<4>, windows: Windows) -> Tensor<4> {
    if is_processor(&images.device()) { flex::max_pool(images, windows) } else { plain::max_pool(images, windows) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Shape, TensorData};

    pub(super) fn wave<const D: usize>(shape: [usize; D], step: f64, device: &Device) -> Tensor<D> {
        let count = Shape::from(shape).num_elements();
        let values: Vec<f32> = (0..count).map(|i| (i as f64 * step).sin() as f32).collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    fn assert_near<const D: usize>(one: Tensor<D>, other: Tensor<D>, what: &str) {
        assert_eq!(one.dims(), other.dims(), "{what}");
        let (one, other) = (one.into_data(), other.into_data());
        for (one, other) in one.as_slice::<f32>().unwrap().iter().zip(other.as_slice::<f32>().unwrap()) {
            assert!((one - other).abs() < 1e-4 * (1.0 + other.abs()), "{what}: {one} is not {other}");
        }
    }

    /// Compares the outputs, and the gradients of all inputs, of two functions.
    fn compare<const N: usize>(inputs: [Tensor<4>; N], both: [&dyn Fn([Tensor<4>; N]) -> Tensor<4>; 2]) {
        let [one, other] = both.map(|function| {
            let inputs = inputs.clone().map(|input| input.detach().require_grad());
            let output = function(inputs.clone());
            let weight = wave(output.dims(), 0.77, &output.device());
            let gradients = (output.clone() * weight).sum().backward();
            let gradients = inputs.map(|input| input.grad(&gradients).unwrap());
            (output.inner(), gradients)
        });
        assert_near(one.0, other.0, "output");
        for (index, (one, other)) in one.1.into_iter().zip(other.1).enumerate() {
            assert_near(one, other, &format!("gradient of input {index}"));
        }
    }

    #[test]
    fn convolutions_are_burns() {
        let device = Device::flex().autodiff();
        for (channels, side, steps) in [
            ([3, 8], 3, Steps { stride: 1, padding: 1, dilation: 1 }),
            ([5, 4], 3, Steps { stride: 2, padding: 1, dilation: 1 }),
            ([4, 40], 3, Steps { stride: 1, padding: 6, dilation: 6 }),
            ([6, 2], 1, Steps { stride: 1, padding: 0, dilation: 1 }),
        ] {
            let images = wave([2, 9, 8, channels[0]], 0.3, &device);
            let filters = wave([channels[1], channels[0], side, side], 0.9, &device);
            let fast = |[images, filters]: [Tensor<4>; 2]| convolve(images, filters, steps);
            let slow = |[images, filters]: [Tensor<4>; 2]| plain::convolve(images, filters, steps);
            compare([images, filters], [&fast, &slow]);
        }
    }

    /// Against burn's convolution, which both others are compared with here.
    #[test]
    fn products_of_matrices_are_burns_convolutions() {
        let device = Device::flex().autodiff();
        let burns = |images: Tensor<4>, filters: Tensor<4>, steps: Steps| {
            let Steps { stride, padding, dilation } = steps;
            let options = burn::tensor::ops::ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], 1);
            burn::tensor::module::conv2d(images.permute([0, 3, 1, 2]), filters, None, options).permute([0, 2, 3, 1])
        };
        for (side, stride, padding, dilation) in
            [(1, 2, 0, 1), (3, 2, 1, 1), (3, 1, 12, 12), (3, 1, 6, 6), (7, 2, 3, 1)]
        {
            let steps = Steps { stride, padding, dilation };
            let inputs = [wave([2, 9, 8, 3], 0.3, &device), wave([5, 3, side, side], 0.9, &device)];
            let ours = |[images, filters]: [Tensor<4>; 2]| plain::convolve(images, filters, steps);
            compare(inputs, [&ours, &|[images, filters]: [Tensor<4>; 2]| burns(images, filters, steps)]);
        }
    }

    /// On a machine with a graphics processor, the same outputs as on the processor.
    #[cfg(feature = "wgpu")]
    #[test]
    fn a_graphics_processor_gives_the_processors_outputs() {
        let (cpu, device) = match crate::device::by_name("wgpu") {
            Ok(device) => (Device::flex(), device),
            Err(error) => return eprintln!("not compared: {error}"),
        };
        let on_cpu = |output: Tensor<4>| Tensor::<4>::from_data(output.into_data(), &cpu);
        let (images, filters) = ([2, 9, 8, 6], [5, 6, 3, 3]);
        for steps in [Steps::same(3, 1), Steps::same(3, 6), Steps { stride: 2, padding: 1, dilation: 1 }] {
            let [one, other] =
                [&device, &cpu].map(|device| convolve(wave(images, 0.3, device), wave(filters, 0.9, device), steps));
            assert_near(on_cpu(one), other, "convolution");
        }
        let [one, other] = [&device, &cpu].map(|device| {
            let [scale, shift] = [0.7, 0.4].map(|step| wave([6], step, device));
            normalize(
                wave(images, 0.3, device),
                &Norm { shared: Shared::Batch, scale, shift, epsilon: 1e-5 },
                None,
                true,
            )
            .0
        });
        assert_near(on_cpu(one), other, "norm");
        let windows = Windows { side: 3, stride: 2, padding: 1 };
        let [one, other] = [&device, &cpu].map(|device| max_pool(wave(images, 0.3, device), windows));
        assert_near(on_cpu(one), other, "maxima");
    }

    #[test]
    fn norms_are_put_together_from_burns_operations() {
        let device = Device::flex().autodiff();
        for shared in [Shared::Batch, Shared::Groups(2), Shared::Groups(1)] {
            let images = wave([3, 5, 4, 6], 0.3, &device);
            let [scale, shift] = [0.7, 0.4].map(|step| wave([1, 1, 1, 6], step, &device));
            let residual = wave([3, 5, 4, 6], 0.11, &device);
            let norm = |scale: Tensor<4>, shift: Tensor<4>| Norm {
                shared,
                scale: scale.reshape([6]),
                shift: shift.reshape([6]),
                epsilon: 1e-5,
            };
            let inputs = [images, scale, shift, residual];
            let fast = |[images, scale, shift, residual]: [Tensor<4>; 4]| {
                normalize(images, &norm(scale, shift), Some(residual), true).0
            };
            let slow = |[images, scale, shift, residual]: [Tensor<4>; 4]| {
                plain::normalize(images, &norm(scale, shift), Some(residual), true).0
            };
            compare(inputs.clone(), [&fast, &slow]);
            let fast = |[images, scale, shift, residual]: [Tensor<4>; 4]| {
                normalize(images, &norm(scale, shift), None, false).0 + residual
            };
            let slow = |[images, scale, shift, residual]: [Tensor<4>; 4]| {
                plain::normalize(images, &norm(scale, shift), None, false).0 + residual
            };
            compare(inputs.clone(), [&fast, &slow]);
            let [images, scale, shift, _] = inputs;
            let moments = normalize(images.clone(), &norm(scale.clone(), shift.clone()), None, false).1;
            let expected = plain::normalize(images, &norm(scale, shift), None, false).1;
            assert_near(moments.inner(), expected.inner(), "moments");
        }
    }

    #[test]
    fn folding_is_scaling_and_shifting() {
        let device = Device::flex();
        let steps = Steps { stride: 2, padding: 1, dilation: 1 };
        let (images, filters) = (wave([2, 9, 8, 3], 0.3, &device), wave([5, 3, 3, 3], 0.9, &device));
        let (scale, shift) = (wave([5], 0.7, &device), wave([5], 0.4, &device));
        let output = plain::convolve(images.clone(), filters.clone(), steps);
        let output = output * scale.clone().reshape([1, 1, 1, 5]) + shift.clone().reshape([1, 1, 1, 5]);
        let residual = wave(output.dims(), 0.13, &device);
        let expected = relu(output.clone() + residual.clone());
        let plain = (filters.clone() * scale.clone().reshape([5, 1, 1, 1]), shift.clone(), steps);
        let plain = Folded::Plain(Box::new(plain));
        for folded in [fold(filters, scale, shift, steps), plain] {
            let both = convolve_folded(images.clone(), &folded, Some(residual.clone()), true);
            assert_near(both, expected.clone(), "with residual");
            assert_near(convolve_folded(images.clone(), &folded, None, false), output.clone(), "without");
        }
    }

    #[test]
    fn pools_are_burns() {
        let device = Device::flex().autodiff();
        let images = || [wave([2, 6, 8, 3], 0.3, &device)];
        compare(images(), [&|[images]| halve(images), &|[images]| plain::halve(images)]);
        compare(images(), [&|[images]| double(images), &|[images]| plain::double(images)]);
        let windows = Windows { side: 3, stride: 2, padding: 1 };
        let fast = |[images]: [Tensor<4>; 1]| max_pool(images, windows);
        compare(images(), [&fast, &|[images]| plain::max_pool(images, windows)]);
    }

    #[test]
    fn images_that_lie_otherwise_in_memory_are_read_rightly() {
        let device = Device::flex();
        let images = wave([2, 4, 6, 5], 0.3, &device);
        let turned = images.clone().permute([0, 2, 1, 3]);
        let copied = Tensor::<4>::from_data(turned.clone().into_data(), &device);
        assert_near(halve(turned), halve(copied), "halves");
    }
}
