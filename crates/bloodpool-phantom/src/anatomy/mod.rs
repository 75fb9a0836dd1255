//! Hearts with measured anatomy in a chest, seen by a camera: the family on which models are trained.

mod atria;
mod chest;
mod heart;
mod left_ventricle;
mod orientation;
mod projection;
mod right_ventricle;
mod truth;

use bloodpool_core::{Orientation, Shown};
use ndarray::{Array3, Axis};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use crate::camera::{Blur, Resampling, wide_blur};
use crate::expected::Expected;
use crate::geometry::{Frame3, Vec3};
use crate::random::normal;
use crate::request::Request;

use chest::{Chest, Shade};
use heart::Heart;
use orientation::{CameraAxes, HeartAxes};

/// The camera and how it was set, beyond what the request says.
struct Camera {
    field_mm: f64,
    blur: Blur,
    scatter_fraction: f64,
    scatter_mm: f64,
    circular: bool,
    /// Where the LV's centre lies, mm from the middle of the field.
    place: [f64; 2],
}

impl Camera {
    fn draw(rng: &mut impl Rng, depth_mm: f64) -> Self {
        let zoom = rng.random_range(0..100);
        let field_mm: f64 = if zoom < 25 {
            rng.random_range(215.0..270.0) // zoomed to the heart
        } else if zoom < 80 {
            rng.random_range(270.0..400.0)
        } else {
            rng.random_range(400.0..540.0)
        };
        // Full width at half maximum of the blur at the heart, 7 to 16 mm.
        let sigma = rng.random_range(7.0..16.0) / 2.355;
        let intrinsic_mm = rng.random_range(1.5..2.4);
        let motion_mm: f64 = if rng.random_bool(0.3) { rng.random_range(0.0..3.0) } else { 0.0 };
        let rest: f64 = sigma * sigma - intrinsic_mm * intrinsic_mm - motion_mm * motion_mm;
        let blur = Blur { intrinsic_mm, per_depth: rest.max(0.5).sqrt() / depth_mm.max(40.0), motion_mm };
        let room = (field_mm / 2.0 - 78.0).max(5.0);
        let spread = 0.10 * field_mm;
        let place = [(normal(rng, spread) + 8.0).clamp(-room, room), normal(rng, spread).clamp(-room, room)];
        Self {
            field_mm,
            blur,
            scatter_fraction: rng.random_range(0.05..0.5),
            scatter_mm: rng.random_range(18.0..50.0),
            circular: rng.random_bool(0.3),
            place,
        }
    }
}

/// Noise-free counts of a heart as requested.
pub(crate) fn expected(rng: &mut ChaCha8Rng, request: &Request) -> Expected {
    let heart = Heart::draw(rng, request);
    let axes = HeartAxes::draw(rng);
    let (view, _) = CameraAxes::of(rng, request, &axes);
    let mut chest = Chest::draw(rng, request, &axes, heart.lv.length, heart.activities.vessels);
    chest.stand_off(&view, rng.random_range(10.0..40.0));
    let mut camera = Camera::draw(rng, chest.depth_mm);
    camera.place = [0, 1].map(|axis| camera.place[axis] + request.again.shift_mm[axis]);
    let shade = request.shade.then(|| Shade::draw(rng));

    let mut frame = Frame3 {
        origin: Vec3::new(0.0, 0.0, 0.0),
        apex: view.to_camera(axes.apex),
        septum: view.to_camera(axes.septum),
        inferior: view.to_camera(axes.inferior),
    };
    let centre = frame.to_camera(Vec3::new(0.45 * heart.lv.length, 0.0, 0.0));
    frame.origin = Vec3::new(-centre.x, -centre.y, -centre.z);
    let diastole = heart.at(0.0);
    let seen = chest.view(&view, &camera.blur, |at| {
        let local = frame.to_local(at);
        projection::occupied(&heart, &diastole, [local.x, local.y, local.z])
    });
    let moments = request.frames;
    let projected = projection::project(&heart, &frame, &seen, chest.depth_mm, &camera.blur, moments);

    let (side, pixel_mm) = (request.side, camera.field_mm / request.side as f64);
    let onto = Resampling::new(projection::GRID, projection::STEP_MM, camera.place, side, pixel_mm);
    let chest_onto = Resampling::new(chest::GRID, chest::STEP_MM, camera.place, side, pixel_mm);
    let grid_area = (projection::STEP_MM * projection::STEP_MM) as f32;
    let chest_area = (chest::STEP_MM * chest::STEP_MM) as f32;
    let place = |image: &Vec<f32>| -> Vec<f32> { onto.apply(image).iter().map(|value| value * grid_area).collect() };
    let still: Vec<f32> = chest_onto
        .apply(&seen.still)
        .iter()
        .map(|value| value * chest_area * request.again.background as f32)
        .collect();
    let [lv, rv, rest] =
        [&projected.lv, &projected.rv, &projected.rest].map(|all| all.iter().map(place).collect::<Vec<_>>());

    let from = |k: usize| (k as f64 - (side as f64 - 1.0) / 2.0) * pixel_mm;
    let passes: Vec<f32> = (0..side * side)
        .map(|at| {
            let (x, y) = (from(at % side), from(at / side));
            let seen = !camera.circular || x.hypot(y) < 0.5 * camera.field_mm;
            let passed = shade.as_ref().map_or(1.0, |shade| shade.passes(x - camera.place[0], y - camera.place[1]));
            if seen { passed as f32 } else { 0.0 }
        })
        .collect();
    let mixing = Mixing::new(moments, request.rr_sd);
    let mut out = [(); 3].map(|()| Array3::<f32>::zeros((moments, side, side)));
    for moment in 0..moments {
        let blend = |source: &[Vec<f32>]| -> Vec<f32> {
            let mut sum = vec![0.0; side * side];
            for &(from, weight) in &mixing.weights[moment] {
                sum.iter_mut().zip(&source[from]).for_each(|(sum, value)| *sum += weight * value);
            }
            sum.iter_mut().zip(&passes).for_each(|(sum, passed)| *sum *= passed);
            sum
        };
        let (lv, rv, rest) = (blend(&lv), blend(&rv), blend(&rest));
        let mut total: Vec<f32> =
            (0..side * side).map(|at| lv[at] + rv[at] + rest[at] + still[at] * passes[at]).collect();
        let scatter = wide_blur(&total, side, camera.scatter_mm / pixel_mm);
        for at in 0..side * side {
            let inside = f32::from(u8::from(passes[at] > 0.0));
            total[at] = (total[at] + camera.scatter_fraction as f32 * scatter[at]) * inside;
        }
        for (out, image) in out.iter_mut().zip([&lv, &rv, &total]) {
            out.index_axis_mut(Axis(0), moment).iter_mut().zip(image).for_each(|(out, value)| *out = *value);
        }
    }
    let [mut lv_counts, mut rv_counts, mut total] = out;
    let scale = request.counts_per_frame as f32 * moments as f32 / total.sum().max(f32::MIN_POSITIVE);
    let truth = truth::of(&heart, &lv_counts, &mixing);
    for moment in 0..moments {
        let kept = request.drop_off.get(moments - 1 - moment).copied().unwrap_or(1.0) as f32;
        for part in [&mut lv_counts, &mut rv_counts, &mut total] {
            part.index_axis_mut(Axis(0), moment).mapv_inplace(|value| value * scale * kept);
        }
    }
    let drawn = truth::outlines(&heart, &frame, &projected, &camera.place, (side, pixel_mm), &onto);
    Expected {
        lv: lv_counts,
        rv: rv_counts,
        total,
        silhouettes: drawn.silhouettes,
        visible: drawn.visible,
        rv_masks: drawn.rv_masks,
        landmarks: drawn.landmarks,
        volumes_ml: truth.volumes_ml,
        lvef: Some(truth.lvef),
        volumes: Some(truth::volumes(&heart)),
        shown: Shown {
            heart: true,
            view: Some(request.view),
            orientation: Some(Orientation::default()),
            gating_sound: Some(true),
        },
        axis_to_view_degrees: Some(frame.apex.z.abs().min(1.0).acos().to_degrees()),
        side,
        pixel_mm,
        gating: request.gating(rng),
        words: heart.words,
    }
}

/// Which moments each frame shows: those around its middle (a frame averages over its duration), and, the later in the
/// cycle, those that beats of other lengths have there.
pub(crate) struct Mixing {
    weights: Vec<Vec<(usize, f32)>>,
}

impl Mixing {
    fn new(frames: usize, rr_sd: f64) -> Self {
        let weights = (0..frames)
            .map(|frame| {
                let time = (frame as f64 + 0.5) / frames as f64;
                // Systole changes by a third of what the beat changes by, diastole by the rest.
                let sd = rr_sd * frames as f64 * if time < 0.4 { 0.35 * time } else { 0.14 + 1.45 * (time - 0.4) };
                let reach = (2.5 * sd).ceil() as i64 + 1;
                // The mean over a frame of what is quadratic in it: 1/24, 22/24, 1/24.
                let gaussian = |k: i64| {
                    if sd < 0.05 { f64::from(u8::from(k == 0)) } else { (-0.5 * (k as f64 / sd).powi(2)).exp() }
                };
                let weight = |k: i64| gaussian(k - 1) / 24.0 + gaussian(k) * 22.0 / 24.0 + gaussian(k + 1) / 24.0;
                let total: f64 = (-reach..=reach).map(weight).sum();
                (-reach..=reach)
                    .map(|k| ((frame as i64 + k).rem_euclid(frames as i64) as usize, (weight(k) / total) as f32))
                    .filter(|(_, weight)| *weight > 1e-4)
                    .collect()
            })
            .collect();
        Self { weights }
    }

    fn apply(&self, values: &[f64]) -> Vec<f64> {
        self.weights.iter().map(|mix| mix.iter().map(|&(at, weight)| values[at] * f64::from(weight)).sum()).collect()
    }
}

#[cfg(test)]
mod tests;
