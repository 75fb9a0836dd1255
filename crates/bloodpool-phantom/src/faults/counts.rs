//! Faults of counts: frames too bright, too dark or empty, and what happens to values after the camera has counted.

use std::ops::Range;

use bloodpool_core::{GatedStudy, StudyError};
use ndarray::{Array3, Axis};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::cycle::scale_frame;
use super::place::brighten;
use crate::expected::Expected;

/// What happens to a study after its counts, noise included, were recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AfterNoise {
    /// Larger values are stored as this one.
    ClipAt(f32),
    /// Values are stored in so many bits; what lies above is lost.
    Wrap {
        /// Number of bits.
        bits: u32,
    },
    /// Every value becomes the largest minus itself.
    Invert,
    /// A pixel that counts by itself on these frames, in units of the study's largest value.
    HotPixel {
        /// Frames, from 0.
        frames: Range<usize>,
        /// Row and column.
        at: (usize, usize),
        /// Counts per frame as a multiple of the study's largest value.
        times_largest: f32,
    },
    /// One bit of one value is inverted.
    FlipBit {
        /// Frame, row and column.
        at: (usize, usize, usize),
        /// Bit, 0 the lowest.
        bit: u32,
    },
    /// One frame is stored twice, the second time in the place of another.
    CopyFrame {
        /// Frame that is copied, from 0.
        from: usize,
        /// Frame that is lost, from 0.
        to: usize,
    },
    /// A frame's counts are multiplied by a whole number, as when a frame is added to itself.
    Multiply {
        /// Frame, from 0.
        frame: usize,
        /// Whole number.
        times: u16,
    },
    /// Of a frame, this many counts are left, in its brightest pixels.
    LeaveCounts {
        /// Frame, from 0.
        frame: usize,
        /// Number of counts, at least 1.
        counts: u16,
    },
    /// The pixel spacing that the file records, `[between rows, between columns]` in mm.
    Spacing(Option<[f64; 2]>),
    /// The view that the file records.
    View(Option<&'static str>),
}

/// The study after these steps, one after the other.
///
/// # Errors
/// [`StudyError`] when the result is not a gated study.
pub(crate) fn after_noise(study: &GatedStudy, steps: &[AfterNoise]) -> Result<GatedStudy, StudyError> {
    let mut counts = study.counts().clone();
    let mut spacing = study.pixel_spacing_mm();
    let mut identity = study.identity.clone();
    for step in steps {
        match step {
            AfterNoise::Spacing(recorded) => spacing = *recorded,
            AfterNoise::View(recorded) => identity.view = recorded.map(str::to_owned),
            step => change(&mut counts, step),
        }
    }
    let mut made = GatedStudy::new(counts, spacing)?;
    made.gating = study.gating.clone();
    made.identity = identity;
    made.saturation = study.saturation;
    Ok(made)
}

fn change(counts: &mut Array3<f32>, step: &AfterNoise) {
    let most = f32::from(u16::MAX);
    let largest = counts.iter().copied().fold(0.0, f32::max);
    let frames = counts.dim().0;
    match *step {
        AfterNoise::ClipAt(level) => counts.mapv_inplace(|value| value.min(level.max(1.0))),
        AfterNoise::Wrap { bits } => {
            let size = 2.0_f32.powi(bits.min(16) as i32);
            counts.mapv_inplace(|value| value % size);
        }
        AfterNoise::Invert => counts.mapv_inplace(|value| largest - value),
        AfterNoise::HotPixel { ref frames, at, times_largest } => {
            for frame in frames.clone() {
                if let Some(value) = counts.get_mut((frame, at.0, at.1)) {
                    *value = (*value + (times_largest * largest).round()).min(most);
                }
            }
        }
        AfterNoise::FlipBit { at, bit } => {
            if let Some(value) = counts.get_mut(at) {
                *value = f32::from(value.min(most) as u16 ^ (1 << bit.min(15)));
            }
        }
        AfterNoise::CopyFrame { from, to } if from < frames && to < frames => {
            let copy = counts.index_axis(Axis(0), from).to_owned();
            counts.index_axis_mut(Axis(0), to).assign(&copy);
        }
        AfterNoise::Multiply { frame, times } if frame < frames => {
            counts.index_axis_mut(Axis(0), frame).mapv_inplace(|value| (value * f32::from(times)).min(most));
        }
        AfterNoise::LeaveCounts { frame, counts: left } if frame < frames => {
            let mut picture = counts.index_axis_mut(Axis(0), frame);
            let mut order: Vec<((usize, usize), f32)> =
                picture.indexed_iter().map(|(at, &value)| (at, value)).collect();
            order.sort_by(|a, b| b.1.total_cmp(&a.1));
            picture.fill(0.0);
            for &(at, _) in order.iter().take(usize::from(left.max(1))) {
                picture[at] = 1.0;
            }
        }
        AfterNoise::CopyFrame { .. }
        | AfterNoise::Multiply { .. }
        | AfterNoise::LeaveCounts { .. }
        | AfterNoise::Spacing(_)
        | AfterNoise::View(_) => {}
    }
}

/// One frame with 1.5 to 2.5 times its counts, or exactly twice as when it was added to itself.
pub(super) fn frame_doubled(rng: &mut ChaCha8Rng, expected: &mut Expected) -> Vec<AfterNoise> {
    let frame = rng.random_range(0..expected.total.dim().0.max(1));
    if rng.random_bool(0.4) {
        return vec![AfterNoise::Multiply { frame, times: 2 }];
    }
    scale_frame(expected, frame, rng.random_range(1.5..2.5));
    Vec::new()
}

/// One frame in mid-cycle with 0.3 to 0.9 of its counts.
pub(super) fn frame_low(rng: &mut ChaCha8Rng, expected: &mut Expected) {
    let frames = expected.total.dim().0;
    let frame = rng.random_range(1..(frames * 3 / 4).max(2));
    scale_frame(expected, frame, rng.random_range(0.3..0.9));
}

/// Several frames in mid-cycle with 0.5 to 0.9 of their counts.
pub(super) fn count_loss(rng: &mut ChaCha8Rng, expected: &mut Expected) {
    let frames = expected.total.dim().0;
    let length = rng.random_range(2..=(frames / 3).max(2));
    let last = (frames * 5 / 6).saturating_sub(length).max(2);
    let (from, kept) = (rng.random_range(1..last), rng.random_range(0.5..0.9));
    for frame in from..from + length {
        scale_frame(expected, frame, kept);
    }
}

/// The last frames nearly or quite without counts.
pub(super) fn last_frames_empty(rng: &mut ChaCha8Rng, expected: &mut Expected) -> Vec<AfterNoise> {
    let frames = expected.total.dim().0;
    let reach = rng.random_range(1..=(frames / 8).max(1));
    let kept = rng.random_range((3e-4_f64).ln()..(0.1_f64).ln()).exp();
    let bare = rng.random_bool(0.5);
    (frames.saturating_sub(reach)..frames)
        .filter_map(|frame| {
            scale_frame(expected, frame, kept);
            // A study needs a count in every frame.
            bare.then(|| AfterNoise::LeaveCounts { frame, counts: rng.random_range(1..30) })
        })
        .collect()
}

/// One to five pixels that count by themselves, throughout or for some frames; often within the ventricle.
pub(super) fn hot_pixels(rng: &mut ChaCha8Rng, expected: &Expected) -> Vec<AfterNoise> {
    let frames = expected.total.dim().0.max(1);
    (0..rng.random_range(1..=5))
        .map(|_| {
            let from = rng.random_range(0..frames);
            let some = if rng.random_bool(0.5) { 0..frames } else { from..rng.random_range(from..frames) + 1 };
            AfterNoise::HotPixel {
                frames: some,
                at: pixel(rng, expected),
                times_largest: rng.random_range(0.7_f32.ln()..40.0_f32.ln()).exp(),
            }
        })
        .collect()
}

/// Up to 40 values with one wrong bit.
pub(super) fn flipped_bits(rng: &mut ChaCha8Rng, expected: &Expected) -> Vec<AfterNoise> {
    let frames = expected.total.dim().0.max(1);
    (0..rng.random_range(2..=40))
        .map(|_| {
            let (row, column) = pixel(rng, expected);
            AfterNoise::FlipBit { at: (rng.random_range(0..frames), row, column), bit: rng.random_range(8..16) }
        })
        .collect()
}

/// A pixel anywhere, or in two of five cases within the ventricle's reach.
fn pixel(rng: &mut ChaCha8Rng, expected: &Expected) -> (usize, usize) {
    let side = expected.side.max(1);
    match expected.silhouettes.first() {
        Some(outline) if rng.random_bool(0.4) => {
            let [x, y] = outline.centre.map(|mm| mm + rng.random_range(-30.0..30.0));
            let at = |mm: f64| {
                let exact = (mm / expected.pixel_mm + 0.5 * side as f64).max(0.0);
                (exact as usize).min(side - 1)
            };
            (at(y), at(x))
        }
        _ => (rng.random_range(0..side), rng.random_range(0..side)),
    }
}

/// Values that stop at 0.5 to 0.92 of the ventricle's largest, or at a byte's largest where the ventricle exceeds it.
pub(super) fn clipped(rng: &mut ChaCha8Rng, expected: &Expected) -> Vec<AfterNoise> {
    let peak = peak_of_ventricle(expected);
    let byte = [127.0, 255.0][rng.random_range(0..2)];
    if rng.random_bool(0.4) && peak > 1.15 * byte {
        return vec![AfterNoise::ClipAt(byte)];
    }
    vec![AfterNoise::ClipAt((peak * rng.random_range(0.5_f32..0.92)).round())]
}

/// The largest expected counts at the ventricle's brightest pixel.
fn peak_of_ventricle(expected: &Expected) -> f32 {
    let brightest = expected.lv.iter().zip(&expected.total).fold(
        (0.0, 0.0),
        |(lv, total): (f32, f32), (&a, &b)| {
            if a > lv { (a, b) } else { (lv, total) }
        },
    );
    if brightest.0 > 0.0 { brightest.1 } else { expected.total.iter().copied().fold(0.0, f32::max) }
}

/// Counts of 280 to 900 in the ventricle, stored in 8 bits.
pub(super) fn wrapped(rng: &mut ChaCha8Rng, expected: &mut Expected) -> Vec<AfterNoise> {
    let peak = peak_of_ventricle(expected);
    if peak > 0.0 {
        brighten(expected, f64::from(rng.random_range(280.0_f32..900.0) / peak));
    }
    vec![AfterNoise::Wrap { bits: 8 }]
}

/// A spacing that no camera has for this matrix: a placeholder of 1 mm, another unit, four to twenty times too much, or
/// columns of another spacing than rows.
pub(super) fn wrong_spacing(rng: &mut ChaCha8Rng, expected: &Expected) -> Vec<AfterNoise> {
    let true_mm = expected.pixel_mm;
    let recorded = match rng.random_range(0..5) {
        0 | 1 => [1.0; 2],
        2 => [true_mm * [0.1, 0.001][rng.random_range(0..2)]; 2],
        3 => [true_mm * rng.random_range(4.0..20.0); 2],
        _ => [true_mm, true_mm * [0.25, 4.0][rng.random_range(0..2)]],
    };
    vec![AfterNoise::Spacing(Some(recorded))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> GatedStudy {
        GatedStudy::new(Array3::from_shape_fn((8, 32, 32), |(k, r, c)| (k * 100 + r + c) as f32), Some([4.0, 4.0]))
            .unwrap()
    }

    #[test]
    fn each_step_does_what_it_says() {
        let largest = 762.0; // 7 x 100 + 31 + 31
        let one = |step: AfterNoise| after_noise(&study(), &[step]).unwrap();
        let at = |made: &GatedStudy, k: usize, r: usize, c: usize| made.counts()[[k, r, c]];
        assert_eq!(at(&one(AfterNoise::ClipAt(300.0)), 7, 3, 3), 300.0);
        assert_eq!(at(&one(AfterNoise::Wrap { bits: 8 }), 3, 1, 1), 302.0 - 256.0);
        assert_eq!(at(&one(AfterNoise::Invert), 3, 1, 1), largest - 302.0);
        let hot = AfterNoise::HotPixel { frames: 2..4, at: (5, 6), times_largest: 2.0 };
        assert_eq!((at(&one(hot.clone()), 2, 5, 6), at(&one(hot), 4, 5, 6)), (211.0 + 2.0 * largest, 411.0));
        assert_eq!(at(&one(AfterNoise::FlipBit { at: (1, 2, 3), bit: 10 }), 1, 2, 3), 105.0 + 1024.0);
        assert_eq!(at(&one(AfterNoise::CopyFrame { from: 1, to: 2 }), 2, 0, 1), 101.0);
        assert_eq!(at(&one(AfterNoise::Multiply { frame: 1, times: 2 }), 1, 0, 1), 202.0);
        assert_eq!(
            one(AfterNoise::LeaveCounts { frame: 7, counts: 3 }).frame(bloodpool_core::FrameIndex::new(7)).sum(),
            3.0
        );
        assert_eq!(one(AfterNoise::Spacing(Some([1.0, 1.0]))).pixel_spacing_mm(), Some([1.0, 1.0]));
        assert_eq!(one(AfterNoise::View(Some("LAO"))).identity.view.as_deref(), Some("LAO"));
    }

    #[test]
    fn places_outside_change_nothing() {
        let steps = [
            AfterNoise::FlipBit { at: (90, 0, 0), bit: 40 },
            AfterNoise::CopyFrame { from: 0, to: 99 },
            AfterNoise::HotPixel { frames: 7..12, at: (400, 2), times_largest: 1.0 },
            AfterNoise::Multiply { frame: 50, times: 2 },
            AfterNoise::LeaveCounts { frame: 50, counts: 0 },
        ];
        assert_eq!(after_noise(&study(), &steps).unwrap(), study());
    }
}
