//! `Gaussian`: an image smoothed in millimetres; at the edge of the matrix only what lies within it is averaged.

use ndarray::{Array2, Axis, Zip};

/// How far the kernel reaches, in standard deviations.
const REACH_SD: f64 = 3.0;

/// A separable Gaussian whose weights sum to 1 over the pixels that exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    axes: [Kernel; 2],
}

/// The weights along one axis.
#[derive(Debug, Clone, PartialEq)]
struct Kernel {
    /// Weight of a neighbour 0, 1, 2, ... pixels away.
    weights: Vec<f64>,
    /// Sum of the weights that lie within the matrix, by place.
    sums: Vec<f64>,
}

impl Gaussian {
    /// A Gaussian of this SD on a matrix of `dim` (rows, columns), whose pixels are `spacing_mm` apart ([rows, columns]).
    /// An SD that is not positive changes nothing.
    #[must_use]
    pub fn new(sd_mm: f64, spacing_mm: [f64; 2], dim: (usize, usize)) -> Self {
        Self { axes: [Kernel::new(sd_mm / spacing_mm[0], dim.0), Kernel::new(sd_mm / spacing_mm[1], dim.1)] }
    }

    /// The smoothed image.
    #[must_use]
    pub fn apply(&self, image: &Array2<f64>) -> Array2<f64> {
        let mut smooth = image.clone();
        for (axis, kernel) in self.axes.iter().enumerate() {
            smooth = kernel.along(&smooth, axis);
            kernel.divide(&mut smooth, axis);
        }
        smooth
    }

    /// The transpose of [`Gaussian::apply`]: `sum(a x apply(b)) = sum(adjoint(a) x b)` for all images.
    #[must_use]
    pub fn adjoint(&self, image: &Array2<f64>) -> Array2<f64> {
        let mut turned = image.clone();
        for (axis, kernel) in self.axes.iter().enumerate().rev() {
            kernel.divide(&mut turned, axis);
            turned = kernel.along(&turned, axis);
        }
        turned
    }
}

impl Kernel {
    fn new(sd_pixels: f64, side: usize) -> Self {
        let usable = sd_pixels.is_finite() && sd_pixels > 0.0;
        let reach = if usable { ((REACH_SD * sd_pixels).ceil() as usize).min(side.saturating_sub(1)) } else { 0 };
        let weights: Vec<f64> =
            (0..=reach).map(|k| if k == 0 { 1.0 } else { (-0.5 * (k as f64 / sd_pixels).powi(2)).exp() }).collect();
        let within = |at: usize| {
            let near = at.saturating_sub(reach)..(at + reach + 1).min(side);
            near.map(|other| weights[at.abs_diff(other)]).sum()
        };
        let sums = (0..side).map(within).collect();
        Self { weights, sums }
    }

    /// Weighted sums along an axis, not divided by the sum of the weights.
    fn along(&self, image: &Array2<f64>, axis: usize) -> Array2<f64> {
        let reach = self.weights.len() - 1;
        if reach == 0 {
            return image.clone();
        }
        let side = image.len_of(Axis(axis));
        let mut sums = Array2::zeros(image.dim());
        for to in 0..side {
            let mut line = sums.index_axis_mut(Axis(axis), to);
            for from in to.saturating_sub(reach)..(to + reach + 1).min(side) {
                line.scaled_add(self.weights[to.abs_diff(from)], &image.index_axis(Axis(axis), from));
            }
        }
        sums
    }

    fn divide(&self, image: &mut Array2<f64>, axis: usize) {
        for (line, &sum) in image.axis_iter_mut(Axis(axis)).zip(&self.sums) {
            Zip::from(line).for_each(|value| *value /= sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Array2<f64> {
        Array2::from_shape_fn((9, 7), |(row, column)| ((row * row + 3 * column) % 11) as f64)
    }

    #[test]
    fn it_is_the_gaussian_of_scipy_away_from_the_edge() {
        // NumPy 2.4, SciPy 1.17: d = np.zeros((33, 33)); d[16, 16] = 100
        // ndimage.gaussian_filter(d, [1.25, 1.6666666666666667], radius=[4, 5]) at [16, 16], [16, 18], [13, 15]
        let mut point = Array2::zeros((33, 33));
        point[[16, 16]] = 100.0;
        let smooth = Gaussian::new(5.0, [4.0, 3.0], (33, 33)).apply(&point);
        for (at, expected) in
            [([16, 16], 7.647_316_952_308_657), ([16, 18], 3.722_348_778_577_174), ([13, 15], 0.358_565_066_510_499_5)]
        {
            assert!((smooth[at] - expected).abs() < 1e-9, "{at:?}: {}", smooth[at]);
        }
    }

    #[test]
    fn what_is_even_stays_even_to_the_edge() {
        let smooth = Gaussian::new(6.0, [4.0, 3.0], (9, 7)).apply(&Array2::from_elem((9, 7), 20.0));
        assert!(smooth.iter().all(|value| (value - 20.0).abs() < 1e-12));
    }

    #[test]
    fn the_adjoint_is_the_transpose() {
        let gaussian = Gaussian::new(5.0, [4.0, 3.0], (9, 7));
        let other = Array2::from_shape_fn((9, 7), |(row, column)| ((5 * row + column * column) % 13) as f64);
        let left: f64 = (&other * &gaussian.apply(&image())).sum();
        let right: f64 = (&gaussian.adjoint(&other) * &image()).sum();
        assert!((left - right).abs() < 1e-9 * left, "{left} {right}");
    }

    #[test]
    fn widths_without_meaning_change_nothing() {
        for sd_mm in [0.0, -3.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Gaussian::new(sd_mm, [4.0, 3.0], (9, 7)).apply(&image()), image());
        }
        // A kernel far wider than the matrix is nearly its mean.
        let wide = Gaussian::new(1e6, [1e-3, 1e-3], (9, 7)).apply(&image());
        let mean = image().mean().unwrap();
        assert!(wide.iter().all(|value| (value - mean).abs() < 1e-6));
    }
}
