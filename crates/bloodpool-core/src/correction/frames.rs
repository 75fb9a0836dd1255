//! Frames that hold more or fewer counts than the rest of the cycle: made equal where all their pixels are scaled alike.

use ndarray::{Array3, Axis};

use super::step::Step;
use super::tiles::Tiles;
use crate::measure::drop_off::DropOff;
use crate::validity::{Reason, limits, named};
use crate::{FrameIndex, GatedStudy};
use bloodpool_stats::spread::median;

/// A frame at the end of the cycle with less than this share of its counts outside the heart belongs to the drop-off.
const TAIL: f64 = 0.98;
/// Factor between the heart and the rest of the field up to which a frame's scale passes for that of the heart, too.
const HEART_ALIKE: f64 = 1.3;

/// Fills frames without counts from their neighbours, and divides frames by the factor that the field outside the heart is
/// out of line by. Drop-off at the end of the cycle is left to [`DropOff`].
pub(super) fn correct(study: &GatedStudy, drop_off: &DropOff) -> Step {
    let empty = empty_frames(&drop_off.totals);
    let scales = Scales::of(study, drop_off);
    let mut step = Step::default();
    let mut counts: Option<Array3<f32>> = None;
    let (alike, unlike): (Vec<usize>, Vec<usize>) = scales.odd.iter().partition(|&&frame| scales.alike(frame));
    for &frame in &alike {
        let counts = counts.get_or_insert_with(|| study.counts().clone());
        let factor = (1.0 / scales.factor(frame)) as f32;
        counts.index_axis_mut(Axis(0), frame).mapv_inplace(|value| value * factor);
    }
    if !alike.is_empty() {
        let factors: Vec<f64> = alike.iter().map(|&frame| scales.factor(frame)).collect();
        step.reasons.push(Reason::new("frame_counts_corrected", corrected_message(&alike, &factors)));
    }
    let drift = scales.drift();
    if !unlike.is_empty() {
        step.reasons.push(Reason::new("frame_counts_uneven", uneven_message(&unlike)));
    } else if drift > limits::FRAME_DRIFT_FRACTION {
        step.reasons.push(Reason::new(
            "frame_counts_uneven",
            format!(
                "Counts outside the heart swing by {:.0} % over the cycle, where they should rest: frames may have been scaled \
                 one by one.",
                drift * 100.0
            ),
        ));
    }
    if !empty.is_empty() {
        let counts = counts.get_or_insert_with(|| study.counts().clone());
        empty.iter().for_each(|&frame| fill(counts, frame, &empty));
        step.reasons.push(Reason::new(
            "frame_empty",
            format!(
                "No counts at all on {}, within the cycle; for the outline and the curve it was filled from the frames before \
                 and after.",
                named_by_index(&empty)
            ),
        ));
    }
    step.counts = counts;
    step
}

/// `frame_counts_uneven`: totals that are out of line with their neighbours' when all that can be corrected was.
pub(super) fn check_totals(study: &GatedStudy) -> Option<Reason> {
    let drop_off = DropOff::of(study);
    let scales = Scales::of(study, &drop_off);
    let uneven: Vec<usize> = (0..study.frames()).filter(|&frame| scales.jumps(&drop_off, frame)).collect();
    (!uneven.is_empty()).then(|| Reason::new("frame_counts_uneven", uneven_message(&uneven)))
}

/// The counts with frames at the end of the cycle that kept hardly any filled from the frames before and after; `None`
/// without such.
pub(super) fn filled_at_end(study: &GatedStudy) -> Option<Array3<f32>> {
    let at_end = DropOff::of(study).empty_at_end();
    let empty: Vec<usize> = (study.frames() - at_end..study.frames()).collect();
    let mut counts = (at_end > 0).then(|| study.counts().clone())?;
    empty.iter().for_each(|&frame| fill(&mut counts, frame, &empty));
    Some(counts)
}

/// Frames without counts that are not at the end of the cycle.
fn empty_frames(totals: &[f64]) -> Vec<usize> {
    let at_end = totals.iter().rev().take_while(|&&total| total <= 0.0).count();
    (0..totals.len() - at_end).filter(|&frame| totals[frame] <= 0.0).collect()
}

/// As a sentence names them.
fn named_by_index(frames: &[usize]) -> String {
    named(&frames.iter().copied().map(FrameIndex::new).collect::<Vec<_>>())
}

fn corrected_message(frames: &[usize], factors: &[f64]) -> String {
    let changes = factors.iter().map(|factor| (factor - 1.0) * 100.0);
    let (least, most) =
        changes.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), c| (least.min(c), most.max(c)));
    let by = if most - least < 1.0 { format!("{most:+.0} %") } else { format!("{least:+.0} to {most:+.0} %") };
    format!(
        "Counts on {} differ from those of the other frames by {by}, all over the field alike; they were made equal to those \
         of the rest of the cycle before measuring.",
        named_by_index(frames)
    )
}

fn uneven_message(frames: &[usize]) -> String {
    format!(
        "Counts on {} are out of line with the frames before and after, and not all over the field alike; what was lost or \
         added cannot be told.",
        named_by_index(frames)
    )
}

/// Fills a frame with the mean, by distance in time, of the nearest frames before and after that hold counts.
fn fill(counts: &mut Array3<f32>, frame: usize, empty: &[usize]) {
    let frames = counts.dim().0;
    let holds =
        |frame: usize| !empty.contains(&frame) && counts.index_axis(Axis(0), frame).iter().any(|&value| value > 0.0);
    let before = (1..frames).map(|step| (step, (frame + frames - step) % frames)).find(|&(_, at)| holds(at));
    let after = (1..frames).map(|step| (step, (frame + step) % frames)).find(|&(_, at)| holds(at));
    let (Some((back, before)), Some((forth, after))) = (before, after) else { return };
    let weight = back as f32 / (back + forth) as f32;
    let filled = &counts.index_axis(Axis(0), before) * (1.0 - weight) + &(&counts.index_axis(Axis(0), after) * weight);
    counts.index_axis_mut(Axis(0), frame).assign(&filled);
}

/// Counts outside the heart, by frame, against the rest of the cycle.
#[derive(Debug)]
struct Scales {
    tiles: Tiles,
    resting: Vec<usize>,
    /// 1 for a frame like the others.
    by_frame: Vec<f64>,
    /// Frames that lost counts at the end of the cycle, begin to, or hold none.
    left_out: Vec<bool>,
    /// Frames that are out of line.
    odd: Vec<usize>,
    /// How much larger than that of counts the variance of pixel values is; at least 1.
    dispersion: f64,
}

impl Scales {
    fn of(study: &GatedStudy, drop_off: &DropOff) -> Self {
        let frames = study.frames();
        let skip: Vec<bool> = (0..frames)
            .map(|frame| drop_off.totals[frame] <= 0.0 || drop_off.affects(FrameIndex::new(frame)))
            .collect();
        let tiles = Tiles::of(study, &skip);
        let resting = tiles.resting();
        let by_frame = tiles.scales(&resting, &skip);
        let dispersion = tiles.dispersion().unwrap_or(1.0).max(1.0);
        // Frames in front of a drop-off that have begun to lose counts are part of it.
        let last_third = frames - frames / 3;
        let in_tail =
            |frame: usize| frame >= last_third && (frame..frames).all(|later| by_frame[later] < TAIL || skip[later]);
        let left_out: Vec<bool> = (0..frames).map(|frame| skip[frame] || in_tail(frame)).collect();

        let usual = median(&tiles.sum(&resting)).unwrap_or(0.0).max(1.0);
        // A median of many tiles scatters a quarter more than a mean; a frame's scale and the cycle's both scatter.
        let noise = 1.25 * (2.0 * dispersion / usual).sqrt();
        let far = |frame: usize| {
            let off = (by_frame[frame] - 1.0).abs();
            off > limits::FRAME_SCALE_FRACTION && off > limits::FRAME_SCALE_SIGMAS * noise
        };
        let step = |a: usize, b: usize| {
            let height = (by_frame[a] - by_frame[b]).abs();
            height > limits::FRAME_STEP_FRACTION && height > limits::FRAME_SCALE_SIGMAS * noise
        };
        let odd = (0..frames)
            .filter(|&frame| !left_out[frame] && far(frame))
            .filter(|&frame| {
                // The run of frames out of line to the same side begins or ends with a step.
                let side = by_frame[frame] > 1.0;
                let same = |other: usize| !left_out[other] && far(other) && (by_frame[other] > 1.0) == side;
                let ends = |forward: bool| {
                    let next = |at: usize| if forward { (at + 1) % frames } else { (at + frames - 1) % frames };
                    let mut at = frame;
                    for _ in 0..frames {
                        let beyond = next(at);
                        if left_out[beyond] {
                            return false;
                        }
                        if step(at, beyond) {
                            return true;
                        }
                        if !same(beyond) {
                            return false;
                        }
                        at = beyond;
                    }
                    false
                };
                ends(true) || ends(false)
            })
            .collect();
        Self { tiles, resting, by_frame, left_out, odd, dispersion }
    }

    /// The factor by which a frame is out of line with the frames about it that are not.
    fn factor(&self, frame: usize) -> f64 {
        let frames = self.by_frame.len();
        let sound = |at: &usize| !self.odd.contains(at) && !self.left_out[*at];
        let before = (1..frames).map(|step| (step, (frame + frames - step) % frames)).find(|(_, at)| sound(at));
        let after = (1..frames).map(|step| (step, (frame + step) % frames)).find(|(_, at)| sound(at));
        let expected = match (before, after) {
            (Some((back, before)), Some((forth, after))) => {
                let weight = back as f64 / (back + forth) as f64;
                self.by_frame[before] * (1.0 - weight) + self.by_frame[after] * weight
            }
            _ => 1.0,
        };
        (self.by_frame[frame] / expected).max(f64::MIN_POSITIVE)
    }

    /// Largest deviation of a frame that is neither odd nor left out.
    fn drift(&self) -> f64 {
        let off = |(frame, scale): (usize, &f64)| {
            if self.odd.contains(&frame) || self.left_out[frame] { 0.0 } else { (scale - 1.0).abs() }
        };
        self.by_frame.iter().enumerate().map(off).fold(0.0, f64::max)
    }

    /// Whether every quarter of the field outside the heart, and the heart itself, is out of line by the same factor.
    fn alike(&self, frame: usize) -> bool {
        let scale = self.by_frame[frame];
        // What each part would hold on a frame like the others, by all frames at once: more than half may be out of line.
        let usual = |sums: &[f64]| {
            let equal: Vec<f64> = (0..sums.len())
                .filter(|&at| !self.left_out[at] && self.by_frame[at] > 0.0)
                .map(|at| sums[at] / self.by_frame[at])
                .collect();
            median(&equal).unwrap_or(0.0)
        };
        let quarters = Tiles::quarters(&self.resting).into_iter().all(|quarter| {
            let sums = self.tiles.sum(&quarter);
            let expected = usual(&sums) * scale;
            let off = (sums[frame] - expected).abs();
            off <= limits::FRAME_ALIKE_FRACTION * expected
                || off <= limits::FRAME_ALIKE_SIGMAS * (self.dispersion * expected.max(1.0)).sqrt()
        });
        let heart = self.tiles.sum(&Tiles::others(&self.resting));
        let ratio = heart[frame] / (usual(&heart) * scale);
        quarters && (1.0 / HEART_ALIKE..=HEART_ALIKE).contains(&ratio)
    }

    /// Whether a frame's total is out of line with those of its neighbours.
    fn jumps(&self, drop_off: &DropOff, frame: usize) -> bool {
        let (totals, frames) = (&drop_off.totals, drop_off.totals.len());
        let beside = [(frame + frames - 1) % frames, (frame + 1) % frames];
        // Next to a frame that lost counts, nothing can be expected.
        if self.left_out[frame] || beside.iter().any(|&other| self.left_out[other]) {
            return false;
        }
        let expected = totals[beside[0]].midpoint(totals[beside[1]]);
        let off = (totals[frame] - expected).abs();
        off > limits::FRAME_TOTAL_FRACTION * expected
            && off > limits::FRAME_SCALE_SIGMAS * (1.5 * self.dispersion * expected.max(1.0)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Beat, beating};
    use crate::validity::Rank;

    fn changed(change: impl Fn(usize, usize, usize) -> f32) -> (GatedStudy, Step) {
        let study = beating(&Beat::default());
        let counts = Array3::from_shape_fn(study.counts().dim(), |(frame, row, column)| {
            (study.counts()[[frame, row, column]] * change(frame, row, column)).round()
        });
        let study = study.corrected(Some(counts), false);
        let step = correct(&study, &DropOff::of(&study));
        (study, step)
    }

    fn codes(step: &Step) -> Vec<&'static str> {
        step.reasons.iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn a_sound_study_and_one_with_drop_off_are_left_alone() {
        for step in [
            changed(|_, _, _| 1.0).1,
            changed(|frame, _, _| [0.97, 0.9, 0.5, 0.1].get(frame.wrapping_sub(20)).copied().unwrap_or(1.0)).1,
            changed(|frame, _, _| if frame > 21 { 0.0 } else { 1.0 }).1,
        ] {
            assert_eq!((codes(&step), step.counts.is_some()), (vec![], false));
        }
    }

    #[test]
    fn frames_scaled_as_a_whole_are_made_equal() {
        let faults: [fn(usize) -> f32; 5] = [
            |frame| if (8..13).contains(&frame) { 0.8 } else { 1.0 },
            |frame| if frame == 1 { 2.0 } else { 1.0 },
            |frame| if frame == 0 { 0.9 } else { 1.0 },
            |frame| if frame % 2 == 0 { 0.7 } else { 1.0 },
            |frame| if [6, 9].contains(&frame) { 1.3 } else { 1.0 },
        ];
        for (number, fault) in faults.into_iter().enumerate() {
            let (study, step) = changed(|frame, _, _| fault(frame));
            assert_eq!(codes(&step), ["frame_counts_corrected"], "{number}");
            let corrected = study.corrected(step.counts, false).totals();
            let sound = beating(&Beat::default()).totals();
            let level = corrected[3] / sound[3];
            for (frame, (corrected, sound)) in corrected.iter().zip(&sound).enumerate() {
                // The level itself rests on two fifths of the counts.
                let ratio = corrected / sound / level;
                assert!((ratio - 1.0).abs() < 0.03, "{number}, frame {frame}: {ratio}");
            }
        }
    }

    #[test]
    fn a_loss_in_a_part_of_the_field_is_said_and_left() {
        let (study, step) = changed(|frame, row, _| if frame == 6 && row < 32 { 0.5 } else { 1.0 });
        assert!(step.counts.is_none());
        let found = step.reasons.into_iter().chain(check_totals(&study)).map(|reason| reason.code).next();
        assert_eq!(found, Some("frame_counts_uneven"));
    }

    #[test]
    fn an_empty_end_is_filled_for_the_outline_alone() {
        let (study, step) = changed(|frame, _, _| if frame > 21 { 0.0 } else { 1.0 });
        assert!(step.counts.is_none());
        let filled = study.corrected(filled_at_end(&study), false).totals();
        assert!((filled[22] - (2.0 * filled[21] + filled[0]) / 3.0).abs() < 1e-3 * filled[22] && filled[23] > 0.0);
        assert_eq!(filled_at_end(&beating(&Beat::default())), None);
    }

    #[test]
    fn a_total_that_jumps_is_said() {
        let (study, step) =
            changed(
                |frame, row, column| {
                    if frame == 6 && row > 24 && row < 48 && column > 26 && column < 50 { 1.5 } else { 1.0 }
                },
            );
        assert!(step.counts.is_none());
        assert_eq!(check_totals(&study).map(|reason| reason.code), Some("frame_counts_uneven"));
        assert_eq!(check_totals(&beating(&Beat::default())), None);
    }

    #[test]
    fn frames_scaled_one_by_one_are_withheld() {
        let (_, step) = changed(|frame, _, _| 1.0 + 0.3 * (frame as f32 / 24.0 * std::f32::consts::TAU).cos());
        assert!(step.reasons.iter().any(|reason| reason.code.starts_with("frame_counts")), "{:?}", codes(&step));
    }

    #[test]
    fn a_frame_without_counts_in_the_cycle_is_filled_and_withheld() {
        let (study, step) = changed(|frame, _, _| if frame == 8 { 0.0 } else { 1.0 });
        assert_eq!((codes(&step), step.reasons[0].rank), (vec!["frame_empty"], Rank::DoNotUse));
        let filled = study.corrected(step.counts, false).totals();
        assert!((filled[8] - filled[7].midpoint(filled[9])).abs() < 1e-3 * filled[8]);
    }
}
