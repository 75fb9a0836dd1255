//! The update of weights in a training step, on the processor by the routines of `bloodpool-kernels`.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::optim::{AdamWConfig, AdamWState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

use super::flex::{in_order, numbers, own, tensor};
use super::is_processor;

const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;

/// AdamW with PyTorch's betas and epsilon; it gives the same bits as burn's own and has the same state.
#[derive(Clone)]
pub struct AdamW {
    processor: bloodpool_kernels::AdamW,
    elsewhere: burn::optim::AdamW,
}

impl AdamW {
    /// AdamW with this decoupled weight decay.
    #[must_use]
    pub fn new(weight_decay: f32) -> Self {
        let elsewhere = AdamWConfig::new().with_beta_1(BETAS[0]).with_beta_2(BETAS[1]).with_epsilon(EPSILON);
        Self {
            processor: bloodpool_kernels::AdamW { betas: BETAS, epsilon: EPSILON, weight_decay: weight_decay.into() },
            elsewhere: elsewhere.with_weight_decay(weight_decay).build(),
        }
    }
}

impl Optimizer for AdamW {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamWState<D>>,
    ) -> (Tensor<D>, Option<AdamWState<D>>) {
        if !is_processor(&weights.device()) {
            return self.elsewhere.step(learning_rate, weights, gradient, state);
        }
        let shape = weights.dims();
        let (time, moments) = match state.map(|state| state.momentum) {
            Some(AdaptiveMomentumState { time, moment_1, moment_2, .. }) => (time + 1, [moment_1, moment_2]),
            None => (1, [weights.zeros_like(), weights.zeros_like()]),
        };
        let [mut first, mut second] = moments.map(|moment| own(primitive(moment)));
        let (weights, gradient) = (in_order(primitive(weights)), in_order(primitive(gradient)));
        let stepped = self.processor.step(
            numbers(&weights),
            numbers(&gradient),
            [&mut first, &mut second],
            learning_rate,
            i32::try_from(time).unwrap_or(i32::MAX),
        );
        let [stepped, first, second] = [stepped, first, second].map(|numbers| whole(numbers, shape));
        (stepped, Some(AdamWState::new(AdaptiveMomentumState::new(time, first, second))))
    }

    fn to_device<const D: usize>(state: AdamWState<D>, device: &Device) -> AdamWState<D> {
        burn::optim::AdamW::to_device(state, device)
    }
}

/// Moves each number towards its target: number x `decay` + goal x (1 - `decay`); records no gradients.
#[must_use]
pub fn moved_towards<const D: usize>(tensor: Tensor<D>, goal: Tensor<D>, decay: f64) -> Tensor<D> {
    if !is_processor(&tensor.device()) {
        return tensor.mul_scalar(decay) + goal.mul_scalar(1.0 - decay);
    }
    let shape = tensor.dims();
    let [tensor, goal] = [tensor, goal].map(|tensor| in_order(primitive(tensor)));
    whole(bloodpool_kernels::moved_towards(numbers(&tensor), numbers(&goal), decay), shape)
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    let tensor = tensor.try_into_primitive::<Flex>();
    tensor.unwrap_or_else(|error| unreachable!("on the processor, and without gradients: {error:?}"))
}

fn whole<const D: usize>(numbers: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(tensor(numbers, shape))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::tests::wave;

    /// Against burn's own AdamW: the same bits over steps, also where the weights lie otherwise in memory.
    #[test]
    fn steps_are_those_of_burn() {
        let device = Device::flex();
        let optimizer = AdamW::new(0.05);
        let mut weights = wave([5, 7, 3], 0.3, &device).swap_dims(0, 2);
        let mut expected = weights.clone();
        let (mut state, mut expected_state) = (None, None);
        for step in 1..5 {
            let gradient = wave([3, 7, 5], 0.1 * f64::from(step), &device);
            (weights, state) = optimizer.step(0.01, weights, gradient.clone(), state);
            (expected, expected_state) = optimizer.elsewhere.step(0.01, expected, gradient, expected_state);
            assert_eq!(bits(weights.clone()), bits(expected.clone()));
        }
        let [moments, expected] = [state, expected_state].map(|state| state.unwrap().momentum);
        assert_eq!((moments.time, bits(moments.moment_1)), (4, bits(expected.moment_1)));
        assert_eq!(bits(moments.moment_2), bits(expected.moment_2));
    }

    #[test]
    fn moving_is_that_of_burns_operations() {
        let device = Device::flex();
        let (from, to) = (wave([4, 6], 0.3, &device), wave([6, 4], 0.7, &device).transpose());
        let expected = from.clone().mul_scalar(0.99) + to.clone().mul_scalar(1.0 - 0.99);
        assert_eq!(bits(moved_towards(from, to, 0.99)), bits(expected));
    }

    fn bits<const D: usize>(tensor: Tensor<D>) -> Vec<u32> {
        tensor.into_data().as_slice::<f32>().unwrap().iter().map(|number| number.to_bits()).collect()
    }
}
