//! `Chest`: body wall, lungs, abdominal organs and bones of one patient, and what is in front of them.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

use super::detector::{Medium, SLAB_MM, SLABS, Slabs, empty_slabs};
use super::organs::Extra;
use super::position::Camera;
use super::rays::Grid;
use super::space::{P3, dot};
use super::values::PARAMETERS;

/// One chest. Places are relative to the centre of the LV: left, posterior, superior, mm.
#[derive(Debug, Clone)]
pub(super) struct Chest {
    /// Middle of the chest, half width and half depth, and how far its cross-section is from an ellipse.
    middle: [f64; 2],
    half: [f64; 2],
    squareness: f64,
    wall: f64,
    diaphragm: f64,
    dome: f64,
    lung_gap: f64,
    lv_radius: f64,
    activity: Activity,
    soft: f64,
    lung_per_mm: f64,
    bone_per_mm: f64,
    stomach: P3,
    spleen: P3,
    rib_phase: f64,
    waves: [(P3, f64); 3],
    uneven: f64,
    injection: Option<(P3, f64)>,
    shade: Option<Shade>,
}

#[derive(Debug, Clone)]
struct Activity {
    body: f64,
    lung: f64,
    liver: f64,
    spleen: f64,
    kidney: f64,
    marrow: f64,
    stomach: f64,
    mediastinum: f64,
}

/// Soft tissue between the chest and the camera.
#[derive(Debug, Clone, Copy)]
enum Shade {
    Breast { centre: [f64; 2], radius: f64, thickness: f64 },
    Arm { point: [f64; 2], normal: [f64; 2], width: f64, thickness: f64 },
}

impl Chest {
    /// A chest with a heart of this largest LV radius, mm.
    pub(super) fn draw(rng: &mut impl Rng, lv_radius: f64, extra: Extra, shade: bool) -> Self {
        let p = &PARAMETERS.chest;
        let (a, at) = (&PARAMETERS.activity, &PARAMETERS.position);
        let activity = Activity {
            body: a.body.draw(rng),
            lung: a.lung.draw(rng),
            liver: a.liver.draw(rng),
            spleen: if extra == Extra::Spleen { a.hot_spleen.draw(rng) } else { a.spleen.draw(rng) },
            kidney: a.kidney.draw(rng),
            marrow: if extra == Extra::Marrow { a.hot_marrow.draw(rng) } else { a.marrow.draw(rng) },
            stomach: if extra == Extra::Stomach { a.hot_stomach.draw(rng) } else { a.stomach.draw(rng) },
            mediastinum: a.mediastinum.draw(rng),
        };
        let soft = p.soft_per_mm.draw(rng);
        let wave = |rng: &mut dyn Rng| {
            let (turn, up) = (rng.random_range(0.0..TAU), rng.random_range(-1.0_f64..1.0));
            let across = (1.0 - up * up).sqrt();
            let number = TAU / a.wave_mm.at(rng.random_range(0.0..1.0));
            let direction = [across * turn.cos(), across * turn.sin(), up].map(|x| x * number);
            (direction, rng.random_range(0.0..TAU))
        };
        let waves = [wave(rng), wave(rng), wave(rng)];
        let (half_width, half_depth) = (p.half_width_mm.draw(rng), p.half_depth_mm.draw(rng));
        Self {
            middle: [-at.left_mm.draw(rng), half_depth - at.behind_skin_mm.draw(rng)],
            half: [half_width, half_depth],
            squareness: p.squareness.draw(rng),
            wall: p.wall_mm.draw(rng),
            diaphragm: p.diaphragm_mm.draw(rng),
            dome: p.dome_mm.draw(rng),
            lung_gap: p.lung_gap_mm.draw(rng),
            lv_radius,
            soft,
            lung_per_mm: soft * p.lung_fraction.draw(rng),
            bone_per_mm: soft * p.bone_factor.draw(rng),
            stomach: [rng.random_range(15.0..55.0), rng.random_range(-10.0..35.0), rng.random_range(-105.0..-70.0)],
            spleen: [rng.random_range(60.0..110.0), rng.random_range(40.0..90.0), rng.random_range(-80.0..-30.0)],
            rib_phase: rng.random_range(0.0..TAU),
            waves,
            uneven: a.uneven.draw(rng),
            injection: (extra == Extra::Injection).then(|| {
                let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
                let place = [side * rng.random_range(95.0..190.0), rng.random_range(-110.0..110.0), 60.0];
                (place, a.injection_activity.draw(rng))
            }),
            shade: shade.then(|| Self::shade(rng)),
            activity,
        }
    }

    fn shade(rng: &mut impl Rng) -> Shade {
        let p = &PARAMETERS.chest;
        if rng.random_bool(0.65) {
            let centre = [rng.random_range(-50.0..60.0), rng.random_range(-20.0..75.0)];
            Shade::Breast { centre, radius: p.breast_radius_mm.draw(rng), thickness: p.breast_mm.draw(rng) }
        } else {
            // An arm is at the patient's left, which is the right of the picture.
            let angle = rng.random_range(-0.35_f64..0.35);
            Shade::Arm {
                point: [rng.random_range(10.0..75.0), 0.0],
                normal: [angle.cos(), angle.sin()],
                width: p.arm_width_mm.draw(rng),
                thickness: p.arm_mm.draw(rng),
            }
        }
    }

    /// Distance from the LV's centre to the plane of the detector, whose nearest point is `gap` mm off the skin.
    pub(super) fn depth(&self, camera: &Camera, gap: f64) -> f64 {
        let away = camera.0[2];
        let reach = (0..180)
            .map(|k| {
                let (sin, cos) = (TAU * f64::from(k) / 180.0).sin_cos();
                let radius = 1.0 / self.norm(cos, sin);
                let [l, p] = [radius * cos * self.half[0], radius * sin * self.half[1]];
                -dot(away, [self.middle[0] + l, self.middle[1] + p, 0.0])
            })
            .fold(0.0, f64::max);
        reach + gap
    }

    /// 1 on the skin, of places relative to both half axes.
    fn norm(&self, x: f64, y: f64) -> f64 {
        let (x2, y2) = (x * x, y * y);
        (1.0 - self.squareness) * (x2 + y2).sqrt() + self.squareness * (x2 * x2 + y2 * y2).sqrt().sqrt()
    }

    /// Activity and attenuation on a grid of rays; `lv` is the place of the LV's centre in front of the camera.
    pub(super) fn medium(&self, grid: &Grid, camera: &Camera, lv: P3) -> Medium {
        let mut medium = Medium { passes: empty_slabs(grid), per_mm: empty_slabs(grid), activity: empty_slabs(grid) };
        let [right, down, away] = camera.0;
        for ray in 0..grid.side * grid.side {
            let [x, y] = grid.ray(ray % grid.side, ray / grid.side);
            let (dx, dy) = (x - lv[0], y - lv[1]);
            let mut passes = self.before(dx, dy);
            let uneven = self.unevenness([dx, dy, 0.5 * SLAB_MM - lv[2]]);
            for (slab, uneven) in uneven.into_iter().enumerate() {
                let depth = (slab as f64 + 0.5) * SLAB_MM;
                let dz = depth - lv[2];
                let body = [0, 1, 2].map(|k| right[k] * dx + down[k] * dy + away[k] * dz);
                let (activity, per_mm) = self.tissue(body);
                let hot = self.injection.map_or(0.0, |([ix, iy, iz], hot)| {
                    let apart = ((dx - ix).powi(2) + (dy - iy).powi(2) + (depth - iz).powi(2)).sqrt();
                    if apart < 24.0 { hot * (-0.5 * (apart / 8.0).powi(2)).exp() } else { 0.0 }
                });
                medium.passes[slab][ray] = passes as f32;
                medium.per_mm[slab][ray] = per_mm as f32;
                medium.activity[slab][ray] = (activity * uneven + hot) as f32;
                passes *= (-per_mm * SLAB_MM).exp();
            }
        }
        medium
    }

    /// The smooth field over the background along one ray, slab by slab; places are relative to the LV's centre.
    fn unevenness(&self, [dx, dy, dz]: P3) -> [f64; SLABS] {
        let mut sums = [0.0; SLABS];
        for (wave, phase) in &self.waves {
            // Equally spaced cosines by recurrence.
            let step = wave[2] * SLAB_MM;
            let at = |k: f64| (wave[0] * dx + wave[1] * dy + wave[2] * dz + phase + k * step).cos();
            let (mut before, mut here, twice) = (at(-1.0), at(0.0), 2.0 * step.cos());
            for sum in &mut sums {
                *sum += here;
                (before, here) = (here, twice * here - before);
            }
        }
        // Three cosines of equal size have an SD of sqrt(3 / 2).
        sums.map(|sum| (1.0 + self.uneven * sum / 1.5_f64.sqrt()).max(0.2))
    }

    /// Share that passes what is in front of the chest, right and down from the LV's centre.
    fn before(&self, x: f64, y: f64) -> f64 {
        let thickness = match self.shade {
            None => 0.0,
            Some(Shade::Breast { centre, radius, thickness }) => {
                let apart = (x - centre[0]).hypot(y - centre[1]) / radius;
                thickness * (1.0 - apart * apart).max(0.0).sqrt()
            }
            Some(Shade::Arm { point, normal, width, thickness }) => {
                let apart = ((x - point[0]) * normal[0] + (y - point[1]) * normal[1]) / width;
                thickness * (1.0 - apart * apart).max(0.0).sqrt()
            }
        };
        (-self.soft * thickness).exp()
    }

    /// Activity per ml and attenuation per mm at a place in the body.
    fn tissue(&self, [left, back, up]: P3) -> (f64, f64) {
        let (l, p) = (left - self.middle[0], back - self.middle[1]);
        let least = self.half[0].min(self.half[1]);
        let skin = (self.norm(l / self.half[0], p / self.half[1]) - 1.0) * least;
        if skin > 6.0 {
            return (0.0, 0.0);
        }
        // Each tissue is painted over the one before; edges are as soft as the grid is coarse.
        let (mut activity, mut per_mm) = (0.0, 0.0);
        let mut paint = |distance: f64, own: f64, own_per_mm: f64| {
            let weight = (0.5 - distance / 8.0).clamp(0.0, 1.0);
            activity += weight * (own - activity);
            per_mm += weight * (own_per_mm - per_mm);
        };
        let own = &self.activity;
        paint(skin, own.body, self.soft);
        let inner = skin + self.wall;
        // The diaphragm: high on the right, lower under the heart, falling off to all sides.
        let right_side = ((10.0 - left) / 70.0).clamp(0.0, 1.0);
        let height = -self.diaphragm + right_side * (self.diaphragm - self.dome)
            - 0.0022 * (back - 5.0).powi(2)
            - 0.0012 * (left - if left > 0.0 { 10.0 } else { -85.0 }).powi(2).min(8000.0);
        let box_like = |half: [f64; 2], centre: [f64; 2]| {
            let (x, y) = ((left - centre[0]) / half[0], (back - centre[1]) / half[1]);
            ((x.powi(4) + y.powi(4)).sqrt().sqrt() - 1.0) * half[0].min(half[1])
        };
        if inner < 4.0 {
            if up > height - 4.0 {
                let mediastinum = box_like([32.0, self.half[1]], self.middle);
                let sac = ball([left + 22.0, back - 12.0, up - 12.0], [66.0, 62.0, 68.0].map(|r| r + self.lung_gap));
                let lv = ball([left, back, up], [self.lv_radius + 12.0 + self.lung_gap; 3]);
                let heart = sac.min(lv);
                paint(inner.max(height - up).max(-mediastinum).max(-heart), own.lung, self.lung_per_mm);
                paint(inner.max(mediastinum).max(height - up), own.mediastinum, self.soft);
            }
            let lobes = offset_ball([left, back, up], [-85.0, 0.0, -78.0], [118.0, 98.0, 82.0]);
            let liver = inner.max(up - height + 4.0).max(lobes);
            paint(liver, own.liver, self.soft);
            paint(inner.max(offset_ball([left, back, up], self.stomach, [34.0, 40.0, 27.0])), own.stomach, self.soft);
            paint(inner.max(offset_ball([left, back, up], self.spleen, [24.0, 36.0, 42.0])), own.spleen, self.soft);
            for side in [-1.0, 1.0] {
                let kidney = [self.middle[0] + side * 62.0, self.middle[1] + self.half[1] - 55.0, -140.0];
                paint(offset_ball([left, back, up], kidney, [26.0, 24.0, 50.0]), own.kidney, self.soft);
            }
        }
        let spine = l.hypot(p - self.half[1] + 40.0) - 19.0;
        paint(spine, own.marrow, self.bone_per_mm);
        let sternum = (l.abs() - 15.0).max((p + self.half[1] - 16.0).abs() - 6.0).max(up - 120.0).max(-45.0 - up);
        paint(sternum, own.marrow, self.bone_per_mm);
        if (-22.0..-4.0).contains(&skin) && (-120.0..150.0).contains(&up) && l.abs() > 25.0 {
            // Ribs run downwards from back to front, one every 27 mm.
            let rib = ((up + 0.45 * p) / 27.0 * TAU + self.rib_phase).sin();
            paint((0.1 - rib) * 12.0 + 2.0 + ((skin + 13.0).abs() - 6.0).max(0.0), own.marrow, self.bone_per_mm);
        }
        (activity, per_mm)
    }
}

/// About the distance outside an ellipsoid at the origin, mm.
fn ball([x, y, z]: P3, [a, b, c]: P3) -> f64 {
    (((x / a).powi(2) + (y / b).powi(2) + (z / c).powi(2)).sqrt() - 1.0) * a.min(b).min(c)
}

fn offset_ball(place: P3, centre: P3, semi: P3) -> f64 {
    ball([place[0] - centre[0], place[1] - centre[1], place[2] - centre[2]], semi)
}

/// Counts that a chest without a heart gives, slab by slab.
pub(super) fn still(medium: &Medium) -> Slabs {
    let mut slabs = medium.activity.clone();
    for (slab, image) in slabs.iter_mut().enumerate() {
        for (ray, value) in image.iter_mut().enumerate() {
            *value *= medium.passes[slab][ray] * super::detector::passed(SLAB_MM as f32, medium.per_mm[slab][ray]);
        }
    }
    slabs
}

/// The same medium on a finer grid, between the rays of the coarse one.
pub(super) fn refined(medium: &Medium, coarse: &Grid, fine: &Grid) -> Medium {
    let finer = |slabs: &Slabs| -> Slabs {
        let places: Vec<[f64; 2]> =
            (0..fine.side * fine.side).map(|ray| coarse.place(fine.ray(ray % fine.side, ray / fine.side))).collect();
        let last = (coarse.side - 2) as f64;
        let corners: Vec<(usize, [f32; 4])> = places
            .iter()
            .map(|place| {
                let [x, y] = place.map(|x| x.clamp(0.0, last + 0.999));
                let (column, row) = (x as usize, y as usize);
                let (u, v) = ((x - column as f64) as f32, (y - row as f64) as f32);
                let weights = [(1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v];
                (row * coarse.side + column, weights)
            })
            .collect();
        let image = |slab: &Vec<f32>| {
            let value = |(at, w): &(usize, [f32; 4])| {
                w[0] * slab[*at]
                    + w[1] * slab[at + 1]
                    + w[2] * slab[at + coarse.side]
                    + w[3] * slab[at + coarse.side + 1]
            };
            corners.iter().map(value).collect()
        };
        slabs.iter().map(image).collect()
    };
    Medium { passes: finer(&medium.passes), per_mm: finer(&medium.per_mm), activity: finer(&medium.activity) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_left_ventricle_lies_as_deep_as_in_people() {
        let mut depths = Vec::new();
        for seed in 0..100 {
            let chest = Chest::draw(&mut ChaCha8Rng::seed_from_u64(seed), 26.0, Extra::None, false);
            depths.push(chest.depth(&Camera::new(42.0, 8.0, 0.0), 0.0));
        }
        // anatomy.md, section 5: 60 to 110 mm from the skin in LAO.
        let mean = depths.iter().sum::<f64>() / 100.0;
        assert!((75.0..105.0).contains(&mean), "{mean} mm");
        assert!(depths.iter().all(|depth| (50.0..150.0).contains(depth)));
    }

    #[test]
    fn tissues_have_plausible_values_and_the_body_dims_what_lies_deep() {
        let grid = Grid { side: 40, pitch: 12.0, centre: [0.0, 0.0] };
        for seed in 0..5 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let chest = Chest::draw(&mut rng, 26.0, Extra::None, true);
            let camera = Camera::new(42.0, 8.0, 0.0);
            let lv = [0.0, 0.0, chest.depth(&camera, 20.0)];
            let medium = chest.medium(&grid, &camera, lv);
            assert!(medium.activity.iter().flatten().all(|&v| v.is_finite() && (0.0..3.0).contains(&v)));
            assert!(medium.per_mm.iter().flatten().all(|&v| (0.0..0.02).contains(&v)));
            let middle = 20 * 40 + 20;
            let passes: Vec<f32> = medium.passes.iter().map(|slab| slab[middle]).collect();
            assert!(passes.windows(2).all(|pair| pair[1] <= pair[0]));
            let at = passes[(lv[2] / SLAB_MM) as usize];
            assert!((0.12..0.75).contains(&at), "{at} passes from the LV");
        }
    }
}
