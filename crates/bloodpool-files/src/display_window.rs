//! `DisplayWindow`: how counts become grey, with one window for all frames of a study.

use ndarray::{Array2, ArrayView2};

/// Fraction of the pixels with counts that are shown darker than white: a hot spleen or stomach may be white all over,
/// since with the hottest pixel as white it would darken the heart.
pub const WHITE_QUANTILE: f64 = 0.995;

/// How counts become grey. A study has one window; with one per frame the change of counts over the cycle would not be
/// visible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DisplayWindow {
    /// Counts shown as white.
    pub white: f32,
}

impl DisplayWindow {
    /// From 0 to the [`WHITE_QUANTILE`] of the pixels with counts of all frames of a study.
    #[must_use]
    pub fn of_frames<'a>(frames: impl IntoIterator<Item = ArrayView2<'a, f32>>) -> Self {
        let mut values: Vec<f32> = Vec::new();
        for frame in frames {
            values.extend(frame.iter().copied().filter(|value| value.is_finite() && *value > 0.0));
        }
        Self::of_values(values, WHITE_QUANTILE)
    }

    /// From 0 to this quantile (0 to 1) of these counts; to 1 without any.
    #[must_use]
    pub fn of_values(mut values: Vec<f32>, quantile: f64) -> Self {
        let rank = (values.len() as f64 * quantile) as usize;
        let Some(rank) = values.len().checked_sub(1).map(|last| rank.min(last)) else { return Self { white: 1.0 } };
        let (_, &mut white, _) = values.select_nth_unstable_by(rank, f32::total_cmp);
        Self { white }
    }

    /// How bright a pixel is, from 0 (black) to 1 (white).
    #[must_use]
    pub fn brightness(&self, counts: f32) -> f32 {
        (counts / self.white).clamp(0.0, 1.0)
    }

    /// The grey level of a pixel, from 0 (black) to 255 (white).
    #[must_use]
    pub fn level(&self, counts: f32) -> u8 {
        (self.brightness(counts) * 255.0).round() as u8
    }

    /// The grey levels of one frame.
    #[must_use]
    pub fn grey(&self, frame: ArrayView2<'_, f32>) -> Array2<u8> {
        frame.mapv(|counts| self.level(counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_window_serves_the_whole_study() {
        let frames = [ndarray::array![[200.0, 0.0]], ndarray::array![[0.0, 100.0]]];
        let window = DisplayWindow::of_frames(frames.iter().map(|frame| frame.view()));
        assert_eq!(window.grey(frames[0].view()), ndarray::array![[255, 0]]);
        assert_eq!(window.grey(frames[1].view()), ndarray::array![[0, 128]]);
        assert_eq!(DisplayWindow::of_frames([Array2::zeros((1, 1)).view()]).white, 1.0);
        assert_eq!(DisplayWindow::of_frames([]).white, 1.0);
    }

    #[test]
    fn a_hot_spot_does_not_darken_the_rest() {
        // 1000 pixels of 1 to 1000 counts; the hottest four hold 100 times more.
        let counts = Array2::from_shape_fn((20, 50), |(row, column)| {
            let value = (row * 50 + column + 1) as f32;
            if value > 996.0 { 100.0 * value } else { value }
        });
        assert_eq!(DisplayWindow::of_frames([counts.view()]).white, 996.0);
    }

    #[test]
    fn what_is_outside_the_window_is_black_or_white() {
        let window = DisplayWindow { white: 50.0 };
        let levels = [-1.0, 0.0, 25.0, 50.0, 1e9, f32::INFINITY, f32::NAN].map(|counts| window.level(counts));
        assert_eq!(levels, [0, 0, 128, 255, 255, 255, 0]);
    }
}
