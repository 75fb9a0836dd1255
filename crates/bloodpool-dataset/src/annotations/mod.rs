//! The drawings of raters: folders are found, every file is checked, and shapes with the label become masks.

pub mod assignments;
mod check;
mod crossing;
pub mod problem;
pub mod raters;

use std::collections::BTreeMap;

use bloodpool_core::Mask;
use bloodpool_files::composed;

pub use assignments::{Assignments, Round};
pub use crossing::crossing_sides;
pub use problem::{AnnotationProblem, ProblemKind, Severity};
pub use raters::{RaterFolder, RatersError, find_raters, groups_beside, read_groups};

use crate::rasterise::rasterise;
use crate::rated_images::SIDE;
use crate::shape::Shape;

/// Labels that stand for the left ventricle unless others are named.
pub const DEFAULT_LABELS: [&str; 3] = ["LV", "left ventricle", "left ventricular"];

/// The labels that stand for the left ventricle. Case does not matter, and `_` and `-` are spaces.
#[derive(Debug, Clone)]
pub struct Labels {
    names: Vec<String>,
}

impl Labels {
    /// These labels.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { names: names.into_iter().map(plain).collect() }
    }

    /// Whether a shape's label is one of them.
    #[must_use]
    pub fn has(&self, label: &str) -> bool {
        self.names.contains(&plain(label))
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::new(DEFAULT_LABELS)
    }
}

fn plain(label: &str) -> String {
    let spaced = composed(label).to_lowercase().replace(['_', '-'], " ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What one rater drew on one image: the shapes with the label, each of which holds pixels.
///
/// Masks are made from them when they are asked for: those of many raters on many images would fill the memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// The shapes.
    pub shapes: Vec<Shape>,
}

impl Drawing {
    /// The pixels inside any of the shapes, on the grid of the images.
    #[must_use]
    pub fn mask(&self) -> Mask {
        let mut mask = Mask::empty(SIDE, SIDE);
        for inside in self.shapes.iter().filter_map(|shape| rasterise(shape, SIDE, SIDE).ok()) {
            mask.insert_all(&inside);
        }
        mask
    }
}

/// What one rater drew, by the name of the image.
#[derive(Debug, Clone, PartialEq)]
pub struct RaterDrawings {
    /// The rater.
    pub rater: RaterFolder,
    /// The rater's group, if any.
    pub group: Option<String>,
    /// What was drawn, by the name of the image.
    pub drawings: BTreeMap<String, Drawing>,
    /// What was drawn a second time, by the name of the image; never part of the consensus.
    pub repeated: BTreeMap<String, Drawing>,
}

pub(crate) use check::stem_of_image;
pub use check::{ImageToAnnotate, read_rater};
