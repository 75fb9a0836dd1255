//! The left ventricle: cavity by measured profile, bend and motion; wall of constant volume; blood less papillary
//! muscles.
//!
//! Shapes and motion follow the statistical atlas of 1,991 adults without symptoms (MESA cohort, Cardiac Atlas
//! Project): long-axis profile, bend of the centre line, level by level shortening, descent of the base, wall
//! thickness.

use std::f64::consts::{PI, TAU};

use rand::{Rng, RngExt};

use crate::cycle::Cycle;
use crate::random::normal;

/// Levels of the cavity from base (0) to apex (1).
pub(crate) const LONG: usize = 25;
/// Directions round the axis, from the septum through the inferior, lateral and anterior wall.
pub(crate) const ROUND: usize = 32;

/// Coefficients of `r / (L sqrt(1 - x))` in powers of x, at end-diastole (L: length at end-diastole).
const PROFILE_ED: [f64; 4] = [0.226, 0.527, -0.557, 0.283];
/// Share of the mid-ventricular shortening at levels 0, 0.1, 0.2, 0.3 and beyond.
const LEVEL_FACTOR: [(f64, f64); 5] = [(0.0, 0.27), (0.1, 0.60), (0.2, 0.87), (0.3, 1.0), (1.0, 1.0)];
/// Wall thickness at end-diastole, mm, by level: septal, inferior, lateral, anterior.
const WALL_MM: [(f64, [f64; 4]); 6] = [
    (0.0, [4.8, 7.6, 8.2, 7.4]),
    (0.1, [4.8, 8.0, 8.5, 7.5]),
    (0.3, [10.6, 8.8, 8.7, 9.1]),
    (0.5, [10.1, 8.6, 7.9, 7.4]),
    (0.7, [8.2, 7.5, 8.2, 6.9]),
    (1.0, [6.3, 5.8, 6.3, 5.6]),
];

/// A patch of wall that moves less (reduction below 1), not at all (1) or outwards (above 1).
#[derive(Debug, Clone)]
pub(crate) struct Scar {
    pub(crate) angle: f64,
    pub(crate) level: f64,
    pub(crate) angle_width: f64,
    pub(crate) level_width: f64,
    pub(crate) reduction: f64,
    /// Outward bulge at rest, as a fraction of the radius.
    pub(crate) bulge: f64,
}

impl Scar {
    fn weight(&self, level: f64, angle: f64) -> f64 {
        let turn = (angle - self.angle + PI).rem_euclid(TAU) - PI;
        let reach = (turn / self.angle_width).powi(2) + ((level - self.level) / self.level_width).powi(2);
        (-reach * reach).exp()
    }
}

/// One left ventricle. Lengths in mm in its own axes: a from base to apex, s to the septum, v to the inferior wall; the
/// origin is the centre of the base at end-diastole.
#[derive(Debug, Clone)]
pub(crate) struct LeftVentricle {
    /// Base to apex at end-diastole.
    pub(crate) length: f64,
    /// Largest mean radius at end-diastole.
    pub(crate) radius: f64,
    /// Tilt of the base plane: rise along a per mm in s and in v, at end-diastole and end-systole.
    pub(crate) tilt: [[f64; 2]; 2],
    /// Timing of the contraction.
    pub(crate) cycle: Cycle,
    rest: Vec<f64>,
    strength: Vec<f64>,
    wall: Vec<f64>,
    delay: Vec<f64>,
    bend: [[f64; 2]; 2],
    contraction: f64,
    shortening: f64,
    /// Share of the shortening by which the inner apex moves towards the base; the base does the rest.
    apex_share: f64,
    /// Movement of the apex in v at end-systole.
    apex_v: f64,
    /// Exponent by which the base is ahead of the wall.
    lead: f64,
    /// Papillary muscles and trabeculae, ml.
    pub(crate) muscle_ml: f64,
}

/// The ventricle at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    /// Position of the base's centre along a.
    pub(crate) base: f64,
    /// Position of the inner apex along a.
    pub(crate) apex: f64,
    /// Rise of the base plane per mm in s and in v.
    pub(crate) tilt: [f64; 2],
    /// Inner radii, `[level][direction]`.
    pub(crate) inner: Vec<f64>,
    /// Outer radii, likewise.
    pub(crate) outer: Vec<f64>,
    /// Centre of each level in s and v.
    pub(crate) centre: Vec<[f64; 2]>,
    /// Cosine of the angle between surface normal and section plane, by level.
    pub(crate) normal: Vec<f64>,
    /// Outer surface beyond the apex.
    pub(crate) apex_wall: f64,
    /// Least inner and largest outer radius, by level.
    bounds: Vec<[f64; 2]>,
}

/// The parameters from which a ventricle is made.
pub(crate) struct Build {
    /// Largest volume of the cavity, muscle included, ml.
    pub(crate) cavity_ml: f64,
    /// Length / largest radius.
    pub(crate) slenderness: f64,
    /// Patches of abnormal wall.
    pub(crate) scars: Vec<Scar>,
    /// Delay of the lateral wall behind the septum, fraction of the cycle (left bundle branch block).
    pub(crate) delay: f64,
    /// Factor on the wall's thickness.
    pub(crate) wall_factor: f64,
    /// Papillary muscles and trabeculae as a fraction of the cavity at end-diastole.
    pub(crate) muscle_fraction: f64,
}

pub(crate) fn interpolated(table: &[(f64, f64)], x: f64) -> f64 {
    let next = table.iter().position(|&(at, _)| at >= x).unwrap_or(table.len() - 1).max(1);
    let ((x0, y0), (x1, y1)) = (table[next - 1], table[next]);
    y0 + (y1 - y0) * ((x - x0) / (x1 - x0)).clamp(0.0, 1.0)
}

fn nodes(value: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    (0..LONG * ROUND)
        .map(|k| value((k / ROUND) as f64 / (LONG - 1) as f64, TAU * (k % ROUND) as f64 / ROUND as f64))
        .collect()
}

/// Motion g of the walls, all points straight from ED to ES, at which a fraction of the stroke volume has left:
/// emptied = 1.33 g - 0.33 g^2.
pub(crate) fn motion(emptied: f64) -> f64 {
    ((1.33 - (1.7689 - 1.32 * emptied.clamp(0.0, 1.0)).sqrt()) / 0.66).clamp(0.0, 1.0)
}

impl LeftVentricle {
    /// A ventricle that does not contract yet; see [`LeftVentricle::solve`].
    pub(crate) fn draw(rng: &mut impl Rng, cycle: Cycle, build: &Build) -> Self {
        let base_change = normal(rng, 0.10).clamp(-0.22, 0.22);
        let cone = normal(rng, 0.05);
        let (oval, oval_at) = (rng.random_range(0.0..0.05), rng.random_range(0.0..PI));
        let ripples: Vec<[f64; 4]> = (0..4)
            .map(|_| {
                [
                    rng.random_range(0.0..0.02),
                    f64::from(rng.random_range(1..4_i32)),
                    rng.random_range(0.0..7.0),
                    rng.random_range(0.0..TAU),
                ]
            })
            .collect();
        let rest = nodes(|x, phi| {
            let [c0, c1, c2, c3] = PROFILE_ED;
            let profile = (1.0 - x).max(0.0).sqrt() * (c0 + x * (c1 + x * (c2 + x * c3)));
            let shape = 1.0 + base_change * (1.0 - x / 0.35).max(0.0) + cone * (0.5 - x);
            let round = 1.0 + oval * (2.0 * (phi - oval_at)).cos();
            let ripple: f64 = ripples.iter().map(|[size, k, along, at]| size * (k * phi + along * x + at).sin()).sum();
            let bulge: f64 = build.scars.iter().map(|scar| scar.bulge * scar.weight(x, phi)).sum();
            profile * shape * (round + ripple + bulge)
        });
        // The septum moves least near the base, the lateral wall most.
        let (septal, apical) = (rng.random_range(0.15..0.5), rng.random_range(-0.12..0.12));
        let strength = nodes(|x, phi| {
            let level =
                interpolated(&LEVEL_FACTOR, x) * (1.0 - septal * phi.cos() * (1.0 - x).powi(2) + apical * (x - 0.6));
            build.scars.iter().fold(level, |kept, scar| kept * (1.0 - scar.reduction * scar.weight(x, phi)))
        });
        let thick = build.wall_factor * normal(rng, 0.14).exp();
        let wall = nodes(|x, phi| {
            let side = |index: usize| interpolated(&WALL_MM.map(|(at, walls)| (at, walls[index])), x);
            let quarter = phi / TAU * 4.0;
            let (from, part) = (quarter as usize % 4, quarter.fract());
            thick * (side(from) * (1.0 - part) + side((from + 1) % 4) * part)
        });
        // The lateral wall (half a turn from the septum) is late.
        let delay = (0..ROUND).map(|j| build.delay * (0.5 - 0.5 * (TAU * j as f64 / ROUND as f64).cos())).collect();
        let tilt = |rng: &mut dyn FnMut(f64) -> f64, mean: [f64; 2]| {
            [(mean[0] + rng(7.0)).to_radians().tan(), (mean[1] + rng(5.0)).to_radians().tan()]
        };
        let mut draw = |sd: f64| normal(rng, sd);
        let ed = tilt(&mut draw, [0.0, -3.0]);
        let es = [ed[0] + (3.5 + draw(4.0)).to_radians().tan(), ed[1] + (1.0 + draw(3.0)).to_radians().tan()];
        let bend = [[-2.6 + draw(1.5), -3.2 + draw(2.2)], [-1.6 + draw(1.5), -4.2 + draw(2.2)]];
        let apex_v = -3.5 + draw(1.5);
        let mut lv = Self {
            length: 1.0,
            radius: 1.0,
            tilt: [ed, es],
            cycle,
            rest,
            strength,
            wall,
            delay,
            bend,
            contraction: 0.0,
            shortening: 0.0,
            apex_share: rng.random_range(0.05..0.42),
            apex_v,
            lead: rng.random_range(0.55..0.95),
            muscle_ml: build.muscle_fraction * build.cavity_ml,
        };
        // Profiles are of unit length; the radius is scaled to the slenderness, then all to the volume.
        let widest = (0..LONG).map(|i| lv.mean_radius(i)).fold(0.0, f64::max);
        let factor = 1.0 / (build.slenderness * widest);
        lv.rest.iter_mut().for_each(|r| *r *= factor);
        let unit_ml = lv.volume_ml(1.0, &lv.rest);
        lv.length = (build.cavity_ml / unit_ml).cbrt();
        lv.rest.iter_mut().for_each(|r| *r *= lv.length);
        lv.radius = (0..LONG).map(|level| lv.mean_radius(level)).fold(0.0, f64::max);
        lv
    }

    fn mean_radius(&self, level: usize) -> f64 {
        self.rest[level * ROUND..(level + 1) * ROUND].iter().sum::<f64>() / ROUND as f64
    }

    fn volume_ml(&self, length: f64, radii: &[f64]) -> f64 {
        let area =
            |i: usize| radii[i * ROUND..(i + 1) * ROUND].iter().map(|r| r * r).sum::<f64>() * 0.5 * TAU / ROUND as f64;
        let sum: f64 = (0..LONG - 1).map(|i| 0.5 * (area(i) + area(i + 1))).sum();
        sum * length / (LONG - 1) as f64 / 1000.0
    }

    fn radii(&self, time: f64) -> Vec<f64> {
        let moved: Vec<f64> =
            self.delay.iter().map(|late| self.contraction * motion(self.cycle.contraction(time, *late))).collect();
        (0..LONG * ROUND).map(|k| self.rest[k] * (1.0 - self.strength[k] * moved[k % ROUND]).clamp(0.1, 1.5)).collect()
    }

    /// Shortening of the axis so far, as a fraction of the length.
    fn shortened(&self, time: f64) -> f64 {
        let late = self.delay.iter().sum::<f64>() / ROUND as f64;
        self.shortening * motion(self.cycle.contraction(time, late)).powf(self.lead)
    }

    /// Volume of the cavity, muscle included, ml; `time` in cycles after the R wave.
    pub(crate) fn cavity_ml(&self, time: f64) -> f64 {
        self.volume_ml(self.length * (1.0 - self.shortened(time)), &self.radii(time))
    }

    /// Volume of blood, ml.
    pub(crate) fn blood_ml(&self, time: f64) -> f64 {
        (self.cavity_ml(time) - self.muscle_ml).max(0.5)
    }

    /// Descent of the base, mm.
    pub(crate) fn descent(&self, time: f64) -> f64 {
        self.length * self.shortened(time) * (1.0 - self.apex_share)
    }

    /// LVEF of the continuous curve, percent: largest blood volume within 12 % of the R wave, smallest in 20 to 60 %.
    pub(crate) fn lvef_percent(&self, samples: usize) -> f64 {
        let at = |k: usize| k as f64 / samples as f64;
        let near = (0..samples).map(at).filter(|time| *time <= 0.12 || *time >= 0.88);
        let largest = near.map(|time| self.blood_ml(time)).fold(0.0, f64::max);
        let systole = (0..samples).map(at).filter(|time| (0.2..=0.6).contains(time));
        let smallest = systole.map(|time| self.blood_ml(time)).fold(f64::INFINITY, f64::min);
        100.0 * (1.0 - smallest / largest)
    }

    /// When the ventricle is smallest, in cycles after the R wave.
    pub(crate) fn end_systole(&self) -> f64 {
        let times = (0..40).map(|k| f64::from(k) / 40.0);
        times.min_by(|a, b| self.blood_ml(*a).total_cmp(&self.blood_ml(*b))).unwrap_or(0.4)
    }

    /// Sets the contraction for an LVEF; `exponent` of the volume ratio gives the shortening of the axis (0.23 in
    /// people). `false` where this wall cannot reach it.
    pub(crate) fn solve(&mut self, lvef_percent: f64, exponent: f64) -> bool {
        let muscle = self.muscle_ml / self.cavity_ml(0.0).max(1.0);
        let ratio = 1.0 - lvef_percent / 100.0 * (1.0 - muscle);
        self.shortening = 1.0 - ratio.powf(exponent);
        let (mut low, mut high) = (-0.15, 0.88);
        let reached = |lv: &mut Self, contraction: f64| {
            lv.contraction = contraction;
            lv.lvef_percent(40)
        };
        if reached(self, high) < lvef_percent || reached(self, low) > lvef_percent {
            return false;
        }
        for _ in 0..13 {
            let middle = 0.5 * (low + high);
            if reached(self, middle) < lvef_percent { low = middle } else { high = middle }
        }
        (self.lvef_percent(200) - lvef_percent).abs() < 0.4
    }

    /// The ventricle at a time, in cycles after the R wave.
    pub(crate) fn at(&self, time: f64) -> Moment {
        let shortened = self.shortened(time);
        let progress = if self.shortening > 1e-6 { shortened / self.shortening } else { 0.0 };
        let apex = self.length * (1.0 - shortened * self.apex_share);
        let length = self.length * (1.0 - shortened);
        let inner = self.radii(time);
        // Each section keeps the volume of its wall: its area grows as the axis shortens.
        let outer: Vec<f64> = (0..LONG * ROUND)
            .map(|k| {
                let (rest, wall) = (self.rest[k], self.wall[k]);
                (inner[k].powi(2) + (wall * wall + 2.0 * rest * wall) * self.length / length).sqrt()
            })
            .collect();
        let mix = |pair: [f64; 2]| pair[0] + (pair[1] - pair[0]) * progress;
        let [bend_s, bend_v] = [0, 1].map(|axis| mix([self.bend[0][axis], self.bend[1][axis]]));
        let centre = (0..LONG)
            .map(|i| {
                let x = i as f64 / (LONG - 1) as f64;
                [bend_s * (PI * x).sin(), bend_v * (PI * x).sin() + self.apex_v * progress * x]
            })
            .collect();
        let step = length / (LONG - 1) as f64;
        let mean = |i: usize| inner[i * ROUND..(i + 1) * ROUND].iter().sum::<f64>() / ROUND as f64;
        let normal = (0..LONG)
            .map(|i| {
                let (from, to) = (i.saturating_sub(1), (i + 1).min(LONG - 1));
                let slope = (mean(to) - mean(from)) / (step * (to - from) as f64);
                1.0 / (1.0 + slope * slope).sqrt()
            })
            .collect();
        let tilt = [0, 1].map(|axis| mix([self.tilt[0][axis], self.tilt[1][axis]]));
        let apex_wall = self.wall[(LONG - 1) * ROUND] * (1.0 + progress);
        let row = |radii: &[f64], i: usize, start: f64, pick: fn(f64, f64) -> f64| {
            radii[i * ROUND..(i + 1) * ROUND].iter().copied().fold(start, pick)
        };
        let bounds =
            (0..LONG).map(|i| [row(&inner, i, f64::INFINITY, f64::min), row(&outer, i, 0.0, f64::max)]).collect();
        Moment { base: apex - length, apex, tilt, inner, outer, centre, normal, apex_wall, bounds }
    }
}

impl Moment {
    /// Position of the base plane along a above a point in s and v.
    pub(crate) fn base_at(&self, s: f64, v: f64) -> f64 {
        self.base + self.tilt[0] * s + self.tilt[1] * v
    }

    /// How far a point lies inside the cavity and inside the outer surface, mm (negative outside), and its distance
    /// from the axis relative to the wall, and its level.
    pub(crate) fn depth(&self, a: f64, s: f64, v: f64) -> Depth {
        let length = self.apex - self.base;
        let level = (a - self.base) / length;
        let exact = level.clamp(0.0, 1.0) * (LONG - 1) as f64;
        let lower = (exact as usize).min(LONG - 2);
        let part = exact - lower as f64;
        let mix = |near: f64, far: f64| near + (far - near) * part;
        let (near, far) = (self.centre[lower], self.centre[lower + 1]);
        let (ds, dv) = (s - mix(near[0], far[0]), v - mix(near[1], far[1]));
        let radial = (ds * ds + dv * dv).sqrt();
        let beyond = a - self.apex;
        let normal = mix(self.normal[lower], self.normal[lower + 1]);
        // Well inside or outside of every direction's radius, the direction does not matter.
        let least = self.bounds[lower][0].min(self.bounds[lower + 1][0]);
        let largest = self.bounds[lower][1].max(self.bounds[lower + 1][1]);
        if beyond <= 0.0 && radial > largest + 12.0 {
            return Depth { inner: largest - radial, outer: largest - radial, relative: 9.0, level };
        }
        if beyond <= 0.0 && (least - radial) * normal > 6.0 && radial < 0.42 * least {
            return Depth { inner: (least - radial) * normal, outer: least - radial, relative: radial / least, level };
        }
        let turn = dv.atan2(ds).rem_euclid(TAU) / TAU * ROUND as f64;
        let (round, across) = (turn as usize % ROUND, turn.fract());
        let next = (round + 1) % ROUND;
        let radius = |radii: &[f64]| {
            let row = |i: usize| radii[i * ROUND + round] * (1.0 - across) + radii[i * ROUND + next] * across;
            mix(row(lower), row(lower + 1))
        };
        let wall = radius(&self.inner);
        let inner = if beyond > 0.0 { -radial.hypot(beyond) } else { (wall - radial) * normal };
        let outer_radius = radius(&self.outer);
        let outer = if beyond > 0.0 {
            // An ellipsoidal cap over the apex.
            let share = (radial / outer_radius.max(1.0)).hypot(beyond / self.apex_wall.max(1.0));
            (1.0 - share) * self.apex_wall
        } else {
            outer_radius - radial
        };
        Depth { inner, outer, relative: radial / wall.max(1e-6), level }
    }

    /// Points of the cavity's surface, base ring included, as (a, s, v).
    pub(crate) fn surface(&self) -> Vec<[f64; 3]> {
        let length = self.apex - self.base;
        let mut points = Vec::with_capacity(2 * LONG * ROUND * 2);
        for k in 0..(2 * LONG - 1) * ROUND * 2 {
            let (fine, round) = (k / (ROUND * 2), k % (ROUND * 2));
            let (lower, half) =
                ((fine / 2).min(LONG - 2), if fine / 2 > LONG - 2 { 1.0 } else { 0.5 * (fine % 2) as f64 });
            let at = |i: usize| {
                0.5 * (self.inner[i * ROUND + round / 2] + self.inner[i * ROUND + round.div_ceil(2) % ROUND])
            };
            let radius = at(lower) * (1.0 - half) + at(lower + 1) * half;
            let centre =
                [0, 1].map(|axis| self.centre[lower][axis] * (1.0 - half) + self.centre[lower + 1][axis] * half);
            let (sin, cos) = (TAU * round as f64 / (2 * ROUND) as f64).sin_cos();
            let (s, v) = (centre[0] + radius * cos, centre[1] + radius * sin);
            let a = self.base + length * (lower as f64 + half) / (LONG - 1) as f64;
            points.push([a.max(self.base_at(s, v)), s, v]);
        }
        points
    }

    /// The ring of the base, as (a, s, v).
    pub(crate) fn ring(&self) -> Vec<[f64; 3]> {
        (0..ROUND)
            .map(|j| {
                let (sin, cos) = (TAU * j as f64 / ROUND as f64).sin_cos();
                let (s, v) = (self.centre[0][0] + self.inner[j] * cos, self.centre[0][1] + self.inner[j] * sin);
                [self.base_at(s, v), s, v]
            })
            .collect()
    }

    /// The inner apex, as (a, s, v).
    pub(crate) fn tip(&self) -> [f64; 3] {
        let [s, v] = self.centre[LONG - 1];
        [self.apex, s, v]
    }
}

/// Where a point lies in a ventricle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Depth {
    /// Depth below the inner surface, mm; negative outside the cavity. Knows nothing of the base plane.
    pub(crate) inner: f64,
    /// Depth below the outer surface, mm.
    pub(crate) outer: f64,
    /// Distance from the axis over the inner radius.
    pub(crate) relative: f64,
    /// 0 at the base, 1 at the apex.
    pub(crate) level: f64,
}
