//! The right ventricle: a crescent of blood about the left one, with an outflow tract and a motion of its own.
//!
//! Thickness by the parametric form fitted to beating right ventricles: `T0 L (1 - y^m)^k exp(-((phi - c) / w)^2 / 2)`,
//! y from the tricuspid plane (0) to the apex (1), phi in degrees from the septum to the inferior wall.

use rand::{Rng, RngExt};

use super::left_ventricle::{Moment, interpolated};
use crate::cycle::Cycle;
use crate::random::normal;

/// Coefficients of the crescent at one phase: T0, m, k, c0, c1, w0, w1.
const ED: [f64; 7] = [0.49, 2.1, 0.68, -5.0, 22.0, 40.0, 26.0];
const ES: [f64; 7] = [0.40, 1.2, 0.45, -3.0, 17.0, 36.0, 27.0];
/// Inner radius of the crescent over the length of the LV, by y.
const INNER_ED: [(f64, f64); 5] = [(0.1, 0.31), (0.3, 0.31), (0.5, 0.29), (0.7, 0.26), (0.9, 0.235)];
const INNER_ES: [(f64, f64); 5] = [(0.1, 0.26), (0.3, 0.255), (0.5, 0.25), (0.7, 0.22), (0.9, 0.19)];
/// Emptied fraction at which the measured hearts were at their end-systole.
const MEASURED_EMPTIED: f64 = 0.58;

/// One right ventricle, in the axes of the left one (mm).
#[derive(Debug, Clone)]
pub(crate) struct RightVentricle {
    /// Timing of its contraction.
    pub(crate) cycle: Cycle,
    /// Largest and smallest volume of blood, ml.
    pub(crate) volumes_ml: [f64; 2],
    length: f64,
    turn_degrees: f64,
    tricuspid: f64,
    tilt: f64,
    /// Movement of the tricuspid plane over that of the LV's base.
    follow: f64,
    outflow_radius: f64,
    valve: [f64; 3],
}

/// The right ventricle at one moment.
pub(crate) struct RightMoment {
    /// Position of the tricuspid plane along a, at the axis of the plane.
    pub(crate) plane: f64,
    tilt: f64,
    end: f64,
    emptied: f64,
    length: f64,
    turn_degrees: f64,
    scale: f64,
    outflow: ([f64; 3], [f64; 3], f64),
}

const STEPS: (usize, usize) = (14, 25);

impl RightVentricle {
    /// A right ventricle beside a left one of this length; `stroke_ml` leaves it with every beat.
    pub(crate) fn draw(rng: &mut impl Rng, cycle: Cycle, length: f64, body_ml: f64, stroke_ml: f64) -> Self {
        let largest = (1.28 * body_ml * normal(rng, 0.2).exp()).max(stroke_ml / 0.68).clamp(60.0, 420.0);
        Self {
            cycle,
            volumes_ml: [largest, largest - stroke_ml],
            length,
            turn_degrees: normal(rng, 10.0) + 3.0,
            tricuspid: 0.08 + normal(rng, 0.025),
            tilt: rng.random_range(5.0..16.0_f64).to_radians().tan(),
            follow: rng.random_range(1.15..1.45),
            outflow_radius: rng.random_range(11.0..14.5),
            valve: [-0.05 + normal(rng, 0.04), 0.22 + normal(rng, 0.08), -0.43 + normal(rng, 0.05)],
        }
    }

    /// Position of the tricuspid plane along a at end-diastole.
    pub(crate) fn at_rest_plane(&self) -> f64 {
        self.tricuspid * self.length
    }

    /// Blood volume, ml.
    pub(crate) fn volume_ml(&self, time: f64) -> f64 {
        let [largest, smallest] = self.volumes_ml;
        largest - (largest - smallest) * self.cycle.contraction(time, 0.0)
    }

    /// The ventricle at a time; `lv` and the descent of its base are of the same moment.
    pub(crate) fn at(&self, time: f64, lv: &Moment, descent: f64) -> RightMoment {
        let volume = self.volume_ml(time);
        let emptied = 1.0 - volume / self.volumes_ml[0];
        let l = self.length;
        let towards = (emptied / MEASURED_EMPTIED).min(1.2);
        let shrunk = 1.0 - 0.15 * towards;
        let valve = [self.valve[0] * l + 0.45 * descent, self.valve[1] * l, self.valve[2] * l];
        let (sin, cos) = (-55.0_f64).to_radians().sin_cos();
        let start = [0.1 * l + descent, 0.36 * l * cos, 0.36 * l * sin];
        let mut moment = RightMoment {
            plane: self.tricuspid * l + self.follow * descent,
            tilt: self.tilt,
            end: l * (0.95 - 0.025 * towards),
            emptied: towards,
            length: l,
            turn_degrees: self.turn_degrees,
            scale: 1.0,
            outflow: (start, valve, self.outflow_radius * shrunk),
        };
        // A tube whose lower half lies in the crescent already.
        let tube: f64 = (0..3).map(|i| (valve[i] - start[i]).powi(2)).sum::<f64>().sqrt();
        let outflow_ml = 0.55 * std::f64::consts::PI * moment.outflow.2.powi(2) * tube / 1000.0;
        moment.fit((volume - outflow_ml).max(0.25 * volume), lv);
        moment
    }
}

impl RightMoment {
    fn y(&self, a: f64) -> f64 {
        (a - self.plane) / (self.end - self.plane).max(1.0)
    }

    /// Inner radius and thickness of the crescent, mm, at a level and a direction (degrees).
    fn crescent(&self, y: f64, degrees: f64) -> (f64, f64) {
        let y = y.clamp(0.0, 1.0);
        let mix = |ed: f64, es: f64| ed + (es - ed) * self.emptied;
        let [t0, m, k, c0, c1, w0, w1] = [0, 1, 2, 3, 4, 5, 6].map(|i| mix(ED[i], ES[i]));
        let width = (w0 - w1 * y).max(5.0);
        let off = (degrees - c0 - c1 * y - self.turn_degrees + 180.0).rem_euclid(360.0) - 180.0;
        let along = (1.0 - y.powf(m)).max(0.0).powf(k);
        let thickness = t0 * self.length * along * (-0.5 * (off / width).powi(2)).exp();
        let inner = mix(interpolated(&INNER_ED, y), interpolated(&INNER_ES, y)) * self.length;
        (inner, self.scale * thickness)
    }

    /// Scales the crescent until what the left ventricle leaves of it has this volume.
    fn fit(&mut self, volume_ml: f64, lv: &Moment) {
        let (levels, rounds) = STEPS;
        let step = (self.end - self.plane) / levels as f64;
        let mut cells = Vec::with_capacity(levels * rounds);
        for i in 0..levels {
            let a = self.plane + (i as f64 + 0.5) * step;
            for j in 0..rounds {
                let degrees = self.turn_degrees - 110.0 + 220.0 * (j as f64 + 0.5) / rounds as f64;
                let (inner, thickness) = self.crescent(self.y(a), degrees);
                let (sin, cos) = degrees.to_radians().sin_cos();
                // Where the left ventricle's outer surface reaches further, the crescent begins there.
                let mut from = inner;
                for _ in 0..3 {
                    from += lv.depth(a, from * cos, from * sin).outer.clamp(0.0, 12.0);
                }
                cells.push((inner, thickness, from));
            }
        }
        let area = 220.0_f64.to_radians() / rounds as f64 * step / 1000.0;
        let volume = |scale: f64| {
            cells
                .iter()
                .map(|&(inner, thickness, from)| (0.5 * ((inner + scale * thickness).powi(2) - from * from)).max(0.0))
                .sum::<f64>()
                * area
        };
        let (mut low, mut high) = (0.05, 3.5);
        for _ in 0..14 {
            let middle = 0.5 * (low + high);
            if volume(middle) < volume_ml { low = middle } else { high = middle }
        }
        self.scale = 0.5 * (low + high);
    }

    /// How far a point lies inside the right ventricle, mm; negative outside. Knows nothing of the left one.
    pub(crate) fn depth(&self, a: f64, s: f64, v: f64) -> f64 {
        let radial = (s * s + v * v).sqrt();
        let plane = self.plane + self.tilt * (s - 0.44 * self.length);
        let (from, to, radius) = self.outflow;
        let tube = capsule(&from, &to, radius, [a, s, v]);
        // The crescent reaches no further whatever the direction.
        if a < plane - 8.0 || a > self.end + 8.0 || radial > self.length * (0.31 + 0.55 * self.scale) + 8.0 {
            return tube.max(-8.0);
        }
        let (inner, thickness) = self.crescent(self.y(a), v.atan2(s).to_degrees());
        let body = (inner + thickness - radial).min(radial - inner + 2.0).min(a - plane).min(self.end - a);
        let body = if thickness < 1.0 { f64::NEG_INFINITY } else { body };
        body.max(tube)
    }
}

/// How far a point lies inside a capsule between two points.
pub(crate) fn capsule(from: &[f64; 3], to: &[f64; 3], radius: f64, at: [f64; 3]) -> f64 {
    let along = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
    let away = [at[0] - from[0], at[1] - from[1], at[2] - from[2]];
    let dot = |a: &[f64; 3], b: &[f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let part = (dot(&away, &along) / dot(&along, &along).max(1e-6)).clamp(0.0, 1.0);
    let rest = [away[0] - part * along[0], away[1] - part * along[1], away[2] - part * along[2]];
    radius - dot(&rest, &rest).sqrt()
}
