//! `Study`: a study that was read from files or bytes, or made from an array of counts.

use std::path::{Path, PathBuf};

use bloodpool::dicom::{StudyFile, open_study_bytes};
use bloodpool::measurement::analysis::segment;
use bloodpool::measurement::study::StudyError;
use bloodpool::{Analyzer, Error, GatedStudy};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::arrays::{self, Shape};
use crate::choices::Choices;
use crate::computing::compute;
use crate::errors::{Raised, raise, raise_error};
use crate::segmenters::{Given, Shown};

/// The frames of one cardiac cycle, with pixel spacing, gating and identity.
#[pyclass(frozen, module = "bloodpool._native")]
pub(crate) struct Study {
    pub(crate) file: StudyFile,
}

impl Study {
    /// A study that no file holds.
    pub(crate) fn in_memory(name: &str, study: GatedStudy) -> Self {
        Self { file: StudyFile { path: PathBuf::from(name), study, files: Vec::new(), notes: Vec::new() } }
    }
}

#[pymethods]
impl Study {
    /// Reads the one study in these files and folders.
    #[staticmethod]
    fn read(py: Python<'_>, paths: Vec<PathBuf>, choices: &Choices) -> PyResult<Self> {
        let read = compute(py, || {
            // What finds the LV does not matter to what is read.
            let nothing = Given { masks: Vec::new(), name: String::new() };
            let analyzer = Analyzer::with_segmenter(Box::new(nothing)).selection(choices.selection.clone());
            analyzer.plan_files(&paths).and_then(|planned| planned.read().map_err(Error::from))
        })?;
        read.map(|file| Self { file }).map_err(|error| raise_error(py, &error))
    }

    /// Reads a DICOM file from its bytes.
    #[staticmethod]
    fn of_bytes(py: Python<'_>, name: &str, bytes: &[u8], choices: &Choices) -> PyResult<Self> {
        let read = compute(py, || open_study_bytes(Path::new(name), bytes.to_vec(), &choices.selection))?;
        read.map(|file| Self { file }).map_err(|error| raise_error(py, &error.into()))
    }

    /// A study from counts.
    #[staticmethod]
    #[pyo3(signature = (name, counts, shape, *, pixel_spacing_mm, frame_time_ms, rr_interval_ms, view))]
    #[allow(clippy::too_many_arguments, reason = "one keyword per thing that is recorded")]
    fn of_counts(
        py: Python<'_>,
        name: &str,
        counts: &[u8],
        shape: Shape,
        pixel_spacing_mm: Option<[f64; 2]>,
        frame_time_ms: Option<f64>,
        rr_interval_ms: Option<f64>,
        view: Option<String>,
    ) -> PyResult<Self> {
        for (what, time) in [("frame_time_ms", frame_time_ms), ("rr_interval_ms", rr_interval_ms)] {
            if time.is_some_and(|time| !(time.is_finite() && time > 0.0)) {
                return Err(PyValueError::new_err(format!("{what} must be a positive number of milliseconds")));
            }
        }
        let counts = arrays::counts(counts, shape)?;
        let mut study = GatedStudy::new(counts, pixel_spacing_mm).map_err(|error| refused(py, name, &error))?;
        study.gating.frame_time_ms = frame_time_ms;
        study.gating.rr_interval_ms = rr_interval_ms;
        study.identity.view = view;
        Ok(Self::in_memory(name, study))
    }

    /// File or name.
    #[getter]
    fn name(&self) -> String {
        self.file.path.display().to_string()
    }

    /// Frames, rows and columns.
    #[getter]
    fn shape(&self) -> Shape {
        self.file.study.counts().dim()
    }

    /// Counts, float32.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        arrays::numbers(py, self.file.study.counts().iter().copied())
    }

    /// Counts as a segmenter sees them, float32: as they are corrected, with empty frames at the end of the cycle filled.
    fn counts_to_outline<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let shown = Shown::default();
        let found = compute(py, || segment(&self.file.study, &shown).map(drop))?;
        let seen = shown.counts();
        let counts = found.ok().and(seen);
        arrays::numbers(py, counts.as_ref().unwrap_or(self.file.study.counts()).iter().copied())
    }

    #[getter]
    fn pixel_spacing_mm(&self) -> Option<(f64, f64)> {
        self.file.study.pixel_spacing_mm().map(|[rows, columns]| (rows, columns))
    }

    /// What is recorded of the gating, as JSON.
    fn gating_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.file.study.gating).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// What is recorded of patient and study.
    #[getter]
    fn identity(&self) -> Vec<(&'static str, Option<&str>)> {
        let identity = &self.file.study.identity;
        vec![
            ("patient_id", identity.patient_id.as_deref()),
            ("study_date", identity.study_date.as_deref()),
            ("view", identity.view.as_deref()),
            ("manufacturer", identity.manufacturer.as_deref()),
            ("model_name", identity.model_name.as_deref()),
            ("study_uid", identity.study_uid.as_deref()),
            ("series_uid", identity.series_uid.as_deref()),
            ("sop_uid", identity.sop_uid.as_deref()),
        ]
    }

    #[getter]
    fn simulated(&self) -> bool {
        self.file.study.identity.simulated
    }

    /// What is unusual about the file: codes and messages.
    #[getter]
    fn notes(&self) -> Vec<(&'static str, String)> {
        self.file.notes.iter().map(|note| (note.code, note.message.clone())).collect()
    }
}

/// The error of counts that are no study.
fn refused(py: Python<'_>, name: &str, error: &StudyError) -> PyErr {
    let message = format!("{name}: {error}");
    raise(py, Raised { code: error.code(), file: Some(name.to_owned()), ..Raised::new(message) })
}
