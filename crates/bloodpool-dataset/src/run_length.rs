//! Masks as run lengths, as COCO and CVAT store them, and as shapes of LabelMe.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bloodpool_core::Mask;
use bloodpool_files::png::encode_png_u8;
use ndarray::Array2;

use crate::shape::{Shape, ShapeType};

/// Largest side of an image with run lengths, pixels: that of the images that are read.
const LARGEST_SIDE: usize = 8192;

/// Why run lengths are not a mask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunLengthError {
    /// They are of more or fewer pixels than the image has.
    #[error("run lengths of {found} pixels for {rows} x {columns}")]
    OtherSize {
        /// The pixels that they sum up to.
        found: u64,
        /// Rows of the image.
        rows: usize,
        /// Columns of the image.
        columns: usize,
    },
    /// The image is larger than any that is read.
    #[error("run lengths for an image of {rows} x {columns} pixels; a side has at most {LARGEST_SIDE}")]
    TooLarge {
        /// Rows of the image.
        rows: usize,
        /// Columns of the image.
        columns: usize,
    },
    /// A character that compressed run lengths do not have, or a number that is cut off or negative.
    #[error("compressed run lengths that do not end, or hold what is not a length")]
    NotALength,
    /// The pixels could not be stored as a picture.
    #[error("the mask cannot be stored: {0}")]
    Picture(String),
}

/// The order in which runs visit pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunOrder {
    /// Column by column, from the top: COCO.
    Columns,
    /// Row by row, from the left: CVAT.
    Rows,
}

/// The mask of runs that are outside and inside by turns, the first one outside.
pub(crate) fn unrolled(runs: &[u64], rows: usize, columns: usize, order: RunOrder) -> Result<Mask, RunLengthError> {
    if rows.max(columns) > LARGEST_SIDE {
        return Err(RunLengthError::TooLarge { rows, columns });
    }
    let found = runs.iter().fold(0_u64, |sum, &run| sum.saturating_add(run));
    if found != (rows * columns) as u64 {
        return Err(RunLengthError::OtherSize { found, rows, columns });
    }
    let mut mask = Mask::empty(rows, columns);
    let mut from = 0;
    for (index, &run) in runs.iter().enumerate() {
        // The runs sum up to the pixels of the image, which fit.
        let to = from + run as usize;
        if index % 2 == 1 {
            for at in from..to {
                let pixel = match order {
                    RunOrder::Columns => (at % rows, at / rows),
                    RunOrder::Rows => (at / columns, at % columns),
                };
                mask.set(pixel, true);
            }
        }
        from = to;
    }
    Ok(mask)
}

/// The run lengths in COCO's compressed text: five bits per character from `0` on, the sixth says that the number goes on, and from
/// the fourth number on the difference to the one before the last (`rleFrString` of the COCO API).
pub(crate) fn decompressed(text: &str) -> Result<Vec<u64>, RunLengthError> {
    let mut runs: Vec<i64> = Vec::new();
    let mut bytes = text.bytes();
    while let Some(first) = bytes.next() {
        let (mut value, mut shift, mut byte) = (0_i64, 0_u32, first);
        loop {
            let bits =
                byte.checked_sub(48).filter(|bits| *bits < 64 && shift < 40).ok_or(RunLengthError::NotALength)?;
            value |= i64::from(bits & 0x1f) << shift;
            shift += 5;
            if bits & 0x20 == 0 {
                if bits & 0x10 != 0 {
                    value |= -1_i64 << shift;
                }
                break;
            }
            byte = bytes.next().ok_or(RunLengthError::NotALength)?;
        }
        if runs.len() > 2 {
            value = value.saturating_add(runs[runs.len() - 2]);
        }
        if value < 0 {
            return Err(RunLengthError::NotALength);
        }
        runs.push(value);
    }
    Ok(runs.into_iter().map(i64::unsigned_abs).collect())
}

/// A mask as a shape of LabelMe, in the box of its pixels moved by `(column, row)`; `None` for an empty mask.
pub(crate) fn mask_shape(
    label: &str,
    mask: &Mask,
    (left, top): (usize, usize),
) -> Result<Option<Shape>, RunLengthError> {
    let Some((rows, columns)) = mask.bounding_box() else { return Ok(None) };
    let picture = Array2::from_shape_fn((rows.len(), columns.len()), |(row, column)| {
        if mask.contains(rows.start + row, columns.start + column) { u8::MAX } else { 0 }
    });
    let png = encode_png_u8(&picture).map_err(|error| RunLengthError::Picture(error.to_string()))?;
    let corner = |column: usize, row: usize| [(left + column) as f64, (top + row) as f64];
    let points = vec![corner(columns.start, rows.start), corner(columns.end - 1, rows.end - 1)];
    let shape =
        Shape { shape_type: ShapeType::Mask, mask: Some(STANDARD.encode(png)), ..Shape::polygon(label, points) };
    Ok(Some(shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_go_down_columns_or_along_rows() {
        // 2 rows, 3 columns; pixels 1 and 2 in their order are inside.
        let down = unrolled(&[1, 2, 3], 2, 3, RunOrder::Columns).unwrap();
        assert_eq!(down.inside().collect::<Vec<_>>(), [(0, 1), (1, 0)]);
        let along = unrolled(&[1, 2, 3], 2, 3, RunOrder::Rows).unwrap();
        assert_eq!(along.inside().collect::<Vec<_>>(), [(0, 1), (0, 2)]);
        let other = unrolled(&[1, 2], 2, 3, RunOrder::Rows).unwrap_err();
        assert_eq!(other.to_string(), "run lengths of 3 pixels for 2 x 3");
        assert!(matches!(unrolled(&[], 9000, 1, RunOrder::Rows), Err(RunLengthError::TooLarge { .. })));
        assert!(unrolled(&[u64::MAX, u64::MAX], 2, 2, RunOrder::Rows).is_err());
    }

    #[test]
    fn a_mask_becomes_a_shape_that_is_read_as_the_mask() {
        let mask =
            Mask::from_fn(9, 11, |row, column| (3..6).contains(&row) && (2..8).contains(&column) && row != column);
        let shape = mask_shape("LV", &mask, (0, 0)).unwrap().unwrap();
        assert_eq!(crate::rasterise::rasterise(&shape, 9, 11).unwrap(), mask);
        assert_eq!(mask_shape("LV", &Mask::empty(9, 11), (0, 0)).unwrap(), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_runs_or_an_error(text in "[ -~]{0,30}") {
            let _ = decompressed(&text);
        }
    }
}
