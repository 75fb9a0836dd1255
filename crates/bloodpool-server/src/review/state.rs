//! `ReviewState`: what people have set on one study, and `Change`: one step from a state to the next, which can be undone.

use bloodpool_core::outline::FrameOutline;
use bloodpool_core::{FrameIndex, Mask, Segmentation};
use serde::{Deserialize, Serialize};

/// What people have set on one study. What they have not set is the program's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewState {
    /// The outline of each frame that was edited.
    pub outlines: Vec<Option<FrameOutline>>,
    /// ED, where it was set by hand.
    pub end_diastole: Option<FrameIndex>,
    /// ES, where it was set by hand.
    pub end_systole: Option<FrameIndex>,
    /// The corners of the background region, where it was drawn by hand, `[x, y]` in pixels of the study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Vec<[f64; 2]>>,
}

/// The outline of a frame before and after a change; `None`: the program's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutlineChange {
    /// The frame.
    pub frame: FrameIndex,
    /// Before.
    pub before: Option<FrameOutline>,
    /// After.
    pub after: Option<FrameOutline>,
}

/// ED or ES before and after a change; `None`: as the program chooses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PhaseChange {
    /// Before.
    pub before: Option<FrameIndex>,
    /// After.
    pub after: Option<FrameIndex>,
}

/// The background region before and after a change; `None`: the protocol's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackgroundChange {
    /// Before.
    pub before: Option<Vec<[f64; 2]>>,
    /// After.
    pub after: Option<Vec<[f64; 2]>>,
}

/// One step of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The frame that the person worked on, which undo and redo show.
    pub frame: FrameIndex,
    /// What was done, for example `brush` or `end_diastole`.
    pub action: String,
    /// Outlines that changed: of the frame, and of the neighbours that the change reached.
    pub outlines: Vec<OutlineChange>,
    /// ED, where it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_diastole: Option<PhaseChange>,
    /// ES, where it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_systole: Option<PhaseChange>,
    /// The background region, where it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<BackgroundChange>,
}

impl ReviewState {
    /// Nothing is set.
    #[must_use]
    pub fn untouched(frames: usize) -> Self {
        Self { outlines: vec![None; frames], end_diastole: None, end_systole: None, background: None }
    }

    /// Whether nothing is set, so that every number is the program's.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.end_diastole.is_none()
            && self.end_systole.is_none()
            && self.background.is_none()
            && self.outlines.iter().all(Option::is_none)
    }

    /// The masks to measure: the program's where a frame was not edited.
    #[must_use]
    pub fn masks(&self, segmentation: &Segmentation) -> Vec<Mask> {
        let edited = self.outlines.iter().chain(std::iter::repeat(&None));
        let masks = segmentation.masks.iter().zip(edited);
        masks
            .map(|(mask, edited)| {
                let (rows, columns) = mask.dim();
                edited.as_ref().map_or_else(|| mask.clone(), |outline| outline.mask(rows, columns))
            })
            .collect()
    }

    /// The outline of a frame as it is now.
    #[must_use]
    pub fn outline(&self, frame: FrameIndex, segmentation: &Segmentation) -> Option<FrameOutline> {
        let edited = self.outlines.get(frame.index()).cloned().flatten();
        edited.or_else(|| segmentation.masks.get(frame.index()).map(FrameOutline::of_mask))
    }

    /// The frames whose outline a person set.
    pub fn edited_frames(&self) -> impl Iterator<Item = FrameIndex> + '_ {
        FrameIndex::all(self.outlines.len()).zip(&self.outlines).filter_map(|(frame, set)| set.as_ref().map(|_| frame))
    }

    /// The state after a change. Frames that there are not are left out.
    pub fn apply(&mut self, change: &Change) {
        for outline in &change.outlines {
            self.set(outline.frame, outline.after.clone());
        }
        self.end_diastole = change.end_diastole.map_or(self.end_diastole, |phase| phase.after);
        self.end_systole = change.end_systole.map_or(self.end_systole, |phase| phase.after);
        if let Some(background) = &change.background {
            self.background.clone_from(&background.after);
        }
    }

    /// The state before a change.
    pub fn revert(&mut self, change: &Change) {
        for outline in change.outlines.iter().rev() {
            self.set(outline.frame, outline.before.clone());
        }
        self.end_diastole = change.end_diastole.map_or(self.end_diastole, |phase| phase.before);
        self.end_systole = change.end_systole.map_or(self.end_systole, |phase| phase.before);
        if let Some(background) = &change.background {
            self.background.clone_from(&background.before);
        }
    }

    fn set(&mut self, frame: FrameIndex, outline: Option<FrameOutline>) {
        if let Some(place) = self.outlines.get_mut(frame.index()) {
            *place = outline;
        }
    }
}
