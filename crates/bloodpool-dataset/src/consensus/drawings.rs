//! Everything that is read before a consensus is formed: images, raters, groups, drawings, and all that is wrong.

use std::collections::BTreeMap;

use bloodpool_files::composed;
use rayon::prelude::*;

use super::error::ConsensusError;
use super::options::ConsensusOptions;
use crate::annotations::{
    AnnotationProblem, Assignments, ImageToAnnotate, Labels, ProblemKind, RaterDrawings, RaterFolder, find_raters,
    groups_beside, read_groups, read_rater,
};
use crate::extracted::ExtractManifest;
use crate::rated_frames::RatedPhase;
use crate::rated_images::SIDE;
use bloodpool_files::png::decode_png_u8;
use bloodpool_files::whole_file::FileError;

/// The images of the manifest. All errors are reported together.
pub(super) fn read_images(
    options: &ConsensusOptions<'_>,
    extract: &ExtractManifest,
) -> Result<Vec<ImageToAnnotate>, ConsensusError> {
    let mut images = Vec::new();
    let mut wrong = Vec::new();
    for case in &extract.cases {
        for phase in RatedPhase::ALL {
            let Some(image) = case.images.iter().find(|image| image.phase == phase) else {
                wrong.push(format!("study `{}` has no image of {phase}", case.case));
                continue;
            };
            let path = options.images.join(&image.file);
            let grey = image.record().read(options.images).and_then(|bytes| decode_png_u8(&path, &bytes));
            match grey {
                Ok(grey) if grey.dim() == (SIDE, SIDE) => {
                    images.push(ImageToAnnotate { name: image.name().to_owned(), grey });
                }
                Ok(grey) => wrong.push(format!("{} is {} x {} pixels", path.display(), grey.ncols(), grey.nrows())),
                Err(error @ FileError::Read { .. }) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                    wrong.push(format!("{error}: {cause}"));
                }
                Err(error) => wrong.push(error.to_string()),
            }
        }
    }
    if wrong.is_empty() { Ok(images) } else { Err(ConsensusError::Images(wrong)) }
}

/// The raters who take part, with their groups.
pub(super) fn raters(
    options: &ConsensusOptions<'_>,
    assignments: Option<&Assignments>,
    problems: &mut Vec<AnnotationProblem>,
) -> Result<Vec<(RaterFolder, Option<String>)>, ConsensusError> {
    let found = find_raters(options.raters)?;
    let same = |a: &str, b: &str| composed(a) == composed(b);
    if let Some(unknown) = options.leave_out.iter().find(|name| found.iter().all(|rater| !same(&rater.name, name))) {
        let known = found.into_iter().map(|rater| rater.name).collect();
        return Err(ConsensusError::UnknownRater { name: unknown.clone(), known });
    }
    if let Some(assignments) = assignments {
        let known = |name: &str| {
            found.iter().any(|rater| same(&rater.name, name)) || options.leave_out.iter().any(|left| same(left, name))
        };
        for (rater, drawings) in assignments.raters().filter(|(rater, _)| !known(rater)) {
            let message =
                format!("assigns {drawings} drawings to `{rater}`, who has no folder; add it, or remove the rows");
            problems.push(AnnotationProblem::error(ProblemKind::NoDrawings, rater, assignments.path(), message));
        }
    }
    let table = options.groups.map(ToOwned::to_owned).or_else(|| groups_beside(&found));
    let groups: BTreeMap<String, String> = match &table {
        Some(table) => read_groups(table)?,
        None => BTreeMap::new(),
    };
    let taking_part = found.into_iter().filter(|rater| !options.leave_out.iter().any(|name| same(name, &rater.name)));
    let raters: Vec<_> = taking_part
        .map(|rater| {
            let group = groups.get(&*composed(&rater.name)).cloned();
            (rater, group)
        })
        .collect();
    if let Some(table) = &table {
        for (rater, _) in raters.iter().filter(|(_, group)| group.is_none()) {
            let message = format!("{} has no group for this rater", table.display());
            problems.push(AnnotationProblem::warning(ProblemKind::NoGroup, &rater.name, &rater.path, message));
        }
    }
    Ok(raters)
}

/// What all raters drew; `each` is called after each rater.
pub(super) fn read_drawings(
    raters: Vec<(RaterFolder, Option<String>)>,
    images: &[ImageToAnnotate],
    labels: &Labels,
    assignments: Option<&Assignments>,
    problems: &mut Vec<AnnotationProblem>,
    each: &(dyn Fn() + Sync),
) -> Vec<RaterDrawings> {
    let read: Vec<(RaterDrawings, Vec<AnnotationProblem>)> = raters
        .into_par_iter()
        .map(|(rater, group)| {
            let mut problems = Vec::new();
            let drawings = read_rater(&rater, images, labels, assignments, &mut problems);
            each();
            (RaterDrawings { group, ..drawings }, problems)
        })
        .collect();
    read.into_iter()
        .map(|(drawings, found)| {
            problems.extend(found);
            drawings
        })
        .collect()
}
