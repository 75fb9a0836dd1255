//! What a consensus is formed from, and by which rules.

use std::path::{Path, PathBuf};

use bloodpool_files::whole_file::IfExists;

use super::record::ConsensusRule;

/// What to form a consensus from.
#[derive(Debug, Clone)]
pub struct ConsensusOptions<'a> {
    /// Folder of the images.
    pub images: &'a Path,
    /// Raters' folders, or folders of such folders.
    pub raters: &'a [PathBuf],
    /// Table of the raters' groups; `None`: `raters.csv` beside the raters' folders, if there is one.
    pub groups: Option<&'a Path>,
    /// Table of who was to read which images, as [`crate::annotations::Assignments`] reads it; `None`: everyone was to read all.
    pub assignments: Option<&'a Path>,
    /// Labels that stand for the left ventricle.
    pub labels: &'a [String],
    /// How many masks become one.
    pub rule: ConsensusRule,
    /// Fewest raters of an image; fewer are an error, unless `at_least` is given.
    pub min_raters: usize,
    /// Fewest raters of an image, where images with fewer are left out and named in the record instead of being an error.
    pub at_least: Option<usize>,
    /// Raters who are left out.
    pub leave_out: &'a [String],
    /// Whether raters who are flagged are left out.
    pub leave_out_outliers: bool,
    /// Studies whose consensus is accepted though its LVEF lies outside [`super::USUAL_LVEF_PERCENT`].
    pub accept_lvef: &'a [String],
    /// Program and version.
    pub software: &'a str,
    /// Whether files may be replaced.
    pub if_exists: IfExists,
}
