//! What raters changed of prelabels: overlap, area, LVEF and the time between savings, per rater and per image.

mod before;
mod compare;
mod error;
mod file_times;
mod mean_by_patient;
mod record;
mod summary;

use std::path::{Path, PathBuf};

pub use error::CorrectionsError;
pub use file_times::{LONGEST_GAP_SECONDS, TOGETHER_SECONDS, TimePerImage, TimeSource};
pub use mean_by_patient::MeanByPatient;
pub use record::{CORRECTIONS_FILE, CORRECTIONS_SCHEMA, CorrectedLvef, Corrections, ImageCorrection, RaterCorrections};

/// What is compared.
#[derive(Debug, Clone)]
pub struct CorrectionsOptions<'a> {
    /// The folder with the record of the images.
    pub images: &'a Path,
    /// The folder of prelabels with their record, as they were before anyone corrected them.
    pub prelabels: &'a Path,
    /// Folders of raters, or of such folders.
    pub raters: &'a [PathBuf],
    /// Labels that stand for the left ventricle, besides that of the prelabels.
    pub labels: &'a [String],
    /// Program and version, for the record.
    pub software: &'a str,
}

impl CorrectionsOptions<'_> {
    /// Reads prelabels and raters' files, and compares them. Nothing is written. A rater may have drawn on a part of the images.
    ///
    /// # Errors
    /// [`CorrectionsError`] when the prelabels are not those that were recorded, or are of other images, or there are no raters.
    pub fn compare(&self) -> Result<Corrections, CorrectionsError> {
        compare::compare(self)
    }
}
