//! `Request`: what a population asks of one study, for any family of hearts.

use bloodpool_core::{Gating, View};
use rand::{Rng, RngExt};

use crate::random::normal;

/// What a population asks of one study. A family draws everything that is not fixed here by itself.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// LVEF of the continuous volume curve of LV blood, percent.
    pub(crate) lvef_percent: f64,
    /// Position of the camera.
    pub(crate) view: View,
    /// Degrees of LAO beyond the heart's best septal view (of an LAO view), or beyond the nominal angle (of others).
    pub(crate) off_degrees: f64,
    /// Turn of the camera in the plane of the picture, degrees clockwise.
    pub(crate) turn_degrees: f64,
    /// Number of frames per cycle.
    pub(crate) frames: usize,
    /// Beats per minute.
    pub(crate) heart_rate: f64,
    /// Mean counts per frame.
    pub(crate) counts_per_frame: f64,
    /// Rows and columns.
    pub(crate) side: usize,
    /// SD of the R-R interval as a fraction of it.
    pub(crate) rr_sd: f64,
    /// Counts of the last frames relative to the others, last frame first; empty without drop-off.
    pub(crate) drop_off: Vec<f64>,
    /// Whether a source of counts lies in the field that is neither heart nor usual background: stomach, hot spleen,
    /// injection site, line.
    pub(crate) extra_source: bool,
    /// Whether a breast or an arm lies in front of a part of the heart.
    pub(crate) shade: bool,
    /// Whether the ventricle does not beat at all.
    pub(crate) still: bool,
    /// What another acquisition of the same patient changes.
    pub(crate) again: Again,
}

/// What another acquisition of the same patient changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Again {
    /// Shift of the patient in the field, mm to the right and down.
    pub(crate) shift_mm: [f64; 2],
    /// Further caudal tilt of the camera, degrees.
    pub(crate) tilt_degrees: f64,
    /// Factor on the activity of everything about the heart.
    pub(crate) background: f64,
}

impl Default for Again {
    fn default() -> Self {
        Self { shift_mm: [0.0, 0.0], tilt_degrees: 0.0, background: 1.0 }
    }
}

impl Request {
    /// A study of the ordinary population: EF uniform over `lvef`, best LAO +- 8 degrees, camera turn SD 5 degrees, 16,
    /// 24 or 32 frames, 50 to 105 beats per minute, 100k to 500k counts per frame, matrix 64 or 128, R-R SD to 8 %,
    /// drop-off in 35 %, an extra source in 10 %, breast or arm in 20 %.
    pub(crate) fn ordinary(rng: &mut impl Rng, lvef: &std::ops::RangeInclusive<f64>, matrix: Option<usize>) -> Self {
        let frames = match rng.random_range(0..100) {
            0..20 => 16,
            20..85 => 24,
            _ => 32,
        };
        let side = matrix.unwrap_or(if rng.random_bool(0.6) { 64 } else { 128 });
        let drop_off = if rng.random_bool(0.35) { drop_off(rng, frames) } else { Vec::new() };
        Self {
            lvef_percent: if lvef.start() < lvef.end() { rng.random_range(lvef.clone()) } else { *lvef.start() },
            view: View::LeftAnteriorOblique,
            off_degrees: rng.random_range(-8.0..8.0),
            turn_degrees: normal(rng, 5.0),
            frames,
            heart_rate: rng.random_range(50.0..105.0),
            counts_per_frame: rng.random_range(100e3_f64.ln()..500e3_f64.ln()).exp(),
            side,
            rr_sd: if rng.random_bool(0.4) { 0.0 } else { rng.random_range(0.0..0.08) },
            drop_off,
            extra_source: rng.random_bool(0.1),
            shade: rng.random_bool(0.2),
            still: false,
            again: Again::default(),
        }
    }

    /// A study for training: broader in every respect than [`Request::ordinary`], so that nothing ordinary lies at the
    /// edge of what a model has seen.
    pub(crate) fn training(rng: &mut impl Rng, lvef: &std::ops::RangeInclusive<f64>, matrix: Option<usize>) -> Self {
        let ordinary = Self::ordinary(rng, lvef, matrix);
        let frames = [8, 12, 16, 16, 20, 24, 24, 24, 24, 24, 28, 32, 32][rng.random_range(0..13)];
        Self {
            off_degrees: rng.random_range(-13.0..13.0),
            turn_degrees: normal(rng, 8.0).clamp(-25.0, 25.0),
            frames,
            heart_rate: rng.random_range(45.0..120.0),
            counts_per_frame: rng.random_range(70e3_f64.ln()..550e3_f64.ln()).exp(),
            drop_off: if ordinary.drop_off.is_empty() { Vec::new() } else { drop_off(rng, frames) },
            extra_source: rng.random_bool(0.2),
            shade: rng.random_bool(0.3),
            ..ordinary
        }
    }

    /// A plain study for tests: best septal view, 24 frames of 64 x 64 without any fault.
    #[cfg(test)]
    pub(crate) fn plain(lvef_percent: f64) -> Self {
        Self {
            lvef_percent,
            view: View::LeftAnteriorOblique,
            off_degrees: 0.0,
            turn_degrees: 0.0,
            frames: 24,
            heart_rate: 70.0,
            counts_per_frame: 200e3,
            side: 64,
            rr_sd: 0.0,
            drop_off: Vec::new(),
            extra_source: false,
            shade: false,
            still: false,
            again: Again::default(),
        }
    }

    /// What a file would record of this gating.
    pub(crate) fn gating(&self, rng: &mut impl Rng) -> Gating {
        let rr = (60_000.0 / self.heart_rate).round();
        let window = rng.random_range(0.1..0.2_f64).max(self.rr_sd * 2.0).min(0.2);
        let accepted = rng.random_range(300..900_u32);
        let share = 0.01 + self.rr_sd * rng.random_range(0.0..1.0);
        Gating {
            frame_time_ms: Some((rr / self.frames as f64 * 100.0).round() / 100.0),
            rr_interval_ms: Some(rr),
            rr_low_ms: Some((rr * (1.0 - window)).round()),
            rr_high_ms: Some((rr * (1.0 + window)).round()),
            beats_accepted: Some(accepted),
            beats_rejected: Some((f64::from(accepted) * share).round() as u32),
        }
    }
}

/// Counts that the last frames keep where beats were shorter than the cycle, last frame first.
pub(crate) fn drop_off(rng: &mut impl Rng, frames: usize) -> Vec<f64> {
    let depth = rng.random_range(0.05..0.7);
    let reach = rng.random_range(1..=(frames / 8).max(1));
    (0..reach).map(|k| 1.0 - depth * (1.0 - k as f64 / reach as f64)).collect()
}
