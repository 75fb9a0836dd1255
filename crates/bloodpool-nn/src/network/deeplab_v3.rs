//! DeepLabV3 on ResNet-50, as torchvision's `deeplabv3_resnet50` (Chen et al. 2017): the network of Oh et al. 2022.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::conv_norm::ConvNorm;
use super::dropout::Dropout;
use super::fcn::{FcnHead, Last, auxiliary_logits};
use super::prediction::Logits;
use super::resnet::{DEEP, MIDDLE, ResNet};
use super::upsample::upsample;

/// Channels of the pyramid.
const WIDTH: usize = 256;
/// Dilations of its 3 x 3 branches.
const DILATIONS: [usize; 3] = [12, 24, 36];
/// Share of numbers that the pyramid drops in training.
const DROPPED: f64 = 0.5;

/// Atrous spatial pyramid pooling.
#[derive(Module, Debug)]
struct Pyramid {
    branches: Vec<ConvNorm>,
    pooled: ConvNorm,
    project: ConvNorm,
}

impl Pyramid {
    fn new(device: &Device) -> Self {
        let point = ConvNorm::same(DEEP, WIDTH, 1, 1, device);
        let wide = DILATIONS.map(|dilation| ConvNorm::same(DEEP, WIDTH, 3, dilation, device));
        Self {
            branches: std::iter::once(point).chain(wide).collect(),
            pooled: ConvNorm::same(DEEP, WIDTH, 1, 1, device),
            project: ConvNorm::same(WIDTH * (DILATIONS.len() + 2), WIDTH, 1, 1, device),
        }
    }

    fn forward(&self, images: Tensor<4>, dropout: &Dropout) -> Tensor<4> {
        let [batch, rows, columns, _] = images.dims();
        let mut parts: Vec<_> = self.branches.iter().map(|branch| branch.forward(images.clone())).collect();
        let mean = images.mean_dim(1).mean_dim(2); // [image, 1, 1, channel]
        parts.push(self.pooled.forward(mean).expand([batch, rows, columns, WIDTH]));
        dropout.apply(self.project.forward(Tensor::cat(parts, 3)), DROPPED)
    }
}

/// torchvision's `DeepLabHead`.
#[derive(Module, Debug)]
struct DeepLabHead {
    pyramid: Pyramid,
    hidden: ConvNorm,
    last: Last,
}

/// DeepLabV3.
#[derive(Module, Debug)]
pub struct DeepLabV3 {
    backbone: ResNet,
    classifier: DeepLabHead,
    aux_classifier: Option<FcnHead>,
}

impl DeepLabV3 {
    /// An untrained network.
    #[must_use]
    pub fn new(auxiliary: bool, device: &Device) -> Self {
        Self {
            backbone: ResNet::new(device),
            classifier: DeepLabHead {
                pyramid: Pyramid::new(device),
                hidden: ConvNorm::same(WIDTH, WIDTH, 3, 1, device),
                last: Last::new(WIDTH, device),
            },
            aux_classifier: auxiliary.then(|| FcnHead::new(MIDDLE, device)),
        }
    }

    /// Logits for images `[image, row, column, 3]`.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>, dropout: &Dropout) -> Logits {
        let [_, rows, columns, _] = images.dims();
        let (middle, deep) = self.backbone.forward(images);
        let DeepLabHead { pyramid, hidden, last } = &self.classifier;
        let logits = last.forward(hidden.forward(pyramid.forward(deep, dropout)));
        let auxiliary = auxiliary_logits(self.aux_classifier.as_ref(), middle, [rows, columns], dropout);
        Logits { logits: upsample(logits, rows, columns), auxiliary }
    }

    /// All layers that have to be prepared for inference.
    pub fn layers(&mut self) -> impl Iterator<Item = &mut ConvNorm> {
        let DeepLabHead { pyramid, hidden, .. } = &mut self.classifier;
        let auxiliary = self.aux_classifier.iter_mut().flat_map(FcnHead::layers);
        let head = pyramid.branches.iter_mut().chain([&mut pyramid.pooled, &mut pyramid.project, hidden]);
        self.backbone.layers().chain(head).chain(auxiliary)
    }
}
