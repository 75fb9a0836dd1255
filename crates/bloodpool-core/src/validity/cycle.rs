//! Checks of the cycle as a whole: its end, and whether each frame follows the one before.

use super::evidence::Evidence;
use super::finding::{Reason, named};
use super::limits::{DROP_OFF_LOOK, FEW_FRAMES, FRAME_JUMP, FRAME_JUMP_SIGMAS};
use super::rank::Rank;
use crate::FrameIndex;

/// `count_drop_off`: frames at the end of the cycle lost counts.
#[must_use]
pub(super) fn check_drop_off(evidence: &Evidence<'_>) -> Option<Reason> {
    let drop_off = &evidence.measurement.drop_off;
    let frames: Vec<FrameIndex> =
        FrameIndex::all(drop_off.kept.len()).filter(|&frame| drop_off.affects(frame)).collect();
    let least = drop_off.kept.iter().copied().fold(1.0, f64::min);
    (!frames.is_empty()).then(|| {
        let many = frames.len() as f64 > DROP_OFF_LOOK * drop_off.kept.len() as f64;
        Reason::new(
            "count_drop_off",
            format!(
                "Total counts on {} are up to {:.0} % lower than before: beats were shorter than the cycle. End-diastole is not \
                 taken from there.",
                named(&frames),
                (1.0 - least) * 100.0
            ),
        )
        .ranked(if many { Rank::Look } else { Rank::Note })
    })
}

/// `frames_empty_at_end`: the last frames hold hardly any counts.
#[must_use]
pub(super) fn check_empty_at_end(evidence: &Evidence<'_>) -> Option<Reason> {
    let kept = &evidence.measurement.drop_off.kept;
    let empty = evidence.measurement.drop_off.empty_at_end();
    let frames: Vec<FrameIndex> = FrameIndex::all(kept.len()).skip(kept.len() - empty).collect();
    (empty > 0).then(|| {
        Reason::new(
            "frames_empty_at_end",
            format!(
                "Hardly any counts on {}, the end of the cycle: hardly a beat was that long. They were left out; the frames may \
                 not cover what the file says.",
                named(&frames)
            ),
        )
    })
}

/// `frames_jump`: frames that do not follow those before them.
#[must_use]
pub(super) fn check_order(evidence: &Evidence<'_>) -> Option<Reason> {
    // Between fewer frames, a whole beat's quick motion looks the same.
    if evidence.study.frames() < FEW_FRAMES {
        return None;
    }
    let jumps = evidence.tiles.jumps(&evidence.measurement.drop_off.kept);
    let jumps: Vec<FrameIndex> = FrameIndex::all(jumps.len())
        .zip(&jumps)
        .filter(|(_, jump)| jump.over_spread > FRAME_JUMP && jump.over_noise > FRAME_JUMP_SIGMAS)
        .map(|(frame, _)| frame)
        .collect();
    (!jumps.is_empty()).then(|| {
        Reason::new(
            "frames_jump",
            format!(
                "The image changes abruptly at {}, more than a beat does: frames may be out of order, or the patient moved.",
                named(&jumps)
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::analysis::measure;
    use crate::synthetic::{self, beating, outlined};
    use crate::validity::Rank;
    use crate::{GatedStudy, ModelIdentity, Protocol};

    fn found(study: &GatedStudy, beat: &synthetic::Beat) -> Vec<(&'static str, Rank)> {
        let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
        let analysis = measure(study, outlined(beat), model, &Protocol::standard()).unwrap();
        analysis.validity.reasons().iter().map(|reason| (reason.code, reason.rank)).collect()
    }

    #[test]
    fn frames_out_of_order_are_said() {
        let beat = synthetic::Beat::default();
        let study = beating(&beat);
        let counts = study.counts();
        let order = |of: fn(usize) -> usize| {
            ndarray::Array3::from_shape_fn(counts.dim(), |(frame, row, column)| counts[[of(frame), row, column]])
        };
        for counts in [
            order(|frame| {
                if frame == 1 {
                    9
                } else if frame == 9 {
                    1
                } else {
                    frame
                }
            }),
            order(|frame| (frame * 7) % 24),
        ] {
            let all = found(&study.corrected(Some(counts), false), &beat);
            assert!(all.iter().any(|(code, _)| *code == "frames_jump"), "{all:?}");
        }
    }

    #[test]
    fn an_empty_end_of_the_cycle_is_complete_drop_off() {
        let beat = synthetic::Beat::default();
        let model = || ModelIdentity { name: "truth".into(), sha256: String::new() };
        let lvef = |study: &GatedStudy| measure(study, outlined(&beat), model(), &Protocol::standard()).unwrap();
        let whole = lvef(&beating(&beat));
        for empty in 1..=3 {
            let mut counts = beating(&beat).counts().clone();
            counts.slice_mut(ndarray::s![24 - empty.., .., ..]).fill(0.0);
            let analysis = lvef(&beating(&beat).corrected(Some(counts), false));
            assert_eq!(analysis.validity.rank(), Some(Rank::Look));
            assert!(analysis.warnings.iter().any(|warning| warning.code == "frames_empty_at_end"));
            assert!((analysis.lvef_percent - whole.lvef_percent).abs() < 1.5, "{empty}: {}", analysis.lvef_percent);
        }
    }
}
