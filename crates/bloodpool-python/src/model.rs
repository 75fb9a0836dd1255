//! `Model`: an embedded network, one from a folder, or a classical method, loaded once and used by any number of threads.

use std::sync::Arc;

use bloodpool::measurement::analysis::segment;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::arrays;
use crate::computing::compute;
use crate::errors::{Raised, raise, raise_error};
use crate::segmenters::Shared;
use crate::study::Study;

/// What finds the LV.
#[pyclass(frozen, module = "bloodpool._native")]
pub(crate) struct Model(pub(crate) Arc<bloodpool::Model>);

impl Model {
    /// The same model for one more analyzer.
    pub(crate) fn shared(&self) -> bloodpool::Model {
        bloodpool::Model {
            known_bias: self.0.known_bias.clone(),
            calibration: self.0.calibration.clone(),
            segmenter: Box::new(Shared(Arc::clone(&self.0))),
        }
    }
}

#[pymethods]
impl Model {
    /// Loads a model by its name or folder.
    #[new]
    fn new(py: Python<'_>, name: &str, device: &str) -> PyResult<Self> {
        let loaded = compute(py, || bloodpool::Model::load(name, device))?;
        loaded.map(|model| Self(Arc::new(model))).map_err(|error| raise_error(py, &error))
    }

    #[getter]
    fn name(&self) -> String {
        self.0.segmenter.identity().name
    }

    /// SHA-256 of the weights, hexadecimal; empty for a method without weights.
    #[getter]
    fn sha256(&self) -> String {
        self.0.segmenter.identity().sha256
    }

    /// Masks of every frame, uint8.
    fn masks<'py>(&self, py: Python<'py>, study: &Study) -> PyResult<Bound<'py, PyBytes>> {
        let found = compute(py, || segment(&study.file.study, &*self.0.segmenter))?;
        let found = found
            .map_err(|error| raise(py, Raised { code: "segmentation_failed", ..Raised::new(error.to_string()) }))?;
        arrays::masks(py, &found.masks)
    }
}
