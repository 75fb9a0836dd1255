//! `SingleFrame`: a file of one frame of a gated study, and the study from all such files.

use std::path::PathBuf;

use bloodpool_files::sha256;
use dicom_dictionary_std::tags;
use ndarray::{Axis, concatenate};

use super::error::{Problem, ReadError};
use super::header::Attributes;
use super::note::Note;
use super::opened::{Frames, Opened};
use super::part10::load;
use super::pixels::{Counts, PixelFormat};
use super::selection::Selection;
use super::study_file::{SourceFile, StudyFile};
use super::values::invalid;
use super::{frames, kind};
use crate::attribute::Attribute;

/// What tells one frame from the others of its series.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SingleFrame {
    /// What frames of one cycle have in common, as one text.
    pub(crate) same: String,
    /// Detector, energy window and R-R interval, as the vectors number them.
    pub(crate) numbers: [Option<u32>; 3],
    /// Time slot.
    pub(crate) slot: Option<u32>,
    /// Number of Time Slots.
    pub(crate) slots: Option<u32>,
    /// Trigger Time, ms.
    pub(crate) trigger_ms: Option<f64>,
    /// Instance Number.
    pub(crate) instance: Option<u32>,
}

impl SingleFrame {
    /// `None` where the file has several frames, or belongs to no series.
    pub(super) fn of(root: Attributes<'_>) -> Option<Self> {
        let first = |tag| root.wholes(tag).ok().and_then(|values| values.first().copied());
        let frames = first(tags::NUMBER_OF_FRAMES).unwrap_or(1);
        let series = root.text(tags::SERIES_INSTANCE_UID).filter(|_| frames == 1)?;
        let numbers = [tags::DETECTOR_VECTOR, tags::ENERGY_WINDOW_VECTOR, tags::RR_INTERVAL_VECTOR].map(first);
        let views: Vec<String> = frames::views(root).iter().map(|view| view.name().to_string()).collect();
        let size = [tags::ROWS, tags::COLUMNS].map(first);
        let patient = root.text(tags::PATIENT_ID);
        let gated = root.items(tags::GATED_INFORMATION_SEQUENCE);
        let trigger = |item: &Attributes<'_>| item.number(tags::TRIGGER_TIME).ok().flatten();
        Some(Self {
            same: format!("{series} {patient:?} {size:?} {numbers:?} {views:?}"),
            numbers,
            slot: first(tags::TIME_SLOT_VECTOR),
            slots: first(tags::NUMBER_OF_TIME_SLOTS),
            trigger_ms: trigger(&root).or_else(|| gated.first().and_then(trigger)),
            instance: first(tags::INSTANCE_NUMBER),
        })
    }

    /// Whether the frame belongs to the detector, window and interval that were chosen.
    pub(crate) fn is_selected(&self, selection: &Selection) -> bool {
        let wanted = [selection.detector, selection.energy_window, selection.rr_interval];
        self.numbers.iter().zip(wanted).all(|(own, wanted)| wanted.is_none_or(|wanted| own.unwrap_or(1) == wanted))
    }
}

/// The error of a file that is one frame of a study, read by itself; `None` where it is not.
pub(super) fn alone(file: &Opened) -> Result<Option<Problem>, Problem> {
    let root = file.root();
    let single = match root.whole(tags::NUMBER_OF_FRAMES)? {
        Some(frames) => frames == 1,
        None => file.holds_one_frame(),
    };
    Ok(single.then_some(Problem::OneFrame { attribute: Attribute(tags::NUMBER_OF_FRAMES) }))
}

/// Reads the frames in `files`, which are in the order of `by`.
pub(crate) fn open_joined(files: &[PathBuf], by: Attribute) -> Result<StudyFile, ReadError> {
    let mut first: Option<(Opened, PixelFormat, Counts)> = None;
    let mut sources = Vec::new();
    let mut notes = Vec::new();
    let mut frames = Vec::new();
    for path in files {
        let of_file = |problem| ReadError::new(path, problem);
        let bytes = load(path).map_err(of_file)?;
        sources.push(SourceFile { path: path.clone(), sha256: sha256(&bytes) });
        let file = Opened::from_bytes(bytes).map_err(of_file)?;
        let of_kind = kind::check(file.root()).map_err(of_file)?;
        let format = PixelFormat::of_frames(file.root(), 1).map_err(of_file)?;
        let counts = file.counts(&format, &[0]).map_err(of_file)?;
        frames.push(counts.values.clone());
        match &first {
            None => {
                notes.extend(file.note().cloned());
                notes.extend(of_kind);
                first = Some((file, format, counts));
            }
            Some((_, of_first, counts_of_first)) => {
                if !format.is_like(of_first) {
                    let expected = "like that of the first frame, as are columns and shades";
                    return Err(of_file(invalid(tags::ROWS, format.rows, expected)));
                }
                if counts.padded != counts_of_first.padded {
                    return Err(of_file(format.padding_varies()));
                }
            }
        }
    }
    let empty = || ReadError::new(&PathBuf::new(), Problem::EmptyFile);
    let (file, format, counts) = first.ok_or_else(empty)?;
    let of_first = |problem| ReadError::new(&files[0], problem);
    let parts: Vec<_> = frames.iter().map(|frame| frame.view()).collect();
    let values = concatenate(Axis(0), &parts)
        .map_err(|_| of_first(invalid(tags::ROWS, format.rows, "the same in all files of the series")))?;
    let message = format!("{} files of one frame each were joined by {by}", files.len());
    let mut later = vec![Note { code: "frames_joined", message }];
    let view = frames::views(file.root()).into_iter().next().unwrap_or_default();
    let detector = frames::detectors(file.root()).into_iter().next().unwrap_or(1);
    let counts = Counts { values, ..counts };
    let joined = Frames { root: file.root(), format, counts, rr_interval: 1, detector, view, whole: false };
    let study = joined.study(&mut notes, &mut later).map_err(of_first)?;
    notes.extend(later);
    Ok(StudyFile { path: files[0].clone(), study, files: sources, notes })
}
