//! Output files: written whole, and replaced only with `--force`.

use std::path::Path;

use bloodpool::SetAsideSummary;
use bloodpool_files::{FolderLock, IfExists, LockError, write_with_folders};

use crate::outcome::wrong_usage;

/// Whether outputs may take the place of what exists.
pub(crate) fn if_exists(force: bool) -> IfExists {
    if force { IfExists::Replace } else { IfExists::Refuse }
}

/// Writes a whole file, making folders as needed.
pub(crate) fn write(path: &Path, bytes: &[u8], if_exists: IfExists) -> anyhow::Result<()> {
    Ok(write_with_folders(path, bytes, if_exists)?)
}

/// Refuses to start when a file that would be written exists already, unless `force`.
pub(crate) fn refuse_existing<'a>(paths: impl IntoIterator<Item = &'a Path>, force: bool) -> anyhow::Result<()> {
    if force {
        return Ok(());
    }
    let existing: Vec<&Path> = paths.into_iter().filter(|path| path.symlink_metadata().is_ok()).collect();
    let Some(first) = existing.first() else { return Ok(()) };
    let others = match existing.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    Err(wrong_usage(format!(
        "{} exists already{others}; nothing was written. Choose another place, or replace it with --force",
        first.display()
    )))
}

/// Locks a folder that files are written into until this is dropped.
pub(crate) fn lock(folder: &Path, folders_in_it: &[&str]) -> anyhow::Result<FolderLock> {
    FolderLock::take(folder, folders_in_it, bloodpool_report::SOFTWARE).map_err(locked)
}

/// An output folder that cannot be used: one that is not empty is wrong usage.
pub(crate) fn locked(error: LockError) -> anyhow::Error {
    match error {
        LockError::Occupied { .. } => {
            wrong_usage(format!("{error}. Choose another folder, or replace what was written there with --force"))
        }
        other => other.into(),
    }
}

/// Says what was found in folders and not used, by name where a study may be in it, else only with -v. Returns the counts
/// as words that follow other counts.
pub(crate) fn say_set_aside(aside: &SetAsideSummary) -> String {
    aside.lines.iter().for_each(|line| eprintln!("set aside: {line}"));
    aside.others.iter().for_each(|line| tracing::info!("set aside: {line}"));
    aside.counts() + if aside.not_dicom == 0 { "" } else { " (-v names each)" }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_are_made_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/place/masks.npy");
        write(&path, b"first", IfExists::Refuse).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }

    #[test]
    fn what_exists_is_named_and_refused_unless_forced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        assert!(refuse_existing([path.as_path()], false).is_ok());
        write(&path, b"kept", IfExists::Refuse).unwrap();
        let error = refuse_existing([path.as_path()], false).unwrap_err().to_string();
        assert!(error.contains("report.html") && error.contains("--force"), "{error}");
        assert!(refuse_existing([path.as_path()], true).is_ok());
    }
}
