//! `GatedStudy`: the frames of counts of one cardiac cycle, with pixel spacing, gating and identity.

use ndarray::{Array3, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// Fewest frames a cycle that the protocol accepts.
pub const MIN_FRAMES: usize = 8;
/// Most frames a cycle that the protocol accepts.
pub const MAX_FRAMES: usize = 64;
/// Smallest matrix side, in pixels.
pub const MIN_SIDE: usize = 32;
/// Largest matrix side, in pixels.
pub const MAX_SIDE: usize = 1024;

/// Why counts do not make a gated study.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StudyError {
    /// Too few or too many frames for one cycle.
    #[error("{frames} frames a cycle; a gated study has {MIN_FRAMES} to {MAX_FRAMES}")]
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
        /// Frame, from 1.
        frame: usize,
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
        /// The first of them, from 1.
        frame: usize,
    },
    /// A pixel spacing that is not a positive length.
    #[error("pixel spacing of {0} x {1} mm is not a positive length")]
    PixelSpacing(f64, f64),
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

/// Who and what a study is. Empty fields are `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StudyIdentity {
    /// Patient's name as recorded (DICOM PN, `Family^Given`).
    pub patient_name: Option<String>,
    /// Patient ID.
    pub patient_id: Option<String>,
    /// Date of birth, `YYYYMMDD`.
    pub birth_date: Option<String>,
    /// Sex as recorded.
    pub sex: Option<String>,
    /// Study date, `YYYYMMDD`.
    pub study_date: Option<String>,
    /// Study time as recorded (DICOM TM).
    pub study_time: Option<String>,
    /// Institution as recorded.
    pub institution: Option<String>,
    /// Study description.
    pub study_description: Option<String>,
    /// Series description.
    pub series_description: Option<String>,
    /// View: as coded or described, for example `Left anterior oblique`.
    pub view: Option<String>,
    /// Whether that view is left anterior oblique; `None` where it is not recorded, or in words that nobody knows.
    pub view_is_lao: Option<bool>,
    /// Manufacturer and model of the camera.
    pub camera: Option<String>,
    /// Study Instance UID.
    pub study_uid: Option<String>,
    /// Series Instance UID.
    pub series_uid: Option<String>,
    /// SOP Instance UID.
    pub sop_uid: Option<String>,
    /// The file says, or its writer knows, that the study is simulated.
    pub simulated: bool,
}

impl StudyIdentity {
    /// Whether the recorded view is left anterior oblique: as the file's reader says, or else by the English words.
    #[must_use]
    pub fn is_lao(&self) -> Option<bool> {
        let by_words = || {
            let view = self.view.as_ref()?.to_lowercase();
            let mut words = view.split(|letter: char| !letter.is_alphanumeric());
            (view.contains("left anterior oblique") || words.any(|word| word.starts_with("lao"))).then_some(true)
        };
        self.view_is_lao.or_else(by_words)
    }
}

/// The frames of one gated cycle as one detector saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct GatedStudy {
    counts: Array3<f32>, // [frame, row, column]
    pixel_spacing_mm: Option<[f64; 2]>,
    /// How the cycle was gated.
    pub gating: Gating,
    /// Who and what the study is.
    pub identity: StudyIdentity,
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
            return Err(StudyError::InvalidCount { frame: frame + 1, row, column, value });
        }
        let empty = counts.axis_iter(Axis(0)).map(|frame| frame.iter().all(|&value| value == 0.0));
        let empty: Vec<usize> = empty.enumerate().filter(|&(_, empty)| empty).map(|(frame, _)| frame).collect();
        if let Some(first) = empty.first().filter(|_| frames - empty.len() < MIN_FRAMES) {
            return Err(StudyError::EmptyFrame { frame: first + 1 });
        }
        Ok(Self {
            counts,
            pixel_spacing_mm,
            gating: Gating::default(),
            identity: StudyIdentity::default(),
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

    /// Counts of one frame, `[row, column]`; `frame` from 0.
    #[must_use]
    pub fn frame(&self, frame: usize) -> ArrayView2<'_, f32> {
        self.counts.index_axis(Axis(0), frame)
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
    fn the_recorded_view_is_known_by_its_words() {
        let lao = |view: Option<&str>, view_is_lao| {
            StudyIdentity { view: view.map(Into::into), view_is_lao, ..StudyIdentity::default() }.is_lao()
        };
        assert_eq!((lao(Some("Left anterior oblique"), None), lao(Some("GBP LAO45"), None)), (Some(true), Some(true)));
        assert_eq!((lao(Some("Ansicht 2"), None), lao(None, None)), (None, None));
        assert_eq!((lao(Some("Ansicht 2"), Some(true)), lao(Some("LAO"), Some(false))), (Some(true), Some(false)));
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        assert_eq!(GatedStudy::new(counts(7), None), Err(StudyError::FrameCount { frames: 7 }));
        assert_eq!(GatedStudy::new(counts(24), Some([0.0, 1.0])), Err(StudyError::PixelSpacing(0.0, 1.0)));
        let mut negative = counts(8);
        negative[[2, 3, 4]] = -1.0;
        assert_eq!(
            GatedStudy::new(negative, None),
            Err(StudyError::InvalidCount { frame: 3, row: 3, column: 4, value: -1.0 })
        );
        let mut empty = counts(8);
        empty.index_axis_mut(Axis(0), 5).fill(0.0);
        assert_eq!(GatedStudy::new(empty, None), Err(StudyError::EmptyFrame { frame: 6 }));
        let mut last_empty = counts(9);
        last_empty.index_axis_mut(Axis(0), 8).fill(0.0);
        assert_eq!(GatedStudy::new(last_empty, None).unwrap().totals()[8], 0.0);
        let mut nan = counts(8);
        nan[[0, 0, 0]] = f32::NAN;
        assert!(matches!(GatedStudy::new(nan, None), Err(StudyError::InvalidCount { .. })));
    }
}
