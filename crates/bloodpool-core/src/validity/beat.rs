//! Checks of the beat: that there is one, that there is only one, and that the R wave opens the first frame.

use super::evidence::Evidence;
use super::finding::Reason;
use super::limits::{
    CLOSING_FRACTION, CLOSING_SIGMAS, ED_LIMIT_FRACTION, FIRST_HARMONIC_LOWEST, FRAME_SCALE_FRACTION, HARMONIC_SIGMAS,
    NO_BEAT_ERRORS, NO_BEAT_POWER, R_WAVE_WITHHELD, SECOND_HARMONIC_RATIO, TWO_BEATS_AMPLITUDE,
};
use super::rank::Rank;
use crate::FrameIndex;
use crate::measure::curve::Harmonics;
use crate::measure::frames::{frames_near_r_wave, systolic_frames};
use crate::measure::{FrameSource, Measurement};
use bloodpool_stats::spread::median;

/// Harmonics of the curve that the beat is judged by.
const HARMONICS: usize = 4;

/// The fitted net LV curve, and the standard deviation of an amplitude from counting noise.
struct Beat {
    fit: Harmonics,
    noise: f64,
}

impl Beat {
    fn of(evidence: &Evidence<'_>) -> Option<Self> {
        let measurement = evidence.measurement;
        let drop_off = &measurement.drop_off;
        let net = &measurement.curve.net_counts;
        let values: Vec<f64> = net.iter().zip(&drop_off.kept).map(|(net, kept)| net / kept.max(1e-6)).collect();
        let has_lv = |frame: usize| evidence.segmentation.masks.get(frame).is_some_and(|mask| !mask.is_empty());
        let weights: Vec<f64> =
            drop_off.kept.iter().enumerate().map(|(frame, &kept)| if has_lv(frame) { kept } else { 0.0 }).collect();
        let fit = Harmonics::fit(&values, &weights, HARMONICS)?;
        // An amplitude is 2 / n times a sum of n values whose variance is at most that of the counts at ED.
        let used: f64 = weights.iter().sum();
        let noise = (2.0 * measurement.end_diastole.counts.max(1.0) / used.max(1.0)).sqrt();
        Some(Self { fit, noise })
    }

    fn significant(&self, order: usize) -> bool {
        self.fit.amplitude(order) > HARMONIC_SIGMAS * self.noise
    }
}

/// `no_beat`: neither the LV nor anything near it beats.
#[must_use]
pub(super) fn check_no_beat(evidence: &Evidence<'_>) -> Option<Reason> {
    let Measurement { lvef_percent, counting_error_points: error, .. } = evidence.measurement;
    let (power, noise) = evidence.tiles.harmonic_power(1, &evidence.measurement.drop_off.kept);
    let heart_rests = power < NO_BEAT_POWER * noise;
    let lv_rests = *lvef_percent < NO_BEAT_ERRORS * error || Beat::of(evidence).is_none_or(|beat| !beat.significant(1));
    (heart_rests && lv_rests).then(|| {
        Reason::new(
            "no_beat",
            format!(
                "No beat can be told from noise, neither in the LV (LVEF {lvef_percent:.1} % with a counting error of {error:.1} \
                 points) nor beside it. The gating may have failed."
            ),
        )
    })
}

/// `two_beats` or `two_rhythms`: the curve repeats twice in the cycle, with the swing of a whole beat or less.
#[must_use]
pub(super) fn check_two_rhythms(evidence: &Evidence<'_>) -> Option<Reason> {
    let beat = Beat::of(evidence)?;
    let (first, second) = (beat.fit.amplitude(1), beat.fit.amplitude(2));
    let lv = second > SECOND_HARMONIC_RATIO * first && beat.significant(2);
    let kept = &evidence.measurement.drop_off.kept;
    let tiles = &evidence.tiles;
    let ((first_power, _), (second_power, noise)) = (tiles.harmonic_power(1, kept), tiles.harmonic_power(2, kept));
    // Of a first harmonic that is no more than noise, no multiple is meant.
    let first_power = (first_power - 2.0 * noise).max(0.0);
    let heart = second_power > SECOND_HARMONIC_RATIO.powi(2) * first_power && second_power > HARMONIC_SIGMAS * noise;
    if !lv && !heart {
        return None;
    }
    let gating = &evidence.study.gating;
    let cycles =
        gating.frame_time_ms.zip(gating.rr_interval_ms).map(|(ms, rr)| ms * evidence.study.frames() as f64 / rr);
    let whole = lv && second > TWO_BEATS_AMPLITUDE * beat.fit.mean().abs();
    let rank = if lv && heart { Rank::DoNotUse } else { Rank::Look };
    let where_seen = match (lv, heart) {
        (true, true) => "The LV curve and the whole heart repeat",
        (true, false) => "The LV curve repeats",
        _ => "The heart as a whole repeats",
    };
    Some(if whole || cycles.is_some_and(|cycles| cycles > 1.6) {
        Reason::new(
            "two_beats",
            format!("{where_seen} twice in the cycle: two beats seem to lie in it. Split it, or acquire one R-R interval."),
        )
    } else {
        Reason::new(
            "two_rhythms",
            format!(
                "{where_seen} twice in the cycle, with little swing: beats of two rhythms, or triggers on R and T waves, seem to be \
                 mixed."
            ),
        )
    }
    .ranked(rank))
}

/// Whether drop-off fixes the R wave: beats are counted from it on, and the shorter ones end before the last frame. What
/// the field outside the heart loses is drop-off; that a heart out of step empties there is not.
fn r_wave_is_fixed(evidence: &Evidence<'_>) -> bool {
    if evidence.measurement.drop_off.frames() == 0 {
        return false;
    }
    let tiles = &evidence.tiles;
    let resting = tiles.sum(&tiles.resting());
    let usual = median(&resting).unwrap_or(0.0);
    resting.last().is_some_and(|&last| last < (1.0 - FRAME_SCALE_FRACTION) * usual)
}

/// `r_wave_elsewhere`: the curve is highest where no R wave is.
#[must_use]
pub(super) fn check_r_wave(evidence: &Evidence<'_>) -> Option<Reason> {
    if r_wave_is_fixed(evidence) {
        return None;
    }
    let beat = Beat::of(evidence)?;
    let lowest = beat.fit.first_lowest().filter(|_| beat.significant(1))?;
    let [from, to] = FIRST_HARMONIC_LOWEST;
    let (middle, half) = (from.midpoint(to), (to - from) / 2.0);
    let off = (lowest - middle + 0.5).rem_euclid(1.0) - 0.5;
    let beyond = off.abs() - half;
    (beyond > 0.0).then(|| {
        let frames = evidence.study.frames() as f64;
        let shift = (off * frames).round().rem_euclid(frames);
        let rank = if beyond > R_WAVE_WITHHELD { Rank::DoNotUse } else { Rank::Look };
        Reason::new(
            "r_wave_elsewhere",
            format!(
                "The R wave seems to be near frame {:.0}, not frame 1: the LV is emptiest {:.0} % of the cycle after the start, \
                 usual are {:.0} to {:.0} %.",
                shift + 1.0,
                lowest * 100.0,
                from * 100.0,
                to * 100.0
            ),
        )
        .ranked(rank)
    })
}

/// `curve_not_closed`: the LV does not come back to where it began.
#[must_use]
pub(super) fn check_closing(evidence: &Evidence<'_>) -> Option<Reason> {
    let (measurement, masks) = (evidence.measurement, &evidence.segmentation.masks);
    let curve = &measurement.curve.net_counts;
    let (first, last) = (*curve.first()?, *curve.last()?);
    // A drop-off or a missing ventricle explains the gap and has its own finding.
    let explained = measurement.drop_off.frames() > 0 || masks.first()?.is_empty() || masks.last()?.is_empty();
    let full = measurement.end_diastole.net_counts;
    let noise = (2.0 * measurement.end_diastole.counts.max(0.0)).sqrt();
    let gap = (last - first).abs();
    (!explained && gap > CLOSING_FRACTION * full && gap > CLOSING_SIGMAS * noise).then(|| {
        Reason::new(
            "curve_not_closed",
            format!(
                "LV counts of the last and the first frame differ by {:.0} % of those at end-diastole; the gating may have \
                 failed.",
                gap / full * 100.0
            ),
        )
    })
}

/// `end_systole_at_limit`: the lowest frame is the first or last that was looked at.
#[must_use]
pub(super) fn check_systolic_limit(evidence: &Evidence<'_>) -> Option<Reason> {
    let measurement = evidence.measurement;
    if measurement.frame_source == FrameSource::Override {
        return None;
    }
    let frame = measurement.end_systole.frame;
    let span = systolic_frames(measurement.curve.net_counts.len(), &evidence.protocol.frames);
    let (first, last) = (*span.first()?, *span.last()?);
    (first < last && (frame == first || frame == last)).then(|| {
        Reason::new(
            "end_systole_at_limit",
            format!(
                "End-systole was looked for on frames {first} to {last} and found at their end, on frame {frame}; check that the \
                 R wave opens frame 1."
            ),
        )
    })
}

/// `end_diastole_at_limit`: the curve still rises beyond the frames in which ED is looked for.
#[must_use]
pub(super) fn check_diastolic_limit(evidence: &Evidence<'_>) -> Option<Reason> {
    let measurement = evidence.measurement;
    if measurement.frame_source == FrameSource::Override {
        return None;
    }
    let frames = evidence.study.frames();
    let near = frames_near_r_wave(frames, &evidence.protocol.frames);
    let chosen = measurement.end_diastole.frame;
    let beside = [chosen.index() + frames - 1, chosen.index() + 1].map(|next| FrameIndex::new(next % frames));
    let beyond = beside.into_iter().find(|next| !near.contains(next) && !measurement.drop_off.affects(*next))?;
    let beat = Beat::of(evidence)?;
    let curve = beat.fit.curve(frames);
    let stroke = (measurement.end_diastole.net_counts - measurement.end_systole.net_counts).max(0.0);
    let rise = curve.get(beyond.index())? - curve.get(chosen.index())?;
    (rise > ED_LIMIT_FRACTION * stroke && rise > beat.noise).then(|| {
        Reason::new(
            "end_diastole_at_limit",
            format!(
                "End-diastole was looked for near the R wave and found at the end of that span, on frame {chosen}; the curve is \
                 still higher on frame {beyond}. Check that the R wave opens frame 1."
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::analysis::measure;
    use crate::synthetic::{self, beating, outlined};
    use crate::validity::Rank;
    use crate::{GatedStudy, ModelIdentity, Protocol, Segmentation};

    fn found(study: &GatedStudy, beat: &synthetic::Beat) -> Vec<(&'static str, Rank)> {
        let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
        let analysis = measure(study, outlined(beat), model, &Protocol::standard()).unwrap();
        analysis.validity.reasons().iter().map(|reason| (reason.code, reason.rank)).collect()
    }

    fn of(beat: &synthetic::Beat) -> Vec<(&'static str, Rank)> {
        found(&beating(beat), beat)
    }

    #[test]
    fn a_sound_beat_has_no_finding() {
        for (ejected, seed) in [(0.6, 1), (0.3, 2), (0.8, 3)] {
            assert_eq!(of(&synthetic::Beat { ejected, seed, ..Default::default() }), []);
        }
    }

    #[test]
    fn a_static_heart_is_withheld() {
        for seed in 0..6 {
            let all = of(&synthetic::Beat { ejected: 0.0, seed, ..Default::default() });
            assert!(all.contains(&("no_beat", Rank::DoNotUse)), "{seed}: {all:?}");
        }
    }

    #[test]
    fn two_beats_in_the_cycle_are_withheld() {
        let all = of(&synthetic::Beat { beats: 2.0, frames: 48, ..Default::default() });
        assert!(all.contains(&("two_beats", Rank::DoNotUse)), "{all:?}");
        assert!(
            of(&synthetic::Beat { beats: 2.0, ejected: 0.3, ..Default::default() })
                .iter()
                .any(|r| r.1 == Rank::DoNotUse)
        );
    }

    #[test]
    fn mixed_triggers_are_withheld() {
        // Half of the beats counted from the R wave, half from half a cycle later.
        let (early, late) = (synthetic::Beat::default(), synthetic::Beat { late: 0.5, seed: 2, ..Default::default() });
        let counts = beating(&early).counts() + beating(&late).counts();
        let study = beating(&early).corrected(Some(counts), false);
        // Such images hardly move: they are outlined alike.
        let masks = vec![outlined(&early).masks[0].clone(); early.frames];
        let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
        let segmentation = Segmentation { masks, ..Segmentation::default() };
        let analysis = measure(&study, segmentation, model, &Protocol::standard()).unwrap();
        let all: Vec<_> = analysis.validity.reasons().iter().map(|reason| (reason.code, reason.rank)).collect();
        assert!(
            all.iter().any(|(code, rank)| ["two_rhythms", "two_beats"].contains(code) && *rank == Rank::DoNotUse),
            "{all:?}"
        );
    }

    #[test]
    fn an_r_wave_in_the_middle_of_the_cycle_is_said() {
        for (late, rank) in [(0.3, Rank::DoNotUse), (-0.3, Rank::DoNotUse), (0.5, Rank::DoNotUse)] {
            let all = of(&synthetic::Beat { late, ..Default::default() });
            assert!(all.contains(&("r_wave_elsewhere", rank)), "{late}: {all:?}");
        }
    }

    #[test]
    fn drop_off_fixes_the_r_wave() {
        let beat = synthetic::Beat { late: 0.3, ..Default::default() };
        let study = beating(&beat);
        let mut counts = study.counts().clone();
        counts.slice_mut(ndarray::s![22.., .., ..]).mapv_inplace(|value| (value * 0.5).round());
        let all = found(&study.corrected(Some(counts), false), &beat);
        assert!(all.iter().any(|(code, _)| *code == "count_drop_off"));
        assert!(all.iter().all(|(code, _)| *code != "r_wave_elsewhere"), "{all:?}");
    }
}
