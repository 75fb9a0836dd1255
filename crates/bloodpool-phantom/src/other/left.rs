//! `Left`: the LV as a surface of radii about its long axis, one per level and direction, each on its own way from ED to ES.

use std::f64::consts::TAU;

use rand::Rng;

use super::parameters::Left as Table;
use super::profile::{Profile, around, wall_mm};
use super::regional::Region;
use super::space::{Mesh, P3};
use super::timing::{Timing, draw_block, lvef_percent};
use super::values::PARAMETERS;
use crate::request::Request;

/// Loops from base to apex, and points of each.
const LOOPS: usize = 20;
pub(super) const AROUND: usize = 28;

/// One left ventricle in the heart frame (a, s, v), mm.
#[derive(Debug, Clone)]
pub(super) struct Left {
    /// Length of the cavity at ED.
    pub(super) length: f64,
    /// How far the base comes down.
    pub(super) descent: f64,
    /// Papillary muscles and trabeculae, ml.
    pub(super) muscle_ml: f64,
    /// Abnormal motion, in words; empty without any.
    pub(super) words: Vec<String>,
    levels: [f64; LOOPS],
    directions: [[f64; 2]; AROUND],
    points: Vec<Point>,
    /// Slopes of the base plane in s and v at ED, and what ES adds.
    slopes: [[f64; 2]; 2],
    apex_shift: f64,
    outer_apex_shift: f64,
    apex_wall: f64,
    /// How far the walls go, relative to the table.
    contraction: f64,
}

/// One place of the wall.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// Radius at ED, and what the table adds at ES.
    radius: f64,
    change: f64,
    /// Square of the outer radius minus that of the inner one at ED, mm².
    section: f64,
    delay: f64,
}

/// The LV at one moment.
#[derive(Debug, Clone)]
pub(super) struct LeftShape {
    /// The cavity up to the valve plane.
    pub(super) cavity: Mesh,
    /// The outer surface of the myocardium.
    pub(super) outer: Mesh,
    /// Where the base plane crosses the axis, and its slopes in s and v.
    pub(super) base: f64,
    pub(super) slopes: [f64; 2],
}

impl LeftShape {
    /// Centre of the base, apex, and the points of the base.
    pub(super) fn apex(&self) -> P3 {
        self.cavity.points[LOOPS * AROUND + 1]
    }

    pub(super) fn base_ring(&self) -> &[P3] {
        &self.cavity.points[..AROUND]
    }

    /// Radius of the outer surface at this distance along the axis and angle (rad).
    pub(super) fn outer_radius(&self, a: f64, angle: f64) -> f64 {
        let exact = angle.rem_euclid(TAU) / TAU * AROUND as f64;
        let lower = exact as usize;
        let part = exact - lower as f64;
        let column = |j: usize| {
            let at = |i: usize| {
                let [a, s, v] = self.outer.points[i * AROUND + j % AROUND];
                [a, s.hypot(v)]
            };
            let (mut low, mut high) = (0, LOOPS - 1);
            while high - low > 1 {
                let middle = (low + high) / 2;
                if at(middle)[0] <= a { low = middle } else { high = middle }
            }
            let ([a0, r0], [a1, r1]) = (at(low), at(high));
            r0 + (r1 - r0) * ((a - a0) / (a1 - a0).max(1e-9)).clamp(0.0, 1.0)
        };
        column(lower) * (1.0 - part) + column(lower + 1) * part
    }
}

impl Left {
    pub(super) fn draw(rng: &mut impl Rng, request: &Request, timing: &Timing) -> Self {
        let p = &PARAMETERS.left;
        // The tables count papillary muscles as cavity, the LVEF asked for does not.
        let share = p.muscle_share.draw(rng);
        let lvef = request.lvef_percent * (1.0 - share);
        let mut left = Self::drawn_shape(rng, p, lvef);
        let factor = p.wall_factor.draw(rng);
        for (i, &level) in left.levels.iter().enumerate() {
            for (j, direction) in left.directions.iter().enumerate() {
                let wall = factor * wall_mm(level, *direction);
                let point = &mut left.points[i * AROUND + j];
                point.section = (point.radius + wall).powi(2) - point.radius.powi(2);
            }
        }
        let edv = left.cavity(timing, 0.0).volume_ml();
        left.muscle_ml = share * edv;
        let emptied = (lvef / 100.0).clamp(0.0, 0.95);
        let shortening = left.length * (1.0 - (1.0 - emptied).powf(p.length_exponent.draw(rng)));
        left.apex_shift = (p.apex_shift_mm.draw(rng) * lvef / 60.0).min(0.4 * shortening);
        left.outer_apex_shift = (p.outer_apex_shift_mm.draw(rng) * lvef / 60.0).min(0.3 * shortening);
        left.descent = shortening - left.apex_shift;
        // With a block or a region that does not move, the rest of the wall may be unable to reach the LVEF.
        let plain = left.clone();
        left.delay_walls(rng, lvef);
        let delayed = left.clone();
        if let Some(region) = Region::draw(rng, lvef) {
            left.change(&region);
        }
        if request.still {
            left.stop();
            return left;
        }
        for mut candidate in [left, delayed] {
            if candidate.solve(timing, request.lvef_percent) {
                return candidate;
            }
        }
        left = plain;
        if !left.solve(timing, request.lvef_percent) {
            left.stop();
        }
        left
    }

    /// Size and shape at ED and the way to ES.
    fn drawn_shape(rng: &mut impl Rng, p: &Table, lvef: f64) -> Self {
        let below = p.edv_at_lvef - lvef;
        let slope = if below > 0.0 { p.edv_per_point_below } else { p.edv_per_point_above };
        let edv = p.edv_limits.clamp(p.edv_ml * (slope * below + p.edv_log.draw(rng)).exp());
        let slenderness = p.slenderness.draw(rng) * (1.0 - p.rounder_per_point * below.max(0.0));

        let profile = Profile::draw(rng);
        let levels: [f64; LOOPS] = std::array::from_fn(|i| 1.0 - (1.0 - i as f64 / LOOPS as f64).powi(2));
        let directions: [[f64; 2]; AROUND] = std::array::from_fn(|j| {
            let (sin, cos) = (TAU * j as f64 / AROUND as f64).sin_cos();
            [cos, sin]
        });
        let mut points = Vec::with_capacity(LOOPS * AROUND);
        for &x in &levels {
            for &direction in &directions {
                let [ed, es] = profile.radii(x, direction);
                points.push(Point { radius: ed, change: es - ed, section: 0.0, delay: 0.0 });
            }
        }
        let tan = |degrees: f64| degrees.to_radians().tan();
        let (tilt_v, tilt_s) = (p.tilt_v.draw(rng), p.tilt_s.draw(rng));
        let more = [p.tilt_v_systole.draw(rng), p.tilt_s_systole.draw(rng)].map(|tilt| tilt * (lvef / 60.0).min(1.2));
        let slopes = [[-tan(tilt_v), tan(tilt_s)], [-tan(more[0]), tan(more[1])]];
        let mut left = Self {
            length: p.table_length_mm,
            descent: 0.0,
            muscle_ml: 0.0,
            words: Vec::new(),
            levels,
            directions,
            points,
            slopes,
            apex_shift: 0.0,
            outer_apex_shift: 0.0,
            apex_wall: p.apex_wall.draw(rng),
            contraction: 0.0,
        };
        // Both factors, of length and of radius, follow from the volume and from length / largest radius.
        let largest = (0..LOOPS).map(|i| left.mean_radius(i)).fold(1.0, f64::max);
        let volume = left.mesh(0.0, left.length, left.slopes[0], |point| point.radius).volume_ml();
        let ratio = slenderness * largest / left.length;
        let across = (edv / volume / ratio).cbrt();
        left.length *= across * ratio;
        left.points.iter_mut().for_each(|point| {
            point.radius *= across;
            point.change *= across;
        });
        left
    }

    /// Radius of the circle of equal area at ED.
    fn mean_radius(&self, i: usize) -> f64 {
        let ring = &self.points[i * AROUND..(i + 1) * AROUND];
        (ring.iter().map(|point| point.radius.powi(2)).sum::<f64>() / AROUND as f64).sqrt()
    }

    /// Largest diameter at ED, mm.
    pub(super) fn width(&self) -> f64 {
        2.0 * (0..LOOPS).map(|i| self.mean_radius(i)).fold(1.0, f64::max)
    }

    /// Length / largest radius at ED.
    #[cfg(test)]
    pub(super) fn slenderness(&self) -> f64 {
        self.length / (0..LOOPS).map(|i| self.mean_radius(i)).fold(1.0, f64::max)
    }

    fn delay_walls(&mut self, rng: &mut impl Rng, lvef: f64) {
        let p = &PARAMETERS.timing;
        let walls: [f64; 4] = std::array::from_fn(|_| p.wall_delay.draw(rng));
        let block = draw_block(rng, lvef);
        let (late, septal) = (p.block_delay.draw(rng), p.block_septal_motion.draw(rng));
        for (k, point) in self.points.iter_mut().enumerate() {
            let direction = self.directions[k % AROUND];
            point.delay = around(walls, direction);
            if block {
                point.delay += late * 0.5 * (1.0 - direction[0]) - 0.02;
                point.change *= 1.0 - (1.0 - septal) * direction[0].max(0.0).powi(2);
            }
        }
        if block {
            self.words.push("left bundle branch block".into());
        }
    }

    /// A region with abnormal motion.
    fn change(&mut self, region: &Region) {
        for (k, point) in self.points.iter_mut().enumerate() {
            let [motion, radius] = region.factors(self.levels[k / AROUND], self.directions[k % AROUND]);
            point.change *= motion;
            point.section *= radius;
            point.radius *= radius;
        }
        self.words.push(region.words());
    }

    /// No motion at all.
    fn stop(&mut self) {
        (self.contraction, self.descent, self.apex_shift, self.outer_apex_shift) = (0.0, 0.0, 0.0, 0.0);
        self.slopes[1] = [0.0; 2];
        self.words = vec!["no wall motion".into()];
    }

    /// Contraction at which the continuous curve has this LVEF; whether there is one.
    fn solve(&mut self, timing: &Timing, lvef: f64) -> bool {
        const HIGHEST: f64 = 2.6;
        let reached = |left: &mut Self, contraction: f64| {
            left.contraction = contraction;
            let times = (0..=60).map(|k| f64::from(k) * 0.01).filter(|t| *t <= 0.13 || *t >= 0.2);
            let times = times.chain((88..100).step_by(2).map(|k| f64::from(k) * 0.01));
            lvef_percent(times.map(|time| (time, left.blood_ml(timing, time)))) - lvef
        };
        // Regula falsi with the Illinois rule: the curve is monotonic in the contraction.
        let (mut low, mut high) = ((-0.4, reached(self, -0.4)), (HIGHEST, reached(self, HIGHEST)));
        if low.1 > 0.0 || high.1 < 0.0 {
            return false;
        }
        for _ in 0..24 {
            let middle = low.0 + (high.0 - low.0) * (-low.1) / (high.1 - low.1).max(1e-12);
            let value = reached(self, middle);
            if value.abs() < 0.02 {
                return true;
            }
            if value > 0.0 {
                high = (middle, value);
                low.1 *= 0.5;
            } else {
                low = (middle, value);
                high.1 *= 0.5;
            }
        }
        false
    }

    /// Blood in the cavity, ml.
    pub(super) fn blood_ml(&self, timing: &Timing, time: f64) -> f64 {
        (self.cavity(timing, time).volume_ml() - self.muscle_ml).max(0.0)
    }

    fn cavity(&self, timing: &Timing, time: f64) -> Mesh {
        let (base, length, slopes, _) = self.axis(timing, time);
        let radii = self.radii(timing, time);
        let mut radii = radii.iter();
        self.mesh(base, length, slopes, |_| radii.next().copied().unwrap_or(0.0))
    }

    /// Cavity and myocardium at one moment of the cycle.
    pub(super) fn at(&self, timing: &Timing, time: f64) -> LeftShape {
        let (base, length, slopes, descent) = self.axis(timing, time);
        let radii = self.radii(timing, time);
        let mut inner = radii.iter();
        let cavity = self.mesh(base, length, slopes, |_| inner.next().copied().unwrap_or(0.0));
        // The wall keeps its volume: what it loses in length its section gains.
        let gain = self.length / length.max(1.0);
        let mut outer_points = Vec::with_capacity(LOOPS * AROUND + 2);
        let tip = self.apex_wall + (self.apex_shift - self.outer_apex_shift).max(0.0) * descent;
        for (k, (point, radius)) in self.points.iter().zip(&radii).enumerate() {
            let x = self.levels[k / AROUND];
            let outer = (radius * radius + point.section * gain).sqrt();
            let mut place = self.place(k, outer, base, length, slopes);
            place[0] += tip * x.powi(4);
            outer_points.push(place);
        }
        let middle = [base, 0.0, 0.0];
        let outer = Mesh::new(outer_points, AROUND, [middle, [base + length + tip, 0.0, 0.0]]);
        LeftShape { cavity, outer, base, slopes }
    }

    /// Base, length and slopes of the base plane at one moment, and the share of the descent made.
    fn axis(&self, timing: &Timing, time: f64) -> (f64, f64, [f64; 2], f64) {
        let descent = timing.descent(time);
        let base = self.descent * descent;
        let slopes = [0, 1].map(|k| self.slopes[0][k] + descent * self.slopes[1][k]);
        (base, self.length - base - self.apex_shift * descent, slopes, descent)
    }

    /// Radii of all points of the cavity at one moment; no wall comes nearer to the axis than a tenth of its ED radius.
    fn radii(&self, timing: &Timing, time: f64) -> Vec<f64> {
        let moved = |point: &Point| {
            let least = 0.1 * point.radius;
            let radius = point.radius + self.contraction * timing.motion(time - point.delay) * point.change;
            // Below a quarter of the ED radius the approach slows down, so that radii stay positive and smooth.
            let knee = 0.25 * point.radius;
            if radius > knee { radius } else { least + (knee - least) * ((radius - knee) / (knee - least)).exp() }
        };
        self.points.iter().map(moved).collect()
    }

    fn place(&self, k: usize, radius: f64, base: f64, length: f64, slopes: [f64; 2]) -> P3 {
        let (x, [cos, sin]) = (self.levels[k / AROUND], self.directions[k % AROUND]);
        let (s, v) = (radius * cos, radius * sin);
        // Flat at the base; the tilt fades towards the apex.
        [base + x * length + (1.0 - x).powi(2) * (slopes[0] * s + slopes[1] * v), s, v]
    }

    fn mesh(&self, base: f64, length: f64, slopes: [f64; 2], mut radius: impl FnMut(&Point) -> f64) -> Mesh {
        let points: Vec<P3> = self
            .points
            .iter()
            .enumerate()
            .map(|(k, point)| self.place(k, radius(point), base, length, slopes))
            .collect();
        Mesh::new(points, AROUND, [[base, 0.0, 0.0], [base + length, 0.0, 0.0]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// A heart whose cavity, with papillary muscles, has about this EF: that of the tables.
    fn of_cavity(seed: u64, lvef: f64) -> (Left, Timing) {
        draw(seed, lvef / 0.93)
    }

    fn draw(seed: u64, lvef: f64) -> (Left, Timing) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let request = Request::plain(lvef);
        let timing = Timing::draw(&mut rng, &request);
        (Left::draw(&mut rng, &request, &timing), timing)
    }

    fn mean_sd(values: &[f64]) -> (f64, f64) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt())
    }

    #[test]
    fn drawn_hearts_are_those_of_the_cohort() {
        // anatomy.md, section 1 (MESA, n = 1,991), at its EF of 63.4 +- 7.1.
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let hearts: Vec<_> = (0..200)
            .map(|seed| of_cavity(seed, (63.4 + crate::random::normal(&mut rng, 7.1)).clamp(43.0, 78.0)))
            .collect();
        let of = |f: &dyn Fn(&(Left, Timing)) -> f64| mean_sd(&hearts.iter().map(f).collect::<Vec<_>>());
        let (edv, edv_sd) = of(&|(left, timing)| left.cavity(timing, 0.0).volume_ml());
        let (length, length_sd) = of(&|(left, _)| left.length);
        let (ratio, ratio_sd) = of(&|(left, _)| left.slenderness());
        let (mass, mass_sd) = of(&|(left, timing)| {
            let shape = left.at(timing, 0.0);
            1.05 * (shape.outer.volume_ml() - shape.cavity.volume_ml())
        });
        println!("EDV {edv:.0} +- {edv_sd:.0} ml, L {length:.1} +- {length_sd:.1} mm, L/r {ratio:.2} +- {ratio_sd:.2}");
        println!("myocardium {mass:.0} +- {mass_sd:.0} g");
        assert!((edv - 124.0).abs() < 8.0 && (edv_sd - 31.0).abs() < 9.0, "EDV {edv} +- {edv_sd}");
        assert!((length - 87.1).abs() < 2.5 && (length_sd - 8.2).abs() < 2.5, "L {length} +- {length_sd}");
        assert!((ratio - 3.50).abs() < 0.08 && (ratio_sd - 0.33).abs() < 0.08, "L/r {ratio} +- {ratio_sd}");
        assert!((mass - 127.0).abs() < 16.0 && (mass_sd - 36.0).abs() < 14.0, "mass {mass} +- {mass_sd}");
    }

    #[test]
    fn lengths_and_descents_are_those_of_each_class() {
        // Section 1: length shortening by class of EF; below, the infarct cohort of the same atlas has 8.1 / 13.4 of
        // the healthy long-axis shortening at EF 41, and section 6 leaves a static heart without descent.
        for (lvef, shortening) in [(46.0, 0.134), (55.0, 0.175), (61.0, 0.194), (67.0, 0.226), (73.0, 0.265)] {
            let drawn: Vec<_> = (0..60).map(|seed| of_cavity(seed, lvef)).collect();
            let es = |timing: &Timing| timing.systole;
            let lengths: Vec<f64> = drawn.iter().map(|(l, t)| 1.0 - l.axis(t, es(t)).1 / l.length).collect();
            let descents: Vec<f64> = drawn.iter().map(|(l, _)| l.descent).collect();
            let (found, descent) = (mean_sd(&lengths).0, mean_sd(&descents).0);
            println!("EF {lvef}: length shortening {found:.3}, descent {descent:.1} mm");
            assert!((found - shortening).abs() < 0.03, "EF {lvef}: {found} where {shortening} was measured");
            assert!(lvef < 55.0 || (9.5..17.0).contains(&descent), "EF {lvef}: descent {descent}");
        }
        let descent = |lvef| mean_sd(&(0..40).map(|seed| of_cavity(seed, lvef).0.descent).collect::<Vec<_>>()).0;
        assert!((5.5..10.0).contains(&descent(41.0)) && descent(15.0) < 4.0, "{} {}", descent(41.0), descent(15.0));
    }

    #[test]
    fn every_lvef_is_met_in_blood() {
        for (seed, lvef) in (1..=17).map(|k| (k as u64, f64::from(k) * 5.0)) {
            let (left, timing) = draw(seed, lvef);
            let curve = (0..200).map(|k| f64::from(k) / 200.0).map(|time| (time, left.blood_ml(&timing, time)));
            let found = lvef_percent(curve);
            assert!((found - lvef).abs() < 0.15, "{found} where {lvef} was asked for: {:?}", left.words);
            for time in [0.0, timing.systole] {
                let cavity = left.cavity(&timing, time).volume_ml();
                let share = 1.0 - left.blood_ml(&timing, time) / cavity;
                assert!((0.045..0.35).contains(&share), "{share} of the cavity is muscle");
            }
        }
    }

    #[test]
    fn the_wall_keeps_its_volume() {
        for seed in 0..20 {
            let (left, timing) = draw(seed, 62.0);
            let wall = |time| {
                let shape = left.at(&timing, time);
                shape.outer.volume_ml() - shape.cavity.volume_ml()
            };
            // Section 1: ES / ED 1.03 +- 0.09.
            let ratio = wall(timing.systole) / wall(0.0);
            assert!((0.85..1.2).contains(&ratio), "{ratio}");
        }
    }
}
