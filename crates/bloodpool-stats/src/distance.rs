//! Distances from a mask in millimetres.

use ndarray::{Array2, ArrayViewMut1, Axis};

use crate::Mask;

impl Mask {
    /// Distance of every pixel's centre from the centre of the nearest pixel of the mask, mm; 0 inside, infinite for an
    /// empty mask. `spacing_mm`: distance between `[rows, columns]`.
    ///
    /// The exact Euclidean distance, by the lower envelope of parabolas (Felzenszwalb and Huttenlocher, Distance
    /// transforms of sampled functions, Theory of Computing 2012;8:415).
    #[must_use]
    pub fn distance_mm(&self, spacing_mm: [f64; 2]) -> Array2<f64> {
        let mut squared = self.pixels().mapv(|inside| if inside { 0.0 } else { f64::INFINITY });
        for (axis, &spacing) in spacing_mm.iter().enumerate() {
            for line in squared.lanes_mut(Axis(axis)) {
                nearest_along(line, spacing * spacing);
            }
        }
        squared.mapv_into(f64::sqrt)
    }

    /// Distance from the mask's edge, which runs half a pixel beyond the outermost centres, mm: negative inside,
    /// positive outside; infinite outside an empty mask, minus infinite inside one that fills the matrix.
    #[must_use]
    pub fn signed_distance_mm(&self, spacing_mm: [f64; 2]) -> Array2<f64> {
        let (rows, columns) = self.dim();
        let half = 0.25 * (spacing_mm[0] + spacing_mm[1]);
        let outside = Self::from_fn(rows, columns, |row, column| !self.contains(row, column));
        let mut signed = self.distance_mm(spacing_mm);
        let depth = outside.distance_mm(spacing_mm);
        signed.zip_mut_with(&depth, |distance, &depth| {
            *distance = if depth > 0.0 { half - depth } else { *distance - half }
        });
        signed
    }
}

/// Replaces squared distances along a line by the least of `value[k] + step2 (at - k)^2`.
fn nearest_along(mut line: ArrayViewMut1<'_, f64>, step2: f64) {
    let values: Vec<f64> = line.to_vec();
    // Places of the parabolas of the envelope, and from where each is the lowest.
    let (mut places, mut starts): (Vec<usize>, Vec<f64>) = (Vec::new(), Vec::new());
    for (at, &value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let mut start = f64::NEG_INFINITY;
        while let (Some(&last), Some(&from)) = (places.last(), starts.last()) {
            let (a, b) = (at as f64, last as f64);
            start = ((value - values[last]) / step2 + a * a - b * b) / (2.0 * (a - b));
            if start > from {
                break;
            }
            places.pop();
            starts.pop();
            start = f64::NEG_INFINITY;
        }
        places.push(at);
        starts.push(start);
    }
    let mut parabola = 0;
    for (at, value) in line.iter_mut().enumerate() {
        while starts.get(parabola + 1).is_some_and(|&start| start <= at as f64) {
            parabola += 1;
        }
        if let Some(&place) = places.get(parabola) {
            let steps = at as f64 - place as f64;
            *value = values[place] + step2 * steps * steps;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask() -> Mask {
        Mask::from_fn(24, 30, |row, column| {
            let (y, x) = ((row as f64 - 9.0) / 5.0, (column as f64 - 12.0) / 7.0);
            y * y + x * x <= 1.0 || ((17..21).contains(&row) && column >= 24)
        })
    }

    #[test]
    fn distances_are_those_of_scipy() {
        // yy, xx = np.mgrid[0:24, 0:30]; m = (((yy-9)/5)**2 + ((xx-12)/7)**2 <= 1) | ((yy>=17) & (yy<=20) & (xx>=24))
        // d = ndimage.distance_transform_edt(~m, sampling=[4, 3]); d.sum(), d[0, 0], d[23, 15]  (SciPy 1.17)
        let found = mask().distance_mm([4.0, 3.0]);
        let expected = [10_116.070_607_828_166, 31.240_998_703_626_616, 29.546_573_405_388_315];
        for (found, expected) in [found.sum(), found[[0, 0]], found[[23, 15]]].into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9 * expected, "{found}");
        }
        // ndimage.distance_transform_edt(m, sampling=[4, 3])[9, 12], less half a pixel of 3.5 mm
        assert!((mask().signed_distance_mm([4.0, 3.0])[[9, 12]] + 20.223_748_416_156_685 - 1.75).abs() < 1e-9);
    }

    #[test]
    fn no_pixel_is_infinitely_far() {
        assert!(Mask::empty(4, 5).distance_mm([4.0, 3.0]).iter().all(|&distance| distance == f64::INFINITY));
        assert!(Mask::empty(4, 5).signed_distance_mm([4.0, 3.0]).iter().all(|&distance| distance == f64::INFINITY));
        let full = Mask::from_fn(4, 5, |_, _| true).signed_distance_mm([4.0, 3.0]);
        assert!(full.iter().all(|&distance| distance == f64::NEG_INFINITY));
    }
}
