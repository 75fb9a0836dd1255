//! `LocalCalibration`: a bias and a scale of the shipped interval, from reference LVEF obtained at one's own place.

use serde::{Deserialize, Serialize};

use super::calibration::{CalibrationError, ShippedFor};
use super::interval::{Interval, LEVEL, conformal_quantile, conformal_rank};
use bloodpool_stats::proportion::{Proportion, proportion};

/// Name and version of the file's form.
pub const SCHEMA: &str = "bloodpool.local-calibration/1";
/// Fewest studies of a local calibration.
pub const FEWEST_STUDIES: usize = 100;
/// Fewest studies of a group that has a bias and a scale of its own.
pub const FEWEST_OF_GROUP: usize = 300;
/// The shipped interval is never taken to be narrower to one side than this, EF points.
const NARROWEST_POINTS: f64 = 0.01;

/// A study with a reference LVEF that was obtained without sight of the outline.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalExample {
    /// LVEF as it was read, percent.
    pub lvef_percent: f64,
    /// How far below and above it the shipped interval reaches before it is cut to 0 to 100, EF points.
    pub reach_points: [f64; 2],
    /// The reference, percent.
    pub reference_percent: f64,
    /// For example the camera; studies of a large group get a bias and a scale of their own.
    pub group: Option<String>,
}

/// What was found against a reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalFit {
    /// Number of studies.
    pub studies: usize,
    /// Mean of LVEF less reference, EF points.
    pub bias_points: f64,
    /// What the shipped interval's reach to either side is multiplied by.
    pub scale: f64,
    /// Of the references, how many the shipped interval held.
    pub shipped_coverage: Proportion,
    /// How many the local interval holds, each by the bias and the scale of the other studies.
    pub coverage: Proportion,
}

/// A bias and a scale for all, and for groups that are large enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalCalibration {
    schema: String,
    /// What the references are, for example `CMR`.
    pub reference: String,
    /// The shipped calibration that it scales.
    #[serde(rename = "for")]
    pub shipped_for: ShippedFor,
    /// All studies together.
    pub all: LocalFit,
    /// Large groups.
    pub groups: Vec<LocalGroup>,
}

/// A group and what was found in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalGroup {
    /// Its name.
    pub group: String,
    /// What was found.
    pub fit: LocalFit,
}

impl LocalCalibration {
    /// Fits a bias and a scale: the bias is the mean of LVEF less reference; the scale is the conformal quantile, of rank
    /// `ceil((n + 1) 0.95)`, of the distance of each reference from its LVEF, less the bias of the other studies, over the
    /// reach of the shipped interval to that side.
    ///
    /// # Errors
    /// [`CalibrationError`] for fewer than [`FEWEST_STUDIES`], or values that are not finite.
    pub fn fit(examples: &[LocalExample], reference: &str, shipped_for: ShippedFor) -> Result<Self, CalibrationError> {
        let all = LocalFit::of(&examples.iter().collect::<Vec<_>>())?;
        let mut names: Vec<&str> = examples.iter().filter_map(|example| example.group.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        let mut groups = Vec::new();
        for group in names {
            let own: Vec<_> = examples.iter().filter(|example| example.group.as_deref() == Some(group)).collect();
            if own.len() >= FEWEST_OF_GROUP {
                groups.push(LocalGroup { group: group.to_owned(), fit: LocalFit::of(&own)? });
            }
        }
        Ok(Self { schema: SCHEMA.into(), reference: reference.to_owned(), shipped_for, all, groups })
    }

    /// Refuses a file of another form.
    ///
    /// # Errors
    /// [`CalibrationError::Malformed`].
    pub fn check(self) -> Result<Self, CalibrationError> {
        if self.schema == SCHEMA { Ok(self) } else { Err(CalibrationError::Malformed(self.schema)) }
    }

    /// The interval of an LVEF whose shipped interval reaches this far below and above it, cut to 0 to 100. A group that is
    /// not known, or was too small, is taken with all. `None` where it is no finite number.
    #[must_use]
    pub fn interval(&self, lvef_percent: f64, reach_points: [f64; 2], group: Option<&str>) -> Option<Interval> {
        let own = self.groups.iter().find(|known| Some(known.group.as_str()) == group).map(|known| &known.fit);
        let fit = own.unwrap_or(&self.all);
        let middle = lvef_percent - fit.bias_points;
        let [below, above] = reach_points.map(|reach| fit.scale * reach.max(NARROWEST_POINTS));
        let (low, high) = (middle - below, middle + above);
        (low.is_finite() && high.is_finite()).then(|| Interval {
            low: low.min(lvef_percent).clamp(0.0, 100.0),
            high: high.max(lvef_percent).clamp(0.0, 100.0),
            level_percent: 100.0 * LEVEL,
            source: format!("against {}, n = {}", self.reference, fit.studies),
        })
    }
}

impl LocalFit {
    fn of(examples: &[&LocalExample]) -> Result<Self, CalibrationError> {
        let n = examples.len();
        if n < FEWEST_STUDIES {
            return Err(CalibrationError::TooFew { examples: n, needed: FEWEST_STUDIES });
        }
        let differences: Vec<f64> =
            examples.iter().map(|example| example.lvef_percent - example.reference_percent).collect();
        let finite = |(difference, example): (&f64, &&LocalExample)| {
            difference.is_finite() && example.reach_points.iter().all(|reach| reach.is_finite())
        };
        if let Some(index) = differences.iter().zip(examples).position(|pair| !finite(pair)) {
            return Err(CalibrationError::NotFinite { example: index + 1 });
        }
        let sum: f64 = differences.iter().sum();
        // Truth above LVEF is a negative difference.
        let score = |difference: f64, example: &LocalExample| {
            let [below, above] = example.reach_points.map(|reach| reach.max(NARROWEST_POINTS));
            if difference > 0.0 { difference / below } else { -difference / above }
        };
        let shipped =
            differences.iter().zip(examples).filter(|&(&difference, example)| score(difference, example) <= 1.0);
        let shipped = shipped.count();
        // Each by the bias of the others.
        let scores: Vec<f64> = differences
            .iter()
            .zip(examples)
            .map(|(&difference, example)| score(difference - (sum - difference) / (n as f64 - 1.0), example))
            .collect();
        let scale = conformal_quantile(&scores, LEVEL).ok_or(CalibrationError::NoFit)?;
        let held = scores.iter().filter(|&&score| score <= scale_without(&scores, score)).count();
        let of = |having: usize| proportion(having, n).map_err(|_| CalibrationError::NoFit);
        Ok(Self { studies: n, bias_points: sum / n as f64, scale, shipped_coverage: of(shipped)?, coverage: of(held)? })
    }
}

/// The conformal quantile of all scores but one.
fn scale_without(scores: &[f64], left_out: f64) -> f64 {
    let mut others = scores.to_vec();
    if let Some(index) = others.iter().position(|&score| score == left_out) {
        others.swap_remove(index);
    }
    let rank = conformal_rank(others.len(), LEVEL).unwrap_or(others.len()).max(1) - 1;
    if rank >= others.len() {
        return f64::INFINITY;
    }
    *others.select_nth_unstable_by(rank, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ModelIdentity, Protocol};

    fn shipped_for() -> ShippedFor {
        let model = ModelIdentity { name: "m".into(), sha256: "0".into() };
        ShippedFor { model, protocol: Protocol::standard(), data: "simulated".into() }
    }

    /// References `bias` below an LVEF of 60, then 1 to n hundredths of 8 points to either side in turn.
    fn examples(n: usize, bias: f64, group: Option<&str>) -> Vec<LocalExample> {
        (1..=n)
            .map(|k| {
                let off = 8.0 * k as f64 / n as f64 * if k % 2 == 0 { 1.0 } else { -1.0 };
                LocalExample {
                    lvef_percent: 60.0,
                    reach_points: [4.0, 4.0],
                    reference_percent: 60.0 - bias + off,
                    group: group.map(str::to_owned),
                }
            })
            .collect()
    }

    #[test]
    fn bias_and_scale_are_those_worked_out_by_hand() {
        // Offsets of 8 k / 200 points: mean of the differences 2 - 8 x 100 / 200 / 200 = 1.98; the reach of rank
        // ceil(201 x 0.95) = 191 of |offset| less its mean of 0.02: offset 191 is odd, -7.64: 7.66 x 200 / 199 of the others'
        // bias; of 192, 7.68 - 0.02, which is the same but for that share.
        let local = LocalCalibration::fit(&examples(200, 2.0, None), "CMR", shipped_for()).unwrap();
        assert!((local.all.bias_points - 1.98).abs() < 1e-9, "{local:?}");
        assert!((local.all.scale - 7.66 / 4.0).abs() < 0.02, "{}", local.all.scale);
        // The shipped interval, 56 to 64, holds offsets from -2 to 6.
        assert_eq!(local.all.shipped_coverage.having, 50 / 2 + 150 / 2);
        assert!((187..=193).contains(&local.all.coverage.having), "{:?}", local.all.coverage);
        let interval = local.interval(60.0, [4.0, 2.0], None).unwrap();
        assert!((interval.low - (60.0 - 1.98 - 4.0 * local.all.scale)).abs() < 1e-9);
        assert!((interval.high - (60.0 - 1.98 + 2.0 * local.all.scale).max(60.0)).abs() < 1e-9);
        assert_eq!(interval.source, "against CMR, n = 200");
        let cut = local.interval(99.0, [4.0, 40.0], None).unwrap();
        assert_eq!(cut.high, 100.0);
    }

    #[test]
    fn large_groups_have_their_own() {
        let mut all = examples(300, 5.0, Some("camera A"));
        all.extend(examples(200, -1.0, Some("camera B")));
        let local = LocalCalibration::fit(&all, "CMR", shipped_for()).unwrap();
        assert_eq!(local.groups.len(), 1);
        let low = |group| local.interval(60.0, [4.0, 4.0], group).unwrap().low;
        let own = &local.groups[0].fit;
        assert!((own.bias_points - 5.0 + 8.0 / 600.0).abs() < 1e-9, "{own:?}");
        assert!((low(Some("camera A")) - (60.0 - own.bias_points - 4.0 * own.scale)).abs() < 1e-9);
        assert_eq!((low(Some("camera B")), low(Some("unknown"))), (low(None), low(None)));
        let text = serde_json::to_string(&local).unwrap();
        assert_eq!(serde_json::from_str::<LocalCalibration>(&text).unwrap().check().unwrap(), local);
    }

    #[test]
    fn too_few_or_undefined_studies_are_refused() {
        let few = LocalCalibration::fit(&examples(99, 0.0, None), "CMR", shipped_for());
        assert_eq!(few, Err(CalibrationError::TooFew { examples: 99, needed: 100 }));
        let mut odd = examples(120, 0.0, None);
        odd[3].reference_percent = f64::NAN;
        let odd = LocalCalibration::fit(&odd, "CMR", shipped_for());
        assert_eq!(odd, Err(CalibrationError::NotFinite { example: 4 }));
    }
}
