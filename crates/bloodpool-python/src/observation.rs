//! `Observation`: a simulated study, its truth and what a model gives for it; and the table of many of them.

use bloodpool::evaluation::truth::observation::{self, Observer};
use bloodpool::evaluation::truth::{made_bad, ordinary};
use bloodpool::measurement::analysis::segment;
use bloodpool::measurement::protocol::Preset;
use bloodpool::{Protocol as Choice, Segmenter};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays;
use crate::computing::compute;
use crate::model::Model;
use crate::protocol::Protocol;
use crate::segmenters::Given;
use crate::simulated::{SimulatedStudy, population};

/// One simulated study with the result of a model.
#[pyclass(frozen, module = "bloodpool._native")]
pub(crate) struct Observation {
    of: observation::Observation,
    /// Name of the protocol.
    protocol: String,
}

fn presets() -> Vec<Choice> {
    Preset::ALL.into_iter().map(|preset| preset.protocol()).collect()
}

fn chosen(protocol: Option<PyRef<'_, Protocol>>) -> Option<Choice> {
    protocol.map(|protocol| protocol.0.clone())
}

/// Observes a model on studies `first` to `first + count` of a population; without a protocol by the default for what the model gives.
#[pyfunction]
#[pyo3(signature = (population_name, seed, first, count, model, protocol))]
pub(crate) fn observe(
    py: Python<'_>,
    population_name: &str,
    seed: u64,
    first: u64,
    count: u64,
    model: &Model,
    protocol: Option<PyRef<'_, Protocol>>,
) -> PyResult<Vec<Observation>> {
    let source = population(population_name, seed, None, None)?;
    let protocol = chosen(protocol);
    let last = first.checked_add(count).ok_or_else(|| PyValueError::new_err("there are no so many studies"))?;
    let observed = compute(py, || {
        let segmenter = &*model.0.segmenter;
        let protocol = match protocol {
            Some(protocol) => protocol,
            // What a model gives is the same for every study.
            None => {
                let found = segment(&source.study(first)?.labelled.study, segmenter);
                found.map_or_else(|_| Choice::standard(), |found| Choice::default_for(&found))
            }
        };
        let name = protocol.name.clone();
        let calibration = model.0.calibration.as_ref();
        let observer = Observer { segmenter, protocol, tried: presets(), calibration };
        Ok((name, observer.observe_all(&source, first..last, || {})?))
    })?;
    let (protocol, observed) = observed
        .map_err(|error: bloodpool::evaluation::EvaluationError| crate::errors::raise_error(py, &error.into()))?;
    Ok(observed.into_iter().map(|of| Observation { of, protocol: protocol.clone() }).collect())
}

/// Observes masks that `name` drew on a simulated study; without a protocol by the default for masks.
#[pyfunction]
#[pyo3(signature = (simulated, masks, name, protocol))]
pub(crate) fn observe_masks(
    py: Python<'_>,
    simulated: &SimulatedStudy,
    masks: &[u8],
    name: String,
    protocol: Option<PyRef<'_, Protocol>>,
) -> PyResult<Observation> {
    let masks = arrays::masks_of(masks, simulated.0.labelled.study.counts().dim())?;
    let protocol = chosen(protocol).unwrap_or_else(Choice::standard);
    let given = Given { masks, name };
    let name = protocol.name.clone();
    let of = compute(py, || {
        let segmenter: &dyn Segmenter = &given;
        Observer { segmenter, protocol, tried: presets(), calibration: None }.observe(&simulated.0)
    })?;
    Ok(Observation { of, protocol: name })
}

/// The tables of many observations as Markdown, those that `evaluate` prints.
#[pyfunction]
pub(crate) fn markdown(title: &str, observations: Vec<PyRef<'_, Observation>>) -> String {
    let all: Vec<observation::Observation> = observations.iter().map(|observation| observation.of.clone()).collect();
    if all.iter().any(|observation| observation.known.fault.is_some()) {
        return made_bad::markdown(title, &all);
    }
    let protocol = observations.first().map_or("", |observation| &observation.protocol);
    ordinary::markdown(title, &all, protocol, &Choice::NAMES)
}

#[pymethods]
impl Observation {
    /// Measured and true LVEF, percent; `None` where there is no number.
    #[getter]
    fn lvef_percent(&self) -> (Option<f64>, Option<f64>) {
        let measured = self.of.outcome.as_ref().ok().map(|given| given.lvef_percent);
        (measured, self.of.known.lvef.map(|truth| truth.curve))
    }

    /// Dice at the true ED and ES against the projected cavity; `None` where there is no LV or no number.
    #[getter]
    fn dice(&self) -> Option<(f64, f64)> {
        let [diastole, systole, ..] = self.of.outcome.as_ref().ok()?.dice?;
        Some((diastole, systole))
    }

    /// Name of the protocol.
    #[getter]
    fn protocol(&self) -> &str {
        &self.protocol
    }

    /// All of it, as one line of JSON.
    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.of).map_err(|error| PyValueError::new_err(error.to_string()))
    }
}
