//! Shapes as masks by LabelMe's own rule (`labelme.utils.shape_to_mask`), pixel for pixel.
//!
//! LabelMe draws with Pillow's `ImageDraw`, whose integer vertices, single-precision edges and rounding are followed
//! here step by step: an outline filled by a textbook rule would differ from what the raters saw by some pixels along
//! its edge.

mod canvas;
mod ellipse;
mod scanline;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bloodpool_core::Mask;

use self::canvas::Canvas;
use crate::shape::{Shape, ShapeType};

/// Largest distance of a vertex from the origin, px: far beyond any image, and safe for whole-number arithmetic.
const FARTHEST: f64 = 1.0e6;

/// Why a shape is not a mask.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RasteriseError {
    /// Too few or too many points for its kind.
    #[error("a {shape_type} with {points} points; it needs {needed}")]
    PointCount {
        /// The kind of shape.
        shape_type: &'static str,
        /// Number of points found.
        points: usize,
        /// What it needs.
        needed: &'static str,
    },
    /// A coordinate that is infinite, not a number, or absurdly far outside the image.
    #[error("the point ({x}, {y}) lies outside any image")]
    FarPoint {
        /// Column.
        x: f64,
        /// Row.
        y: f64,
    },
    /// A line or a point encloses nothing.
    #[error("a shape of type `{0}` encloses no region")]
    NotARegion(String),
    /// The pixels of a mask shape cannot be read.
    #[error("the pixels of a mask shape cannot be read: {0}")]
    BadMask(String),
}

/// The pixels inside a shape, on an image of `rows` x `columns`.
///
/// # Errors
/// [`RasteriseError`] when the shape has no inside.
pub fn rasterise(shape: &Shape, rows: usize, columns: usize) -> Result<Mask, RasteriseError> {
    match &shape.shape_type {
        ShapeType::Polygon => rasterise_polygon(&shape.points, rows, columns),
        ShapeType::OrientedRectangle => {
            let corners: [_; 4] = exactly(&shape.points, "oriented_rectangle", "exactly 4")?;
            rasterise_polygon(&corners, rows, columns)
        }
        ShapeType::Rectangle => rectangle(exactly(&shape.points, "rectangle", "exactly 2")?, rows, columns),
        ShapeType::Circle => circle(exactly(&shape.points, "circle", "exactly 2")?, rows, columns),
        ShapeType::Mask => {
            let corners = exactly(&shape.points, "mask", "exactly 2")?;
            pasted(corners, shape.mask.as_deref().unwrap_or_default(), rows, columns)
        }
        ShapeType::Other(name) => Err(RasteriseError::NotARegion(name.clone())),
    }
}

/// The pixels inside a closed polygon of `[x, y]`, on an image of `rows` x `columns`.
///
/// # Errors
/// [`RasteriseError`] for fewer than three points, or one outside any image.
pub fn rasterise_polygon(points: &[[f64; 2]], rows: usize, columns: usize) -> Result<Mask, RasteriseError> {
    if points.len() < 3 {
        let (points, needed) = (points.len(), "3 or more");
        return Err(RasteriseError::PointCount { shape_type: "polygon", points, needed });
    }
    let vertices = points.iter().map(|&point| whole(point)).collect::<Result<Vec<_>, _>>()?;
    let mut canvas = Canvas::new(rows, columns);
    scanline::fill(&mut canvas, &vertices);
    Ok(canvas.into_mask())
}

fn rectangle([first, second]: [[f64; 2]; 2], rows: usize, columns: usize) -> Result<Mask, RasteriseError> {
    let (first, second) = (whole(first)?, whole(second)?);
    let mut canvas = Canvas::new(rows, columns);
    for y in first.1.min(second.1).max(0)..=first.1.max(second.1).min(canvas.last_row()) {
        canvas.span(y, first.0.min(second.0), first.0.max(second.0));
    }
    Ok(canvas.into_mask())
}

fn circle([centre, rim]: [[f64; 2]; 2], rows: usize, columns: usize) -> Result<Mask, RasteriseError> {
    let ([x, y], radius) = (centre, (centre[0] - rim[0]).powi(2) + (centre[1] - rim[1]).powi(2));
    let radius = radius.sqrt();
    let (left, top) = whole([x - radius, y - radius])?;
    let (right, bottom) = whole([x + radius, y + radius])?;
    let mut canvas = Canvas::new(rows, columns);
    ellipse::fill(&mut canvas, (left, top), (right, bottom));
    Ok(canvas.into_mask())
}

/// The pixels of a mask shape, pasted into the box from the first corner to the second, both inside.
fn pasted(corners: [[f64; 2]; 2], png: &str, rows: usize, columns: usize) -> Result<Mask, RasteriseError> {
    let bad = |reason: String| RasteriseError::BadMask(reason);
    let (left, top) = whole(corners[0])?;
    let (right, bottom) = whole(corners[1])?;
    let bytes = STANDARD.decode(png).map_err(|error| bad(error.to_string()))?;
    let image = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png)
        .map_err(|error| bad(error.to_string()))?
        .into_luma8();
    let (wide, high) = (i64::from(image.width()), i64::from(image.height()));
    if (right - left + 1, bottom - top + 1) != (wide, high) {
        return Err(bad(format!("{wide} x {high} pixels in a box of {} x {}", right - left + 1, bottom - top + 1)));
    }
    let mut canvas = Canvas::new(rows, columns);
    for (x, y, _) in image.enumerate_pixels().filter(|(_, _, value)| value.0[0] != 0) {
        let (x, y) = (left + i64::from(x), top + i64::from(y));
        canvas.span(y, x, x);
    }
    Ok(canvas.into_mask())
}

/// The pixel that a point counts as: fractions are cut off, towards zero.
fn whole([x, y]: [f64; 2]) -> Result<(i64, i64), RasteriseError> {
    // Written so that NaN fails too.
    if !(x.abs() <= FARTHEST && y.abs() <= FARTHEST) {
        return Err(RasteriseError::FarPoint { x, y });
    }
    Ok((x as i64, y as i64))
}

fn exactly<const N: usize>(
    points: &[[f64; 2]],
    shape_type: &'static str,
    needed: &'static str,
) -> Result<[[f64; 2]; N], RasteriseError> {
    points.try_into().map_err(|_| RasteriseError::PointCount { shape_type, points: points.len(), needed })
}
