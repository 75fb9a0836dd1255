//! Folders with a manifest: taken into use, and rid of what an earlier manifest named and the new one does not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::outputs::refuse_occupied;

/// Refuses a folder without the file that the command `first` leaves in it, and names that command.
pub(crate) fn require(folder: &Path, file: &str, first: &str) -> anyhow::Result<()> {
    if folder.join(file).is_file() {
        return Ok(());
    }
    bail!("{} holds no {file}; first: {first}", folder.display())
}

/// Refuses a folder that is not empty, unless `force`, and makes it if it does not exist.
pub(super) fn prepare(out: &Path, force: bool) -> anyhow::Result<()> {
    refuse_occupied(out, force)?;
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))
}

/// Removes the manifest of an earlier run, so that it never describes files of another.
pub(super) fn retire(manifest: &Path) -> anyhow::Result<()> {
    match fs::remove_file(manifest) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", manifest.display()))
        }
        _ => Ok(()),
    }
}

/// Removes the files that an earlier manifest named and the new one does not. Nobody else's files are touched.
pub(super) fn remove_stale(before: &[PathBuf], now: &[PathBuf]) -> anyhow::Result<()> {
    let now: BTreeSet<&PathBuf> = now.iter().collect();
    for path in before.iter().filter(|path| !now.contains(path)) {
        retire(path)?;
    }
    Ok(())
}
