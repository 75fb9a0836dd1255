//! The blood of the beating heart, projected: the LV apart from the other chambers and the great vessels' roots, frame
//! by frame.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

use super::ventricle::{LONG, ROUND, Ventricle};
use crate::camera::Blur;
use crate::cycle::Cycle;
use crate::geometry::{Silhouette, Vec3};

/// Side of the heart's own grid, in nodes.
pub(super) const GRID: usize = 64;
/// Distance between its nodes, mm.
pub(super) const STEP_MM: f64 = 4.0;
/// Thickness of a slab that is blurred as one, mm.
const SLAB_MM: f64 = 24.0;
const SLABS: usize = 11;
const LAYERS: usize = (SLABS as f64 * SLAB_MM / STEP_MM) as usize;

/// A chamber other than the LV: an ellipsoid in the LV's axes that swells or shrinks over the cycle.
#[derive(Debug, Clone)]
struct Chamber {
    centre: Vec3,
    half: Vec3,
    /// Linear shrinkage at full ventricular contraction; negative for an atrium, which fills meanwhile.
    shrink: f64,
    /// Movement of the centre at full contraction, mm.
    shift: Vec3,
    activity: f64,
}

/// A vessel: a capsule between two points, camera coordinates, mm.
#[derive(Debug, Clone)]
pub(super) struct Vessel {
    pub(super) from: Vec3,
    pub(super) to: Vec3,
    pub(super) radius: f64,
    pub(super) activity: f64,
}

/// All blood of one heart.
#[derive(Debug, Clone)]
pub(super) struct Heart {
    pub(super) ventricle: Ventricle,
    right_cycle: Cycle,
    wall_mm: f64,
    chambers: Vec<Chamber>,
    vessels: Vec<Vessel>,
    edge_mm: f64,
}

/// Expected counts per mm² (up to one common factor) on the heart's grid.
pub(super) struct Projection {
    /// LV blood alone, `[frame][GRID * GRID]`.
    pub(super) lv: Vec<Vec<f32>>,
    /// All other blood of the heart, likewise.
    pub(super) rest: Vec<Vec<f32>>,
    /// LV outline by frame.
    pub(super) silhouettes: Vec<Silhouette>,
    /// LV volume by frame, ml.
    pub(super) volumes_ml: Vec<f64>,
}

impl Heart {
    pub(super) fn draw(rng: &mut impl Rng, ventricle: Ventricle) -> Self {
        let wall = rng.random_range(7.0..15.0);
        let (r, l) = (ventricle.radius, ventricle.length);
        let right_cycle = ventricle.cycle.jittered(rng);
        let mut chambers = Vec::new();
        let rv_size = rng.random_range(0.75..1.35);
        let rv_half = Vec3::new(
            l * rng.random_range(0.5..0.72),
            rv_size * rng.random_range(20.0..34.0),
            rv_size * rng.random_range(24.0..40.0),
        );
        let rv_shrink = 1.0 - (1.0 - rng.random_range(0.12..0.65_f64)).cbrt();
        let rv_centre = Vec3::new(
            l * rng.random_range(0.25..0.48),
            r + wall + rv_half.y * rng.random_range(0.2..0.5),
            rng.random_range(-14.0..8.0),
        );
        chambers.push(Chamber {
            centre: rv_centre,
            half: rv_half,
            shrink: rv_shrink,
            shift: Vec3::new(rng.random_range(0.0..8.0), -0.6 * rv_shrink * rv_half.y, 0.0),
            activity: rng.random_range(0.93..1.07),
        });
        let atrium = |rng: &mut dyn FnMut(f64, f64) -> f64, centre: Vec3, size: f64| Chamber {
            centre,
            half: Vec3::new(size * rng(0.75, 1.2), size * rng(0.8, 1.2), size * rng(0.8, 1.2)),
            shrink: -rng(0.0, 0.16),
            shift: Vec3::new(rng(0.0, 8.0), 0.0, 0.0),
            activity: rng(0.95, 1.05),
        };
        let mut uniform = |low: f64, high: f64| rng.random_range(low..high);
        let left = uniform(17.0, 32.0);
        let left_centre =
            Vec3::new(-left * uniform(0.75, 1.05) - uniform(3.0, 9.0), uniform(-10.0, 14.0), uniform(-12.0, 12.0));
        chambers.push(atrium(&mut uniform, left_centre, left));
        let right = uniform(18.0, 32.0);
        let right_centre = Vec3::new(-uniform(5.0, 32.0), r + wall + uniform(12.0, 36.0), uniform(-10.0, 18.0));
        chambers.push(atrium(&mut uniform, right_centre, right));
        let vessels = Self::great_vessels(&ventricle, rv_centre, &mut uniform);
        Self { ventricle, right_cycle, wall_mm: wall, chambers, vessels, edge_mm: uniform(3.0, 7.0) }
    }

    fn great_vessels(lv: &Ventricle, rv: Vec3, uniform: &mut dyn FnMut(f64, f64) -> f64) -> Vec<Vessel> {
        let axes = &lv.axes;
        let up = |at: Vec3, x: f64, y: f64, z: f64| Vec3::new(at.x + x, at.y - y, at.z + z);
        let root = axes.to_camera(Vec3::new(-4.0, 8.0, -6.0));
        let ascending = up(root, uniform(-22.0, 8.0), uniform(45.0, 80.0), uniform(-10.0, 15.0));
        let arch = up(ascending, uniform(5.0, 45.0), uniform(5.0, 25.0), uniform(15.0, 45.0));
        let outflow = axes.to_camera(Vec3::new(rv.x - 0.35 * lv.length, rv.y * 0.75, rv.z - uniform(18.0, 32.0)));
        let trunk = up(outflow, uniform(5.0, 30.0), uniform(20.0, 50.0), uniform(5.0, 25.0));
        let branch = up(trunk, uniform(10.0, 40.0), uniform(0.0, 20.0), uniform(10.0, 40.0));
        let right_branch = up(trunk, -uniform(20.0, 60.0), uniform(-10.0, 12.0), uniform(15.0, 40.0));
        let (aorta, artery) = (uniform(11.0, 18.0), uniform(10.0, 17.0));
        let vessel = |from, to, radius, activity| Vessel { from, to, radius, activity };
        vec![
            vessel(root, ascending, aorta, 1.0),
            vessel(ascending, arch, aorta * 0.95, 1.0),
            vessel(outflow, trunk, artery, 1.0),
            vessel(trunk, branch, artery * 0.8, 0.9),
            vessel(trunk, right_branch, artery * 0.75, 0.9),
        ]
    }

    /// Projects every frame with attenuation and depth-dependent blur, seen from a skin at depth 0.
    pub(super) fn project(&self, frames: usize, attenuation_per_mm: f64, blur: &Blur) -> Projection {
        let [x, y] = self.centre();
        let half = GRID as f64 / 2.0 * STEP_MM;
        let grid = Grid { corner: [x - half, y - half], attenuation_per_mm };
        let mut result = Projection { lv: vec![], rest: vec![], silhouettes: vec![], volumes_ml: vec![] };
        let stills = self.still(&grid);
        let lv_voxels = self.lv_voxels(&grid);
        let chamber_voxels: Vec<_> = self.chambers.iter().map(|c| self.chamber_voxels(c, &grid)).collect();
        for frame in 0..frames {
            let time = (frame as f64 + 0.5) / frames as f64;
            let wall = self.ventricle.wall(time);
            let base = self.ventricle.base_level(time);
            let volume = self.ventricle.volume_ml(&wall, base);
            let (lv_slabs, blood_mm3) = self.lv_slabs(&lv_voxels, &wall, base);
            // The voxels' own volume is off by a part of a percent; the truth is the integral over the wall.
            let scale = (volume * 1000.0 / blood_mm3.max(1.0)) as f32;
            let mut lv = blur.slabs(&lv_slabs, GRID, STEP_MM, SLAB_MM);
            lv.iter_mut().for_each(|v| *v *= scale);
            let mut rest_slabs = stills.clone();
            let systole = self.right_cycle.contraction(time, 0.0);
            for (chamber, voxels) in self.chambers.iter().zip(&chamber_voxels) {
                chamber.fill(voxels, systole, self.edge_mm, &mut rest_slabs);
            }
            result.lv.push(lv);
            result.rest.push(blur.slabs(&rest_slabs, GRID, STEP_MM, SLAB_MM));
            result.silhouettes.push(self.ventricle.silhouette(&wall, base));
            result.volumes_ml.push(volume);
        }
        result
    }

    /// Centre of the heart's grid, mm from the middle of the field.
    pub(super) fn centre(&self) -> [f64; 2] {
        let middle = self.ventricle.axes.to_camera(Vec3::new(0.45 * self.ventricle.length, 0.0, 0.0));
        [middle.x, middle.y]
    }

    fn lv_voxels(&self, grid: &Grid) -> Vec<WallVoxel> {
        let lv = &self.ventricle;
        let middle = lv.axes.to_camera(Vec3::new(0.5 * lv.length, 0.0, 0.0));
        let widest = 1.45 * lv.radius + self.edge_mm;
        let mut voxels = Vec::new();
        grid.visit(middle, widest.hypot(0.6 * lv.length), |at, voxel| {
            let near = WallVoxel::new(lv, at, voxel);
            if near.radial < widest && (-0.08..1.06).contains(&near.level) {
                voxels.push(near);
            }
        });
        voxels
    }

    fn lv_slabs(&self, voxels: &[WallVoxel], wall: &[f64], base: f64) -> (Slabs, f64) {
        let mut slabs = vec![Vec::new(); SLABS];
        let mut blood = 0.0;
        for near in voxels {
            let inside = self.occupancy(near, wall, base, 0.0, self.edge_mm);
            if inside > 0.0 {
                let slab: &mut Vec<f32> = &mut slabs[near.voxel.slab];
                if slab.is_empty() {
                    slab.resize(GRID * GRID, 0.0);
                }
                slab[near.voxel.index] += inside as f32 * near.voxel.weight;
                blood += inside * STEP_MM.powi(3);
            }
        }
        (slabs, blood)
    }

    /// How much of a voxel lies inside the wall grown by `margin`, 0 to 1, with an edge `soft` mm wide.
    fn occupancy(&self, near: &WallVoxel, wall: &[f64], base: f64, margin: f64, soft: f64) -> f64 {
        let exact = near.level.clamp(0.0, 1.0) * (LONG - 1) as f64;
        let lower = (exact as usize).min(LONG - 2);
        let part = exact - lower as f64;
        let round = near.turn as usize % ROUND;
        let next = (round + 1) % ROUND;
        let across = near.turn.fract();
        let at = |i: usize| wall[i * ROUND + round] * (1.0 - across) + wall[i * ROUND + next] * across;
        let radius = at(lower) * (1.0 - part) + at(lower + 1) * part + margin;
        let beyond = (near.level - 1.0).max(0.0) * self.ventricle.length;
        let sideways = (0.5 + (radius - near.radial.hypot(beyond)) / soft).clamp(0.0, 1.0);
        let above = (0.5 + (near.level - base) * self.ventricle.length / STEP_MM).clamp(0.0, 1.0);
        sideways * above
    }

    /// The voxels a chamber may reach, without the part that the LV and its wall take up at ED.
    fn chamber_voxels(&self, chamber: &Chamber, grid: &Grid) -> Vec<ChamberVoxel> {
        let lv = &self.ventricle;
        let wall = lv.wall(0.0);
        let reach = chamber.half.x.max(chamber.half.y).max(chamber.half.z) * (1.0 - chamber.shrink).max(1.0) + 10.0;
        let mut voxels = Vec::new();
        grid.visit(lv.axes.to_camera(chamber.centre), reach, |at, mut voxel| {
            let near = WallVoxel::new(lv, at, voxel);
            let taken = if (-0.15..1.25).contains(&near.level) {
                self.occupancy(&near, &wall, -0.1, self.wall_mm, STEP_MM)
            } else {
                0.0
            };
            if taken < 1.0 {
                voxel.weight *= ((1.0 - taken) * chamber.activity) as f32;
                voxels.push(ChamberVoxel { local: lv.axes.to_local(at), voxel });
            }
        });
        voxels
    }

    /// Great vessels, which hardly move; where two overlap, the blood counts once.
    fn still(&self, grid: &Grid) -> Slabs {
        let mut filled = vec![0.0_f32; GRID * GRID * LAYERS];
        for vessel in &self.vessels {
            let along = vessel.to.plus(vessel.from, -1.0);
            let length = along.dot(along).sqrt();
            let middle = vessel.from.plus(along, 0.5);
            grid.visit(middle, 0.5 * length + vessel.radius + STEP_MM, |at, voxel| {
                let from = at.plus(vessel.from, -1.0);
                let part = (from.dot(along) / (length * length).max(1.0)).clamp(0.0, 1.0);
                let away = from.plus(along, -part);
                let inside = (0.5 + (vessel.radius - away.dot(away).sqrt()) / STEP_MM).clamp(0.0, 1.0);
                let cell = &mut filled[voxel.layer * GRID * GRID + voxel.index];
                *cell = cell.max((vessel.activity * inside) as f32);
            });
        }
        let mut slabs = vec![vec![0.0; GRID * GRID]; SLABS];
        for (layer, values) in filled.chunks_exact(GRID * GRID).enumerate() {
            let weight = grid.weight(layer);
            slabs[slab_of(layer)].iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        }
        slabs
    }
}

impl Chamber {
    fn fill(&self, voxels: &[ChamberVoxel], systole: f64, edge_mm: f64, slabs: &mut Slabs) {
        let size = 1.0 - self.shrink * systole;
        let centre = self.centre.plus(self.shift, systole);
        let half = Vec3::new(self.half.x * size, self.half.y * size, self.half.z * size);
        let thinnest = half.x.min(half.y).min(half.z);
        for ChamberVoxel { local, voxel } in voxels {
            let (x, y, z) =
                ((local.x - centre.x) / half.x, (local.y - centre.y) / half.y, (local.z - centre.z) / half.z);
            let distance = x * x + y * y + z * z;
            if distance < 1.6 {
                let inside = (0.5 + (1.0 - distance.sqrt()) * thinnest / edge_mm).clamp(0.0, 1.0);
                slabs[voxel.slab][voxel.index] += inside as f32 * voxel.weight;
            }
        }
    }
}

type Slabs = Vec<Vec<f32>>;

fn slab_of(layer: usize) -> usize {
    (((layer as f64 + 0.5) * STEP_MM / SLAB_MM) as usize).min(SLABS - 1)
}

/// The heart's grid of voxels, `GRID` x `GRID` across and `LAYERS` deep.
struct Grid {
    corner: [f64; 2],
    attenuation_per_mm: f64,
}

#[derive(Clone, Copy)]
struct Voxel {
    index: usize,
    layer: usize,
    slab: usize,
    /// Volume, mm³, times the share that passes the tissue in front.
    weight: f32,
}

struct WallVoxel {
    voxel: Voxel,
    level: f64,
    radial: f64,
    turn: f64,
}

struct ChamberVoxel {
    voxel: Voxel,
    local: Vec3,
}

impl WallVoxel {
    fn new(lv: &Ventricle, at: Vec3, voxel: Voxel) -> Self {
        let local = lv.axes.to_local(at);
        let turn = local.z.atan2(local.y).rem_euclid(TAU) / TAU * ROUND as f64;
        Self { voxel, level: local.x / lv.length, radial: local.y.hypot(local.z), turn }
    }
}

impl Grid {
    fn weight(&self, layer: usize) -> f32 {
        (STEP_MM.powi(3) * (-self.attenuation_per_mm * (layer as f64 + 0.5) * STEP_MM).exp()) as f32
    }

    /// Visits every voxel within `reach` mm of `middle` along each axis.
    fn visit(&self, middle: Vec3, reach: f64, mut visit: impl FnMut(Vec3, Voxel)) {
        let range = |middle: f64, corner: f64, count: usize| {
            let node = |at: f64| ((at - corner) / STEP_MM).clamp(0.0, count as f64) as usize;
            node(middle - reach)..(node(middle + reach) + 1).min(count)
        };
        for layer in range(middle.z, 0.0, LAYERS) {
            let weight = self.weight(layer);
            for row in range(middle.y, self.corner[1], GRID) {
                for column in range(middle.x, self.corner[0], GRID) {
                    let centre = |k: usize| (k as f64 + 0.5) * STEP_MM;
                    let at = Vec3::new(self.corner[0] + centre(column), self.corner[1] + centre(row), centre(layer));
                    visit(at, Voxel { index: row * GRID + column, layer, slab: slab_of(layer), weight });
                }
            }
        }
    }
}
