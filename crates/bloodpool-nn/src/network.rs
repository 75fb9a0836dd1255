//! `Network`: what looks at the frames of a window and gives two logits for each pixel, LV and LV fraction.

pub mod compact;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use compact::{Compact, CompactConfig};

/// Which network, and how large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "architecture", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// The compact U-Net.
    Compact(CompactConfig),
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self::Compact(CompactConfig::default())
    }
}

impl NetworkConfig {
    /// A network with weights drawn from `seed`: the same seed gives the same weights, on any device.
    ///
    /// # Errors
    /// A sentence saying which setting cannot be built.
    pub fn init(&self, seed: u64, device: &Device) -> Result<Network, String> {
        let network = match self {
            Self::Compact(config) => Network::Compact(Compact::new(config, device)?),
        };
        Ok(network.map(&mut DrawWeights { rng: ChaCha8Rng::seed_from_u64(seed) }))
    }
}

/// A network of any architecture.
#[derive(Module, Debug)]
pub enum Network {
    /// The compact U-Net.
    Compact(Compact),
}

impl Network {
    /// Logits `[batch, 2, height, width]` (LV, then LV fraction) for `[batch, channels, height, width]`.
    #[must_use]
    pub fn forward(&self, frames: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Compact(network) => network.forward(frames),
        }
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
