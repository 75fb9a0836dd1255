//! `Acquisition`: one simulated camera, how it was set, and how it was gated.

use bloodpool_core::Gating;
use rand::{Rng, RngExt};

use crate::camera::Blur;

/// The camera and how it was set.
pub(super) struct Acquisition {
    pub(super) side: usize,
    pub(super) field_mm: f64,
    pub(super) frames: usize,
    pub(super) counts_per_frame: f64,
    pub(super) blur: Blur,
    pub(super) attenuation_per_mm: f64,
    pub(super) scatter_fraction: f64,
    pub(super) scatter_mm: f64,
    pub(super) circular: bool,
    /// SD of the R-R interval as a fraction of it.
    pub(super) rr_jitter: f64,
    /// Counts of the last frames relative to the others, last frame first.
    pub(super) drop_off: Vec<f64>,
    pub(super) gating: Gating,
}

impl Acquisition {
    pub(super) fn pixel_mm(&self) -> f64 {
        self.field_mm / self.side as f64
    }
}

/// How a camera blurs, whoever the patient is.
pub(super) fn blur(rng: &mut impl Rng) -> Blur {
    Blur {
        intrinsic_mm: rng.random_range(1.6..3.2),
        per_depth: rng.random_range(0.018..0.055),
        motion_mm: if rng.random_bool(0.3) { rng.random_range(0.0..4.0) } else { 0.0 },
    }
}

/// What a file would record of the gating.
pub(super) fn gating(rng: &mut impl Rng, frames: usize, rr_jitter: f64) -> Gating {
    let rr = 60_000.0 / rng.random_range(52.0..105.0_f64);
    let rr = rr.round();
    let window = rng.random_range(0.1..0.3_f64).max(rr_jitter * 2.0);
    let accepted = rng.random_range(300..900_u32);
    let share = 0.01 + rr_jitter * rng.random_range(0.0..3.0);
    Gating {
        frame_time_ms: Some((rr / frames as f64 * 100.0).round() / 100.0),
        rr_interval_ms: Some(rr),
        rr_low_ms: Some((rr * (1.0 - window)).round()),
        rr_high_ms: Some((rr * (1.0 + window)).round()),
        beats_accepted: Some(accepted),
        beats_rejected: Some((f64::from(accepted) * share).round() as u32),
    }
}
