//! Small beating hearts with counting noise, for the tests of this crate.

use std::f64::consts::TAU;

use ndarray::Array3;

use crate::random::Generator;
use crate::{GatedStudy, Mask, Segmentation};

/// Side of the matrix.
pub(crate) const SIDE: usize = 64;

/// What a synthetic heart does.
#[derive(Debug, Clone)]
pub(crate) struct Beat {
    /// Frames per cycle.
    pub(crate) frames: usize,
    /// Fraction of LV counts that leaves in systole.
    pub(crate) ejected: f64,
    /// Beats within the cycle.
    pub(crate) beats: f64,
    /// Fraction of the cycle by which the R wave comes before frame 1.
    pub(crate) late: f64,
    /// Counts per pixel of the LV at ED above the 40 of the body.
    pub(crate) lv: f64,
    /// Seed of the noise.
    pub(crate) seed: u64,
}

impl Default for Beat {
    fn default() -> Self {
        Self { frames: 24, ejected: 0.6, beats: 1.0, late: 0.0, lv: 160.0, seed: 1 }
    }
}

impl Beat {
    /// How far the LV has emptied on a frame, 0 to 1.
    fn emptied(&self, frame: usize) -> f64 {
        let phase = (self.beats * (frame as f64 / self.frames as f64 + self.late)).rem_euclid(1.0);
        let peak = 0.36;
        let way = if phase < peak { phase / peak } else { 1.0 - (phase - peak) / (1.0 - peak) };
        (1.0 - (TAU / 2.0 * way).cos()) / 2.0
    }

    fn radius(&self, frame: usize) -> f64 {
        8.0 * (1.0 - self.ejected * self.emptied(frame)).sqrt()
    }
}

/// Distance from the centre of the LV, which is an ellipse a fifth longer than wide.
fn from_lv(row: usize, column: usize) -> f64 {
    ((row as f64 - 36.0) / 1.1).hypot((column as f64 - 38.0) * 1.1)
}

/// A study: an LV disc, an atrium above it that fills in systole, and a resting body, with Poisson-like noise.
pub(crate) fn beating(beat: &Beat) -> GatedStudy {
    let mut noise = Noise(Generator::new(beat.seed));
    let counts = Array3::from_shape_fn((beat.frames, SIDE, SIDE), |(frame, row, column)| {
        let off = |r: f64, c: f64| (row as f64 - r).hypot(column as f64 - c);
        let disc = |distance: f64, radius: f64| (radius - distance + 0.5).clamp(0.0, 1.0);
        let body = if off(32.0, 32.0) < 28.0 { 40.0 } else { 4.0 };
        let lv = beat.lv * disc(from_lv(row, column), beat.radius(frame));
        let atrium = 60.0 * disc(off(20.0, 30.0), 4.0 + beat.ejected * 3.0 * beat.emptied(frame));
        let liver = 50.0 * disc(off(52.0, 14.0), 9.0);
        noise.poisson(body + lv + atrium + liver) as f32
    });
    let mut study = GatedStudy::new(counts, Some([4.0, 4.0])).unwrap();
    study.identity.view = Some("LAO".into());
    study.gating.frame_time_ms = Some(840.0 / beat.frames as f64);
    study
}

/// Its true outline.
pub(crate) fn outlined(beat: &Beat) -> Segmentation {
    let mask = |frame: usize| Mask::from_fn(SIDE, SIDE, |row, column| from_lv(row, column) <= beat.radius(frame));
    Segmentation { masks: (0..beat.frames).map(mask).collect(), ..Segmentation::default() }
}

/// Poisson-like noise.
struct Noise(Generator);

impl Noise {
    /// A normal deviate by 12 uniform ones, rounded: for means of 4 and more close enough to Poisson.
    fn poisson(&mut self, mean: f64) -> f64 {
        let normal: f64 = (0..12).map(|_| self.0.uniform()).sum::<f64>() - 6.0;
        (mean + mean.sqrt() * normal).round().max(0.0)
    }
}
