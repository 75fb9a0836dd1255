//! `Vectors`: one number per frame and axis, from 1, also where the file counts from 0 or lacks a vector (PS3.3 C.8.4.8).

use std::cell::RefCell;
use std::collections::BTreeSet;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::error::Problem;
use super::header::Attributes;
use super::note::Note;
use crate::attribute::Attribute;

/// The vectors of a file.
pub(super) struct Vectors<'a> {
    root: Attributes<'a>,
    frames: usize,
    pointer: Vec<Tag>,
    notes: RefCell<Vec<Note>>,
}

impl<'a> Vectors<'a> {
    pub(super) fn new(root: Attributes<'a>, frames: usize) -> Self {
        Self { root, frames, pointer: root.tags(tags::FRAME_INCREMENT_POINTER), notes: RefCell::default() }
    }

    /// One value per frame, from 1; `None` where the file has no such vector and need not have one.
    pub(super) fn of(&self, vector: Tag, count: Tag) -> Result<Option<Vec<u32>>, Problem> {
        let values = self.root.wholes(vector)?;
        let attribute = Attribute(vector);
        let declared = self.root.whole(count)?.filter(|&count| count > 0);
        if values.is_empty() {
            if self.pointer.contains(&vector) && declared.is_some_and(|count| count > 1) {
                self.check_dispensable(vector)?;
            }
            return Ok(None);
        }
        if values.len() != self.frames {
            return Err(Problem::VectorLength { attribute, found: values.len(), frames: self.frames });
        }
        if !values.contains(&0) {
            return Ok(Some(values));
        }
        // From 0 only if the numbers have no gap and are no more than the header says.
        let different: BTreeSet<u32> = values.iter().copied().collect();
        let last = different.last().copied().unwrap_or_default();
        if different.len() as u64 != u64::from(last) + 1 || declared.is_some_and(|count| last >= count) {
            let expected = "1 or greater".into();
            return Err(Problem::Invalid { attribute, value: "0 for some frames".into(), expected });
        }
        self.note("vector_from_zero", format!("{attribute} counts from 0; its values were taken as counted from 1"));
        Ok(Some(values.into_iter().map(|value| value + 1).collect()))
    }

    /// Whether a vector that Frame Increment Pointer names and the file lacks can be done without: there are as many
    /// frames as time slots, so that nothing but time varies. Of several detectors, the view would still be unknown.
    fn check_dispensable(&self, vector: Tag) -> Result<(), Problem> {
        let attribute = Attribute(vector);
        let why = Some("(0028,0009) FrameIncrementPointer names it");
        let slots = self.root.whole(tags::NUMBER_OF_TIME_SLOTS)?.unwrap_or_default() as usize;
        if vector == tags::TIME_SLOT_VECTOR {
            // Whether the stored order is that of time is decided once the frames of one cycle are known.
            return Ok(());
        }
        if slots != self.frames || vector == tags::DETECTOR_VECTOR {
            return Err(Problem::Missing { attribute, why });
        }
        self.note(
            "vector_missing",
            format!(
                "{attribute} is missing, though {} names it; there are as many frames as time slots, so that only time varies",
                Attribute(tags::FRAME_INCREMENT_POINTER)
            ),
        );
        Ok(())
    }

    /// Without a Time Slot Vector the stored order of the frames that are `kept` is the order of time only if nothing
    /// else varies among them.
    pub(super) fn stored_order_is_time(&self, kept: usize) -> Result<(), Problem> {
        let several = [
            (tags::DETECTOR_VECTOR, tags::NUMBER_OF_DETECTORS),
            (tags::ENERGY_WINDOW_VECTOR, tags::NUMBER_OF_ENERGY_WINDOWS),
            (tags::RR_INTERVAL_VECTOR, tags::NUMBER_OF_RR_INTERVALS),
        ];
        let slots = self.root.whole(tags::NUMBER_OF_TIME_SLOTS)?.filter(|&slots| slots > 0);
        let named = self.pointer.contains(&tags::TIME_SLOT_VECTOR) && slots.is_some_and(|slots| slots > 1);
        let attribute = Attribute(tags::TIME_SLOT_VECTOR);
        if named && slots != u32::try_from(kept).ok() {
            return Err(Problem::Missing { attribute, why: Some("(0028,0009) FrameIncrementPointer names it") });
        }
        for (vector, count) in several {
            let number = self.root.whole(count)?.unwrap_or(1);
            // As many frames as time slots come from one window and interval, but from which detector is unknown.
            let one_cycle = vector != tags::DETECTOR_VECTOR && slots == u32::try_from(self.frames).ok();
            let told_apart = one_cycle || !self.root.wholes(vector)?.is_empty();
            if number > 1 && !told_apart {
                return self.unknown(format!("{number} of {}", Attribute(count)));
            }
        }
        match slots {
            Some(slots) if slots as usize != kept => {
                self.unknown(format!("{slots} of {}", Attribute(tags::NUMBER_OF_TIME_SLOTS)))
            }
            _ => {
                let message = format!("{attribute} is missing; frames are taken in the order in which they are stored");
                self.note("stored_order", message);
                Ok(())
            }
        }
    }

    /// The time slots that are written as R-R intervals: each of the `kept` frames has an R-R interval of its own, and
    /// their time slots do not differ. A cycle of one frame would not be gated.
    pub(super) fn slots_as_intervals(
        &self,
        kept: &[usize],
        intervals: Option<&[u32]>,
        slots: Option<&[u32]>,
    ) -> Option<Vec<u32>> {
        let intervals = intervals?;
        let of_kept = |vector: &[u32]| kept.iter().map(|&frame| vector[frame]).collect::<BTreeSet<u32>>();
        let numbers = of_kept(intervals);
        let complete = numbers.len() == kept.len() && numbers.last().copied() == u32::try_from(kept.len()).ok();
        if kept.len() < 2 || !complete || slots.is_some_and(|slots| of_kept(slots).len() > 1) {
            return None;
        }
        self.note(
            "slots_as_rr_intervals",
            format!(
                "{} gives every frame an R-R interval of its own, and {} does not tell them apart: they are the time slots of \
                 one cycle, and were read so",
                Attribute(tags::RR_INTERVAL_VECTOR),
                Attribute(tags::TIME_SLOT_VECTOR)
            ),
        );
        Some(intervals.to_vec())
    }

    fn unknown(&self, why: String) -> Result<(), Problem> {
        let attribute = Attribute(tags::TIME_SLOT_VECTOR);
        Err(Problem::FrameOrderUnknown { attribute, frames: self.frames, why })
    }

    fn note(&self, code: &'static str, message: String) {
        let note = Note { code, message };
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    pub(super) fn into_notes(self) -> Vec<Note> {
        self.notes.into_inner()
    }
}
