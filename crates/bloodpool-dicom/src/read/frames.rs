//! Which stored frames make the cycle, and in which order (PS3.3 C.8.4.8).

use std::collections::BTreeSet;

use bloodpool_core::study::{MAX_FRAMES, MIN_FRAMES, StudyError};
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::axis::{Axis, Choice};
use super::error::Problem;
use super::header::Attributes;
use super::note::Note;
use super::pixels::PixelFormat;
use super::selection::Selection;
use super::vectors::Vectors;
use super::view::View;
use crate::attribute::Attribute;

/// Vectors along which one cycle of a planar gated image does not vary.
const CONSTANT: [Tag; 5] =
    [tags::PHASE_VECTOR, tags::ROTATION_VECTOR, tags::SLICE_VECTOR, tags::ANGULAR_VIEW_VECTOR, tags::TIME_SLICE_VECTOR];

/// The frames of one cycle of one detector, energy window and R-R interval.
pub(crate) struct Cycle {
    /// Stored frames from 0, by time slot.
    pub(crate) order: Vec<usize>,
    /// R-R interval, from 1.
    pub(crate) rr_interval: u32,
    /// Detector, from 1.
    pub(crate) detector: u32,
    pub(crate) view: View,
    pub(crate) notes: Vec<Note>,
}

/// Chooses and orders the frames.
pub(crate) fn choose(root: Attributes<'_>, format: &PixelFormat, selection: &Selection) -> Result<Cycle, Problem> {
    let vectors = Vectors::new(root, format.frames);
    for tag in CONSTANT {
        let values: BTreeSet<u32> = root.wholes(tag)?.into_iter().collect();
        if values.len() > 1 {
            return Err(Problem::UnexpectedVector { attribute: Attribute(tag), values: values.len() });
        }
    }
    let mut kept: Vec<usize> = (0..format.frames).collect();

    let detectors = vectors.of(tags::DETECTOR_VECTOR, tags::NUMBER_OF_DETECTORS)?;
    let (detector, view) = choose_detector(root, detectors.as_deref(), selection)?;
    retain(&mut kept, detectors.as_deref(), detector);

    let windows = vectors.of(tags::ENERGY_WINDOW_VECTOR, tags::NUMBER_OF_ENERGY_WINDOWS)?;
    let names: Vec<String> = root
        .items(tags::ENERGY_WINDOW_INFORMATION_SEQUENCE)
        .iter()
        .map(|item| item.text(tags::ENERGY_WINDOW_NAME).unwrap_or_default())
        .collect();
    let window = choose_one(
        Axis::EnergyWindow,
        tags::ENERGY_WINDOW_VECTOR,
        windows.as_deref(),
        &kept,
        selection.energy_window,
        &names,
    )?;
    retain(&mut kept, windows.as_deref(), window);

    let intervals = vectors.of(tags::RR_INTERVAL_VECTOR, tags::NUMBER_OF_RR_INTERVALS)?;
    let slots = vectors.of(tags::TIME_SLOT_VECTOR, tags::NUMBER_OF_TIME_SLOTS)?;
    let shifted = match selection.rr_interval {
        None => vectors.slots_as_intervals(&kept, intervals.as_deref(), slots.as_deref()),
        Some(_) => None,
    };
    let rr_interval = match shifted {
        Some(_) => 1,
        None => {
            let wanted = selection.rr_interval;
            choose_one(Axis::RrInterval, tags::RR_INTERVAL_VECTOR, intervals.as_deref(), &kept, wanted, &[])?
        }
    };
    let order = match (shifted, slots) {
        (Some(slots), _) => by_slot(&kept, &slots, None)?,
        (None, slots) => {
            retain(&mut kept, intervals.as_deref(), rr_interval);
            match slots {
                Some(slots) => by_slot(&kept, &slots, root.whole(tags::NUMBER_OF_TIME_SLOTS)?)?,
                None => {
                    vectors.stored_order_is_time(kept.len())?;
                    kept
                }
            }
        }
    };
    if !(MIN_FRAMES..=MAX_FRAMES).contains(&order.len()) {
        let source = StudyError::FrameCount { frames: order.len() };
        return Err(Problem::Study { attribute: Attribute(tags::NUMBER_OF_TIME_SLOTS), source });
    }
    Ok(Cycle { order, rr_interval, detector, view, notes: vectors.into_notes() })
}

/// The views of the detectors that the frames come from.
pub(crate) fn views(root: Attributes<'_>) -> Vec<View> {
    let items = root.items(tags::DETECTOR_INFORMATION_SEQUENCE);
    let detectors = detectors(root);
    let one = detectors.len() == 1;
    detectors.iter().map(|&detector| View::of(item(&items, detector), root, one)).collect()
}

/// The detectors (from 1) that the frames come from: one at least.
pub(crate) fn detectors(root: Attributes<'_>) -> BTreeSet<u32> {
    let frames = root.whole(tags::NUMBER_OF_FRAMES).ok().flatten().unwrap_or(1) as usize;
    let vector = Vectors::new(root, frames).of(tags::DETECTOR_VECTOR, tags::NUMBER_OF_DETECTORS);
    let used: BTreeSet<u32> = vector.ok().flatten().unwrap_or_default().into_iter().collect();
    if used.is_empty() { BTreeSet::from([1]) } else { used }
}

/// The item of a detector (from 1) in Detector Information Sequence.
pub(crate) fn item<'a>(items: &[Attributes<'a>], number: u32) -> Option<Attributes<'a>> {
    items.get((number as usize).checked_sub(1)?).copied()
}

fn retain(kept: &mut Vec<usize>, vector: Option<&[u32]>, value: u32) {
    if let Some(vector) = vector {
        kept.retain(|&frame| vector[frame] == value);
    }
}

/// The detector: the one asked for, the only one, the only one whose view was asked for, or the only LAO.
fn choose_detector(
    root: Attributes<'_>,
    vector: Option<&[u32]>,
    selection: &Selection,
) -> Result<(u32, View), Problem> {
    let numbers: BTreeSet<u32> = vector.map_or(BTreeSet::from([1]), |vector| vector.iter().copied().collect());
    let items = root.items(tags::DETECTOR_INFORMATION_SEQUENCE);
    let one = numbers.len() == 1;
    let mut choices: Vec<(u32, View)> =
        numbers.into_iter().map(|number| (number, View::of(item(&items, number), root, one))).collect();
    let named = |(number, view): &(u32, View)| Choice { number: *number, name: Some(view.name().to_string()) };
    let names: Vec<Choice> = choices.iter().map(named).collect();
    let attribute = Attribute(tags::DETECTOR_VECTOR);
    if let Some(wanted) = selection.detector {
        choices.retain(|&(number, _)| number == wanted);
        if choices.is_empty() {
            return Err(Problem::NoSuch { axis: Axis::Detector, attribute, wanted, choices: names });
        }
    }
    if let Some(wanted) = &selection.view {
        choices.retain(|(_, view)| view.matches(wanted));
        if choices.is_empty() {
            let attribute = Attribute(tags::VIEW_CODE_SEQUENCE);
            return Err(Problem::NoSuchView { attribute, wanted: wanted.clone(), choices: names });
        }
    }
    if choices.len() > 1 {
        choices.retain(|(_, view)| view.is_lao());
    }
    match choices.pop() {
        Some(choice) if choices.is_empty() => Ok(choice),
        _ => Err(Problem::Several { axis: Axis::Detector, attribute, choices: names }),
    }
}

fn choose_one(
    axis: Axis,
    vector_tag: Tag,
    vector: Option<&[u32]>,
    kept: &[usize],
    wanted: Option<u32>,
    names: &[String],
) -> Result<u32, Problem> {
    let numbers: BTreeSet<u32> =
        vector.map_or(BTreeSet::from([1]), |vector| kept.iter().map(|&frame| vector[frame]).collect());
    let attribute = Attribute(vector_tag);
    let choices = || {
        let name = |number: u32| names.get(number as usize - 1).filter(|name| !name.is_empty());
        numbers.iter().take(64).map(|&number| Choice { number, name: name(number).cloned() }).collect()
    };
    match (wanted, numbers.first()) {
        (Some(wanted), _) if numbers.contains(&wanted) => Ok(wanted),
        (Some(wanted), _) => Err(Problem::NoSuch { axis, attribute, wanted, choices: choices() }),
        (None, Some(&only)) if numbers.len() == 1 => Ok(only),
        (None, _) => Err(Problem::Several { axis, attribute, choices: choices() }),
    }
}

/// Frames by time slot; every slot from 1 to the last has exactly one.
fn by_slot(kept: &[usize], slots: &[u32], declared: Option<u32>) -> Result<Vec<usize>, Problem> {
    let attribute = Attribute(tags::TIME_SLOT_VECTOR);
    let mut order: Vec<(u32, usize)> = kept.iter().map(|&frame| (slots[frame], frame)).collect();
    order.sort_unstable();
    let mut duplicate: Vec<u32> =
        order.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0).collect();
    duplicate.dedup();
    if !duplicate.is_empty() {
        return Err(Problem::FramesDuplicate { attribute, duplicate });
    }
    let last = order.last().map_or(0, |&(slot, _)| slot);
    let slots = declared.filter(|&slots| slots > 0).unwrap_or(last);
    if last > slots {
        let value = format!("up to {last}");
        let expected = format!("at most {slots}, as (0054,0071) NumberOfTimeSlots says");
        return Err(Problem::Invalid { attribute, value, expected });
    }
    let found: BTreeSet<u32> = order.iter().map(|&(slot, _)| slot).collect();
    let missing: Vec<u32> = (1..=slots).filter(|slot| !found.contains(slot)).take(4096).collect();
    if !missing.is_empty() {
        return Err(Problem::FramesMissing { attribute, missing, slots });
    }
    Ok(order.into_iter().map(|(_, frame)| frame).collect())
}
