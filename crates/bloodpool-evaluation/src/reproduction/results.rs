//! The result of a study for one network: read back from the document of its evaluation and from its run folders.

use std::path::Path;

use bloodpool_files::document::read;
use bloodpool_nn::run_folder::{EpochMetrics, RunFolder};

use super::folders::{evaluation_of, half_side_run_of, run_of};
use super::plan::PlannedNetwork;
use crate::EvaluationError;
use crate::raters::outputs::RECORD;
use crate::raters::record::{EvaluationDocument, SCHEMA};

/// One network of a study.
#[derive(Debug)]
pub(super) struct NetworkResult {
    pub(super) planned: PlannedNetwork,
    pub(super) evaluation: EvaluationDocument,
    /// Its runs: that on pictures of half the side, if there was one, then its own.
    pub(super) runs: Vec<RunResult>,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunResult {
    pub(super) side: usize,
    pub(super) epochs: usize,
    pub(super) steps: usize,
    /// Epoch whose weights were kept, from 1.
    pub(super) kept_epoch: usize,
    pub(super) hours: f64,
}

impl NetworkResult {
    /// Reads the result of a study for a network.
    pub(super) fn read(out: &Path, planned: &PlannedNetwork) -> Result<Self, EvaluationError> {
        let path = evaluation_of(out, &planned.network).join(RECORD);
        let evaluation = read(&path, SCHEMA)?.document;
        let half = half_side_run_of(out, &planned.network);
        let mut runs = Vec::new();
        if half.exists() {
            runs.push(RunResult::read(&half)?);
        }
        runs.push(RunResult::read(&run_of(out, &planned.network))?);
        Ok(Self { planned: planned.clone(), evaluation, runs })
    }
}

impl RunResult {
    fn read(folder: &Path) -> Result<Self, EvaluationError> {
        let (run, config, _) = RunFolder::open(folder)?;
        let metrics = run.metrics()?;
        let best = metrics.iter().fold(None, |best: Option<&EpochMetrics>, epoch| match best {
            Some(best) if best.validation.dice() >= epoch.validation.dice() => Some(best),
            _ => Some(epoch),
        });
        Ok(Self {
            side: config.network.layout().side,
            epochs: metrics.len(),
            steps: metrics.last().map_or(0, |epoch| epoch.step),
            kept_epoch: best.map_or(0, |epoch| epoch.epoch),
            hours: seconds(&metrics) / 3600.0,
        })
    }
}

/// Seconds of a run: each resumption counts from 0 again. What a kill lost is not in it.
fn seconds(metrics: &[EpochMetrics]) -> f64 {
    let ends = metrics.iter().zip(metrics.iter().skip(1)).filter(|(now, next)| next.seconds < now.seconds);
    ends.map(|(now, _)| now.seconds).sum::<f64>() + metrics.last().map_or(0.0, |last| last.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_nn::ValidationScores;
    use bloodpool_nn::loss::LossTerms;

    #[test]
    fn the_time_of_a_resumed_run_is_that_of_all_its_parts() {
        let epoch = |seconds: f64| EpochMetrics {
            epoch: 1,
            step: 1,
            skipped_steps: 0,
            loss: LossTerms::default(),
            learning_rate: 0.0,
            validation: ValidationScores::default(),
            seconds,
            reference_biases: Default::default(),
        };
        let of = |times: &[f64]| seconds(&times.iter().copied().map(epoch).collect::<Vec<_>>());
        assert_eq!(of(&[10.0, 20.0, 30.0]), 30.0);
        assert_eq!(of(&[10.0, 20.0, 8.0, 16.0, 5.0]), 41.0);
        assert_eq!(of(&[]), 0.0);
    }
}
