//! `Canvas`: one picture of counts in mm from the middle of its field, and the shapes that organs are drawn with.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::camera::{gaussian, wide_blur};
use crate::random::normal;

/// One picture of expected counts.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    pub(super) side: usize,
    pub(super) pixel_mm: f64,
    /// Row by row.
    pub(super) values: Vec<f32>,
}

impl Canvas {
    pub(super) fn blank(side: usize, pixel_mm: f64) -> Self {
        Self { side, pixel_mm, values: vec![0.0; side * side] }
    }

    /// Half the field, mm.
    pub(super) fn half_mm(&self) -> f64 {
        0.5 * self.side as f64 * self.pixel_mm
    }

    fn place(&self, at: usize) -> [f64; 2] {
        let from = |k: usize| (k as f64 - (self.side as f64 - 1.0) / 2.0) * self.pixel_mm;
        [from(at % self.side), from(at / self.side)]
    }

    /// Adds a shape: counts at (x, y), mm.
    pub(super) fn add(&mut self, shape: impl Fn(f64, f64) -> f64) {
        for at in 0..self.values.len() {
            let [x, y] = self.place(at);
            self.values[at] += shape(x, y) as f32;
        }
    }

    /// Multiplies by a shape: the share that passes or is left.
    pub(super) fn scale(&mut self, shape: impl Fn(f64, f64) -> f64) {
        for at in 0..self.values.len() {
            let [x, y] = self.place(at);
            self.values[at] *= shape(x, y).max(0.0) as f32;
        }
    }

    /// Uneven uptake: multiplies by the exponential of a smooth random field of this SD and grain.
    pub(super) fn mottle(&mut self, rng: &mut ChaCha8Rng, sd: f64, grain_mm: f64) {
        let field = smooth_field(rng, self.side, grain_mm / self.pixel_mm);
        self.values.iter_mut().zip(&field).for_each(|(value, f)| *value *= (sd as f32 * f).exp());
    }

    /// Blurred by a Gaussian. What lies beyond the field is like its edge, which therefore keeps its brightness.
    pub(super) fn blurred(&self, sigma_mm: f64) -> Self {
        let sigma = sigma_mm / self.pixel_mm;
        let mut values = gaussian(&self.values, self.side, sigma);
        let within = gaussian(&vec![1.0; self.side * self.side], self.side, sigma);
        values.iter_mut().zip(&within).for_each(|(value, &share)| *value /= share.max(0.05));
        Self { values, ..*self }
    }

    /// With a wide halo of scattered counts.
    pub(super) fn scattered(&self, fraction: f64, sigma_mm: f64) -> Self {
        let halo = wide_blur(&self.values, self.side, sigma_mm / self.pixel_mm);
        let values = self.values.iter().zip(&halo).map(|(value, halo)| value + fraction as f32 * halo).collect();
        Self { values, ..*self }
    }

    /// Moved to the right and down, mm; what comes in at the edge is like the edge.
    pub(super) fn moved(&self, by_mm: [f64; 2]) -> Self {
        let last = self.side as f64 - 1.0;
        let [dx, dy] = by_mm.map(|mm| mm / self.pixel_mm);
        let values = (0..self.values.len())
            .map(|at| {
                let x = ((at % self.side) as f64 - dx).clamp(0.0, last);
                let y = ((at / self.side) as f64 - dy).clamp(0.0, last);
                bilinear(&self.values, self.side, x, y)
            })
            .collect();
        Self { values, ..*self }
    }
}

/// The value between pixel centres; (x, y) lies within the picture.
fn bilinear(values: &[f32], side: usize, x: f64, y: f64) -> f32 {
    let (column, row) = (x as usize, y as usize);
    let (right, below) = ((column + 1).min(side - 1), (row + 1).min(side - 1));
    let (u, v) = ((x - column as f64) as f32, (y - row as f64) as f32);
    let upper = values[row * side + column] * (1.0 - u) + values[row * side + right] * u;
    let lower = values[below * side + column] * (1.0 - u) + values[below * side + right] * u;
    upper * (1.0 - v) + lower * v
}

/// A random field of mean 0 and SD 1 whose grains are `sigma` pixels wide; white noise for less than a third of a
/// pixel.
pub(super) fn smooth_field(rng: &mut ChaCha8Rng, side: usize, sigma: f64) -> Vec<f32> {
    let white: Vec<f32> = (0..side * side).map(|_| normal(rng, 1.0) as f32).collect();
    let mut field = match sigma {
        s if s < 0.33 => white,
        s if s < 6.0 => gaussian(&white, side, s),
        s => wide_blur_signed(&white, side, s),
    };
    let count = field.len().max(1) as f32;
    let mean = field.iter().sum::<f32>() / count;
    let sd = (field.iter().map(|f| (f - mean).powi(2)).sum::<f32>() / count).sqrt().max(1e-6);
    field.iter_mut().for_each(|f| *f = (*f - mean) / sd);
    field
}

/// `wide_blur` cuts what is negative; so both signs are blurred apart.
fn wide_blur_signed(image: &[f32], side: usize, sigma: f64) -> Vec<f32> {
    let part = |sign: f32| wide_blur(&image.iter().map(|v| (v * sign).max(0.0)).collect::<Vec<_>>(), side, sigma);
    part(1.0).iter().zip(part(-1.0)).map(|(above, below)| above - below).collect()
}

/// An ellipse with a profile and, where asked for, an irregular outline; 1 in its middle, 0 outside.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    at: [f64; 2],
    half: [f64; 2],
    turn: f64,
    profile: f64,
    wobble: Vec<[f64; 2]>,
}

impl Blob {
    /// An ellipsoid seen through: half axes in mm, turned clockwise by `turn` rad.
    pub(super) fn new(at: [f64; 2], half: [f64; 2], turn: f64) -> Self {
        Self { at, half, turn, profile: 0.5, wobble: Vec::new() }
    }

    /// Exponent of its profile: 0 a flat disc, 0.5 an ellipsoid, larger softer.
    pub(super) fn profile(mut self, exponent: f64) -> Self {
        self.profile = exponent;
        self
    }

    /// An outline that deviates by `depth` of the radius.
    pub(super) fn irregular(mut self, rng: &mut ChaCha8Rng, depth: f64) -> Self {
        self.wobble = (2..6).map(|k| [normal(rng, depth / f64::from(k)), normal(rng, depth / f64::from(k))]).collect();
        self
    }

    pub(super) fn value(&self, x: f64, y: f64) -> f64 {
        let (sin, cos) = self.turn.sin_cos();
        let (dx, dy) = (x - self.at[0], y - self.at[1]);
        let (u, v) = ((cos * dx + sin * dy) / self.half[0], (cos * dy - sin * dx) / self.half[1]);
        let square = u * u + v * v;
        if square > 4.0 {
            return 0.0;
        }
        if self.wobble.is_empty() {
            return if square < 1.0 { (1.0 - square).powf(self.profile) } else { 0.0 };
        }
        let angle = v.atan2(u);
        let wobble = |(k, [a, b]): (usize, &[f64; 2])| {
            let (sin, cos) = ((k + 2) as f64 * angle).sin_cos();
            a * cos + b * sin
        };
        let radius = 1.0 + self.wobble.iter().enumerate().map(wobble).sum::<f64>();
        let inside = 1.0 - square / radius.max(0.3).powi(2);
        if inside > 0.0 { inside.powf(self.profile) } else { 0.0 }
    }
}

/// A tube along a line of points, mm; 1 on its middle line, 0 outside.
#[derive(Debug, Clone)]
pub(super) struct Tube {
    points: Vec<[f64; 2]>,
    radius: f64,
}

impl Tube {
    pub(super) fn new(points: Vec<[f64; 2]>, radius_mm: f64) -> Self {
        Self { points, radius: radius_mm }
    }

    pub(super) fn value(&self, x: f64, y: f64) -> f64 {
        let square = self.points.windows(2).map(|ends| square_distance([x, y], ends[0], ends[1]));
        let nearest = square.fold(f64::MAX, f64::min) / self.radius.powi(2);
        (1.0 - nearest).max(0.0).sqrt()
    }
}

fn square_distance(point: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let (along, off) = ([to[0] - from[0], to[1] - from[1]], [point[0] - from[0], point[1] - from[1]]);
    let length = along[0].powi(2) + along[1].powi(2);
    let part = if length > 0.0 { ((along[0] * off[0] + along[1] * off[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
    (off[0] - part * along[0]).powi(2) + (off[1] - part * along[1]).powi(2)
}

/// A number from a range, both ends given.
pub(super) fn within(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    if low < high { rng.random_range(low..high) } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn blob_and_tube_have_the_size_asked_for() {
        let mut canvas = Canvas::blank(128, 2.0);
        let blob = Blob::new([10.0, -20.0], [40.0, 20.0], 0.0).profile(0.0);
        canvas.add(|x, y| blob.value(x, y));
        // Area of an ellipse: pi a b = 2513 mm2.
        let area = f64::from(canvas.values.iter().sum::<f32>()) * 4.0;
        assert!((area / (std::f64::consts::PI * 800.0) - 1.0).abs() < 0.02, "{area}");
        let tube = Tube::new(vec![[-50.0, 0.0], [50.0, 0.0]], 5.0);
        assert_eq!((tube.value(0.0, 0.0), tube.value(0.0, 5.1), tube.value(56.0, 0.0)), (1.0, 0.0, 0.0));
        assert!((tube.value(10.0, 3.0) - 0.8).abs() < 1e-12, "the chord of a circle of 5 at 3 is 0.8 of its diameter");
    }

    #[test]
    fn moving_moves_the_centre_and_blurring_keeps_a_flat_picture() {
        let mut canvas = Canvas::blank(64, 4.0);
        canvas.add(|x, y| (-(x * x + y * y) / 800.0).exp());
        let moved = canvas.moved([6.0, -10.0]);
        let sum: f32 = moved.values.iter().sum();
        let centre = |pick: fn(usize) -> usize| {
            moved.values.iter().enumerate().map(|(at, v)| v * pick(at) as f32).sum::<f32>() / sum - 31.5
        };
        let (x, y) = (centre(|at| at % 64) * 4.0, centre(|at| at / 64) * 4.0);
        assert!((x - 6.0).abs() < 0.05 && (y + 10.0).abs() < 0.05, "{x} {y}");
        let flat = Canvas { values: vec![3.0; 64 * 64], ..canvas }.blurred(12.0);
        assert!(flat.values.iter().all(|v| (v - 3.0).abs() < 0.01));
    }

    #[test]
    fn fields_have_mean_0_and_sd_1() {
        for sigma in [0.0, 2.0, 12.0] {
            let field = smooth_field(&mut ChaCha8Rng::seed_from_u64(1), 64, sigma);
            let mean = field.iter().sum::<f32>() / 4096.0;
            let variance = field.iter().map(|f| f * f).sum::<f32>() / 4096.0;
            assert!(mean.abs() < 1e-3 && (variance - 1.0).abs() < 1e-3, "{sigma}: {mean} {variance}");
        }
    }
}
