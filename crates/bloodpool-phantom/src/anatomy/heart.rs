//! One person's heart: its jointly drawn parameters, its disease, and the four chambers at any moment.

use std::f64::consts::{PI, TAU};

use rand::{Rng, RngExt};

use super::atria::{AtrialMoment, Atrium};
use super::left_ventricle::{Build, LeftVentricle, Moment, Scar};
use super::right_ventricle::{RightMoment, RightVentricle};
use crate::cycle::Cycle;
use crate::random::normal;
use crate::request::Request;

/// Activity of each kind of tissue relative to arterial blood.
#[derive(Debug, Clone)]
pub(crate) struct Activities {
    pub(crate) lv: f64,
    pub(crate) rv: f64,
    pub(crate) la: f64,
    pub(crate) ra: f64,
    pub(crate) vessels: f64,
    pub(crate) myocardium: f64,
}

/// One person's heart, in the axes of its left ventricle.
#[derive(Debug, Clone)]
pub(crate) struct Heart {
    pub(crate) lv: LeftVentricle,
    pub(crate) rv: RightVentricle,
    pub(crate) la: Atrium,
    pub(crate) ra: Atrium,
    pub(crate) activities: Activities,
    /// Radius of the aortic root, mm.
    pub(crate) root_mm: f64,
    /// Disease in words, or `normal`.
    pub(crate) words: String,
}

/// All chambers at one moment.
pub(crate) struct Chambers {
    pub(crate) lv: Moment,
    pub(crate) rv: RightMoment,
    pub(crate) la: AtrialMoment,
    pub(crate) ra: AtrialMoment,
    pub(crate) root: ([f64; 3], [f64; 3]),
}

impl Heart {
    /// Draws hearts until one has the LVEF of the request.
    pub(crate) fn draw(rng: &mut impl Rng, request: &Request) -> Self {
        let target = if request.still { 0.0 } else { request.lvef_percent };
        let mut attempt = 0;
        let (lv, disease, body_ml) = loop {
            attempt += 1;
            let disease = Disease::draw(rng, target, attempt > 12);
            let cycle = if request.still { Cycle::still() } else { Cycle::paced(rng, request.heart_rate) };
            // The volume of a healthy heart in this body; weak hearts are larger.
            let body_ml = 118.0 * normal(rng, 0.24).exp();
            let larger = (0.0135 * (62.0 - if request.still { 45.0 } else { target })).exp();
            let cavity_ml = (body_ml * larger * normal(rng, 0.13).exp()).clamp(42.0, 430.0);
            let rounder = ((50.0 - target) / 30.0).clamp(0.0, 1.0);
            let build = Build {
                cavity_ml,
                slenderness: (3.5 - 0.38 * rounder + normal(rng, 0.37)).clamp(2.4, 4.6),
                scars: disease.scars.clone(),
                delay: disease.delay,
                wall_factor: disease.wall_factor,
                muscle_fraction: rng.random_range(0.045..0.09) * (body_ml / cavity_ml).sqrt().min(1.2),
            };
            let mut lv = LeftVentricle::draw(rng, cycle, &build);
            let exponent = (0.23 + normal(rng, 0.055)).clamp(0.10, 0.36);
            if request.still || lv.solve(target, exponent) {
                break (lv, disease, body_ml);
            }
        };
        let stroke_ml = target / 100.0 * (lv.cavity_ml(0.0) - lv.muscle_ml);
        let stroke_ml = stroke_ml * disease.right_stroke.unwrap_or_else(|| rng.random_range(0.85..1.1));
        let right_cycle = if request.still { Cycle::still() } else { lv.cycle.jittered(rng) };
        let rv = RightVentricle::draw(rng, right_cycle, lv.length, body_ml, stroke_ml);
        let sick = if disease.dilated_atria { 1.0 } else { ((45.0 - target) / 40.0).clamp(0.0, 1.0) };
        let la = Atrium::left(rng, lv.length, sick);
        let ra = Atrium::right(rng, lv.length, rv.at_rest_plane(), sick);
        let wide =
            |rng: &mut dyn FnMut(f64, f64) -> f64| if rng(0.0, 1.0) < 0.3 { rng(0.7, 1.3) } else { rng(0.93, 1.07) };
        let mut uniform = |low: f64, high: f64| rng.random_range(low..high);
        let activities = Activities {
            lv: 1.0,
            rv: wide(&mut uniform),
            la: wide(&mut uniform),
            ra: wide(&mut uniform),
            vessels: wide(&mut uniform),
            myocardium: uniform(0.12, 0.27),
        };
        Self { lv, rv, la, ra, activities, root_mm: uniform(12.0, 16.5), words: disease.words }
    }

    /// All chambers at a time, in cycles after the R wave.
    pub(crate) fn at(&self, time: f64) -> Chambers {
        let lv = self.lv.at(time);
        let descent = self.lv.descent(time);
        let rv = self.rv.at(time, &lv, descent);
        let emptied = self.lv.cycle.contraction(time, 0.0);
        let moved = rv.plane - self.rv.at_rest_plane();
        let la = self.la.at(emptied, lv.base);
        let ra = self.ra.at(self.rv.cycle.contraction(time, 0.0), moved);
        let l = self.lv.length;
        let root = ([lv.base - 0.01 * l, 0.17 * l, -0.12 * l], [-0.34 * l, 0.55 * l, -0.2 * l]);
        Chambers { lv, rv, la, ra, root }
    }
}

/// The disease of a heart.
struct Disease {
    scars: Vec<Scar>,
    delay: f64,
    wall_factor: f64,
    right_stroke: Option<f64>,
    dilated_atria: bool,
    words: String,
}

impl Disease {
    fn draw(rng: &mut impl Rng, target: f64, plain: bool) -> Self {
        let mut words = Vec::new();
        let mut scars = Vec::new();
        let mut delay = 0.0;
        if !plain && rng.random_bool(if target < 50.0 { 0.45 } else { 0.12 }) {
            let (scar, name) = scar(rng);
            scars.push(scar);
            words.push(name);
        }
        if !plain && rng.random_bool(if target < 45.0 { 0.2 } else { 0.06 }) {
            delay = rng.random_range(0.03..0.15);
            words.push("left bundle branch block".to_owned());
        }
        let wall_factor = if target > 45.0 && rng.random_bool(0.09) {
            words.push("hypertrophy".to_owned());
            rng.random_range(1.3..1.65)
        } else {
            1.0
        };
        let right_stroke = (!plain && rng.random_bool(0.04)).then(|| {
            words.push("valve disease or shunt".to_owned());
            if rng.random_bool(0.5) { rng.random_range(0.5..0.8) } else { rng.random_range(1.2..1.8) }
        });
        let dilated_atria = rng.random_bool(0.07);
        if dilated_atria {
            words.push("dilated atria".to_owned());
        }
        if words.is_empty() {
            words.push(if target < 50.0 { "global hypokinesis" } else { "normal" }.to_owned());
        }
        Self { scars, delay, wall_factor, right_stroke, dilated_atria, words: words.join(", ") }
    }
}

fn scar(rng: &mut impl Rng) -> (Scar, String) {
    let aneurysm = rng.random_bool(0.2);
    let scar = Scar {
        angle: rng.random_range(0.0..TAU),
        level: if aneurysm { rng.random_range(0.8..1.0) } else { rng.random_range(0.2..1.0) },
        angle_width: if aneurysm { 4.0 } else { rng.random_range(0.5..1.4) },
        level_width: rng.random_range(0.2..0.5),
        reduction: if rng.random_bool(0.3) { rng.random_range(1.0..1.4) } else { rng.random_range(0.6..1.05) },
        bulge: if aneurysm { rng.random_range(0.03..0.12) } else { 0.0 },
    };
    let wall = ["septal", "inferior", "lateral", "anterior"][((scar.angle / (PI / 2.0)).round() as usize) % 4];
    let place = if scar.level > 0.75 { "apical" } else { wall };
    let kind = match scar.reduction {
        _ if aneurysm => "aneurysm",
        r if r < 0.85 => "hypokinesis",
        r if r < 1.05 => "akinesis",
        _ => "dyskinesis",
    };
    (scar, format!("{place} {kind}"))
}
