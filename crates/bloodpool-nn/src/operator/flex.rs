//! Operators on the processor: the routines of `bloodpool-kernels` on burn's tensors.

use std::sync::Arc;

use bloodpool_kernels::{Affine, Convolution, Filters, MaxPool, Moments, Prepared, Sets, Start};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData};

use super::{Norm, Shared, Steps, Windows};

/// What a normalisation does beside scaling and shifting.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    pub(super) sets: Sets,
    pub(super) epsilon: f32,
    pub(super) rectified: bool,
}

/// Filters of a convolution as its routine reads them, and what is added to each channel.
#[derive(Debug)]
pub struct Packed {
    dims: [usize; 4],
    prepared: Prepared,
    shift: Vec<f32>,
    steps: Steps,
}

/// Operators that burn does not have.
#[backend_extension(Flex, Autodiff)]
pub(super) trait Operators: Backend {
    /// [`super::convolve`].
    fn convolve(images: FloatTensor<Self>, filters: FloatTensor<Self>, steps: Steps) -> FloatTensor<Self>;
    /// Means and variances, `[2, set]`.
    fn moments(images: FloatTensor<Self>, sets: Sets) -> FloatTensor<Self>;
    /// [`super::normalize`] without a residual; the moments must be those of the images.
    fn normalize(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        how: How,
    ) -> FloatTensor<Self>;
    /// [`super::normalize`] with a residual.
    fn normalize_onto(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        how: How,
    ) -> FloatTensor<Self>;
    /// [`super::convolve_folded`] without a residual.
    fn convolve_packed(images: FloatTensor<Self>, packed: Arc<Packed>, rectified: bool) -> FloatTensor<Self>;
    /// [`super::convolve_folded`] with a residual.
    fn convolve_packed_onto(
        images: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        packed: Arc<Packed>,
        rectified: bool,
    ) -> FloatTensor<Self>;
    /// [`super::halve`].
    fn halve(images: FloatTensor<Self>) -> FloatTensor<Self>;
    /// [`super::double`].
    fn double(images: FloatTensor<Self>) -> FloatTensor<Self>;
    /// [`super::max_pool`].
    fn max_pool(images: FloatTensor<Self>, windows: Windows) -> FloatTensor<Self>;
}

pub(super) fn convolve(images: Tensor<4>, filters: Tensor<4>, steps: Steps) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::convolve(images.into_dispatch(), filters.into_dispatch(), steps))
}

pub(super) fn normalize(
    images: Tensor<4>,
    norm: &Norm,
    residual: Option<Tensor<4>>,
    rectified: bool,
) -> (Tensor<4>, Tensor<2>) {
    let [batch, _, _, channels] = images.dims();
    let (sets_of_images, groups) = match norm.shared {
        Shared::Batch => (1, channels),
        Shared::Groups(groups) => (batch, groups),
    };
    let sets = Sets { images: sets_of_images, channels, groups };
    let how = How { sets, epsilon: norm.epsilon as f32, rectified };
    let images = images.into_dispatch();
    let moments = Dispatch::moments(images.clone(), sets);
    let (scale, shift) = (norm.scale.clone().into_dispatch(), norm.shift.clone().into_dispatch());
    let output = match residual {
        None => Dispatch::normalize(images, scale, shift, moments.clone(), how),
        Some(residual) => {
            Dispatch::normalize_onto(images, scale, shift, residual.into_dispatch(), moments.clone(), how)
        }
    };
    (Tensor::from_dispatch(output), Tensor::from_dispatch(moments))
}

pub(super) fn pack(filters: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, steps: Steps) -> Packed {
    let dims = filters.dims();
    let [filters, scale, shift] = [filters.into_data(), scale.into_data(), shift.into_data()]
        .map(|data| data.try_into_vec::<f32>().unwrap_or_else(|error| unreachable!("single precision: {error:?}")));
    // The size of the images does not matter to the packing.
    let shape = convolution([0, 0, 0, dims[1]], dims, steps);
    Packed { dims, prepared: Prepared::new(&shape, &filters, |output| scale[output]), shift, steps }
}

pub(super) fn convolve_folded(
    images: Tensor<4>,
    packed: &Arc<Packed>,
    residual: Option<Tensor<4>>,
    rectified: bool,
) -> Tensor<4> {
    let (images, packed) = (images.into_dispatch(), packed.clone());
    Tensor::from_dispatch(match residual {
        None => Dispatch::convolve_packed(images, packed, rectified),
        Some(residual) => Dispatch::convolve_packed_onto(images, residual.into_dispatch(), packed, rectified),
    })
}

pub(super) fn halve(images: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::halve(images.into_dispatch()))
}

pub(super) fn double(images: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::double(images.into_dispatch()))
}

pub(super) fn max_pool(images: Tensor<4>, windows: Windows) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::max_pool(images.into_dispatch(), windows))
}

/// The numbers of a tensor in order; a tensor that lies otherwise in memory is copied first.
pub(super) fn in_order(tensor: FlexTensor) -> FlexTensor {
    if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() }
}

/// The numbers of a tensor that [`in_order`] returned.
pub(super) fn numbers(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_else(|| unreachable!("networks compute in single precision, and `in_order` was called"))
}

pub(super) fn tensor<const D: usize>(numbers: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(numbers, shape))
}

/// The numbers of a tensor to be changed, copied where others still hold them.
pub(super) fn own(tensor: FlexTensor) -> Vec<f32> {
    let data = in_order(tensor).into_data();
    data.try_into_vec().unwrap_or_else(|error| unreachable!("networks compute in single precision: {error:?}"))
}

pub(super) fn convolution(images: [usize; 4], filters: [usize; 4], steps: Steps) -> Convolution {
    let ([batch, height, width, inputs], [outputs, of, rows, columns]) = (images, filters);
    assert_eq!(inputs, of, "the filters take {of} channels, the images have {inputs}");
    let Steps { stride, padding, dilation } = steps;
    Convolution { batch, height, width, inputs, outputs, kernel: [rows, columns], stride, padding, dilation }
}

pub(super) fn moments_of(moments: &FlexTensor) -> Moments {
    let (mean, variance) = numbers(moments).split_at(numbers(moments).len() / 2);
    Moments { mean: mean.to_vec(), variance: variance.to_vec() }
}

pub(super) fn normalized(
    images: FlexTensor,
    scale: FlexTensor,
    shift: FlexTensor,
    residual: Option<FlexTensor>,
    moments: &FlexTensor,
    how: How,
) -> FlexTensor {
    let (images, scale, shift, residual) = (in_order(images), in_order(scale), in_order(shift), residual.map(in_order));
    let affine = Affine { scale: numbers(&scale), shift: numbers(&shift), epsilon: how.epsilon };
    let residual = residual.as_ref().map(numbers);
    let (values, moments) = (numbers(&images), moments_of(moments));
    let output = bloodpool_kernels::normalize(values, &how.sets, &moments, &affine, residual, how.rectified);
    tensor(output, images.shape().dims::<4>())
}

pub(super) fn convolved(
    images: FlexTensor,
    packed: &Packed,
    residual: Option<FlexTensor>,
    rectified: bool,
) -> FlexTensor {
    let (images, residual) = (in_order(images), residual.map(in_order));
    let shape = convolution(images.shape().dims(), packed.dims, packed.steps);
    let start = Start { bias: Some(&packed.shift), residual: residual.as_ref().map(numbers) };
    let output = packed.prepared.forward(&shape, numbers(&images), start, rectified);
    let (rows, columns) = shape.output_size();
    tensor(output, [shape.batch, rows, columns, shape.outputs])
}

/// The same as [`Operators::convolve`] but for rounding, in the way that is fastest for this many images: for training alone, since what a
/// network finds in an image must not depend on how many images it sees at once.
pub(super) fn convolved_in_training(images: &FlexTensor, filters: &FlexTensor, steps: Steps) -> FlexTensor {
    let shape = convolution(images.shape().dims(), filters.shape().dims(), steps);
    let output = Prepared::once(&shape, numbers(filters)).forward(&shape, numbers(images), Start::default(), false);
    let (rows, columns) = shape.output_size();
    tensor(output, [shape.batch, rows, columns, shape.outputs])
}

impl Operators for Flex {
    fn convolve(images: FlexTensor, filters: FlexTensor, steps: Steps) -> FlexTensor {
        let (images, filters) = (in_order(images), in_order(filters));
        let shape = convolution(images.shape().dims(), filters.shape().dims(), steps);
        let packed = Filters::new(&shape, numbers(&filters));
        let output = bloodpool_kernels::forward(&shape, numbers(&images), &packed, Start::default(), false);
        let (rows, columns) = shape.output_size();
        tensor(output, [shape.batch, rows, columns, shape.outputs])
    }

    fn moments(images: FlexTensor, sets: Sets) -> FlexTensor {
        let Moments { mut mean, variance } = bloodpool_kernels::moments(numbers(&in_order(images)), &sets);
        let count = mean.len();
        mean.extend(variance);
        tensor(mean, [2, count])
    }

    fn normalize(
        images: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        moments: FlexTensor,
        how: How,
    ) -> FlexTensor {
        normalized(images, scale, shift, None, &moments, how)
    }

    fn normalize_onto(
        images: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        residual: FlexTensor,
        moments: FlexTensor,
        how: How,
    ) -> FlexTensor {
        normalized(images, scale, shift, Some(residual), &moments, how)
    }

    fn convolve_packed(images: FlexTensor, packed: Arc<Packed>, rectified: bool) -> FlexTensor {
        convolved(images, &packed, None, rectified)
    }

    fn convolve_packed_onto(
        images: FlexTensor,
        residual: FlexTensor,
        packed: Arc<Packed>,
        rectified: bool,
    ) -> FlexTensor {
        convolved(images, &packed, Some(residual), rectified)
    }

    fn halve(images: FlexTensor) -> FlexTensor {
        let [n, h, w, c] = images.shape().dims();
        tensor(bloodpool_kernels::halve(numbers(&in_order(images)), [h, w, c]), [n, h / 2, w / 2, c])
    }

    fn double(images: FlexTensor) -> FlexTensor {
        let [n, h, w, c] = images.shape().dims();
        tensor(bloodpool_kernels::double(numbers(&in_order(images)), [h, w, c]), [n, 2 * h, 2 * w, c])
    }

    fn max_pool(images: FlexTensor, windows: Windows) -> FlexTensor {
        maxima(images, windows).0
    }
}

pub(super) fn maxima(images: FlexTensor, windows: Windows) -> (FlexTensor, MaxPool, Vec<u32>) {
    let [batch, height, width, channels] = images.shape().dims();
    let Windows { side: window, stride, padding } = windows;
    let pool = MaxPool { batch, height, width, channels, window, stride, padding };
    let (maxima, places) = pool.forward(numbers(&in_order(images)));
    let (rows, columns) = pool.output_size();
    (tensor(maxima, [batch, rows, columns, channels]), pool, places)
}
