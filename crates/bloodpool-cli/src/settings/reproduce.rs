//! Validated settings of `reproduce`: what a study was begun with holds until it is done.

use std::path::{Path, PathBuf};

use anyhow::Context;
use bloodpool::simulation::Cohort;
use bloodpool_nn::network::{NetworkConfig, Picture};
use serde::{Deserialize, Serialize};

use crate::cli::ReproduceFlags;
use crate::outcome::wrong_usage;

/// Says in the folder of a study what it was begun with.
pub(crate) const PLAN: &str = "plan.json";
/// Side of the paper's pictures, pixels.
const SIDE: usize = 256;
const SCHEMA: &str = "bloodpool.reproduction/1";

/// Settings of `reproduce`.
#[derive(Debug)]
pub(crate) struct ReproduceSettings {
    pub(crate) out: PathBuf,
    pub(crate) plan: Plan,
    /// Whether a study was begun in the folder before.
    pub(crate) begun: bool,
}

/// Every choice of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    schema: String,
    /// Program that began it.
    pub(crate) software: String,
    pub(crate) studies: u64,
    pub(crate) raters: usize,
    pub(crate) seed: u64,
    pub(crate) cohort: Cohort,
    pub(crate) networks: Vec<PlannedNetwork>,
    /// What they see of each frame.
    #[serde(default)]
    pub(crate) picture: Picture,
    pub(crate) epochs: usize,
    pub(crate) half_side_epochs: usize,
}

/// A network of the study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedNetwork {
    /// Its name, for example `unet`.
    pub(crate) network: String,
    /// Side of the pictures that it sees, pixels.
    pub(crate) side: usize,
    /// Channels of a U-Net's first level; `None`: the usual.
    pub(crate) width: Option<usize>,
}

impl PlannedNetwork {
    fn new(network: &str, side: usize) -> Self {
        Self { network: network.to_owned(), side, width: None }
    }

    /// The same network on pictures of half the side.
    pub(crate) fn at_half_side(&self) -> Self {
        Self { side: self.side / 2, ..self.clone() }
    }

    /// As it is written on the command line: `NAME@SIDE` or `NAME@SIDE/WIDTH`.
    pub(crate) fn spelt(&self) -> String {
        let width = self.width.map(|width| format!("/{width}")).unwrap_or_default();
        format!("{}@{}{width}", self.network, self.side)
    }

    /// From `NAME`, `NAME@SIDE` or `NAME@SIDE/WIDTH`.
    fn parse(text: &str) -> anyhow::Result<Self> {
        let (name, size) = text.split_once('@').map_or((text, None), |(name, size)| (name, Some(size)));
        let (side, width) = match size.map(|size| size.split_once('/').map_or((size, None), |(s, w)| (s, Some(w)))) {
            None => (SIDE, None),
            Some((side, width)) => {
                let side = side.parse().ok().filter(|side| (32..=1024).contains(side) && side % 32 == 0);
                let width = width.map(|width| width.parse().ok().filter(|width| (1..=256).contains(width)));
                let wrong = || {
                    wrong_usage(format!(
                        "--network {text}: write it as NAME@SIDE or NAME@SIDE/WIDTH, the side a multiple of 32 up to \
                         1024, the width up to 256"
                    ))
                };
                (side.ok_or_else(wrong)?, width.map(|width| width.ok_or_else(wrong)).transpose()?)
            }
        };
        let network = NetworkConfig::by_name(name).ok_or_else(|| {
            wrong_usage(format!("network {name:?} is not known; known are {}", NetworkConfig::NAMES.join(", ")))
        })?;
        if !network.normalizes_over_batch() {
            return Err(wrong_usage(format!("{name} sees whole cycles, not pictures; a study trains the others")));
        }
        if let Some(width) = width {
            network.with_width(width).map_err(|error| wrong_usage(format!("--network {text}: {error}")))?;
        }
        Ok(Self { width, ..Self::new(name, side) })
    }
}

impl Plan {
    /// The study of the paper.
    fn full() -> Self {
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

    /// The same walk in small.
    fn quick() -> Self {
        Self {
            studies: 30,
            raters: 6,
            networks: vec![PlannedNetwork { width: Some(16), ..PlannedNetwork::new("unet", 64) }],
            epochs: 40,
            ..Self::full()
        }
    }

    /// This plan with what the flags say.
    fn with(mut self, flags: ReproduceFlags) -> anyhow::Result<Self> {
        self.studies = flags.studies.unwrap_or(self.studies);
        self.raters = flags.raters.unwrap_or(self.raters);
        self.seed = flags.seed.unwrap_or(self.seed);
        self.cohort = flags.cohort.unwrap_or(self.cohort);
        if !flags.networks.is_empty() {
            self.networks =
                flags.networks.iter().map(|text| PlannedNetwork::parse(text)).collect::<anyhow::Result<_>>()?;
        }
        self.picture = flags.picture.map_or(self.picture, Picture::from);
        self.epochs = flags.epochs.unwrap_or(self.epochs);
        self.half_side_epochs = flags.half_side_epochs.unwrap_or(self.half_side_epochs);
        Ok(self)
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.studies < 10 {
            return Err(wrong_usage("--studies must be at least 10: a split of 60/20/20 needs two test patients"));
        }
        if self.raters < 2 {
            return Err(wrong_usage("--raters must be at least 2: a consensus needs two"));
        }
        if self.epochs == 0 {
            return Err(wrong_usage("--epochs must be at least 1"));
        }
        for (index, PlannedNetwork { network, .. }) in self.networks.iter().enumerate() {
            if self.networks[..index].iter().any(|before| before.network == *network) {
                return Err(wrong_usage(format!("--network {network} is given twice")));
            }
        }
        Ok(())
    }
}

impl ReproduceSettings {
    /// Checks what was asked for against what the folder holds already.
    pub(crate) fn new(flags: ReproduceFlags) -> anyhow::Result<Self> {
        let out = flags.out.clone();
        let (plan, begun) = match read(&out)? {
            None => {
                let plan = if flags.quick { Plan::quick() } else { Plan::full() };
                (plan.with(flags)?, false)
            }
            Some(plan) => {
                // `--quick` names a plan whole: of a study under way it may only repeat what that was begun with.
                let asked =
                    if flags.quick { Plan { software: plan.software.clone(), ..Plan::quick() } } else { plan.clone() };
                let asked = asked.with(flags)?;
                if asked != plan {
                    return Err(wrong_usage(format!(
                        "the study in {} was begun with other choices (see {PLAN} in it); go on with it by \
                         `bloodpool reproduce --out {}`, or choose another folder",
                        out.display(),
                        out.display()
                    )));
                }
                (plan, true)
            }
        };
        plan.check()?;
        Ok(Self { out, plan, begun })
    }
}

fn read(out: &Path) -> anyhow::Result<Option<Plan>> {
    let path = out.join(PLAN);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("could not read {}", path.display())),
    };
    let plan: Plan = serde_json::from_slice(&text)
        .map_err(|error| wrong_usage(format!("{} is damaged: {error}; choose another folder", path.display())))?;
    if plan.schema != SCHEMA {
        return Err(wrong_usage(format!("{} is of the form {:?}, not {SCHEMA:?}", path.display(), plan.schema)));
    }
    Ok(Some(plan))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: ReproduceFlags,
    }

    fn settings(out: &Path, more: &[&str]) -> anyhow::Result<ReproduceSettings> {
        let line = ["reproduce", "--out", out.to_str().unwrap()].into_iter().chain(more.iter().copied());
        ReproduceSettings::new(Line::parse_from(line).flags)
    }

    #[test]
    fn a_study_goes_on_as_it_was_begun() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        let begun = settings(out, &["--studies", "30", "--network", "unet"]).unwrap();
        assert!(!begun.begun && begun.plan.raters == 14 && begun.plan.networks == [PlannedNetwork::new("unet", 256)]);
        std::fs::write(out.join(PLAN), serde_json::to_vec(&begun.plan).unwrap()).unwrap();
        let again = settings(out, &[]).unwrap();
        assert!(again.begun && again.plan == begun.plan);
        assert!(settings(out, &["--studies", "30"]).is_ok());
        for other in
            [&["--studies", "31"][..], &["--network", "fcn-resnet50"], &["--picture", "in-cycle"], &["--quick"]]
        {
            assert!(settings(out, other).unwrap_err().to_string().contains("begun with other choices"));
        }
        std::fs::write(out.join(PLAN), b"{").unwrap();
        assert!(settings(out, &[]).unwrap_err().to_string().contains("damaged"));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = |more: &[&str]| settings(folder.path(), more).unwrap_err().to_string();
        assert!(error(&["--studies", "9"]).contains("--studies"));
        assert!(error(&["--raters", "1"]).contains("--raters"));
        assert!(error(&["--network", "resnet"]).contains("deeplab-v3-resnet50"));
        assert!(error(&["--network", "unet@100"]).contains("multiple of 32"));
        assert!(error(&["--network", "unet@64/x"]).contains("NAME@SIDE/WIDTH"));
        assert!(error(&["--network", "fcn-resnet50@64/8"]).contains("U-Net alone"));
        for text in ["unet@128/16", "deeplab-v3-resnet50@256"] {
            assert_eq!(PlannedNetwork::parse(text).unwrap().spelt(), text);
        }
        assert!(error(&["--network", "compact"]).contains("compact"));
        assert!(error(&["--network", "unet", "--network", "unet"]).contains("twice"));
        assert!(settings(folder.path(), &["--quick"]).unwrap().plan == Plan::quick());
    }
}
