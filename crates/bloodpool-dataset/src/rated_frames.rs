//! The frames that raters draw on: end-diastole, end-systole, and the second frame of each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a rated frame stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RatedPhase {
    /// End-diastole.
    EndDiastole,
    /// The second frame of end-diastole.
    EndDiastoleSecond,
    /// End-systole.
    EndSystole,
    /// The second frame of end-systole.
    EndSystoleSecond,
}

impl RatedPhase {
    /// All of them, in the order in which files list them.
    pub const ALL: [Self; 4] = [Self::EndDiastole, Self::EndDiastoleSecond, Self::EndSystole, Self::EndSystoleSecond];

    /// The end of an image's name: `<case>-ed-second.png`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::EndDiastole => "ed",
            Self::EndDiastoleSecond => "ed-second",
            Self::EndSystole => "es",
            Self::EndSystoleSecond => "es-second",
        }
    }
}

impl fmt::Display for RatedPhase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::EndDiastole => "ED",
            Self::EndDiastoleSecond => "ED, second frame",
            Self::EndSystole => "ES",
            Self::EndSystoleSecond => "ES, second frame",
        })
    }
}

/// One frame that raters draw on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatedFrame {
    /// What it stands for.
    pub phase: RatedPhase,
    /// The frame, from 1.
    pub frame: usize,
}

/// ED, ES and the second frame of each: `max(1, round(N / 12))` later, round the cycle of `frames`. Frames from 1; a
/// frame outside the cycle is taken round it.
#[must_use]
pub fn rated_frames(end_diastole: usize, end_systole: usize, frames: usize) -> [RatedFrame; 4] {
    let later = (frames as f64 / 12.0).round().max(1.0) as usize;
    let round = |frame: usize| frame.saturating_sub(1) % frames.max(1) + 1;
    RatedPhase::ALL.map(|phase| {
        let frame = match phase {
            RatedPhase::EndDiastole => end_diastole,
            RatedPhase::EndDiastoleSecond => end_diastole + later,
            RatedPhase::EndSystole => end_systole,
            RatedPhase::EndSystoleSecond => end_systole + later,
        };
        RatedFrame { phase, frame: round(frame) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(end_diastole: usize, end_systole: usize, frames: usize) -> [usize; 4] {
        rated_frames(end_diastole, end_systole, frames).map(|rated| rated.frame)
    }

    #[test]
    fn the_second_frame_is_a_twelfth_later_and_wraps() {
        assert_eq!(numbers(1, 9, 24), [1, 3, 9, 11]);
        assert_eq!(numbers(24, 9, 24)[1], 2);
        assert_eq!(numbers(1, 4, 8), [1, 2, 4, 5]);
        assert_eq!(numbers(1, 16, 16)[3], 1);
    }

    #[test]
    fn phases_are_told_apart_by_their_tags() {
        assert_eq!(RatedPhase::ALL.map(RatedPhase::tag), ["ed", "ed-second", "es", "es-second"]);
        assert_eq!(serde_json::to_string(&RatedPhase::EndSystoleSecond).unwrap(), "\"end_systole_second\"");
    }
}
