//! `pointwise`: a 1 x 1 convolution with bias.

use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;

use crate::operator::{Steps, convolve};

/// A 1 x 1 convolution of images `[image, row, column, channel]`, with its bias.
pub(super) fn pointwise(layer: &Conv2d, images: Tensor<4>) -> Tensor<4> {
    let output = convolve(images, layer.weight.val(), Steps::same(1, 1));
    match &layer.bias {
        None => output,
        Some(bias) => {
            let [channels] = bias.dims();
            output + bias.val().reshape([1, 1, 1, channels])
        }
    }
}
