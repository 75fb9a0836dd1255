//! `SceneHeads`: outputs of the compact network beyond the left ventricle: right ventricle, landmarks and recognition.

use bloodpool_core::{Orientation, Recognition, View};
use burn::module::Module;
use burn::nn::Initializer;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::pointwise::pointwise;

/// Landmarks, in the order of their planes: apex, septal and lateral end of the valve plane.
pub const LANDMARKS: usize = 3;
/// Planes of logits beyond the LV's two: RV, fraction of the counts that come from RV blood, and one per landmark.
pub const PLANES: usize = 2 + LANDMARKS;
/// Logits of a recognition: heart, gating, views, orientations.
pub const RECOGNISED: usize = 2 + View::ALL.len() + Orientation::COUNT;
/// Index of the first logit of the views.
pub const VIEWS_FROM: usize = 2;
/// Index of the first logit of the orientations.
pub const ORIENTATIONS_FROM: usize = VIEWS_FROM + View::ALL.len();

/// Channels that recognition computes from the deepest level.
const READ: usize = 24;
/// Width of the layer between these channels and the logits.
const HIDDEN: usize = 64;
/// Bias of the planes before training: almost no RV anywhere.
const FIRST_LOGIT: f64 = -2.0;

/// Heads of the compact network beyond the LV.
#[derive(Module, Debug)]
pub struct SceneHeads {
    planes: Conv2d,
    read: Conv2d,
    hidden: Conv2d,
    output: Conv2d,
}

impl SceneHeads {
    /// Untrained heads: `first` channels at the first level in blocks of `block` x `block` pixels, `deepest` channels and
    /// `side` x `side` positions at the deepest level.
    #[must_use]
    pub fn new(first: usize, block: usize, deepest: usize, side: usize, device: &Device) -> Self {
        let dense = |inputs: usize, outputs: usize, first: f64| {
            Conv2dConfig::new([inputs, outputs], [1, 1])
                .with_initializer(Initializer::Constant { value: first })
                .init(device)
        };
        Self {
            planes: dense(first, PLANES * block * block, FIRST_LOGIT),
            read: dense(deepest, READ, 0.0),
            hidden: dense(READ * side * side, HIDDEN, 0.0),
            output: dense(HIDDEN, RECOGNISED, 0.0),
        }
    }

    /// Logits of the planes, `[image, row, column, plane * block²]`, from the first level's `[image, row, column, channel]`.
    #[must_use]
    pub fn planes(&self, features: Tensor<4>) -> Tensor<4> {
        pointwise(&self.planes, features)
    }

    /// Logits of the recognition, `[view, RECOGNISED]`, from the deepest level of all frames of `views` views in order.
    /// Features are averaged over the frames, so that neither their number nor their order matters.
    #[must_use]
    pub fn recognise(&self, deepest: Tensor<4>, views: usize) -> Tensor<2> {
        let read = relu(pointwise(&self.read, deepest));
        let [images, rows, columns, channels] = read.dims();
        let values = rows * columns * channels;
        let mean = read.reshape([views, images / views, values]).mean_dim(1).reshape([views, 1, 1, values]);
        let hidden = relu(pointwise(&self.hidden, mean));
        pointwise(&self.output, hidden).reshape([views, RECOGNISED])
    }
}

/// Probabilities from the logits of one view; `None` where there are not [`RECOGNISED`] finite logits.
#[must_use]
pub fn recognition(logits: &[f32]) -> Option<Recognition> {
    if logits.len() != RECOGNISED || logits.iter().any(|logit| !logit.is_finite()) {
        return None;
    }
    let sigmoid = |logit: f32| 1.0 / (1.0 + (-f64::from(logit)).exp());
    Some(Recognition {
        heart: sigmoid(logits[0]),
        gating_sound: sigmoid(logits[1]),
        view: softmax(&logits[VIEWS_FROM..ORIENTATIONS_FROM]),
        orientation: softmax(&logits[ORIENTATIONS_FROM..]),
    })
}

fn softmax<const N: usize>(logits: &[f32]) -> [f64; N] {
    let largest = logits.iter().copied().fold(f32::MIN, f32::max);
    let mut values = [0.0; N];
    for (value, logit) in values.iter_mut().zip(logits) {
        *value = f64::from(logit - largest).exp();
    }
    let sum: f64 = values.iter().sum();
    values.map(|value| value / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::compact::{Compact, CompactConfig, GRID};
    use crate::network::{Network, NetworkConfig};
    use burn::tensor::TensorData;

    #[test]
    fn probabilities_are_those_of_the_logits() {
        let mut logits = [0.0; RECOGNISED];
        (logits[0], logits[1], logits[VIEWS_FROM + 1]) = (1.0, -1.0, 3.0_f32.ln());
        let found = recognition(&logits).unwrap();
        assert!((found.heart - 0.731_058_578_6).abs() < 1e-6 && (found.gating_sound - 0.268_941_421_4).abs() < 1e-6);
        assert!((found.view[1] - 3.0 / 7.0).abs() < 1e-6 && (found.view[0] - 1.0 / 7.0).abs() < 1e-6);
        assert!(found.orientation.iter().all(|value| (value - 0.125).abs() < 1e-9));
        assert_eq!(recognition(&logits[1..]), None);
        assert_eq!(recognition(&[f32::NAN; RECOGNISED]), None);
    }

    fn images(count: usize) -> Vec<f32> {
        (0..count * 5 * GRID * GRID).map(|i| ((i * i) % 97) as f32 / 97.0).collect()
    }

    #[test]
    fn recognition_does_not_depend_on_the_number_of_frames() {
        let device = Device::flex();
        let config = CompactConfig { widths: vec![8, 16], block: 2, groups: 4, scene: true };
        let Network::Compact(network) = Network::new(&NetworkConfig::Compact(config), 3, &device).unwrap() else {
            unreachable!("a compact network was asked for");
        };
        let two = images(2);
        let recognise = |network: &Compact, values: Vec<f32>, views: usize| -> Vec<f32> {
            let count = values.len() / (5 * GRID * GRID);
            let frames = Tensor::from_data(TensorData::new(values, [count, 5, GRID, GRID]), &device);
            network.forward(frames, views).recognition.unwrap().into_data().try_into_vec().unwrap()
        };
        let once = recognise(&network, two.clone(), 1);
        let thrice = recognise(&network, two.repeat(3), 1);
        assert_eq!(once.len(), RECOGNISED);
        assert!(once.iter().any(|value| value.abs() > 1e-3), "{once:?}");
        assert!(once.iter().zip(&thrice).all(|(one, other)| (one - other).abs() < 1e-5), "{once:?} {thrice:?}");
        // Two views of the same frames are recognised alike, each for itself.
        let both = recognise(&network, two.repeat(2), 2);
        assert!(both[..RECOGNISED].iter().zip(&both[RECOGNISED..]).all(|(one, other)| (one - other).abs() < 1e-6));
    }
}
