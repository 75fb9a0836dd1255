//! `Atrium`: superquadrics that are attached to the valve planes, follow them, and fill while their ventricles empty.

use std::f64::consts::{FRAC_PI_2, TAU};

use rand::{Rng, RngExt};

use super::parameters::Atrium as Measured;
use super::space::{Mesh, P3, along, mix, orthonormal, turned};
use super::values::PARAMETERS;

const LOOPS: usize = 11;
const AROUND: usize = 16;
/// How far the surface reaches beyond the valve plane, which cuts it off: the floor lies flat on the plane, mm.
const BEYOND: f64 = 4.0;

/// One atrium in the frame of the heart, mm.
#[derive(Debug, Clone)]
pub(super) struct Atrium {
    points: Vec<P3>,
    centre: P3,
    /// Highest (roof) and lowest (floor) point along the axis of the LV before any motion.
    roof: f64,
    floor: f64,
    /// Volumes at ED and ES of its ventricle, ml.
    smallest_ml: f64,
    largest_ml: f64,
}

/// Where a valve plane cuts an atrium: where it crosses the axis, and its slopes in s and v.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor {
    pub(super) at: f64,
    pub(super) slopes: [f64; 2],
}

impl Atrium {
    /// The left and the right atrium of a heart with an LV of this length, LVEF (percent) and stroke volume (ml).
    pub(super) fn draw(rng: &mut impl Rng, length: f64, lvef: f64, stroke: f64) -> [Self; 2] {
        let p = &PARAMETERS.atria;
        let failing = ((60.0 - lvef) / 50.0).clamp(0.0, 1.0);
        let larger = 1.0 + (p.dilated.draw(rng) - 1.0) * failing;
        let raised = p.ratio_raised.draw(rng) * failing;
        let size = (length / 87.1).powi(2).clamp(0.75, 1.3);
        let volumes =
            [(p.left_largest_ml, p.left_ratio), (p.right_largest_ml, p.right_ratio)].map(|(largest, ratio)| {
                let largest = largest.draw(rng) * larger * size;
                // No atrium takes up more than this part of what its ventricle ejects.
                let smallest = largest * (ratio.draw(rng) + raised).min(0.9);
                [smallest.max(largest - p.reservoir * stroke.max(0.0)), largest]
            });
        [
            Self::shape(rng, p.left, [p.left_long, p.left_short], length, volumes[0]),
            Self::shape(rng, p.right, [p.right_long, p.right_short], length, volumes[1]),
        ]
    }

    /// Between two measured atria.
    fn shape(rng: &mut impl Rng, measured: &[Measured], axes: [P3; 2], length: f64, volumes: [f64; 2]) -> Self {
        let p = &PARAMETERS.atria;
        let mut pick = || &measured[rng.random_range(0..measured.len())];
        let (one, two) = (pick(), pick());
        let part = rng.random_range(0.0..1.0);
        let scaled = |atrium: &Measured| atrium.centre.map(|x| x / atrium.length * length);
        let centre = mix(scaled(one), scaled(two), part);
        let semi = mix(one.axes, two.axes, part);
        let [mut long, mut short, mut middle] = orthonormal(axes[0], axes[1]);
        for axis in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] {
            let angle = p.axis_turn.draw(rng).to_radians();
            [long, short, middle] = [long, short, middle].map(|direction| turned(direction, axis, angle));
        }
        let exponents = [p.exponent.draw(rng), p.exponent.draw(rng)];
        let power = |x: f64, exponent: f64| x.signum() * x.abs().powf(exponent);
        let at = |latitude: f64, longitude: f64| {
            let ((up, across), (y, x)) = (latitude.sin_cos(), longitude.sin_cos());
            let across = power(across, exponents[0]);
            let point = along(centre, long, semi[0] * power(up, exponents[0]));
            let point = along(point, middle, semi[1] * across * power(x, exponents[1]));
            along(point, short, semi[2] * across * power(y, exponents[1]))
        };
        let mut points = Vec::with_capacity(LOOPS * AROUND + 2);
        for k in 1..=LOOPS {
            let latitude = -FRAC_PI_2 + std::f64::consts::PI * k as f64 / (LOOPS + 1) as f64;
            points.extend((0..AROUND).map(|j| at(latitude, TAU * (j as f64 + 0.5) / AROUND as f64)));
        }
        points.extend([along(centre, long, -semi[0]), along(centre, long, semi[0])]);
        let roof = points.iter().map(|p| p[0]).fold(f64::INFINITY, f64::min);
        let floor = points.iter().map(|p| p[0]).fold(f64::NEG_INFINITY, f64::max);
        Self { points, centre, roof, floor, smallest_ml: volumes[0], largest_ml: volumes[1] }
    }

    /// With the valve plane at `floor` and its ventricle emptied by this share of the stroke volume. The roof stays,
    /// the floor goes with the plane, and the width makes up for the rest of the volume.
    pub(super) fn at(&self, floor: Floor, emptied: f64) -> Mesh {
        let volume = self.smallest_ml + (self.largest_ml - self.smallest_ml) * emptied;
        // The plane where the atrium lies on it.
        let plane = |s: f64, v: f64| floor.at + floor.slopes[0] * s + floor.slopes[1] * v;
        let lies = plane(self.centre[1], self.centre[2]) + BEYOND;
        let stretch = (lies - self.roof).max(10.0) / (self.floor - self.roof).max(10.0);
        let placed = |width: f64| {
            let place = |&[a, s, v]: &P3| {
                let s = self.centre[1] + width * (s - self.centre[1]);
                let v = self.centre[2] + width * (v - self.centre[2]);
                [(self.roof + stretch * (a - self.roof)).min(plane(s, v)), s, v]
            };
            let mut points: Vec<P3> = self.points.iter().map(place).collect();
            let poles = [points.len() - 2, points.len() - 1].map(|k| points[k]);
            points.truncate(points.len() - 2);
            Mesh::new(points, AROUND, poles)
        };
        let mut width = 1.0;
        for _ in 0..2 {
            width *= (volume / placed(width).volume_ml().max(1.0)).sqrt().clamp(0.5, 2.0);
        }
        placed(width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn atria_fill_against_their_ventricles_and_stay_behind_the_planes() {
        for seed in 0..30 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            for atrium in Atrium::draw(&mut rng, 87.0, 62.0, 76.0) {
                let at = |base: f64, emptied: f64| atrium.at(Floor { at: base, slopes: [0.0; 2] }, emptied);
                let (ed, es) = (at(0.0, 0.0), at(13.0, 1.0));
                let ratio = ed.volume_ml() / es.volume_ml();
                // Section 3: LA smallest / largest 0.40-0.50, 60-75 ml; RA 0.5-0.6, 70-110 ml.
                assert!((0.38..0.7).contains(&ratio), "{ratio}");
                assert!((40.0..140.0).contains(&es.volume_ml()), "{}", es.volume_ml());
                assert!(ed.points.iter().all(|p| p[0] <= 1e-9) && es.points.iter().all(|p| p[0] <= 13.0 + 1e-9));
                assert!(es.points.iter().any(|p| p[0] > 12.9), "the floor does not reach the plane");
            }
        }
    }
}
