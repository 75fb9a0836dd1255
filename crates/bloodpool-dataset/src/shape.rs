//! `Shape`: one shape that a rater drew, as LabelMe records it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// One drawn shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// What it outlines, for example `LV`.
    pub label: String,
    /// `[x, y]` on the image; whole numbers are pixel corners, so that `[0.5, 0.5]` is the first pixel's centre.
    pub points: Vec<[f64; 2]>,
    /// Shapes with the same number form one object.
    #[serde(default, deserialize_with = "crate::whole_number::or_null")]
    pub group_id: Option<i64>,
    /// Free text.
    #[serde(default, deserialize_with = "null_as_default")]
    pub description: String,
    /// How the points are meant.
    #[serde(default, deserialize_with = "null_as_default")]
    pub shape_type: ShapeType,
    /// Flags of this shape.
    #[serde(default, deserialize_with = "null_as_default")]
    pub flags: BTreeMap<String, bool>,
    /// For [`ShapeType::Mask`]: the pixels within the box of the two points, a PNG in base64.
    #[serde(default)]
    pub mask: Option<String>,
    /// Whatever else the shape holds, kept as it is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How a shape's points are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShapeType {
    /// The corners of a closed outline, three or more.
    #[default]
    Polygon,
    /// Two opposite corners.
    Rectangle,
    /// The four corners of a turned rectangle.
    OrientedRectangle,
    /// The centre and a point on the rim.
    Circle,
    /// A box, and the pixels within it.
    Mask,
    /// A shape that encloses nothing, such as `line` or `point`.
    #[serde(untagged)]
    Other(String),
}

impl Shape {
    /// A polygon.
    #[must_use]
    pub fn polygon(label: &str, points: Vec<[f64; 2]>) -> Self {
        Self {
            label: label.into(),
            points,
            group_id: None,
            description: String::new(),
            shape_type: ShapeType::Polygon,
            flags: BTreeMap::new(),
            mask: None,
            other: Map::new(),
        }
    }
}

/// A field that is missing or `null`, as its default.
pub(crate) fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
