//! `GatedStudy`: the frames of counts of one cardiac cycle, with pixel spacing, gating and identity.

pub mod acquisition;
pub mod calendar;
mod identity;

use ndarray::{Array3, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::FrameIndex;
pub use acquisition::AcquisitionRecord;
pub use identity::StudyIdentity;

/// Fewest frames per cycle that the protocol accepts.
pub const MIN_FRAMES: usize = 8;
/// Most frames per cycle that the protocol accepts.
pub const MAX_FRAMES: usize = 64;
/// Smallest matrix side, in pixels.
pub const MIN_SIDE: usize = 32;
/// Largest matrix side, in pixels.
pub const MAX_SIDE: usize = 1024;

/// Why counts do not make a gated study.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// Too few or too many frames for one cycle.
    #[error("{frames} frames per cycle; a gated study has {MIN_FRAMES} to {MAX_FRAMES}")]
    FrameCount {
        /// Number of frames found.
        frames: usize,
    },
    /// A matrix outside the supported sizes.
    #[error("matrix of {rows} x {columns} pixels; each side must be {MIN_SIDE} to {MAX_SIDE}")]
    MatrixSize {
        /// Number of rows found.
        rows: usize,
        /// Number of columns found.
        columns: usize,
    },
    /// A count that is negative, infinite or not a number.
    #[error("frame {frame} holds a count of {value} at row {row}, column {column}; counts are finite and not negative")]
    InvalidCount {
        /// The frame.
        frame: FrameIndex,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The offending value.
        value: f32,
    },
    /// So many frames without any counts that no cycle is left.
    #[error(
        "frame {frame} holds no counts at all, and neither do others; a cycle needs {MIN_FRAMES} frames with counts"
    )]
    EmptyFrame {
        /// The first of them.
        frame: FrameIndex,
    },
    /// A pixel spacing that is not a positive length.
    #[error("pixel spacing of {0} x {1} mm is not a positive length")]
    PixelSpacing(f64, f64),
}

impl StudyError {
    /// Stable code, for example `frame_count`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FrameCount { .. } => "frame_count",
            Self::MatrixSize { .. } => "matrix_size",
            Self::InvalidCount { .. } => "invalid_count",
            Self::EmptyFrame { .. } => "empty_frame",
            Self::PixelSpacing(..) => "pixel_spacing",
        }
    }
}

/// How the cycle was gated. `None` means that the file does not record it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gating {
    /// Duration of one frame within the cycle, ms.
    pub frame_time_ms: Option<f64>,
    /// Nominal R-R interval, ms.
    pub rr_interval_ms: Option<f64>,
    /// Lower end of the accepted R-R window, ms.
    pub rr_low_ms: Option<f64>,
    /// Upper end of the accepted R-R window, ms.
    pub rr_high_ms: Option<f64>,
    /// Number of beats accepted.
    pub beats_accepted: Option<u32>,
    /// Number of beats rejected.
    pub beats_rejected: Option<u32>,
}

/// The frames of one gated cycle as one detector recorded them.
#[derive(Debug, Clone, PartialEq)]
pub struct GatedStudy {
    counts: Array3<f32>, // [frame, row, column]
    pixel_spacing_mm: Option<[f64; 2]>,
    /// How the cycle was gated.
    pub gating: Gating,
    /// Who and what the study is.
    pub identity: StudyIdentity,
    /// How it was acquired beyond its gating.
    pub acquisition: AcquisitionRecord,
    /// The largest value that the stored sample format can hold, if known: frames that reach it are saturated.
    pub saturation: Option<f32>,
}

impl GatedStudy {
    /// A study from counts `[frame, row, column]` and pixel spacing `[between rows, between columns]` in mm.
    ///
    /// Frames without counts are kept: at the end of the cycle, beats were shorter than it; elsewhere, the measurement
    /// withholds its number.
    ///
    /// # Errors
    /// [`StudyError`] when frames, matrix, counts or spacing are outside what can be measured.
    pub fn new(counts: Array3<f32>, pixel_spacing_mm: Option<[f64; 2]>) -> Result<Self, StudyError> {
        let (frames, rows, columns) = counts.dim();
        if !(MIN_FRAMES..=MAX_FRAMES).contains(&frames) {
            return Err(StudyError::FrameCount { frames });
        }
        let side = MIN_SIDE..=MAX_SIDE;
        if !side.contains(&rows) || !side.contains(&columns) {
            return Err(StudyError::MatrixSize { rows, columns });
        }
        if let Some([row, column]) = pixel_spacing_mm
            && !(row > 0.0 && column > 0.0 && row.is_finite() && column.is_finite())
        {
            return Err(StudyError::PixelSpacing(row, column));
        }
        if let Some(((frame, row, column), &value)) =
            counts.indexed_iter().find(|&(_, &value)| !value.is_finite() || value < 0.0)
        {
            return Err(StudyError::InvalidCount { frame: FrameIndex::new(frame), row, column, value });
        }
        let empty = counts.axis_iter(Axis(0)).map(|frame| frame.iter().all(|&value| value == 0.0));
        let empty: Vec<FrameIndex> =
            FrameIndex::all(frames).zip(empty).filter(|&(_, empty)| empty).map(|(frame, _)| frame).collect();
        if let Some(&frame) = empty.first().filter(|_| frames - empty.len() < MIN_FRAMES) {
            return Err(StudyError::EmptyFrame { frame });
        }
        Ok(Self {
            counts,
            pixel_spacing_mm,
            gating: Gating::default(),
            identity: StudyIdentity::default(),
            acquisition: AcquisitionRecord::default(),
            saturation: None,
        })
    }

    /// The same study with other counts of the same shape, finite and not negative, or without its pixel spacing.
    pub(crate) fn corrected(&self, counts: Option<Array3<f32>>, without_spacing: bool) -> Self {
        Self {
            counts: counts.filter(|counts| counts.dim() == self.counts.dim()).unwrap_or_else(|| self.counts.clone()),
            pixel_spacing_mm: self.pixel_spacing_mm.filter(|_| !without_spacing),
            gating: self.gating.clone(),
            identity: self.identity.clone(),
            acquisition: self.acquisition.clone(),
            saturation: self.saturation,
        }
    }

    /// Total counts of each frame.
    #[must_use]
    pub fn totals(&self) -> Vec<f64> {
        self.counts.axis_iter(Axis(0)).map(|frame| frame.iter().map(|&value| f64::from(value)).sum()).collect()
    }

    /// Counts, `[frame, row, column]`.
    #[must_use]
    pub fn counts(&self) -> &Array3<f32> {
        &self.counts
    }

    /// Counts of one frame of the study, `[row, column]`.
    #[must_use]
    pub fn frame(&self, frame: FrameIndex) -> ArrayView2<'_, f32> {
        self.counts.index_axis(Axis(0), frame.index())
    }

    /// Number of frames in the cycle.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.counts.dim().0
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.counts.dim().1
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.counts.dim().2
    }

    /// Distance between the centres of neighbouring `[rows, columns]`, mm; `None` when not recorded.
    #[must_use]
    pub fn pixel_spacing_mm(&self) -> Option<[f64; 2]> {
        self.pixel_spacing_mm
    }

    /// Area of one pixel, mm²; `None` when the spacing is not recorded.
    #[must_use]
    pub fn pixel_area_mm2(&self) -> Option<f64> {
        self.pixel_spacing_mm.map(|[row, column]| row * column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(frames: usize) -> Array3<f32> {
        Array3::from_elem((frames, 64, 64), 1.0)
    }

    #[test]
    fn a_plain_study_is_accepted() {
        let study = GatedStudy::new(counts(24), Some([4.0, 5.0])).unwrap();
        assert_eq!((study.frames(), study.rows(), study.columns()), (24, 64, 64));
        assert_eq!(study.pixel_area_mm2(), Some(20.0));
    }

    #[test]
    fn debug_prints_no_patient() {
        let mut study = GatedStudy::new(counts(8), None).unwrap();
        study.identity.patient_name = Some("Hong^Gildong".into());
        study.identity.accession_number = Some("A-77".into());
        let printed = format!("{study:?} {study:#?}");
        assert!(printed.contains("patient_name: Some(..)"), "{printed}");
        assert!(!printed.contains("Gildong") && !printed.contains("A-77"), "{printed}");
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        assert_eq!(GatedStudy::new(counts(7), None), Err(StudyError::FrameCount { frames: 7 }));
        assert_eq!(GatedStudy::new(counts(24), Some([0.0, 1.0])), Err(StudyError::PixelSpacing(0.0, 1.0)));
        let mut negative = counts(8);
        negative[[2, 3, 4]] = -1.0;
        assert_eq!(
            GatedStudy::new(negative, None),
            Err(StudyError::InvalidCount { frame: FrameIndex::new(2), row: 3, column: 4, value: -1.0 })
        );
        let mut empty = counts(8);
        empty.index_axis_mut(Axis(0), 5).fill(0.0);
        assert_eq!(GatedStudy::new(empty, None), Err(StudyError::EmptyFrame { frame: FrameIndex::new(5) }));
        let mut last_empty = counts(9);
        last_empty.index_axis_mut(Axis(0), 8).fill(0.0);
        assert_eq!(GatedStudy::new(last_empty, None).unwrap().totals()[8], 0.0);
        let mut nan = counts(8);
        nan[[0, 0, 0]] = f32::NAN;
        assert!(matches!(GatedStudy::new(nan, None), Err(StudyError::InvalidCount { .. })));
    }
}
