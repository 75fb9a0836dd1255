//! One simulated patient on one camera: every parameter of a study, drawn from the ranges of its population.

use std::f64::consts::TAU;
use std::ops::RangeInclusive;

use bloodpool::Gating;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

use crate::Slice;
use crate::camera::Blur;
use crate::cycle::Cycle;
use crate::geometry::{Frame3, Vec3};
use crate::heart::Heart;
use crate::paper;
use crate::torso::Torso;
use crate::ventricle::{Scar, Ventricle};

/// Everything that makes one study but the Poisson noise.
pub(crate) struct Patient {
    pub(crate) heart: Heart,
    pub(crate) torso: Torso,
    pub(crate) wall_motion: String,
    pub(crate) acquisition: Acquisition,
}

/// The camera and how it was set.
pub(crate) struct Acquisition {
    pub(crate) side: usize,
    pub(crate) field_mm: f64,
    pub(crate) frames: usize,
    pub(crate) counts_per_frame: f64,
    pub(crate) blur: Blur,
    pub(crate) attenuation_per_mm: f64,
    pub(crate) scatter_fraction: f64,
    pub(crate) scatter_mm: f64,
    pub(crate) circular: bool,
    /// SD of the R-R interval as a fraction of it.
    pub(crate) rr_jitter: f64,
    /// Counts of the last frames relative to the others, last frame first.
    pub(crate) drop_off: Vec<f64>,
    pub(crate) gating: Gating,
}

impl Acquisition {
    pub(crate) fn pixel_mm(&self) -> f64 {
        self.field_mm / self.side as f64
    }

    fn draw(rng: &mut impl Rng, matrix: Option<usize>, slice: Slice) -> Self {
        let good = slice == Slice::Normal;
        let frames = if good { 24 } else { *pick(rng, &[8, 12, 16, 16, 16, 20, 24, 24, 24, 24, 28, 32]) };
        let (low, high): (f64, f64) = match slice {
            Slice::LowCounts => (60e3, 100e3),
            Slice::Normal => (250e3, 400e3),
            Slice::All | Slice::Akinesis | Slice::Paper => (60e3, 500e3),
        };
        let rr_jitter = if good || rng.random_bool(0.4) { 0.0 } else { rng.random_range(0.0..0.08) };
        let drop_off = if !good && rng.random_bool(0.35) {
            let depth = rng.random_range(0.05..0.7);
            let reach = rng.random_range(1..=(frames / 8).max(1));
            (0..reach).map(|k| 1.0 - depth * (1.0 - k as f64 / reach as f64)).collect()
        } else {
            Vec::new()
        };
        let side = matrix.unwrap_or_else(|| if rng.random_bool(0.7) { 64 } else { 128 });
        Self {
            side,
            field_mm: if good { rng.random_range(240.0..340.0) } else { rng.random_range(200.0..530.0) },
            frames,
            counts_per_frame: rng.random_range(low.ln()..high.ln()).exp(),
            blur: blur(rng),
            attenuation_per_mm: rng.random_range(0.002..0.011),
            scatter_fraction: rng.random_range(0.05..0.5),
            scatter_mm: rng.random_range(18.0..50.0),
            circular: rng.random_bool(0.3),
            rr_jitter,
            drop_off,
            gating: gating(rng, frames, rr_jitter),
        }
    }
}

/// How a camera blurs, whoever the patient is.
pub(crate) fn blur(rng: &mut impl Rng) -> Blur {
    Blur {
        intrinsic_mm: rng.random_range(1.6..3.2),
        per_depth: rng.random_range(0.018..0.055),
        motion_mm: if rng.random_bool(0.3) { rng.random_range(0.0..4.0) } else { 0.0 },
    }
}

pub(crate) fn gating(rng: &mut impl Rng, frames: usize, rr_jitter: f64) -> Gating {
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

impl Patient {
    /// Draws patients until one has an LVEF within `lvef`.
    pub(crate) fn draw(rng: &mut impl Rng, lvef: &RangeInclusive<f64>, matrix: Option<usize>, slice: Slice) -> Self {
        let paper = slice == Slice::Paper;
        let acquisition = if paper { paper::acquisition(rng, matrix) } else { Acquisition::draw(rng, matrix, slice) };
        let target = if paper {
            paper::lvef_percent(rng, lvef)
        } else if lvef.start() < lvef.end() {
            rng.random_range(lvef.clone())
        } else {
            *lvef.start()
        };
        let frames = acquisition.frames;
        let (tilt, descent) = if paper { (paper::TILT, paper::DESCENT) } else { ((0.55, 1.35), (0.15, 0.5)) };
        let mut attempt = 0;
        let (mut ventricle, wall_motion) = loop {
            attempt += 1;
            let (scars, delay, words) = if attempt > 12 { (vec![], 0.0, None) } else { disease(rng, target, slice) };
            let axes = Frame3::lao(
                rng.random_range(tilt.0..tilt.1),
                rng.random_range(-0.45..0.6),
                normal(rng, 0.16).clamp(-0.45, 0.45),
            );
            let cycle = Cycle::draw(rng);
            let mut ventricle = Ventricle::draw(rng, axes, cycle, &scars, delay, descent);
            if ventricle.solve_contraction(target, frames) {
                let words =
                    words.unwrap_or_else(|| if target < 50.0 { "global hypokinesis".into() } else { "normal".into() });
                break (ventricle, words);
            }
        };
        let heart_at = if paper {
            ventricle.scale_to_outline(paper::outline_mm2(rng, acquisition.field_mm), frames);
            paper::place(rng, acquisition.field_mm)
        } else {
            let typical = 118.0 + (62.0 - target).max(-15.0) * 1.9;
            ventricle.scale_to((typical * normal(rng, 0.3).exp()).clamp(45.0, 400.0), frames);
            place(rng, acquisition.field_mm)
        };
        let depth = rng.random_range(60.0..115.0);
        let axes = &mut ventricle.axes;
        let middle = Vec3::new(0.45 * ventricle.length, 0.0, 0.0);
        axes.origin = Vec3::new(0.0, 0.0, 0.0);
        let offset = axes.to_camera(middle);
        axes.origin = Vec3::new(heart_at[0] - offset.x, heart_at[1] - offset.y, depth - offset.z);
        let levels = if paper { paper::BACKGROUND } else { (0.10, 0.62) };
        let torso = Torso::draw(rng, heart_at, acquisition.field_mm, levels);
        let heart = Heart::draw(rng, ventricle);
        Self { heart, torso, wall_motion, acquisition }
    }
}

/// Where the LV lies in the field, mm from its middle, far enough from the edge to be seen whole.
fn place(rng: &mut impl Rng, field_mm: f64) -> [f64; 2] {
    let room = (field_mm / 2.0 - 72.0).max(6.0);
    let spread = 0.11 * field_mm;
    [(normal(rng, spread) + 8.0).clamp(-room, room), normal(rng, spread).clamp(-room, room)]
}

fn disease(rng: &mut impl Rng, target: f64, slice: Slice) -> (Vec<Scar>, f64, Option<String>) {
    let likely = match slice {
        Slice::Akinesis => 1.0,
        Slice::Normal => 0.0,
        Slice::All | Slice::LowCounts | Slice::Paper => {
            if target < 50.0 {
                0.45
            } else {
                0.12
            }
        }
    };
    let delay = if slice != Slice::Normal && rng.random_bool(0.15) { rng.random_range(0.0..0.14) } else { 0.0 };
    if !rng.random_bool(likely) {
        return (Vec::new(), delay, None);
    }
    let aneurysm = rng.random_bool(0.2);
    let scar = Scar {
        angle: rng.random_range(0.0..TAU),
        level: if aneurysm { 1.0 } else { rng.random_range(0.15..1.0) },
        angle_width: if aneurysm { 4.0 } else { rng.random_range(0.5..1.4) },
        level_width: rng.random_range(0.2..0.5),
        reduction: if rng.random_bool(0.3) { rng.random_range(1.0..1.5) } else { rng.random_range(0.6..1.05) },
    };
    let wall = ["septal", "inferior", "lateral", "anterior"][((scar.angle / TAU * 4.0).round() as usize) % 4];
    let place = if scar.level > 0.75 { "apical" } else { wall };
    let kind = match scar.reduction {
        r if r < 0.85 => "hypokinesis",
        r if r < 1.05 => "akinesis",
        _ if aneurysm => "aneurysm",
        _ => "dyskinesis",
    };
    (vec![scar], delay, Some(format!("{place} {kind}")))
}

pub(crate) fn normal(rng: &mut impl Rng, sd: f64) -> f64 {
    Normal::new(0.0, sd).map_or(0.0, |n| n.sample(rng))
}

fn pick<'a, T>(rng: &mut impl Rng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}
