//! The statistics of agreement, each as JSON: `python/bloodpool/statistics.py` gives them their types.

use bloodpool::Mask;
use bloodpool::stats::{self, AgreementError};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;

use crate::arrays::{self, Shape};

/// Rows and columns.
type Matrix = (usize, usize);

fn json(found: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(found).map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

fn given<T: Serialize>(found: Result<T, AgreementError>) -> PyResult<String> {
    json(&found.map_err(|error| refused(&error))?)
}

fn refused(error: &AgreementError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn mask(bytes: &[u8], (rows, columns): Matrix) -> PyResult<Mask> {
    arrays::masks_of(bytes, (1, rows, columns))?
        .pop()
        .ok_or_else(|| PyValueError::new_err("the bytes of a mask do not fit its shape"))
}

/// A statistic of paired measurements, by its name; `margin` is that of equivalence.
#[pyfunction]
#[pyo3(signature = (statistic, measured, reference, margin=None))]
pub(crate) fn paired(
    statistic: &str,
    measured: Vec<f64>,
    reference: Vec<f64>,
    margin: Option<f64>,
) -> PyResult<String> {
    let (measured, reference) = (&measured[..], &reference[..]);
    match (statistic, margin) {
        ("bland_altman", None) => given(stats::bland_altman(measured, reference)),
        ("concordance", None) => given(stats::concordance(measured, reference)),
        ("wilcoxon", None) => given(stats::wilcoxon(measured, reference)),
        ("paired_t", None) => given(stats::paired_t(measured, reference)),
        ("standardized_difference", None) => given(stats::standardized_difference(measured, reference)),
        ("regression", None) => given(stats::regression(measured, reference)),
        ("proportional_bias", None) => given(stats::proportional_bias(measured, reference)),
        ("equivalence", Some(margin)) => given(stats::equivalence(measured, reference, margin)),
        _ => Err(PyValueError::new_err(format!("no statistic of pairs is called {statistic:?}"))),
    }
}

/// The Mann-Whitney test of two groups.
#[pyfunction]
pub(crate) fn mann_whitney(first: Vec<f64>, second: Vec<f64>) -> PyResult<String> {
    given(stats::mann_whitney(&first, &second))
}

/// Mean and SD.
#[pyfunction]
pub(crate) fn mean_sd(values: Vec<f64>) -> PyResult<String> {
    given(stats::mean_sd(&values))
}

/// A proportion with its interval.
#[pyfunction]
pub(crate) fn proportion(having: usize, of: usize) -> PyResult<String> {
    given(stats::proportion(having, of))
}

/// ICC(2,1) of a table by rows, a subject each.
#[pyfunction]
pub(crate) fn icc(table: Vec<f64>, shape: Matrix) -> PyResult<String> {
    let table = ndarray::Array2::from_shape_vec(shape, table)
        .map_err(|_| PyValueError::new_err("the values of the table do not fit its shape"))?;
    given(stats::icc(table.view()))
}

/// Overlap of two masks.
#[pyfunction]
pub(crate) fn overlap(left: &[u8], left_shape: Matrix, right: &[u8], right_shape: Matrix) -> PyResult<String> {
    given(stats::overlap(&mask(left, left_shape)?, &mask(right, right_shape)?))
}

/// Distances of the boundaries of two masks, mm.
#[pyfunction]
pub(crate) fn surface_distance(
    left: &[u8],
    left_shape: Matrix,
    right: &[u8],
    right_shape: Matrix,
    spacing_mm: [f64; 2],
) -> PyResult<String> {
    given(stats::surface_distance(&mask(left, left_shape)?, &mask(right, right_shape)?, spacing_mm))
}

/// The majority of masks, uint8.
#[pyfunction]
pub(crate) fn consensus<'py>(py: Python<'py>, masks: &[u8], shape: Shape) -> PyResult<Bound<'py, PyBytes>> {
    let masks = arrays::masks_of(masks, shape)?;
    let masks: Vec<&Mask> = masks.iter().collect();
    let majority = stats::consensus(&masks).map_err(|error| refused(&error))?;
    arrays::masks(py, &[majority])
}

/// STAPLE: the probability of every pixel, float64, and the rest as JSON.
#[pyfunction]
pub(crate) fn staple<'py>(py: Python<'py>, masks: &[u8], shape: Shape) -> PyResult<(Bound<'py, PyBytes>, String)> {
    let masks = arrays::masks_of(masks, shape)?;
    let masks: Vec<&Mask> = masks.iter().collect();
    let found = stats::staple(&masks).map_err(|error| refused(&error))?;
    Ok((arrays::numbers(py, found.probability.iter().copied())?, json(&found)?))
}
