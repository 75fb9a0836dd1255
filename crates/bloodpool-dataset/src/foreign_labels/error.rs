//! Why labels of other programs were not taken over.

use std::path::PathBuf;

use bloodpool_files::document::DocumentError;
use bloodpool_files::whole_file::FileError;

use super::taken::UnknownImage;
use crate::coco::CocoError;
use crate::cvat::CvatError;
use crate::labelme::LabelMeError;
use crate::rated_images::SIDE;

/// Largest number of names that a message lists.
const MOST_NAMED: usize = 5;

/// Why labels were not taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignLabelsError {
    /// A file could not be read or written, or already exists.
    #[error(transparent)]
    File(#[from] FileError),
    /// The record of the images could not be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A COCO file could not be read.
    #[error(transparent)]
    Coco(#[from] CocoError),
    /// A CVAT file could not be read.
    #[error(transparent)]
    Cvat(#[from] CvatError),
    /// A LabelMe file could not be written.
    #[error(transparent)]
    LabelMe(#[from] LabelMeError),
    /// A file whose name does not end as labels do.
    #[error("{} is no file of labels: .json (COCO), .xml (CVAT), .nii, .nii.gz, .nrrd and .png are read", .0.display())]
    OtherFormat(PathBuf),
    /// A folder without any file of labels.
    #[error("{} contains no file of labels: .json (COCO), .xml (CVAT), .nii, .nii.gz, .nrrd or .png", .0.display())]
    EmptyFolder(PathBuf),
    /// Labels that cannot be used; all of them are named.
    #[error("{} labels cannot be used; nothing was written:\n  {}", .0.len(), lines(.0))]
    Unusable(Vec<UnusableLabel>),
    /// No label is of an image of the folder.
    #[error("no image of {} has a label{}{}", images.display(), other(labels, other_labels), strangers(unknown))]
    Nothing {
        /// The folder of images.
        images: PathBuf,
        /// The labels that were looked for.
        labels: Vec<String>,
        /// The labels that were found instead.
        other_labels: Vec<String>,
        /// Labels of images that are not in the folder.
        unknown: Vec<UnknownImage>,
    },
}

/// A label of an image that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableLabel {
    /// Two labels of one image.
    #[error("{image} is labelled in {} and in {}; keep one of them", first.display(), second.display())]
    Twice {
        /// The image.
        image: String,
        /// The file of the first label.
        first: PathBuf,
        /// The file of the second, which may be the same.
        second: PathBuf,
    },
    /// A label of an image of another size.
    #[error(
        "{}: the label of {image} is for {} x {} pixels; the image has {SIDE} x {SIDE}, and its study {} x {}",
        path.display(), found.1, found.0, own.1, own.0
    )]
    OtherSize {
        /// The file.
        path: PathBuf,
        /// The image.
        image: String,
        /// Rows and columns of the label.
        found: (usize, usize),
        /// Rows and columns of the study's own matrix.
        own: (usize, usize),
    },
    /// A volume with other than one frame.
    #[error("{}: {frames} frames for the image {image}; one is needed", path.display())]
    Frames {
        /// The file.
        path: PathBuf,
        /// The image.
        image: String,
        /// Number of frames.
        frames: usize,
    },
    /// A mask with more than one value besides 0.
    #[error("{}: a mask of {image} with the values {}; it needs 0 and one other", path.display(), numbers(values))]
    Values {
        /// The file.
        path: PathBuf,
        /// The image.
        image: String,
        /// The values.
        values: Vec<u8>,
    },
    /// A shape without any pixel of the image.
    #[error("{}: shape {shape} of {image}, label `{label}`: {reason}", path.display())]
    NoRegion {
        /// The file.
        path: PathBuf,
        /// The image.
        image: String,
        /// Number of the shape, from 1.
        shape: usize,
        /// Its label.
        label: String,
        /// Why.
        reason: String,
    },
}

fn lines(labels: &[UnusableLabel]) -> String {
    labels.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}

fn numbers(values: &[u8]) -> String {
    let shown: Vec<String> = values.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let more = if values.len() > MOST_NAMED { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn other(labels: &[String], other: &[String]) -> String {
    if other.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = other.iter().take(MOST_NAMED).map(String::as_str).collect();
    format!(" {labels:?}; shapes have the labels {shown:?}")
}

fn strangers(unknown: &[UnknownImage]) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = unknown.iter().take(MOST_NAMED).map(|unknown| unknown.image.as_str()).collect();
    format!("; {} labels are of images that are not in it: {}", unknown.len(), shown.join(", "))
}
