//! Annotation for research: raters draw on the images of `dataset extract`, and their LabelMe files are written for them.
//!
//! [`annotation::Annotation`] is the work of all raters; [`drawing_order`] says which images each sees in which order, [`drawn`] is what a
//! rater has drawn on one image, and [`kept`] keeps it, with its history, beside the LabelMe file that `dataset consensus` reads.

pub(crate) mod annotation;
pub(crate) mod drawing_order;
pub(crate) mod drawn;
pub(crate) mod error;
pub(crate) mod kept;
pub(crate) mod progress;
pub(crate) mod rater_names;
pub(crate) mod settings;
