//! `Timing`: how far the ventricles have emptied at each moment of the cycle, by wall, and which moments a frame shows.

use rand::{Rng, RngExt};

use super::space::interpolate;
use super::values::PARAMETERS;
use crate::request::Request;

/// Nodes of the tabulated curve of motion.
const NODES: usize = 256;

/// The course of one heart's beat. Times are shares of the R-R interval, from the R wave.
#[derive(Debug, Clone)]
pub(super) struct Timing {
    /// Share of the cycle at which the ventricles are smallest.
    pub(super) systole: f64,
    filling: f64,
    descent_power: f64,
    motion: Vec<f64>,
    /// Delay of the RV.
    pub(super) rv_delay: f64,
}

impl Timing {
    pub(super) fn draw(rng: &mut impl Rng, request: &Request) -> Self {
        let p = &PARAMETERS.timing;
        let rate = request.heart_rate.clamp(30.0, 200.0);
        let ms = p.systole_ms.draw(rng) - p.systole_ms_per_beat * rate;
        let systole = p.systole_share.clamp(ms * rate / 60_000.0);
        Self::new(systole, p.filling.draw(rng), p.descent_power.draw(rng), p.rv_delay.draw(rng))
    }

    fn new(systole: f64, filling: f64, descent_power: f64, rv_delay: f64) -> Self {
        let mut timing = Self { systole, filling, descent_power, motion: Vec::new(), rv_delay };
        // If all points move straight from ED to ES by the share g, a ventricle has emptied by 1.33 g - 0.33 g^2.
        let motion = |emptied: f64| (1.33 - (1.33_f64.powi(2) - 4.0 * 0.33 * emptied).max(0.0).sqrt()) / 0.66;
        timing.motion = (0..NODES).map(|k| motion(timing.emptied(k as f64 / NODES as f64))).collect();
        timing
    }

    /// Share of the stroke volume that has left by then, 0 to 1.
    pub(super) fn emptied(&self, time: f64) -> f64 {
        let time = time.rem_euclid(1.0);
        if time < self.systole {
            interpolate(PARAMETERS.timing.systole, time / self.systole)
        } else {
            let share = (time - self.systole) / (1.0 - self.systole);
            interpolate(PARAMETERS.timing.diastole, share.powf(self.filling))
        }
    }

    /// Share of the way from ED to ES that the walls have moved by then, 0 to 1.
    pub(super) fn motion(&self, time: f64) -> f64 {
        let at = time.rem_euclid(1.0) * NODES as f64;
        let lower = at as usize;
        let part = at - lower as f64;
        self.motion[lower % NODES] * (1.0 - part) + self.motion[(lower + 1) % NODES] * part
    }

    /// Share of its descent that the base has made by then, 0 to 1: ahead of the emptying.
    pub(super) fn descent(&self, time: f64) -> f64 {
        self.emptied(time).powf(self.descent_power)
    }

    /// For each frame, the share of it that shows each of `phases` moments (k + 1/2) / phases of the mean beat. Beats
    /// of other lengths stretch diastole more than systole, and a frame gets nothing from beats that have ended before
    /// it.
    pub(super) fn frame_weights(&self, frames: usize, phases: usize, rr_sd: f64) -> Vec<Vec<f64>> {
        const SAMPLES: usize = 4;
        // Means of the five fifths of a normal distribution, in SD.
        const FIFTHS: [f64; 5] = [-1.400, -0.532, 0.0, 0.532, 1.400];
        let beats: &[f64] = if rr_sd > 1e-4 { &FIFTHS } else { &[0.0] };
        let frame = |frame: usize| {
            let mut weights = vec![0.0; phases];
            for sample in 0..SAMPLES {
                let time = (frame as f64 + (sample as f64 + 0.5) / SAMPLES as f64) / frames as f64;
                for deviation in beats {
                    let Some(moment) = self.moment(time, 1.0 + rr_sd * deviation) else { continue };
                    let at = moment * phases as f64 - 0.5;
                    let lower = at.floor();
                    let index = |k: f64| (k as i64).rem_euclid(phases as i64) as usize;
                    weights[index(lower)] += 1.0 - (at - lower);
                    weights[index(lower + 1.0)] += at - lower;
                }
            }
            let sum: f64 = weights.iter().sum();
            if sum > 0.0 {
                weights.iter_mut().for_each(|w| *w /= sum);
            } else {
                weights[phases - 1] = 1.0; // no beat was long enough
            }
            weights
        };
        (0..frames).map(frame).collect()
    }

    /// The moment of the mean beat that a beat of this length (mean 1) shows at `time` after its R wave.
    fn moment(&self, time: f64, length: f64) -> Option<f64> {
        let systole = self.systole * (1.0 + 0.3 * (length - 1.0));
        if time < systole {
            Some(time / systole * self.systole)
        } else if time < length {
            Some(self.systole + (time - systole) / (length - systole) * (1.0 - self.systole))
        } else {
            None
        }
    }
}

/// Whether conduction is delayed in the left bundle branch: more often in failing hearts.
pub(super) fn draw_block(rng: &mut impl Rng, lvef: f64) -> bool {
    let p = &PARAMETERS.timing;
    let failing = ((50.0 - lvef) / 30.0).clamp(0.0, 1.0);
    rng.random_bool((p.block_share + failing * (p.block_share_low_lvef - p.block_share)).clamp(0.0, 1.0))
}

/// LVEF of volumes or counts at the given shares of the cycle, percent: the largest within 12 % of the R wave, the
/// smallest in 20 to 60 % of the cycle.
pub(super) fn lvef_percent(curve: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut largest, mut smallest) = (0.0_f64, f64::INFINITY);
    for (time, value) in curve {
        if time <= 0.12 + 1e-9 || time >= 0.88 - 1e-9 {
            largest = largest.max(value);
        }
        if (0.2 - 1e-9..=0.6 + 1e-9).contains(&time) {
            smallest = smallest.min(value);
        }
    }
    if largest > 0.0 && smallest.is_finite() { 100.0 * (1.0 - smallest / largest) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn hearts_empty_and_fill_as_the_measured_one() {
        // anatomy.md, section 1, E1 (EF 60): volume / EDV by share of R-R.
        let measured = [
            (0.0, 1.0),
            (0.08, 0.87),
            (0.16, 0.68),
            (0.24, 0.54),
            (0.36, 0.40),
            (0.44, 0.45),
            (0.52, 0.58),
            (0.60, 0.76),
            (0.68, 0.84),
            (0.84, 0.84),
            (0.92, 0.95),
        ];
        let timing = Timing::new(0.36, 1.0, 0.65, 0.0);
        for (time, volume) in measured {
            let ours = 1.0 - 0.6 * timing.emptied(time);
            assert!((ours - volume).abs() < 0.06, "{time}: {ours} where {volume} was measured");
        }
        // From ED to ES straight: 1.33 x 0.5 - 0.33 x 0.25 = 0.5825 emptied at half of the way.
        let half = (0..1000).map(|k| f64::from(k) / 2000.0).find(|&t| timing.emptied(t) >= 0.5825).unwrap();
        assert!((timing.motion(half) - 0.5).abs() < 0.02);
    }

    #[test]
    fn frames_show_their_own_time_and_all_of_it() {
        let timing = Timing::draw(&mut ChaCha8Rng::seed_from_u64(3), &Request::plain(60.0));
        for rr_sd in [0.0, 0.05] {
            for (frame, weights) in timing.frame_weights(24, 48, rr_sd).iter().enumerate() {
                assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                let largest = (0..48).max_by(|&a, &b| weights[a].total_cmp(&weights[b])).unwrap();
                assert!(rr_sd > 0.0 || largest / 2 == frame, "{frame}: {largest}");
            }
        }
    }

    #[test]
    fn lvef_is_read_where_it_is_defined() {
        let curve = [(0.0, 90.0), (0.05, 100.0), (0.18, 10.0), (0.4, 40.0), (0.7, 5.0), (0.8, 200.0)];
        assert!((lvef_percent(curve.into_iter()) - 60.0).abs() < 1e-9);
        assert_eq!(lvef_percent(std::iter::empty()), 0.0);
    }
}
