//! `join`: single-frame files of one series as one study, in the order of time, where that is unambiguous.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bloodpool_core::study::MIN_FRAMES;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::attribute::Attribute;
use crate::read::error::Problem;
use crate::read::selection::Selection;
use crate::read::single_frame::SingleFrame;
use crate::read::summary::Summary;

/// A gap between trigger times that is longer than the usual one by this factor is that of a missing frame.
const LONG_GAP: f64 = 1.5;

/// Files of one frame each that make one study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedFiles {
    /// The files in the order of time.
    pub files: Vec<PathBuf>,
    /// The attribute that gives the order.
    pub by: Attribute,
}

/// What may be one gated study: one file, or several of one frame each.
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    pub(crate) summary: Summary,
    pub(crate) joined: Option<JoinedFiles>,
}

/// Files that belong together and cannot be joined.
pub(crate) struct NotJoined {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) problem: Problem,
}

/// What [`join`] made of some files.
pub(crate) struct Joined {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) failed: Vec<NotJoined>,
    /// Single-frame files of another detector, energy window or R-R interval than the chosen one.
    pub(crate) left_out: Vec<PathBuf>,
}

/// Joins the single-frame files among `files` that differ in time alone; the others stay as they are.
pub(crate) fn join(files: Vec<(PathBuf, Summary)>, selection: &Selection) -> Joined {
    let mut joined = Joined { candidates: Vec::new(), failed: Vec::new(), left_out: Vec::new() };
    let mut series: BTreeMap<String, Vec<(PathBuf, Summary, SingleFrame)>> = BTreeMap::new();
    for (path, mut summary) in files {
        match summary.single.take() {
            Some(single) => series.entry(single.same.clone()).or_default().push((path, summary, single)),
            None => joined.candidates.push(Candidate { path, summary, joined: None }),
        }
    }
    // All frames of a group have the same detector, window and interval.
    let is_selected = |members: &[(PathBuf, Summary, SingleFrame)]| members[0].2.is_selected(selection);
    let some_selected = series.values().any(|members| is_selected(members));
    for (_, mut members) in series {
        let frames: Vec<&SingleFrame> = members.iter().map(|(_, _, single)| single).collect();
        let order = match (is_selected(&members), some_selected) {
            (true, _) => order(&frames),
            (false, true) => {
                joined.left_out.extend(members.into_iter().map(|(path, _, _)| path));
                continue;
            }
            (false, false) => Err((
                tags::DETECTOR_VECTOR,
                "none is of the detector, energy window or R-R interval that was chosen".into(),
            )),
        };
        match order {
            Ok((by, order)) => {
                let files: Vec<PathBuf> = order.iter().map(|&index| members[index].0.clone()).collect();
                let (path, summary, _) = members.swap_remove(order[0]);
                let files = Some(JoinedFiles { files, by: Attribute(by) });
                joined.candidates.push(Candidate { path, summary, joined: files });
            }
            Err((tag, why)) => {
                let files: Vec<PathBuf> = members.into_iter().map(|(path, _, _)| path).collect();
                let problem = Problem::FramesSplit { attribute: Attribute(tag), files: files.len(), why };
                joined.failed.push(NotJoined { files, problem });
            }
        }
    }
    joined
}

/// The order of the frames in time, by the first attribute that tells them apart; or the attribute that does not, and why.
fn order(frames: &[&SingleFrame]) -> Result<(Tag, Vec<usize>), (Tag, String)> {
    let files = frames.len();
    let slots = frames.iter().filter_map(|frame| frame.slots).max();
    if files < MIN_FRAMES {
        return Err((tags::TIME_SLOT_VECTOR, format!("a cycle has at least {MIN_FRAMES}")));
    }
    if let Some(slots) = slots.filter(|&slots| slots > 1 && slots as usize != files) {
        return Err((tags::NUMBER_OF_TIME_SLOTS, format!("it is {slots}, not the number of files")));
    }
    if let Some(values) = all(frames, |frame| frame.slot.map(f64::from)) {
        if is_counted(&values, &[0.0, 1.0]) {
            return Ok((tags::TIME_SLOT_VECTOR, sorted(&values)));
        }
        if values.iter().any(|&value| value != values[0]) {
            return Err((tags::TIME_SLOT_VECTOR, "a time slot is missing, or several files have the same".into()));
        }
    }
    if let Some(values) = all(frames, |frame| frame.trigger_ms)
        && are_different(&values)
    {
        let order = sorted(&values);
        let mut gaps: Vec<f64> = order.windows(2).map(|pair| values[pair[1]] - values[pair[0]]).collect();
        gaps.sort_by(f64::total_cmp);
        if gaps[gaps.len() - 1] > LONG_GAP * gaps[gaps.len() / 2] {
            return Err((tags::TRIGGER_TIME, "a frame seems to be missing between two of them".into()));
        }
        return Ok((tags::TRIGGER_TIME, order));
    }
    match all(frames, |frame| frame.instance.map(f64::from)) {
        Some(values) if is_counted(&values, &values) => Ok((tags::INSTANCE_NUMBER, sorted(&values))),
        Some(_) => Err((tags::INSTANCE_NUMBER, "a number is missing, or several files have the same".into())),
        None => Err((
            tags::TIME_SLOT_VECTOR,
            "neither time slots nor trigger times nor instance numbers say the order".into(),
        )),
    }
}

/// One value of each file; `None` where a file has none.
fn all(frames: &[&SingleFrame], value: impl Fn(&SingleFrame) -> Option<f64>) -> Option<Vec<f64>> {
    frames.iter().map(|frame| value(frame)).collect()
}

fn are_different(values: &[f64]) -> bool {
    let bits: BTreeSet<u64> = values.iter().map(|value| value.to_bits()).collect();
    bits.len() == values.len() && values.iter().all(|value| value.is_finite())
}

/// Whether the values count without a gap from one of `starts`.
fn is_counted(values: &[f64], starts: &[f64]) -> bool {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    are_different(values) && starts.contains(&least) && most - least + 1.0 == values.len() as f64
}

fn sorted(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(slot: impl Fn(u32) -> Option<u32>, trigger: impl Fn(u32) -> Option<f64>) -> Vec<SingleFrame> {
        let frame = |number| SingleFrame {
            slot: slot(number),
            trigger_ms: trigger(number),
            instance: Some(100 - number),
            ..SingleFrame::default()
        };
        (0..10).map(frame).collect()
    }

    #[track_caller]
    fn ordered(frames: &[SingleFrame]) -> Result<(Tag, usize), String> {
        let found = order(&frames.iter().collect::<Vec<_>>());
        found.map(|(by, order)| (by, order[0])).map_err(|(_, why)| why)
    }

    #[test]
    fn time_slots_come_before_trigger_times_and_these_before_instance_numbers() {
        let none = |_| None;
        assert_eq!(ordered(&frames(Some, none)), Ok((tags::TIME_SLOT_VECTOR, 0)));
        assert_eq!(ordered(&frames(|n| Some(10 - n), none)), Ok((tags::TIME_SLOT_VECTOR, 9)));
        let late = |n| Some(if n == 0 { 400.0 } else { f64::from(n) * 40.0 });
        assert_eq!(ordered(&frames(|_| Some(1), late)), Ok((tags::TRIGGER_TIME, 1)));
        assert_eq!(ordered(&frames(|_| None, |_| Some(0.0))), Ok((tags::INSTANCE_NUMBER, 9)));
    }

    #[test]
    fn frames_that_are_missing_or_double_are_not_joined() {
        let said = |frames: &[SingleFrame]| ordered(frames).unwrap_err();
        assert!(said(&frames(|n| Some(n.max(1)), |_| None)).contains("a time slot is missing"));
        let gap = |n| Some(f64::from(if n > 4 { n + 1 } else { n }) * 40.0);
        assert!(said(&frames(|_| None, gap)).contains("a frame seems to be missing"));
        let mut few = frames(Some, |_| None);
        few.truncate(7);
        assert!(said(&few).contains("a cycle has at least 8"));
        let mut more = frames(Some, |_| None);
        more[0].slots = Some(24);
        assert!(said(&more).contains("it is 24, not the number of files"));
    }
}
