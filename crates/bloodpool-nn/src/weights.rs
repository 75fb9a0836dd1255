//! Weights: as safetensors and back, their moving average, and their gradients' length.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::store::{ModuleSnapshot, ModuleStore, SafetensorsStore};
use burn::tensor::{Device, Tensor};

use crate::network::{Network, NetworkConfig, names};
use crate::operator;
use crate::weights_error::WeightsError;

/// The weights as a safetensors file; the same weights give the same bytes.
///
/// # Errors
/// [`WeightsError`] when they cannot be encoded.
pub fn to_safetensors(network: &Network) -> Result<Vec<u8>, WeightsError> {
    let mut store = SafetensorsStore::from_bytes(None).clear_metadata(); // its entries come in random order
    if !matches!(network, Network::Compact(_)) {
        store = store.skip_enum_variants(true).remap(names::to_file(network)?);
    }
    network.save_into(&mut store).map_err(WeightsError::write)?;
    store.get_bytes().map_err(WeightsError::write)
}

/// A network from its configuration and a safetensors file.
///
/// # Errors
/// [`WeightsError`] when the network cannot be built or the file does not fit it.
pub fn from_safetensors(config: &NetworkConfig, bytes: &[u8], device: &Device) -> Result<Network, WeightsError> {
    let mut network = config.init(0, device)?;
    let mut store = SafetensorsStore::from_bytes(Some(bytes.to_vec()));
    if !matches!(network, Network::Compact(_)) {
        store = store.skip_enum_variants(true).remap(names::from_file(&network)?);
    }
    let expected = network.collect(None, None, false).len();
    // PyTorch counts the batches of each norm, and never reads the number.
    let keys = store.keys().map_err(WeightsError::read)?;
    let found = keys.iter().filter(|key| !key.ends_with(".num_batches_tracked")).count();
    if found != expected {
        return Err(WeightsError::Count { found, expected });
    }
    network.load_from(&mut store).map_err(WeightsError::read)?;
    Ok(network)
}

/// Tensors of the heads that older compact networks do not have begin with this.
const SCENE_HEADS: &str = "scene.";

/// A network whose weights are drawn from `seed`, then replaced by those of a safetensors file, and the names of the
/// tensors that the file does not have: only those of scene heads may be missing.
///
/// # Errors
/// [`WeightsError`] when the network cannot be built or the file does not fit it.
pub fn starting_from(
    config: &NetworkConfig,
    seed: u64,
    bytes: &[u8],
    device: &Device,
) -> Result<(Network, Vec<String>), WeightsError> {
    if !matches!(config, NetworkConfig::Compact(compact) if compact.scene) {
        return from_safetensors(config, bytes, device).map(|network| (network, Vec::new()));
    }
    let mut network = config.init(seed, device)?;
    let mut store = SafetensorsStore::from_bytes(Some(bytes.to_vec())).allow_partial(true);
    let result = network.load_from(&mut store).map_err(WeightsError::read)?;
    let missing: Vec<String> = result.missing.into_iter().map(|(name, _)| name).collect();
    let inner = |name: &String| name.trim_start_matches("Compact.").starts_with(SCENE_HEADS);
    if let Some(name) = missing.iter().find(|name| !inner(name)) {
        return Err(WeightsError::Missing { name: name.clone() });
    }
    match result.unused.into_iter().next() {
        Some(name) => Err(WeightsError::Unknown { name }),
        None => Ok((network, missing)),
    }
}

/// Moves `average` towards the weights in training: average x decay + weights x (1 - decay).
#[must_use]
pub fn moved_towards(average: Network, training: &Network, decay: f64) -> Network {
    let mut weights = Flat::default();
    training.visit(&mut weights);
    average.map(&mut MoveTowards { weights: weights.tensors.into_iter(), decay })
}

/// Euclidean length of all gradients together.
#[must_use]
pub fn gradient_length(network: &Network, gradients: &GradientsParams) -> f64 {
    let mut length = Length { gradients, sum: 0.0 };
    network.visit(&mut length);
    length.sum.sqrt()
}

/// All gradients multiplied by a factor.
#[must_use]
pub fn scaled(network: &Network, gradients: GradientsParams, factor: f64) -> GradientsParams {
    weighted_sum(network, vec![(gradients, factor)])
}

/// The sum of several gradients of one network, each with its weight.
#[must_use]
pub fn weighted_sum(network: &Network, parts: Vec<(GradientsParams, f64)>) -> GradientsParams {
    let mut sum = WeightedSum { parts, sum: GradientsParams::new() };
    network.visit(&mut sum);
    sum.sum
}

/// A copy whose gradients are recorded apart from the original's, so that both can be used at once.
#[must_use]
pub fn apart(network: &Network) -> Network {
    network.clone().map(&mut Apart)
}

#[derive(Default)]
struct Flat {
    tensors: Vec<Tensor<1>>,
}

impl ModuleVisitor for Flat {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val().inner();
        let count = tensor.shape().num_elements();
        self.tensors.push(tensor.reshape([count]));
    }
}

struct MoveTowards {
    weights: std::vec::IntoIter<Tensor<1>>,
    decay: f64,
}

impl ModuleMapper for MoveTowards {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(weights) = self.weights.next() else { return param };
        let decay = self.decay;
        param.map(|average| {
            let shape = average.dims();
            operator::moved_towards(average, weights.reshape(shape), decay)
        })
    }
}

struct Length<'a> {
    gradients: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for Length<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.sum += f64::from(gradient.square().sum().into_scalar::<f32>());
        }
    }
}

struct WeightedSum {
    parts: Vec<(GradientsParams, f64)>,
    sum: GradientsParams,
}

impl ModuleVisitor for WeightedSum {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let parts = self.parts.iter_mut();
        let weighted = parts.filter_map(|(gradients, weight)| {
            let gradient = gradients.remove::<D>(param.id)?;
            // Saves a pass over the weights of a large network.
            Some(if *weight == 1.0 { gradient } else { gradient.mul_scalar(*weight) })
        });
        let sum = weighted.reduce(|sum, part| sum + part);
        if let Some(sum) = sum {
            self.sum.register(param.id, sum);
        }
    }
}

struct Apart;

impl ModuleMapper for Apart {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.detach().require_grad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::compact::{CompactConfig, GRID};
    use crate::network::dropout::Dropout;

    const CHANNELS: usize = 5;

    use burn::tensor::TensorData;

    fn config() -> NetworkConfig {
        NetworkConfig::Compact(CompactConfig { widths: vec![8, 16], block: 2, groups: 4, scene: false })
    }

    fn output(network: &Network, device: &Device) -> Vec<f32> {
        let values: Vec<f32> = (0..CHANNELS * GRID * GRID).map(|i| (i % 17) as f32 / 17.0).collect();
        let frames = Tensor::from_data(TensorData::new(values, [1, CHANNELS, GRID, GRID]), device);
        let prediction = network.forward(frames, &Dropout::none());
        assert_eq!(prediction.lv.dims(), [1, GRID, GRID]);
        prediction.lv.into_data().as_slice::<f32>().unwrap().to_vec()
    }

    #[test]
    fn safetensors_there_and_back() {
        let device = Device::flex();
        let network = config().init(7, &device).unwrap();
        let bytes = to_safetensors(&network).unwrap();
        assert_eq!(bytes, to_safetensors(&config().init(7, &device).unwrap()).unwrap());
        assert_ne!(bytes, to_safetensors(&config().init(8, &device).unwrap()).unwrap());
        let back = from_safetensors(&config(), &bytes, &device).unwrap();
        assert_eq!(output(&network, &device), output(&back, &device));
    }

    #[test]
    fn weights_of_another_network_are_refused() {
        let device = Device::flex();
        let bytes = to_safetensors(&config().init(7, &device).unwrap()).unwrap();
        for widths in [vec![8, 16, 16], vec![8, 24]] {
            let other = NetworkConfig::Compact(CompactConfig { widths, block: 2, groups: 4, scene: false });
            assert!(from_safetensors(&other, &bytes, &device).is_err());
        }
        assert!(from_safetensors(&config(), &bytes[..bytes.len() / 2], &device).is_err());
    }

    #[test]
    fn the_default_network_is_small_enough_to_embed() {
        let device = Device::flex();
        let bytes = to_safetensors(&NetworkConfig::default().init(1, &device).unwrap()).unwrap();
        assert!(bytes.len() < 8_000_000, "{} bytes", bytes.len());
    }

    #[test]
    fn the_average_moves_by_its_decay() {
        let device = Device::flex();
        let (start, goal) = (config().init(1, &device).unwrap(), config().init(2, &device).unwrap());
        let quarter = moved_towards(start.clone(), &goal, 0.75);
        let first = |network: &Network| {
            let mut flat = Flat::default();
            network.visit(&mut flat);
            flat.tensors[0].to_data().as_slice::<f32>().unwrap()[0]
        };
        assert!((first(&quarter) - (0.75 * first(&start) + 0.25 * first(&goal))).abs() < 1e-6);
    }
}
