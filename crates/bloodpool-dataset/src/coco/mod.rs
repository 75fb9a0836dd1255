//! COCO instance annotations (`instances.json`): polygons and run lengths, read as the shapes of LabelMe.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::labelme::LabelMeFile;
use crate::run_length::{RunLengthError, RunOrder, decompressed, mask_shape, unrolled};
use crate::shape::Shape;
use bloodpool_files::read_text;
use bloodpool_files::whole_file::FileError;

/// Why a COCO file was not read; names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CocoError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not a COCO instances file.
    #[error("{} is not a COCO instances file", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// An annotation names an image or a category that the file does not list.
    #[error("{}: annotation {annotation} names {what} {id}, which the file does not list", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// ID of the annotation.
        annotation: i64,
        /// `image` or `category`.
        what: &'static str,
        /// The ID that is not listed.
        id: i64,
    },
    /// An annotation has a polygon that is not pairs of coordinates.
    #[error("{}: annotation {annotation} has a polygon of {numbers} numbers; it needs 6 or more, in pairs", path.display())]
    Polygon {
        /// The file.
        path: PathBuf,
        /// ID of the annotation.
        annotation: i64,
        /// How many numbers the polygon has.
        numbers: usize,
    },
    /// An annotation is a box without an outline.
    #[error("{}: annotation {annotation} has no segmentation, only a box", path.display())]
    NoOutline {
        /// The file.
        path: PathBuf,
        /// ID of the annotation.
        annotation: i64,
    },
    /// Run lengths that are not a mask of the image.
    #[error("{}: annotation {annotation}", path.display())]
    Runs {
        /// The file.
        path: PathBuf,
        /// ID of the annotation.
        annotation: i64,
        /// Why.
        #[source]
        source: RunLengthError,
    },
}

#[derive(Deserialize)]
struct Instances {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: i64,
    file_name: String,
    width: usize,
    height: usize,
}

#[derive(Deserialize)]
struct Category {
    id: i64,
    name: String,
}

#[derive(Deserialize)]
struct Annotation {
    id: i64,
    image_id: i64,
    category_id: i64,
    #[serde(default)]
    segmentation: Option<Outline>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Outline {
    Polygons(Vec<Vec<f64>>),
    Runs { size: [usize; 2], counts: Counts },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Counts {
    Plain(Vec<u64>),
    Compressed(String),
}

/// Reads a COCO instances file: one annotation in the manner of LabelMe per image that it lists, in its order, also for images that
/// nobody drew on. The label of a shape is the name of its category; polygons of one annotation have its ID as group.
///
/// COCO, like LabelMe, has whole numbers at the corners of pixels. A polygon is later filled by LabelMe's rule, with its rim, which
/// is up to half a pixel larger than that of the COCO API; run lengths are kept pixel for pixel.
///
/// # Errors
/// [`CocoError`] when the file cannot be read, or an annotation of it cannot be used.
pub fn read_coco(path: &Path) -> Result<Vec<LabelMeFile>, CocoError> {
    from_text(path, &read_text(path)?.text)
}

fn from_text(path: &Path, text: &str) -> Result<Vec<LabelMeFile>, CocoError> {
    let instances: Instances =
        serde_json::from_str(text).map_err(|source| CocoError::Json { path: path.to_owned(), source })?;
    let places: BTreeMap<i64, usize> = instances.images.iter().map(|image| image.id).zip(0..).collect();
    let names: BTreeMap<i64, &str> =
        instances.categories.iter().map(|category| (category.id, category.name.as_str())).collect();
    let mut files: Vec<LabelMeFile> = instances
        .images
        .iter()
        .map(|image| LabelMeFile::new(&image.file_name, image.width, image.height, "", Vec::new()))
        .collect();
    for annotation in &instances.annotations {
        let unknown = |what, id| CocoError::Unknown { path: path.to_owned(), annotation: annotation.id, what, id };
        let place = places.get(&annotation.image_id).ok_or_else(|| unknown("image", annotation.image_id))?;
        let label = names.get(&annotation.category_id).ok_or_else(|| unknown("category", annotation.category_id))?;
        files[*place].shapes.extend(shapes(path, annotation, label)?);
    }
    Ok(files)
}

fn shapes(path: &Path, annotation: &Annotation, label: &str) -> Result<Vec<Shape>, CocoError> {
    let id = annotation.id;
    match &annotation.segmentation {
        None => Err(CocoError::NoOutline { path: path.to_owned(), annotation: id }),
        Some(Outline::Polygons(polygons)) if polygons.is_empty() => {
            Err(CocoError::NoOutline { path: path.to_owned(), annotation: id })
        }
        Some(Outline::Polygons(polygons)) => polygons
            .iter()
            .map(|numbers| {
                if numbers.len() < 6 || numbers.len() % 2 == 1 {
                    return Err(CocoError::Polygon { path: path.to_owned(), annotation: id, numbers: numbers.len() });
                }
                let points = numbers.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
                Ok(Shape { group_id: Some(id), ..Shape::polygon(label, points) })
            })
            .collect(),
        Some(Outline::Runs { size: [rows, columns], counts }) => {
            let shape = || {
                let mask = match counts {
                    Counts::Plain(runs) => unrolled(runs, *rows, *columns, RunOrder::Columns),
                    Counts::Compressed(text) => unrolled(&decompressed(text)?, *rows, *columns, RunOrder::Columns),
                }?;
                mask_shape(label, &mask, (0, 0))
            };
            let shape = shape().map_err(|source| CocoError::Runs { path: path.to_owned(), annotation: id, source })?;
            Ok(shape.into_iter().map(|shape| Shape { group_id: Some(id), ..shape }).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(annotation: &str) -> Result<Vec<LabelMeFile>, CocoError> {
        let text = format!(
            r#"{{"images": [{{"id": 4, "file_name": "a-ed.png", "width": 6, "height": 5}}],
                "categories": [{{"id": 2, "name": "LV"}}], "annotations": [{annotation}]}}"#
        );
        from_text(Path::new("a.json"), &text)
    }

    #[test]
    fn each_fault_of_an_annotation_is_named() {
        let whole = |error: CocoError| {
            let source = std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
            format!("{error}{source}")
        };
        for (annotation, expected) in [
            (r#"{"id": 1, "image_id": 9, "category_id": 2, "segmentation": [[0,0,1,0,1,1]]}"#, "names image 9"),
            (r#"{"id": 1, "image_id": 4, "category_id": 9, "segmentation": [[0,0,1,0,1,1]]}"#, "names category 9"),
            (r#"{"id": 1, "image_id": 4, "category_id": 2, "segmentation": [[0,0,1,0,1]]}"#, "polygon of 5 numbers"),
            (r#"{"id": 1, "image_id": 4, "category_id": 2, "segmentation": []}"#, "has no segmentation"),
            (r#"{"id": 1, "image_id": 4, "category_id": 2}"#, "has no segmentation"),
            (
                r#"{"id": 1, "image_id": 4, "category_id": 2, "segmentation": {"size": [5, 6], "counts": [1, 2]}}"#,
                "run lengths of 3 pixels for 5 x 6",
            ),
            (
                r#"{"id": 1, "image_id": 4, "category_id": 2, "segmentation": {"size": [5, 6], "counts": "o"}}"#,
                "do not end",
            ),
        ] {
            let error = whole(read(annotation).unwrap_err());
            assert!(error.contains("a.json: annotation 1") && error.contains(expected), "{error}");
        }
        assert!(whole(from_text(Path::new("a.json"), "[]").unwrap_err()).contains("is not a COCO instances file"));
    }

    #[test]
    fn an_image_without_annotations_is_listed() {
        let files = read("").unwrap();
        assert_eq!((files.len(), files[0].image_path.as_str(), files[0].shapes.len()), (1, "a-ed.png", 0));
        assert!(files[0].mask("LV").unwrap().is_empty());
    }
}
