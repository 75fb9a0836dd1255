//! FCN on ResNet-50, as torchvision's `fcn_resnet50` (Long et al. 2015), and the head that DeepLabV3 shares as auxiliary.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use super::conv_norm::ConvNorm;
use super::dropout::Dropout;
use super::prediction::{CLASSES, Logits};
use super::resnet::{DEEP, MIDDLE, ResNet};
use super::upsample::upsample;
use crate::operator::{Steps, convolve};

/// Share of numbers that the head drops in training.
const DROPPED: f64 = 0.1;

/// The convolution that gives the logits.
#[derive(Module, Debug)]
pub struct Last {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
}

impl Last {
    /// An untrained last layer.
    #[must_use]
    pub fn new(inputs: usize, device: &Device) -> Self {
        let weight = Initializer::Zeros.init([CLASSES, inputs, 1, 1], device);
        Self { weight, bias: Initializer::Zeros.init([CLASSES], device) }
    }

    /// Logits `[image, row, column, class]`.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        convolve(images, self.weight.val(), Steps::same(1, 1)) + self.bias.val().reshape([1, 1, 1, CLASSES])
    }
}

/// torchvision's `FCNHead`.
#[derive(Module, Debug)]
pub struct FcnHead {
    hidden: ConvNorm,
    last: Last,
}

impl FcnHead {
    /// An untrained head.
    #[must_use]
    pub fn new(inputs: usize, device: &Device) -> Self {
        Self { hidden: ConvNorm::same(inputs, inputs / 4, 3, 1, device), last: Last::new(inputs / 4, device) }
    }

    /// Logits `[image, row, column, class]`.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>, dropout: &Dropout) -> Tensor<4> {
        self.last.forward(dropout.apply(self.hidden.forward(images), DROPPED))
    }

    /// All layers that have to be prepared for inference.
    pub fn layers(&mut self) -> impl Iterator<Item = &mut ConvNorm> {
        std::iter::once(&mut self.hidden)
    }
}

/// The FCN.
#[derive(Module, Debug)]
pub struct Fcn {
    backbone: ResNet,
    classifier: FcnHead,
    aux_classifier: Option<FcnHead>,
}

impl Fcn {
    /// An untrained network.
    #[must_use]
    pub fn new(auxiliary: bool, device: &Device) -> Self {
        Self {
            backbone: ResNet::new(device),
            classifier: FcnHead::new(DEEP, device),
            aux_classifier: auxiliary.then(|| FcnHead::new(MIDDLE, device)),
        }
    }

    /// Logits for images `[image, row, column, 3]`.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>, dropout: &Dropout) -> Logits {
        let [_, rows, columns, _] = images.dims();
        let (middle, deep) = self.backbone.forward(images);
        let logits = upsample(self.classifier.forward(deep, dropout), rows, columns);
        let auxiliary = auxiliary_logits(self.aux_classifier.as_ref(), middle, [rows, columns], dropout);
        Logits { logits, auxiliary }
    }

    /// All layers that have to be prepared for inference.
    pub fn layers(&mut self) -> impl Iterator<Item = &mut ConvNorm> {
        let auxiliary = self.aux_classifier.iter_mut().flat_map(FcnHead::layers);
        self.backbone.layers().chain(self.classifier.layers()).chain(auxiliary)
    }
}

/// Logits of an auxiliary head, which is used only in training.
pub(super) fn auxiliary_logits(
    head: Option<&FcnHead>,
    images: Tensor<4>,
    size: [usize; 2],
    dropout: &Dropout,
) -> Option<Tensor<4>> {
    let head = head.filter(|_| images.device().is_autodiff())?;
    Some(upsample(head.forward(images, dropout), size[0], size[1]))
}
