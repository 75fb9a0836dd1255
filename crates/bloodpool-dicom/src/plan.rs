//! `plan`: from files and folders to the studies to read, one LAO view of each study in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bloodpool_core::study::MIN_FRAMES;
use dicom_dictionary_std::tags;
use rayon::prelude::*;

use crate::attribute::Attribute;
use crate::choice::{Choice, choose};
use crate::duplicates::Duplicates;
use crate::joined::{Candidate, Joined, JoinedFiles, join};
use crate::read::error::{Problem, ReadError};
use crate::read::note::Note;
use crate::read::open_study;
use crate::read::selection::Selection;
use crate::read::single_frame::open_joined;
use crate::read::study_file::StudyFile;
use crate::read::summary::{Looked, Patient, Summary, look, summarize};
use crate::search::search;
use crate::set_aside::{AsideReason, SetAside, is_hidden};

/// A study that is going to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStudy {
    /// The file.
    pub path: PathBuf,
    /// What to read of it.
    pub selection: Selection,
    /// The files of its frames, where each is in a file of its own; `path` is the first of them.
    pub joined: Option<JoinedFiles>,
    /// Files of the same study in the same folders that are not analysed.
    pub set_aside: Vec<SetAside>,
    /// What was noted before the study is read.
    pub notes: Vec<Note>,
}

/// What is in files and folders.
#[derive(Debug, Default)]
pub struct Plan {
    /// The studies, in the order of the inputs and of sorted paths within a folder. What cannot be planned is an error in
    /// its place.
    pub studies: Vec<Planned>,
    /// What was found in folders and belongs to none of the planned studies.
    pub set_aside: Vec<SetAside>,
}

/// What is planned in one place.
type Planned = Result<PlannedStudy, ReadError>;

impl PlannedStudy {
    /// A file by itself.
    fn of_file(path: PathBuf, selection: &Selection) -> Self {
        Self { path, selection: selection.clone(), joined: None, set_aside: Vec::new(), notes: Vec::new() }
    }

    fn of(candidate: Candidate, selection: &Selection) -> Self {
        Self { joined: candidate.joined, ..Self::of_file(candidate.path, selection) }
    }

    /// The files that the study is read from, in the order of the frames.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        self.joined.as_ref().map_or(std::slice::from_ref(&self.path), |joined| &joined.files)
    }

    /// Reads the study.
    ///
    /// # Errors
    /// As [`open_study`].
    pub fn read(&self) -> Result<StudyFile, ReadError> {
        let mut read = match &self.joined {
            None => open_study(&self.path, &self.selection)?,
            Some(JoinedFiles { files, by }) => open_joined(files, *by)?,
        };
        read.notes.splice(0..0, self.notes.iter().cloned());
        Ok(read)
    }
}

/// The studies in `inputs`.
///
/// A file that is named is always tried. Folders are searched with their subfolders. What is not DICOM there is set aside,
/// unless its name ends in `.dcm`, `.dicom`, `.dic` or `.ima`, and so are hidden files and folders, links to folders, and
/// copies of a file that was found before. A study is what has one Study Instance UID and one patient. Of several gated
/// files of a study, the one whose view is LAO, or that `selection.view` names, is planned, and the others are set aside.
/// Files of one frame each that belong to one series are joined to one study, where the order of the frames is
/// unambiguous.
///
/// A file or study that cannot be planned gives an error in its place: see [`ReadError`].
#[must_use]
pub fn plan(inputs: &[PathBuf], selection: &Selection) -> Plan {
    let mut search = Search::default();
    let mut joined = plan_named(inputs, selection);
    for input in inputs {
        if let Some(index) = joined.iter().position(|(files, _)| files.contains(input)) {
            search.places.extend(joined[index].1.take().map(Place::Done));
        } else if input.is_dir() {
            search.add_folder(input);
        } else {
            search.places.push(Place::Done(Ok(PlannedStudy::of_file(input.clone(), selection))));
        }
    }
    search.plan(selection)
}

/// Single-frame files among the named ones that are one study, each group with its plan.
fn plan_named(inputs: &[PathBuf], selection: &Selection) -> Vec<(Vec<PathBuf>, Option<Planned>)> {
    let named: Vec<&PathBuf> = inputs.iter().filter(|input| !input.is_dir()).collect();
    if named.len() < MIN_FRAMES {
        return Vec::new();
    }
    let single = |path: &PathBuf| {
        let summary = summarize(path).ok()?;
        (summary.unsuitable.is_none() && summary.single.is_some()).then(|| (path.clone(), summary))
    };
    let Joined { candidates, failed, .. } = join(named.into_par_iter().filter_map(single).collect(), selection);
    let joined = candidates.into_iter().filter_map(|candidate| {
        let files = candidate.joined.as_ref()?.files.clone();
        Some((files, Some(Ok(PlannedStudy::of(candidate, selection)))))
    });
    let failed = failed.into_iter().filter(|failed| failed.files.len() > 1).map(|failed| {
        let error = ReadError::new(&failed.files[0], failed.problem);
        (failed.files, Some(Err(error)))
    });
    joined.chain(failed).collect()
}

/// What is planned, in the order of the inputs.
enum Place {
    Done(Planned),
    /// The study with this index.
    Study(usize),
}

/// The files of one study of one patient.
struct StudyFiles {
    /// The input folder that the first of them was found in.
    folder: PathBuf,
    files: Vec<(PathBuf, Summary)>,
    copies: Vec<SetAside>,
}

/// What the folders contain.
#[derive(Default)]
struct Search {
    places: Vec<Place>,
    studies: Vec<StudyFiles>,
    /// Index of a study by its Study Instance UID and patient.
    index: BTreeMap<(String, Patient), usize>,
    duplicates: Duplicates,
    set_aside: Vec<SetAside>,
}

impl Search {
    fn add_folder(&mut self, folder: &Path) {
        let found = search(folder);
        let (before, places) = (self.set_aside.len(), self.places.len());
        self.set_aside.extend(found.set_aside);
        self.places.extend(found.failed.into_iter().map(|error| Place::Done(Err(error))));
        let mut holds_dicom = false;
        // On all cores, since each file is read; what follows is in the order of the files.
        let looked: Vec<Looked> = found.files.par_iter().map(|path| look(path)).collect();
        for (path, looked) in found.files.into_iter().zip(looked) {
            match (looked, is_hidden(&path)) {
                (Looked::Other(reason), _) => self.set_aside.push(SetAside { path, reason }),
                (_, true) => self.set_aside.push(SetAside { path, reason: AsideReason::HiddenFile }),
                (Looked::Failed(problem), _) => self.places.push(Place::Done(Err(ReadError { path, problem }))),
                (Looked::Dicom(summary), _) => {
                    holds_dicom = true;
                    self.add_file(folder, path, *summary);
                }
            }
        }
        if !holds_dicom && self.places.len() == places {
            let aside = &self.set_aside[before..];
            let directory = aside.iter().any(|file| file.reason == AsideReason::MediaDirectory);
            let problem = Problem::EmptyFolder { set_aside: aside.len(), directory };
            self.places.push(Place::Done(Err(ReadError::new(folder, problem))));
        }
    }

    /// Adds a file to its study. A study comes in the place of its first file; a file without a study UID is a study of
    /// its own.
    fn add_file(&mut self, folder: &Path, path: PathBuf, summary: Summary) {
        if let Some((study, reason)) = self.duplicates.of(&path, &summary) {
            self.studies[study].copies.push(SetAside { path, reason });
            return;
        }
        let next = self.studies.len();
        let study = match &summary.study_uid {
            Some(uid) => *self.index.entry((uid.clone(), summary.patient.clone())).or_insert(next),
            None => next,
        };
        if study == next {
            self.studies.push(StudyFiles { folder: folder.to_owned(), files: Vec::new(), copies: Vec::new() });
            self.places.push(Place::Study(next));
        }
        self.duplicates.remember(&path, &summary, study);
        self.studies[study].files.push((path, summary));
    }

    fn plan(self, selection: &Selection) -> Plan {
        let mut patients: BTreeMap<&str, usize> = BTreeMap::new();
        for (uid, _) in self.index.keys() {
            *patients.entry(uid).or_default() += 1;
        }
        let shared: BTreeSet<String> =
            patients.into_iter().filter(|&(_, patients)| patients > 1).map(|(uid, _)| uid.to_owned()).collect();
        let mut plan = Plan { studies: Vec::new(), set_aside: self.set_aside };
        let mut studies: Vec<Option<StudyFiles>> = self.studies.into_iter().map(Some).collect();
        for place in self.places {
            match place {
                Place::Done(planned) => plan.studies.push(planned),
                Place::Study(index) => {
                    if let Some(files) = studies.get_mut(index).and_then(Option::take) {
                        plan.add_study(files, &shared, selection);
                    }
                }
            }
        }
        plan
    }
}

impl Plan {
    /// Plans the one file of a study that is to be analysed.
    fn add_study(&mut self, study: StudyFiles, shared: &BTreeSet<String>, selection: &Selection) {
        let StudyFiles { folder, files, copies } = study;
        let (gated, others): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(_, summary)| summary.unsuitable.is_none());
        if gated.is_empty() {
            self.add_without_gated(others);
            self.set_aside.extend(copies);
            return;
        }
        let uid = gated[0].1.study_uid.clone().unwrap_or_default();
        let Joined { candidates, failed, left_out } = join(gated, selection);
        self.studies.extend(failed.into_iter().map(|failed| {
            let path = if failed.files.len() == 1 { &failed.files[0] } else { &folder };
            Err(ReadError::new(path, failed.problem))
        }));
        let not_selected = left_out.into_iter().map(|path| SetAside { path, reason: AsideReason::NotSelected });
        let others = others.iter().filter_map(|(path, summary)| {
            let reason = AsideReason::of_kind(summary.unsuitable.as_ref()?);
            Some(SetAside { path: path.clone(), reason })
        });
        let aside = not_selected.chain(others).chain(copies);
        match choose(candidates, selection) {
            Choice::Nothing => self.set_aside.extend(aside),
            Choice::One(chosen, not_chosen) => {
                let mut study = PlannedStudy::of(*chosen, selection);
                study.set_aside.extend(not_chosen.into_iter().chain(aside));
                study.notes.extend(shared.contains(&uid).then(Note::shared_study_uid));
                self.studies.push(Ok(study));
            }
            Choice::Several(choices, copies) => {
                let attribute = Attribute(tags::VIEW_CODE_SEQUENCE);
                let wanted = selection.view.clone();
                let problem = Problem::SeveralFiles { attribute, study: uid, wanted, choices };
                self.studies.push(Err(ReadError::new(&folder, problem)));
                self.set_aside.extend(aside.chain(copies));
            }
        }
    }

    /// A study without a gated image: one error for each kind of file in it, and the other files of the kind set aside.
    fn add_without_gated(&mut self, others: Vec<(PathBuf, Summary)>) {
        let mut kinds = BTreeSet::new();
        for (path, summary) in others {
            let Some(problem) = summary.unsuitable else { continue };
            if kinds.insert(problem.code()) {
                self.studies.push(Err(ReadError { path, problem }));
            } else {
                self.set_aside.push(SetAside { path, reason: AsideReason::of_kind(&problem) });
            }
        }
    }
}
