//! Which frames are taken as ED and ES: from a table, or found without a ROI; ED never one that lost counts.

use std::path::Path;

use bloodpool_core::measure::drop_off::DropOff;
use bloodpool_core::measure::frames::end_systole_without_roi;
use bloodpool_core::{FrameIndex, GatedStudy};
use bloodpool_dataset::{FrameOrigin, StudyTable, study_name};

use super::error::{ExtractionError, FrameError};
use super::jobs::Job;

/// The columns that frames are taken from.
const ED_COLUMN: &str = "end_diastole_frame";
const ES_COLUMN: &str = "end_systole_frame";

/// A table of frames, with the columns that it needs.
pub(super) fn frame_table(path: &Path) -> Result<StudyTable, ExtractionError> {
    let table = StudyTable::read(path)?;
    table.require(ED_COLUMN)?;
    table.require(ES_COLUMN)?;
    Ok(table)
}

/// All studies that the table lacks, named before anything is written.
pub(super) fn refuse_missing(table: &StudyTable, jobs: &[Job]) -> Result<(), ExtractionError> {
    let missing = jobs.iter().map(|job| &job.planned.path).filter(|path| !table.has(&study_name(path)));
    let missing: Vec<String> = missing.map(|path| path.display().to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ExtractionError::NoRows { table: table.path().to_owned(), studies: missing })
}

/// The frames of a study.
pub(super) struct Frames {
    /// ED, from 1.
    pub(super) end_diastole: usize,
    /// ES, from 1.
    pub(super) end_systole: usize,
    /// Who chose them.
    pub(super) from: FrameOrigin,
    /// What a reader should know of the choice.
    pub(super) note: Option<String>,
}

/// Chooses ED and ES. An ED frame of a table that lost counts at the end of the cycle is exchanged for the nearest one that lost
/// none: its counts are too few for Eq. 6, which takes one background level from both frames.
pub(super) fn frames(study: &GatedStudy, path: &Path, table: Option<&StudyTable>) -> Result<Frames, FrameError> {
    let Some(table) = table else {
        let end_systole = end_systole_without_roi(study).ok_or(FrameError::NotFound)?.number();
        return Ok(Frames { end_diastole: 1, end_systole, from: FrameOrigin::Automatic, note: None });
    };
    let name = study_name(path);
    let frame = |column| -> Result<FrameIndex, FrameError> {
        let frame = table.frame(&name, column)?.ok_or_else(|| FrameError::NoRow { study: name.clone() })?;
        let index = FrameIndex::from_number(frame).filter(|index| index.index() < study.frames());
        index.ok_or_else(|| {
            let path = table.path().to_owned();
            FrameError::Beyond { table: path, column, frame, frames: study.frames() }
        })
    };
    let (named, end_systole) = (frame(ED_COLUMN)?, frame(ES_COLUMN)?);
    let end_diastole = DropOff::of(study).nearest_whole(named);
    if let Some(both) = [named, end_diastole].into_iter().find(|ed| *ed == end_systole) {
        return Err(FrameError::Same { table: table.path().to_owned(), frame: both.number() });
    }
    let moved = end_diastole != named;
    let note = moved.then(|| {
        format!(
            "ED frame {named} of the table lost counts at the end of the cycle; frame {end_diastole}, the nearest one that lost none, \
             is taken as ED"
        )
    });
    let file = table.path().file_name().map(|name| name.to_string_lossy().into_owned());
    let moved_from = moved.then(|| named.number());
    let from = FrameOrigin::Table { file, sha256: table.sha256().to_owned(), moved_from };
    Ok(Frames { end_diastole: end_diastole.number(), end_systole: end_systole.number(), from, note })
}
