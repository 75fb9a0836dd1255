//! `ConvNorm`: a convolution with batch norm. In training these are two steps; in use the norm is folded into the weights.

use burn::module::{Module, Param, RunningState};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use crate::operator::{self, Folded, Norm, Shared, Steps, convolve, convolve_folded, normalize};

/// Added to variances, as PyTorch does.
const EPSILON: f64 = 1e-5;
/// Share of a step's moments in the running ones, as in PyTorch.
const MOMENTUM: f64 = 0.1;

/// Weights of a convolution without bias, `[output, input, row, column]`.
#[derive(Module, Debug)]
pub struct Filters {
    /// `[output, input, row, column]`
    pub weight: Param<Tensor<4>>,
}

/// Batch norm, its fields named as PyTorch names them.
#[derive(Module, Debug)]
pub struct BatchNorm {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
    running_mean: RunningState<Tensor<1>>,
    running_var: RunningState<Tensor<1>>,
}

/// A convolution with batch norm.
#[derive(Module, Debug)]
pub struct ConvNorm {
    conv: Filters,
    norm: BatchNorm,
    #[module(skip)]
    steps: Steps,
    #[module(skip)]
    folded: Option<Folded>,
}

/// Filters whose weights are drawn later.
#[must_use]
pub fn filters(shape: [usize; 4], device: &Device) -> Filters {
    Filters { weight: Initializer::Zeros.init(shape, device) }
}

impl ConvNorm {
    /// An untrained layer of filters with `side` x `side` taps.
    #[must_use]
    pub fn new(inputs: usize, outputs: usize, side: usize, steps: Steps, device: &Device) -> Self {
        let norm = BatchNorm {
            weight: Initializer::Ones.init([outputs], device),
            bias: Initializer::Zeros.init([outputs], device),
            running_mean: RunningState::new(Tensor::zeros([outputs], device)),
            running_var: RunningState::new(Tensor::ones([outputs], device)),
        };
        Self { conv: filters([outputs, inputs, side, side], device), norm, steps, folded: None }
    }

    /// As [`ConvNorm::new`], stride 1, the size kept.
    #[must_use]
    pub fn same(inputs: usize, outputs: usize, side: usize, dilation: usize, device: &Device) -> Self {
        Self::new(inputs, outputs, side, Steps::same(side, dilation), device)
    }

    /// The layer's images `[image, row, column, channel]` and ReLU.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        self.run(images, None, true)
    }

    /// The layer's images plus others, and ReLU.
    #[must_use]
    pub fn forward_onto(&self, images: Tensor<4>, residual: Tensor<4>) -> Tensor<4> {
        self.run(images, Some(residual), true)
    }

    /// The layer's images without ReLU.
    #[must_use]
    pub fn forward_linear(&self, images: Tensor<4>) -> Tensor<4> {
        self.run(images, None, false)
    }

    fn run(&self, images: Tensor<4>, residual: Option<Tensor<4>>, rectified: bool) -> Tensor<4> {
        if images.device().is_autodiff() {
            return self.train(images, residual, rectified);
        }
        match &self.folded {
            Some(folded) => convolve_folded(images, folded, residual, rectified),
            None => convolve_folded(images, &self.fold(), residual, rectified),
        }
    }

    /// With the moments of these images, which move the running ones. PyTorch's running variance is unbiased.
    fn train(&self, images: Tensor<4>, residual: Option<Tensor<4>>, rectified: bool) -> Tensor<4> {
        let images = convolve(images, self.conv.weight.val(), self.steps);
        let [batch, rows, columns, channels] = images.dims();
        let (scale, shift) = (self.norm.weight.val(), self.norm.bias.val());
        let norm = Norm { shared: Shared::Batch, scale, shift, epsilon: EPSILON };
        let (images, moments) = normalize(images, &norm, residual, rectified);
        let count = (batch * rows * columns) as f64;
        let moment = |index: usize| moments.clone().narrow(0, index, 1).reshape([channels]).detach();
        let moved = |running: &RunningState<Tensor<1>>, moment: Tensor<1>| {
            let before = running.value_sync().to_device(&moment.device());
            running.update((before * (1.0 - MOMENTUM) + moment * MOMENTUM).detach());
            running.value_sync(); // only then do other references read the update
        };
        moved(&self.norm.running_mean, moment(0));
        moved(&self.norm.running_var, moment(1) * (count / (count - 1.0).max(1.0)));
        images
    }

    /// The convolution and its norm, by the running moments, as one convolution with bias.
    fn fold(&self) -> Folded {
        let norm = &self.norm;
        let scale = norm.weight.val() / norm.running_var.value_sync().add_scalar(EPSILON).sqrt();
        let shift = norm.bias.val() - norm.running_mean.value_sync() * scale.clone();
        operator::fold(self.conv.weight.val(), scale, shift, self.steps)
    }

    /// Folds the norm once, for a network whose weights no longer change.
    pub fn prepare(&mut self) {
        self.folded = Some(self.fold());
    }
}
