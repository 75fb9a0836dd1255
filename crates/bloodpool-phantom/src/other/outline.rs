//! What is drawn on a picture of the LV: the outline of its projection, its visible edge, and landmarks.

use std::f64::consts::TAU;

use bloodpool_core::Landmarks;

use super::left::LeftShape;
use super::position::Pose;
use super::rays::Grid;
use super::space::{P3, dot};
use crate::geometry::{Silhouette, VISIBLE_EDGE};

/// Directions of a [`Silhouette`].
const DIRECTIONS: usize = 72;

/// The outline of the projected cavity up to the valve plane: in each direction as far as any edge of its surface
/// reaches.
pub(super) fn projected(shape: &LeftShape, pose: &Pose) -> Silhouette {
    let points: Vec<[f64; 2]> = shape
        .cavity
        .points
        .iter()
        .map(|&point| {
            let [x, y, _] = pose.to_camera(point);
            [x, y]
        })
        .collect();
    let count = points.len().max(1) as f64;
    let centre = [0, 1].map(|k| points.iter().map(|p| p[k]).sum::<f64>() / count);
    let from: Vec<[f64; 2]> = points.iter().map(|p| [p[0] - centre[0], p[1] - centre[1]]).collect();
    let mut radii = vec![0.0_f64; DIRECTIONS];
    shape.cavity.triangles(|[a, b, c]| {
        for (p, q) in [(from[a], from[b]), (from[b], from[c]), (from[c], from[a])] {
            let cross = p[0] * q[1] - p[1] * q[0];
            // Every edge belongs to two triangles; one of them runs it in the positive sense.
            if cross <= 0.0 {
                continue;
            }
            let step = TAU / DIRECTIONS as f64;
            let (start, span) = (p[1].atan2(p[0]), cross.atan2(p[0] * q[0] + p[1] * q[1]));
            let mut k = (start / step).ceil() as i64;
            while k as f64 * step <= start + span {
                let (sin, cos) = (k as f64 * step).sin_cos();
                // Where the ray from the centre meets the line through p and q.
                let along = cos * (q[1] - p[1]) - sin * (q[0] - p[0]);
                if along.abs() > 1e-12 {
                    let radius = cross / along;
                    let own = &mut radii[k.rem_euclid(DIRECTIONS as i64) as usize];
                    *own = own.max(radius);
                }
                k += 1;
            }
        }
    });
    Silhouette { centre, radii }
}

/// The edge at which an image falls to [`VISIBLE_EDGE`] of its peak, around the centroid of its upper half.
pub(super) fn visible(image: &[f32], grid: &Grid) -> Silhouette {
    let peak = image.iter().copied().fold(0.0, f32::max);
    let edge = VISIBLE_EDGE * f64::from(peak);
    let (mut sum, mut centre) = (0.0, [0.0; 2]);
    for (ray, &value) in image.iter().enumerate().filter(|&(_, &value)| value > 0.5 * peak) {
        let [x, y] = grid.ray(ray % grid.side, ray / grid.side);
        sum += f64::from(value);
        centre = [centre[0] + f64::from(value) * x, centre[1] + f64::from(value) * y];
    }
    let centre = if sum > 0.0 { centre.map(|x| x / sum) } else { grid.centre };
    const STEP_MM: f64 = 1.0;
    let radius = |k: usize| {
        let (sin, cos) = (TAU * k as f64 / DIRECTIONS as f64).sin_cos();
        let at = |radius: f64| grid.sample(image, [centre[0] + radius * cos, centre[1] + radius * sin]);
        let mut before = at(0.0);
        for step in 1..200 {
            let here = at(f64::from(step) * STEP_MM);
            if here < edge {
                let part = if before > here { ((before - edge) / (before - here)).clamp(0.0, 1.0) } else { 0.0 };
                return (f64::from(step) - 1.0 + part) * STEP_MM;
            }
            before = here;
        }
        200.0 * STEP_MM
    };
    Silhouette { centre, radii: (0..DIRECTIONS).map(radius).collect() }
}

/// Inner apex and the ends of the valve plane as projected, in pixels of the camera.
pub(super) fn landmarks(shape: &LeftShape, pose: &Pose, camera: &Grid) -> Landmarks {
    let pixel = |point: P3| {
        let [x, y, _] = pose.to_camera(point);
        camera.place([x, y])
    };
    // The valve plane is seen as a line across the long axis; where that points at the camera, along the septal
    // direction.
    let axis = pose.direction([1.0, 0.0, 0.0]);
    let septal = pose.direction([0.0, 1.0, 0.0]);
    let across = if axis[0].hypot(axis[1]) > 0.2 { [-axis[1], axis[0], 0.0] } else { [septal[0], septal[1], 0.0] };
    let sign = if dot(across, [septal[0], septal[1], 0.0]) < 0.0 { -1.0 } else { 1.0 };
    let far = |point: &P3| sign * dot(across, pose.to_camera(*point));
    let ring = shape.base_ring();
    let end = |better: fn(f64, f64) -> bool| {
        ring.iter().fold(ring[0], |best, point| if better(far(point), far(&best)) { *point } else { best })
    };
    Landmarks { apex: pixel(shape.apex()), valve_plane: [pixel(end(|a, b| a > b)), pixel(end(|a, b| a < b))] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_visible_edge_is_where_counts_are_a_quarter_of_the_peak() {
        let grid = Grid { side: 80, pitch: 2.0, centre: [10.0, -6.0] };
        let image: Vec<f32> = (0..6400)
            .map(|ray| {
                let [x, y] = grid.ray(ray % 80, ray / 80);
                // A cone: a quarter of its peak at three quarters of its radius.
                (1.0 - (x - 12.0).hypot(y + 3.0) / 50.0).max(0.0) as f32
            })
            .collect();
        let edge = visible(&image, &grid);
        assert!((edge.centre[0] - 12.0).abs() < 0.5 && (edge.centre[1] + 3.0).abs() < 0.5, "{:?}", edge.centre);
        assert!(edge.radii.iter().all(|radius| (radius - 37.5).abs() < 1.0), "{:?}", edge.radii);
    }
}
