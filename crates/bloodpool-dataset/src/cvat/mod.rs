//! Annotations of CVAT (`CVAT for images 1.1`, XML), read as the shapes of LabelMe.

mod tags;

use std::path::{Path, PathBuf};

use self::tags::{Tag, tags};
use crate::labelme::LabelMeFile;
use crate::run_length::{RunLengthError, RunOrder, mask_shape, unrolled};
use crate::shape::{Shape, ShapeType};
use bloodpool_files::read_text;
use bloodpool_files::whole_file::FileError;

/// Why a CVAT file was not read; names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CvatError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not XML that CVAT writes.
    #[error("{} is not a CVAT annotation file: {reason}", path.display())]
    Xml {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It was exported for videos, whose shapes belong to tracks and not to images.
    #[error("{} is in the format `CVAT for video`; export it as `CVAT for images`", path.display())]
    Video {
        /// The file.
        path: PathBuf,
    },
    /// A shape whose attributes cannot be used.
    #[error("{}: {shape} {number} of image `{image}`: {reason}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The image.
        image: String,
        /// Its kind, for example `polygon`.
        shape: String,
        /// Its number on the image, from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
}

/// The kinds of shapes that enclose nothing, or that LabelMe does not have.
const OTHER_KINDS: [&str; 5] = ["polyline", "points", "ellipse", "cuboid", "skeleton"];

/// Reads a file of CVAT: one annotation in the manner of LabelMe per image, in its order, also for images that nobody drew on.
///
/// Polygons, boxes and masks become such shapes. A polyline, a point, an ellipse, a cuboid and a skeleton are kept under their own
/// names, so that whoever needs a region says that they have none. CVAT, like LabelMe, has whole numbers at the corners of pixels.
///
/// # Errors
/// [`CvatError`] when the file cannot be read, or a shape of it cannot be used.
pub fn read_cvat(path: &Path) -> Result<Vec<LabelMeFile>, CvatError> {
    from_text(path, &read_text(path)?.text)
}

fn from_text(path: &Path, text: &str) -> Result<Vec<LabelMeFile>, CvatError> {
    let xml = |reason: String| CvatError::Xml { path: path.to_owned(), reason };
    let tags = tags(text).map_err(xml)?;
    if tags.iter().any(|tag| tag.name == "track") {
        return Err(CvatError::Video { path: path.to_owned() });
    }
    if tags.first().is_none_or(|tag| tag.name != "annotations") {
        return Err(xml("it does not begin with `annotations`".into()));
    }
    let mut files: Vec<LabelMeFile> = Vec::new();
    let mut open = false;
    for tag in &tags {
        if tag.name == "image" {
            open = !tag.closes;
            if open {
                files.push(image(tag).map_err(xml)?);
            }
        } else if let (true, false, Some(file)) = (open, tag.closes, files.last_mut()) {
            let shape = shape(tag).map_err(|reason| CvatError::Shape {
                path: path.to_owned(),
                image: file.image_path.clone(),
                shape: tag.name.clone(),
                number: file.shapes.len() + 1,
                reason,
            })?;
            file.shapes.extend(shape);
        }
    }
    Ok(files)
}

fn image(tag: &Tag) -> Result<LabelMeFile, String> {
    let name = tag.attribute("name").ok_or("an image without a name")?;
    let side = |key: &str| {
        let text = tag.attribute(key).unwrap_or_default();
        text.parse::<usize>().map_err(|_| format!("image `{name}` with a {key} of `{text}`"))
    };
    Ok(LabelMeFile::new(name, side("width")?, side("height")?, "", Vec::new()))
}

/// The shape of a tag; `None` for a tag that is no shape, such as `attribute`, and for a mask without pixels.
fn shape(tag: &Tag) -> Result<Option<Shape>, String> {
    let kind = tag.name.as_str();
    let other = OTHER_KINDS.contains(&kind);
    if !other && !["polygon", "box", "mask"].contains(&kind) {
        return Ok(None);
    }
    let label = tag.attribute("label").ok_or("it has no label")?;
    match kind {
        "polygon" => Ok(Some(Shape::polygon(label, points(tag.attribute("points").unwrap_or_default())?))),
        "box" => rectangle(tag, label).map(Some),
        "mask" => mask(tag, label),
        _ => {
            let points = points(tag.attribute("points").unwrap_or_default())?;
            Ok(Some(Shape { shape_type: ShapeType::Other(kind.into()), ..Shape::polygon(label, points) }))
        }
    }
}

fn number(tag: &Tag, key: &str) -> Result<f64, String> {
    let text = tag.attribute(key).ok_or_else(|| format!("it has no `{key}`"))?;
    finite(text).ok_or_else(|| format!("`{key}` is `{text}`"))
}

/// A number that a coordinate can be.
fn finite(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// `x,y;x,y;...`
fn points(text: &str) -> Result<Vec<[f64; 2]>, String> {
    let pairs = text.split(';').filter(|pair| !pair.trim().is_empty());
    let point = |pair: &str| {
        let (x, y) = pair.split_once(',')?;
        Some([finite(x)?, finite(y)?])
    };
    pairs.map(|pair| point(pair).ok_or_else(|| format!("the point `{pair}`"))).collect()
}

/// A box, which may be turned about its middle.
fn rectangle(tag: &Tag, label: &str) -> Result<Shape, String> {
    let [left, top, right, bottom] =
        [number(tag, "xtl")?, number(tag, "ytl")?, number(tag, "xbr")?, number(tag, "ybr")?];
    let turn = if tag.attribute("rotation").is_some() { number(tag, "rotation")? } else { 0.0 };
    if turn == 0.0 {
        let corners = vec![[left, top], [right, bottom]];
        return Ok(Shape { shape_type: ShapeType::Rectangle, ..Shape::polygon(label, corners) });
    }
    let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
    let (sine, cosine) = turn.to_radians().sin_cos();
    let turned = |[px, py]: [f64; 2]| {
        let (dx, dy) = (px - x, py - y);
        [x + dx * cosine - dy * sine, y + dx * sine + dy * cosine]
    };
    let corners = [[left, top], [right, top], [right, bottom], [left, bottom]].map(turned);
    Ok(Shape { shape_type: ShapeType::OrientedRectangle, ..Shape::polygon(label, corners.to_vec()) })
}

/// Runs along the rows of a box, outside first.
fn mask(tag: &Tag, label: &str) -> Result<Option<Shape>, String> {
    let side = |key: &str| {
        let value = number(tag, key)?;
        let whole = value >= 0.0 && value.fract() == 0.0 && value <= f64::from(u16::MAX);
        whole.then_some(value as usize).ok_or_else(|| format!("`{key}` is {value}"))
    };
    let (left, top, columns, rows) = (side("left")?, side("top")?, side("width")?, side("height")?);
    let text = tag.attribute("rle").ok_or("it has no `rle`")?;
    let runs = text.split(',').map(|run| run.trim().parse()).collect::<Result<Vec<u64>, _>>();
    let runs = runs.map_err(|_| "`rle` is not a list of lengths".to_owned())?;
    let described = |error: RunLengthError| error.to_string();
    let mask = unrolled(&runs, rows, columns, RunOrder::Rows).map_err(described)?;
    mask_shape(label, &mask, (left, top)).map_err(described)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inside: &str) -> Result<Vec<LabelMeFile>, CvatError> {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations><version>1.1</version><meta><job/></meta>\
             <image id=\"0\" name=\"a-ed.png\" width=\"12\" height=\"10\">{inside}</image></annotations>"
        );
        from_text(Path::new("a.xml"), &text)
    }

    #[test]
    fn polygons_boxes_and_masks_are_regions() {
        let files = read(
            "<polygon label=\"LV\" source=\"manual\" occluded=\"0\" points=\"1.00,1.00;4.00,1.00;4.00,3.00\" z_order=\"0\">\
             <attribute name=\"sure\">yes</attribute></polygon>\
             <box label=\"box\" xtl=\"6\" ytl=\"5\" xbr=\"8\" ybr=\"7\" rotation=\"0.0\"/>\
             <box label=\"turned\" xtl=\"2\" ytl=\"4\" xbr=\"6\" ybr=\"6\" rotation=\"90.0\"/>\
             <mask label=\"mask\" rle=\"1, 2, 3\" left=\"9\" top=\"7\" width=\"3\" height=\"2\"/>\
             <polyline label=\"line\" points=\"1,1;2,2\"/>",
        )
        .unwrap();
        assert_eq!((files.len(), files[0].shapes.len()), (1, 5));
        let shapes = &files[0].shapes;
        assert_eq!(shapes[0].points, [[1.0, 1.0], [4.0, 1.0], [4.0, 3.0]]);
        assert_eq!(files[0].mask("box").unwrap().area(), 9);
        // A box of 4 x 2 turned by a quarter about (4, 5) is one of 2 x 4: corners (3, 3) to (5, 7).
        let expected = [[5.0, 3.0], [5.0, 7.0], [3.0, 7.0], [3.0, 3.0]];
        for (found, expected) in shapes[2].points.iter().zip(expected) {
            assert!((found[0] - expected[0]).abs() < 1e-12 && (found[1] - expected[1]).abs() < 1e-12, "{found:?}");
        }
        // Pixels 1 and 2 of the first row of the box at column 9, row 7.
        assert_eq!(files[0].mask("mask").unwrap().inside().collect::<Vec<_>>(), [(7, 10), (7, 11)]);
        assert!(files[0].mask("line").unwrap_err().to_string().contains("shape 5"));
    }

    #[test]
    fn each_fault_names_file_image_and_shape() {
        for (inside, expected) in [
            ("<polygon points=\"1,1;2,2;3,3\"/>", "polygon 1 of image `a-ed.png`: it has no label"),
            ("<polygon label=\"LV\" points=\"1,1;2\"/>", "the point `2`"),
            ("<polygon label=\"LV\" points=\"1,NaN\"/>", "the point `1,NaN`"),
            ("<box label=\"LV\" xtl=\"1\"/>", "it has no `ytl`"),
            (
                "<mask label=\"LV\" rle=\"1, x\" left=\"0\" top=\"0\" width=\"1\" height=\"1\"/>",
                "not a list of lengths",
            ),
            ("<mask label=\"LV\" rle=\"1, 2\" left=\"0\" top=\"0\" width=\"1\" height=\"1\"/>", "3 pixels for 1 x 1"),
        ] {
            let error = read(inside).unwrap_err().to_string();
            assert!(error.starts_with("a.xml") && error.contains(expected), "{error}");
        }
        assert!(read("<track id=\"0\"/>").unwrap_err().to_string().contains("CVAT for video"));
        let error = from_text(Path::new("a.xml"), "<html></html>").unwrap_err().to_string();
        assert!(error.contains("does not begin with `annotations`"), "{error}");
    }
}
