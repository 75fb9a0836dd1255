//! What the network sees of each frame: the frame itself and what the whole cycle says about each pixel.

use std::f32::consts::TAU;

use bloodpool::GatedStudy;

use crate::window::{Resampler, Window};

/// Side of the network's grid, in pixels.
pub const GRID: usize = 64;
/// Pixels of the network's grid.
pub const PIXELS: usize = GRID * GRID;
/// Channels a frame: frame, two-harmonic reconstruction, cycle mean, first-harmonic cosine and sine.
pub const CHANNELS: usize = 5;

/// Brings the first-harmonic amplitudes, a fraction of the counts, to the range of the other channels.
const HARMONIC_GAIN: f32 = 4.0;

/// Counts of all frames resampled into a window, `[frame, row, column]`; 0 outside the field of view.
#[must_use]
pub fn counts_in_window(study: &GatedStudy, window: &Window) -> Vec<f32> {
    let (rows, columns) = (study.rows(), study.columns());
    let counts: Vec<f32> = study.counts().iter().copied().collect();
    Resampler::to_grid(window, rows, columns).apply_all(&counts, rows * columns)
}

/// Channels of the selected frames, `[selected, channel, row, column]`, from the counts of the whole cycle in a window,
/// `[frame, row, column]`. One scale serves the whole study, so that frames keep their proportions; square roots make
/// the noise of bright and dark pixels alike.
#[must_use]
pub fn channels(counts: &[f32], selected: &[usize]) -> Vec<f32> {
    let frames = counts.len() / PIXELS;
    let cycle = Cycle::new(counts);
    let scale = 1.0 / percentile_99(&cycle.mean);
    let root = |value: f32| (value * scale).max(0.0).sqrt();
    let mut output = Vec::with_capacity(selected.len() * CHANNELS * PIXELS);
    for &frame in selected {
        let [c1, s1, c2, s2] = basis(frame, frames);
        output.extend(counts[frame * PIXELS..(frame + 1) * PIXELS].iter().map(|&value| root(value)));
        output.extend((0..PIXELS).map(|pixel| {
            let [a1, b1, a2, b2] = cycle.harmonics[pixel];
            root(cycle.mean[pixel] + a1 * c1 + b1 * s1 + a2 * c2 + b2 * s2)
        }));
        output.extend(cycle.mean.iter().map(|&value| root(value)));
        output.extend(cycle.harmonics.iter().map(|harmonics| harmonics[0] * scale * HARMONIC_GAIN));
        output.extend(cycle.harmonics.iter().map(|harmonics| harmonics[1] * scale * HARMONIC_GAIN));
    }
    output
}

/// Mean and first two harmonics of each pixel's counts over the cycle.
struct Cycle {
    mean: Vec<f32>,
    harmonics: Vec<[f32; 4]>, // cosine and sine of the first, then of the second
}

impl Cycle {
    fn new(counts: &[f32]) -> Self {
        let frames = counts.len() / PIXELS;
        let mut mean = vec![0.0; PIXELS];
        let mut harmonics = vec![[0.0; 4]; PIXELS];
        for (frame, values) in counts.chunks_exact(PIXELS).enumerate() {
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
}

fn basis(frame: usize, frames: usize) -> [f32; 4] {
    let phase = TAU * frame as f32 / frames as f32;
    [phase.cos(), phase.sin(), (2.0 * phase).cos(), (2.0 * phase).sin()]
}

/// The 99th percentile, or 1 where that is 0.
fn percentile_99(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    let index = (sorted.len() - 1) * 99 / 100;
    let (_, &mut value, _) = sorted.select_nth_unstable_by(index, f32::total_cmp);
    if value > 0.0 { value } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sinusoid_is_its_own_reconstruction() {
        let frames = 16;
        let counts: Vec<f32> = (0..frames)
            .flat_map(|frame| {
                let value = 100.0 + 30.0 * (TAU * frame as f32 / frames as f32).cos();
                std::iter::repeat_n(value, PIXELS)
            })
            .collect();
        let channels = channels(&counts, &[0, 8]);
        assert_eq!(channels.len(), 2 * CHANNELS * PIXELS);
        let value = |frame: usize, channel: usize| channels[(frame * CHANNELS + channel) * PIXELS + 7];
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
        assert!(channels(&vec![0.0; 8 * PIXELS], &[0]).iter().all(|value| *value == 0.0));
    }
}
