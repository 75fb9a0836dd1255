//! `Choices`: what of a file is read, and by what it is measured.

use std::path::PathBuf;

use bloodpool::{Analyzer, Error, FrameIndex, Selection};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::protocol::Protocol;

/// Settings of one analysis. Frames, detectors, energy windows and R-R intervals are numbered from 1.
#[pyclass(frozen, module = "bloodpool._native", skip_from_py_object)]
#[derive(Clone, Default)]
pub(crate) struct Choices {
    pub(crate) selection: Selection,
    protocol: Option<bloodpool::Protocol>,
    end_diastole: Option<FrameIndex>,
    end_systole: Option<FrameIndex>,
    calibration: Option<PathBuf>,
    calibration_group: Option<String>,
}

impl Choices {
    /// The analyzer with these settings.
    pub(crate) fn set(&self, analyzer: Analyzer) -> Result<Analyzer, Error> {
        let mut analyzer = analyzer.frames(self.end_diastole, self.end_systole).selection(self.selection.clone());
        if let Some(protocol) = &self.protocol {
            analyzer = analyzer.protocol(protocol.clone());
        }
        match &self.calibration {
            Some(file) => analyzer.calibration(file, self.calibration_group.clone()),
            None => Ok(analyzer),
        }
    }
}

#[pymethods]
impl Choices {
    #[new]
    #[pyo3(signature = (*, protocol=None, end_diastole=None, end_systole=None, detector=None, energy_window=None,
        rr_interval=None, view=None, calibration=None, calibration_group=None))]
    #[allow(clippy::too_many_arguments, reason = "one keyword per setting")]
    fn new(
        protocol: Option<PyRef<'_, Protocol>>,
        end_diastole: Option<usize>,
        end_systole: Option<usize>,
        detector: Option<u32>,
        energy_window: Option<u32>,
        rr_interval: Option<u32>,
        view: Option<String>,
        calibration: Option<PathBuf>,
        calibration_group: Option<String>,
    ) -> PyResult<Self> {
        let frame = |name: &str, number: Option<usize>| match number {
            Some(number) => FrameIndex::from_number(number).ok_or_else(|| below_one(name)).map(Some),
            None => Ok(None),
        };
        let numbers = [("detector", detector), ("energy_window", energy_window), ("rr_interval", rr_interval)];
        if let Some((name, _)) = numbers.into_iter().find(|(_, number)| *number == Some(0)) {
            return Err(below_one(name));
        }
        if end_diastole.is_some() && end_diastole == end_systole {
            return Err(PyValueError::new_err("end_diastole and end_systole name the same frame"));
        }
        Ok(Self {
            selection: Selection { detector, energy_window, rr_interval, view },
            protocol: protocol.map(|protocol| protocol.0.clone()),
            end_diastole: frame("end_diastole", end_diastole)?,
            end_systole: frame("end_systole", end_systole)?,
            calibration,
            calibration_group,
        })
    }
}

fn below_one(name: &str) -> PyErr {
    PyValueError::new_err(format!("{name} must be 1 or greater"))
}
