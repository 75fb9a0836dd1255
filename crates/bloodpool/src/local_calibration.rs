//! `Calibrator`: a bias and a scale of the interval that a model was shipped with, from studies whose LVEF is known by other means.

use bloodpool_core::uncertainty::{Calibration, CalibrationError, Features, LocalCalibration, LocalExample, LocalFit};
use bloodpool_stats::Proportion;

use crate::reference_reading::{RowError, analyze_row};
use crate::reference_table::Row;
use crate::{Analyzer, Error, Model};

/// Collects what the studies of a reference table say about the interval of a model.
pub struct Calibrator {
    analyzer: Analyzer,
    shipped: Calibration,
    examples: Vec<LocalExample>,
    references: Vec<String>,
}

/// Why a study of a reference table cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExampleError {
    /// The study of the row has no analysis.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The interval was calibrated for another model or protocol.
    #[error("the shipped interval is that of another model")]
    OtherModel,
    /// The interval is infinite or undefined.
    #[error("its interval came out infinite or undefined")]
    NotFinite,
}

impl Calibrator {
    /// For the interval of this model.
    ///
    /// # Errors
    /// [`Error::NoInterval`] when the model was shipped without one.
    pub fn new(model: Model) -> Result<Self, Error> {
        let shipped = model.calibration.clone();
        let shipped = shipped.ok_or_else(|| Error::NoInterval { model: model.segmenter.identity().name })?;
        let analyzer = Analyzer::new(model).protocol(shipped.shipped_for.protocol.clone());
        Ok(Self { analyzer, shipped, examples: Vec::new(), references: Vec::new() })
    }

    /// Analyses the study of a row, and keeps its LVEF, the reach of its shipped interval and its reference.
    ///
    /// # Errors
    /// [`ExampleError`]; the row is then left out.
    pub fn add(&mut self, row: &Row) -> Result<(), ExampleError> {
        let analyzed = analyze_row(&self.analyzer, row)?;
        let analysis = analyzed.analysis();
        if !self.shipped.holds_for(analysis) {
            return Err(ExampleError::OtherModel);
        }
        let reach = self.shipped.reach_points(&Features::of(analyzed.recorded_study(), analysis));
        self.examples.push(LocalExample {
            lvef_percent: analysis.lvef_percent,
            reach_points: reach.ok_or(ExampleError::NotFinite)?,
            reference_percent: row.lvef_percent,
            group: row.group.clone(),
        });
        if !self.references.contains(&row.reference) {
            self.references.push(row.reference.clone());
            self.references.sort_unstable();
        }
        Ok(())
    }

    /// The calibration by all rows that were added.
    ///
    /// # Errors
    /// [`CalibrationError`] when there are too few of them.
    pub fn fit(&self) -> Result<LocalCalibration, CalibrationError> {
        LocalCalibration::fit(&self.examples, &self.references.join(", "), self.shipped.shipped_for.clone())
    }
}

/// What a local calibration found, in words. `failed`: studies without an example; `refused`: rows that were not used.
#[must_use]
pub fn in_words(local: &LocalCalibration, failed: usize, refused: usize) -> String {
    let mut text = format!(
        "{} studies against {} ({failed} failed, {refused} rows refused)\n{}",
        local.all.studies,
        local.reference,
        fit_in_words(&local.all)
    );
    for group in &local.groups {
        text += &format!("\nGroup {}, {} studies\n{}", group.group, group.fit.studies, fit_in_words(&group.fit));
    }
    text
}

fn fit_in_words(fit: &LocalFit) -> String {
    let coverage = |share: &Proportion| {
        let [low, high] = share.ci95_percent;
        format!("{:.1} % ({} of {}; 95 % range {low:.1} to {high:.1} %)", share.percent, share.having, share.of)
    };
    let side = if fit.bias_points < 0.0 { "below" } else { "above" };
    format!(
        "  Bias                  LVEF reads {:.1} points {side} the reference\n  \
         Scale                 {:.2} times the shipped interval\n  \
         Shipped interval      held {}\n  \
         Local interval        holds {}, each study by the bias and scale of the others\n",
        fit.bias_points.abs(),
        fit.scale,
        coverage(&fit.shipped_coverage),
        coverage(&fit.coverage),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::uncertainty::ShippedFor;
    use bloodpool_core::{ModelIdentity, Protocol};

    #[test]
    fn what_was_found_is_said_with_its_range() {
        let examples: Vec<LocalExample> = (0..200)
            .map(|k| LocalExample {
                lvef_percent: 60.0,
                reach_points: [5.0, 5.0],
                reference_percent: 58.0 + f64::from(k % 9) - 4.0,
                group: None,
            })
            .collect();
        let model = ModelIdentity { name: "m".into(), sha256: "0".into() };
        let shipped_for = ShippedFor { model, protocol: Protocol::standard(), data: "simulated".into() };
        let local = LocalCalibration::fit(&examples, "CMR", shipped_for).unwrap();
        let text = in_words(&local, 3, 2);
        for part in ["200 studies against CMR (3 failed, 2 rows refused)", "points above the reference", "95 % range"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
