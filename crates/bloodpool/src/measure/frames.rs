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
