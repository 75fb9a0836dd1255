//! The consensus of each group of raters, which stands beside that of all.

use std::collections::{BTreeMap, BTreeSet};

use bloodpool_core::Mask;
use bloodpool_files::fingerprint::FileRecord;
use serde::{Deserialize, Serialize};

use crate::annotations::RaterDrawings;

/// The consensus of the raters of one group on one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupConsensus {
    /// The group.
    pub group: String,
    /// Number of its raters who drew on the image.
    pub raters: usize,
    /// Area of their consensus, pixels of the 256 grid; 0 where no pixel has a majority, or nobody drew.
    pub area_px: usize,
    /// Their consensus: an 8-bit image, 255 inside; `None` where it would be empty.
    pub mask: Option<FileRecord>,
}

/// The consensus of one group on one image before it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FormedGroup {
    pub(super) group: String,
    pub(super) raters: usize,
    pub(super) mask: Option<Mask>,
}

/// The groups of these raters, sorted, each with what stands for it in names of files.
pub(super) fn groups_of(raters: &[&RaterDrawings]) -> BTreeMap<String, String> {
    let names: BTreeSet<&str> = raters.iter().filter_map(|rater| rater.group.as_deref()).collect();
    let mut taken = BTreeSet::new();
    let named = names.into_iter().map(|group| {
        let plain: String =
            group.chars().map(|letter| if letter.is_alphanumeric() || letter == '_' { letter } else { '-' }).collect();
        let mut unused = plain.clone();
        for number in 2.. {
            // As a file system without upper and lower case compares names.
            if taken.insert(unused.to_lowercase()) {
                break;
            }
            unused = format!("{plain}-{number}");
        }
        (group.to_owned(), unused)
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotations::RaterFolder;

    #[test]
    fn names_of_files_are_safe_and_differ() {
        let of = |group: &str| RaterDrawings {
            rater: RaterFolder { name: "a".into(), path: "a".into(), files: Vec::new(), repeats: Vec::new() },
            group: Some(group.into()),
            drawings: BTreeMap::new(),
            repeated: BTreeMap::new(),
        };
        let raters = ["../x", "..-x", "A b", "a/B", "학생"].map(of);
        let names = groups_of(&raters.iter().collect::<Vec<_>>());
        let names: Vec<(&str, &str)> = names.iter().map(|(group, name)| (group.as_str(), name.as_str())).collect();
        let expected = [("..-x", "---x"), ("../x", "---x-2"), ("A b", "A-b"), ("a/B", "a-B-2"), ("학생", "학생")];
        assert_eq!(names, expected);
    }
}
