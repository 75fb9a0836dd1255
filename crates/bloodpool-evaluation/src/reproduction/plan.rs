//! `Plan`: every choice of a study that repeats that of Oh et al. 2022 on simulated patients.

use bloodpool_nn::network::{NetworkConfig, Picture};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::simulation::Cohort;

/// Name of the file that says what a study was begun with.
pub const PLAN: &str = "plan.json";
/// Form of that file.
pub const SCHEMA: &str = "bloodpool.reproduction/1";
/// Side of the paper's pictures, pixels.
const SIDE: usize = 256;

/// A choice that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{choice} {message}")]
pub struct PlanError {
    /// Which choice, for example `studies`.
    pub choice: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl PlanError {
    fn new(choice: &'static str, message: &str) -> Self {
        Self { choice, message: message.to_owned() }
    }

    fn network(message: String) -> Self {
        Self { choice: "network", message }
    }
}

/// Every choice of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Form of the file.
    pub schema: String,
    /// Program that began it.
    pub software: String,
    /// Number of simulated patients.
    pub studies: u64,
    /// Number of simulated raters.
    pub raters: usize,
    /// Seed of patients, raters, split and training.
    pub seed: u64,
    /// The patients.
    pub cohort: Cohort,
    /// The networks, in the order of the report.
    pub networks: Vec<PlannedNetwork>,
    /// What they see of each frame.
    #[serde(default)]
    pub picture: Picture,
    /// Passes over the training patients.
    pub epochs: usize,
    /// Passes before these on pictures of half the side.
    pub half_side_epochs: usize,
}

/// A network of the study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedNetwork {
    /// Its name, for example `unet`.
    pub network: String,
    /// Side of the pictures that it sees, pixels.
    pub side: usize,
    /// Channels of a U-Net's first level; `None`: the usual.
    pub width: Option<usize>,
}

impl PlannedNetwork {
    /// A network of the usual width on pictures of this side.
    #[must_use]
    pub fn new(network: &str, side: usize) -> Self {
        Self { network: network.to_owned(), side, width: None }
    }

    /// The same network on pictures of half the side.
    #[must_use]
    pub fn at_half_side(&self) -> Self {
        Self { side: self.side / 2, ..self.clone() }
    }

    /// `NAME@SIDE` or `NAME@SIDE/WIDTH`, as [`PlannedNetwork::parse`] reads it.
    #[must_use]
    pub fn spelt(&self) -> String {
        let width = self.width.map(|width| format!("/{width}")).unwrap_or_default();
        format!("{}@{}{width}", self.network, self.side)
    }

    /// From `NAME`, `NAME@SIDE` or `NAME@SIDE/WIDTH`.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let (name, size) = text.split_once('@').map_or((text, None), |(name, size)| (name, Some(size)));
        let (side, width) = match size.map(|size| size.split_once('/').map_or((size, None), |(s, w)| (s, Some(w)))) {
            None => (SIDE, None),
            Some((side, width)) => {
                let side = side.parse().ok().filter(|side| (32..=1024).contains(side) && side % 32 == 0);
                let width = width.map(|width| width.parse().ok().filter(|width| (1..=256).contains(width)));
                let wrong = || {
                    PlanError::network(format!(
                        "{text}: write it as NAME@SIDE or NAME@SIDE/WIDTH, the side a multiple of 32 up to 1024, the width up to \
                         256"
                    ))
                };
                (side.ok_or_else(wrong)?, width.map(|width| width.ok_or_else(wrong)).transpose()?)
            }
        };
        let network = NetworkConfig::by_name(name).ok_or_else(|| {
            PlanError::network(format!("{name} is not known; known are {}", NetworkConfig::NAMES.join(", ")))
        })?;
        if !network.normalizes_over_batch() {
            return Err(PlanError::network(format!(
                "{name} takes whole cycles as input, not pictures; choose another network"
            )));
        }
        if let Some(width) = width {
            network.with_width(width).map_err(|error| PlanError::network(format!("{text}: {error}")))?;
        }
        Ok(Self { width, ..Self::new(name, side) })
    }
}

impl Plan {
    /// The study of the paper.
    #[must_use]
    pub fn full() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            software: bloodpool_report::SOFTWARE.to_owned(),
            studies: 116,
            raters: 14,
            seed: 1,
            cohort: Cohort::Paper,
            networks: ["deeplab-v3-resnet50", "unet", "fcn-resnet50"]
                .map(|name| PlannedNetwork::new(name, SIDE))
                .to_vec(),
            picture: Picture::Frame,
            epochs: 30,
            half_side_epochs: 0,
        }
    }

    /// The same study with fewer patients.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            studies: 30,
            raters: 6,
            networks: vec![PlannedNetwork { width: Some(16), ..PlannedNetwork::new("unet", 64) }],
            epochs: 40,
            ..Self::full()
        }
    }

    /// Whether the plan can be carried out.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn check(&self) -> Result<(), PlanError> {
        if self.studies < 10 {
            return Err(PlanError::new("studies", "must be at least 10: a split of 60/20/20 needs two test patients"));
        }
        if self.raters < 2 {
            return Err(PlanError::new("raters", "must be at least 2: a consensus needs two"));
        }
        if self.epochs == 0 {
            return Err(PlanError::new("epochs", "must be at least 1"));
        }
        for (index, PlannedNetwork { network, .. }) in self.networks.iter().enumerate() {
            if self.networks[..index].iter().any(|before| before.network == *network) {
                return Err(PlanError::network(format!("{network} is given twice")));
            }
        }
        Ok(())
    }
}
