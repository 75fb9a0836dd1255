//! `Right`: the RV as a crescent on the outer surface of the LV, by a table of its thickness, and its outflow tract.

use rand::{Rng, RngExt};

use super::left::{Left, LeftShape};
use super::space::{Mesh, P3, smooth};
use super::timing::Timing;
use super::values::PARAMETERS;

/// Planes from the tricuspid valve to the RV apex, and columns of the crescent.
const PLANES: usize = 13;
const COLUMNS: usize = 15;
/// Where the crescent ends on both sides, degrees of the table.
const ENDS: [f64; 2] = [-84.0, 80.0];
/// How far the surface reaches into the wall below it, which hides that part, mm.
const HIDDEN: f64 = 4.0;

/// One right ventricle in the frame of the heart, mm.
#[derive(Debug, Clone)]
pub(super) struct Right {
    turn: f64,
    width: f64,
    /// Tricuspid plane at ED and its descent; RV apex.
    plane: f64,
    descent: f64,
    apex: f64,
    length: f64,
    thickness: f64,
    contraction: f64,
    delay: f64,
    valve: P3,
    outflow_radius: f64,
    angles: Vec<f64>,
    shares: Vec<f64>,
}

impl Right {
    /// The RV of this LV: its stroke volume, relative to that of the LV, is `ratio`.
    pub(super) fn draw(rng: &mut impl Rng, left: &Left, timing: &Timing, ratio: f64, still: bool) -> Self {
        let p = &PARAMETERS.right;
        let length = left.length;
        let ends = [ENDS[0]].into_iter().chain(p.angles.iter().copied()).chain([ENDS[1]]);
        let shares = [0.0].into_iter().chain(p.shares.iter().copied()).chain([1.0]);
        let mut right = Self {
            turn: p.turn.draw(rng),
            width: p.width.draw(rng),
            plane: p.plane.draw(rng) * length,
            descent: if still { 0.0 } else { left.descent * p.descent_ratio.draw(rng) },
            apex: p.apex.draw(rng) * length,
            length,
            thickness: 1.0,
            contraction: 0.0,
            delay: timing.rv_delay,
            valve: [p.valve_a, p.valve_s, p.valve_v].map(|range| range.draw(rng) * length),
            outflow_radius: p.outflow_radius_mm.draw(rng),
            angles: ends.collect(),
            shares: shares.collect(),
        };
        let (first, last) = (0.0, timing.systole + right.delay);
        let shapes = [first, last].map(|time| left.at(timing, time));
        let stroke = left.blood_ml(timing, first) - left.blood_ml(timing, timing.systole);
        let lv = left.blood_ml(timing, first) + left.muscle_ml;
        let own = p.edv_ml.draw(rng) * (lv / 120.0).powf(p.edv_power) * rng.random_range(0.97..1.03);
        let wanted = own.max(stroke * ratio / p.lvef_highest);
        // Both equations are nearly linear, so that a few steps of the secant rule suffice.
        for _ in 0..6 {
            let volume = right.volume_ml(&shapes[0], timing, first);
            right.thickness = (right.thickness * (wanted / volume.max(1.0)).powf(0.95)).clamp(0.3, 3.0);
        }
        if !still {
            let largest = right.volume_ml(&shapes[0], timing, first);
            let missing = |right: &mut Self, contraction: f64| {
                right.contraction = contraction;
                largest - right.volume_ml(&shapes[1], timing, last) - ratio * stroke
            };
            let (mut a, mut b) = (0.5, 1.0);
            let (mut at_a, mut at_b) = (missing(&mut right, a), missing(&mut right, b));
            for _ in 0..8 {
                if (at_b - at_a).abs() < 1e-9 || at_b.abs() < 0.1 {
                    break;
                }
                let next = (b - at_b * (b - a) / (at_b - at_a)).clamp(-1.5, 3.0);
                (a, at_a) = (b, at_b);
                (b, at_b) = (next, missing(&mut right, next));
            }
            right.contraction = b;
        }
        right
    }

    /// Tricuspid plane at one moment.
    pub(super) fn plane(&self, timing: &Timing, time: f64) -> f64 {
        self.plane + self.descent * timing.descent(time - self.delay)
    }

    /// Thickness of the blood at this distance along the axis of the LV and angle (degrees) about it.
    pub(super) fn thickness_at(&self, timing: &Timing, time: f64, a: f64, angle: f64) -> f64 {
        let plane = self.plane(timing, time);
        let share = (a - plane) / (self.apex - plane).max(1.0);
        let angle = (angle - self.turn) / self.width;
        if !(0.0..1.0).contains(&share) || angle <= ENDS[0] || angle >= ENDS[1] {
            return 0.0;
        }
        self.thickness(share, angle, timing.motion(time - self.delay))
    }

    fn thickness(&self, share: f64, angle: f64, motion: f64) -> f64 {
        let p = &PARAMETERS.right;
        let (angles, shares) = (&self.angles, &self.shares);
        let at = |i: usize, j: usize| {
            // Nothing is left at both ends and at the apex; the first plane is like the next.
            let (Some(i), j) = (i.checked_sub(1), j.saturating_sub(1)) else { return 0.0 };
            match (p.end_diastole.get(i).and_then(|row| row.get(j)), p.end_systole.get(i).and_then(|row| row.get(j))) {
                (Some(ed), Some(es)) => ed + self.contraction * motion * (es - ed),
                _ => 0.0,
            }
        };
        let value = smooth(angles, |i| smooth(shares, |j| at(i, j), share), angle);
        (value * self.thickness * self.length).max(0.0)
    }

    /// The crescent, reaching `hidden` mm into the wall of the LV.
    fn crescent(&self, shape: &LeftShape, timing: &Timing, time: f64, hidden: f64) -> Mesh {
        let plane = self.plane(timing, time);
        let motion = timing.motion(time - self.delay);
        let mut points = Vec::with_capacity(PLANES * 2 * COLUMNS);
        for k in 0..PLANES {
            let share = k as f64 / (PLANES - 1) as f64;
            let a = plane + share * (self.apex - plane);
            let column = |j: usize, outer: bool| {
                let own = ENDS[0] + (ENDS[1] - ENDS[0]) * j as f64 / (COLUMNS - 1) as f64;
                let angle = (own * self.width + self.turn).to_radians();
                let wall = shape.outer_radius(a, angle);
                let radius = if outer { wall + self.thickness(share, own, motion) } else { (wall - hidden).max(0.0) };
                [a, radius * angle.cos(), radius * angle.sin()]
            };
            points.extend((0..COLUMNS).map(|j| column(j, true)));
            points.extend((0..COLUMNS).rev().map(|j| column(j, false)));
        }
        Mesh::capped(points, 2 * COLUMNS)
    }

    /// The outflow tract up to the pulmonary valve; it narrows a little.
    fn outflow(&self, timing: &Timing, time: f64) -> Mesh {
        let moved = 0.8 * self.descent * timing.descent(time - self.delay) / 1.3;
        let (sin, cos) = (-55.0_f64).to_radians().sin_cos();
        let from = [0.1 * self.length + 0.5 * moved, 0.42 * self.length * cos, 0.42 * self.length * sin];
        let to = [self.valve[0] + moved, self.valve[1], self.valve[2]];
        let line: Vec<P3> = (0..6).map(|k| super::space::mix(from, to, f64::from(k) / 5.0)).collect();
        let radius =
            self.outflow_radius * (1.0 - 0.15 * self.contraction.clamp(0.0, 1.5) * timing.motion(time - self.delay));
        let radii: Vec<f64> = (0..6).map(|k| if k == 0 { 0.8 * radius } else { radius }).collect();
        Mesh::tube(&line, &radii, 12)
    }

    /// Where the pulmonary valve is at ED.
    pub(super) fn valve(&self) -> P3 {
        self.valve
    }

    /// Blood, ml: the crescent and the half of the outflow that lies outside it.
    pub(super) fn volume_ml(&self, shape: &LeftShape, timing: &Timing, time: f64) -> f64 {
        self.crescent(shape, timing, time, 0.0).volume_ml() + 0.5 * self.outflow(timing, time).volume_ml()
    }

    /// Crescent and outflow at one moment.
    pub(super) fn at(&self, shape: &LeftShape, timing: &Timing, time: f64) -> [Mesh; 2] {
        [self.crescent(shape, timing, time, HIDDEN), self.outflow(timing, time)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn it_ejects_what_it_should_and_is_as_large_as_measured() {
        let mut volumes = Vec::new();
        for seed in 0..60 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let lvef = 10.0 + seed as f64 * 1.1;
            let timing = Timing::draw(&mut rng, &Request::plain(lvef));
            let left = Left::draw(&mut rng, &Request::plain(lvef), &timing);
            let right = Right::draw(&mut rng, &left, &timing, 0.95, false);
            let curve: Vec<f64> = (0..50)
                .map(|k| f64::from(k) / 50.0)
                .map(|t| right.volume_ml(&left.at(&timing, t), &timing, t))
                .collect();
            let stroke = left.blood_ml(&timing, 0.0) - left.blood_ml(&timing, timing.systole);
            let own = curve[0] - curve.iter().copied().fold(f64::INFINITY, f64::min);
            assert!((own / stroke - 0.95).abs() < 0.15, "LVEF {lvef}: {own} against {stroke} ml");
            volumes.push(curve[0]);
        }
        // Section 2: 170, 170, 220, 128, 67 to 131 ml.
        let mean = volumes.iter().sum::<f64>() / volumes.len() as f64;
        assert!((130.0..210.0).contains(&mean), "{mean} ml");
    }
}
