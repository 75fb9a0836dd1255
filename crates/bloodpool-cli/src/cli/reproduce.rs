//! The command line of `reproduce`.

use std::path::PathBuf;

use clap::Args;

use super::PictureChoice;
use bloodpool::simulation::Cohort;

const REPRODUCE_EXAMPLES: &str = "\
Examples:
  bloodpool reproduce --out study                           116 studies, 14 raters, three networks: many hours
  bloodpool reproduce --out quick --quick                   a small version: minutes
  bloodpool reproduce --out study --network unet --epochs 20
  bloodpool reproduce --out study --network deeplab-v3-resnet50 --network unet@128/16
  bloodpool reproduce --out cycle --picture in-cycle        networks that see each frame in its cycle
  bloodpool reproduce --out study                           resumes the study in this folder

Simulates the patients and the raters, extracts the images, forms the consensus, builds the dataset, trains each network,
evaluates it on the test patients, and writes one report. A step that is done is not repeated, so that the same command
resumes after an interruption at any moment. All patients are simulated.";

/// Flags of `reproduce`. What is not given is what an earlier run in OUT was given, or the default.
#[derive(Debug, Args)]
#[command(after_help = REPRODUCE_EXAMPLES)]
pub(crate) struct ReproduceFlags {
    /// Folder of the study: a new one, or one to resume.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Number of simulated patients, one study each [default: 116].
    #[arg(long, value_name = "N")]
    pub(crate) studies: Option<u64>,
    /// Number of simulated raters [default: 14].
    #[arg(long, value_name = "R")]
    pub(crate) raters: Option<usize>,
    /// Seed of patients, raters, split and training [default: 1].
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// Patients: like those of the paper, or of every kind [default: paper].
    #[arg(long, value_parser = super::cohort(), value_name = "COHORT")]
    pub(crate) cohort: Option<Cohort>,
    /// Network to train, the side of the pictures that it sees unless that is 256, and the width of a U-Net unless that is
    /// 64; may be repeated [default: deeplab-v3-resnet50, unet and fcn-resnet50].
    #[arg(long = "network", value_name = "NAME[@SIDE[/WIDTH]]")]
    pub(crate) networks: Vec<String>,
    /// What the networks see of each frame [default: frame].
    #[arg(long, value_name = "PICTURE")]
    pub(crate) picture: Option<PictureChoice>,
    /// Passes over the training patients [default: 30].
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<usize>,
    /// Passes before these on pictures of half the side, which are a quarter of the work; 0: none [default: 0].
    #[arg(long, value_name = "N")]
    pub(crate) half_side_epochs: Option<usize>,
    /// A small version of the study: 30 patients, 6 raters, one narrow U-Net on pictures of 64 pixels.
    #[arg(long)]
    pub(crate) quick: bool,
}
