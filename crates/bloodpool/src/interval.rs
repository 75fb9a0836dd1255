//! Which 95 % interval an LVEF gets: the one that the model was shipped with, or that scaled by a local calibration.

use std::path::Path;

use bloodpool_core::uncertainty::{Calibration, Features, Interval, LocalCalibration};
use bloodpool_core::{Analysis, GatedStudy};

use crate::Error;

/// Name of the file with the interval of the model, in the folder of a training run.
pub const OF_RUN: &str = "calibration.json";

/// What intervals are computed from; gives none where the model was shipped with none.
#[derive(Debug, Default)]
pub struct Intervals {
    shipped: Option<Calibration>,
    local: Option<LocalCalibration>,
    group: Option<String>,
}

impl Intervals {
    /// Those that a model was shipped with.
    #[must_use]
    pub fn shipped(shipped: Option<Calibration>) -> Self {
        Self { shipped, local: None, group: None }
    }

    /// The same, scaled by the local calibration in `file`; `group`: the group of studies, where it tells groups apart.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be read, is malformed, or was made for another model or protocol.
    pub fn scaled_by(self, file: &Path, group: Option<String>) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(file).map_err(|source| Error::ModelFile { path: file.to_owned(), source })?;
        let place = file.display().to_string();
        let local: LocalCalibration = serde_json::from_str(&text)
            .map_err(|error| Error::Calibration { place: place.clone(), message: error.to_string() })?;
        let local = local.check().map_err(|error| Error::calibration(&place, &error))?;
        if self.shipped.as_ref().map(|shipped| &shipped.shipped_for) != Some(&local.shipped_for) {
            let made_for = local.shipped_for;
            return Err(Error::OtherCalibration { place, model: made_for.model.name, data: made_for.data });
        }
        Ok(Self { local: Some(local), group, ..self })
    }

    /// The interval of this analysis; `None` where the model has none, or has it for another protocol.
    #[must_use]
    pub fn of(&self, study: &GatedStudy, analysis: &Analysis) -> Option<Interval> {
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

/// Reads the calibration that a model was shipped with; `null` where there is none.
pub(crate) fn read_shipped(text: &str, place: &str) -> Result<Option<Calibration>, Error> {
    let read: Option<Calibration> = serde_json::from_str(text)
        .map_err(|error| Error::Calibration { place: place.to_owned(), message: error.to_string() })?;
    read.map(Calibration::check).transpose().map_err(|error| Error::calibration(place, &error))
}
