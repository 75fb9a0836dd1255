//! `InputChannels`: the input of a network for each frame, computed from the frame and from the whole cycle.

use std::f32::consts::TAU;

use bloodpool_core::{FrameIndex, GatedStudy};
use ndarray::Axis;

use crate::scale::{Beat, blood_pool, compressed, percentile};
use crate::window::Resampler;

pub use bloodpool_config::{InputChannels, Layout};

/// Brings the first-harmonic amplitudes, a fraction of the counts, to the range of the other channels.
const HARMONIC_GAIN: f32 = 4.0;

/// The counts of a study that a network's input is computed from, resampled into a window; 0 outside the field of view.
#[derive(Debug, Clone)]
pub struct CountsInWindow {
    /// `[image, row, column]`: all frames where the input depends on the cycle, otherwise the mean over the cycle and the
    /// selected frames.
    pub images: Vec<f32>,
    /// Index into the images of each selected frame.
    pub indices: Vec<usize>,
}

impl CountsInWindow {
    /// Resamples what the input for the selected frames needs.
    #[must_use]
    pub fn new(layout: Layout, study: &GatedStudy, resampler: &Resampler, selected: &[usize]) -> Self {
        let pixels = study.rows() * study.columns();
        if layout.input != InputChannels::Frame {
            let images = match study.counts().as_slice() {
                Some(counts) => resampler.apply_all(counts, pixels),
                None => resampler.apply_all(&study.counts().iter().copied().collect::<Vec<_>>(), pixels),
            };
            return Self { images, indices: selected.to_vec() };
        }
        let mut counts: Vec<f32> = Vec::with_capacity((1 + selected.len()) * pixels);
        // A study has frames, so that there is a mean.
        counts.extend(study.counts().mean_axis(Axis(0)).into_iter().flatten());
        selected.iter().for_each(|&frame| counts.extend(study.frame(FrameIndex::new(frame))));
        Self { images: resampler.apply_all(&counts, pixels), indices: (1..=selected.len()).collect() }
    }
}

/// Input channels of the images of a window with these indices, `[index, channel, row, column]`. One scale is used for the
/// whole study, so that frames keep their proportions; the square root gives bright and dark pixels about the same noise.
#[must_use]
pub fn channels(layout: Layout, counts: &[f32], indices: &[usize]) -> Vec<f32> {
    let pixels = layout.pixels();
    let image = |index: usize| &counts[index * pixels..(index + 1) * pixels];
    let mut output = Vec::with_capacity(indices.len() * layout.channels() * pixels);
    if layout.input == InputChannels::Frame {
        let scale = 1.0 / percentile_99(image(0)); // the mean over the cycle
        for &index in indices {
            let channel: Vec<f32> = image(index).iter().map(|&value| (value * scale).max(0.0).sqrt()).collect();
            (0..layout.channels()).for_each(|_| output.extend_from_slice(&channel));
        }
        return output;
    }
    let frames = counts.len() / pixels;
    let cycle = Cycle::new(counts, pixels);
    let robust = layout.input == InputChannels::BloodPool;
    let scale = 1.0 / if robust { cycle.blood_pool(counts) } else { percentile_99(&cycle.mean) };
    let limited = |value: f32| if robust { compressed(value) } else { value };
    let root = |value: f32| limited((value * scale).max(0.0).sqrt());
    // The channels of the cycle are the same for every frame.
    let mut of_cycle: Vec<f32> = cycle.mean.iter().map(|&value| root(value)).collect();
    if layout.input.has_harmonics() {
        for part in 0..2 {
            of_cycle.extend(cycle.harmonics.iter().map(|waves| limited(waves[part] * scale * HARMONIC_GAIN)));
        }
    }
    for &frame in indices {
        output.extend(image(frame).iter().map(|&value| root(value)));
        let [c1, s1, c2, s2] = basis(frame, frames);
        output.extend(
            cycle
                .mean
                .iter()
                .zip(&cycle.harmonics)
                .map(|(mean, [a1, b1, a2, b2])| root(mean + a1 * c1 + b1 * s1 + a2 * c2 + b2 * s2)),
        );
        output.extend_from_slice(&of_cycle);
    }
    output
}

/// Mean and first two harmonics of each pixel's counts over the cycle.
struct Cycle {
    mean: Vec<f32>,
    harmonics: Vec<[f32; 4]>, // cosine and sine of the first, then of the second
}

impl Cycle {
    fn new(counts: &[f32], pixels: usize) -> Self {
        let frames = counts.len() / pixels;
        let mut mean = vec![0.0; pixels];
        let mut harmonics = vec![[0.0; 4]; pixels];
        for (frame, values) in counts.chunks_exact(pixels).enumerate() {
            let basis = basis(frame, frames);
            for (pixel, &value) in values.iter().enumerate() {
                mean[pixel] += value / frames as f32;
                for (sum, wave) in harmonics[pixel].iter_mut().zip(basis) {
                    *sum += value * wave * 2.0 / frames as f32;
                }
            }
        }
        Self { mean, harmonics }
    }

    /// The blood pool's brightness. It is found in frames of equal sums, since a loss of counts at the end of the cycle
    /// would let every pixel vary.
    fn blood_pool(&self, counts: &[f32]) -> f32 {
        let pixels = self.mean.len();
        let total = |frame: &[f32]| frame.iter().map(|value| f64::from(*value)).sum::<f64>();
        let mean_total = total(&self.mean);
        let mut equal = counts.to_vec();
        for frame in equal.chunks_exact_mut(pixels) {
            let factor = mean_total / total(frame);
            if factor.is_finite() {
                frame.iter_mut().for_each(|value| *value = (f64::from(*value) * factor) as f32);
            }
        }
        let cycle = Self::new(&equal, pixels);
        let frames = equal.len() / pixels;
        let mut mean_square = vec![0.0; pixels];
        for frame in equal.chunks_exact(pixels) {
            for (sum, value) in mean_square.iter_mut().zip(frame) {
                *sum += f64::from(*value).powi(2) / frames as f64;
            }
        }
        blood_pool(&Beat { mean: &cycle.mean, harmonics: &cycle.harmonics, mean_square: &mean_square, frames })
    }
}

fn basis(frame: usize, frames: usize) -> [f32; 4] {
    let phase = TAU * frame as f32 / frames as f32;
    [phase.cos(), phase.sin(), (2.0 * phase).cos(), (2.0 * phase).sin()]
}

/// The 99th percentile, or 1 where that is 0.
fn percentile_99(values: &[f32]) -> f32 {
    let value = percentile(values, 99);
    if value > 0.0 { value } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::Window;
    use ndarray::Array3;

    const CYCLE: Layout = Layout { side: 64, input: InputChannels::Cycle };

    #[test]
    fn a_sinusoid_is_its_own_reconstruction() {
        let frames = 16;
        let counts: Vec<f32> = (0..frames)
            .flat_map(|frame| {
                let value = 100.0 + 30.0 * (TAU * frame as f32 / frames as f32).cos();
                std::iter::repeat_n(value, CYCLE.pixels())
            })
            .collect();
        let channels = channels(CYCLE, &counts, &[0, 8]);
        assert_eq!(channels.len(), 2 * 5 * CYCLE.pixels());
        let value = |frame: usize, channel: usize| channels[(frame * 5 + channel) * CYCLE.pixels() + 7];
        for frame in 0..2 {
            assert!((value(frame, 0) - value(frame, 1)).abs() < 1e-5);
            assert!((value(frame, 2) - 1.0).abs() < 1e-5);
            assert!((value(frame, 3) - 0.3 * HARMONIC_GAIN).abs() < 1e-5);
            assert!(value(frame, 4).abs() < 1e-5);
        }
        assert!((value(0, 0) - 1.3_f32.sqrt()).abs() < 1e-5 && (value(1, 0) - 0.7_f32.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn an_empty_window_gives_finite_channels() {
        assert!(channels(CYCLE, &vec![0.0; 8 * CYCLE.pixels()], &[0]).iter().all(|value| *value == 0.0));
    }

    #[test]
    fn an_image_is_the_frame_three_times() {
        let layout = Layout { side: 2, input: InputChannels::Frame };
        let mean_and_frame = [4.0, 4.0, 4.0, 4.0, 16.0, 4.0, 0.0, 4.0];
        let image = channels(layout, &mean_and_frame, &[1]);
        assert_eq!(image.len(), 3 * 4);
        assert_eq!(image[..4], image[8..]);
        assert!((image[0] - 2.0).abs() < 1e-6 && (image[1] - 1.0).abs() < 1e-6 && image[2] == 0.0);
    }

    #[test]
    fn an_image_in_its_cycle_has_the_first_channels_of_the_cycle() {
        let cycle = Layout { side: 2, input: InputChannels::Cycle };
        let counts: Vec<f32> = (0..8 * 4).map(|i| (i * i % 23) as f32).collect();
        let image = channels(Layout { input: InputChannels::FrameInCycle, ..cycle }, &counts, &[3, 5]);
        let whole = channels(cycle, &counts, &[3, 5]);
        assert_eq!((image.len(), &image[..12], &image[12..]), (24, &whole[..12], &whole[20..32]));
    }

    #[test]
    fn an_image_is_scaled_by_its_study_whichever_frames_are_selected() {
        let counts = Array3::from_shape_fn((8, 32, 32), |(frame, row, column)| (frame * 3 + row + column + 1) as f32);
        let study = GatedStudy::new(counts, None).unwrap();
        let layout = Layout { side: 32, input: InputChannels::Frame };
        let resampler = Resampler::to_grid(&Window::whole(32, 32, 32), 32, 32);
        let input = |selected: &[usize]| {
            let counts = CountsInWindow::new(layout, &study, &resampler, selected);
            channels(layout, &counts.images, &counts.indices)
        };
        let (both, second) = (input(&[2, 5]), input(&[5]));
        assert_eq!(both[layout.channels() * layout.pixels()..], second);
        assert_eq!(both.len(), 2 * second.len());
    }

    /// A ventricle that beats in a dim field, 24 frames, and its counts with a hot spot of 3 % of the field beside it.
    fn with_and_without_hot_spot(drop_off: bool) -> [Vec<f32>; 2] {
        let frames = 24;
        // A fixed, uncorrelated sequence in place of noise: uniform, with the variance of counts.
        let mut state = 1_u64;
        let mut noise = |mean: f32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let uniform = (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5;
            (mean + (12.0 * mean).sqrt() * uniform).max(0.0)
        };
        let mut both = [Vec::new(), Vec::new()];
        for frame in 0..frames {
            let wave = (TAU * frame as f32 / frames as f32).cos();
            let kept = if drop_off && frame >= 22 { 0.5 } else { 1.0 };
            for pixel in 0..CYCLE.pixels() {
                let (x, y) = ((pixel % 64) as f32 - 36.0, (pixel / 64) as f32 - 30.0);
                let lv = if x.hypot(y) < 7.0 { 75.0 + 25.0 * wave } else { 0.0 };
                let dim = noise(kept * (25.0 + lv));
                let hot = (pixel % 64) < 11 && (pixel / 64) < 11; // 121 of 4096 pixels
                both[0].push(dim);
                both[1].push(if hot { noise(kept * 2000.0) } else { dim });
            }
        }
        both
    }

    #[test]
    fn a_hot_spot_moves_the_blood_pool_scale_little_and_the_percentile_much() {
        for drop_off in [false, true] {
            let [plain, hot] = with_and_without_hot_spot(drop_off);
            let layout = Layout { input: InputChannels::BloodPool, ..CYCLE };
            // The channel of the mean over the cycle, in the ventricle.
            let lv = |layout: Layout, counts: &[f32]| channels(layout, counts, &[0])[2 * CYCLE.pixels() + 30 * 64 + 36];
            let [robust, robust_hot] = [&plain, &hot].map(|counts| lv(layout, counts));
            assert!((robust_hot / robust - 1.0).abs() < 0.02, "drop-off {drop_off}: {robust} became {robust_hot}");
            assert!((robust - 1.0).abs() < 0.1, "the ventricle is the blood pool: {robust}");
            let [percentile, percentile_hot] = [&plain, &hot].map(|counts| lv(CYCLE, counts));
            assert!(percentile_hot < 0.3 * percentile, "{percentile} became {percentile_hot}");
            let brightest = channels(layout, &hot, &[0]).into_iter().fold(0.0, f32::max);
            assert!(brightest < 2.5, "{brightest}");
        }
    }

    #[test]
    fn the_blood_pool_scale_does_not_depend_on_a_factor() {
        let [plain, _] = with_and_without_hot_spot(false);
        let layout = Layout { input: InputChannels::BloodPool, ..CYCLE };
        let tenth: Vec<f32> = plain.iter().map(|value| value / 10.0).collect();
        let (whole, tenth) = (channels(layout, &plain, &[3]), channels(layout, &tenth, &[3]));
        assert!(whole.iter().zip(&tenth).all(|(one, other)| (one - other).abs() < 1e-4));
        assert!(channels(layout, &vec![0.0; 8 * CYCLE.pixels()], &[0]).iter().all(|value| *value == 0.0));
    }
}
