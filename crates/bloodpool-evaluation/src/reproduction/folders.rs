//! Where the parts of a study are, within its folder.

use std::path::{Path, PathBuf};

use bloodpool_dataset::consensus::{CONSENSUS_FILE, CONSENSUS_FOLDER};

/// The evaluation of a network, in the folder of a study.
pub fn evaluation_of(out: &Path, network: &str) -> PathBuf {
    out.join("evaluation").join(network)
}

/// The run that trained a network, in the folder of a study.
pub fn run_of(out: &Path, network: &str) -> PathBuf {
    out.join("runs").join(network)
}

/// The run on pictures of half the side that came before it.
pub fn half_side_run_of(out: &Path, network: &str) -> PathBuf {
    out.join("runs").join(format!("{network}-half-side"))
}

/// The record of the consensus, in the folder of the images.
pub fn consensus_of(images: &Path) -> PathBuf {
    images.join(CONSENSUS_FOLDER).join(CONSENSUS_FILE)
}
