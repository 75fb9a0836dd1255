//! An image that enough raters drew on, and the masks of all raters on such images.

use bloodpool_core::Mask;
use bloodpool_stats::raters::RaterMasks;
use ndarray::s;
use rayon::prelude::*;

use crate::annotations::RaterDrawings;
use crate::rated_frames::RatedPhase;

/// An image with enough raters.
#[derive(Debug, Clone, Copy)]
pub(super) struct RatedImage<'a> {
    pub(super) name: &'a str,
    pub(super) phase: RatedPhase,
    pub(super) case: &'a str,
    pub(super) patient: &'a str,
}

/// The masks of all raters, those of each image cut to the box that holds them all: pixels outside it change
/// no overlap and no area, and would take ten times the memory.
pub(super) fn masks_of(raters: &[&RaterDrawings], images: &[RatedImage<'_>]) -> Vec<RaterMasks> {
    let by_image: Vec<Vec<Option<Mask>>> = images
        .par_iter()
        .map(|image| cut(raters.iter().map(|rater| Some(rater.drawings.get(image.name)?.mask())).collect()))
        .collect();
    let of_rater = |(index, rater): (usize, &&RaterDrawings)| RaterMasks {
        rater: rater.rater.name.clone(),
        group: rater.group.clone(),
        masks: by_image.iter().map(|masks| masks.get(index).cloned().flatten()).collect(),
    };
    raters.iter().enumerate().map(of_rater).collect()
}

fn cut(masks: Vec<Option<Mask>>) -> Vec<Option<Mask>> {
    let boxes = masks.iter().flatten().filter_map(Mask::bounding_box);
    let together = boxes.reduce(|(rows, columns), (more_rows, more_columns)| {
        let join = |a: std::ops::Range<usize>, b: std::ops::Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        (join(rows, more_rows), join(columns, more_columns))
    });
    let Some((rows, columns)) = together else { return masks };
    let inner = |mask: Mask| Mask::new(mask.pixels().slice(s![rows.clone(), columns.clone()]).to_owned());
    masks.into_iter().map(|mask| mask.map(inner)).collect()
}
