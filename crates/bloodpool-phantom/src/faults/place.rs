//! Faults of geometry: pictures turned, mirrored, moved, cut, shrunk or laid over each other.

use bloodpool_core::{Landmarks, Mask, Orientation};
use ndarray::{Array2, Array3, ArrayView2, ArrayViewMut2};

use crate::expected::Expected;
use crate::geometry::Silhouette;

/// Mirrored and turned as a whole.
pub(super) fn turned(mut expected: Expected, orientation: Orientation) -> Expected {
    let side = expected.side;
    for counts in [&mut expected.lv, &mut expected.rv, &mut expected.total] {
        let mut out = counts.clone();
        for ((frame, row, column), &value) in counts.indexed_iter() {
            let (row, column) = orientation.applied(side, row, column);
            out[[frame, row, column]] = value;
        }
        *counts = out;
    }
    for mask in &mut expected.rv_masks {
        let mut pixels = Array2::from_elem((side, side), false);
        for (row, column) in mask.inside() {
            pixels[orientation.applied(side, row, column)] = true;
        }
        *mask = Mask::new(pixels);
    }
    let last = side as f64 - 1.0;
    for landmarks in &mut expected.landmarks {
        map_landmarks(landmarks, |point| turned_point(point, orientation, last));
    }
    for outline in expected.silhouettes.iter_mut().chain(&mut expected.visible) {
        *outline = turned_silhouette(outline, orientation);
    }
    expected.shown.orientation = Some(orientation);
    expected
}

/// (x, y) between 0 and `last`, as `Orientation::applied` moves pixels.
fn turned_point([x, y]: [f64; 2], orientation: Orientation, last: f64) -> [f64; 2] {
    let x = if orientation.mirrored { last - x } else { x };
    match orientation.quarter_turns % 4 {
        0 => [x, y],
        1 => [last - y, x],
        2 => [last - x, last - y],
        _ => [y, last - x],
    }
}

fn turned_silhouette(outline: &Silhouette, orientation: Orientation) -> Silhouette {
    // From the middle of the field, a turn within 0 to `last` is one within -0 to 0.
    let centre = turned_point(outline.centre, orientation, 0.0);
    let count = outline.radii.len();
    let quarter = count / 4 * usize::from(orientation.quarter_turns % 4);
    let mut radii = outline.radii.clone();
    for (bin, &radius) in outline.radii.iter().enumerate() {
        // Left and right exchanged: an angle becomes 180 degrees minus it.
        let bin = if orientation.mirrored { (count + count / 2 - bin) % count } else { bin };
        radii[(bin + quarter) % count] = radius;
    }
    Silhouette { centre, radii }
}

fn map_landmarks(landmarks: &mut Landmarks, map: impl Fn([f64; 2]) -> [f64; 2]) {
    landmarks.apex = map(landmarks.apex);
    landmarks.valve_plane = landmarks.valve_plane.map(map);
}

/// What lies outside the field that was simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beyond {
    /// Nothing.
    Dark,
    /// More of the body: what lies at the edge, fading over 60 mm.
    Body,
}

/// The part of the picture within a square window, enlarged or reduced to the whole matrix. `corner` is the window's
/// upper left corner and `size` its side, in pixels of the picture; the pixel corner at the upper left is (0, 0). The
/// counts of a frame stay the same on average.
pub(super) fn windowed(mut expected: Expected, corner: [f64; 2], size: f64, beyond: Beyond) -> Expected {
    let (side, pixel_mm) = (expected.side as f64, expected.pixel_mm);
    let step = size / side;
    let before = expected.total.sum();
    for (counts, beyond) in
        [(&mut expected.lv, Beyond::Dark), (&mut expected.rv, Beyond::Dark), (&mut expected.total, beyond)]
    {
        *counts = window_counts(counts, corner, step, pixel_mm, beyond);
    }
    let inside = |k: f64| (k >= 0.0 && k < side).then_some(k as usize);
    for mask in &mut expected.rv_masks {
        let old = mask.clone();
        *mask = Mask::from_fn(expected.side, expected.side, |row, column| {
            let from = |k: usize, corner: f64| inside(corner + (k as f64 + 0.5) * step);
            match (from(row, corner[1]), from(column, corner[0])) {
                (Some(row), Some(column)) => old.contains(row, column),
                _ => false,
            }
        });
    }
    for landmarks in &mut expected.landmarks {
        map_landmarks(landmarks, |[x, y]| [(x + 0.5 - corner[0]) / step - 0.5, (y + 0.5 - corner[1]) / step - 0.5]);
    }
    let middle = corner.map(|corner| (corner + 0.5 * size - 0.5 * side) * pixel_mm);
    for outline in expected.silhouettes.iter_mut().chain(&mut expected.visible) {
        outline.centre = [outline.centre[0] - middle[0], outline.centre[1] - middle[1]];
    }
    expected.pixel_mm = pixel_mm * step;
    let after = expected.total.sum();
    if after > 0.0 {
        brighten(&mut expected, f64::from(before / after));
    }
    expected
}

/// All counts times `factor`.
pub(super) fn brighten(expected: &mut Expected, factor: f64) {
    for counts in [&mut expected.lv, &mut expected.rv, &mut expected.total] {
        counts.mapv_inplace(|value| value * factor as f32);
    }
}

fn window_counts(counts: &Array3<f32>, corner: [f64; 2], step: f64, pixel_mm: f64, beyond: Beyond) -> Array3<f32> {
    let (frames, rows, columns) = counts.dim();
    let weights = |corner: f64, pixels: usize| axis_weights(pixels, corner, step, pixel_mm, beyond);
    let (across, down) = (weights(corner[0], columns), weights(corner[1], rows));
    let mut out = Array3::zeros((frames, rows, columns));
    for (source, mut picture) in counts.outer_iter().zip(out.outer_iter_mut()) {
        resample(&source, &across, &down, &mut picture);
    }
    out
}

/// For each pixel of a window along one axis, the pixels it takes counts from, and their shares.
type AxisWeights = Vec<Vec<(usize, f32)>>;

/// Weights of a window whose first pixel begins at `corner` and whose pixels are `step` wide, in pixels of the picture.
fn axis_weights(pixels: usize, corner: f64, step: f64, pixel_mm: f64, beyond: Beyond) -> AxisWeights {
    let samples = step.ceil().max(1.0) as usize;
    let last = pixels as f64 - 1.0;
    let part = step / samples as f64;
    (0..pixels)
        .map(|k| {
            let mut weights = Vec::with_capacity(2 * samples);
            for s in 0..samples {
                let at = corner + k as f64 * step + (s as f64 + 0.5) * part - 0.5;
                let outside = (-0.5 - at).max(at - last - 0.5).max(0.0);
                let fading = match beyond {
                    _ if outside == 0.0 => 1.0,
                    Beyond::Dark => continue,
                    Beyond::Body => (-outside * pixel_mm / 60.0).exp(),
                };
                let at = at.clamp(0.0, last);
                let lower = at.floor().min(last);
                let share = at - lower;
                weights.push((lower as usize, (part * fading * (1.0 - share)) as f32));
                if share > 0.0 {
                    weights.push(((lower + 1.0).min(last) as usize, (part * fading * share) as f32));
                }
            }
            weights
        })
        .collect()
}

fn resample(source: &ArrayView2<'_, f32>, across: &AxisWeights, down: &AxisWeights, out: &mut ArrayViewMut2<'_, f32>) {
    let mut narrowed = Array2::<f32>::zeros((source.nrows(), across.len()));
    for (line, mut to) in source.outer_iter().zip(narrowed.outer_iter_mut()) {
        for (value, weights) in to.iter_mut().zip(across) {
            *value = weights.iter().map(|&(at, weight)| line[at] * weight).sum();
        }
    }
    for (mut line, weights) in out.outer_iter_mut().zip(down) {
        line.fill(0.0);
        for &(at, weight) in weights {
            line.scaled_add(weight, &narrowed.row(at));
        }
    }
}

/// Distance of a pixel from the middle of the picture, in pixels.
fn from_middle(row: usize, column: usize, side: usize) -> f64 {
    let middle = (side as f64 - 1.0) / 2.0;
    (row as f64 - middle).hypot(column as f64 - middle)
}

/// Whether nothing was counted outside the circle that touches the picture's sides.
pub(super) fn field_is_round(expected: &Expected) -> bool {
    let side = expected.side;
    let outside = |at: (usize, usize, usize)| from_middle(at.1, at.2, side) >= 0.5 * side as f64;
    expected.total.indexed_iter().all(|(at, &value)| value == 0.0 || !outside(at))
}

/// Continues a round field to the corners: each pixel outside takes what lies at the circle in its direction.
fn fill_round_field(total: &mut Array3<f32>) {
    let (_, side, _) = total.dim();
    let (middle, radius) = ((side as f64 - 1.0) / 2.0, 0.5 * side as f64 - 1.5);
    for mut picture in total.outer_iter_mut() {
        for row in 0..side {
            for column in 0..side {
                let distance = from_middle(row, column, side);
                if distance > radius {
                    let inwards = |k: usize| (middle + (k as f64 - middle) * radius / distance).round() as usize;
                    picture[[row, column]] = picture[[inwards(row), inwards(column)]];
                }
            }
        }
    }
}

/// Each frame moved by its own distance, mm to the right and down, with everything that is true of it.
pub(super) fn moved(mut expected: Expected, by_mm: &[[f64; 2]]) -> Expected {
    let pixel_mm = expected.pixel_mm;
    let round = field_is_round(&expected);
    if round {
        fill_round_field(&mut expected.total);
    }
    let parts =
        [(&mut expected.lv, Beyond::Dark), (&mut expected.rv, Beyond::Dark), (&mut expected.total, Beyond::Body)];
    for (counts, beyond) in parts {
        let old = counts.clone();
        for ((mut picture, source), by) in counts.outer_iter_mut().zip(old.outer_iter()).zip(by_mm) {
            let (rows, columns) = source.dim();
            let weights = |pixels: usize, mm: f64| axis_weights(pixels, -mm / pixel_mm, 1.0, pixel_mm, beyond);
            resample(&source, &weights(columns, by[0]), &weights(rows, by[1]), &mut picture);
            if round {
                // The patient moves, the detector stays.
                for ((row, column), value) in picture.indexed_iter_mut() {
                    if from_middle(row, column, rows) >= 0.5 * rows as f64 {
                        *value = 0.0;
                    }
                }
            }
        }
    }
    for (mask, by) in expected.rv_masks.iter_mut().zip(by_mm) {
        let [dx, dy] = by.map(|mm| (mm / pixel_mm).round() as i64);
        let old = mask.clone();
        *mask = Mask::from_fn(expected.side, expected.side, |row, column| {
            match (usize::try_from(row as i64 - dy), usize::try_from(column as i64 - dx)) {
                (Ok(row), Ok(column)) => old.contains(row, column),
                _ => false,
            }
        });
    }
    for (landmarks, by) in expected.landmarks.iter_mut().zip(by_mm) {
        map_landmarks(landmarks, |[x, y]| [x + by[0] / pixel_mm, y + by[1] / pixel_mm]);
    }
    for outlines in [&mut expected.silhouettes, &mut expected.visible] {
        for (outline, by) in outlines.iter_mut().zip(by_mm) {
            outline.centre = [outline.centre[0] + by[0], outline.centre[1] + by[1]];
        }
    }
    expected
}

/// The counts of two studies of the same form in one: `share` of the first, the rest of the second. Outlines, landmarks
/// and volumes stay those of the first. `None` when their frames or matrices differ.
pub(super) fn overlaid(mut first: Expected, second: &Expected, share: f64) -> Option<Expected> {
    if first.total.dim() != second.total.dim() {
        return None;
    }
    for (own, other) in [(&mut first.lv, &second.lv), (&mut first.rv, &second.rv), (&mut first.total, &second.total)] {
        own.zip_mut_with(other, |own, &other| *own = *own * share as f32 + other * (1.0 - share as f32));
    }
    Some(first)
}

/// Nothing that could be outlined: a picture without one whole ventricle of its own.
pub(super) fn without_ventricle(mut expected: Expected) -> Expected {
    expected.lv.fill(0.0);
    expected.rv.fill(0.0);
    expected.silhouettes.clear();
    expected.visible.clear();
    expected.rv_masks.clear();
    expected.landmarks.clear();
    expected.volumes_ml.clear();
    expected.lvef = None;
    expected.shown.heart = false;
    expected.shown.view = None;
    expected.shown.orientation = None;
    expected.shown.gating_sound = None;
    expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::toy;
    use ndarray::Axis;

    /// Centroid (x, y) of the LV's counts on one frame, mm from the middle of the field.
    fn centroid(expected: &Expected, frame: usize) -> [f64; 2] {
        let lv = expected.lv.index_axis(Axis(0), frame);
        let mean = |pick: fn((usize, usize)) -> usize| {
            lv.indexed_iter().map(|(at, &v)| f64::from(v) * pick(at) as f64).sum::<f64>() / f64::from(lv.sum())
        };
        let middle = (expected.side as f64 - 1.0) / 2.0;
        [(mean(|at| at.1) - middle) * expected.pixel_mm, (mean(|at| at.0) - middle) * expected.pixel_mm]
    }

    /// That outline, mask, landmarks and counts still lie on each other as in the toy heart.
    fn assert_together(expected: &Expected, tolerance_mm: f64, name: &str) {
        for frame in [0, 9] {
            let lv = centroid(expected, frame);
            let outline = &expected.silhouettes[frame];
            let off = (lv[0] - outline.centre[0]).hypot(lv[1] - outline.centre[1]);
            assert!(off < tolerance_mm, "{name}: outline {off} mm off");
            let middle = (expected.side as f64 - 1.0) / 2.0;
            let landmark = expected.landmarks[frame].apex.map(|v| (v - middle) * expected.pixel_mm);
            let (dx, dy) = (landmark[0] - outline.centre[0], landmark[1] - outline.centre[1]);
            // The toy's apex lies on its outline.
            let off = dx.hypot(dy) - outline.radius(dy.atan2(dx));
            assert!(off.abs() < tolerance_mm, "{name}: apex {off} mm off the outline");
            let (row, column) = expected.rv_masks[frame].centroid().unwrap();
            let rv = expected.rv.index_axis(Axis(0), frame);
            assert!(rv[[row.round() as usize, column.round() as usize]] > 0.5 * rv.fold(0.0, |a: f32, &b| a.max(b)));
        }
    }

    #[test]
    fn every_orientation_moves_everything_together() {
        let heart = toy::heart(60.0, 24, 64);
        assert_together(&heart, 0.5, "toy");
        for orientation in Orientation::all() {
            let made = turned(heart.clone(), orientation);
            assert_together(&made, 0.5, &orientation.in_words());
            assert_eq!(made.shown.orientation, Some(orientation));
            assert!((made.total.sum() / heart.total.sum() - 1.0).abs() < 1e-6);
            // The mask of the turned outline is the turned mask, up to pixels that the outline halves.
            let mask = made.silhouettes[0].mask(64, made.pixel_mm);
            let old = heart.silhouettes[0].mask(64, heart.pixel_mm);
            let moved = old.inside().filter(|&(row, column)| {
                let (row, column) = orientation.applied(64, row, column);
                mask.contains(row, column)
            });
            assert!(moved.count() + 2 >= old.area(), "{}", orientation.in_words());
        }
    }

    #[test]
    fn windows_and_moves_keep_outlines_on_their_counts() {
        let heart = toy::heart(60.0, 24, 64);
        for (corner, size, beyond) in [([5.0, 8.5], 50.0, Beyond::Dark), ([-40.0, -70.0], 160.0, Beyond::Body)] {
            let made = windowed(heart.clone(), corner, size, beyond);
            assert_together(&made, 1.0, "window");
            assert!((made.pixel_mm / heart.pixel_mm - size / 64.0).abs() < 1e-12);
            assert!((made.total.sum() / heart.total.sum() - 1.0).abs() < 1e-3);
        }
        let made = moved(heart.clone(), &[[14.0, -11.0]; 24]);
        assert_together(&made, 0.5, "moved");
        let (before, after) = (centroid(&heart, 0), centroid(&made, 0));
        assert!((after[0] - before[0] - 14.0).abs() < 0.3 && (after[1] - before[1] + 11.0).abs() < 0.3);
    }
}
