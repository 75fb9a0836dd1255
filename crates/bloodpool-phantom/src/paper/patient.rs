//! One simulated patient on one camera: every parameter of a study, drawn at random.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

use super::acquisition::Acquisition;
use super::heart::Heart;
use super::table_1;
use super::torso::Torso;
use super::ventricle::{Scar, Ventricle};
use crate::cycle::Cycle;
use crate::geometry::{Frame3, Vec3};
use crate::random::normal;

/// Everything that makes one study but the Poisson noise.
pub(super) struct Patient {
    pub(super) heart: Heart,
    pub(super) torso: Torso,
    pub(super) wall_motion: String,
    pub(super) acquisition: Acquisition,
}

impl Patient {
    /// Draws a patient like those of the paper's Table 1.
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let acquisition = table_1::acquisition(rng);
        let target = table_1::lvef_percent(rng);
        let frames = acquisition.frames;
        let mut attempt = 0;
        let (mut ventricle, wall_motion) = loop {
            attempt += 1;
            let (scars, delay, words) = if attempt > 12 { (vec![], 0.0, None) } else { disease(rng, target) };
            let axes = Frame3::lao(
                rng.random_range(table_1::TILT.0..table_1::TILT.1),
                rng.random_range(-0.45..0.6),
                normal(rng, 0.16).clamp(-0.45, 0.45),
            );
            let cycle = Cycle::draw(rng);
            let mut ventricle = Ventricle::draw(rng, axes, cycle, &scars, delay, table_1::DESCENT);
            if ventricle.solve_contraction(target, frames) {
                let words =
                    words.unwrap_or_else(|| if target < 50.0 { "global hypokinesis".into() } else { "normal".into() });
                break (ventricle, words);
            }
        };
        ventricle.scale_to_outline(table_1::outline_mm2(rng, acquisition.field_mm), frames);
        let heart_at = table_1::place(rng, acquisition.field_mm);
        let depth = rng.random_range(60.0..115.0);
        let axes = &mut ventricle.axes;
        let middle = Vec3::new(0.45 * ventricle.length, 0.0, 0.0);
        axes.origin = Vec3::new(0.0, 0.0, 0.0);
        let offset = axes.to_camera(middle);
        axes.origin = Vec3::new(heart_at[0] - offset.x, heart_at[1] - offset.y, depth - offset.z);
        let torso = Torso::draw(rng, heart_at, acquisition.field_mm, table_1::BACKGROUND);
        let heart = Heart::draw(rng, ventricle);
        Self { heart, torso, wall_motion, acquisition }
    }
}

fn disease(rng: &mut impl Rng, target: f64) -> (Vec<Scar>, f64, Option<String>) {
    let likely = if target < 50.0 { 0.45 } else { 0.12 };
    let delay = if rng.random_bool(0.15) { rng.random_range(0.0..0.14) } else { 0.0 };
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
