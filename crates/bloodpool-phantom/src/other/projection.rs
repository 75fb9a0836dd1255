//! `Projector`: the camera in front of one chest, and the pictures that it takes of a beating heart.

use bloodpool_core::Mask;
use ndarray::{Array3, Axis};
use rand::Rng;

use super::chest::{self, Chest};
use super::detector::{Blur, Medium, Resampling, SLABS, Scatter, Slabs, empty_slabs};
use super::organs::{Heart, Organ};
use super::outline::visible;
use super::position::{Camera, Pose};
use super::rays::{Grid, Rays};
use super::space::P3;
use super::values::PARAMETERS;
use crate::geometry::Silhouette;

/// Rays through the heart, and through the whole chest.
const HEART: (usize, f64) = (80, 3.8);
const CHEST: (usize, f64) = (70, 9.0);
/// RV chords above which a pixel belongs to its mask, mm.
const RV_CHORD_MM: f64 = 3.0;

/// One camera and one chest.
#[derive(Debug)]
pub(super) struct Projector {
    heart: Grid,
    chest: Grid,
    camera: Grid,
    medium: Medium,
    blur: Blur,
    scatter: Scatter,
    /// Counts of the chest without a heart, per pixel.
    still: Vec<f32>,
}

/// Noise-free pictures, frame by frame, in arbitrary units.
#[derive(Debug)]
pub(super) struct Pictures {
    pub(super) lv: Array3<f32>,
    pub(super) rv: Array3<f32>,
    pub(super) total: Array3<f32>,
    pub(super) visible: Vec<Silhouette>,
    pub(super) rv_masks: Vec<Mask>,
}

/// One moment (or a mixture of several) on the grid of the heart.
#[derive(Debug, Clone)]
struct Phase {
    lv: Vec<f32>,
    rv: Vec<f32>,
    /// All else, without the part of the chest that the heart displaces.
    rest: Vec<f32>,
    rv_chord: Vec<f32>,
    scattering: [Vec<f32>; 2],
}

impl Projector {
    /// A camera of these pixels in front of a chest; `lv` is the place of the LV's centre in front of it, mm.
    pub(super) fn draw(rng: &mut impl Rng, chest: &Chest, camera: &Camera, lv: P3, pixels: Grid) -> Self {
        let p = &PARAMETERS.camera;
        let heart = Grid { side: HEART.0, pitch: HEART.1, centre: [lv[0] - 18.0, lv[1] - 20.0] };
        let whole = Grid { side: CHEST.0, pitch: CHEST.1, centre: [0.0; 2] };
        let coarse = chest.medium(&whole, camera, lv);
        let blur = Blur::new(p.fwhm_mm.draw(rng), lv[2], p.intrinsic_share.draw(rng));
        let scatter = Scatter {
            parts: [p.scatter_near.draw(rng), p.scatter_deep.draw(rng)],
            decay_mm: [p.decay_near_mm.draw(rng), p.decay_deep_mm.draw(rng)],
        };
        let still = chest::still(&coarse);
        let mut image = blur.gather(&still, |_| true, &whole, Resampling::variance(&whole));
        let scattered = scatter.spread(scatter.sources(&still, whole.side), &whole);
        image.iter_mut().zip(&scattered).for_each(|(sum, value)| *sum += value);
        // Counts per ray become counts per pixel of the heart's grid, on which all else is.
        let density = (heart.pitch / whole.pitch).powi(2) as f32;
        let mut still = Resampling::new(&whole, &pixels).apply(&image);
        still.iter_mut().for_each(|value| *value /= density);
        let medium = chest::refined(&coarse, &whole, &heart);
        Self { heart, chest: whole, camera: pixels, medium, blur, scatter, still }
    }

    /// Pictures of `frames` (weights of each of `phases` moments of the cycle).
    pub(super) fn frames(&self, heart: &Heart, pose: &Pose, phases: usize, weights: &[Vec<f64>]) -> Pictures {
        let mut taken = Taken::new(&self.heart);
        let seen: Vec<Phase> =
            (0..phases).map(|k| self.phase(heart, pose, (k as f64 + 0.5) / phases as f64, &mut taken)).collect();
        let (side, frames) = (self.camera.side, weights.len());
        let to_camera = Resampling::new(&self.heart, &self.camera);
        let to_chest = Resampling::new(&self.heart, &self.chest);
        let from_chest = Resampling::new(&self.chest, &self.camera);
        let mut pictures = Pictures {
            lv: Array3::zeros((frames, side, side)),
            rv: Array3::zeros((frames, side, side)),
            total: Array3::zeros((frames, side, side)),
            visible: Vec::with_capacity(frames),
            rv_masks: Vec::with_capacity(frames),
        };
        for (frame, weights) in weights.iter().enumerate() {
            let mixed = |part: &dyn Fn(&Phase) -> &Vec<f32>| {
                let mut sum = vec![0.0; self.heart.side * self.heart.side];
                for (phase, &weight) in seen.iter().zip(weights).filter(|(_, weight)| **weight > 1e-6) {
                    let weight = weight as f32;
                    sum.iter_mut().zip(part(phase)).for_each(|(sum, value)| *sum += weight * value);
                }
                sum
            };
            let lv = mixed(&|phase| &phase.lv);
            pictures.visible.push(visible(&lv, &self.heart));
            let chord = mixed(&|phase| &phase.rv_chord);
            pictures.rv_masks.push(Mask::from_fn(side, side, |row, column| {
                self.heart.sample(&chord, self.camera.ray(column, row)) > RV_CHORD_MM
            }));
            let lv = to_camera.apply(&lv);
            let rv = to_camera.apply(&mixed(&|phase| &phase.rv));
            let rest = to_camera.apply(&mixed(&|phase| &phase.rest));
            let scattering = [0, 1].map(|k| to_chest.apply(&mixed(&|phase| &phase.scattering[k])));
            let scattered = from_chest.apply(&self.scatter.spread(scattering, &self.chest));
            let mut total = pictures.total.index_axis_mut(Axis(0), frame);
            for (pixel, total) in total.iter_mut().enumerate() {
                let sum = lv[pixel] + rv[pixel] + rest[pixel] + scattered[pixel] + self.still[pixel];
                // What the heart displaces was blurred more finely than the chest: small differences remain.
                *total = sum.max(lv[pixel] + rv[pixel]).max(0.0);
            }
            for (array, image) in [(&mut pictures.lv, lv), (&mut pictures.rv, rv)] {
                array.index_axis_mut(Axis(0), frame).iter_mut().zip(image).for_each(|(to, from)| *to = from.max(0.0));
            }
        }
        pictures
    }

    /// One moment of the cycle.
    fn phase(&self, heart: &Heart, pose: &Pose, time: f64, taken: &mut Taken) -> Phase {
        let moment = heart.at(time);
        taken.rays.clear();
        for (organ, mesh) in &moment.organs {
            taken.rays.add(&self.heart, *organ, mesh, |point| pose.to_camera(point));
        }
        for slabs in [&mut taken.lv, &mut taken.rv, &mut taken.rest] {
            slabs.clear();
        }
        let rays = self.heart.side * self.heart.side;
        let mut rv_chord = vec![0.0; rays];
        let mut scattering = [vec![0.0; rays], vec![0.0; rays]];
        let (left, right) = (Organ::LeftVentricle as usize, Organ::RightVentricle as usize);
        let activity = heart.activity.map(|activity| activity as f32);
        let parts: [[f32; 2]; SLABS] = std::array::from_fn(|slab| self.scatter.parts_at(slab));
        // Papillary muscles and trabeculae are spread over the cavity.
        let blood = moment.blood as f32;
        let muscle = (1.0 - blood) * activity[Organ::Muscle as usize];
        let Taken { rays, lv, rv, rest } = taken;
        rays.stretches(&self.heart, |ray, from, to, organ| {
            if organ == right {
                rv_chord[ray] += to - from;
            }
            self.medium.deposit(ray, from, to, |slab, counts, background| {
                let own = counts * activity[organ];
                let other = if organ == left {
                    lv.add(slab, ray, counts * blood);
                    counts * muscle
                } else if organ == right {
                    rv.add(slab, ray, own);
                    0.0
                } else {
                    own
                };
                rest.add(slab, ray, other - background);
                let all = if organ == left { counts * blood + other } else { own } - background;
                for (image, part) in scattering.iter_mut().zip(parts[slab]) {
                    image[ray] += all * part;
                }
            });
        });
        let gather = |stack: &Stack| {
            self.blur.gather(&stack.slabs, |k| stack.used[k], &self.heart, Resampling::variance(&self.heart))
        };
        Phase { lv: gather(lv), rv: gather(rv), rest: gather(rest), rv_chord, scattering }
    }
}

/// Buffers that every moment uses anew.
#[derive(Debug)]
struct Taken {
    rays: Rays,
    lv: Stack,
    rv: Stack,
    rest: Stack,
}

impl Taken {
    fn new(grid: &Grid) -> Self {
        Self { rays: Rays::default(), lv: Stack::new(grid), rv: Stack::new(grid), rest: Stack::new(grid) }
    }
}

/// Slabs, and which of them hold anything.
#[derive(Debug)]
struct Stack {
    slabs: Slabs,
    used: [bool; SLABS],
}

impl Stack {
    fn new(grid: &Grid) -> Self {
        Self { slabs: empty_slabs(grid), used: [false; SLABS] }
    }

    fn add(&mut self, slab: usize, ray: usize, counts: f32) {
        self.slabs[slab][ray] += counts;
        self.used[slab] = true;
    }

    fn clear(&mut self) {
        for (slab, used) in self.slabs.iter_mut().zip(&mut self.used) {
            if std::mem::take(used) {
                slab.fill(0.0);
            }
        }
    }
}
