//! `Duplicates`: which of the files that were found are copies of one that was found before.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::read::summary::{Patient, Summary, content};
use crate::set_aside::AsideReason;

/// Patient, Study Instance UID, SOP Instance UID, and what the header says of kind, view and series. An anonymiser may give
/// one UID to images of several patients, and a person may have corrected the header of one of two copies.
type Instance = (Patient, Option<String>, String, String);

/// The files seen so far, each with the group of files that it belongs to.
#[derive(Default)]
pub(crate) struct Duplicates {
    by_bytes: HashMap<String, (PathBuf, usize)>,
    by_instance: HashMap<Instance, Vec<Seen>>,
}

struct Seen {
    path: PathBuf,
    group: usize,
    /// SHA-256 of its frames, once it was asked for.
    content: Option<Option<String>>,
}

impl Duplicates {
    /// The group of the file of which this one is a copy, and why it is one; `None` where it is new.
    ///
    /// The same SOP Instance UID alone does not suffice: converters that split or derive images keep it, so that frames
    /// are compared. Images that cannot be decoded are the same by their UIDs.
    pub(crate) fn of(&mut self, path: &Path, summary: &Summary) -> Option<(usize, AsideReason)> {
        if let Some((first, group)) = self.by_bytes.get(&summary.sha256) {
            return Some((*group, AsideReason::SameBytes { first: first.clone() }));
        }
        let seen = self.by_instance.get_mut(&instance(summary)?)?;
        let own = content(path);
        for Seen { path, group, content: known } in seen {
            if *known.get_or_insert_with(|| content(path)) == own {
                return Some((*group, AsideReason::SameInstance { first: path.clone(), compared: own.is_some() }));
            }
        }
        None
    }

    /// Remembers a file and the group that it was put into.
    pub(crate) fn remember(&mut self, path: &Path, summary: &Summary, group: usize) {
        self.by_bytes.insert(summary.sha256.clone(), (path.to_owned(), group));
        if let Some(instance) = instance(summary) {
            let seen = Seen { path: path.to_owned(), group, content: None };
            self.by_instance.entry(instance).or_default().push(seen);
        }
    }
}

fn instance(summary: &Summary) -> Option<Instance> {
    let views: Vec<&str> = summary.views.iter().map(|view| view.name()).collect();
    let kind = summary.unsuitable.as_ref().map(|problem| problem.code());
    let said = format!("{views:?} {:?} {kind:?}", summary.series_description);
    Some((summary.patient.clone(), summary.study_uid.clone(), summary.sop_uid.clone()?, said))
}
