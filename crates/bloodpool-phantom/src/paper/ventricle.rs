//! The left ventricle: its shape, wall motion, volume and silhouette.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

use crate::cycle::Cycle;
use crate::geometry::{Frame3, Silhouette, Vec3};

/// Nodes of the wall from base to apex.
pub(super) const LONG: usize = 33;
/// Nodes of the wall round the axis.
pub(super) const ROUND: usize = 48;

/// A patch of wall that moves less (1), not at all, or outwards (above 1 of the reduction).
#[derive(Debug, Clone)]
pub(super) struct Scar {
    pub(super) angle: f64,
    pub(super) level: f64,
    pub(super) angle_width: f64,
    pub(super) level_width: f64,
    pub(super) reduction: f64,
}

impl Scar {
    /// What is left of the wall's motion here.
    fn kept(&self, level: f64, angle: f64) -> f64 {
        let turn = (angle - self.angle + TAU / 2.0).rem_euclid(TAU) - TAU / 2.0;
        let reach = (turn / self.angle_width).powi(2) + ((level - self.level) / self.level_width).powi(2);
        1.0 - self.reduction * (-reach * reach).exp()
    }
}

#[derive(Debug, Clone)]
struct Ripple {
    amplitude: f64,
    round: f64,
    long: f64,
    phase: f64,
}

/// A truncated, trabeculated ellipsoid whose wall moves inwards while its base descends to the apex.
#[derive(Debug, Clone)]
pub(super) struct Ventricle {
    /// Origin at the centre of the base at ED; axes: to the apex, to the septum, and across both.
    pub(super) axes: Frame3,
    /// Base to apex at ED, mm.
    pub(super) length: f64,
    /// Largest radius at ED before ripples, mm.
    pub(super) radius: f64,
    /// Radius at rest relative to `radius`, `[long][round]`.
    rest: Vec<f64>,
    /// Inward motion relative to `contraction`, `[long][round]`.
    strength: Vec<f64>,
    contraction: f64,
    descent: f64,
    delay: f64,
    pub(super) cycle: Cycle,
}

/// The long-axis profile of the wall.
struct Profile {
    equator: f64,
    taper: f64,
    power: f64,
}

impl Profile {
    fn at(&self, level: f64) -> f64 {
        if level < self.equator {
            1.0 - self.taper * ((self.equator - level) / self.equator).powi(2)
        } else {
            let x = (level - self.equator) / (1.0 - self.equator);
            (1.0 - x.powf(self.power)).max(0.0).powf(1.0 / self.power)
        }
    }
}

/// A value at every node, from level (0 base to 1 apex) and angle (from the septum).
fn nodes(value: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    (0..LONG * ROUND)
        .map(|k| value((k / ROUND) as f64 / (LONG - 1) as f64, TAU * (k % ROUND) as f64 / ROUND as f64))
        .collect()
}

impl Ventricle {
    /// A ventricle of unit size whose contraction is still to be solved for. Its base descends by `descent.0` to
    /// `descent.1` of that contraction.
    pub(super) fn draw(
        rng: &mut impl Rng,
        axes: Frame3,
        cycle: Cycle,
        scars: &[Scar],
        delay: f64,
        descent: (f64, f64),
    ) -> Self {
        let ripples: Vec<Ripple> = (0..rng.random_range(3..7))
            .map(|_| Ripple {
                amplitude: rng.random_range(0.0..0.045),
                round: f64::from(rng.random_range(1..6_i32)),
                long: rng.random_range(0.0..9.0),
                phase: rng.random_range(0.0..TAU),
            })
            .collect();
        let profile = Profile {
            equator: rng.random_range(0.15..0.45),
            taper: rng.random_range(0.05..0.45),
            power: rng.random_range(1.7..2.6),
        };
        let (lateral_excess, apical_excess) = (rng.random_range(-0.05..0.4), rng.random_range(-0.15..0.3));
        let rest = nodes(|level, angle| {
            let ripple: f64 =
                ripples.iter().map(|r| r.amplitude * (r.round * angle + r.long * level + r.phase).sin()).sum();
            profile.at(level) * (1.0 + ripple)
        });
        let strength = nodes(|level, angle| {
            let normal = 1.0 - lateral_excess * angle.cos() + apical_excess * (level - 0.5);
            scars.iter().fold(normal, |strength, scar| strength * scar.kept(level, angle))
        });
        Self {
            axes,
            length: rng.random_range(2.0..3.7),
            radius: 1.0,
            rest,
            strength,
            contraction: 0.0,
            descent: rng.random_range(descent.0..descent.1),
            delay,
            cycle,
        }
    }

    /// Level of the base plane, as a fraction of the ED length.
    pub(super) fn base_level(&self, time: f64) -> f64 {
        self.descent * self.contraction * self.cycle.contraction(time, 0.5 * self.delay)
    }

    /// Wall radius, mm, at every node, `[long][round]`, at one moment.
    pub(super) fn wall(&self, time: f64) -> Vec<f64> {
        let mut inward = [0.0; ROUND];
        for (j, value) in inward.iter_mut().enumerate() {
            // A conduction delay makes the lateral wall late.
            let late = self.delay * (0.5 - 0.5 * (TAU * j as f64 / ROUND as f64).cos());
            *value = self.contraction * self.cycle.contraction(time, late);
        }
        let shrink = |k: usize| (1.0 - self.strength[k] * inward[k % ROUND]).clamp(0.15, 1.4);
        (0..LONG * ROUND).map(|k| self.radius * self.rest[k] * shrink(k)).collect()
    }

    /// Volume, ml, inside a wall whose base lies at `base_level`.
    pub(super) fn volume_ml(&self, wall: &[f64], base_level: f64) -> f64 {
        let step = 1.0 / (LONG - 1) as f64;
        let area =
            |i: usize| wall[i * ROUND..(i + 1) * ROUND].iter().map(|r| r * r).sum::<f64>() * 0.5 * TAU / ROUND as f64;
        let mut volume = 0.0;
        for i in 0..LONG - 1 {
            let (from, to) = (i as f64 * step, (i + 1) as f64 * step);
            if to <= base_level {
                continue;
            }
            let cut = ((base_level - from) / step).clamp(0.0, 1.0);
            let (near, far) = (area(i), area(i + 1));
            let start = near + (far - near) * cut;
            volume += 0.5 * (start + far) * (1.0 - cut) * step;
        }
        volume * self.length / 1000.0
    }

    /// Volumes, ml, at the middle of each of `frames` frames.
    pub(super) fn volumes_ml(&self, frames: usize) -> Vec<f64> {
        (0..frames)
            .map(|frame| {
                let time = (frame as f64 + 0.5) / frames as f64;
                self.volume_ml(&self.wall(time), self.base_level(time))
            })
            .collect()
    }

    fn lvef_percent(&self, frames: usize) -> f64 {
        lvef_of_volumes(&self.volumes_ml(frames))
    }

    /// Sets the contraction so that LVEF is `target` percent; `false` where this wall cannot reach it.
    pub(super) fn solve_contraction(&mut self, target: f64, frames: usize) -> bool {
        let (mut low, mut high) = (0.0, 0.75);
        self.contraction = high;
        if self.lvef_percent(frames) < target {
            return false;
        }
        for _ in 0..14 {
            self.contraction = 0.5 * (low + high);
            if self.lvef_percent(frames) < target {
                low = self.contraction;
            } else {
                high = self.contraction;
            }
        }
        (self.lvef_percent(frames) - target).abs() < 0.5
    }

    /// Scales the ventricle so that the outline of its largest volume encloses `area_mm2`.
    pub(super) fn scale_to_outline(&mut self, area_mm2: f64, frames: usize) {
        let volumes = self.volumes_ml(frames);
        let largest = (0..frames).max_by(|&a, &b| volumes[a].total_cmp(&volumes[b])).unwrap_or(0);
        let time = (largest as f64 + 0.5) / frames as f64;
        let factor = (area_mm2 / self.silhouette(&self.wall(time), self.base_level(time)).area_mm2()).sqrt();
        self.length *= factor;
        self.radius *= factor;
    }

    /// The outline as the camera sees it.
    pub(super) fn silhouette(&self, wall: &[f64], base_level: f64) -> Silhouette {
        let mut points = Vec::with_capacity(2 * LONG * ROUND);
        let fine = 2 * (LONG - 1);
        for i in 0..=fine {
            let level = base_level + (1.0 - base_level) * i as f64 / fine as f64;
            let exact = level * (LONG - 1) as f64;
            let lower = (exact as usize).min(LONG - 2);
            let part = exact - lower as f64;
            for j in 0..ROUND {
                let (near, far) = (wall[lower * ROUND + j], wall[(lower + 1) * ROUND + j]);
                let radius = near + (far - near) * part;
                let angle = TAU * j as f64 / ROUND as f64;
                let local = Vec3::new(level * self.length, radius * angle.cos(), radius * angle.sin());
                let at = self.axes.to_camera(local);
                points.push([at.x, at.y]);
            }
        }
        Silhouette::around(&points)
    }
}

/// LVEF, percent, of volumes by frame: (largest - smallest) / largest.
pub(super) fn lvef_of_volumes(volumes: &[f64]) -> f64 {
    let largest = volumes.iter().copied().fold(0.0, f64::max);
    let smallest = volumes.iter().copied().fold(f64::INFINITY, f64::min);
    100.0 * (largest - smallest) / largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn ventricle(seed: u64) -> Ventricle {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let cycle = Cycle::draw(&mut rng);
        Ventricle::draw(&mut rng, Frame3::lao(0.8, 0.0, 0.0), cycle, &[], 0.0, (0.15, 0.5))
    }

    #[test]
    fn a_plain_half_ellipsoid_has_the_volume_of_the_textbook() {
        let mut lv = ventricle(1);
        (lv.length, lv.radius) = (80.0, 25.0);
        lv.rest = nodes(|level, _| (1.0 - level * level).sqrt());
        // Half of an ellipsoid with semi-axes 80, 25, 25 mm: 2/3 pi a b c = 104.72 ml.
        let volume = lv.volume_ml(&lv.wall(0.0), 0.0);
        assert!((volume - 104.72).abs() < 0.6, "{volume}");
    }

    #[test]
    fn the_contraction_is_solved_to_the_ejection_fraction_asked_for() {
        for (seed, target) in [(2, 12.0), (3, 35.0), (4, 60.0), (5, 74.0)] {
            let mut lv = ventricle(seed);
            assert!(lv.solve_contraction(target, 24));
            lv.scale_to_outline(4000.0, 24);
            assert!((lv.lvef_percent(24) - target).abs() < 0.5);
        }
    }
}
