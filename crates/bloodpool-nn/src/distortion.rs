//! Augmentation of an image beyond its window: elastic distortion, blur, brightness and contrast.

use std::f64::consts::PI;

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Number of waves along each side of the image in an elastic distortion.
const WAVES: usize = 4;

/// A smooth displacement of the points of a square image: the elastic deformation of Simard et al. 2003, whose random
/// field is smoothed by drawing its low frequencies alone. The higher a frequency, the smaller its share.
#[derive(Debug, Clone)]
pub struct Elastic {
    side: f64,
    amplitudes: Vec<[f64; 2]>, // [wave down, wave across]
}

impl Elastic {
    /// Draws a displacement whose SD along either axis is about `strength` sides.
    #[must_use]
    pub fn draw(side: usize, strength: f64, rng: &mut impl Rng) -> Self {
        let share = |index: usize| {
            let (down, across) = (index / WAVES, index % WAVES);
            1.0 / (1.0 + (down * down + across * across) as f64)
        };
        // Half the mean square of a cosine wave goes along each axis that it varies on.
        let mean_square = |index: usize| {
            let along = |wave: usize| if wave == 0 { 1.0 } else { 0.5 };
            share(index).powi(2) * along(index / WAVES) * along(index % WAVES)
        };
        // Wave 0, 0 would only shift the image.
        let total: f64 = (1..WAVES * WAVES).map(mean_square).sum();
        let scale = strength * side as f64 / total.sqrt();
        let mut normal = || -> f64 { StandardNormal.sample(rng) };
        let amplitudes = (0..WAVES * WAVES)
            .map(|index| if index == 0 { [0.0; 2] } else { [(); 2].map(|()| scale * share(index) * normal()) })
            .collect();
        Self { side: side as f64, amplitudes }
    }

    /// Where a point of the image is taken from.
    #[must_use]
    pub fn at(&self, u: f64, v: f64) -> (f64, f64) {
        let waves = |position: f64| -> [f64; WAVES] {
            std::array::from_fn(|wave| (PI * wave as f64 * position / self.side).cos())
        };
        let (across, down) = (waves(u), waves(v));
        let (mut x, mut y) = (u, v);
        for (index, [dx, dy]) in self.amplitudes.iter().enumerate() {
            let wave = down[index / WAVES] * across[index % WAVES];
            x += dx * wave;
            y += dy * wave;
        }
        (x, y)
    }
}

/// Changes brightness and contrast of images that follow one another, each by a random factor within the given range of 1:
/// all values are multiplied by the one, distances from the mean by the other.
pub fn relight(images: &mut [f32], pixels: usize, brightness: f64, contrast: f64, rng: &mut impl Rng) {
    for image in images.chunks_exact_mut(pixels) {
        let mut factor = |range: f64| 1.0 + range * (2.0 * rng.random::<f64>() - 1.0);
        let (bright, strong) = (factor(brightness) as f32, factor(contrast) as f32);
        let mean = image.iter().sum::<f32>() / pixels as f32;
        image.iter_mut().for_each(|value| *value = bright * (mean + strong * (*value - mean)));
    }
}

/// Gaussian blur of a square image in place, zero outside; `sigma` in pixels.
pub fn blur(image: &mut [f32], side: usize, sigma: f32) {
    if sigma < 0.1 {
        return;
    }
    let reach = (3.0 * sigma).ceil() as usize;
    let mut kernel: Vec<f32> =
        (0..=2 * reach).map(|i| (-(i as f32 - reach as f32).powi(2) / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|weight| *weight /= sum);
    let mut padded = vec![0.0; side + 2 * reach];
    for row in image.chunks_exact_mut(side) {
        padded[reach..reach + side].copy_from_slice(row);
        for (value, window) in row.iter_mut().zip(padded.windows(2 * reach + 1)) {
            *value = window.iter().zip(&kernel).map(|(value, weight)| value * weight).sum();
        }
    }
    // Whole rows at a time, so that neighbours in memory are read together.
    let before = image.to_vec();
    for (row, target) in image.chunks_exact_mut(side).enumerate() {
        target.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            let Some(source) = (row + k).checked_sub(reach).filter(|source| *source < side) else { continue };
            for (value, blurred) in target.iter_mut().zip(&before[source * side..(source + 1) * side]) {
                *value += weight * blurred;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn displacement_is_as_strong_as_asked_for_and_smooth() {
        let (mut squares, mut steepest) = (0.0, 0.0_f64);
        let draws = 200;
        for seed in 0..draws {
            let elastic = Elastic::draw(256, 0.01, &mut ChaCha8Rng::seed_from_u64(seed));
            let moved = |u: f64, v: f64| elastic.at(u, v).0 - u;
            for point in 0..64 {
                let (u, v) = (f64::from(point % 8) * 32.0 + 16.0, f64::from(point / 8) * 32.0 + 16.0);
                squares += moved(u, v).powi(2) / 64.0;
                steepest = steepest.max((moved(u + 1.0, v) - moved(u, v)).abs());
            }
        }
        let sd = (squares / f64::from(draws as u32)).sqrt();
        assert!((sd / 2.56 - 1.0).abs() < 0.15, "SD {sd} px where 2.56 px was asked for");
        assert!(steepest < 0.5, "a neighbouring point moves {steepest} px further: the image would fold");
    }

    #[test]
    fn brightness_and_contrast_are_factors_of_values_and_of_distances_from_the_mean() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut image = vec![1.0, 3.0, 1.0, 3.0];
        relight(&mut image, 4, 0.1, 0.0, &mut rng);
        let bright = image[0];
        assert!((0.9..=1.1).contains(&bright) && (image[1] / bright - 3.0).abs() < 1e-6);
        let mut image = vec![1.0, 3.0, 1.0, 3.0];
        relight(&mut image, 4, 0.0, 0.1, &mut rng);
        assert!((image[0] + image[1] - 4.0).abs() < 1e-6);
        assert!((1.8..=2.2).contains(&(image[1] - image[0])) && image[1] - image[0] != 2.0);
    }

    #[test]
    fn blur_spreads_a_point_and_keeps_its_sum() {
        let mut image = vec![0.0; 64 * 64];
        image[30 * 64 + 40] = 1.0;
        blur(&mut image, 64, 1.0);
        assert!((image.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!((image[30 * 64 + 40] - 0.159).abs() < 2e-3); // 1 / (2 pi)
        assert!((image[30 * 64 + 41] - image[31 * 64 + 40]).abs() < 1e-6);
    }
}
