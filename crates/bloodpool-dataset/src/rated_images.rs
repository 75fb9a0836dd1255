//! A study as raters see it: counts on the 256 grid, with one display window per study, as 8-bit PNG files.

use bloodpool_core::GatedStudy;
use bloodpool_core::resample::Resampling;
use ndarray::{Array2, Array3, Axis, stack};

use bloodpool_files::display_window::DisplayWindow;
use bloodpool_files::png::encode_png_u8;
use bloodpool_files::whole_file::FileError;

/// Side of the images that raters draw on, pixels.
pub const SIDE: usize = 256;

/// A study on the grid of the images, ready to be shown frame by frame.
#[derive(Debug, Clone)]
pub struct RatedImages {
    frames: Vec<Array2<f32>>,
    window: DisplayWindow,
}

impl RatedImages {
    /// Enlarges a study and chooses the window that all of its images share.
    #[must_use]
    pub fn new(study: &GatedStudy) -> Self {
        let frames = enlarged_frames(study);
        let window = DisplayWindow::of_frames(frames.iter().map(|frame| frame.view()));
        Self { frames, window }
    }

    /// The window.
    #[must_use]
    pub fn window(&self) -> DisplayWindow {
        self.window
    }

    /// The grey of one frame, from 1; black where the study has no such frame.
    #[must_use]
    pub fn grey(&self, frame: usize) -> Array2<u8> {
        let counts = frame.checked_sub(1).and_then(|index| self.frames.get(index));
        counts.map_or_else(|| Array2::zeros((SIDE, SIDE)), |counts| self.window.grey(counts.view()))
    }

    /// The bytes of the PNG file of one frame, from 1.
    ///
    /// # Errors
    /// [`FileError::Format`] when the image cannot be encoded.
    pub fn png(&self, frame: usize, name: &str) -> Result<Vec<u8>, FileError> {
        encode_png_u8(&self.grey(frame)).map_err(|error| FileError::Format {
            path: name.into(),
            format: "PNG",
            reason: error.to_string(),
        })
    }
}

/// Counts of every frame on the grid of the images, `[frame, row, column]`; the sum over the field is kept.
#[must_use]
pub fn enlarged(study: &GatedStudy) -> Array3<f32> {
    let frames = enlarged_frames(study);
    let views: Vec<_> = frames.iter().map(|frame| frame.view()).collect();
    stack(Axis(0), &views).unwrap_or_default()
}

fn enlarged_frames(study: &GatedStudy) -> Vec<Array2<f32>> {
    let resampling = Resampling::new((study.rows(), study.columns()), (SIDE, SIDE));
    study.counts().axis_iter(Axis(0)).map(|frame| resampling.frame(&frame)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enlarging_keeps_the_counts_and_one_window_serves_all_frames() {
        let counts = Array3::from_shape_fn((8, 64, 64), |(frame, row, column)| {
            let heart = if (row.abs_diff(32)).max(column.abs_diff(32)) < 9 { 100.0 } else { 10.0 };
            heart - frame as f32
        });
        let study = GatedStudy::new(counts, None).unwrap();
        let large = enlarged(&study);
        assert_eq!(large.dim(), (8, SIDE, SIDE));
        assert!((large.sum() / study.counts().sum() - 1.0).abs() < 1e-5);
        let images = RatedImages::new(&study);
        let (first, last) = (images.grey(1), images.grey(8));
        assert_eq!(first[[128, 128]], 255);
        assert!(last[[128, 128]] < 255, "a later frame holds fewer counts and must look darker");
        assert_eq!(images.grey(9).sum(), 0);
        assert!(images.png(1, "a.png").unwrap().starts_with(b"\x89PNG"));
    }
}
