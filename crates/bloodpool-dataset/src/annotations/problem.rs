//! Errors and warnings about the files of raters, which are all reported together.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Whether a problem prevents a consensus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// No consensus is formed until it is corrected or the rater is left out.
    Error,
    /// A consensus is formed; someone should look.
    Warning,
}

/// One thing that is wrong with a file or folder of a rater.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnotationProblem {
    /// Whether it prevents a consensus.
    pub severity: Severity,
    /// Which problem it is; the names never change.
    pub kind: ProblemKind,
    /// The rater.
    pub rater: String,
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong, naming the file, and what to do.
    pub message: String,
}

/// The problems that are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The file is not a LabelMe annotation.
    Unreadable,
    /// The file is for an image that is not in the dataset.
    UnknownImage,
    /// File name and `imagePath` name different images.
    WrongImage,
    /// The image that the file embeds is another one.
    OtherPixels,
    /// The file is for an image of another size.
    WrongSize,
    /// Several files of one rater are for the same image.
    SeveralVersions,
    /// The file's name is not that of its image.
    Renamed,
    /// No shape has the label.
    NoShape,
    /// A shape with the label has no inside.
    NoRegion,
    /// A shape with the label holds no pixel.
    Empty,
    /// A point lies outside the image.
    Outside,
    /// A polygon crosses itself.
    SelfCrossing,
    /// A few images are missing.
    ImagesMissing,
    /// Half of the images or more are missing.
    HalfMissing,
    /// A rater was assigned images and has no folder.
    NoDrawings,
    /// Images were drawn that were not assigned to the rater.
    NotAssigned,
    /// Images were drawn a second time that have no first drawing.
    RepeatAlone,
    /// A rater without a group, where others have one.
    NoGroup,
    /// Shapes with other labels, which are not used.
    OtherLabels,
    /// The text of the file is not UTF-8; it was read all the same.
    Encoding,
}

impl AnnotationProblem {
    /// A problem that prevents a consensus; `message` is written after the path.
    #[must_use]
    pub fn error(kind: ProblemKind, rater: &str, path: &Path, message: impl AsRef<str>) -> Self {
        Self::new(Severity::Error, kind, rater, path, message.as_ref())
    }

    /// A problem that someone should look at; `message` is written after the path.
    #[must_use]
    pub fn warning(kind: ProblemKind, rater: &str, path: &Path, message: impl AsRef<str>) -> Self {
        Self::new(Severity::Warning, kind, rater, path, message.as_ref())
    }

    fn new(severity: Severity, kind: ProblemKind, rater: &str, path: &Path, message: &str) -> Self {
        let message = format!("{}: {message}", path.display());
        Self { severity, kind, rater: rater.to_owned(), path: path.to_owned(), message }
    }

    /// Whether it prevents a consensus.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
