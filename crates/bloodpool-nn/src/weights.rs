//! Weights as a safetensors file, and back into a network.

use std::collections::BTreeSet;

use burn::store::{ModuleSnapshot, SafetensorsStore, bridge};
use burn::tensor::{Device, TensorData};

use crate::network::{Network, NetworkConfig, names};
use crate::weights_error::WeightsError;
use crate::weights_file::{BACKBONE, WeightsFile, shown};

/// The weights as a safetensors file; the same weights give the same bytes.
///
/// # Errors
/// [`WeightsError`] when they cannot be encoded.
pub fn to_safetensors(network: &Network) -> Result<Vec<u8>, WeightsError> {
    let mut store = SafetensorsStore::from_bytes(None).clear_metadata(); // its entries come in random order
    if has_names_of_torchvision(network) {
        store = store.skip_enum_variants(true).remap(names::to_file(network).map_err(WeightsError::Write)?);
    }
    network.save_into(&mut store).map_err(WeightsError::write)?;
    store.get_bytes().map_err(WeightsError::write)
}

/// A network from its configuration and a safetensors file. The auxiliary head may be missing, since only training uses
/// it.
///
/// # Errors
/// [`WeightsError`] when the network cannot be built, the file does not fit it, or a value is not finite.
pub fn from_safetensors(config: &NetworkConfig, bytes: &[u8], device: &Device) -> Result<Network, WeightsError> {
    let mut network = Network::undrawn(config, device)?;
    fill(&mut network, bytes, &[names::AUXILIARY_HEAD])?;
    Ok(network)
}

/// A network whose weights are drawn from `seed`, then replaced by those of a safetensors file, and the names of the
/// tensors that the file does not have: only those of scene heads and of an auxiliary head may be missing.
///
/// # Errors
/// [`WeightsError`] when the network cannot be built, the file does not fit it, or a value is not finite.
pub fn starting_from(
    config: &NetworkConfig,
    seed: u64,
    bytes: &[u8],
    device: &Device,
) -> Result<(Network, Vec<String>), WeightsError> {
    let mut network = Network::new(config, seed, device)?;
    let missing = fill(&mut network, bytes, &[names::AUXILIARY_HEAD, names::SCENE_HEADS])?;
    Ok((network, missing))
}

/// The same where the file has the weights of the ResNet alone, or nothing else of it is used: a segmentation network's, or those of a
/// classifier. All others are drawn.
///
/// # Errors
/// As [`starting_from`], and [`WeightsError::NoBackbone`] for a network without a ResNet.
pub fn starting_from_backbone(
    config: &NetworkConfig,
    seed: u64,
    bytes: &[u8],
    device: &Device,
) -> Result<(Network, Vec<String>), WeightsError> {
    let mut network = Network::new(config, seed, device)?;
    let heads: Vec<String> = expected(&network)?.into_iter().map(|tensor| tensor.name).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).filter(|name| !name.starts_with(BACKBONE)).collect();
    if heads.len() == expected(&network)?.len() {
        return Err(WeightsError::NoBackbone);
    }
    fill_from(&mut network, &WeightsFile::read(bytes)?.backbone(), &heads)?;
    Ok((network, vec!["all but the backbone".to_owned()]))
}

/// Whether a safetensors file has the weights of an auxiliary head.
///
/// # Errors
/// [`WeightsError`] when it is no such file.
pub fn has_auxiliary_head(bytes: &[u8]) -> Result<bool, WeightsError> {
    Ok(WeightsFile::read(bytes)?.names().any(|name| name.starts_with(names::AUXILIARY_HEAD)))
}

fn has_names_of_torchvision(network: &Network) -> bool {
    !matches!(network, Network::Compact(_))
}

/// A tensor of a network.
struct Expected {
    /// Its name in files.
    name: String,
    /// Its name in the network.
    own_name: String,
    shape: Vec<usize>,
}

/// The tensors of a network.
fn expected(network: &Network) -> Result<Vec<Expected>, WeightsError> {
    let of_torchvision = has_names_of_torchvision(network);
    let mut tensors = network.collect(None, None, of_torchvision);
    let own_names: Vec<String> = tensors.iter().map(|tensor| tensor.name.clone()).collect();
    if of_torchvision {
        tensors = names::to_file(network).map_err(WeightsError::Apply)?.remap(tensors).0;
    }
    let tensors = tensors.into_iter().zip(own_names);
    Ok(tensors
        .map(|(tensor, own_name)| Expected { shape: tensor.shape.to_vec(), name: tensor.name, own_name })
        .collect())
}

/// Replaces the weights of a network by those of a safetensors file. Tensors whose names begin with one of `optional` may be
/// missing; the result are the names of those that are.
fn fill(network: &mut Network, bytes: &[u8], optional: &[&str]) -> Result<Vec<String>, WeightsError> {
    fill_from(network, &WeightsFile::read(bytes)?, optional)
}

fn fill_from(network: &mut Network, file: &WeightsFile<'_>, optional: &[&str]) -> Result<Vec<String>, WeightsError> {
    let expected = expected(network)?;
    let missing = check_names(file, &expected, optional)?;
    for tensor in &expected {
        check_shape(file, tensor)?;
    }
    let mut tensors = Vec::with_capacity(expected.len());
    for Expected { name, own_name, shape } in expected {
        if let Some(numbers) = file.numbers(&name)? {
            tensors.push(bridge::from_data(TensorData::new(numbers, shape), own_name, None));
        }
    }
    let result = network.apply(tensors, None, None, has_names_of_torchvision(network));
    match result.errors.into_iter().next() {
        Some(error) => Err(WeightsError::Apply(error.into())),
        None => Ok(missing),
    }
}

/// The names of tensors that the file does not have, all of them optional.
fn check_names(file: &WeightsFile<'_>, expected: &[Expected], optional: &[&str]) -> Result<Vec<String>, WeightsError> {
    let missing: Vec<&str> =
        expected.iter().map(|tensor| tensor.name.as_str()).filter(|name| file.shape(name).is_none()).collect();
    let is_optional = |name: &str| optional.iter().any(|head| name.starts_with(head));
    let needed: Vec<&str> = missing.iter().copied().filter(|name| !is_optional(name)).collect();
    if let Some(first) = needed.first() {
        let (missing, expected) = (needed.len(), expected.len());
        return Err(WeightsError::Missing { name: (*first).to_owned(), missing, expected });
    }
    let known: BTreeSet<&str> = expected.iter().map(|tensor| tensor.name.as_str()).collect();
    // torchvision's files have an auxiliary head, which a network without one does not need.
    let is_accepted = |name: &str| known.contains(name) || name.starts_with(names::AUXILIARY_HEAD);
    let unknown: Vec<&str> = file.names().filter(|name| !is_accepted(name)).collect();
    if let Some(first) = unknown.first() {
        let (unknown, found) = (unknown.len(), file.names().count());
        return Err(WeightsError::Unknown { name: shown(first), unknown, found });
    }
    Ok(missing.into_iter().map(str::to_owned).collect())
}

fn check_shape(file: &WeightsFile<'_>, tensor: &Expected) -> Result<(), WeightsError> {
    let expected = &tensor.shape;
    let Some(found) = file.shape(&tensor.name).filter(|found| found != expected) else { return Ok(()) };
    let of_classes = names::CLASS_LAYERS.iter().any(|layer| tensor.name.starts_with(layer));
    let (name, found, expected) = (tensor.name.clone(), found.to_vec(), expected.clone());
    Err(if of_classes && found.len() == expected.len() && found[1..] == expected[1..] {
        WeightsError::Classes { name, found, expected }
    } else {
        WeightsError::Shape { name, found, expected }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::compact::{CompactConfig, GRID};
    use crate::network::dropout::Dropout;
    use burn::tensor::Tensor;

    const CHANNELS: usize = 5;

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
        let network = Network::new(&config(), 7, &device).unwrap();
        let bytes = to_safetensors(&network).unwrap();
        assert_eq!(bytes, to_safetensors(&Network::new(&config(), 7, &device).unwrap()).unwrap());
        assert_ne!(bytes, to_safetensors(&Network::new(&config(), 8, &device).unwrap()).unwrap());
        let back = from_safetensors(&config(), &bytes, &device).unwrap();
        assert_eq!(output(&network, &device), output(&back, &device));
    }

    #[test]
    fn weights_of_another_network_are_refused() {
        let device = Device::flex();
        let bytes = to_safetensors(&Network::new(&config(), 7, &device).unwrap()).unwrap();
        for widths in [vec![8, 16, 16], vec![8, 24]] {
            let other = NetworkConfig::Compact(CompactConfig { widths, block: 2, groups: 4, scene: false });
            assert!(from_safetensors(&other, &bytes, &device).is_err());
        }
        assert!(from_safetensors(&config(), &bytes[..bytes.len() / 2], &device).is_err());
    }

    #[test]
    fn the_default_network_is_small_enough_to_embed() {
        let device = Device::flex();
        let bytes = to_safetensors(&Network::new(&NetworkConfig::default(), 1, &device).unwrap()).unwrap();
        assert!(bytes.len() < 8_000_000, "{} bytes", bytes.len());
    }
}
