//! `RgbFrames`: pixels of a secondary capture, 8 bits for each of red, green and blue.

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::error::ObjectError;
use crate::write::elements::{put, put_u16};

/// Frames of equal size: frame by frame, row by row, three bytes per pixel.
///
/// They must not show who the patient is: what is made of them says so (Burned In Annotation NO).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbFrames {
    frames: usize,
    rows: u16,
    columns: u16,
    pixels: Vec<u8>,
}

impl RgbFrames {
    /// `pixels` has 3 x `frames` x `rows` x `columns` bytes.
    ///
    /// # Errors
    /// [`ObjectError::ImageSize`] when there is no pixel, more than 65535 rows or columns, or 4 GiB;
    /// [`ObjectError::PixelBytes`] for another number of bytes.
    pub fn new(frames: usize, rows: usize, columns: usize, pixels: Vec<u8>) -> Result<Self, ObjectError> {
        let of_size = || ObjectError::ImageSize { frames, rows, columns };
        let short = |number: usize| u16::try_from(number).ok().filter(|&number| number > 0).ok_or_else(of_size);
        let (short_rows, short_columns) = (short(rows)?, short(columns)?);
        // Even length and not that of an undefined one.
        let needed = frames
            .checked_mul(rows * columns * 3)
            .filter(|&bytes| bytes > 0 && bytes < u32::MAX as usize - 1)
            .ok_or_else(of_size)?;
        if pixels.len() != needed {
            return Err(ObjectError::PixelBytes { found: pixels.len(), needed, frames, rows, columns });
        }
        Ok(Self { frames, rows: short_rows, columns: short_columns, pixels })
    }

    /// Frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Image Pixel (PS3.3 C.7.6.3).
    pub(super) fn put_pixels(self, object: &mut InMemDicomObject) {
        put_u16(object, tags::SAMPLES_PER_PIXEL, 3);
        put(object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB");
        put_u16(object, tags::PLANAR_CONFIGURATION, 0);
        put_u16(object, tags::ROWS, self.rows);
        put_u16(object, tags::COLUMNS, self.columns);
        put_u16(object, tags::BITS_ALLOCATED, 8);
        put_u16(object, tags::BITS_STORED, 8);
        put_u16(object, tags::HIGH_BIT, 7);
        put_u16(object, tags::PIXEL_REPRESENTATION, 0);
        let mut pixels = self.pixels;
        if pixels.len() % 2 == 1 {
            pixels.push(0);
        }
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(pixels.into())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_must_fill_the_frames() {
        assert_eq!(RgbFrames::new(2, 3, 5, vec![0; 90]).unwrap().frames(), 2);
        let error = RgbFrames::new(2, 3, 5, vec![0; 89]).unwrap_err();
        let expected = "89 bytes of pixels were given; 2 frames of 3 rows x 5 columns in RGB need 90";
        assert_eq!(error.to_string(), expected);
        for (frames, rows, columns) in [(0, 3, 5), (1, 0, 5), (1, 3, 65_536), (usize::MAX, 65_535, 65_535)] {
            let error = RgbFrames::new(frames, rows, columns, Vec::new()).unwrap_err();
            assert_eq!(error, ObjectError::ImageSize { frames, rows, columns });
        }
    }
}
