//! Validated settings of `reproduce`: a study keeps the choices that it was begun with.

use std::path::{Path, PathBuf};

use anyhow::Context;
use bloodpool_evaluation::reproduction::{PLAN, Plan, PlanError, PlannedNetwork, SCHEMA};
use bloodpool_nn::network::Picture;

use crate::cli::ReproduceFlags;
use crate::outcome::wrong_usage;

/// Settings of `reproduce`.
#[derive(Debug)]
pub(crate) struct ReproduceSettings {
    pub(crate) out: PathBuf,
    pub(crate) plan: Plan,
    /// Whether the folder contains a study that was begun before.
    pub(crate) begun: bool,
}

/// A plan with the choices of the flags.
fn with(mut plan: Plan, flags: ReproduceFlags) -> anyhow::Result<Plan> {
    plan.studies = flags.studies.unwrap_or(plan.studies);
    plan.raters = flags.raters.unwrap_or(plan.raters);
    plan.seed = flags.seed.unwrap_or(plan.seed);
    plan.cohort = flags.cohort.unwrap_or(plan.cohort);
    if !flags.networks.is_empty() {
        plan.networks =
            flags.networks.iter().map(|text| PlannedNetwork::parse(text)).collect::<Result<_, _>>().map_err(usage)?;
    }
    plan.picture = flags.picture.map_or(plan.picture, Picture::from);
    plan.epochs = flags.epochs.unwrap_or(plan.epochs);
    plan.half_side_epochs = flags.half_side_epochs.unwrap_or(plan.half_side_epochs);
    Ok(plan)
}

/// An invalid choice, with its flag.
fn usage(error: PlanError) -> anyhow::Error {
    wrong_usage(format!("--{error}"))
}

impl ReproduceSettings {
    /// Validates the flags against an earlier study in the folder.
    pub(crate) fn new(flags: ReproduceFlags) -> anyhow::Result<Self> {
        let out = flags.out.clone();
        let (plan, begun) = match read(&out)? {
            None => {
                let plan = if flags.quick { Plan::quick() } else { Plan::full() };
                (with(plan, flags)?, false)
            }
            Some(plan) => {
                // `--quick` names a plan whole: of a study under way it may only repeat what that was begun with.
                let asked =
                    if flags.quick { Plan { software: plan.software.clone(), ..Plan::quick() } } else { plan.clone() };
                let asked = with(asked, flags)?;
                if asked != plan {
                    return Err(wrong_usage(format!(
                        "the study in {} was begun with other choices (see {PLAN} in it); resume it by \
                         `bloodpool reproduce --out {}`, or choose another folder",
                        out.display(),
                        bloodpool_files::shell_word(&out)
                    )));
                }
                (plan, true)
            }
        };
        plan.check().map_err(usage)?;
        Ok(Self { out, plan, begun })
    }
}

fn read(out: &Path) -> anyhow::Result<Option<Plan>> {
    let path = out.join(PLAN);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
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
        assert!(error(&["--network", "fcn-resnet50@64/8"]).contains("only the U-Net"));
        for text in ["unet@128/16", "deeplab-v3-resnet50@256"] {
            assert_eq!(PlannedNetwork::parse(text).unwrap().spelt(), text);
        }
        assert!(error(&["--network", "compact"]).contains("compact"));
        assert!(error(&["--network", "unet", "--network", "unet"]).contains("twice"));
        assert!(settings(folder.path(), &["--quick"]).unwrap().plan == Plan::quick());
    }
}
