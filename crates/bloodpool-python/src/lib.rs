//! The extension module `bloodpool._native`: the library as the Python package in `python/bloodpool` calls it.
//!
//! Arrays pass as bytes with their shape: NumPy shows bytes without copying them, so that no C interface of NumPy is needed.

mod analysis;
mod arrays;
mod choices;
mod computing;
mod errors;
mod model;
mod observation;
mod protocol;
mod segmenters;
mod simulated;
mod statistics;
mod study;

use pyo3::prelude::*;

#[pymodule]
#[pyo3(name = "_native")]
mod native {
    #[pymodule_export]
    use crate::analysis::{Analysis, analyze_masks, analyze_paths, analyze_study};
    #[pymodule_export]
    use crate::choices::Choices;
    #[pymodule_export]
    use crate::model::Model;
    #[pymodule_export]
    use crate::observation::{Observation, markdown, observe, observe_masks};
    #[pymodule_export]
    use crate::protocol::Protocol;
    #[pymodule_export]
    use crate::simulated::{SimulatedStudy, simulate};
    #[pymodule_export]
    use crate::statistics::{
        consensus, icc, mann_whitney, mean_sd, overlap, paired, proportion, staple, surface_distance,
    };
    #[pymodule_export]
    use crate::study::Study;

    use super::*;

    /// Gives the module the version of the program.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
