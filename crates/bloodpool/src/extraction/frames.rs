//! Which frames are taken as ED and ES: from a table, or found without a ROI.

use std::path::Path;

use bloodpool_core::GatedStudy;
use bloodpool_core::measure::frames::end_systole_without_roi;
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

/// ED and ES, from 1, and who chose them.
pub(super) fn frames(
    study: &GatedStudy,
    path: &Path,
    table: Option<&StudyTable>,
) -> Result<(usize, usize, FrameOrigin), FrameError> {
    let Some(table) = table else {
        let end_systole = end_systole_without_roi(study).ok_or(FrameError::NotFound)?;
        return Ok((1, end_systole.number(), FrameOrigin::Automatic));
    };
    let name = study_name(path);
    let frame = |column| -> Result<usize, FrameError> {
        let frame = table.frame(&name, column)?.ok_or_else(|| FrameError::NoRow { study: name.clone() })?;
        if frame > study.frames() {
            let path = table.path().to_owned();
            return Err(FrameError::Beyond { table: path, column, frame, frames: study.frames() });
        }
        Ok(frame)
    };
    let (end_diastole, end_systole) = (frame(ED_COLUMN)?, frame(ES_COLUMN)?);
    if end_diastole == end_systole {
        return Err(FrameError::Same { table: table.path().to_owned(), frame: end_diastole });
    }
    let file = table.path().file_name().map(|name| name.to_string_lossy().into_owned());
    Ok((end_diastole, end_systole, FrameOrigin::Table { file, sha256: table.sha256().to_owned() }))
}
