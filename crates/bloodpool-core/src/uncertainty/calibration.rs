//! `Calibration`: the 95 % interval of an LVEF from the errors of many studies whose truth is known.

use serde::{Deserialize, Serialize};

use super::difficulty::Difficulty;
use super::features::Features;
use super::interval::{Interval, LEVEL, conformal_quantile};
use super::slices::{Slicing, SlicingBy};
use crate::{Analysis, ModelIdentity, Protocol};

/// Name and version of the file's form.
pub const SCHEMA: &str = "bloodpool.calibration/1";
/// Fewest examples: two thirds of them then have a 97.5 % quantile with some left beyond it.
pub const FEWEST_EXAMPLES: usize = 150;
/// Of so many examples one fits the difficulty; the others, which it has not seen, give the quantiles.
const DIFFICULTY_SHARE: usize = 3;
/// Rounds in which the slices' quantiles are brought to agree with each other.
const ROUNDS: usize = 200;

/// One study whose true LVEF is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What is known of its analysis; the LVEF that was read is among it.
    pub features: Features,
    /// True LVEF, percent.
    pub true_lvef_percent: f64,
}

/// What a calibration holds for, and what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippedFor {
    /// The model that drew the outlines.
    pub model: ModelIdentity,
    /// The protocol that was read.
    pub protocol: Protocol,
    /// The studies, for example `6000 simulated studies, seed 41`.
    pub data: String,
}

/// From what is known of an analysis to its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    schema: String,
    /// What it holds for.
    #[serde(rename = "for")]
    pub shipped_for: ShippedFor,
    /// Nominal level, percent.
    pub level_percent: f64,
    /// Number of examples that it was fitted to.
    pub examples: usize,
    difficulty: Difficulty,
    slicings: Vec<Slicing>,
    /// Of LVEF less truth: how far the truth lies below.
    below: Quantile,
    /// Of truth less LVEF: how far it lies above.
    above: Quantile,
}

/// A quantile of error / sigma: a base and what each slice adds to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Quantile {
    base: f64,
    /// By slicing, then by slice.
    slices: Vec<Vec<f64>>,
}

/// Why there is no calibration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// Too few examples.
    #[error("{examples} studies; at least {needed} are needed")]
    TooFew {
        /// Number of examples.
        examples: usize,
        /// Fewest.
        needed: usize,
    },
    /// A value that is not a finite number.
    #[error("study {example} has an LVEF or a reference that is not a finite number")]
    NotFinite {
        /// Example, from 1.
        example: usize,
    },
    /// Nothing can be solved: the errors or features hold no numbers.
    #[error("the size of the errors cannot be fitted to these studies")]
    NoFit,
    /// A file of another form.
    #[error("calibrations of the form `{0}` are not known; make a new one with this version")]
    Malformed(String),
}

impl Calibration {
    /// Fits to examples, none of which the model was trained on.
    ///
    /// Split conformal prediction with normalised scores (Papadopoulos et al., 2008; Lei et al., J Am Stat Assoc
    /// 2018;113:1094): a third of the examples fits how large an error to expect, sigma; the signed errors of the others over
    /// sigma give the 2.5 % and 97.5 % quantiles, so that the interval has a level of 95 % and leaves as many below as above.
    /// So that it holds in each third of LVEF, each third of LV counts and each matrix, and not only over all, either
    /// quantile is a base and what each slice adds: the quantile regression on slice indicators of Gibbs, Cherian and Candes
    /// ("Conformal prediction with conditional guarantees", J R Stat Soc B 2025), solved by adjusting one slice after the other
    /// to the conformal rank `ceil((n + 1) level)` of its own examples until all agree.
    ///
    /// # Errors
    /// [`CalibrationError`] for fewer than [`FEWEST_EXAMPLES`], or values that are not finite.
    pub fn fit(examples: &[Example], shipped_for: ShippedFor) -> Result<Self, CalibrationError> {
        if examples.len() < FEWEST_EXAMPLES {
            return Err(CalibrationError::TooFew { examples: examples.len(), needed: FEWEST_EXAMPLES });
        }
        let error = |example: &Example| example.true_lvef_percent - example.features.lvef_percent;
        if let Some(index) = examples.iter().position(|example| !error(example).is_finite()) {
            return Err(CalibrationError::NotFinite { example: index + 1 });
        }
        let share = |fitted: bool| {
            let wanted = move |&(index, _): &(usize, &Example)| (index % DIFFICULTY_SHARE == 0) == fitted;
            examples.iter().enumerate().filter(wanted).map(|(_, example)| example).collect::<Vec<_>>()
        };
        let (first, rest) = (share(true), share(false));
        let errors: Vec<f64> = first.iter().map(|example| error(example)).collect();
        let features = |examples: &[&'_ Example]| -> Vec<Features> {
            examples.iter().map(|example| example.features.clone()).collect()
        };
        let (first, seen) = (features(&first), features(&rest));
        let difficulty = Difficulty::fit(&first.iter().collect::<Vec<_>>(), &errors).ok_or(CalibrationError::NoFit)?;

        let seen: Vec<&Features> = seen.iter().collect();
        let slicings: Vec<Slicing> = SlicingBy::ALL.into_iter().map(|by| Slicing::of(by, &seen)).collect();
        let scores: Vec<f64> = rest
            .iter()
            .map(|example| error(example) / difficulty.sigma_points(&example.features).max(f64::MIN_POSITIVE))
            .collect();
        if scores.iter().any(|score| !score.is_finite()) {
            return Err(CalibrationError::NoFit);
        }
        let places: Vec<Vec<usize>> =
            slicings.iter().map(|slicing| seen.iter().map(|features| slicing.slice(features)).collect()).collect();
        let level = 0.5 + 0.5 * LEVEL;
        let below: Vec<f64> = scores.iter().map(|score| -score).collect();
        Ok(Self {
            schema: SCHEMA.into(),
            shipped_for,
            level_percent: 100.0 * LEVEL,
            examples: examples.len(),
            difficulty,
            below: Quantile::fit(&below, &slicings, &places, level),
            above: Quantile::fit(&scores, &slicings, &places, level),
            slicings,
        })
    }

    /// Refuses a file of another form.
    ///
    /// # Errors
    /// [`CalibrationError::Malformed`].
    pub fn check(self) -> Result<Self, CalibrationError> {
        if self.schema == SCHEMA { Ok(self) } else { Err(CalibrationError::Malformed(self.schema)) }
    }

    /// Whether it holds for this analysis: the same weights, and the same choices but for frames set by hand.
    #[must_use]
    pub fn holds_for(&self, analysis: &Analysis) -> bool {
        let shipped = &self.shipped_for;
        shipped.model.sha256 == analysis.model.sha256
            && shipped.protocol.name == analysis.protocol.name
            && shipped.protocol.same_choices(&analysis.protocol)
    }

    /// How far below and above an LVEF with these features the truth may lie, EF points, neither of them negative; `None`
    /// where that is no finite number.
    #[must_use]
    pub fn reach_points(&self, features: &Features) -> Option<[f64; 2]> {
        let sigma = self.difficulty.sigma_points(features);
        let places: Vec<usize> = self.slicings.iter().map(|slicing| slicing.slice(features)).collect();
        let reach = [&self.below, &self.above].map(|quantile| (sigma * quantile.at(&places)).max(0.0));
        reach.iter().all(|points| points.is_finite()).then_some(reach)
    }

    /// The interval of an LVEF with these features, cut to 0 to 100; `None` where it is no finite number.
    #[must_use]
    pub fn interval(&self, features: &Features, lvef_percent: f64) -> Option<Interval> {
        let [below, above] = self.reach_points(features)?;
        lvef_percent.is_finite().then(|| Interval {
            low: (lvef_percent - below).clamp(0.0, 100.0),
            high: (lvef_percent + above).clamp(0.0, 100.0),
            level_percent: self.level_percent,
            source: self.shipped_for.data.clone(),
        })
    }
}

impl Quantile {
    /// `places`: by slicing, the slice of every score.
    fn fit(scores: &[f64], slicings: &[Slicing], places: &[Vec<usize>], level: f64) -> Self {
        let base = conformal_quantile(scores, level).unwrap_or(0.0);
        let mut slices: Vec<Vec<f64>> = slicings.iter().map(|slicing| vec![0.0; slicing.slices()]).collect();
        let mut left: Vec<f64> = scores.iter().map(|score| score - base).collect();
        for _ in 0..ROUNDS {
            let mut largest: f64 = 0.0;
            for (places, added) in places.iter().zip(&mut slices) {
                for (slice, added) in added.iter_mut().enumerate() {
                    let own: Vec<f64> =
                        left.iter().zip(places).filter(|&(_, &place)| place == slice).map(|(&left, _)| left).collect();
                    let change = conformal_quantile(&own, level).unwrap_or(0.0);
                    *added += change;
                    largest = largest.max(change.abs());
                    let inside = left.iter_mut().zip(places).filter(|&(_, &place)| place == slice);
                    inside.for_each(|(left, _)| *left -= change);
                }
            }
            if largest < 1e-9 {
                break;
            }
        }
        Self { base, slices }
    }

    fn at(&self, places: &[usize]) -> f64 {
        let added = self.slices.iter().zip(places).map(|(slices, &place)| slices.get(place).copied().unwrap_or(0.0));
        self.base + added.sum::<f64>()
    }
}
