//! Errors of the library as `bloodpool.Error`, with code, file, attribute and hint.

use std::error::Error as _;

use bloodpool::dicom::{Axis, Problem};
use bloodpool::{AnalysisError, Error};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// What `bloodpool.Error` is made of.
pub(crate) struct Raised {
    pub(crate) message: String,
    pub(crate) code: &'static str,
    pub(crate) file: Option<String>,
    /// As `(gggg,eeee) Keyword`.
    pub(crate) attribute: Option<String>,
    /// What the caller can do, in terms of this package.
    pub(crate) hint: Option<String>,
}

impl Raised {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: "internal", file: None, attribute: None, hint: None }
    }
}

/// The exception.
pub(crate) fn raise(py: Python<'_>, raised: Raised) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let Raised { message, code, file, attribute, hint } = raised;
    let made = CLASS
        .import(py, "bloodpool._error", "Error")
        .and_then(|class| class.call1((message, code, file, attribute, hint)));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// The exception for an error of the library.
pub(crate) fn raise_error(py: Python<'_>, error: &Error) -> PyErr {
    let attribute = error.attribute().map(|attribute| attribute.to_string());
    raise(py, Raised { message: in_words(error), code: error.code(), file: error.file(), attribute, hint: hint(error) })
}

/// The error with its causes.
fn in_words(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

fn hint(error: &Error) -> Option<String> {
    let hint = match error {
        Error::Read(error) => match &error.problem {
            Problem::Several { axis: Axis::Detector, .. } => "choose one with detector=N or view=TEXT",
            Problem::Several { axis: Axis::EnergyWindow, .. } => "choose one with energy_window=N",
            Problem::Several { axis: Axis::RrInterval, .. } => "choose one with rr_interval=N",
            Problem::SeveralFiles { .. } => "name one file, or choose with view=TEXT",
            _ => return None,
        },
        Error::SeveralStudies { studies: 1 } => "no gated study was found in these files",
        Error::SeveralStudies { .. } => "analyse them one after the other, each with its own file",
        Error::Analysis { error: AnalysisError::NoFraction { .. }, .. } => {
            "name another protocol, for example \"standard\""
        }
        Error::Device(_) => "this package computes on the processor: device=\"cpu\"",
        _ => return None,
    };
    Some(hint.to_owned())
}
