//! The gamma camera: collimator blur, resampling to the matrix, scatter, field of view and Poisson counts.

use rand::Rng;
use rand_distr::{Distribution, Poisson};

/// Gaussian blur of the collimator and the crystal, wider with depth.
#[derive(Debug, Clone)]
pub(crate) struct Blur {
    /// SD at the skin, mm.
    pub(crate) intrinsic_mm: f64,
    /// Growth of the SD with depth, mm per mm.
    pub(crate) per_depth: f64,
    /// SD of motion of the whole patient, mm.
    pub(crate) motion_mm: f64,
}

impl Blur {
    /// SD at a depth, mm.
    pub(crate) fn sigma_mm(&self, depth_mm: f64) -> f64 {
        (self.intrinsic_mm.powi(2) + (self.per_depth * depth_mm).powi(2) + self.motion_mm.powi(2)).sqrt()
    }

    /// The sum of slabs `thickness_mm` apart, each blurred for its depth; an empty slab holds nothing.
    pub(crate) fn slabs(&self, slabs: &[Vec<f32>], side: usize, step_mm: f64, thickness_mm: f64) -> Vec<f32> {
        let mut sum = vec![0.0; side * side];
        for (index, slab) in slabs.iter().enumerate() {
            if slab.iter().any(|&v| v != 0.0) {
                let depth = (index as f64 + 0.5) * thickness_mm;
                let blurred = gaussian(slab, side, self.sigma_mm(depth) / step_mm);
                sum.iter_mut().zip(&blurred).for_each(|(s, b)| *s += b);
            }
        }
        sum
    }
}

/// A square image blurred by a Gaussian of `sigma` pixels; beyond its edge lies nothing.
pub(crate) fn gaussian(image: &[f32], side: usize, sigma: f64) -> Vec<f32> {
    let reach = (3.0 * sigma).ceil() as usize;
    let mut kernel: Vec<f32> =
        (0..=reach).map(|k| (-0.5 * (k as f64 / sigma.max(1e-6)).powi(2)).exp() as f32).collect();
    let total = 2.0 * kernel.iter().sum::<f32>() - kernel[0];
    kernel.iter_mut().for_each(|k| *k /= total);
    let mut rows = vec![0.0; side * side];
    for (source, target) in image.chunks_exact(side).zip(rows.chunks_exact_mut(side)) {
        for (at, &value) in source.iter().enumerate() {
            if value != 0.0 {
                let from = at.saturating_sub(reach);
                for to in from..(at + reach + 1).min(side) {
                    target[to] += value * kernel[to.abs_diff(at)];
                }
            }
        }
    }
    let mut result = vec![0.0; side * side];
    for (at, source) in rows.chunks_exact(side).enumerate() {
        if source.iter().all(|&v| v == 0.0) {
            continue;
        }
        for to in at.saturating_sub(reach)..(at + reach + 1).min(side) {
            let weight = kernel[to.abs_diff(at)];
            let target = &mut result[to * side..(to + 1) * side];
            target.iter_mut().zip(source).for_each(|(t, s)| *t += weight * s);
        }
    }
    result
}

/// A wide blur of SD `sigma` pixels as three running means: what scatter looks like.
pub(crate) fn wide_blur(image: &[f32], side: usize, sigma: f64) -> Vec<f32> {
    // Three boxes of half-width h have a variance of h (h + 1).
    let half = ((sigma * sigma + 0.25).sqrt() - 0.5).round().max(1.0) as usize;
    let width = (2 * half + 1) as f32;
    let pass = |line: &[f32], out: &mut [f32]| {
        let mut sum: f32 = line[..half.min(side)].iter().sum();
        for at in 0..side {
            if at + half < side {
                sum += line[at + half];
            }
            if at > half {
                sum -= line[at - half - 1];
            }
            out[at] = sum / width;
        }
    };
    let mut image = image.to_vec();
    for _ in 0..2 {
        let mut turned = vec![0.0; side * side];
        let (mut a, mut b) = (vec![0.0; side], vec![0.0; side]);
        for (row, line) in image.chunks_exact(side).enumerate() {
            pass(line, &mut a);
            pass(&a, &mut b);
            pass(&b, &mut a);
            for (column, &value) in a.iter().enumerate() {
                turned[column * side + row] = value.max(0.0);
            }
        }
        image = turned;
    }
    image
}

/// Resamples the heart's grid (counts per mm²) onto the matrix (counts per pixel).
pub(crate) struct Resampling {
    weights: [Vec<Vec<(usize, f32)>>; 2],
    side: usize,
    grid: usize,
    pixel_area: f32,
}

impl Resampling {
    /// From a grid of `grid` nodes `step_mm` apart around `centre` (mm from the middle of the field).
    pub(crate) fn new(grid: usize, step_mm: f64, centre: [f64; 2], side: usize, pixel_mm: f64) -> Self {
        let samples = (pixel_mm / step_mm).ceil().max(1.0) as usize + 1;
        let axis = |middle: f64| {
            (0..side)
                .map(|pixel| {
                    let mut weights: Vec<(usize, f32)> = Vec::new();
                    for k in 0..samples {
                        let within = (k as f64 + 0.5) / samples as f64 - 0.5;
                        let at = (pixel as f64 - (side as f64 - 1.0) / 2.0 + within) * pixel_mm - middle;
                        let node = at / step_mm + (grid as f64 - 1.0) / 2.0;
                        let lower = node.floor();
                        for (index, weight) in [(lower, 1.0 - (node - lower)), (lower + 1.0, node - lower)] {
                            if index >= 0.0 && index < grid as f64 && weight > 0.0 {
                                weights.push((index as usize, (weight / samples as f64) as f32));
                            }
                        }
                    }
                    weights
                })
                .collect()
        };
        Self {
            weights: [axis(centre[0]), axis(centre[1])],
            side,
            grid,
            pixel_area: (pixel_mm * pixel_mm / (step_mm * step_mm)) as f32,
        }
    }

    pub(crate) fn apply(&self, source: &[f32]) -> Vec<f32> {
        let [columns, rows] = &self.weights;
        let mut across = vec![0.0; self.grid * self.side];
        for (line, out) in source.chunks_exact(self.grid).zip(across.chunks_exact_mut(self.side)) {
            for (value, weights) in out.iter_mut().zip(columns) {
                *value = weights.iter().map(|&(index, weight)| line[index] * weight).sum::<f32>() * self.pixel_area;
            }
        }
        let mut result = vec![0.0; self.side * self.side];
        for (out, weights) in result.chunks_exact_mut(self.side).zip(rows) {
            for &(index, weight) in weights {
                let line = &across[index * self.side..(index + 1) * self.side];
                out.iter_mut().zip(line).for_each(|(o, l)| *o += weight * l);
            }
        }
        result
    }
}

/// Counts whose expectation is `expected`.
pub(crate) fn poisson(rng: &mut impl Rng, expected: f32) -> f32 {
    match Poisson::new(expected) {
        Ok(distribution) => distribution.sample(rng),
        Err(_) => 0.0, // an expectation of zero
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurs_keep_the_sum_and_have_the_width_asked_for() {
        let side = 64;
        let mut point = vec![0.0; side * side];
        point[32 * side + 32] = 1.0;
        for (blurred, sigma, tolerance) in
            [(gaussian(&point, side, 2.0), 2.0, 0.05), (wide_blur(&point, side, 5.0), 5.0, 0.6)]
        {
            let sum: f32 = blurred.iter().sum();
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
            let variance: f32 = blurred.iter().enumerate().map(|(i, v)| v * ((i % side) as f32 - 32.0).powi(2)).sum();
            assert!((variance.sqrt() - sigma).abs() < tolerance, "{}", variance.sqrt());
        }
    }

    #[test]
    fn resampling_keeps_the_counts() {
        let mut grid = vec![0.0; 64 * 64];
        for (i, value) in grid.iter_mut().enumerate() {
            let (x, y) = ((i % 64) as f32 - 30.0, (i / 64) as f32 - 34.0);
            *value = (-0.5 * (x * x + y * y) / 36.0).exp();
        }
        let before: f32 = grid.iter().sum();
        for (side, pixel) in [(64, 8.0), (128, 2.4), (64, 4.0)] {
            let after: f32 = Resampling::new(64, 4.0, [5.0, -7.0], side, pixel).apply(&grid).iter().sum();
            assert!((after / before - 1.0).abs() < 0.01, "{side} {pixel}: {after} against {before}");
        }
    }
}
