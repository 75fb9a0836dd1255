//! `Protocol`: a preset by name, the protocol of a TOML file, or every choice as JSON.

use std::io;
use std::path::Path;

use bloodpool::config::{named_protocol, protocol_from_toml};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Every choice between masks and an LVEF.
#[pyclass(frozen, module = "bloodpool._native", skip_from_py_object)]
#[derive(Clone)]
pub(crate) struct Protocol(pub(crate) bloodpool::Protocol);

#[pymethods]
impl Protocol {
    /// Names of the presets, in the order in which they are shown.
    #[staticmethod]
    fn names() -> Vec<&'static str> {
        bloodpool::Protocol::NAMES.to_vec()
    }

    /// A preset by its name.
    #[staticmethod]
    fn by_name(name: &str) -> PyResult<Self> {
        bloodpool::Protocol::by_name(name).map(Self).ok_or_else(|| {
            let known = bloodpool::Protocol::NAMES.join(", ");
            PyValueError::new_err(format!("protocol {name:?} is not known; known are {known}"))
        })
    }

    /// The protocol in a TOML file.
    #[staticmethod]
    fn from_file(path: &str) -> PyResult<Self> {
        let text = std::fs::read_to_string(Path::new(path))
            .map_err(|error| io::Error::new(error.kind(), format!("cannot read the protocol in {path}: {error}")))?;
        let protocol = protocol_from_toml(&text);
        protocol.map(Self).map_err(|error| PyValueError::new_err(format!("{path}: {}", error.to_string().trim_end())))
    }

    /// The protocol with these choices.
    #[staticmethod]
    fn from_json(json: &str) -> PyResult<Self> {
        let protocol: bloodpool::Protocol = serde_json::from_str(json)
            .map_err(|error| PyValueError::new_err(format!("these are not the choices of a protocol: {error}")))?;
        named_protocol(protocol).map(Self).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// Every choice.
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| PyValueError::new_err(error.to_string()))
    }
}
