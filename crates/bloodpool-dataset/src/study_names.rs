//! Names of studies, from the names of their files.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use bloodpool_files::composed;

/// File name extensions that only mean DICOM.
const DICOM_ENDS: [&str; 4] = [".dcm", ".dicom", ".ima", ".img"];

/// A name for each study (`None` stays `None`): that of its file, and where files of several folders share one, the
/// first digits of a hash of the path after it, so that a study's name does not depend on the order in which they come.
#[must_use]
pub fn study_names(paths: &[Option<PathBuf>]) -> Vec<Option<String>> {
    let plain: Vec<Option<String>> = paths.iter().map(|path| path.as_deref().map(study_name)).collect();
    let mut uses: HashMap<String, usize> = HashMap::new();
    for name in plain.iter().flatten() {
        *uses.entry(folded(name)).or_default() += 1;
    }
    let mut taken: HashSet<String> = HashSet::new();
    let unique = plain.into_iter().zip(paths).map(|(name, path)| {
        let (mut name, path) = (name?, path.as_deref()?);
        if uses.get(&folded(&name)).is_some_and(|&uses| uses > 1) {
            let hash = bloodpool_files::fingerprint::sha256(path.as_os_str().as_encoded_bytes());
            name = format!("{name}-{}", hash.get(..8).unwrap_or(&hash));
        }
        // The same path twice, or a file that is itself named like this: all are done, and none replaces another.
        let mut unused = name.clone();
        for number in 2.. {
            if taken.insert(folded(&unused)) {
                break;
            }
            unused = format!("{name}-{number}");
        }
        Some(unused)
    });
    unique.collect()
}

/// A name as a file system without upper and lower case compares it: there, such names are of one file.
fn folded(name: &str) -> String {
    composed(name).to_lowercase()
}

/// The file's name without a DICOM extension. Other extensions are kept: names are often UIDs, full of dots.
#[must_use]
pub fn study_name(path: &Path) -> String {
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
        study_names(&paths).into_iter().flatten().collect()
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
        let forms = named(&["x/한.dcm", "y/\u{1112}\u{1161}\u{11ab}.dcm"]);
        assert!(forms.iter().all(|name| name.contains('-')), "{forms:?}");
        let twice = named(&["a.dcm", "a.dcm"]);
        assert_ne!(twice[0], twice[1]);
        let taken = named(&["a.dcm", "a.dcm", &format!("{}.dcm", twice[1])]);
        assert_eq!(taken[..2], twice[..]);
        assert_eq!(taken[2], format!("{}-2", twice[1]));
    }
}
