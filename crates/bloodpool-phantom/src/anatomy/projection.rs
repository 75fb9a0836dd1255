//! The blood of the beating heart, projected: left and right ventricle apart from the rest, at equally spaced moments.

use super::chest::ChestView;
use super::heart::{Chambers, Heart};
use super::left_ventricle::Moment;
use super::right_ventricle::capsule;
use crate::camera::Blur;
use crate::geometry::{Frame3, Vec3};

/// Side of the heart's grid, in nodes.
pub(crate) const GRID: usize = 64;
/// Distance between its nodes, mm.
pub(crate) const STEP_MM: f64 = 4.0;
/// Layers of the grid along the view, and how many of them are blurred as one.
const LAYERS: usize = 60;
const SLAB: usize = 6;

/// Expected counts per mm² (up to one common factor) about the LV's centre, `[moment][GRID * GRID]`.
pub(crate) struct Projection {
    pub(crate) lv: Vec<Vec<f32>>,
    pub(crate) rv: Vec<Vec<f32>>,
    /// All other blood and muscle of the heart.
    pub(crate) rest: Vec<Vec<f32>>,
    /// Length of the line of sight inside the RV, mm.
    pub(crate) rv_chord: Vec<Vec<f32>>,
}

/// A voxel near the heart, with its place in the heart's axes.
struct Voxel {
    index: usize,
    slab: usize,
    /// Volume, mm³, times the share that passes the tissue in front.
    weight: f32,
    at: [f64; 3],
    near: Near,
}

/// Which chambers can ever reach a voxel.
#[derive(Clone, Copy, Default)]
struct Near {
    lv: bool,
    rv: bool,
    la: bool,
    ra: bool,
    root: bool,
}

type Slabs = Vec<Vec<f32>>;

fn filled(depth: f64) -> f64 {
    (0.5 + depth / STEP_MM).clamp(0.0, 1.0)
}

/// Share of a voxel inside the cavity, up to the base plane.
fn cavity(moment: &Moment, inner: f64, at: [f64; 3]) -> f64 {
    filled(inner) * filled(at[0] - moment.base_at(at[1], at[2]))
}

/// Weight of papillary muscles and trabeculae: in the outer half of the cavity's middle and apical parts.
fn muscle(relative: f64, level: f64) -> f64 {
    let outer = ((relative - 0.42) / 0.4).clamp(0.0, 1.0);
    let along = (level / 0.25).clamp(0.0, 1.0) * ((1.05 - level) / 0.25).clamp(0.0, 1.0);
    outer * along
}

/// Projects `moments` equally spaced moments of a cycle (the middles of as many frames). `axes`: the heart's in camera
/// coordinates about the LV's centre; `depth_mm`: from the camera's face to that centre.
pub(crate) fn project(
    heart: &Heart,
    axes: &Frame3,
    chest: &ChestView,
    depth_mm: f64,
    blur: &Blur,
    moments: usize,
) -> Projection {
    let first_layer = ((depth_mm - LAYERS as f64 * STEP_MM / 2.0) / STEP_MM).floor().max(0.0) as usize;
    let voxels = voxels(heart, axes, chest, depth_mm, first_layer);
    let slabs = (first_layer + LAYERS).div_ceil(SLAB);
    let mut projection = Projection { lv: vec![], rv: vec![], rest: vec![], rv_chord: vec![] };
    let mut wanted = Vec::new();
    for moment in 0..moments {
        let time = (moment as f64 + 0.5) / moments as f64;
        let chambers = heart.at(time);
        let empty = || vec![Vec::new(); slabs];
        let (mut lv, mut rv, mut rest) = (empty(), empty(), empty());
        let mut chord = vec![0.0_f32; GRID * GRID];
        // First the cavity, to know how much of it the muscle takes.
        wanted.clear();
        let (mut cavity_mm3, mut muscle_mm3) = (0.0, 0.0);
        for voxel in &voxels {
            let [a, s, v] = voxel.at;
            let (mut inside, mut trabecular, mut wall) = (0.0, 0.0, 0.0);
            if voxel.near.lv {
                let depth = chambers.lv.depth(a, s, v);
                let above = filled(a - chambers.lv.base_at(s, v));
                inside = filled(depth.inner) * above;
                wall = (filled(depth.outer) * above - inside).max(0.0);
                if inside > 0.0 {
                    trabecular = muscle(depth.relative, depth.level) * inside;
                }
            }
            cavity_mm3 += inside;
            muscle_mm3 += trabecular;
            wanted.push((inside, trabecular, wall));
        }
        let cell = STEP_MM.powi(3) / 1000.0;
        // The voxels' own volume is off by a part of a percent; the truth is the integral over the wall.
        let scale = heart.lv.cavity_ml(time) / (cavity_mm3 * cell).max(1e-3);
        let taken = (heart.lv.muscle_ml / (muscle_mm3 * cell * scale).max(1e-3)).min(0.9);
        let blood: f64 = (cavity_mm3 - taken * muscle_mm3) * cell * scale;
        let density = scale * heart.lv.blood_ml(time) / blood.max(1e-3) * heart.activities.lv;
        for (voxel, &(inside, trabecular, wall)) in voxels.iter().zip(&wanted) {
            if inside > 0.0 {
                add(&mut lv, voxel, density * (inside - taken * trabecular));
            }
            let others = others(heart, &chambers, voxel, 1.0 - inside - wall);
            if others.rv > 0.0 {
                chord[voxel.index] += (others.rv * STEP_MM) as f32;
                add(&mut rv, voxel, others.rv * heart.activities.rv);
            }
            let rest_here = others.rest + wall * heart.activities.myocardium;
            if rest_here > 0.0 {
                add(&mut rest, voxel, rest_here);
            }
        }
        let thickness = STEP_MM * SLAB as f64;
        projection.lv.push(blurred(blur, &lv, thickness));
        projection.rv.push(blurred(blur, &rv, thickness));
        projection.rest.push(blurred(blur, &rest, thickness));
        projection.rv_chord.push(chord);
    }
    projection
}

fn add(slabs: &mut Slabs, voxel: &Voxel, amount: f64) {
    let slab = &mut slabs[voxel.slab];
    if slab.is_empty() {
        slab.resize(GRID * GRID, 0.0);
    }
    slab[voxel.index] += amount as f32 * voxel.weight;
}

fn blurred(blur: &Blur, slabs: &Slabs, thickness: f64) -> Vec<f32> {
    let mut sum = blur.slabs(slabs, GRID, STEP_MM, thickness);
    let area = (STEP_MM * STEP_MM) as f32;
    sum.iter_mut().for_each(|value| *value /= area);
    sum
}

struct Others {
    rv: f64,
    rest: f64,
}

/// What the other chambers hold of a voxel of which the left ventricle leaves `free`.
fn others(heart: &Heart, chambers: &Chambers, voxel: &Voxel, free: f64) -> Others {
    let [a, s, v] = voxel.at;
    let mut free = free.max(0.0);
    let mut result = Others { rv: 0.0, rest: 0.0 };
    if free <= 0.0 {
        return result;
    }
    let mut take = |depth: f64, activity: f64| {
        let part = filled(depth).min(free);
        free -= part;
        part * activity
    };
    if voxel.near.rv {
        result.rv = take(chambers.rv.depth(a, s, v), 1.0);
    }
    if voxel.near.la {
        let depth = heart.la.depth(&chambers.la, voxel.at).min(chambers.lv.base_at(s, v) - 1.0 - a);
        result.rest += take(depth, heart.activities.la);
    }
    if voxel.near.ra {
        result.rest += take(heart.ra.depth(&chambers.ra, voxel.at), heart.activities.ra);
    }
    if voxel.near.root {
        let (from, to) = &chambers.root;
        let depth = capsule(from, to, heart.root_mm, voxel.at).min(chambers.lv.base_at(s, v) - 1.0 - a);
        result.rest += take(depth, heart.activities.vessels);
    }
    result
}

fn voxels(heart: &Heart, axes: &Frame3, chest: &ChestView, depth_mm: f64, first_layer: usize) -> Vec<Voxel> {
    let l = heart.lv.length;
    let reach = 1.25 * heart.lv.radius + 20.0;
    // Chambers move between these two shapes; what neither comes near is left out.
    let ends = [heart.at(0.0), heart.at(heart.lv.end_systole())];
    let ever = |depth: &dyn Fn(&Chambers) -> f64, margin: f64| ends.iter().any(|chambers| depth(chambers) > -margin);
    let root = ends[0].root;
    let from = |k: usize| (k as f64 + 0.5 - GRID as f64 / 2.0) * STEP_MM;
    let mut voxels = Vec::new();
    for layer in first_layer..first_layer + LAYERS {
        let depth = (layer as f64 + 0.5) * STEP_MM;
        for row in 0..GRID {
            for column in 0..GRID {
                let place = Vec3::new(from(column), from(row), depth - depth_mm);
                let local = axes.to_local(place);
                let at = [local.x, local.y, local.z];
                let radial = (local.y * local.y + local.z * local.z).sqrt();
                let [a, s, v] = at;
                if !(-100.0..l + 20.0).contains(&a) || radial > 1.6 * l {
                    continue;
                }
                let lv = (-14.0..l + 16.0).contains(&a) && radial < reach;
                let rv = (-0.25 * l..1.02 * l).contains(&a) && s > -0.45 * l;
                let behind = a < 0.55 * l;
                let near = Near {
                    lv: lv && ever(&|chambers| chambers.lv.depth(a, s, v).outer, 9.0),
                    rv: rv && ever(&|chambers| chambers.rv.depth(a, s, v), 7.0),
                    la: behind && ever(&|chambers| heart.la.depth(&chambers.la, at), 6.0),
                    ra: behind && ever(&|chambers| heart.ra.depth(&chambers.ra, at), 6.0),
                    root: capsule(&root.0, &root.1, heart.root_mm + 20.0, at) > 0.0,
                };
                if near.lv || near.rv || near.la || near.ra || near.root {
                    let passed = chest.transmission(place.x, place.y, depth);
                    let weight = (STEP_MM.powi(3) * passed) as f32;
                    voxels.push(Voxel { index: row * GRID + column, slab: layer / SLAB, weight, at, near });
                }
            }
        }
    }
    voxels
}

/// How much of a point (the heart's axes) the heart fills at end-diastole, wall included; the part of the chest that it
/// displaces.
pub(crate) fn occupied(heart: &Heart, chambers: &Chambers, at: [f64; 3]) -> f64 {
    let [a, s, v] = at;
    let l = heart.lv.length;
    let mut inside: f64 = 0.0;
    if (-20.0..l + 20.0).contains(&a) && (s * s + v * v).sqrt() < 1.25 * heart.lv.radius + 24.0 {
        let depth = chambers.lv.depth(a, s, v);
        inside = cavity(&chambers.lv, depth.outer, at);
    }
    if inside < 1.0 && (-0.25 * l..1.02 * l).contains(&a) && (s * s + v * v).sqrt() < 1.5 * l {
        inside = inside.max(filled(chambers.rv.depth(a, s, v) + 3.0));
    }
    inside.max(filled(heart.la.depth(&chambers.la, at) + 2.0)).max(filled(heart.ra.depth(&chambers.ra, at) + 2.0))
}
