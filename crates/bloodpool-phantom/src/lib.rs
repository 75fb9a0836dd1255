//! What is simulated: gated blood pool studies, and raters drawing on them, with the truth known. Writes no file.

use std::ops::RangeInclusive;

use bloodpool::{Contour, LabelledStudy, SampleError, SampleSource};
use ndarray::Array3;
use serde::Serialize;

/// A source of simulated studies without end: the same seed and index give the same study, always.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// Seed of the whole source.
    pub seed: u64,
    /// True LVEF is drawn uniformly from this range, percent.
    pub lvef_percent: RangeInclusive<f64>,
    /// Matrix side; `None` draws 64 or 128.
    pub matrix: Option<usize>,
    /// The patients and acquisitions it is restricted to.
    pub slice: Slice,
}

/// A part of the population, for harder tests and for examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Slice {
    /// Everything.
    All,
    /// 60k to 100k counts a frame.
    LowCounts,
    /// Regional akinesis, dyskinesis or aneurysm in every study.
    Akinesis,
    /// Normal hearts on a good camera.
    Normal,
}

/// What is true of a simulated study.
#[derive(Debug, Clone, Serialize)]
pub struct Truth {
    /// Seed of the source.
    pub seed: u64,
    /// Index of the study in it.
    pub index: u64,
    /// LVEF from the volumes, percent.
    pub lvef_percent: f64,
    /// Frame of the largest volume, from 1.
    pub end_diastole_frame: usize,
    /// Frame of the smallest volume, from 1.
    pub end_systole_frame: usize,
    /// LV volume by frame, ml.
    pub lv_volume_ml: Vec<f64>,
    /// Wall motion in words, for example `normal` or `apical akinesis`.
    pub wall_motion: String,
}

/// A study, its truth, and the counts that came from the LV.
#[derive(Debug, Clone)]
pub struct SimulatedStudy {
    /// Study, masks, LV fraction, volumes and LVEF.
    pub labelled: LabelledStudy,
    /// Expected (noise-free) counts from LV blood alone, `[frame, row, column]`.
    pub lv_counts: Array3<f32>,
    /// The rest of what is known.
    pub truth: Truth,
}

impl Simulation {
    /// The study of this index.
    #[must_use]
    pub fn study(&self, _index: u64) -> SimulatedStudy {
        unimplemented!("simulated in the next commit")
    }
}

impl SampleSource for Simulation {
    fn len(&self) -> Option<u64> {
        None
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        Ok(self.study(index).labelled)
    }

    fn description(&self) -> String {
        format!("bloodpool-phantom {} seed {}", env!("CARGO_PKG_VERSION"), self.seed)
    }
}

/// A simulated rater with habits of its own.
#[derive(Debug, Clone, Serialize)]
pub struct Rater {
    /// Number, from 1.
    pub number: usize,
    /// `students` or `technologists`.
    pub group: &'static str,
}

/// A panel of raters; the same seed gives the same panel.
#[must_use]
pub fn panel(_seed: u64, _raters: usize) -> Vec<Rater> {
    unimplemented!("drawn in the next commit")
}

impl Rater {
    /// The LV as this rater draws it on one frame (from 0), in the study's own pixels.
    #[must_use]
    pub fn draw(&self, _study: &SimulatedStudy, _frame: usize) -> Contour {
        unimplemented!("drawn in the next commit")
    }
}
