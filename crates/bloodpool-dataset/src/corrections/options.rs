//! What is compared: the images, the prelabels, and the raters who corrected them.

use std::path::{Path, PathBuf};

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
