//! Which frames `dataset extract` takes as ED and ES: from a table, or found without a ROI.

use std::path::Path;

use anyhow::{Context, bail};
use bloodpool_core::GatedStudy;
use bloodpool_core::measure::emptying::end_systole_without_roi;
use bloodpool_dataset::{FrameOrigin, StudyTable, study_name};

use super::extract_jobs::Job;

/// The columns that frames are taken from.
const ED_COLUMN: &str = "end_diastole_frame";
const ES_COLUMN: &str = "end_systole_frame";

/// A table of frames, with the columns that it needs.
pub(super) fn frame_table(path: &Path) -> anyhow::Result<StudyTable> {
    let table = StudyTable::read(path)?;
    table.require(ED_COLUMN)?;
    table.require(ES_COLUMN)?;
    Ok(table)
}

/// All studies that the table lacks, named before anything is written.
pub(super) fn refuse_missing(table: &StudyTable, jobs: &[Job]) -> anyhow::Result<()> {
    let missing = jobs.iter().map(|job| &job.planned.path).filter(|path| !table.has(&study_name(path)));
    let missing: Vec<String> = missing.map(|path| path.display().to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("{} has no row for {}; nothing was written", table.path().display(), missing.join(", "))
}

/// ED and ES, from 1, and who chose them.
pub(super) fn frames(
    study: &GatedStudy,
    path: &Path,
    table: Option<&StudyTable>,
) -> anyhow::Result<(usize, usize, FrameOrigin)> {
    let Some(table) = table else {
        let end_systole = end_systole_without_roi(study)
            .context("nothing empties in systole, so that no end-systole was found; name the frames with --frames")?;
        return Ok((1, end_systole + 1, FrameOrigin::Automatic));
    };
    let name = study_name(path);
    let frame = |column| -> anyhow::Result<usize> {
        let frame = table.frame(&name, column)?.with_context(|| format!("no row for `{name}`"))?;
        if frame > study.frames() {
            bail!("{} says {column} {frame}, but the study has {} frames", table.path().display(), study.frames());
        }
        Ok(frame)
    };
    let (end_diastole, end_systole) = (frame(ED_COLUMN)?, frame(ES_COLUMN)?);
    if end_diastole == end_systole {
        bail!("{} names frame {end_diastole} for both ED and ES", table.path().display());
    }
    let file = table.path().file_name().map(|name| name.to_string_lossy().into_owned());
    Ok((end_diastole, end_systole, FrameOrigin::Table { file, sha256: table.sha256().to_owned() }))
}
