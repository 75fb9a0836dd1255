//! Where each study's masks and report go, decided and checked before the work starts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::outcome::wrong_usage;
use crate::settings::AnalyzeSettings;
use crate::{outputs, report};

/// Ends of file names that say DICOM and nothing of the study.
const DICOM_ENDS: [&str; 4] = [".dcm", ".dicom", ".ima", ".img"];

/// Where the files of one study go.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Destination {
    pub(super) masks: Option<PathBuf>,
    pub(super) report: Option<PathBuf>,
}

/// One destination for each planned study (`None`: it failed already), with nothing there that would be replaced.
pub(super) fn destinations(settings: &AnalyzeSettings, paths: &[Option<PathBuf>]) -> anyhow::Result<Vec<Destination>> {
    let names = names(paths);
    let several = paths.len() > 1;
    let masks_file = settings.masks.as_deref().filter(|path| is_npy(path) && !path.is_dir());
    if let Some(path) = masks_file.filter(|_| several) {
        return Err(wrong_usage(format!(
            "--masks {} names one file for {} studies; name a folder instead",
            path.display(),
            paths.len()
        )));
    }
    let destinations: Vec<Destination> = names
        .iter()
        .map(|name| {
            let Some(name) = name else { return Destination::default() };
            let in_folder = |folder: &PathBuf| folder.join(format!("{name}.npy"));
            Destination {
                masks: masks_file.map(Path::to_owned).or_else(|| settings.masks.as_ref().map(in_folder)),
                report: settings.report.as_ref().map(|dir| if several { dir.join(name) } else { dir.clone() }),
            }
        })
        .collect();
    for (flag, folder) in [("--report", &settings.report), ("--masks", &settings.masks)] {
        if let Some(path) = folder.as_deref().filter(|path| path.is_file() && masks_file != Some(*path)) {
            return Err(wrong_usage(format!("{flag} {} is a file; name a folder", path.display())));
        }
    }
    let files = destinations.iter().flat_map(|destination| {
        let report = destination.report.as_deref().map(report::files).unwrap_or_default();
        destination.masks.iter().cloned().chain(report)
    });
    let files: Vec<PathBuf> = files.collect();
    outputs::refuse_existing(files.iter().map(PathBuf::as_path), settings.force)?;
    Ok(destinations)
}

fn is_npy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"))
}

/// A name for each study: that of its file, and where files of several folders share one, a piece of a hash of the
/// path after it, so that a study's name does not depend on the order in which they come.
fn names(paths: &[Option<PathBuf>]) -> Vec<Option<String>> {
    let plain: Vec<Option<String>> = paths.iter().map(|path| path.as_deref().map(file_name)).collect();
    let mut uses: HashMap<String, usize> = HashMap::new();
    for name in plain.iter().flatten() {
        *uses.entry(name.to_lowercase()).or_default() += 1;
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    let unique = plain.into_iter().zip(paths).map(|(name, path)| {
        let (mut name, path) = (name?, path.as_deref()?);
        if uses.get(&name.to_lowercase()).is_some_and(|&uses| uses > 1) {
            let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
            let piece: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            name = format!("{name}-{piece}");
        }
        // The same path twice: both are done, and neither replaces the other.
        let times = taken.entry(name.to_lowercase()).or_default();
        *times += 1;
        Some(if *times > 1 { format!("{name}-{times}") } else { name })
    });
    unique.collect()
}

/// The file's name without an end that says DICOM. Other ends stay: names are often UIDs, full of dots.
fn file_name(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| "study".to_owned(), |name| name.to_string_lossy().into_owned());
    let lower = name.to_ascii_lowercase();
    let end = DICOM_ENDS.into_iter().find(|end| lower.ends_with(end) && lower.len() > end.len());
    end.and_then(|end| name.get(..name.len() - end.len())).map_or_else(|| name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str]) -> Vec<String> {
        let paths: Vec<Option<PathBuf>> = paths.iter().map(|path| Some(PathBuf::from(path))).collect();
        names(&paths).into_iter().flatten().collect()
    }

    #[test]
    fn names_are_those_of_the_files() {
        assert_eq!(named(&["in/a.dcm", "in/B.DCM", "1.2.840.5"]), ["a", "B", "1.2.840.5"]);
    }

    #[test]
    fn names_that_clash_are_told_apart_by_their_folders() {
        let one = named(&["x/a.dcm", "y/a.dcm", "b.dcm"]);
        let other = named(&["b.dcm", "y/a.dcm", "x/a.dcm"]);
        assert_ne!(one[0], one[1]);
        assert_eq!((&one[0], &one[1], &one[2]), (&other[2], &other[1], &other[0]));
        let twice = named(&["a.dcm", "a.dcm"]);
        assert_ne!(twice[0], twice[1]);
    }
}
