//! `Evidence`: what the checks look at, and one sentence per topic on it, which a reader sees instead of a general all-clear.

use std::sync::Arc;

use super::outcome::LookedAt;
use super::rank::Topic;
use crate::correction::Tiles;
use crate::measure::{KeptFrames, Measurement};
use crate::{FrameIndex, GatedStudy, Protocol, Results, Segmentation};

/// What the checks look at: a study as it was measured, and what the named protocol measured on it.
#[derive(Debug, Clone)]
pub(crate) struct Evidence<'a> {
    pub(super) study: &'a GatedStudy,
    pub(super) segmentation: &'a Segmentation,
    pub(super) protocol: &'a Protocol,
    pub(super) measurement: &'a Measurement,
    pub(super) results: &'a Results,
    /// The field in tiles; frames that lost counts take no part in its noise.
    pub(super) tiles: Arc<Tiles>,
}

impl<'a> Evidence<'a> {
    /// Of one study. `kept`: of its measurement.
    pub(crate) fn new(
        study: &'a GatedStudy,
        segmentation: &'a Segmentation,
        protocol: &'a Protocol,
        measurement: &'a Measurement,
        results: &'a Results,
        kept: &mut KeptFrames,
    ) -> Self {
        let lost: Vec<bool> =
            FrameIndex::all(study.frames()).map(|frame| measurement.drop_off.affects(frame)).collect();
        Self { study, segmentation, protocol, measurement, results, tiles: kept.tiles(study, &lost) }
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
