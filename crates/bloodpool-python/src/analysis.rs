//! `Analysis`: the result of one study, and the functions that analyse one.

use std::path::PathBuf;

use bloodpool::{AnalyzedStudy, Analyzer, Error, IfExists, Language};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::arrays::{self, Shape};
use crate::choices::Choices;
use crate::computing::compute;
use crate::errors::raise_error;
use crate::model::Model;
use crate::protocol::Protocol;
use crate::segmenters::Given;
use crate::study::Study;

/// Analyses the one study in these files and folders.
#[pyfunction]
pub(crate) fn analyze_paths(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    model: &Model,
    choices: &Choices,
) -> PyResult<Analysis> {
    analysis(py, || choices.set(Analyzer::new(model.shared()))?.analyze_files(&paths))
}

/// Analyses a study that was read or made.
#[pyfunction]
pub(crate) fn analyze_study(py: Python<'_>, study: &Study, model: &Model, choices: &Choices) -> PyResult<Analysis> {
    analysis(py, || choices.set(Analyzer::new(model.shared()))?.analyze_study_file(study.file.clone()))
}

/// Measures a study with these masks, which `name` drew.
#[pyfunction]
pub(crate) fn analyze_masks(
    py: Python<'_>,
    study: &Study,
    masks: &[u8],
    name: String,
    choices: &Choices,
) -> PyResult<Analysis> {
    let masks = arrays::masks_of(masks, study.file.study.counts().dim())?;
    analysis(py, || {
        choices.set(Analyzer::with_segmenter(Box::new(Given { masks, name })))?.analyze_study_file(study.file.clone())
    })
}

fn analysis(py: Python<'_>, analyze: impl FnOnce() -> Result<AnalyzedStudy, Error> + Send) -> PyResult<Analysis> {
    compute(py, analyze)?.map(Analysis).map_err(|error| raise_error(py, &error))
}

/// One study with its analysis.
#[pyclass(frozen, module = "bloodpool._native")]
pub(crate) struct Analysis(AnalyzedStudy);

impl Analysis {
    /// What takes longer than a look-up, without the interpreter's lock.
    fn made<T: Send>(
        &self,
        py: Python<'_>,
        make: impl FnOnce(&AnalyzedStudy) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        compute(py, || make(&self.0))?.map_err(|error| raise_error(py, &error))
    }
}

#[pymethods]
impl Analysis {
    /// File or name of the study.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// LVEF, percent; `None` where it is withheld.
    #[getter]
    fn lvef_percent(&self) -> Option<f64> {
        self.0.lvef_percent()
    }

    /// LVEF as it was measured, percent, whether or not it may be used.
    #[getter]
    fn measured_lvef_percent(&self) -> f64 {
        self.0.analysis().lvef_percent
    }

    /// Standard error from counting noise alone, EF points.
    #[getter]
    fn counting_error_points(&self) -> f64 {
        self.0.analysis().counting_error_points
    }

    /// Lower and upper end and level of the interval, percent, and what it was calibrated on.
    #[getter]
    fn interval(&self) -> Option<(f64, f64, f64, &str)> {
        let interval = self.0.analysis().interval.as_ref()?;
        Some((interval.low, interval.high, interval.level_percent, &interval.source))
    }

    /// LVEF by every preset, percent.
    #[getter]
    fn lvef_by_protocol(&self) -> Vec<(&'static str, Option<f64>)> {
        self.0.analysis().results.iter().map(|result| (result.key, result.lvef_percent)).collect()
    }

    /// Findings: rank, code and message, as documents have them.
    fn findings_json(&self) -> PyResult<String> {
        let reasons = serde_json::to_string(self.0.analysis().validity.reasons());
        reasons.map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// ED and ES, frames from 1.
    #[getter]
    fn frames(&self) -> (usize, usize) {
        let analysis = self.0.analysis();
        (analysis.end_diastole.frame.number(), analysis.end_systole.frame.number())
    }

    /// Name and SHA-256 of the model.
    #[getter]
    fn model(&self) -> (&str, &str) {
        let model = &self.0.analysis().model;
        (&model.name, &model.sha256)
    }

    #[getter]
    fn protocol(&self) -> Protocol {
        Protocol(self.0.analysis().protocol.clone())
    }

    /// Frames, rows and columns.
    #[getter]
    fn shape(&self) -> Shape {
        self.0.study().counts().dim()
    }

    /// Masks of every frame, uint8.
    fn masks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        arrays::masks(py, &self.0.analysis().masks)
    }

    /// Contours of every frame, float64, x and y of each point.
    fn contours<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let points = |points: &Vec<[f64; 2]>| arrays::numbers(py, points.as_flattened().iter().copied());
        self.0.analysis().contours.iter().map(|contour| points(&contour.0)).collect()
    }

    /// Net LV counts by frame, float64.
    fn curve<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        arrays::numbers(py, self.0.analysis().curve.net_counts.iter().copied())
    }

    /// The harmonics fitted to them, float64, where ED and ES are read from the fit.
    fn fitted_curve<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let fitted = self.0.analysis().curve.fitted_counts.as_ref();
        fitted.map(|fitted| arrays::numbers(py, fitted.iter().copied())).transpose()
    }

    /// Counts of the study as it was measured, float32.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        arrays::numbers(py, self.0.study().counts().iter().copied())
    }

    /// The document `bloodpool.analysis/1`.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.made(py, AnalyzedStudy::to_json)
    }

    /// The report as one HTML page.
    fn report_html(&self, py: Python<'_>, language: &str) -> PyResult<String> {
        let language = of_code(language)?;
        self.made(py, |study| study.report_html_in(language))
    }

    /// The report as PDF.
    fn report_pdf<'py>(&self, py: Python<'py>, language: &str) -> PyResult<Bound<'py, PyBytes>> {
        let language = of_code(language)?;
        Ok(PyBytes::new(py, &self.made(py, |study| study.report_pdf(language))?))
    }

    /// Writes the report into a folder; returns where the page is.
    fn write_report(&self, py: Python<'_>, folder: PathBuf, language: &str, replace: bool) -> PyResult<PathBuf> {
        let language = of_code(language)?;
        let if_exists = if replace { IfExists::Replace } else { IfExists::Refuse };
        self.made(py, |study| study.write_report_in(language, &folder, if_exists))
    }
}

fn of_code(code: &str) -> PyResult<Language> {
    Language::of_code(code).ok_or_else(|| {
        let codes = Language::ALL.map(Language::code).join(" or ");
        PyValueError::new_err(format!("no report is in the language {code:?}: choose {codes}"))
    })
}
