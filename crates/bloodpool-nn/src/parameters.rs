//! Arithmetic over all parameters of a network: moving average, sums and length of gradients, statistics of norms.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use crate::network::Network;
use crate::operator;

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

/// The running statistics of batch norms, which every pass in training moves, as they were at one moment.
pub struct NormStatistics {
    tensors: Vec<Tensor<1>>,
}

impl NormStatistics {
    /// Those of a network now.
    #[must_use]
    pub fn of(network: &Network) -> Self {
        let mut collected = Self { tensors: Vec::new() };
        network.visit(&mut collected);
        collected
    }

    /// The same network with these statistics again.
    #[must_use]
    pub fn restored(self, network: Network) -> Network {
        network.map(&mut RestoreStatistics { tensors: self.tensors.into_iter() })
    }
}

impl ModuleVisitor for NormStatistics {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        if !tensor.is_require_grad() {
            let count = tensor.shape().num_elements();
            self.tensors.push(tensor.reshape([count]));
        }
    }
}

struct RestoreStatistics {
    tensors: std::vec::IntoIter<Tensor<1>>,
}

impl ModuleMapper for RestoreStatistics {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if param.val().is_require_grad() {
            return param;
        }
        let Some(statistics) = self.tensors.next() else { return param };
        param.map(|moved| statistics.reshape(moved.dims()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::NetworkConfig;
    use crate::network::compact::CompactConfig;
    use burn::tensor::Device;

    #[test]
    fn the_average_moves_by_its_decay() {
        let device = Device::flex();
        let config = NetworkConfig::Compact(CompactConfig { widths: vec![8, 16], block: 2, groups: 4, scene: false });
        let (start, goal) = (Network::new(&config, 1, &device).unwrap(), Network::new(&config, 2, &device).unwrap());
        let quarter = moved_towards(start.clone(), &goal, 0.75);
        let first = |network: &Network| {
            let mut flat = Flat::default();
            network.visit(&mut flat);
            flat.tensors[0].to_data().as_slice::<f32>().unwrap()[0]
        };
        assert!((first(&quarter) - (0.75 * first(&start) + 0.25 * first(&goal))).abs() < 1e-6);
    }
}
