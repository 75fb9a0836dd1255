//! ResNet-50 with output stride 8, as torchvision builds it for segmentation: the last two stages are dilated instead of
//! strided (He et al. 2015; Chen et al. 2017).

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::conv_norm::ConvNorm;
use crate::operator::{Steps, Windows, max_pool};

/// Channels of the deepest images.
pub const DEEP: usize = 2048;
/// Channels of the images before the last stage, which an auxiliary head reads.
pub const MIDDLE: usize = 1024;

/// Three convolutions, the middle one 3 x 3, beside a shortcut.
#[derive(Module, Debug)]
struct Bottleneck {
    first: ConvNorm,
    second: ConvNorm,
    third: ConvNorm,
    downsample: Option<ConvNorm>,
}

impl Bottleneck {
    fn new(inputs: usize, width: usize, stride: usize, dilation: usize, device: &Device) -> Self {
        let outputs = 4 * width;
        let steps = Steps { stride, ..Steps::same(3, dilation) };
        let downsample = (inputs != outputs)
            .then(|| ConvNorm::new(inputs, outputs, 1, Steps { stride, ..Steps::same(1, 1) }, device));
        Self {
            first: ConvNorm::same(inputs, width, 1, 1, device),
            second: ConvNorm::new(width, width, 3, steps, device),
            third: ConvNorm::same(width, outputs, 1, 1, device),
            downsample,
        }
    }

    fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let shortcut = match &self.downsample {
            None => images.clone(),
            Some(downsample) => downsample.forward_linear(images.clone()),
        };
        self.third.forward_onto(self.second.forward(self.first.forward(images)), shortcut)
    }
}

/// The backbone.
#[derive(Module, Debug)]
pub struct ResNet {
    first: ConvNorm,
    layer1: Vec<Bottleneck>,
    layer2: Vec<Bottleneck>,
    layer3: Vec<Bottleneck>,
    layer4: Vec<Bottleneck>,
}

/// Bottlenecks of one width. In torchvision the first of a dilated stage has the dilation of the stage before.
fn stage(
    inputs: usize,
    width: usize,
    count: usize,
    stride: usize,
    dilations: [usize; 2],
    device: &Device,
) -> Vec<Bottleneck> {
    let first = Bottleneck::new(inputs, width, stride, dilations[0], device);
    let others = (1..count).map(|_| Bottleneck::new(4 * width, width, 1, dilations[1], device));
    std::iter::once(first).chain(others).collect()
}

impl ResNet {
    /// An untrained backbone for images of three channels.
    #[must_use]
    pub fn new(device: &Device) -> Self {
        Self {
            first: ConvNorm::new(3, 64, 7, Steps { stride: 2, padding: 3, dilation: 1 }, device),
            layer1: stage(64, 64, 3, 1, [1, 1], device),
            layer2: stage(256, 128, 4, 2, [1, 1], device),
            layer3: stage(512, 256, 6, 1, [1, 2], device),
            layer4: stage(1024, 512, 3, 1, [2, 4], device),
        }
    }

    /// Images `[image, row / 8, column / 8, channel]` before and after the last stage.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let images = max_pool(self.first.forward(images), Windows { side: 3, stride: 2, padding: 1 });
        let through = |images: Tensor<4>, stage: &[Bottleneck]| {
            stage.iter().fold(images, |images, bottleneck| bottleneck.forward(images))
        };
        let images = through(through(images, &self.layer1), &self.layer2);
        let middle = through(images, &self.layer3);
        let deep = through(middle.clone(), &self.layer4);
        (middle, deep)
    }

    /// All layers that have to be prepared for inference.
    pub fn layers(&mut self) -> impl Iterator<Item = &mut ConvNorm> {
        let blocks = [&mut self.layer1, &mut self.layer2, &mut self.layer3, &mut self.layer4].into_iter().flatten();
        std::iter::once(&mut self.first).chain(blocks.flat_map(|block| {
            [&mut block.first, &mut block.second, &mut block.third].into_iter().chain(block.downsample.as_mut())
        }))
    }
}
