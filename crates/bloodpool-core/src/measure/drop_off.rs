//! The end of the cycle where beats that were shorter than the mean left frames with fewer counts.

use crate::validity::limits::EMPTY_FRAME_KEPT;
use crate::{FrameIndex, GatedStudy};
use bloodpool_stats::spread::median;

/// A frame belongs to the drop-off when its total is lower than that of the rest by more than this fraction. Blood
/// only moves within the field of view during a cycle; its total varies by a few percent through attenuation.
pub const DROP_OFF_FRACTION: f64 = 0.05;
/// ... and by more than this many standard deviations of a Poisson count.
const DROP_OFF_SIGMAS: f64 = 4.0;
/// Only this last fraction of the cycle can drop off: with more, the gating as a whole has failed.
const DROP_OFF_REACH: f64 = 1.0 / 3.0;

/// How much of its counts each frame kept.
#[derive(Debug, Clone, PartialEq)]
pub struct DropOff {
    /// Total counts of each frame.
    pub totals: Vec<f64>,
    /// Counts of each frame as a fraction of what it would hold without drop-off: 1 before it begins, less after.
    pub kept: Vec<f64>,
}

impl DropOff {
    /// Looks backwards from the last frame for frames whose total lies below the median of the earlier ones.
    #[must_use]
    pub fn of(study: &GatedStudy) -> Self {
        let totals = study.totals();
        let frames = totals.len();
        let first = frames - (frames as f64 * DROP_OFF_REACH).floor() as usize;
        let usual = median(&totals[..first]).unwrap_or(0.0);
        let limit = (usual * (1.0 - DROP_OFF_FRACTION)).min(usual - DROP_OFF_SIGMAS * usual.sqrt());
        let lost = totals[first..].iter().rev().take_while(|&&total| total < limit).count();
        let mut kept = vec![1.0; frames];
        // Blood that leaves the field with the stroke comes back: without drop-off the total would lead evenly from
        // the last whole frame to the first.
        let whole = frames - lost - 1;
        for frame in whole + 1..frames {
            let way = (frame - whole) as f64 / (frames - whole) as f64;
            let expected = totals[whole] * (1.0 - way) + totals[0] * way;
            kept[frame] = (totals[frame] / expected).min(1.0);
        }
        Self { totals, kept }
    }

    /// Whether this frame lost counts.
    #[must_use]
    pub fn affects(&self, frame: FrameIndex) -> bool {
        self.kept.get(frame.index()).is_some_and(|&kept| kept < 1.0)
    }

    /// The frame itself where it lost no counts, otherwise the nearest one that lost none, round the cycle; of two the later one,
    /// which the R wave is nearer to.
    #[must_use]
    pub fn nearest_whole(&self, frame: FrameIndex) -> FrameIndex {
        let frames = self.kept.len();
        let beside = |away: usize| [(frame.index() + away) % frames, (frame.index() + frames - away) % frames];
        let near = (0..frames).flat_map(beside).map(FrameIndex::new);
        near.into_iter().find(|&near| !self.affects(near)).unwrap_or(frame)
    }

    /// Number of frames at the end of the cycle that kept hardly any counts.
    #[must_use]
    pub fn empty_at_end(&self) -> usize {
        self.kept.iter().rev().take_while(|&&kept| kept < EMPTY_FRAME_KEPT).count()
    }

    /// Number of frames that lost counts.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.kept.iter().filter(|&&kept| kept < 1.0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    fn drop_off(kept: impl Fn(usize) -> f32) -> DropOff {
        let counts = Array3::from_shape_fn((24, 32, 32), |(frame, _, _)| 100.0 * kept(frame));
        DropOff::of(&GatedStudy::new(counts, None).unwrap())
    }

    #[test]
    fn the_last_frames_are_found_and_measured() {
        let found = drop_off(|frame| [0.9, 0.7].get(frame.wrapping_sub(22)).copied().unwrap_or(1.0));
        assert_eq!(found.frames(), 2);
        assert_eq!([21, 22, 23].map(|frame| found.affects(FrameIndex::new(frame))), [false, true, true]);
        assert!((found.kept[22] - 0.9).abs() < 1e-6 && (found.kept[23] - 0.7).abs() < 1e-6);
    }

    #[test]
    fn the_nearest_frame_that_lost_nothing_is_found_round_the_cycle() {
        let found = drop_off(|frame| if frame > 20 { 0.7 } else { 1.0 });
        let nearest = |frame: usize| found.nearest_whole(FrameIndex::new(frame)).index();
        assert_eq!([0, 5, 20, 21, 22, 23].map(nearest), [0, 5, 20, 20, 0, 0]);
        // Of two that are as near, the one at the R wave.
        let found = drop_off(|frame| if frame == 23 { 0.7 } else { 1.0 });
        assert_eq!(found.nearest_whole(FrameIndex::new(23)), FrameIndex::FIRST);
    }

    #[test]
    fn a_dip_within_the_cycle_or_a_small_one_is_no_drop_off() {
        assert_eq!(drop_off(|frame| if frame == 21 { 0.5 } else { 1.0 }).frames(), 0);
        assert_eq!(drop_off(|frame| if frame > 20 { 0.97 } else { 1.0 }).frames(), 0);
        // A loss over half the cycle is no drop-off at its end: only its last third can be.
        assert!(drop_off(|frame| if frame > 11 { 0.5 } else { 1.0 }).frames() <= 8);
    }
}
