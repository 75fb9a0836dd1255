//! The second family of hearts, on which networks trained on the first are tested. Nothing is trained on it.
//!
//! It shares no shape, motion, projection, chest or scatter with the first family, only the noise and the writer of
//! studies. Hearts are closed surfaces (the LV from measured radii of its four walls, the RV from a table of its
//! thickness, superquadric atria, vessels along splines), rays of a parallel camera are traced through them, and all
//! its tables and ranges are in `values.rs`.

mod atria;
mod chest;
mod detector;
mod left;
mod organs;
mod outline;
mod parameters;
#[cfg(test)]
mod picture;
mod position;
mod profile;
mod projection;
mod rays;
mod regional;
mod right;
mod space;
mod timing;
mod values;
mod vessels;

use bloodpool_core::{Orientation, Shown};
use ndarray::{Array3, Axis};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use self::chest::Chest;
use self::organs::{Heart, Organ};
use self::position::Pose;
use self::projection::Projector;
use self::rays::Grid;
use self::timing::lvef_percent;
use self::values::PARAMETERS;
use crate::expected::Expected;
use crate::request::Request;
use crate::study::{TrueLvef, Volumes};

/// Moments of the cycle that are projected; frames are mixtures of them.
const PHASES: usize = 32;
/// Moments of the continuous volume curve.
const CURVE: usize = 240;

/// The noise-free study that a request asks for.
pub(crate) fn expected(rng: &mut ChaCha8Rng, request: &Request) -> Expected {
    let frames = request.frames.max(1);
    let side = request.side.max(8);
    let heart = Heart::draw(rng, request);
    let chest = Chest::draw(rng, 0.5 * heart.left.width(), heart.extra, request.shade);
    let pose = Pose::draw(rng, &heart, request);
    let (pose, lv, camera) = place(rng, &heart, &chest, pose, side);
    let projector = Projector::draw(rng, &chest, &pose.camera, lv, camera);

    let weights = heart.timing.frame_weights(frames, PHASES, request.rr_sd.clamp(0.0, 0.3));
    let images = projector.frames(&heart, &pose, PHASES, &weights);

    let curve: Vec<f64> = (0..CURVE).map(|k| heart.left.blood_ml(&heart.timing, k as f64 / CURVE as f64)).collect();
    let volumes_ml = averaged(&curve, frames);
    let phases: Vec<f64> =
        (0..PHASES).map(|k| heart.left.blood_ml(&heart.timing, (k as f64 + 0.5) / PHASES as f64)).collect();
    let mixed: Vec<f64> =
        weights.iter().map(|w| w.iter().zip(&phases).map(|(weight, volume)| weight * volume).sum()).collect();
    let counts: Vec<f64> = images.lv.axis_iter(Axis(0)).map(|frame| f64::from(frame.sum())).collect();
    let of_frames =
        |values: &[f64]| lvef_percent(values.iter().enumerate().map(|(k, &value)| (k as f64 / frames as f64, value)));
    let lvef = TrueLvef {
        curve: lvef_percent(curve.iter().enumerate().map(|(k, &volume)| (k as f64 / CURVE as f64, volume))),
        frames: of_frames(&volumes_ml),
        counts: of_frames(&counts),
        images: of_frames(&mixed),
    };

    let mut silhouettes = Vec::with_capacity(frames);
    let mut landmarks = Vec::with_capacity(frames);
    for frame in 0..frames {
        let shape = heart.left.at(&heart.timing, (frame as f64 + 0.5) / frames as f64);
        silhouettes.push(outline::projected(&shape, &pose));
        landmarks.push(outline::landmarks(&shape, &pose, &camera));
    }
    let [mut lv_counts, mut rv, mut total] = [images.lv, images.rv, images.total];
    scale(&mut [&mut lv_counts, &mut rv, &mut total], request, frames);
    Expected {
        lv: lv_counts,
        rv,
        total,
        silhouettes,
        visible: images.visible,
        rv_masks: images.rv_masks,
        landmarks,
        volumes_ml,
        lvef: Some(lvef),
        volumes: Some(Volumes { rv_ml: heart.right_ml(), lv_ml: curve }),
        shown: Shown {
            heart: true,
            view: Some(request.view),
            orientation: Some(Orientation::default()),
            gating_sound: Some(true),
        },
        axis_to_view_degrees: Some(pose.axis_to_view.min(180.0 - pose.axis_to_view)),
        side,
        pixel_mm: camera.pitch,
        gating: request.gating(rng),
        words: heart.words,
    }
}

/// The heart in front of the camera, the place of the LV's centre, and the camera's pixels.
fn place(rng: &mut ChaCha8Rng, heart: &Heart, chest: &Chest, pose: Pose, side: usize) -> (Pose, [f64; 3], Grid) {
    let p = &PARAMETERS;
    let depth = chest.depth(&pose.camera, p.chest.gap_mm.draw(rng));
    // Both ventricles must lie within the field, with a margin.
    let mut reach = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    for (organ, mesh) in heart.ventricles() {
        if matches!(organ, Organ::Muscle | Organ::RightVentricle) {
            for &point in &mesh.points {
                let seen = pose.to_camera(point);
                for k in 0..2 {
                    reach[k] = [reach[k][0].min(seen[k]), reach[k][1].max(seen[k])];
                }
            }
        }
    }
    let half = reach.map(|[low, high]| 0.5 * (high - low));
    let least = 2.0 * (half[0].max(half[1]) + p.camera.margin_mm);
    let share: f64 = rng.random_range(0.0..1.0);
    let field =
        (p.camera.field_mm.at(0.0).ln() * (1.0 - share) + p.camera.field_mm.at(1.0).ln() * share).exp().max(least);
    let mut off = |k: usize| {
        let free = (0.5 * field - half[k] - p.camera.margin_mm).max(0.0).min(p.camera.off_centre_mm);
        if free > 0.0 { rng.random_range(-free..free) } else { 0.0 }
    };
    let origin = [0, 1].map(|k| off(k) - 0.5 * (reach[k][0] + reach[k][1]));
    let centre = pose.to_camera([0.5 * heart.left.length, 0.0, 0.0]);
    let pose = pose.placed([origin[0], origin[1], depth - centre[2]]);
    let lv = [origin[0] + centre[0], origin[1] + centre[1], depth];
    (pose, lv, Grid { side, pitch: field / side as f64, centre: [0.0; 2] })
}

/// Means of a curve of a whole cycle over each of `frames` equal parts.
fn averaged(curve: &[f64], frames: usize) -> Vec<f64> {
    // Eight points per frame, by linear interpolation.
    const POINTS: usize = 8;
    let at = |time: f64| {
        let exact = time * curve.len() as f64;
        let lower = exact as usize;
        let part = exact - lower as f64;
        curve[lower % curve.len()] * (1.0 - part) + curve[(lower + 1) % curve.len()] * part
    };
    let mean = |frame: usize| {
        let point = |k: usize| at((frame as f64 + (k as f64 + 0.5) / POINTS as f64) / frames as f64);
        (0..POINTS).map(point).sum::<f64>() / POINTS as f64
    };
    (0..frames).map(mean).collect()
}

/// To the counts asked for; the last of the three arrays is the total, whose mean counts. Then drop-off.
fn scale(images: &mut [&mut Array3<f32>; 3], request: &Request, frames: usize) {
    let sum: f64 = images[2].iter().map(|&v| f64::from(v)).sum();
    let factor = if sum > 0.0 { request.counts_per_frame * frames as f64 / sum } else { 0.0 };
    for image in images {
        for (frame, mut counts) in image.axis_iter_mut(Axis(0)).enumerate() {
            let kept = request.drop_off.get(frames - 1 - frame).copied().unwrap_or(1.0);
            counts.mapv_inplace(|v| (f64::from(v) * factor * kept) as f32);
        }
    }
}
