//! Counts smoothed for display: what the cine plays unless the raw counts are selected. No number is computed from
//! them.

use ndarray::{Array3, Axis, Zip};

/// One pass of the binomial filter 1-2-1 along each axis: round the cycle in time, held at the edges in space.
pub(super) fn smoothed(counts: &Array3<f32>) -> Array3<f32> {
    let cyclic = along(counts, Axis(0), true);
    let down = along(&cyclic, Axis(1), false);
    along(&down, Axis(2), false)
}

fn along(counts: &Array3<f32>, axis: Axis, cyclic: bool) -> Array3<f32> {
    let length = counts.len_of(axis);
    let mut smooth = counts.clone();
    for at in 0..length {
        let (before, after) = if cyclic {
            ((at + length - 1) % length, (at + 1) % length)
        } else {
            (at.saturating_sub(1), (at + 1).min(length - 1))
        };
        Zip::from(smooth.index_axis_mut(axis, at))
            .and(counts.index_axis(axis, before))
            .and(counts.index_axis(axis, after))
            .for_each(|value, &before, &after| *value = 0.5 * *value + 0.25 * (before + after));
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pixel_becomes_the_binomial_of_each_axis() {
        let mut counts = Array3::zeros((8, 6, 6));
        counts[[0, 3, 3]] = 64.0;
        let smooth = smoothed(&counts);
        assert_eq!((smooth[[0, 3, 3]], smooth[[7, 3, 3]], smooth[[1, 2, 4]]), (8.0, 4.0, 1.0));
        assert!((smooth.sum() - 64.0).abs() < 1e-5);
        let flat = Array3::from_elem((8, 6, 6), 3.0);
        assert_eq!(smoothed(&flat), flat);
    }
}
