//! `choose`: which of the gated files of one study is analysed.

use crate::joined::Candidate;
use crate::read::axis::GatedFile;
use crate::read::selection::Selection;
use crate::read::summary::content;
use crate::set_aside::{AsideReason, SetAside};

/// What [`choose`] found.
pub(crate) enum Choice {
    /// There is no file.
    Nothing,
    /// This one is analysed, and the others are set aside.
    One(Box<Candidate>, Vec<SetAside>),
    /// Not exactly one is of the wanted view; copies among them are set aside.
    Several(Vec<GatedFile>, Vec<SetAside>),
}

/// Chooses the only file whose view is LAO, or is the one that was asked for; of one file by itself, the file, since what
/// is wrong with its view is an error of the reader.
pub(crate) fn choose(candidates: Vec<Candidate>, selection: &Selection) -> Choice {
    let (mut candidates, mut aside) = without_copies(candidates);
    let matching: Vec<usize> = (0..candidates.len()).filter(|&index| candidates[index].is_wanted(selection)).collect();
    let chosen = match (matching.as_slice(), candidates.len()) {
        (_, 0) => return Choice::Nothing,
        (&[one], _) => one,
        (_, 1) => 0,
        _ => {
            let choice = |index: usize| gated_file(index, &candidates, &matching);
            return Choice::Several((0..candidates.len()).map(choice).collect(), aside);
        }
    };
    let chosen = candidates.remove(chosen);
    let others = candidates.into_iter().flat_map(|other| {
        let reason = why_not(&other, &chosen);
        let files = other.joined.map_or(vec![other.path], |joined| joined.files);
        files.into_iter().map(move |path| SetAside { path, reason: reason.clone() })
    });
    aside.splice(0..0, others);
    Choice::One(Box::new(chosen), aside)
}

/// Sets aside files with the frames and the views of another one, as exporting a study again under new UIDs makes them.
fn without_copies(candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<SetAside>) {
    if candidates.len() < 2 {
        return (candidates, Vec::new());
    }
    let (mut kept, mut aside): (Vec<(Candidate, Option<String>)>, Vec<SetAside>) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let frames = if candidate.joined.is_none() { content(&candidate.path) } else { None };
        let is_first = |(first, its_frames): &&(Candidate, Option<String>)| {
            frames.is_some() && *its_frames == frames && first.summary.views == candidate.summary.views
        };
        match kept.iter().find(is_first) {
            Some((first, _)) => {
                let reason = AsideReason::SameFrames { first: first.path.clone() };
                aside.push(SetAside { path: candidate.path, reason });
            }
            None => kept.push((candidate, frames)),
        }
    }
    (kept.into_iter().map(|(candidate, _)| candidate).collect(), aside)
}

/// Why a file is not analysed where another one of the study is.
fn why_not(other: &Candidate, chosen: &Candidate) -> AsideReason {
    let views = || other.names();
    let [of_other, of_chosen] = [other, chosen].map(|one| one.summary.views.iter().all(|view| view.is_unknown()));
    let shares = other.summary.views.iter().any(|view| {
        view.projection.is_some() && chosen.summary.views.iter().any(|own| own.projection == view.projection)
    });
    if shares || of_other && of_chosen {
        AsideReason::AnotherAcquisition { views: views(), series: other.summary.series.clone() }
    } else if of_other {
        AsideReason::ViewNotRecorded
    } else {
        AsideReason::AnotherView { views: views() }
    }
}

fn gated_file(index: usize, candidates: &[Candidate], matching: &[usize]) -> GatedFile {
    let own = &candidates[index];
    let texts = own.summary.series_description.clone().into_iter().chain(own.names());
    let chooses = |text: &String| {
        let is_chosen = |one: &Candidate| one.summary.views.iter().any(|view| view.matches(text));
        is_chosen(own) && candidates.iter().filter(|one| is_chosen(one)).count() == 1
    };
    GatedFile {
        path: own.path.clone(),
        files: own.joined.as_ref().map_or(1, |joined| joined.files.len()),
        views: own.names(),
        series: own.summary.series.clone(),
        matches: matching.contains(&index),
        chosen_by: texts.into_iter().find(chooses),
    }
}

impl Candidate {
    /// Whether one of its views is LAO, or is the one that was asked for.
    fn is_wanted(&self, selection: &Selection) -> bool {
        self.summary.views.iter().any(|view| match &selection.view {
            Some(text) => view.matches(text),
            None => view.is_lao(),
        })
    }

    /// Its views in words.
    fn names(&self) -> Vec<String> {
        self.summary.views.iter().map(|view| view.name().to_string()).collect()
    }
}
