//! `Generator`: the same pseudo-random numbers for the same seed, on every machine.

use std::f64::consts::TAU;

/// SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014): enough for a bootstrap
/// of a few thousand numbers, and for nothing secret.
#[derive(Debug, Clone)]
pub(crate) struct Generator(u64);

impl Generator {
    /// The numbers of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to 1, without 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A standard normal number, by the transform of Box and Muller (Ann Math Stat 1958;29:610).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        // The first three outputs of SplitMix64 for seed 1234567, as listed with Vigna's reference code:
        // 6457827717110365317, 3203168211198807973, 9817491932198370423.
        let mut generator = Generator::new(1_234_567);
        for output in [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423] {
            assert_eq!(generator.uniform(), (output >> 11) as f64 / (1_u64 << 53) as f64);
        }
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let mut generator = Generator::new(3);
        let numbers: Vec<f64> = (0..20_000).map(|_| generator.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let variance = numbers.iter().map(|value| value * value).sum::<f64>() / 20_000.0;
        // Standard errors: 1 / sqrt(20,000) = 0.007 and sqrt(2 / 20,000) = 0.01.
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
