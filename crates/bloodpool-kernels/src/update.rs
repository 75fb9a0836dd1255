//! What a training step does to each weight, in one pass over the memory and on all threads, instead of a pass for each
//! operation of the formula.

use rayon::prelude::*;

/// Weights that one thread takes at a time.
const PART: usize = 1 << 15;

/// AdamW (Loshchilov and Hutter 2019, algorithm 2), as PyTorch and burn write it: the decay is multiplied by the learning
/// rate, and epsilon is added to the root of the corrected second moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// Share of the first and of the second moment that a step keeps.
    pub betas: [f32; 2],
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Decoupled weight decay.
    pub weight_decay: f64,
}

impl AdamW {
    /// Weights after step `time` (1 for the first); the moments are brought up to date in place. Each number is rounded
    /// as if every operation were a pass of its own, so that it has the same bits.
    ///
    /// # Panics
    /// If the slices differ in length.
    #[must_use]
    pub fn step(
        &self,
        weights: &[f32],
        gradient: &[f32],
        moments: [&mut [f32]; 2],
        learning_rate: f64,
        time: i32,
    ) -> Vec<f32> {
        let [first, second] = moments;
        assert!([gradient.len(), first.len(), second.len()] == [weights.len(); 3], "one gradient and moment a weight");
        let rest = self.betas.map(|beta| 1.0 - beta);
        let seen = self.betas.map(|beta| 1.0 - beta.powi(time));
        let kept = (1.0 - learning_rate * self.weight_decay) as f32;
        let rate = learning_rate as f32;
        let mut output = vec![0.0; weights.len()];
        let inputs = weights.par_chunks(PART).zip(gradient.par_chunks(PART));
        let moments = first.par_chunks_mut(PART).zip(second.par_chunks_mut(PART));
        output.par_chunks_mut(PART).zip(inputs).zip(moments).for_each(|((output, (weights, gradient)), moments)| {
            let inputs = weights.iter().zip(gradient);
            for ((output, (weight, slope)), (first, second)) in
                output.iter_mut().zip(inputs).zip(moments.0.iter_mut().zip(moments.1))
            {
                *first = *first * self.betas[0] + slope * rest[0];
                *second = *second * self.betas[1] + slope * slope * rest[1];
                let step = (*first / seen[0]) / ((*second / seen[1]).sqrt() + self.epsilon);
                *output = weight * kept - step * rate;
            }
        });
        output
    }
}

/// Moves each number towards its goal: number x `decay` + goal x (1 - `decay`).
///
/// # Panics
/// If the slices differ in length.
#[must_use]
pub fn moved_towards(numbers: &[f32], goals: &[f32], decay: f64) -> Vec<f32> {
    assert_eq!(numbers.len(), goals.len(), "one goal a number");
    let [kept, moved] = [decay as f32, (1.0 - decay) as f32];
    let mut output = vec![0.0; numbers.len()];
    let inputs = numbers.par_chunks(PART).zip(goals.par_chunks(PART));
    output.par_chunks_mut(PART).zip(inputs).for_each(|(output, (numbers, goals))| {
        let inputs = numbers.iter().zip(goals);
        output.iter_mut().zip(inputs).for_each(|(output, (number, goal))| *output = number * kept + goal * moved);
    });
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against `torch.optim.AdamW` 2.15 on float64: weights 0.5, -1.0; gradients 0.1, -0.2 and then -0.3, 0.05; learning
    /// rate 0.01, weight decay 0.1, epsilon 1e-8.
    #[test]
    fn two_steps_are_those_of_pytorch() {
        let optimizer = AdamW { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.1 };
        let (mut first, mut second) = (vec![0.0; 2], vec![0.0; 2]);
        let once = optimizer.step(&[0.5, -1.0], &[0.1, -0.2], [&mut first, &mut second], 0.01, 1);
        let twice = optimizer.step(&once, &[-0.3, 0.05], [&mut first, &mut second], 0.01, 2);
        let expected = [0.489_500_001, -0.989_000_000_5, 0.493_952_399_111, -0.983_316_319_110];
        for (found, expected) in once.iter().chain(&twice).zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn a_long_slice_is_that_of_its_parts() {
        let numbers: Vec<f32> = (0..PART + 7).map(|i| (i % 31) as f32 - 15.0).collect();
        let goals: Vec<f32> = (0..PART + 7).map(|i| (i % 17) as f32).collect();
        let moved = moved_towards(&numbers, &goals, 0.75);
        assert!(moved.iter().zip(numbers.iter().zip(&goals)).all(|(m, (n, g))| *m == n * 0.75 + g * 0.25));
    }
}
