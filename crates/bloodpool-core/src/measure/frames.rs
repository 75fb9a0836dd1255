//! Which frames are end-diastole and end-systole.

use crate::AnalysisError;
use crate::measure::drop_off::DropOff;
use crate::protocol::FrameChoice;

/// Slack on fractions of the cycle, so that 0.2 of 20 frames is frame 4 in spite of rounding.
const SLACK: f64 = 1e-9;

/// End-diastole and end-systole, frames from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseFrames {
    /// End-diastole.
    pub end_diastole: usize,
    /// End-systole.
    pub end_systole: usize,
}

/// Chooses ED and ES on a smooth curve; the R wave opens frame 0.
///
/// ED is the highest frame near the R wave, before it or after it, that lost no counts at the end of the cycle; ES
/// is the lowest frame of the span that the choice allows. `usable` tells which frames have an LV. Frames set by a
/// person or a file are taken as they are.
///
/// # Errors
/// [`AnalysisError::FrameOutside`] for a frame set beyond the study, [`AnalysisError::NoVentricle`] where no frame
/// that could be chosen has an LV.
pub fn choose(
    smooth: &[f64],
    usable: &[bool],
    drop_off: &DropOff,
    choice: &FrameChoice,
) -> Result<PhaseFrames, AnalysisError> {
    let frames = smooth.len();
    let usable_at = |frame: usize| usable.get(frame).copied().unwrap_or(false);
    let end_diastole = if let Some(frame) = overridden("ED", choice.ed_override, usable)? {
        frame
    } else {
        let near = frames_near_r_wave(frames, choice);
        let candidates = near.into_iter().filter(|&frame| usable_at(frame) && !drop_off.affects(frame));
        // Of equals the one nearest to the R wave, which comes first.
        let highest = candidates.reduce(|best, next| if smooth[next] > smooth[best] { next } else { best });
        highest.ok_or(AnalysisError::NoVentricle { frame: 1 })?
    };
    let end_systole = if let Some(frame) = overridden("ES", choice.es_override, usable)? {
        frame
    } else {
        let span = systolic_frames(frames, choice);
        let candidates = span.iter().copied().filter(|&frame| usable_at(frame) && frame != end_diastole);
        let lowest = candidates.reduce(|best, next| if smooth[next] < smooth[best] { next } else { best });
        let middle = span.get(span.len() / 2).copied().unwrap_or(0);
        lowest.ok_or(AnalysisError::NoVentricle { frame: middle + 1 })?
    };
    Ok(PhaseFrames { end_diastole, end_systole })
}

/// Frames (from 0) in which ED is looked for, the R wave's own first, then outwards.
#[must_use]
pub fn frames_near_r_wave(frames: usize, choice: &FrameChoice) -> Vec<usize> {
    let reach = choice.ed_within_cycle_fraction * frames as f64 + SLACK;
    let mut near: Vec<usize> =
        (0..frames).filter(|&frame| frame == 0 || frame.min(frames - frame) as f64 <= reach).collect();
    near.sort_by_key(|&frame| frame.min(frames - frame));
    near
}

/// Frames (from 0) in which ES is looked for; the whole cycle when the choice's span holds none.
#[must_use]
pub fn systolic_frames(frames: usize, choice: &FrameChoice) -> Vec<usize> {
    let (from, to) = (choice.es_from_cycle_fraction - SLACK, choice.es_to_cycle_fraction + SLACK);
    let span: Vec<usize> = (0..frames).filter(|&frame| (from..=to).contains(&(frame as f64 / frames as f64))).collect();
    if span.is_empty() { (0..frames).collect() } else { span }
}

/// A frame set by hand, from 0.
fn overridden(phase: &'static str, frame: Option<usize>, usable: &[bool]) -> Result<Option<usize>, AnalysisError> {
    let Some(frame) = frame else { return Ok(None) };
    match frame.checked_sub(1).and_then(|index| usable.get(index).map(|&usable| (index, usable))) {
        None => Err(AnalysisError::FrameOutside { phase, frame, frames: usable.len() }),
        Some((_, false)) => Err(AnalysisError::NoVentricle { frame }),
        Some((index, true)) => Ok(Some(index)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMOOTH: [f64; 10] = [90.0, 95.0, 70.0, 50.0, 40.0, 45.0, 30.0, 20.0, 80.0, 99.0];

    fn no_drop_off() -> DropOff {
        DropOff { totals: vec![1e5; 10], kept: vec![1.0; 10] }
    }

    fn frames(usable: [bool; 10], drop_off: &DropOff, choice: &FrameChoice) -> (usize, usize) {
        let chosen = choose(&SMOOTH, &usable, drop_off, choice).unwrap();
        (chosen.end_diastole, chosen.end_systole)
    }

    #[test]
    fn ed_is_near_the_r_wave_and_es_in_the_middle() {
        // Within 12 % of 10 frames: frames 9, 0 and 1. Within 20 to 60 %: frames 2 to 6, so that 7 is not taken.
        assert_eq!(frames([true; 10], &no_drop_off(), &FrameChoice::default()), (9, 6));
    }

    #[test]
    fn drop_off_and_frames_without_lv_are_left_out() {
        let mut drop_off = no_drop_off();
        drop_off.kept[9] = 0.9;
        assert_eq!(frames([true; 10], &drop_off, &FrameChoice::default()), (1, 6));
        let mut usable = [true; 10];
        usable[1] = false;
        usable[6] = false;
        assert_eq!(frames(usable, &drop_off, &FrameChoice::default()), (0, 4));
        let nowhere = choose(&SMOOTH, &[false; 10], &drop_off, &FrameChoice::default());
        assert!(matches!(nowhere, Err(AnalysisError::NoVentricle { frame: 1 })));
    }

    #[test]
    fn frames_set_by_hand_are_taken_as_they_are() {
        let choice = FrameChoice { ed_override: Some(3), es_override: Some(8), ..FrameChoice::default() };
        assert_eq!(frames([true; 10], &no_drop_off(), &choice), (2, 7));
        for (frame, phase) in [(0, "ED"), (11, "ED")] {
            let choice = FrameChoice { ed_override: Some(frame), ..FrameChoice::default() };
            let error = choose(&SMOOTH, &[true; 10], &no_drop_off(), &choice).unwrap_err();
            assert!(matches!(error, AnalysisError::FrameOutside { phase: found, .. } if found == phase));
        }
    }

    #[test]
    fn the_span_does_not_depend_on_rounding() {
        let choice = FrameChoice::default();
        assert_eq!(systolic_frames(20, &choice), (4..=12).collect::<Vec<_>>());
        assert_eq!(systolic_frames(24, &choice), (5..=14).collect::<Vec<_>>());
        assert_eq!(frames_near_r_wave(24, &choice), [0, 1, 23, 2, 22]);
        assert_eq!(frames_near_r_wave(25, &choice), [0, 1, 24, 2, 23, 3, 22]);
    }

    #[test]
    fn a_span_without_frames_is_the_whole_cycle() {
        let choice = FrameChoice { es_from_cycle_fraction: f64::NAN, ..FrameChoice::default() };
        assert_eq!(systolic_frames(10, &choice).len(), 10);
    }
}
