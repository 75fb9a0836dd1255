//! U-Net (Ronneberger et al. 2015) with padded convolutions and batch norm, of any width.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use super::blocks::join_blocks;
use super::conv_norm::ConvNorm;
use super::fcn::Last;
use super::prediction::Logits;
use crate::operator::{Steps, Windows, convolve, max_pool};

/// Halvings of the image.
pub const DEPTH: usize = 4;

/// Doubles images by a transposed convolution with 2 x 2 taps, then joins them with those of before the halving.
#[derive(Module, Debug)]
struct Up {
    up: Transposed,
    block: Vec<ConvNorm>,
}

/// A transposed convolution with 2 x 2 taps and stride 2.
#[derive(Module, Debug)]
struct Transposed {
    weight: Param<Tensor<4>>, // [input, output, row, column]
    bias: Param<Tensor<1>>,
}

impl Transposed {
    fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        let weight = Initializer::Zeros.init([inputs, outputs, 2, 2], device);
        Self { weight, bias: Initializer::Zeros.init([outputs], device) }
    }

    /// Its taps do not overlap: a point convolution gives each pixel the four of its block.
    fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let [inputs, outputs, ..] = self.weight.dims();
        let filters = self.weight.val().permute([1, 2, 3, 0]).reshape([outputs * 4, inputs, 1, 1]);
        let images = join_blocks(convolve(images, filters, Steps::same(1, 1)), 2);
        images + self.bias.val().reshape([1, 1, 1, outputs])
    }
}

fn two(inputs: usize, outputs: usize, device: &Device) -> Vec<ConvNorm> {
    vec![ConvNorm::same(inputs, outputs, 3, 1, device), ConvNorm::same(outputs, outputs, 3, 1, device)]
}

fn through(images: Tensor<4>, layers: &[ConvNorm]) -> Tensor<4> {
    layers.iter().fold(images, |images, layer| layer.forward(images))
}

/// The U-Net.
#[derive(Module, Debug)]
pub struct UNet {
    down: Vec<Vec<ConvNorm>>,
    up: Vec<Up>,
    head: Last,
}

impl UNet {
    /// An untrained network with `width` channels at the first level.
    #[must_use]
    pub fn new(width: usize, device: &Device) -> Self {
        let widths: Vec<usize> = (0..=DEPTH).map(|level| width << level).collect();
        let up = |level: usize| Up {
            up: Transposed::new(widths[level + 1], widths[level], device),
            block: two(2 * widths[level], widths[level], device),
        };
        Self {
            down: (0..=DEPTH)
                .map(|level| two(if level == 0 { 3 } else { widths[level - 1] }, widths[level], device))
                .collect(),
            up: (0..DEPTH).rev().map(up).collect(),
            head: Last::new(width, device),
        }
    }

    /// Logits for images `[image, row, column, 3]`, whose sides must be multiples of 16.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Logits {
        let mut skips = Vec::new();
        let mut images = images;
        for (level, layers) in self.down.iter().enumerate() {
            if level > 0 {
                skips.push(images.clone());
                images = max_pool(images, Windows { side: 2, stride: 2, padding: 0 });
            }
            images = through(images, layers);
        }
        for up in &self.up {
            let mut parts: Vec<_> = skips.pop().into_iter().collect();
            parts.push(up.up.forward(images));
            images = through(Tensor::cat(parts, 3), &up.block);
        }
        Logits { logits: self.head.forward(images), auxiliary: None }
    }

    /// All layers that have to be prepared for inference.
    pub fn layers(&mut self) -> impl Iterator<Item = &mut ConvNorm> {
        self.down.iter_mut().flatten().chain(self.up.iter_mut().flat_map(|up| &mut up.block))
    }
}
