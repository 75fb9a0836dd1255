//! What was taken over of another program, and what was not.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenLabels {
    /// Images whose LabelMe files were written, in the order of the record of the images.
    pub written: Vec<String>,
    /// Images of the folder that no source has a label for; nothing was written for them.
    pub without_label: Vec<String>,
    /// Those of them for which the folder of the rater has a file from before, which was left as it is.
    pub left: Vec<String>,
    /// Labels of images that are not in the folder, each with its file.
    pub unknown: Vec<UnknownImage>,
    /// How many shapes have another label and were not taken over, by that label.
    pub other_labels: BTreeMap<String, usize>,
    /// Files of the folders that are no labels and were not read.
    pub not_read: Vec<PathBuf>,
}

/// A label of an image that is not in the folder of images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownImage {
    /// The image, as its file names it.
    pub image: String,
    /// The file.
    pub path: PathBuf,
}
