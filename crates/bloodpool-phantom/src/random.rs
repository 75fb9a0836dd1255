//! Seeds of streams of random numbers, and draws from a normal distribution.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// One seed from several numbers (SplitMix64), so that every draw has a stream of its own.
pub(crate) fn stream(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |state, &part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// A draw from a normal distribution of mean 0.
pub(crate) fn normal(rng: &mut impl Rng, sd: f64) -> f64 {
    let drawn: f64 = StandardNormal.sample(rng);
    drawn * sd
}
