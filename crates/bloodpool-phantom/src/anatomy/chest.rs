//! The chest: what is around the heart, its activity, and the share of the heart's counts that passes it.

use rand::{Rng, RngExt};

use super::orientation::{CameraAxes, HeartAxes};
use super::right_ventricle::capsule;
use crate::camera::{Blur, gaussian};
use crate::geometry::Vec3;
use crate::random::normal;
use crate::request::Request;

/// Side of the chest's grid, in nodes.
pub(crate) const GRID: usize = 80;
/// Distance between its nodes, mm.
pub(crate) const STEP_MM: f64 = 9.0;
const LAYERS: usize = 40;
/// Layers that are blurred as one.
const SLAB: usize = 6;

/// An ellipsoid in patient coordinates (to the left, to the back, up) about the LV's centre, mm.
#[derive(Debug, Clone)]
struct Organ {
    centre: Vec3,
    half: Vec3,
    activity: f64,
}

/// A vessel or bone: a chain of capsules.
#[derive(Debug, Clone)]
struct Tube {
    points: Vec<[f64; 3]>,
    radius: f64,
    activity: f64,
}

impl Tube {
    /// How far a point lies inside, mm; only known to be negative where it is far away.
    fn depth(&self, at: Vec3) -> f64 {
        let reach = self.radius + STEP_MM;
        let mut depth = f64::NEG_INFINITY;
        for pair in self.points.windows(2) {
            let [from, to] = [&pair[0], &pair[1]];
            let apart = |value: f64, a: f64, b: f64| value < a.min(b) - reach || value > a.max(b) + reach;
            if apart(at.x, from[0], to[0]) || apart(at.y, from[1], to[1]) || apart(at.z, from[2], to[2]) {
                continue;
            }
            depth = depth.max(capsule(from, to, self.radius, [at.x, at.y, at.z]));
        }
        depth
    }
}

/// A chest.
#[derive(Debug, Clone)]
pub(crate) struct Chest {
    middle: [f64; 2],
    half: [f64; 2],
    taper: f64,
    tissue: f64,
    lung: f64,
    lungs: [Organ; 2],
    domes: [f64; 2],
    organs: Vec<Organ>,
    tubes: Vec<Tube>,
    attenuation: f64,
    lung_attenuation: f64,
    waves: Vec<([f64; 3], f64, f64)>,
    /// From the camera's face to the LV's centre, mm.
    pub(crate) depth_mm: f64,
}

/// A chest as one camera sees it.
pub(crate) struct ChestView {
    /// Counts per mm² of the still chest, `GRID` x `GRID` about the LV's centre.
    pub(crate) still: Vec<f32>,
    transmission: Vec<f32>, // [layer, row, column]
}

impl Organ {
    fn depth(&self, at: Vec3) -> f64 {
        let from = at.plus(self.centre, -1.0);
        let share = (from.x / self.half.x).powi(2) + (from.y / self.half.y).powi(2) + (from.z / self.half.z).powi(2);
        if share > 2.2 {
            return -STEP_MM;
        }
        (1.0 - share.sqrt()) * self.half.x.min(self.half.y).min(self.half.z)
    }
}

/// Share of a voxel that lies inside, from the depth of its centre.
fn filled(depth: f64) -> f64 {
    (0.5 + depth / STEP_MM).clamp(0.0, 1.0)
}

impl Chest {
    /// A chest about a heart whose ventricle has this length (mm).
    pub(crate) fn draw(rng: &mut impl Rng, request: &Request, heart: &HeartAxes, length: f64, vessels: f64) -> Self {
        let mut uniform = |low: f64, high: f64| rng.random_range(low..high);
        let half = [uniform(140.0, 200.0), uniform(95.0, 140.0)];
        let middle = [-uniform(30.0, 58.0), half[1] - uniform(58.0, 88.0)];
        let domes = [uniform(-28.0, 8.0), uniform(-62.0, -34.0)];
        let organ = |centre: [f64; 3], half: [f64; 3], activity: f64| Organ {
            centre: Vec3::new(centre[0], centre[1], centre[2]),
            half: Vec3::new(half[0], half[1], half[2]),
            activity,
        };
        let lungs = [-1.0, 1.0].map(|side: f64| {
            let centre = [
                middle[0] + side * uniform(0.44, 0.50) * half[0],
                middle[1] + uniform(-10.0, 10.0),
                uniform(10.0, 45.0),
            ];
            organ(centre, [uniform(0.30, 0.36) * half[0], uniform(0.64, 0.74) * half[1], uniform(110.0, 150.0)], 0.0)
        });
        let mut organs = vec![
            // Liver, right and left lobe; spleen; stomach; kidneys.
            organ(
                [middle[0] - 0.4 * half[0], middle[1] - 8.0, domes[0] - 78.0],
                [0.52 * half[0], 0.7 * half[1], 76.0],
                uniform(0.25, 0.65),
            ),
            organ(
                [middle[0] + uniform(-10.0, 25.0), middle[1] - 0.45 * half[1], domes[1] - uniform(30.0, 48.0)],
                [65.0, 34.0, 30.0],
                0.0,
            ),
            organ(
                [uniform(50.0, 105.0), uniform(40.0, 90.0), -uniform(38.0, 85.0)],
                [uniform(22.0, 36.0), uniform(20.0, 32.0), uniform(32.0, 56.0)],
                uniform(0.45, 1.0),
            ),
            organ(
                [uniform(10.0, 55.0), uniform(0.0, 40.0), -uniform(70.0, 105.0)],
                [uniform(28.0, 50.0), uniform(25.0, 38.0), uniform(24.0, 36.0)],
                uniform(0.06, 0.25),
            ),
            organ(
                [uniform(20.0, 45.0), uniform(75.0, 100.0), -uniform(110.0, 150.0)],
                [24.0, 22.0, 50.0],
                uniform(0.4, 0.9),
            ),
            organ(
                [middle[0] - uniform(55.0, 75.0), uniform(75.0, 100.0), -uniform(120.0, 160.0)],
                [24.0, 22.0, 50.0],
                uniform(0.4, 0.9),
            ),
        ];
        organs[1].activity = organs[0].activity;
        let back = middle[1] + half[1];
        let front = middle[1] - half[1];
        let marrow = uniform(0.08, 0.34);
        let mut tubes = vec![
            Tube {
                points: vec![[middle[0], back - 42.0, 260.0], [middle[0], back - 38.0, -260.0]],
                radius: uniform(15.0, 20.0),
                activity: marrow,
            },
            Tube {
                points: vec![[middle[0], front + 18.0, 75.0], [middle[0], front + 14.0, -35.0]],
                radius: uniform(8.0, 13.0),
                activity: marrow,
            },
        ];
        tubes.extend(great_vessels(&mut uniform, heart, length, vessels));
        if request.extra_source {
            let (source, tube) = extra_source(&mut uniform, half, middle);
            organs.extend(source);
            tubes.extend(tube);
        }
        let mut waves = Vec::new();
        for _ in 0..3 {
            let direction = [uniform(-1.0, 1.0), uniform(-1.0, 1.0), uniform(-1.0, 1.0)];
            let wave = uniform(0.008, 0.05);
            waves.push((direction.map(|d| d * wave), uniform(0.0, 6.3), uniform(0.0, 0.2)));
        }
        let attenuation = uniform(0.0095, 0.0125);
        Self {
            middle,
            half,
            taper: uniform(-0.0005, 0.0006),
            tissue: uniform(0.04, 0.15),
            lung: uniform(0.10, 0.26),
            lungs,
            domes,
            organs,
            tubes,
            attenuation,
            lung_attenuation: attenuation * uniform(0.25, 0.4),
            waves,
            depth_mm: 0.0,
        }
    }

    /// Width of the chest at a height, relative to that at the heart.
    fn width(&self, z: f64) -> f64 {
        (1.0 + self.taper * z).clamp(0.7, 1.3)
    }

    fn inside(&self, at: Vec3) -> bool {
        let width = self.width(at.z);
        ((at.x - self.middle[0]) / (self.half[0] * width)).powi(2)
            + ((at.y - self.middle[1]) / (self.half[1] * width)).powi(2)
            < 1.0
    }

    /// Puts the camera's face `gap` mm from the skin.
    pub(crate) fn stand_off(&mut self, camera: &CameraAxes, gap: f64) {
        let mut skin = 0.0;
        while skin < 400.0 && self.inside(camera.to_patient(Vec3::new(0.0, 0.0, -skin))) {
            skin += 2.0;
        }
        self.depth_mm = (skin + gap).min(250.0);
    }

    /// Emission and attenuation at a point; `heart`: the share of it that is heart.
    fn at(&self, at: Vec3, heart: f64) -> (f64, f64) {
        if !self.inside(at) {
            return (0.0, 0.0);
        }
        let (mut activity, mut attenuation) = (self.tissue, self.attenuation);
        let side = usize::from(at.x > self.middle[0]);
        let dome =
            self.domes[side] - 0.0016 * ((at.x - self.lungs[side].centre.x).powi(2) + (at.y - self.middle[1]).powi(2));
        if at.z > dome {
            let lung = filled(self.lungs[side].depth(at)) * (1.0 - heart);
            activity += (self.lung - activity) * lung;
            attenuation += (self.lung_attenuation - attenuation) * lung;
        }
        for organ in &self.organs {
            let inside = filled(organ.depth(at));
            activity += (organ.activity - activity) * inside;
            attenuation += (self.attenuation - attenuation) * inside;
        }
        let texture: f64 = self
            .waves
            .iter()
            .map(|(wave, phase, size)| size * (wave[0] * at.x + wave[1] * at.y + wave[2] * at.z + phase).sin())
            .sum();
        activity *= (1.0 + texture).max(0.15);
        for tube in &self.tubes {
            let inside = filled(tube.depth(at));
            activity += (tube.activity - activity) * inside;
        }
        (activity * (1.0 - heart), attenuation)
    }

    /// What a camera sees of the chest; `heart` is the share of a point (camera coordinates about the LV's centre) is
    /// heart.
    pub(crate) fn view(&self, camera: &CameraAxes, blur: &Blur, heart: impl Fn(Vec3) -> f64) -> ChestView {
        let mut transmission = vec![1.0_f32; LAYERS * GRID * GRID];
        let mut slabs = vec![vec![0.0_f32; GRID * GRID]; LAYERS.div_ceil(SLAB)];
        let from = |k: usize| (k as f64 + 0.5 - GRID as f64 / 2.0) * STEP_MM;
        for row in 0..GRID {
            for column in 0..GRID {
                let mut passed = 1.0_f64;
                for layer in 0..LAYERS {
                    let place = Vec3::new(from(column), from(row), (layer as f64 + 0.5) * STEP_MM - self.depth_mm);
                    let (activity, attenuation) = self.at(camera.to_patient(place), heart(place));
                    let half = (-0.5 * attenuation * STEP_MM).exp();
                    passed *= half;
                    let index = row * GRID + column;
                    transmission[layer * GRID * GRID + index] = passed as f32;
                    slabs[layer / SLAB][index] += (activity * passed * STEP_MM) as f32;
                    passed *= half;
                }
            }
        }
        let mut still = vec![0.0; GRID * GRID];
        for (index, slab) in slabs.iter().enumerate() {
            let sigma = blur.sigma_mm((index as f64 + 0.5) * SLAB as f64 * STEP_MM) / STEP_MM;
            still.iter_mut().zip(gaussian(slab, GRID, sigma)).for_each(|(sum, value)| *sum += value);
        }
        ChestView { still, transmission }
    }
}

impl ChestView {
    /// The share of the counts from a point that reaches the camera; `at` in camera coordinates about the LV's centre,
    /// `depth` from the camera's face.
    pub(crate) fn transmission(&self, x: f64, y: f64, depth: f64) -> f64 {
        let node = |at: f64| at / STEP_MM + GRID as f64 / 2.0 - 0.5;
        let (u, v) = (node(x).clamp(0.0, GRID as f64 - 1.001), node(y).clamp(0.0, GRID as f64 - 1.001));
        let w = (depth / STEP_MM - 0.5).clamp(0.0, LAYERS as f64 - 1.001);
        let (u0, v0, w0) = (u as usize, v as usize, w as usize);
        let (fu, fv, fw) = (u.fract(), v.fract(), w.fract());
        let mut sum = 0.0;
        for (dw, weight) in [(0, 1.0 - fw), (1, fw)] {
            for (dv, along) in [(0, 1.0 - fv), (1, fv)] {
                let index = (w0 + dw) * GRID * GRID + (v0 + dv) * GRID + u0;
                let (near, far) = (f64::from(self.transmission[index]), f64::from(self.transmission[index + 1]));
                sum += weight * along * (near * (1.0 - fu) + far * fu);
            }
        }
        sum
    }
}

/// Aorta, pulmonary arteries, veins: through points of real hearts, those near the heart in its axes, the others in the
/// body's.
fn great_vessels(uniform: &mut dyn FnMut(f64, f64) -> f64, heart: &HeartAxes, length: f64, activity: f64) -> Vec<Tube> {
    let scale = length / 75.0;
    // About the LV's centre, 0.45 of its length below the base.
    let patient = |p: [f64; 3]| {
        let along = p[0] * scale - 0.45 * length;
        let v = Vec3::new(0.0, 0.0, 0.0)
            .plus(heart.apex, along)
            .plus(heart.septum, p[1] * scale)
            .plus(heart.inferior, p[2] * scale);
        [v.x, v.y, v.z]
    };
    let aorta = uniform(11.5, 16.0);
    let mut ascending: Vec<[f64; 3]> =
        [[-24.0, 40.0, -14.0], [-41.0, 45.0, -31.0], [-57.0, 34.0, -48.0]].map(patient).to_vec();
    let top = ascending[2];
    let (x, y) = (uniform(-32.0, -8.0), uniform(66.0, 92.0));
    ascending.push([0.5 * (top[0] + x) + 6.0, 0.5 * (top[1] + y), top[2] + uniform(12.0, 26.0)]);
    ascending.push([x, y, top[2] - 4.0]);
    let descending = vec![[x, y, top[2] - 4.0], [x, y, 0.0], [x - 4.0, y - 10.0, -260.0]];
    let trunk = uniform(11.0, 15.5);
    let fork = patient([-45.0, 15.0, -31.0]);
    let trunk_points =
        vec![patient([-4.0, 24.0, -33.0]), patient([-17.0, 24.0, -35.0]), patient([-31.0, 19.0, -35.0]), fork];
    let right = vec![fork, patient([-69.0, 28.0, -5.0]), patient([-81.0, 28.0, 23.0])];
    let left = vec![fork, patient([-51.0, -17.0, -40.0]), patient([-39.0, -36.0, -32.0])];
    let superior = patient([-66.0, 56.0, -46.0]);
    let vein = vec![patient([-20.0, 55.0, -5.0]), superior, [superior[0], superior[1], superior[2] + 70.0]];
    let inferior = patient([-27.0, 14.0, 40.0]);
    let lower = vec![inferior, [inferior[0] - 8.0, inferior[1] + 12.0, -240.0]];
    let tube = |points: Vec<[f64; 3]>, radius: f64| Tube { points, radius, activity };
    let mut tubes = vec![
        tube(ascending, aorta),
        tube(descending, aorta * uniform(0.72, 0.95)),
        tube(trunk_points, trunk),
        tube(right, trunk * 0.72),
        tube(left, trunk * 0.72),
        tube(vein, uniform(6.0, 10.0)),
        tube(lower, uniform(8.0, 14.0)),
    ];
    let starts = [[-20.0, -5.0, -30.0], [-38.0, -20.0, -15.0], [-55.0, 15.0, 25.0], [-64.0, 25.0, -8.0]];
    for start in starts {
        let out = [start[0] * 1.35 + 6.0, start[1] * 2.2, start[2] * 2.1];
        tubes.push(tube(vec![patient(start), patient(out)], uniform(5.0, 7.0)));
    }
    tubes
}

/// A source of counts that is neither heart nor usual background.
fn extra_source(
    uniform: &mut dyn FnMut(f64, f64) -> f64,
    half: [f64; 2],
    middle: [f64; 2],
) -> (Option<Organ>, Option<Tube>) {
    let organ = |centre: [f64; 3], radius: f64, activity: f64| Organ {
        centre: Vec3::new(centre[0], centre[1], centre[2]),
        half: Vec3::new(radius * 1.3, radius, radius),
        activity,
    };
    match uniform(0.0, 5.0) as usize {
        // Stomach with free pertechnetate.
        0 => (
            Some(organ(
                [uniform(5.0, 55.0), uniform(0.0, 35.0), -uniform(62.0, 105.0)],
                uniform(24.0, 40.0),
                uniform(0.9, 2.5),
            )),
            None,
        ),
        // Hot spleen.
        1 => (
            Some(organ(
                [uniform(50.0, 100.0), uniform(40.0, 85.0), -uniform(30.0, 80.0)],
                uniform(24.0, 40.0),
                uniform(1.0, 2.2),
            )),
            None,
        ),
        // Injection site, seen at the edge of the field.
        2 => {
            let side = if uniform(0.0, 1.0) < 0.7 { 1.0 } else { -1.0 };
            let at = [middle[0] + side * half[0] * 0.9, middle[1] - uniform(-20.0, 30.0), uniform(-120.0, 120.0)];
            (Some(organ(at, uniform(8.0, 18.0), uniform(4.0, 30.0))), None)
        }
        // A line from the shoulder to the superior vena cava.
        3 => {
            let points = vec![
                [middle[0] - 60.0, middle[1] - half[1] + 25.0, 190.0],
                [middle[0] - 25.0, middle[1] - 20.0, 95.0],
                [middle[0] - 28.0, middle[1] - 12.0, 40.0],
            ];
            (None, Some(Tube { points, radius: uniform(4.0, 7.0), activity: uniform(1.5, 5.0) }))
        }
        // Bright marrow.
        _ => {
            let back = middle[1] + half[1] - 40.0;
            let points = vec![[middle[0], back, 260.0], [middle[0], back, -260.0]];
            (None, Some(Tube { points, radius: uniform(16.0, 22.0), activity: uniform(0.4, 0.9) }))
        }
    }
}

/// A breast or an arm in front of the heart: the share of the counts that passes at a point of the picture, mm from the
/// LV's centre.
#[derive(Debug, Clone)]
pub(crate) struct Shade {
    centre: [f64; 2],
    half: [f64; 2],
    turn: f64,
    kept: f64,
}

impl Shade {
    pub(crate) fn draw(rng: &mut impl Rng) -> Self {
        if rng.random_bool(0.7) {
            return Self {
                centre: [normal(rng, 35.0) + 10.0, normal(rng, 30.0) + 15.0],
                half: [rng.random_range(40.0..85.0), rng.random_range(35.0..75.0)],
                turn: rng.random_range(-0.6..0.6),
                kept: rng.random_range(0.55..0.92),
            };
        }
        Self {
            centre: [rng.random_range(25.0..110.0), 0.0],
            half: [rng.random_range(28.0..45.0), 1e4],
            turn: rng.random_range(-0.35..0.35),
            kept: rng.random_range(0.35..0.8),
        }
    }

    /// The share that passes, 0 to 1.
    pub(crate) fn passes(&self, x: f64, y: f64) -> f64 {
        let (sin, cos) = self.turn.sin_cos();
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        let (u, v) = ((dx * cos + dy * sin) / self.half[0], (dy * cos - dx * sin) / self.half[1]);
        // An edge that is soft over a third of the radius.
        let inside = ((1.15 - u.hypot(v)) / 0.3).clamp(0.0, 1.0);
        1.0 - (1.0 - self.kept) * inside * inside * (3.0 - 2.0 * inside)
    }
}
