//! What the network sees of each frame: the frame itself and what the whole cycle says about each pixel.

use std::f32::consts::TAU;

use bloodpool::GatedStudy;

use crate::window::{Resampler, Window};

/// What a network sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Side of its grid, pixels.
    pub side: usize,
    /// What it sees of each frame.
    pub seen: Seen,
}

/// What a network sees of each frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Frame, two-harmonic reconstruction, cycle mean, first-harmonic cosine and sine.
    Cycle,
    /// The frame alone, three times: networks made for pictures want red, green and blue.
    Frame,
}

impl Layout {
    /// Pixels of its grid.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.side * self.side
    }

    /// Channels a frame.
    #[must_use]
    pub fn channels(&self) -> usize {
        match self.seen {
            Seen::Cycle => 5,
            Seen::Frame => 3,
        }
    }
}

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
/// `[frame, row, column]`, of so many pixels a frame. One scale serves the whole study, so that frames keep their proportions; square roots make
/// the noise of bright and dark pixels alike.
#[must_use]
pub fn channels(layout: Layout, counts: &[f32], selected: &[usize]) -> Vec<f32> {
    let pixels = layout.pixels();
    let frames = counts.len() / pixels;
    let cycle = Cycle::new(counts, pixels);
    let scale = 1.0 / percentile_99(&cycle.mean);
    let root = |value: f32| (value * scale).max(0.0).sqrt();
    let mut output = Vec::with_capacity(selected.len() * layout.channels() * pixels);
    for &frame in selected {
        let itself = counts[frame * pixels..(frame + 1) * pixels].iter().map(|&value| root(value));
        if layout.seen == Seen::Frame {
            (0..layout.channels()).for_each(|_| output.extend(itself.clone()));
            continue;
        }
        output.extend(itself);
        let [c1, s1, c2, s2] = basis(frame, frames);
        output.extend((0..pixels).map(|pixel| {
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

    const CYCLE: Layout = Layout { side: 64, seen: Seen::Cycle };

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
    fn a_picture_is_the_frame_three_times() {
        let layout = Layout { side: 2, seen: Seen::Frame };
        let counts = [4.0, 4.0, 4.0, 4.0, 16.0, 4.0, 0.0, 4.0];
        let picture = channels(layout, &counts, &[1]);
        assert_eq!(picture.len(), 3 * 4);
        assert_eq!(picture[..4], picture[8..]);
        assert!((picture[0] / picture[1] - 2.0).abs() < 1e-6 && picture[2] == 0.0);
    }
}
