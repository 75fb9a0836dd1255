//! `Contour`: the outline of a mask as a closed polygon, in the study's own pixels.

use serde::Serialize;

/// A closed polygon of `[x, y]` (column, row); pixel centres are whole numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Contour(pub Vec<[f64; 2]>);
