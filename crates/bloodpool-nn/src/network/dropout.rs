//! `Dropout`: which numbers are dropped in training, drawn from a seed so that a resumed run drops the same.

use std::cell::RefCell;

use burn::tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws what is dropped (Srivastava et al. 2014); drops nothing without a seed.
#[derive(Debug)]
pub struct Dropout {
    rng: Option<RefCell<ChaCha8Rng>>,
}

impl Dropout {
    /// Drops nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { rng: None }
    }

    /// Draws from a seed, and from the step of the run.
    #[must_use]
    pub fn seeded(seed: u64, step: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(step);
        Self { rng: Some(RefCell::new(rng)) }
    }

    /// Sets a share of the numbers to 0 and enlarges the others, so that sums stay the same on average.
    #[must_use]
    pub fn apply(&self, images: Tensor<4>, share: f64) -> Tensor<4> {
        let Some(rng) = &self.rng else { return images };
        let (shape, kept) = (images.dims(), (1.0 / (1.0 - share)) as f32);
        let threshold = (share * f64::from(u32::MAX)) as u32;
        let mut rng = rng.borrow_mut();
        let factors: Vec<f32> = (0..shape.iter().product::<usize>())
            .map(|_| if rng.random::<u32>() < threshold { 0.0 } else { kept })
            .collect();
        let factors = Tensor::from_data(TensorData::new(factors, shape), &images.device());
        images * factors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn the_same_seed_and_step_drop_the_same() {
        let drop = |dropout: Dropout| {
            let dropped = dropout.apply(Tensor::ones([1, 50, 50, 4], &Device::flex()), 0.25).into_data();
            dropped.as_slice::<f32>().unwrap().to_vec()
        };
        let numbers = drop(Dropout::seeded(1, 2));
        assert_eq!(numbers, drop(Dropout::seeded(1, 2)));
        assert_ne!(numbers, drop(Dropout::seeded(1, 3)));
        assert!(drop(Dropout::none()).iter().all(|number| *number == 1.0));
        let zeros = numbers.iter().filter(|number| **number == 0.0).count();
        assert!((2300..2700).contains(&zeros), "{zeros} of 10,000");
        let mean = numbers.iter().sum::<f32>() / 10_000.0;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
    }
}
