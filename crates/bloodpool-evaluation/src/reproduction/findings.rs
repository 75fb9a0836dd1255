//! What a study found of one network: read back from the record of its evaluation and from its run folders.

use std::path::Path;

use bloodpool_files::{FileError, read_bytes};
use bloodpool_nn::run_folder::{EpochMetrics, RunFolder};
use serde::Deserialize;

use super::plan::PlannedNetwork;
use super::{evaluation_of, half_side_run_of, run_of};
use crate::EvaluationError;
use crate::raters::outputs::RECORD;

/// One network of a study.
#[derive(Debug)]
pub(super) struct NetworkFindings {
    pub(super) planned: PlannedNetwork,
    pub(super) evaluation: Evaluation,
    /// Its runs: that on pictures of half the side, if there was one, then its own.
    pub(super) runs: Vec<RunFindings>,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunFindings {
    pub(super) side: usize,
    pub(super) epochs: usize,
    pub(super) steps: usize,
    /// Epoch whose weights were kept, from 1.
    pub(super) kept_epoch: usize,
    pub(super) hours: f64,
}

/// What a study's report takes from the record of an evaluation, which holds much more.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Evaluation {
    pub(super) studies: usize,
    pub(super) table_one: Vec<Table>,
    /// Model against consensus, ED and ES first.
    pub(super) ef: Vec<Agreement>,
    /// Model, consensus and true silhouettes against true LVEF.
    pub(super) ef_of_truth: Vec<Agreement>,
    pub(super) dice_of_truth: Vec<DiceOfTruth>,
    pub(super) raters: Option<Raters>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Table {
    pub(super) frames: String,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Row {
    pub(super) figure: String,
    pub(super) unit: String,
    pub(super) phase: String,
    pub(super) consensus: Option<Mean>,
    pub(super) model: Mean,
    pub(super) paper: Option<Paper>,
}

/// A mean with its SD; neither where it could not be computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub(super) struct Mean {
    pub(super) mean: Option<f64>,
    pub(super) sd: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Paper {
    pub(super) consensus: Option<Mean>,
    pub(super) model: Option<Mean>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Agreement {
    pub(super) measured: String,
    pub(super) limits: Limits,
    pub(super) within_5_points_percent: Option<f64>,
}

/// Bland and Altman's; empty where they could not be computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub(super) struct Limits {
    pub(super) bias: Option<f64>,
    pub(super) bias_ci95: Option<[f64; 2]>,
    pub(super) sd: Option<f64>,
    pub(super) lower: Option<f64>,
    pub(super) upper: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct DiceOfTruth {
    pub(super) side: String,
    pub(super) phase: String,
    pub(super) mean: Mean,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Raters {
    pub(super) raters: Vec<Reader>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Reader {
    /// At ED and ES.
    pub(super) dice_percent: [Mean; 2],
    pub(super) ef_absolute_error_points: Option<f64>,
}

impl NetworkFindings {
    /// Reads what a study found of a network.
    pub(super) fn read(out: &Path, planned: &PlannedNetwork) -> Result<Self, EvaluationError> {
        let path = evaluation_of(out, &planned.network).join(RECORD);
        let text = read_bytes(&path)?;
        let evaluation = serde_json::from_slice(&text).map_err(|source| FileError::Format {
            path,
            format: "evaluation",
            reason: source.to_string(),
        })?;
        let half = half_side_run_of(out, &planned.network);
        let mut runs = Vec::new();
        if half.exists() {
            runs.push(RunFindings::read(&half)?);
        }
        runs.push(RunFindings::read(&run_of(out, &planned.network))?);
        Ok(Self { planned: planned.clone(), evaluation, runs })
    }
}

impl RunFindings {
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
            loss: LossTerms::default(),
            skipped_steps: 0,
            learning_rate: 0.0,
            validation: ValidationScores::default(),
            seconds,
        };
        let of = |times: &[f64]| seconds(&times.iter().copied().map(epoch).collect::<Vec<_>>());
        assert_eq!(of(&[10.0, 20.0, 30.0]), 30.0);
        assert_eq!(of(&[10.0, 20.0, 8.0, 16.0, 5.0]), 41.0);
        assert_eq!(of(&[]), 0.0);
    }

    #[test]
    fn a_figure_that_was_not_computed_has_no_mean() {
        let unknown: Mean = serde_json::from_str("{\"not_computed\": \"no study\"}").unwrap();
        assert_eq!(unknown, Mean::default());
        let known: Mean = serde_json::from_str("{\"values\": 3, \"mean\": 94.5, \"sd\": 1.5}").unwrap();
        assert_eq!(known, Mean { mean: Some(94.5), sd: Some(1.5) });
    }
}
