//! 8-bit grey PNG images.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, GrayImage, ImageFormat, ImageReader};
use ndarray::Array2;

use crate::whole_file::{FileError, IfExists, write_whole};

/// Largest side of an image that is read.
const MAX_SIDE: u32 = 8192;

/// An image as the bytes of a PNG file, for example for LabelMe's `imageData`.
///
/// # Errors
/// When the image has no pixels or more than a PNG can hold.
pub fn encode_png_u8(image: &Array2<u8>) -> Result<Vec<u8>, image::ImageError> {
    let (rows, columns) = image.dim();
    let too_large = || {
        let kind = image::error::ParameterErrorKind::DimensionMismatch;
        image::ImageError::Parameter(image::error::ParameterError::from_kind(kind))
    };
    let width = u32::try_from(columns).map_err(|_| too_large())?;
    let height = u32::try_from(rows).map_err(|_| too_large())?;
    let pixels = GrayImage::from_raw(width, height, image.iter().copied().collect()).ok_or_else(too_large)?;
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(pixels).write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// Writes an image, `[row, column]`.
///
/// # Errors
/// [`FileError`] when the file exists and may not be replaced, or cannot be written.
pub fn write_png_u8(path: &Path, image: &Array2<u8>, if_exists: IfExists) -> Result<(), FileError> {
    let bytes = encode_png_u8(image).map_err(|error| format_error(path, error.to_string()))?;
    write_whole(path, &bytes, if_exists)
}

/// Reads an 8-bit grey image, `[row, column]`; an image in colour is an error.
///
/// # Errors
/// [`FileError`] when the file cannot be read or is another kind of image.
pub fn read_png_u8(path: &Path) -> Result<Array2<u8>, FileError> {
    let bytes = std::fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    decode_png_u8(path, &bytes)
}

/// Decodes the bytes of an 8-bit grey image, `[row, column]`; an image in colour is an error.
///
/// # Errors
/// [`FileError::Format`] when they are another kind of image; `path` is what the error names.
pub fn decode_png_u8(path: &Path, bytes: &[u8]) -> Result<Array2<u8>, FileError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| format_error(path, error.to_string()))?;
    let DynamicImage::ImageLuma8(grey) = image else {
        return Err(format_error(path, format!("{:?} where 8-bit grey was expected", image.color())));
    };
    let shape = (grey.height() as usize, grey.width() as usize);
    Array2::from_shape_vec(shape, grey.into_raw()).map_err(|error| format_error(path, error.to_string()))
}

fn format_error(path: &Path, reason: String) -> FileError {
    FileError::Format { path: path.to_owned(), format: "PNG", reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let image = Array2::from_shape_fn((7, 256), |(row, column)| (row * 31 + column) as u8);
        write_png_u8(&path, &image, IfExists::Refuse).unwrap();
        assert_eq!(read_png_u8(&path).unwrap(), image);
        assert!(matches!(write_png_u8(&path, &image, IfExists::Refuse), Err(FileError::Exists { .. })));
    }

    #[test]
    fn colour_and_rubbish_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("colour.png");
        image::RgbImage::new(4, 4).save(&path).unwrap();
        assert!(read_png_u8(&path).unwrap_err().to_string().contains("Rgb8"));
        let path = folder.path().join("rubbish.png");
        std::fs::write(&path, b"not a PNG").unwrap();
        assert!(read_png_u8(&path).is_err());
    }
}
