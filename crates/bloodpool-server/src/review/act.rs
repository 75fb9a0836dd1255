//! `ReviewAct`: what a person asks for on a study, and the change that it makes.

use bloodpool_core::outline::{FrameOutline, OutlineEdit, OutlineEditError, Surroundings, drawn_region, spread};
use bloodpool_core::{FrameIndex, GatedStudy, Segmentation};
use ndarray::Axis;
use serde::Deserialize;

use super::state::{BackgroundChange, Change, OutlineChange, PhaseChange, ReviewState};

/// Side of the field of view that tools assume where a study records no spacing, mm.
const ASSUMED_FIELD_MM: f64 = 400.0;
/// Fewest pixels of a background region: of ten pixels with 100 counts each, the mean has a standard error of 3 %.
const LEAST_BACKGROUND_PIXELS: usize = 10;

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReviewAct {
    /// The outline of a frame is changed by a tool, and neighbours within the reach follow.
    Outline {
        /// The frame, from 1.
        frame: FrameIndex,
        /// How many frames the change reaches before and after.
        #[serde(default)]
        reach: usize,
        /// The tool.
        edit: OutlineEdit,
    },
    /// The outline of a frame becomes the program's again.
    ResetFrame {
        /// The frame, from 1.
        frame: FrameIndex,
    },
    /// All outlines, ED and ES become the program's again.
    ResetAll {
        /// The frame that is shown, from 1.
        frame: FrameIndex,
    },
    /// The outline of another frame is taken.
    CopyFrom {
        /// The frame, from 1.
        frame: FrameIndex,
        /// The other frame, from 1.
        from: FrameIndex,
    },
    /// The frame is ED; asked for again, the program chooses.
    EndDiastole {
        /// The frame, from 1.
        frame: FrameIndex,
    },
    /// The frame is ES; asked for again, the program chooses.
    EndSystole {
        /// The frame, from 1.
        frame: FrameIndex,
    },
    /// Background is the mean of this region, in all frames; without corners, the protocol's again.
    Background {
        /// The frame that is shown, from 1.
        frame: FrameIndex,
        /// Its corners, `[x, y]` in pixels of the study.
        polygon: Vec<[f64; 2]>,
    },
}

/// Why an act changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// There is no such frame.
    #[error("the study has no frame {0}")]
    NoFrame(FrameIndex),
    /// The tool refused.
    #[error(transparent)]
    Edit(#[from] OutlineEditError),
    /// The background region has too few pixels for a mean.
    #[error("a background region has at least {LEAST_BACKGROUND_PIXELS} pixels of the image; this one has {0}")]
    SmallBackground(usize),
    /// Everything is already so.
    #[error("this changes nothing")]
    NothingChanges,
}

impl ActError {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoFrame(_) => "no_frame",
            Self::Edit(error) => error.code(),
            Self::SmallBackground(_) => "small_background",
            Self::NothingChanges => "nothing_changes",
        }
    }
}

impl ReviewAct {
    /// The change that this act makes of a state.
    ///
    /// # Errors
    /// [`ActError`].
    pub fn change(
        &self,
        study: &GatedStudy,
        segmentation: &Segmentation,
        state: &ReviewState,
    ) -> Result<Change, ActError> {
        let frame = self.frame();
        self.frames().into_iter().try_for_each(|frame| in_cycle(frame, study))?;
        let plain = |action: &str| Change {
            frame,
            action: action.to_owned(),
            outlines: Vec::new(),
            end_diastole: None,
            end_systole: None,
            background: None,
        };
        let back = |frame: FrameIndex| {
            let before = state.outlines.get(frame.index()).cloned().flatten();
            before.map(|before| OutlineChange { frame, before: Some(before), after: None })
        };
        let change = match self {
            Self::Outline { reach, edit, .. } => {
                let outlines = edited(study, segmentation, state, frame, *reach, edit)?;
                Change { outlines, ..plain(edit.tool()) }
            }
            Self::CopyFrom { from, .. } => {
                let outline = state.outline(*from, segmentation).ok_or(ActError::NoFrame(*from))?;
                let edit = OutlineEdit::Replace { outline };
                let outlines = edited(study, segmentation, state, frame, 0, &edit)?;
                Change { outlines, ..plain("copy") }
            }
            Self::ResetFrame { .. } => Change { outlines: back(frame).into_iter().collect(), ..plain("reset_frame") },
            Self::ResetAll { .. } => Change {
                outlines: state.edited_frames().filter_map(back).collect(),
                end_diastole: state.end_diastole.map(|set| PhaseChange { before: Some(set), after: None }),
                end_systole: state.end_systole.map(|set| PhaseChange { before: Some(set), after: None }),
                background: state.background.clone().map(|set| BackgroundChange { before: Some(set), after: None }),
                ..plain("reset_all")
            },
            Self::EndDiastole { .. } => {
                Change { end_diastole: Some(phase(state.end_diastole, frame)), ..plain("end_diastole") }
            }
            Self::EndSystole { .. } => {
                Change { end_systole: Some(phase(state.end_systole, frame)), ..plain("end_systole") }
            }
            Self::Background { polygon, .. } => {
                let after = drawn_background(study, polygon)?;
                let action = if after.is_some() { "background" } else { "reset_background" };
                let background = Some(BackgroundChange { before: state.background.clone(), after });
                Change { background, ..plain(action) }
            }
        };
        let changes = change.outlines.iter().any(|outline| outline.before != outline.after)
            || change.end_diastole.is_some_and(|phase| phase.before != phase.after)
            || change.end_systole.is_some_and(|phase| phase.before != phase.after)
            || change.background.as_ref().is_some_and(|background| background.before != background.after);
        if changes { Ok(change) } else { Err(ActError::NothingChanges) }
    }

    fn frame(&self) -> FrameIndex {
        match *self {
            Self::Outline { frame, .. }
            | Self::ResetFrame { frame }
            | Self::ResetAll { frame }
            | Self::CopyFrom { frame, .. }
            | Self::EndDiastole { frame }
            | Self::EndSystole { frame }
            | Self::Background { frame, .. } => frame,
        }
    }

    fn frames(&self) -> Vec<FrameIndex> {
        match *self {
            Self::CopyFrom { frame, from } => vec![frame, from],
            _ => vec![self.frame()],
        }
    }
}

fn in_cycle(frame: FrameIndex, study: &GatedStudy) -> Result<(), ActError> {
    if frame.index() < study.frames() { Ok(()) } else { Err(ActError::NoFrame(frame)) }
}

fn phase(before: Option<FrameIndex>, frame: FrameIndex) -> PhaseChange {
    PhaseChange { before, after: (before != Some(frame)).then_some(frame) }
}

/// The region of these corners; `None` without any.
fn drawn_background(study: &GatedStudy, polygon: &[[f64; 2]]) -> Result<Option<Vec<[f64; 2]>>, ActError> {
    if polygon.is_empty() {
        return Ok(None);
    }
    let pixels = drawn_region(polygon, study.rows(), study.columns())?.area();
    if pixels < LEAST_BACKGROUND_PIXELS {
        return Err(ActError::SmallBackground(pixels));
    }
    Ok(Some(polygon.to_vec()))
}

fn edited(
    study: &GatedStudy,
    segmentation: &Segmentation,
    state: &ReviewState,
    frame: FrameIndex,
    reach: usize,
    edit: &OutlineEdit,
) -> Result<Vec<OutlineChange>, ActError> {
    let current = state.outline(frame, segmentation).ok_or(ActError::NoFrame(frame))?;
    let probability = segmentation.lv_probability.as_ref();
    let around = Surroundings {
        rows: study.rows(),
        columns: study.columns(),
        spacing_mm: study.pixel_spacing_mm().unwrap_or([ASSUMED_FIELD_MM / study.columns() as f64; 2]),
        counts: Some(study.frame(frame)),
        lv_probability: probability.map(|all| all.index_axis(Axis(0), frame.index())),
    };
    let after = edit.applied(&current, &around)?;
    let outline_of = |frame: FrameIndex| {
        let none = bloodpool_core::Mask::empty(study.rows(), study.columns());
        state.outline(frame, segmentation).unwrap_or(FrameOutline::Mask(none))
    };
    let neighbours =
        spread(frame, (study.frames(), (study.rows(), study.columns())), reach, &current, &after, outline_of);
    let all = std::iter::once((frame, after)).chain(neighbours);
    let change = |(frame, after): (FrameIndex, FrameOutline)| OutlineChange {
        frame,
        before: state.outlines.get(frame.index()).cloned().flatten(),
        after: Some(after),
    };
    Ok(all.map(change).collect())
}
