//! What was checked, topic by topic, with the result of each: what a reader sees instead of a general all-clear.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Evidence, Rank, Reason, Validity};

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Whether the images are upright and not mirrored.
    Orientation,
    /// Whether they show a heart in LAO.
    View,
    /// Whether the frames follow one beat from the R wave on.
    Gating,
    /// Whether pixels hold counts, enough of them, and the same for every frame.
    Counts,
    /// Whether the outline and what follows from it make sense.
    Outline,
}

impl Topic {
    /// All topics in the order in which they are read.
    pub const ALL: [Self; 5] = [Self::Orientation, Self::View, Self::Gating, Self::Counts, Self::Outline];

    /// Its name, for example `Orientation`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Orientation => "Orientation",
            Self::View => "View",
            Self::Gating => "Gating",
            Self::Counts => "Counts",
            Self::Outline => "Outline",
        }
    }
}

/// The result of all checks of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was checked.
    pub topic: Topic,
    /// Whether anything could be checked.
    pub possible: bool,
    /// The gravest finding; `None` where there is none.
    pub rank: Option<Rank>,
    /// What was looked at, as one sentence; it also says where nothing could be.
    pub looked_at: String,
    /// The findings.
    pub reasons: Vec<Reason>,
}

/// What the checks of one topic looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookedAt {
    topic: Topic,
    /// Whether anything could be checked.
    possible: bool,
    sentence: String,
}

impl Validity {
    /// What was checked and found, one entry per topic.
    #[must_use]
    pub fn checked(&self) -> Vec<Checked> {
        let of = |topic: Topic| {
            let reasons: Vec<Reason> = self.reasons.iter().filter(|reason| reason.topic() == topic).cloned().collect();
            let looked_at = self.performed.iter().find(|looked_at| looked_at.topic == topic);
            Checked {
                topic,
                possible: !reasons.is_empty() || looked_at.is_some_and(|looked_at| looked_at.possible),
                rank: reasons.first().map(|reason| reason.rank),
                looked_at: looked_at.map_or_else(String::new, |looked_at| looked_at.sentence.clone()),
                reasons,
            }
        };
        Topic::ALL.into_iter().map(of).collect()
    }
}

/// One sentence per topic on what the checks looked at.
pub(super) fn performed(evidence: &Evidence<'_>) -> Vec<LookedAt> {
    let recognition = evidence.segmentation.recognition.as_ref();
    let recognised = |probability: f64| format!("{:.0} %", probability * 100.0);
    let orientation = match recognition {
        Some(recognition) => format!(
            "upright and not mirrored with a probability of {} by the model",
            recognised(recognition.orientation.first().copied().unwrap_or(0.0))
        ),
        None => "this model cannot tell whether the images are mirrored or turned".to_owned(),
    };
    let recorded = match (&evidence.study.identity.view, evidence.study.identity.view_is_lao) {
        (Some(view), _) => format!("recorded as {view}"),
        (None, Some(true)) => "recorded as left anterior oblique".to_owned(),
        (None, _) => "not recorded in the file".to_owned(),
    };
    let view = match recognition {
        Some(recognition) => format!(
            "{recorded}; a heart with a probability of {}, in left anterior oblique of {} by the model",
            recognised(recognition.heart),
            recognised(recognition.view.first().copied().unwrap_or(0.0))
        ),
        None => format!("{recorded}; this model cannot tell the view from the images"),
    };
    let timing = match evidence.study.gating.frame_time_ms {
        Some(ms) => format!("{} frames of {ms:.0} ms", evidence.study.frames()),
        None => format!("{} frames, frame time not recorded", evidence.study.frames()),
    };
    let beats = match (evidence.study.gating.beats_accepted, evidence.study.gating.beats_rejected) {
        (Some(accepted), Some(rejected)) => format!("{accepted} beats accepted and {rejected} rejected"),
        (Some(accepted), None) => format!("{accepted} beats accepted, rejected ones not recorded"),
        _ => "beats not recorded".to_owned(),
    };
    let lao_known = recognition.is_some() || evidence.study.identity.is_lao().is_some();
    let looked_at = |topic, possible, sentence| LookedAt { topic, possible, sentence };
    vec![
        looked_at(Topic::Orientation, recognition.is_some(), orientation),
        looked_at(Topic::View, lao_known, view),
        looked_at(
            Topic::Gating,
            true,
            format!("{timing}; {beats}; the R wave at frame 1, one beat per cycle, a curve that closes, drop-off"),
        ),
        looked_at(
            Topic::Counts,
            true,
            format!(
                "counting noise of {:.1} EF points (standard error); equal counts outside the heart in all frames, single \
                 pixels, saturation, inversion",
                evidence.measurement.counting_error_points
            ),
        ),
        looked_at(
            Topic::Outline,
            true,
            "an outline on every frame, without jumps, inside the field; background region; agreement of the protocols"
                .to_owned(),
        ),
    ]
}
