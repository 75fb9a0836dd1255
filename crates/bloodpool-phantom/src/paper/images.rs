//! What the camera records of a patient of the cohort of Oh et al. 2022, before noise.

use ndarray::{Array3, Axis};

use super::heart::{GRID, Projection, STEP_MM};
use super::patient::Patient;
use crate::camera::{Resampling, gaussian, wide_blur};
use crate::geometry::Silhouette;

/// Expected counts `[frame, row, column]`: from LV blood alone, and in all.
pub(super) fn expected(patient: &Patient, heart: Projection, silhouettes: &[Silhouette]) -> (Array3<f32>, Array3<f32>) {
    let camera = &patient.acquisition;
    let (side, pixel_mm, frames) = (camera.side, camera.pixel_mm(), camera.frames);
    let resampling = Resampling::new(GRID, STEP_MM, patient.heart.centre(), side, pixel_mm);
    let lv: Vec<Vec<f32>> = heart.lv.iter().map(|grid| resampling.apply(grid)).collect();
    let rest: Vec<Vec<f32>> = heart.rest.iter().map(|grid| resampling.apply(grid)).collect();
    let peak = lv[0].iter().copied().fold(0.0, f32::max);
    let (still, transmission) = still(patient, peak, silhouettes);

    let mut lv_out = Array3::zeros((frames, side, side));
    let mut total_out = Array3::zeros((frames, side, side));
    let radius = 0.5 * camera.field_mm;
    for frame in 0..frames {
        let mix = jitter_weights(frame, frames, camera.rr_jitter);
        let blend = |source: &[Vec<f32>], at: usize| mix.iter().map(|&(f, w)| w * source[f][at]).sum::<f32>();
        let primary_lv: Vec<f32> = (0..side * side).map(|at| transmission[at] * blend(&lv, at)).collect();
        let mut total: Vec<f32> =
            (0..side * side).map(|at| primary_lv[at] + transmission[at] * (blend(&rest, at) + still[at])).collect();
        let scatter = wide_blur(&total, side, camera.scatter_mm / pixel_mm);
        total.iter_mut().zip(&scatter).for_each(|(t, s)| *t += camera.scatter_fraction as f32 * s);
        for at in 0..side * side {
            let (row, column) = (at / side, at % side);
            let from = |k: usize| (k as f64 - (side as f64 - 1.0) / 2.0) * pixel_mm;
            let seen = !camera.circular || from(row).hypot(from(column)) < radius;
            lv_out[[frame, row, column]] = if seen { primary_lv[at] } else { 0.0 };
            total_out[[frame, row, column]] = if seen { total[at] } else { 0.0 };
        }
    }
    let mean = total_out.sum() / frames as f32;
    let scale = camera.counts_per_frame as f32 / mean.max(f32::MIN_POSITIVE);
    for frame in 0..frames {
        let kept = camera.drop_off.get(frames - 1 - frame).copied().unwrap_or(1.0) as f32;
        lv_out.index_axis_mut(Axis(0), frame).mapv_inplace(|v| v * scale * kept);
        total_out.index_axis_mut(Axis(0), frame).mapv_inplace(|v| v * scale * kept);
    }
    (lv_out, total_out)
}

/// The still part of the image and the share that passes the body wall, by pixel.
fn still(patient: &Patient, peak: f32, silhouettes: &[Silhouette]) -> (Vec<f32>, Vec<f32>) {
    let camera = &patient.acquisition;
    let (side, pixel_mm) = (camera.side, camera.pixel_mm());
    let outline = &silhouettes[0];
    let mut still = vec![0.0; side * side];
    let mut transmission = vec![0.0; side * side];
    for at in 0..side * side {
        let from = |k: usize| (k as f64 - (side as f64 - 1.0) / 2.0) * pixel_mm;
        let (x, y) = (from(at % side), from(at / side));
        let (dx, dy) = (x - outline.centre[0], y - outline.centre[1]);
        let beyond = dx.hypot(dy) - outline.radius(dy.atan2(dx)) - 10.0;
        let displaced = (0.5 - beyond / 16.0).clamp(0.0, 1.0);
        still[at] = peak * patient.torso.background(x, y, displaced) as f32;
        transmission[at] = patient.torso.transmission(x, y) as f32;
    }
    (gaussian(&still, side, camera.blur.sigma_mm(110.0) / pixel_mm), transmission)
}

/// Frames that a varying R-R interval mixes into `frame`: the later in the cycle, the more.
fn jitter_weights(frame: usize, frames: usize, jitter: f64) -> Vec<(usize, f32)> {
    let sd = jitter * (frame as f64 + 0.5);
    if sd < 0.05 {
        return vec![(frame, 1.0)];
    }
    let reach = (2.5 * sd).ceil() as i64;
    let weight = |k: i64| (-0.5 * (k as f64 / sd).powi(2)).exp();
    let total: f64 = (-reach..=reach).map(weight).sum();
    (-reach..=reach)
        .map(|k| ((frame as i64 + k).rem_euclid(frames as i64) as usize, (weight(k) / total) as f32))
        .collect()
}
