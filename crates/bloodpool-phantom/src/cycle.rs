//! The timing of one cardiac cycle: how far the ventricle has contracted at each moment.

use rand::{Rng, RngExt};

/// Contraction over one cycle: 0 at end-diastole, 1 at end-systole, 0 again after atrial filling.
#[derive(Debug, Clone)]
pub(crate) struct Cycle {
    /// Moment at which the R wave's trigger falls, fraction of the cycle (negative: before end-diastole).
    trigger: f64,
    isovolumetric: f64,
    systole_end: f64,
    relaxation: f64,
    early_filling: f64,
    early_fraction: f64,
    atrial_start: f64,
    shape: f64,
}

impl Cycle {
    pub(crate) fn draw(rng: &mut impl Rng) -> Self {
        let systole_end: f64 = rng.random_range(0.28..0.50);
        let relaxation = rng.random_range(0.02..0.06);
        let atrial_start: f64 = rng.random_range(0.80..0.92_f64).max(systole_end + relaxation + 0.2);
        let room = atrial_start - systole_end - relaxation;
        Self {
            trigger: rng.random_range(-0.03..0.04),
            isovolumetric: rng.random_range(0.01..0.07),
            systole_end,
            relaxation,
            early_filling: (rng.random_range(0.12..0.35_f64)).min(room),
            early_fraction: rng.random_range(0.45..0.92),
            atrial_start,
            shape: rng.random_range(0.8..1.3),
        }
    }

    /// A cycle whose systole lasts as long as it does at this heart rate: electromechanical systole is 546 - 2.1 x
    /// beats per minute, ms (Weissler et al., Circulation 1968;37:149), in disease somewhat shorter or longer.
    pub(crate) fn paced(rng: &mut impl Rng, heart_rate: f64) -> Self {
        let beat_ms = 60_000.0 / heart_rate;
        let systole_end = ((546.0 - 2.1 * heart_rate) / beat_ms * rng.random_range(0.84..1.04)).clamp(0.26, 0.54);
        let relaxation = rng.random_range(0.01..0.05);
        let atrial_start: f64 = rng.random_range(0.80..0.92_f64).max(systole_end + relaxation + 0.18);
        let room = atrial_start - systole_end - relaxation;
        Self {
            trigger: rng.random_range(-0.03..0.04),
            isovolumetric: rng.random_range(0.01..0.07),
            systole_end,
            relaxation,
            early_filling: rng.random_range(0.12..0.32_f64).min(room),
            early_fraction: rng.random_range(0.45..0.92),
            atrial_start,
            shape: rng.random_range(0.8..1.3),
        }
    }

    /// A heart that does not beat.
    pub(crate) fn still() -> Self {
        Self {
            trigger: 0.0,
            isovolumetric: 1.0,
            systole_end: 1.0,
            relaxation: 0.0,
            early_filling: 1.0,
            early_fraction: 0.0,
            atrial_start: 1.0,
            shape: 1.0,
        }
    }

    /// A neighbour of this cycle, for the other ventricle of the same heart.
    pub(crate) fn jittered(&self, rng: &mut impl Rng) -> Self {
        let mut other = self.clone();
        other.trigger += rng.random_range(-0.03..0.03);
        other.systole_end = (self.systole_end + rng.random_range(-0.04..0.04)).clamp(0.25, 0.52);
        other.shape = rng.random_range(0.8..1.3);
        other
    }

    /// Contraction, 0 to 1, at `time` in cycles after the trigger, `delay` cycles late.
    pub(crate) fn contraction(&self, time: f64, delay: f64) -> f64 {
        let t = (time + self.trigger - delay).rem_euclid(1.0);
        let ease = |x: f64| 0.5 - 0.5 * (std::f64::consts::PI * x.clamp(0.0, 1.0)).cos();
        let filling_start = self.systole_end + self.relaxation;
        if t < self.isovolumetric {
            0.0
        } else if t < self.systole_end {
            ease((t - self.isovolumetric) / (self.systole_end - self.isovolumetric)).powf(self.shape)
        } else if t < filling_start {
            1.0
        } else if t < self.atrial_start {
            1.0 - self.early_fraction * ease((t - filling_start) / self.early_filling)
        } else {
            (1.0 - self.early_fraction) * (1.0 - ease((t - self.atrial_start) / (1.0 - self.atrial_start)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn contraction_starts_and_ends_at_zero_and_reaches_one_in_systole() {
        for seed in 0..200 {
            let cycle = Cycle::draw(&mut ChaCha8Rng::seed_from_u64(seed));
            let values: Vec<f64> = (0..400).map(|i| cycle.contraction(f64::from(i) / 400.0, 0.0)).collect();
            assert!(values.iter().all(|v| (0.0..=1.0).contains(v)), "seed {seed}");
            let peak = values.iter().position(|&v| v == 1.0).expect("full contraction");
            assert!((0.2..0.56).contains(&(peak as f64 / 400.0)), "seed {seed}: {peak}");
            let jump = values.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f64::max);
            assert!(jump < 0.12, "seed {seed}: the curve jumps by {jump}");
        }
    }
}
