//! `plan`: from files and folders to the studies to read, one LAO view of each study in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bloodpool_core::study::MIN_FRAMES;
use dicom_dictionary_std::tags;

use crate::attribute::Attribute;
use crate::joined::{Candidate, Joined, JoinedFiles, join};
use crate::read::axis::GatedFile;
use crate::read::error::{Problem, ReadError};
use crate::read::selection::Selection;
use crate::read::single_frame::open_joined;
use crate::read::{StudyFile, Summary, open_study, summarize};

/// File name extensions that are skipped in folders.
const NOT_DICOM: [&str; 16] =
    ["png", "jpg", "jpeg", "json", "csv", "txt", "html", "htm", "md", "npy", "pdf", "toml", "zip", "xml", "bak", "log"];

/// Folders nested deeper than this are not searched; links are not followed.
const MAX_DEPTH: usize = 32;

/// A study that is going to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStudy {
    /// The file.
    pub path: PathBuf,
    /// What to read of it.
    pub selection: Selection,
    /// The files of its frames, where each is in a file of its own; `path` is the first of them.
    pub joined: Option<JoinedFiles>,
    /// Files of the same study in the same folder that are not analysed.
    pub set_aside: Vec<SetAside>,
}

/// What is planned in one place.
type Planned = Result<PlannedStudy, ReadError>;

/// A file that is not analysed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The file.
    pub path: PathBuf,
    /// Why: another view, or another kind of image.
    pub reason: String,
}

impl PlannedStudy {
    /// Reads the study.
    ///
    /// # Errors
    /// As [`open_study`].
    pub fn read(&self) -> Result<StudyFile, ReadError> {
        match &self.joined {
            None => open_study(&self.path, &self.selection),
            Some(JoinedFiles { files, by }) => {
                let (study, notes) = open_joined(files, *by)?;
                Ok(StudyFile { path: self.path.clone(), study, notes })
            }
        }
    }
}

/// The studies in `inputs`, in the order of the inputs and of sorted paths within a folder.
///
/// A file that is named is always tried. Folders are searched with their subfolders, hidden files and names such as
/// `DICOMDIR` or `*.png` left out. Of several gated files of one study (same Study Instance UID) in a folder, the one
/// whose view is LAO, or that `selection.view` names, is planned, and the others are set aside. Files of one frame each
/// that belong to one series are joined to one study, where the order of the frames is unambiguous.
///
/// A file or study that cannot be planned gives an error in its place: see [`ReadError`].
#[must_use]
pub fn plan(inputs: &[PathBuf], selection: &Selection) -> Vec<Result<PlannedStudy, ReadError>> {
    let mut planned = Vec::new();
    let mut joined = plan_named(inputs, selection);
    for input in inputs {
        if let Some(index) = joined.iter().position(|(files, _)| files.contains(input)) {
            planned.extend(joined[index].1.take());
        } else if input.is_dir() {
            plan_folder(input, selection, &mut planned);
        } else {
            planned.push(Ok(alone(input.clone(), selection)));
        }
    }
    planned
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
    let Joined { candidates, failed, .. } = join(named.into_iter().filter_map(single).collect(), selection);
    let joined = candidates.into_iter().filter_map(|candidate| {
        let files = candidate.joined.as_ref()?.files.clone();
        Some((files, Some(Ok(planned_study(candidate, selection)))))
    });
    let failed = failed.into_iter().filter(|failed| failed.files.len() > 1).map(|failed| {
        let error = ReadError::new(&failed.files[0], failed.problem);
        (failed.files, Some(Err(error)))
    });
    joined.chain(failed).collect()
}

fn planned_study(candidate: Candidate, selection: &Selection) -> PlannedStudy {
    PlannedStudy { joined: candidate.joined, ..alone(candidate.path, selection) }
}

fn alone(path: PathBuf, selection: &Selection) -> PlannedStudy {
    PlannedStudy { path, selection: selection.clone(), joined: None, set_aside: Vec::new() }
}

fn plan_folder(folder: &Path, selection: &Selection, planned: &mut Vec<Result<PlannedStudy, ReadError>>) {
    let mut files = Vec::new();
    let mut failed = Vec::new();
    search(folder, 0, &mut files, &mut failed);
    let all_searched = failed.is_empty();
    planned.extend(failed.into_iter().map(Err));
    // A study comes in the place of its first file; a file without a study UID is a study of its own.
    let mut groups: Vec<Vec<(PathBuf, Summary)>> = Vec::new();
    let mut by_study: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures: Vec<(usize, ReadError)> = Vec::new();
    for path in files {
        let summary = match summarize(&path) {
            Ok(Summary { unsuitable: Some(Problem::Directory { .. }), .. }) => continue,
            Ok(summary) => summary,
            // The directory of a medium, under another name than it has by itself.
            Err(Problem::Directory { .. }) => continue,
            Err(problem) => {
                failures.push((groups.len(), ReadError::new(&path, problem)));
                continue;
            }
        };
        match summary.study_uid.clone() {
            Some(uid) => {
                let index = *by_study.entry(uid).or_insert(groups.len());
                if index == groups.len() {
                    groups.push(Vec::new());
                }
                groups[index].push((path, summary));
            }
            None => groups.push(vec![(path, summary)]),
        }
    }
    if all_searched && groups.is_empty() && failures.is_empty() {
        planned.push(Err(ReadError::new(folder, Problem::EmptyFolder)));
    }
    let mut failures = failures.into_iter().peekable();
    for (index, group) in groups.into_iter().enumerate() {
        while let Some((_, error)) = failures.next_if(|(before, _)| *before <= index) {
            planned.push(Err(error));
        }
        plan_study(folder, group, selection, planned);
    }
    planned.extend(failures.map(|(_, error)| Err(error)));
}

/// Plans the one file of a study that is to be analysed.
fn plan_study(
    folder: &Path,
    files: Vec<(PathBuf, Summary)>,
    selection: &Selection,
    planned: &mut Vec<Result<PlannedStudy, ReadError>>,
) {
    let (gated, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, summary)| summary.unsuitable.is_none());
    if gated.is_empty() {
        let problems = others.into_iter().filter_map(|(path, summary)| Some((path, summary.unsuitable?)));
        planned.extend(problems.map(|(path, problem)| Err(ReadError { path, problem })));
        return;
    }
    let Joined { candidates: gated, failed, left_out } = join(gated, selection);
    let several = |files: usize| if files == 1 { None } else { Some(folder) };
    planned.extend(
        failed
            .into_iter()
            .map(|failed| Err(ReadError::new(several(failed.files.len()).unwrap_or(&failed.files[0]), failed.problem))),
    );
    if gated.is_empty() {
        return;
    }
    let wanted = |summary: &Summary| match &selection.view {
        Some(text) => summary.views.iter().any(|view| view.matches(text)),
        None => summary.views.iter().any(|view| view.is_lao()),
    };
    let matching: Vec<usize> = (0..gated.len()).filter(|&index| wanted(&gated[index].summary)).collect();
    let chosen = match (matching.as_slice(), gated.len()) {
        (&[one], _) => one,
        // A study of one file: what is wrong with its view, if anything, is an error of the reader.
        (_, 1) => 0,
        _ => {
            let study = gated[0].summary.study_uid.clone().unwrap_or_default();
            let choice = |one: &Candidate| GatedFile { path: one.path.clone(), views: names(&one.summary) };
            let choices = gated.iter().map(choice);
            let attribute = Attribute(tags::VIEW_CODE_SEQUENCE);
            let problem = Problem::SeveralFiles { attribute, study, choices: choices.collect() };
            planned.push(Err(ReadError::new(folder, problem)));
            return;
        }
    };
    let mut study = None;
    let mut set_aside = Vec::new();
    for (index, candidate) in gated.into_iter().enumerate() {
        if index == chosen {
            study = Some(planned_study(candidate, selection));
            continue;
        }
        let reason = format!("another view: {}", names(&candidate.summary).join(", "));
        let files = candidate.joined.map_or(vec![candidate.path], |joined| joined.files);
        set_aside.extend(files.into_iter().map(|path| SetAside { path, reason: reason.clone() }));
    }
    let reason = "another detector, energy window or R-R interval";
    set_aside.extend(left_out.into_iter().map(|path| SetAside { path, reason: reason.into() }));
    for (path, summary) in others {
        if let Some(problem) = summary.unsuitable {
            set_aside.push(SetAside { path, reason: problem.to_string() });
        }
    }
    planned.extend(study.map(|study| Ok(PlannedStudy { set_aside, ..study })));
}

/// The views of a file.
fn names(summary: &Summary) -> Vec<String> {
    summary.views.iter().map(|view| view.name().to_string()).collect()
}

/// Files under `folder` by sorted path.
fn search(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, failed: &mut Vec<ReadError>) {
    let unreadable = |error: std::io::Error| ReadError::new(folder, Problem::Unreadable(error));
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return failed.push(unreadable(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => paths.push(entry.path()),
            Err(error) => failed.push(unreadable(error)),
        }
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if path.is_dir() {
            if !is_link && depth < MAX_DEPTH {
                search(&path, depth + 1, files, failed);
            }
        } else if path.is_file() && !is_other_by_name(&path) {
            files.push(path);
        }
    }
}

fn is_other_by_name(path: &Path) -> bool {
    let is = |text: Option<&std::ffi::OsStr>, what: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(what));
    is(path.file_name(), "DICOMDIR") || NOT_DICOM.iter().any(|ending| is(path.extension(), ending))
}
