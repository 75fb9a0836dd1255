//! `Network`: predicts for each pixel of some frames whether it is LV and, where it can, the fraction of LV blood in it.

mod blocks;
pub mod compact;
pub mod conv_norm;
pub mod deeplab_v3;
pub mod dropout;
pub mod fcn;
pub mod names;
mod pointwise;
pub mod prediction;
pub mod resnet;
pub mod scene;
pub mod unet;
pub mod upsample;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use compact::Compact;
use deeplab_v3::DeepLabV3;
use dropout::Dropout;
use fcn::Fcn;
use unet::UNet;

pub use bloodpool_config::{NetworkConfig, NetworkError, Picture, ResnetConfig, UnetConfig};
pub use prediction::{CLASSES, Logits, Prediction, ScenePrediction};

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

impl Network {
    /// A network with weights drawn from `seed`: the same seed gives the same weights, on any device.
    ///
    /// # Errors
    /// [`NetworkError`] when a setting cannot be built.
    pub fn new(config: &NetworkConfig, seed: u64, device: &Device) -> Result<Self, NetworkError> {
        Ok(Self::undrawn(config, device)?.map(&mut DrawWeights { rng: ChaCha8Rng::seed_from_u64(seed) }))
    }

    /// A network whose weights are read from a file next: drawing them first would take longer than reading them.
    pub(crate) fn undrawn(config: &NetworkConfig, device: &Device) -> Result<Self, NetworkError> {
        config.check_sizes()?;
        Ok(match config {
            NetworkConfig::Compact(config) => Self::Compact(Compact::new(config, device)?),
            NetworkConfig::DeepLabV3Resnet50(config) => Self::DeepLabV3(DeepLabV3::new(config.auxiliary, device)),
            NetworkConfig::FcnResnet50(config) => Self::Fcn(Fcn::new(config.auxiliary, device)),
            NetworkConfig::Unet(UnetConfig { side, width, .. }) => {
                let multiple = 1 << unet::DEPTH;
                if *width == 0 || !side.is_multiple_of(multiple) {
                    return Err(NetworkError::UnetSize { width: *width, side: *side, multiple });
                }
                Self::UNet(UNet::new(*width, device))
            }
        })
    }

    /// The output for the frames `[frame, channel, row, column]` of one view.
    #[must_use]
    pub fn forward(&self, frames: Tensor<4>, dropout: &Dropout) -> Prediction {
        self.forward_views(frames, 1, dropout)
    }

    /// The output for the frames of `views` views in order, each with the same number of frames.
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

    /// The network prepared for inference: batch norms are folded into their convolutions once.
    #[must_use]
    pub fn prepared(mut self) -> Self {
        match &mut self {
            Self::Compact(_) => {}
            Self::DeepLabV3(network) => network.layers().for_each(conv_norm::ConvNorm::prepare),
            Self::Fcn(network) => network.layers().for_each(conv_norm::ConvNorm::prepare),
            Self::UNet(network) => network.layers().for_each(conv_norm::ConvNorm::prepare),
        }
        self
    }
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
