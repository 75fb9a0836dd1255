//! LabelMe annotation files, read and written so that LabelMe itself opens them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bloodpool_core::{Contour, Mask};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rasterise::{RasteriseError, rasterise};
use crate::shape::Shape;
use bloodpool_files::whole_file::{FileError, IfExists, write_whole};
use bloodpool_files::{DecodedText, TextEncoding, read_text};

/// The LabelMe release whose format is written; 5.x and 6.x both open it.
const VERSION: &str = "5.5.0";

/// Largest side of an image that a mask is made for, pixels: that of the images that are read.
const LARGEST_SIDE: usize = 8192;

/// One annotation file: the shapes that one rater drew on one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelMeFile {
    /// The LabelMe release that wrote the file.
    #[serde(default, deserialize_with = "crate::shape::null_as_default")]
    pub version: String,
    /// Flags of the whole image.
    #[serde(default, deserialize_with = "crate::shape::null_as_default")]
    pub flags: BTreeMap<String, bool>,
    /// The shapes, in the order in which they were drawn.
    pub shapes: Vec<Shape>,
    /// The image, relative to this file.
    pub image_path: String,
    /// The image itself, base64; `None` when it is a separate file.
    pub image_data: Option<String>,
    /// Rows of the image; older files may not say.
    #[serde(default, deserialize_with = "crate::whole_number::or_null")]
    pub image_height: Option<usize>,
    /// Columns of the image; older files may not say.
    #[serde(default, deserialize_with = "crate::whole_number::or_null")]
    pub image_width: Option<usize>,
    /// Whatever else the file holds, kept as it is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Why an annotation could not be read or turned into a mask; names the file where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelMeError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not a LabelMe annotation.
    #[error("{} is not a LabelMe annotation", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// The shapes could not be encoded, for example because a coordinate is not a number.
    #[error("shape {shape} of `{image_path}` has a coordinate that is not a finite number")]
    NotFinite {
        /// Number of the shape, from 1.
        shape: usize,
        /// The annotated image.
        image_path: String,
    },
    /// A shape has no inside.
    #[error("shape {shape} of `{image_path}`, label `{label}`")]
    Shape {
        /// Number of the shape, from 1.
        shape: usize,
        /// The annotated image.
        image_path: String,
        /// The shape's label.
        label: String,
        /// Why.
        #[source]
        source: RasteriseError,
    },
    /// The file says that its image is larger than any image of a study.
    #[error(
        "the annotation of `{image_path}` is for an image of {width} x {height} pixels; a side has at most {LARGEST_SIDE}"
    )]
    TooLarge {
        /// The annotated image.
        image_path: String,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The file does not say how large its image is.
    #[error("the annotation of `{image_path}` does not record imageHeight and imageWidth")]
    NoSize {
        /// The annotated image.
        image_path: String,
    },
}

impl LabelMeFile {
    /// An annotation of an image of this size: one polygon per contour, all with the same label.
    ///
    /// The image is referred to by `image_path`, relative to the place of the annotation, and is not embedded.
    #[must_use]
    pub fn new(image_path: &str, width: usize, height: usize, label: &str, polygons: Vec<Vec<[f64; 2]>>) -> Self {
        Self {
            version: VERSION.into(),
            flags: BTreeMap::new(),
            shapes: polygons.into_iter().map(|points| Shape::polygon(label, points)).collect(),
            image_path: image_path.into(),
            image_data: None,
            image_height: Some(height),
            image_width: Some(width),
            other: Map::new(),
        }
    }

    /// The same with the image inside, as the bytes of an image file.
    #[must_use]
    pub fn with_image(mut self, image_file: &[u8]) -> Self {
        self.image_data = Some(STANDARD.encode(image_file));
        self
    }

    /// Reads an annotation of any LabelMe release.
    ///
    /// # Errors
    /// [`LabelMeError`] when the file cannot be read or is not an annotation.
    pub fn read(path: &Path) -> Result<Self, LabelMeError> {
        Self::read_with_encoding(path).map(|(file, _)| file)
    }

    /// Reads an annotation of any LabelMe release, and says how its text was stored: LabelMe writes UTF-8, but an older
    /// release under a Korean Windows, or an editor, writes CP949 or UTF-16.
    ///
    /// # Errors
    /// As [`LabelMeFile::read`].
    pub fn read_with_encoding(path: &Path) -> Result<(Self, TextEncoding), LabelMeError> {
        let DecodedText { text, encoding } = read_text(path)?;
        let file =
            serde_json::from_str(&text).map_err(|source| LabelMeError::Json { path: path.to_owned(), source })?;
        Ok((file, encoding))
    }

    /// Writes the annotation, whole or not at all.
    ///
    /// # Errors
    /// [`LabelMeError`] when a coordinate is not finite, or the file exists and may not be replaced, or cannot be
    /// written.
    pub fn write(&self, path: &Path, if_exists: IfExists) -> Result<(), LabelMeError> {
        // JSON has no NaN: it would become `null`, which LabelMe refuses to open.
        let finite = |shape: &Shape| shape.points.iter().flatten().all(|value| value.is_finite());
        if let Some(index) = self.shapes.iter().position(|shape| !finite(shape)) {
            return Err(LabelMeError::NotFinite { shape: index + 1, image_path: self.image_path.clone() });
        }
        let mut text =
            serde_json::to_vec_pretty(self).map_err(|source| LabelMeError::Json { path: path.to_owned(), source })?;
        text.push(b'\n');
        Ok(write_whole(path, &text, if_exists)?)
    }

    /// The pixels inside any shape with this label, by LabelMe's own rule. No such shape: an empty mask.
    ///
    /// # Errors
    /// [`LabelMeError`] when a shape with this label has no inside, or the size of the image is not recorded or no size
    /// of an image.
    pub fn mask(&self, label: &str) -> Result<Mask, LabelMeError> {
        let (Some(rows), Some(columns)) = (self.image_height, self.image_width) else {
            return Err(LabelMeError::NoSize { image_path: self.image_path.clone() });
        };
        if rows.max(columns) > LARGEST_SIDE {
            return Err(LabelMeError::TooLarge { image_path: self.image_path.clone(), width: columns, height: rows });
        }
        let mut union = Mask::empty(rows, columns).pixels().clone();
        for (index, shape) in self.shapes.iter().enumerate().filter(|(_, shape)| shape.label == label) {
            let mask = rasterise(shape, rows, columns).map_err(|source| LabelMeError::Shape {
                shape: index + 1,
                image_path: self.image_path.clone(),
                label: label.into(),
                source,
            })?;
            union.zip_mut_with(mask.pixels(), |inside, &also| *inside |= also);
        }
        Ok(Mask::new(union))
    }
}

/// A contour of a study's own pixels as a polygon on an image of that study enlarged to `width` x `height`.
///
/// A contour has its whole numbers at pixel centres, LabelMe at pixel corners: hence the half pixel.
#[must_use]
pub fn polygon_on_image(
    contour: &Contour,
    (rows, columns): (usize, usize),
    (width, height): (usize, usize),
) -> Vec<[f64; 2]> {
    let (across, down) = (width as f64 / columns as f64, height as f64 / rows as f64);
    contour.0.iter().map(|&[x, y]| [(x + 0.5) * across, (y + 0.5) * down]).collect()
}
