//! Elementary functions that the terms of the loss are made of.

use burn::tensor::Tensor;

/// Beyond this distance the curve and EF terms grow linearly.
const KNEE: f64 = 0.05;

/// Cross-entropy of each pixel, from logits: max(x, 0) - x t + ln(1 + exp(-|x|)). Of two classes, x is the difference of
/// their logits.
pub(crate) fn cross_entropy<const D: usize>(logit: Tensor<D>, truth: Tensor<D>) -> Tensor<D> {
    logit.clone().clamp_min(0.0) - logit.clone() * truth + logit.abs().neg().exp().log1p()
}

/// Least possible cross-entropy of each pixel.
pub(crate) fn entropy(truth: Tensor<3>) -> Tensor<3> {
    let part = |p: Tensor<3>| p.clone().clamp_min(1e-7).log() * p;
    (part(truth.clone()) + part(truth.neg().add_scalar(1.0))).neg()
}

/// Mean over the pixels of all frames, view by view.
pub(crate) fn view_means(values: Tensor<3>, views: usize) -> Tensor<1> {
    let [images, rows, columns] = values.dims();
    values.reshape([views, images / views * rows * columns]).mean_dim(1).reshape([views])
}

/// 1 - soft Dice, the mean over the images of each view; an image without LV counts as one where nothing is predicted.
pub(crate) fn dice_losses(probability: Tensor<3>, truth: Tensor<3>, views: usize) -> Tensor<1> {
    let [images, rows, columns] = probability.dims();
    let sum = |x: Tensor<3>| x.reshape([images, rows * columns]).sum_dim(1).reshape([images]);
    let both = sum(probability.clone() * truth.clone());
    let all = sum(probability.square()) + sum(truth.square());
    let dice = (both * 2.0 + 1.0) / (all + 1.0);
    dice.reshape([views, images / views]).mean_dim(1).reshape([views]).neg().add_scalar(1.0)
}

/// Quadratic near 0, linear beyond the knee (pseudo-Huber).
pub(crate) fn distance<const D: usize>(error: Tensor<D>) -> Tensor<D> {
    error.square().add_scalar(KNEE * KNEE).sqrt().sub_scalar(KNEE)
}

/// Mean over the views where it is known; 0 where it is known of none.
pub(crate) fn known_mean(values: Tensor<1>, known: &Tensor<1>) -> Tensor<1> {
    (values * known.clone()).sum() / known.clone().sum().clamp_min(1.0)
}
