//! The compact network: a U-Net that works on 2 x 2 blocks of pixels, so that no layer runs at full resolution.
//!
//! The ventricle's edge in a blood pool scan is blurred over several pixels, so that half the resolution loses nothing and
//! takes a quarter of the time; the head predicts the four pixels of each block.

use bloodpool_config::NetworkError;
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};

use super::blocks::{blocks_to_channels, channels_to_blocks};
use super::pointwise::pointwise;
use super::scene::SceneHeads;
use crate::operator::{Norm, Shared, Steps, convolve, double, halve, normalize};

pub use bloodpool_config::{CompactConfig, GRID};

/// Input channels per frame.
const CHANNELS: usize = 5;
/// Logits per pixel: LV, and fraction of the counts that come from LV blood.
const LOGITS: usize = 2;

/// Bias of the head before training.
const FIRST_LOGIT: f64 = -2.0;

/// The output of the compact network, as logits.
#[derive(Debug, Clone)]
pub struct CompactLogits {
    /// LV and LV fraction, `[frame, 2, row, column]`.
    pub lv: Tensor<4>,
    /// RV, RV fraction and landmarks, `[frame, 5, row, column]`, from a network with scene heads.
    pub planes: Option<Tensor<4>>,
    /// Recognition of each view, `[view, logit]`, from a network with scene heads.
    pub recognition: Option<Tensor<2>>,
}

/// Convolution 3 x 3, group norm, ReLU, on images `[image, row, column, channel]`.
#[derive(Module, Debug)]
struct Layer {
    convolution: Conv2d,
    norm: GroupNorm,
}

/// Scale and shift of a group norm.
#[derive(Module, Debug)]
struct GroupNorm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
    groups: usize,
}

/// Added to variances.
const EPSILON: f64 = 1e-5;

impl Layer {
    fn new(input: usize, output: usize, groups: usize, device: &Device) -> Self {
        let gamma = Initializer::Ones.init([output], device);
        let beta = Initializer::Zeros.init([output], device);
        let zeros = Conv2dConfig::new([input, output], [3, 3]).with_bias(false).with_initializer(Initializer::Zeros);
        let convolution = zeros.init(device);
        Self { convolution, norm: GroupNorm { gamma, beta, groups } }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let GroupNorm { gamma, beta, groups } = &self.norm;
        let shared = Shared::Groups(*groups);
        let norm = Norm { shared, scale: gamma.val(), shift: beta.val(), epsilon: EPSILON };
        normalize(convolve(x, self.convolution.weight.val(), Steps::same(3, 1)), &norm, None, true).0
    }
}

/// Two layers at one resolution.
#[derive(Module, Debug)]
struct Level {
    first: Layer,
    second: Layer,
}

impl Level {
    fn new(input: usize, output: usize, groups: usize, device: &Device) -> Self {
        Self { first: Layer::new(input, output, groups, device), second: Layer::new(output, output, groups, device) }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.second.forward(self.first.forward(x))
    }
}

/// The compact U-Net.
#[derive(Module, Debug)]
pub struct Compact {
    down: Vec<Level>,
    up: Vec<Level>,
    head: Conv2d,
    block: usize,
    scene: Option<SceneHeads>,
}

impl Compact {
    /// An untrained network.
    ///
    /// # Errors
    /// [`NetworkError`] when a setting cannot be built.
    pub fn new(config: &CompactConfig, device: &Device) -> Result<Self, NetworkError> {
        let CompactConfig { widths, block, groups, scene } = config;
        let (block, groups) = (*block, *groups);
        if widths.is_empty() || block == 0 || groups == 0 {
            return Err(NetworkError::EmptyCompact);
        }
        if let Some(&width) = widths.iter().find(|&&width| width == 0 || width % groups != 0) {
            return Err(NetworkError::Groups { width, groups });
        }
        if widths.len() > 6 || !GRID.is_multiple_of(block << (widths.len() - 1)) {
            return Err(NetworkError::Levels { levels: widths.len(), block, grid: GRID });
        }
        let mut input = CHANNELS * block * block;
        let mut down = Vec::new();
        for &width in widths {
            down.push(Level::new(input, width, groups, device));
            input = width;
        }
        let up = (widths.windows(2).rev()).map(|pair| Level::new(pair[0] + pair[1], pair[0], groups, device)).collect();
        // A start with almost no LV anywhere saves steps. Weights are drawn afterwards.
        let head = Conv2dConfig::new([widths[0], LOGITS * block * block], [1, 1])
            .with_initializer(Initializer::Constant { value: FIRST_LOGIT })
            .init(device);
        let deepest_side = GRID / (block << (widths.len() - 1));
        let scene = scene.then(|| SceneHeads::new(widths[0], block, input, deepest_side, device));
        Ok(Self { down, up, head, block, scene })
    }

    /// Logits for frames `[frame, channel, row, column]` of `views` views in order, each with the same number of frames.
    #[must_use]
    pub fn forward(&self, frames: Tensor<4>, views: usize) -> CompactLogits {
        let mut x = blocks_to_channels(frames, self.block);
        let mut skips = Vec::new();
        for (depth, level) in self.down.iter().enumerate() {
            if depth > 0 {
                skips.push(x.clone());
                x = halve(x);
            }
            x = level.forward(x);
        }
        let recognition = self.scene.as_ref().map(|heads| heads.recognise(x.clone(), views));
        for level in &self.up {
            let mut parts = vec![double(x)];
            parts.extend(skips.pop());
            x = level.forward(Tensor::cat(parts, 3));
        }
        let planes = self.scene.as_ref().map(|heads| channels_to_blocks(heads.planes(x.clone()), self.block));
        let lv = channels_to_blocks(pointwise(&self.head, x), self.block);
        CompactLogits { lv, planes, recognition }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_be_built_is_named() {
        let device = Device::flex();
        let config = CompactConfig { widths: vec![20], ..CompactConfig::default() };
        assert!(Compact::new(&config, &device).unwrap_err().to_string().contains("20"));
        let config = CompactConfig { widths: vec![8; 7], ..CompactConfig::default() };
        assert!(Compact::new(&config, &device).unwrap_err().to_string().contains("7 levels"));
    }
}
