//! `ConfirmedStudy`: studies whose outlines a person confirmed on the review page, as images and as the LabelMe files of one rater.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::protocol::Grid;
use bloodpool_core::{Contour, Mask};
use bloodpool_dataset::LabelMeError;
use bloodpool_dataset::prelabel_record::PrelabelledImage;
use bloodpool_files::FileError;
use bloodpool_report::AnalysisDocument;

use crate::extraction::{Extracted, Extraction, ExtractionError};
use crate::prelabels::{PrelabelError, extracted_study};

/// Name of the rater's folder, in that of the images.
pub const CONFIRMED_RATER: &str = "raters/confirmed";
/// Name of the table of ED and ES, which the record of the images names.
const FRAMES_FILE: &str = "confirmed.csv";

/// A study with the analysis that a person confirmed.
#[derive(Debug, Clone)]
pub struct ConfirmedStudy {
    files: Vec<PathBuf>,
    document: AnalysisDocument,
}

impl ConfirmedStudy {
    /// Of the files of a study and its document `bloodpool.analysis/1`.
    ///
    /// # Errors
    /// When the document is none.
    pub fn new(files: Vec<PathBuf>, document: &str) -> Result<Self, serde_json::Error> {
        Ok(Self { files, document: serde_json::from_str(document)? })
    }

    /// The LV as it was confirmed on a frame (from 1), in the study's own matrix.
    fn mask(&self, frame: usize, rows: usize, columns: usize) -> Mask {
        let roi = frame.checked_sub(1).and_then(|index| self.document.rois.get(index));
        let contour = roi.map(|roi| roi.contour.clone()).unwrap_or_default();
        Contour(contour).rasterised(rows, columns)
    }
}

/// Why confirmed outlines could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfirmedError {
    /// Nothing can be extracted.
    #[error(transparent)]
    Extraction(#[from] ExtractionError),
    /// The table of frames cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The images cannot be read again.
    #[error(transparent)]
    Images(#[from] PrelabelError),
    /// An annotation cannot be written.
    #[error(transparent)]
    Annotation(#[from] LabelMeError),
}

/// Extracts the studies with the ED and ES that were confirmed, and writes the outlines of these images as the LabelMe files of one
/// rater into [`CONFIRMED_RATER`]. `extraction`: everything but studies and frames, which are those that were confirmed. `begin`,
/// `done` and `stop`: as [`Extraction::run`]. The number is that of the outlines.
///
/// # Errors
/// [`ConfirmedError`]; a study that fails alone does not stop the others.
pub fn extract_confirmed(
    studies: &[ConfirmedStudy],
    extraction: &Extraction,
    label: &str,
    (begin, done): (&dyn Fn(usize), &(dyn Fn() + Sync)),
    stop: &AtomicBool,
) -> Result<(Extracted, usize), ConfirmedError> {
    let scratch = tempfile::tempdir().map_err(|source| FileError::Write { path: std::env::temp_dir(), source })?;
    let frames = scratch.path().join(FRAMES_FILE);
    write_frames(studies, &frames).map_err(|error| FileError::Write { path: frames.clone(), source: error.into() })?;
    let extraction = Extraction {
        studies: studies.iter().flat_map(|study| study.files.clone()).collect(),
        frames: Some(frames),
        ..extraction.clone()
    };
    let extracted = extraction.run(begin, done, stop)?;
    let outlines = match &extracted.manifest {
        Some(_) => outlines(studies, &extraction, &extracted, label)?,
        None => 0,
    };
    Ok((extracted, outlines))
}

/// ED and ES of each file.
fn write_frames(studies: &[ConfirmedStudy], path: &Path) -> csv::Result<()> {
    let mut table = csv::Writer::from_path(path)?;
    table.write_record(["study", "end_diastole_frame", "end_systole_frame"])?;
    for study in studies {
        let [ed, es] = [&study.document.end_diastole, &study.document.end_systole].map(|phase| phase.frame.to_string());
        for file in &study.files {
            table.write_record([file.as_os_str().as_encoded_bytes(), ed.as_bytes(), es.as_bytes()])?;
        }
    }
    Ok(table.flush()?)
}

fn outlines(
    studies: &[ConfirmedStudy],
    extraction: &Extraction,
    extracted: &Extracted,
    label: &str,
) -> Result<usize, ConfirmedError> {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let by_file: BTreeMap<PathBuf, &ConfirmedStudy> =
        studies.iter().flat_map(|study| study.files.iter().map(move |file| (whole(file), study))).collect();
    let folder = extraction.out.join(CONFIRMED_RATER);
    let mut written = 0;
    for case in extracted.manifest.iter().flat_map(|manifest| &manifest.cases) {
        let Some(confirmed) = extracted.files.get(&case.case).and_then(|file| by_file.get(file)) else { continue };
        let study = extracted_study(&extraction.out, case)?;
        let grid = GridCounts::new(&study, Grid::Square256);
        for image in &case.images {
            let mask = grid.mask(&confirmed.mask(image.frame, case.rows, case.columns));
            PrelabelledImage::write(&folder, (&extraction.out, image), &mask, label, extraction.if_exists)?;
            written += 1;
        }
    }
    Ok(written)
}
