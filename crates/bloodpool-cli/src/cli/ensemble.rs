//! Flags of `ensemble`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  bloodpool ensemble runs/seed-1 runs/seed-2 runs/seed-3 --out runs/three
  bloodpool analyze study.dcm --model runs/three
  bloodpool evaluate runs/three --dataset data --out results

Copies the models into OUT, which can be used like the folder of a run. Outlines are where the mean of the networks' probabilities is
above one half. The analysis states the LVEF by each network and their standard deviation (`members`): what another training would
have changed, and no interval of the LVEF.";

/// Flags of `ensemble`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EnsembleFlags {
    /// Finished run folders, or folders of weights.
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder to write; must be empty, unless --force is given.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Replace an earlier ensemble in OUT.
    #[arg(long)]
    pub(crate) force: bool,
}
