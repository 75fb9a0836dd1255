//! What could not be read, counted and named: never left out in silence.

use serde::Serialize;

use super::figure::Figure;
use super::reading::StudyReading;

/// Something that one side did not give on a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub case: String,
    pub side: Side,
    /// For example `mask, ES` or `EF, ED and ES`.
    pub what: String,
    pub reason: String,
}

/// Whose reading is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The consensus of the raters.
    Consensus,
    /// The network.
    Model,
    /// The true silhouettes.
    Silhouettes,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus",
            Self::Model => "model",
            Self::Silhouettes => "true silhouettes",
        }
    }
}

/// Every mask that is empty and every EF that could not be computed.
pub(super) fn failures(studies: &[StudyReading]) -> Vec<Failure> {
    let mut failures = Vec::new();
    for study in studies {
        let mut note = |side, what: String, problem: Option<&str>| {
            if let Some(reason) = problem {
                failures.push(Failure { case: study.case.clone(), side, what, reason: reason.to_owned() });
            }
        };
        for image in &study.images {
            note(Side::Model, format!("mask, {}", image.phase), image.model.problem());
        }
        for ef in &study.ef {
            let what = || format!("EF, {}", ef.pair.name());
            note(Side::Consensus, what(), ef.consensus.problem());
            note(Side::Model, what(), ef.model.problem());
            note(Side::Silhouettes, what(), ef.silhouette.as_ref().and_then(Figure::problem));
        }
    }
    failures
}
