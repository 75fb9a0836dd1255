//! `AnnotationProgress`: how far each rater is, as JSON. It names no image and no patient.

use serde::Serialize;

/// Schema of the document.
pub const PROGRESS_SCHEMA: &str = "bloodpool.annotation-progress/1";

/// `bloodpool.annotation-progress/1`: how far each rater is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnnotationProgress {
    /// [`PROGRESS_SCHEMA`].
    pub schema: &'static str,
    /// Images of all studies.
    pub images: usize,
    /// The raters, in the order in which they were named.
    pub raters: Vec<RaterProgress>,
}

/// How far one rater is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RaterProgress {
    /// The rater.
    pub rater: String,
    /// Images that the rater draws on for the first time.
    pub assigned: usize,
    /// Those of them that are drawn.
    pub drawn: usize,
    /// Images that the rater draws on a second time.
    pub second_assigned: usize,
    /// Those of them that are drawn.
    pub second_drawn: usize,
    /// When the last change was saved, ISO 8601 in UTC.
    pub last_saved: Option<String>,
    /// Drawings that stopped, because a file that the program did not write is in their place.
    pub in_the_way: Vec<InTheWay>,
}

/// A drawing in whose place there is a file of somebody else. Names of images may name patients, so that numbers stand for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InTheWay {
    /// Number of the study in `extract.json`, from 1.
    pub study: usize,
    /// Its image: `ed`, `ed-second`, `es` or `es-second`.
    pub image: &'static str,
    /// 1: the first drawing; 2: the second, in `repeat-2`.
    pub drawing: u8,
}
