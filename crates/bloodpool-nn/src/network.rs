//! `Network`: what looks at frames and says of each pixel whether it is LV, and where it can, how much of it is LV blood.

pub mod compact;
pub mod conv_norm;
pub mod deeplab_v3;
pub mod dropout;
pub mod fcn;
pub mod names;
pub mod resnet;
pub mod scene;
pub mod unet;
pub mod upsample;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use compact::{Compact, CompactConfig};
use deeplab_v3::DeepLabV3;
use dropout::Dropout;
use fcn::Fcn;
use unet::UNet;

use crate::input::{Layout, Seen};
use crate::operator::{Steps, convolve};

/// Classes of the networks that were made for pictures: background and LV.
pub const CLASSES: usize = 2;

/// Which network, and how large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "architecture", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// The compact U-Net.
    Compact(CompactConfig),
    /// DeepLabV3 on ResNet-50.
    DeepLabV3Resnet50(ResnetConfig),
    /// FCN on ResNet-50.
    FcnResnet50(ResnetConfig),
    /// The U-Net.
    Unet(UnetConfig),
}

/// What a network made for pictures sees as red, green and blue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Picture {
    /// The frame, three times, as Oh et al. 2022.
    #[default]
    Frame,
    /// The frame, its two-harmonic reconstruction, and the mean over the cycle.
    InCycle,
}

impl Picture {
    fn seen(self) -> Seen {
        match self {
            Self::Frame => Seen::Frame,
            Self::InCycle => Seen::FrameInCycle,
        }
    }
}

/// Size of a network on ResNet-50.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResnetConfig {
    /// Side of the pictures that it sees, pixels.
    pub side: usize,
    /// Whether an auxiliary head helps in training.
    pub auxiliary: bool,
    /// What it sees.
    pub picture: Picture,
}

impl Default for ResnetConfig {
    fn default() -> Self {
        Self { side: 256, auxiliary: false, picture: Picture::Frame }
    }
}

/// Size of a U-Net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnetConfig {
    /// Side of the pictures that it sees, pixels.
    pub side: usize,
    /// Channels of the first level; each level has twice as many as the one before.
    pub width: usize,
    /// What it sees.
    pub picture: Picture,
}

impl Default for UnetConfig {
    fn default() -> Self {
        Self { side: 256, width: 64, picture: Picture::Frame }
    }
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self::Compact(CompactConfig::default())
    }
}

impl NetworkConfig {
    /// Names of the networks.
    pub const NAMES: [&str; 4] = ["compact", "deeplab-v3-resnet50", "fcn-resnet50", "unet"];

    /// The network of this name, of its usual size.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "compact" => Some(Self::default()),
            "deeplab-v3-resnet50" => Some(Self::DeepLabV3Resnet50(ResnetConfig::default())),
            "fcn-resnet50" => Some(Self::FcnResnet50(ResnetConfig::default())),
            "unet" => Some(Self::Unet(UnetConfig::default())),
            _ => None,
        }
    }

    /// The same network for pictures of another side.
    ///
    /// # Errors
    /// A sentence, for a network that sees one side alone.
    pub fn with_side(mut self, pixels: usize) -> Result<Self, String> {
        match &mut self {
            Self::Compact(_) if pixels == compact::GRID => {}
            Self::Compact(_) => {
                return Err(format!("the compact network sees {} pixels, not {pixels}", compact::GRID));
            }
            Self::DeepLabV3Resnet50(ResnetConfig { side, .. })
            | Self::FcnResnet50(ResnetConfig { side, .. })
            | Self::Unet(UnetConfig { side, .. }) => *side = pixels,
        }
        Ok(self)
    }

    /// The same network of another width.
    ///
    /// # Errors
    /// A sentence, for a network that comes in one width alone.
    pub fn with_width(mut self, channels: usize) -> Result<Self, String> {
        match &mut self {
            Self::Unet(UnetConfig { width, .. }) => *width = channels,
            _ => return Err("the U-Net alone comes in other widths".to_owned()),
        }
        Ok(self)
    }

    /// The same network for other pictures.
    ///
    /// # Errors
    /// A sentence, for a network that always sees the cycle.
    pub fn with_picture(mut self, seen: Picture) -> Result<Self, String> {
        match &mut self {
            Self::Compact(_) => return Err("the compact network always sees frames in their cycle".to_owned()),
            Self::DeepLabV3Resnet50(ResnetConfig { picture, .. })
            | Self::FcnResnet50(ResnetConfig { picture, .. })
            | Self::Unet(UnetConfig { picture, .. }) => *picture = seen,
        }
        Ok(self)
    }

    /// Whether its norms are over all images of a step, which then cannot be shared out.
    #[must_use]
    pub fn normalizes_over_batch(&self) -> bool {
        !matches!(self, Self::Compact(_))
    }

    /// What the network sees.
    #[must_use]
    pub fn layout(&self) -> Layout {
        match self {
            Self::Compact(CompactConfig { scene, .. }) => {
                Layout { side: compact::GRID, seen: if *scene { Seen::BloodPool } else { Seen::Cycle } }
            }
            Self::DeepLabV3Resnet50(ResnetConfig { side, picture, .. })
            | Self::FcnResnet50(ResnetConfig { side, picture, .. })
            | Self::Unet(UnetConfig { side, picture, .. }) => Layout { side: *side, seen: picture.seen() },
        }
    }

    /// A network with weights drawn from `seed`: the same seed gives the same weights, on any device.
    ///
    /// # Errors
    /// A sentence saying which setting cannot be built.
    pub fn init(&self, seed: u64, device: &Device) -> Result<Network, String> {
        let network = match self {
            Self::Compact(config) => Network::Compact(Compact::new(config, device)?),
            Self::DeepLabV3Resnet50(config) => Network::DeepLabV3(DeepLabV3::new(config.auxiliary, device)),
            Self::FcnResnet50(config) => Network::Fcn(Fcn::new(config.auxiliary, device)),
            Self::Unet(UnetConfig { side, width, .. }) => {
                if *width == 0 || !side.is_multiple_of(1 << unet::DEPTH) {
                    return Err(format!(
                        "a U-Net of width {width} cannot see {side} pixels: the width must be above 0, the side a multiple of {}",
                        1 << unet::DEPTH
                    ));
                }
                Network::UNet(UNet::new(*width, device))
            }
        };
        Ok(network.map(&mut DrawWeights { rng: ChaCha8Rng::seed_from_u64(seed) }))
    }
}

/// A network of any architecture.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub enum Network {
    /// The compact U-Net.
    Compact(Compact),
    /// DeepLabV3 on ResNet-50.
    DeepLabV3(DeepLabV3),
    /// FCN on ResNet-50.
    Fcn(Fcn),
    /// The U-Net.
    UNet(UNet),
}

/// What a network says of frames, as logits.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// LV, `[frame, row, column]`.
    pub lv: Tensor<3>,
    /// Fraction of the counts that come from LV blood, `[frame, row, column]`, from networks that give it.
    pub fraction: Option<Tensor<3>>,
    /// LV by the auxiliary head, in training.
    pub auxiliary: Option<Tensor<3>>,
    /// What is seen beyond the LV, from networks that give it.
    pub scene: Option<ScenePrediction>,
}

/// What a network says of frames beyond the LV, as logits.
#[derive(Debug, Clone)]
pub struct ScenePrediction {
    /// RV, `[frame, row, column]`.
    pub rv: Tensor<3>,
    /// Fraction of the counts that come from RV blood, `[frame, row, column]`.
    pub rv_fraction: Tensor<3>,
    /// Where each landmark is, `[frame, landmark, row, column]`; a softmax over rows and columns gives probabilities.
    pub landmarks: Tensor<4>,
    /// What each view shows, `[view, logit]`; see [`scene::recognition`].
    pub recognition: Tensor<2>,
}

/// Logits of the classes, `[image, row, column, class]`.
#[derive(Debug, Clone)]
pub struct Logits {
    /// Of the network.
    pub logits: Tensor<4>,
    /// Of the auxiliary head, in training.
    pub auxiliary: Option<Tensor<4>>,
}

impl Network {
    /// What the network says of the frames `[frame, channel, row, column]` of one view.
    #[must_use]
    pub fn forward(&self, frames: Tensor<4>, dropout: &Dropout) -> Prediction {
        self.forward_views(frames, 1, dropout)
    }

    /// What the network says of the frames of `views` views in order, each with the same number of frames.
    #[must_use]
    pub fn forward_views(&self, frames: Tensor<4>, views: usize, dropout: &Dropout) -> Prediction {
        if let Self::Compact(network) = self {
            let logits = network.forward(frames, views);
            let plane = |of: &Tensor<4>, index: usize| of.clone().narrow(1, index, 1).squeeze_dim(1);
            let scene = (logits.planes.zip(logits.recognition)).map(|(planes, recognition)| ScenePrediction {
                rv: plane(&planes, 0),
                rv_fraction: plane(&planes, 1),
                landmarks: planes.narrow(1, 2, scene::LANDMARKS),
                recognition,
            });
            let (lv, fraction) = (plane(&logits.lv, 0), plane(&logits.lv, 1));
            return Prediction { lv, fraction: Some(fraction), auxiliary: None, scene };
        }
        // The softmax of two classes is the sigmoid of their difference.
        let lv = |logits: Tensor<4>| {
            let class = |index: usize| logits.clone().narrow(3, index, 1).squeeze_dim(3);
            class(1) - class(0)
        };
        let Logits { logits, auxiliary } = self.class_logits(frames, dropout);
        Prediction { lv: lv(logits), fraction: None, auxiliary: auxiliary.map(lv), scene: None }
    }

    /// Logits of the classes for `[image, channel, row, column]`; of the compact network, those of LV and LV fraction.
    #[must_use]
    pub fn class_logits(&self, images: Tensor<4>, dropout: &Dropout) -> Logits {
        let last = |images: Tensor<4>| images.permute([0, 2, 3, 1]);
        match self {
            Self::Compact(network) => Logits { logits: last(network.forward(images, 1).lv), auxiliary: None },
            Self::DeepLabV3(network) => network.forward(last(images), dropout),
            Self::Fcn(network) => network.forward(last(images), dropout),
            Self::UNet(network) => network.forward(last(images)),
        }
    }

    /// The network made ready for use: what depends on its weights alone is computed once.
    #[must_use]
    pub fn settled(mut self) -> Self {
        match &mut self {
            Self::Compact(_) => {}
            Self::DeepLabV3(network) => network.layers().for_each(conv_norm::ConvNorm::settle),
            Self::Fcn(network) => network.layers().for_each(conv_norm::ConvNorm::settle),
            Self::UNet(network) => network.layers().for_each(conv_norm::ConvNorm::settle),
        }
        self
    }
}

/// A 1 x 1 convolution of images `[image, row, column, channel]`, with its bias.
fn pointwise(layer: &Conv2d, images: Tensor<4>) -> Tensor<4> {
    let output = convolve(images, layer.weight.val(), Steps::same(1, 1));
    match &layer.bias {
        None => output,
        Some(bias) => {
            let [channels] = bias.dims();
            output + bias.val().reshape([1, 1, 1, channels])
        }
    }
}

/// Images `[n, h, w, c * block²]` to `[n, h * block, w * block, c]`: each pixel gives the pixels of a block.
fn join_blocks(images: Tensor<4>, block: usize) -> Tensor<4> {
    let [n, h, w, channels] = images.dims();
    let c = channels / (block * block);
    images.reshape([n, h, w, c, block, block]).permute([0, 1, 4, 2, 5, 3]).reshape([n, h * block, w * block, c])
}

/// Draws convolution weights (He et al. 2015, normal); biases and norms keep the values that they are built with.
struct DrawWeights {
    rng: ChaCha8Rng,
}

impl ModuleMapper for DrawWeights {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if D < 2 {
            return param;
        }
        param.map(|weight| {
            let shape = weight.dims(); // [out, in, kernel, kernel]
            let fan_in: usize = shape[1..].iter().product();
            let scale = (2.0 / fan_in as f32).sqrt();
            let values: Vec<f32> = (0..shape.iter().product::<usize>())
                .map(|_| scale * Distribution::<f32>::sample(&StandardNormal, &mut self.rng))
                .collect();
            let drawn = Tensor::from_data(TensorData::new(values, shape), &weight.device());
            drawn.set_require_grad(weight.is_require_grad())
        })
    }
}
