//! Which 95 % interval an LVEF gets: the one that the model was shipped with, or that scaled by a local calibration.

use std::path::Path;

use anyhow::Context;
use bloodpool_core::uncertainty::{Calibration, Features, Interval, LocalCalibration};
use bloodpool_core::{Analysis, GatedStudy};

use crate::outcome::wrong_usage;

/// Name of the file in the folder of a training run that holds the interval of its model.
pub(crate) const OF_RUN: &str = "calibration.json";

/// What intervals are computed from; gives none where the model was shipped with none.
#[derive(Debug, Default)]
pub(crate) struct Intervals {
    shipped: Option<Calibration>,
    local: Option<LocalCalibration>,
    group: Option<String>,
}

impl Intervals {
    /// Those of a model, scaled by the local calibration in `file` where one is named.
    pub(crate) fn load(
        shipped: Option<Calibration>,
        file: Option<&Path>,
        group: Option<String>,
    ) -> anyhow::Result<Self> {
        let Some(path) = file else { return Ok(Self { shipped, local: None, group }) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| wrong_usage(format!("cannot read the calibration in {}: {error}", path.display())))?;
        let malformed = |error: String| wrong_usage(format!("{}: {error}", path.display()));
        let local: LocalCalibration = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        let local = local.check().map_err(|error| malformed(error.to_string()))?;
        if shipped.as_ref().map(|shipped| &shipped.shipped_for) != Some(&local.shipped_for) {
            return Err(wrong_usage(format!(
                "{} was made for the interval of model {} ({}), not for that of this one; run `bloodpool calibrate` again",
                path.display(),
                local.shipped_for.model.name,
                local.shipped_for.data
            )));
        }
        Ok(Self { shipped, local: Some(local), group })
    }

    /// The interval of this analysis; `None` where the model has none, or has it for another protocol.
    pub(crate) fn of(&self, study: &GatedStudy, analysis: &Analysis) -> Option<Interval> {
        let shipped = self.shipped.as_ref().filter(|shipped| shipped.holds_for(analysis))?;
        let features = Features::of(study, analysis);
        match &self.local {
            Some(local) => {
                local.interval(analysis.lvef_percent, shipped.reach_points(&features)?, self.group.as_deref())
            }
            None => shipped.interval(&features, analysis.lvef_percent),
        }
    }
}

/// Reads the calibration that a model was shipped with; `null` in the file where there is none.
pub(crate) fn shipped(text: &str) -> anyhow::Result<Option<Calibration>> {
    let read: Option<Calibration> = serde_json::from_str(text).context("the model's calibration is malformed")?;
    Ok(read.map(Calibration::check).transpose()?)
}
