//! Reference EF in training: what is known of the bias of each modality, and its estimate while a network is trained.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::config_error::ConfigError;

/// How much of the running mean of a modality's differences is kept for each further study: the mean is of about 200 studies.
const KEPT: f64 = 0.995;

/// How far the mean EF of a network that is being trained may be from that of the outlines, percent points (SD): with a few dozen
/// outlined studies, means of 80 other patients were up to 3 points off. The network follows the bias that it is given, so that its
/// agreement with the references is no independent evidence of that bias: without this term the two would drift away together.
const NETWORK_SD: f64 = 3.0;

/// Differences count no farther from the prior mean than so many standard deviations of a single one. An untrained network is off by a
/// hundred points.
const FARTHEST_SDS: f64 = 3.0;

/// Distances of the ring of Eq. 5, pixels of the 256 grid.
const RING_PX: [f64; 2] = [3.0, 8.0];
const GRID: f64 = 256.0;

/// The ring of Eq. 5 on the grid of a view whose side shows so much of the field's side.
pub(crate) fn ring_of_view(side: usize, share_of_field: f64) -> [u32; 2] {
    let scaled = RING_PX.map(|pixels| (pixels * side as f64 / (GRID * share_of_field)).round().max(0.0) as u32);
    // At least one pixel wide.
    [scaled[0], scaled[1].max(scaled[0] + 1)]
}

/// How a reference EF is used in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReferenceConfig {
    /// Standard deviation of one reference EF about its modality's mean, percent points.
    pub sd: f64,
    /// Bias of each modality.
    pub bias: BTreeMap<String, ReferenceBias>,
}

/// What is known of a modality's bias: how much higher its EF is than the EF of the outlines, percent points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceBias {
    /// Its expected value.
    pub mean: f64,
    /// Standard deviation of what is not known of it; 0: it is exactly `mean`.
    #[serde(default)]
    pub sd: f64,
}

/// A modality and its bias, written `CMR=3`, or `CMR=3+-2` with a standard deviation.
#[derive(Debug, Clone, PartialEq)]
pub struct ModalityBias {
    /// The modality, as the studies name it.
    pub modality: String,
    /// Its bias.
    pub bias: ReferenceBias,
}

/// Why a text is no modality with its bias.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not written as CMR=3, or CMR=3+-2 for a bias that is known with a standard deviation of 2 points")]
pub struct NoModalityBias(String);

impl FromStr for ModalityBias {
    type Err = NoModalityBias;

    fn from_str(text: &str) -> Result<Self, NoModalityBias> {
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
        let read = || {
            let (modality, bias) = text.rsplit_once('=')?;
            let (mean, sd) = match bias.split_once("+-").or_else(|| bias.split_once('±')) {
                Some((mean, sd)) => (number(mean)?, number(sd).filter(|sd| *sd >= 0.0)?),
                None => (number(bias)?, 0.0),
            };
            let modality = modality.trim().to_owned();
            (!modality.is_empty()).then_some(Self { modality, bias: ReferenceBias { mean, sd } })
        };
        read().ok_or_else(|| NoModalityBias(text.to_owned()))
    }
}

impl fmt::Display for ModalityBias {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { modality, bias: ReferenceBias { mean, sd } } = self;
        write!(formatter, "{modality}={mean}")?;
        if *sd > 0.0 { write!(formatter, "+-{sd}") } else { Ok(()) }
    }
}

impl Default for ReferenceConfig {
    fn default() -> Self {
        Self { sd: 5.0, bias: BTreeMap::new() }
    }
}

impl ReferenceConfig {
    /// Checks that the numbers can be used.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] naming the setting.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let of_biases = self.bias.values().flat_map(|bias| {
            [("reference.bias.mean", bias.mean, -100.0, 100.0), ("reference.bias.sd", bias.sd, 0.0, 100.0)]
        });
        let out = [("reference.sd", self.sd, 0.1, 100.0)]
            .into_iter()
            .chain(of_biases)
            .find(|(_, value, low, high)| !(low..=high).contains(&value));
        match out {
            Some((name, value, low, high)) => Err(ConfigError::OutOfRange { name, value, low, high }),
            None => Ok(()),
        }
    }
}

/// Running mean of reference EF less measured EF, percent points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct RunningDifference {
    sum: f64,
    weight: f64,
}

/// The running mean of each modality.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReferenceDifferences(BTreeMap<String, RunningDifference>);

impl ReferenceDifferences {
    /// Takes in one study, where a bias of its modality is known.
    pub fn add(&mut self, config: &ReferenceConfig, modality: &str, difference_percent: f64) {
        let Some(bias) = config.bias.get(modality) else { return };
        let farthest = FARTHEST_SDS * bias.sd.hypot(config.sd).hypot(NETWORK_SD);
        let running = self.0.entry(modality.to_owned()).or_default();
        running.sum = KEPT * running.sum + difference_percent.clamp(bias.mean - farthest, bias.mean + farthest);
        running.weight = KEPT * running.weight + 1.0;
    }

    /// Whether no study was taken in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bias of each modality, percent points: the most probable value given the prior and the differences so far. With a
    /// normal prior (mean m, SD s), n differences of mean d and SD t, and a network whose own mean is uncertain by v, it is
    /// m + w (d - m), w = s^2 / (s^2 + v^2 + t^2 / n).
    #[must_use]
    pub fn biases(&self, config: &ReferenceConfig) -> BTreeMap<String, f64> {
        let of = |(modality, bias): (&String, &ReferenceBias)| {
            let estimate = self.0.get(modality).filter(|running| running.weight > 0.0).map_or(bias.mean, |running| {
                let (prior, noise) =
                    (bias.sd * bias.sd, NETWORK_SD * NETWORK_SD + config.sd * config.sd / running.weight);
                let share = prior / (prior + noise);
                bias.mean + share * (running.sum / running.weight - bias.mean)
            });
            (modality.clone(), estimate)
        };
        config.bias.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn biases_are_written_and_read() {
        for (text, mean, sd) in [("CMR=3", 3.0, 0.0), ("CMR=-2.5+-1", -2.5, 1.0), ("CMR = 3 ± 2", 3.0, 2.0)] {
            let read: ModalityBias = text.parse().unwrap();
            assert_eq!((read.modality.as_str(), read.bias), ("CMR", ReferenceBias { mean, sd }), "{text}");
            assert_eq!(read.to_string().parse::<ModalityBias>().unwrap(), read);
        }
        for wrong in ["", "CMR", "=3", "CMR=", "CMR=x", "CMR=3+--1", "CMR=nan", "CMR=inf"] {
            let error = wrong.parse::<ModalityBias>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{wrong}`")), "{error}");
        }
    }

    #[test]
    fn a_known_bias_stays_and_an_unknown_one_moves_as_far_as_its_prior_lets_it() {
        let bias = |sd| BTreeMap::from([("CMR".to_owned(), ReferenceBias { mean: 1.0, sd })]);
        let mut differences = ReferenceDifferences::default();
        let config = |sd| ReferenceConfig { sd: 5.0, bias: bias(sd) };
        assert_eq!(differences.biases(&config(2.0))["CMR"], 1.0); // nothing is known yet
        (0..3).for_each(|_| differences.add(&config(2.0), "CMR", 4.0));
        differences.add(&config(2.0), "echocardiography", -50.0);
        assert_eq!(differences.biases(&config(0.0))["CMR"], 1.0);
        // By hand: weight n = 1 + 0.995 + 0.995^2 = 2.985025; w = 4 / (4 + 9 + 25 / n) = 0.187133; 1 + 3 w.
        let estimate = differences.biases(&config(2.0))["CMR"];
        assert!((estimate - 1.561_400).abs() < 1e-5, "{estimate}");
        (0..5000).for_each(|_| differences.add(&config(2.0), "CMR", 4.0));
        // n = 1 / 0.005 = 200; w = 4 / (4 + 9 + 25 / 200) = 0.304762.
        let estimate = differences.biases(&config(2.0))["CMR"];
        assert!((estimate - 1.914_286).abs() < 1e-5, "{estimate}");
    }

    /// A network that follows the bias that it is given, from an untrained one on: the bias must stay where the prior holds it. Without
    /// a limit it ended at -39 for a prior of 4 +- 3.
    #[test]
    fn network_and_bias_do_not_drift_away_together() {
        let bias = BTreeMap::from([("CMR".to_owned(), ReferenceBias { mean: 4.0, sd: 3.0 })]);
        let config = ReferenceConfig { sd: 5.0, bias };
        let mut differences = ReferenceDifferences::default();
        // The true bias is 1.6, and so is the network's difference where nothing but outlines moves it.
        let (outlines, mut difference) = (1.6, -150.0);
        for _ in 0..1800 {
            differences.add(&config, "CMR", difference);
            let given = differences.biases(&config)["CMR"];
            difference += 0.02 * (given - difference) + 0.02 * (outlines - difference);
        }
        let estimate = differences.biases(&config)["CMR"];
        assert!((1.6..4.0).contains(&estimate), "{estimate}");
    }

    #[test]
    fn impossible_numbers_are_named() {
        let wrong = ReferenceConfig { sd: 0.0, ..ReferenceConfig::default() };
        assert!(wrong.check().unwrap_err().to_string().contains("reference.sd"));
        let bias = BTreeMap::from([("CMR".to_owned(), ReferenceBias { mean: 200.0, sd: 0.0 })]);
        let wrong = ReferenceConfig { bias, ..ReferenceConfig::default() };
        assert!(wrong.check().unwrap_err().to_string().contains("reference.bias.mean"));
    }

    #[test]
    fn the_ring_keeps_its_width_in_the_patient() {
        assert_eq!(ring_of_view(256, 1.0), [3, 8]);
        assert_eq!(ring_of_view(64, 1.0), [1, 2]);
        assert_eq!(ring_of_view(128, 0.5), [3, 8]);
        assert_eq!(ring_of_view(16, 1.0), [0, 1]);
    }
}
