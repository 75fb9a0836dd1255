//! `AnnotationSettings`: which images are drawn on, by whom, and where the drawings go.

use std::path::PathBuf;

/// What an annotation is started with.
#[derive(Debug, Clone, Default)]
pub struct AnnotationSettings {
    /// The folder of the images, which has `extract.json`.
    pub work: PathBuf,
    /// The raters. Without any, those of the table of assignments.
    pub raters: Vec<String>,
    /// The folder with a folder for each rater; `None`: `raters` in the folder of the images.
    pub raters_folder: Option<PathBuf>,
    /// Table of who reads what, as a consensus takes it; `None`: everybody reads everything.
    pub assignments: Option<PathBuf>,
    /// How many of the studies that a rater reads are read a second time, percent.
    pub second_reading_percent: Option<f64>,
}
