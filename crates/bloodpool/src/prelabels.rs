//! Prelabels: outlines of a model on extracted images, for raters to correct by hand instead of drawing from nothing.

use std::path::{Path, PathBuf};

use bloodpool_core::analysis::segment;
use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::protocol::Grid;
use bloodpool_core::{GatedStudy, SegmentationError, Segmenter};
use bloodpool_dataset::prelabel_record::{PRELABELS_FOLDER, PRELABELS_SCHEMA, PrelabelRecord, PrelabelledImage};
use bloodpool_dataset::{ExtractManifest, ExtractedCase, LabelMeError};
use bloodpool_files::document::DocumentError;
use bloodpool_files::npy::decode_npy_f32;
use bloodpool_files::{FileError, IfExists};

/// Prelabels to write.
pub struct Prelabels<'a> {
    /// Folder of the images, with their record.
    pub images: &'a Path,
    /// What draws them.
    pub segmenter: &'a dyn Segmenter,
    /// Label of the shapes.
    pub label: &'a str,
    /// Raters' folders that get a copy to correct.
    pub raters: &'a [PathBuf],
    /// When they are drawn, UTC.
    pub when_utc: String,
    /// Whether files may be replaced.
    pub if_exists: IfExists,
}

/// Why prelabels could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrelabelError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A record cannot be read or written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// An annotation cannot be written.
    #[error(transparent)]
    Annotation(#[from] LabelMeError),
    /// Counts are no study.
    #[error("{}: {reason}", path.display())]
    Counts {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The model failed.
    #[error("study `{case}`")]
    Segmentation {
        /// The study.
        case: String,
        /// Why.
        #[source]
        source: SegmentationError,
    },
}

impl Prelabels<'_> {
    /// Outlines every image of the folder, writes the LabelMe files into its folder `prelabels` and a copy into each rater's folder, and
    /// the record last; `each` is called after each study, and stops the work where it returns `false`. `None` where it was stopped.
    ///
    /// # Errors
    /// [`PrelabelError`] naming the study or file.
    pub fn write(&self, mut each: impl FnMut() -> bool) -> Result<Option<PrelabelRecord>, PrelabelError> {
        let manifest = ExtractManifest::read(self.images)?.document;
        let folder = self.images.join(PRELABELS_FOLDER);
        let mut images = Vec::new();
        for case in &manifest.cases {
            let study = extracted_study(self.images, case)?;
            let failed = |source| PrelabelError::Segmentation { case: case.case.clone(), source };
            let seen = segment(&study, self.segmenter).map_err(failed)?;
            let grid = GridCounts::new(&study, Grid::Square256);
            for image in &case.images {
                let Some(mask) = image.frame.checked_sub(1).and_then(|frame| seen.masks.get(frame)) else { continue };
                let (mask, place) = (grid.mask(mask), (self.images, image));
                for rater in self.raters {
                    PrelabelledImage::write(rater, place, &mask, self.label, self.if_exists)?;
                }
                images.push(PrelabelledImage::write(&folder, place, &mask, self.label, self.if_exists)?);
            }
            if !each() {
                return Ok(None);
            }
        }
        let model = self.segmenter.identity();
        let record = PrelabelRecord {
            schema: PRELABELS_SCHEMA.to_owned(),
            software: bloodpool_report::SOFTWARE.to_owned(),
            model: model.name,
            model_sha256: model.sha256,
            when_utc: self.when_utc.clone(),
            label: self.label.to_owned(),
            images,
        };
        record.write(&folder, self.if_exists)?;
        Ok(Some(record))
    }
}

/// A study from its extracted counts; `images`: the folder with their record.
///
/// # Errors
/// [`PrelabelError`] naming the file.
pub(crate) fn extracted_study(images: &Path, case: &ExtractedCase) -> Result<GatedStudy, PrelabelError> {
    let path = images.join(&case.counts.file);
    let counts = decode_npy_f32::<ndarray::Ix3>(&path, &case.counts.read(images)?)?;
    let mut study = GatedStudy::new(counts, case.pixel_spacing_mm)
        .map_err(|error| PrelabelError::Counts { path, reason: error.to_string() })?;
    study.gating = case.gating.clone();
    study.identity.simulated = case.simulated;
    Ok(study)
}
