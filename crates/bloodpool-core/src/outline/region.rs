//! Region growing from a click, bounded by what the segmenter holds for possible.

use ndarray::{Array2, ArrayView2};

use super::surroundings::Surroundings;
use crate::Mask;

/// The least probability of a pixel that the region may enter: where the segmenter is nearly sure that there is no LV, a click
/// cannot lead into the right ventricle or the spleen.
const LEAST_PROBABILITY: f32 = 0.05;
/// How far the region may reach beyond the outline that is there, mm, where the segmenter gives no probability.
const REACH_MM: f64 = 12.0;
/// How far from the click where neither bounds it, mm: no LV reaches farther from its middle in this view.
const WIDEST_MM: f64 = 60.0;

/// The pixels that are joined to the clicked one `[x, y]` and hold at least `level` (0 to 1) of its smoothed counts. Empty where the
/// click lies outside of what is possible.
pub(super) fn grown(at: [f64; 2], level: f64, current: &Mask, around: &Surroundings<'_>) -> Mask {
    let (rows, columns) = (around.rows, around.columns);
    let nothing = Mask::empty(rows, columns);
    let Some(counts) = around.counts else { return nothing };
    let (row, column) = (at[1].round(), at[0].round());
    if row < 0.0 || column < 0.0 || row >= rows as f64 || column >= columns as f64 {
        return nothing;
    }
    let seed = (row as usize, column as usize);
    let smooth = smoothed(&counts);
    let threshold = level * smooth[seed];
    let [row_mm, column_mm] = around.spacing_mm;
    // Asked once: the answer takes a look at all pixels.
    let outlined = !current.is_empty();
    let reach = current.dilated_mm(REACH_MM, around.spacing_mm);
    let possible = |row: usize, column: usize| match around.lv_probability {
        Some(probability) => probability[[row, column]] >= LEAST_PROBABILITY,
        None if outlined => reach.contains(row, column),
        None => {
            let (down, right) = (row as f64 - seed.0 as f64, column as f64 - seed.1 as f64);
            (down * row_mm).hypot(right * column_mm) <= WIDEST_MM
        }
    };
    let open = Mask::from_fn(rows, columns, |row, column| {
        smooth[[row, column]] > 0.0 && smooth[[row, column]] >= threshold && possible(row, column)
    });
    if !open.contains(seed.0, seed.1) {
        return nothing;
    }
    joined(&open, seed).holes_filled()
}

/// The pixels of a mask that are joined to one of them over edges.
fn joined(open: &Mask, seed: (usize, usize)) -> Mask {
    let (rows, columns) = open.dim();
    let mut region = Mask::empty(rows, columns);
    region.set(seed, true);
    let mut front = vec![seed];
    while let Some((row, column)) = front.pop() {
        let next = [(row.wrapping_sub(1), column), (row + 1, column), (row, column.wrapping_sub(1)), (row, column + 1)];
        for at in next {
            if open.contains(at.0, at.1) && !region.contains(at.0, at.1) {
                region.set(at, true);
                front.push(at);
            }
        }
    }
    region
}

/// Binomial mean over 3 x 3 pixels: a single pixel's noise must not stop a region.
fn smoothed(counts: &ArrayView2<'_, f32>) -> Array2<f64> {
    let (rows, columns) = counts.dim();
    let mean = |row: usize, column: usize| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for near_row in row.saturating_sub(1)..(row + 2).min(rows) {
            for near_column in column.saturating_sub(1)..(column + 2).min(columns) {
                let steps = row.abs_diff(near_row) + column.abs_diff(near_column);
                let share = [4.0, 2.0, 1.0][steps.min(2)];
                sum += share * f64::from(counts[[near_row, near_column]]);
                weight += share;
            }
        }
        sum / weight
    };
    Array2::from_shape_fn((rows, columns), |(row, column)| mean(row, column))
}
