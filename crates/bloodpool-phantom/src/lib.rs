//! What is simulated: gated blood pool studies, and raters drawing on them, with the truth known. Writes no file.

mod anatomy;
mod camera;
mod cycle;
mod expected;
mod faults;
mod geometry;
mod no_heart;
mod other;
mod paper;
mod population;
mod rater;
mod request;
mod study;

pub use expected::TrueLvef;
pub use faults::{Class, Fault, Reference};
pub use paper::PaperCohort;
pub use population::{Family, Population, Repeated};
pub use rater::{Rater, panel};
pub use study::{SimulatedStudy, Truth};

/// One seed from several numbers (SplitMix64), so that every draw has a stream of its own.
fn stream(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |state, &part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}
