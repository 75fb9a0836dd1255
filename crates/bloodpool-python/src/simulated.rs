//! `SimulatedStudy`: a simulated study with everything that is true of it, and the function that draws them.

use std::sync::Arc;

use bloodpool::measurement::SampleError;
use bloodpool::phantom::{Family, Population};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rayon::prelude::*;

use crate::arrays;
use crate::computing::compute;
use crate::errors::{Raised, raise};
use crate::study::Study;

/// A simulated study and its truth.
#[pyclass(frozen, module = "bloodpool._native")]
pub(crate) struct SimulatedStudy(pub(crate) Arc<bloodpool::phantom::SimulatedStudy>);

/// The population of a name.
pub(crate) fn population(
    name: &str,
    seed: u64,
    lvef_percent: Option<[f64; 2]>,
    matrix: Option<usize>,
) -> PyResult<Population> {
    let mut population = match name {
        "own" => Population::ordinary(Family::Own, seed),
        "other" => Population::ordinary(Family::Other, seed),
        "made-bad" => Population::made_bad(Family::Own, seed),
        _ => {
            let known = "own, other and made-bad";
            return Err(PyValueError::new_err(format!("population {name:?} is not known; known are {known}")));
        }
    };
    if let Some([from, to]) = lvef_percent {
        // The simulator scales hearts to the LVEF, and beyond these no heart beats.
        if !(from <= to && from >= 3.0 && to <= 85.0) {
            return Err(PyValueError::new_err("lvef_percent must be two numbers in order, from 3 to 85"));
        }
        population.lvef_percent = from..=to;
    }
    if let Some(side) = matrix {
        if !matches!(side, 64 | 128) {
            return Err(PyValueError::new_err("matrix must be 64 or 128"));
        }
        population.matrix = Some(side);
    }
    Ok(population)
}

/// An error of the simulator.
pub(crate) fn not_simulated(py: Python<'_>, error: &SampleError) -> PyErr {
    raise(py, Raised { code: "evaluation_failed", ..Raised::new(format!("cannot simulate a study: {error}")) })
}

/// Draws the studies `first` to `first + count` of a population.
#[pyfunction]
#[pyo3(signature = (population_name, seed, first, count, *, lvef_percent=None, matrix=None))]
pub(crate) fn simulate(
    py: Python<'_>,
    population_name: &str,
    seed: u64,
    first: u64,
    count: u64,
    lvef_percent: Option<[f64; 2]>,
    matrix: Option<usize>,
) -> PyResult<Vec<SimulatedStudy>> {
    let source = population(population_name, seed, lvef_percent, matrix)?;
    let last = first.checked_add(count).ok_or_else(|| PyValueError::new_err("there are no so many studies"))?;
    let drawn: Result<Vec<_>, SampleError> =
        compute(py, || (first..last).into_par_iter().map(|index| source.study(index)).collect())?;
    let drawn = drawn.map_err(|error| not_simulated(py, &error))?;
    Ok(drawn.into_iter().map(|study| SimulatedStudy(Arc::new(study))).collect())
}

#[pymethods]
impl SimulatedStudy {
    /// The study without its truth.
    #[getter]
    fn study(&self) -> Study {
        let truth = &self.0.truth;
        let name = format!("simulated study {} of seed {}", truth.index, truth.seed);
        Study::in_memory(&name, self.0.labelled.study.clone())
    }

    /// True LVEF, percent.
    #[getter]
    fn lvef_percent(&self) -> f64 {
        self.0.truth.lvef_percent
    }

    /// What is true of it, as JSON.
    fn truth_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0.truth).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// The LV on every frame, uint8.
    fn masks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        arrays::masks(py, &self.0.labelled.masks)
    }
}
