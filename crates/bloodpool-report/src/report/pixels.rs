//! `RgbPixels`: pictures of a result as plain pixels, for objects that other programs show.

use image::RgbImage;

/// Frames of equal size: frame by frame, row by row, three bytes (red, green, blue) per pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbPixels {
    /// Number of frames.
    pub frames: usize,
    /// Rows of each.
    pub rows: usize,
    /// Columns of each.
    pub columns: usize,
    /// 3 x `frames` x `rows` x `columns` bytes.
    pub bytes: Vec<u8>,
}

impl RgbPixels {
    /// Of images of equal size; `None` where they differ, or there is none.
    pub(super) fn of(images: Vec<RgbImage>) -> Option<Self> {
        let (width, height) = images.first()?.dimensions();
        if images.iter().any(|image| image.dimensions() != (width, height)) {
            return None;
        }
        let frames = images.len();
        let bytes = images.into_iter().flat_map(RgbImage::into_raw).collect();
        Some(Self { frames, rows: height as usize, columns: width as usize, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_different_size_are_no_frames_of_one_picture() {
        let of = |sizes: &[(u32, u32)]| RgbPixels::of(sizes.iter().map(|&(x, y)| RgbImage::new(x, y)).collect());
        let two = of(&[(3, 2), (3, 2)]).unwrap();
        assert_eq!((two.frames, two.rows, two.columns, two.bytes.len()), (2, 2, 3, 36));
        assert_eq!(of(&[(3, 2), (2, 3)]), None);
        assert_eq!(of(&[]), None);
    }
}
