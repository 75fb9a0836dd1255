//! `Content`: everything that the pages of a PDF show, prepared once.

use bloodpool_core::function::VentricularFunction;

use crate::Language;
use crate::report::Report;
use crate::report::choices::Choice;
use crate::report::function_images::Maps;
use crate::report::images::{Crop, Scale};

/// Everything that the pages show, prepared once.
pub(super) struct Content<'a> {
    pub(super) report: &'a Report<'a>,
    pub(super) function: Option<&'a VentricularFunction>,
    pub(super) maps: Option<Maps>,
    pub(super) scale: Scale,
    pub(super) crop: Crop,
    pub(super) choices: Vec<Choice>,
    pub(super) language: Language,
}
