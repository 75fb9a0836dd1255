//! Checks of the outline: missing, jumping, cut by the edge of the field, seen end-on.

use ndarray::Axis;

use super::evidence::Evidence;
use super::finding::{Reason, named};
use super::limits::{
    AREA_JUMP_FRACTION, CUT_EDGE_FRACTION, EDGE_ENTROPY, END_ON_ASPECT, END_ON_LANDMARKS, LOOKS_DICE, LV_PIXELS,
};
use super::rank::Rank;
use crate::{FrameIndex, GatedStudy, Mask};

/// `ventricle_missing`: no LV on some frame that is neither ED nor ES.
#[must_use]
pub(super) fn check_missing(evidence: &Evidence<'_>) -> Option<Reason> {
    let measurement = evidence.measurement;
    let phases = [measurement.end_diastole.frame, measurement.end_systole.frame];
    let masks = &evidence.segmentation.masks;
    let missing: Vec<FrameIndex> = FrameIndex::all(masks.len())
        .zip(masks)
        // A frame that kept hardly any counts cannot show an LV, and has its own finding.
        .filter(|(frame, mask)| {
            mask.is_empty()
                && !phases.contains(frame)
                && measurement.drop_off.kept.get(frame.index()).is_none_or(|&k| k > 0.1)
        })
        .map(|(frame, _)| frame)
        .collect();
    (!missing.is_empty()).then(|| {
        Reason::new(
            "ventricle_missing",
            format!("No left ventricle was found on {}; the curve is not to be trusted there.", named(&missing)),
        )
    })
}

/// `roi_area_jump`: an LV area that does not fit those of the frames before and after it.
#[must_use]
pub(super) fn check_area_jumps(evidence: &Evidence<'_>) -> Option<Reason> {
    let areas: Vec<f64> = evidence.segmentation.masks.iter().map(|mask| mask.area() as f64).collect();
    let frames = areas.len();
    let largest = areas.iter().copied().fold(0.0, f64::max);
    let jumps: Vec<FrameIndex> = (0..frames)
        .filter(|&frame| {
            let (before, after) = (areas[(frame + frames - 1) % frames], areas[(frame + 1) % frames]);
            // Missing ventricles have their own finding.
            areas[frame] > 0.0
                && before > 0.0
                && after > 0.0
                && (areas[frame] - before.midpoint(after)).abs() > AREA_JUMP_FRACTION * largest
        })
        .map(FrameIndex::new)
        .collect();
    (!jumps.is_empty()).then(|| {
        Reason::new(
            "roi_area_jump",
            format!(
                "The LV area jumps at {} by more than {:.0} % of its largest; look at the outlines.",
                named(&jumps),
                AREA_JUMP_FRACTION * 100.0
            ),
        )
    })
}

/// `outline_unsure`: the segmenter is not sure where the edge of the LV lies, or found another LV in the whole field.
#[must_use]
pub(super) fn check_certainty(evidence: &Evidence<'_>) -> Option<Reason> {
    let certainty = evidence.segmentation.certainty?;
    if certainty.looks_dice.is_some_and(|dice| dice < LOOKS_DICE) {
        return Some(Reason::new(
            "outline_unsure",
            "The outline in the whole field and that in the window round the LV differ much; look at the outlines.",
        ));
    }
    certainty.edge_entropy.is_some_and(|entropy| entropy > EDGE_ENTROPY).then(|| {
        Reason::new(
            "outline_unsure",
            "The network is less sure than usual where the edge of the LV lies; look at the outlines, at ES above all.",
        )
    })
}

/// `lv_few_pixels`: the LV covers so few pixels that its edge is most of it.
#[must_use]
pub(super) fn check_size(evidence: &Evidence<'_>) -> Option<Reason> {
    let frame = evidence.measurement.end_diastole.frame.index();
    let pixels = evidence.segmentation.masks.get(frame)?.area();
    (pixels < LV_PIXELS).then(|| {
        Reason::new(
            "lv_few_pixels",
            format!(
                "The LV covers {pixels} pixels at end-diastole; with fewer than {LV_PIXELS} an outline is too coarse."
            ),
        )
    })
}

/// `lv_touches_edge`: the LV may be cut off by the edge of the image, or of the part of it that holds counts.
#[must_use]
pub(super) fn check_edge(evidence: &Evidence<'_>) -> Option<Reason> {
    let field = Field::of(evidence.study);
    let at_edge = |mask: &Mask| mask.inside().filter(|&at| field.ends_at(at)).count();
    let masks = &evidence.segmentation.masks;
    let all = FrameIndex::all(masks.len()).zip(masks);
    let touching: Vec<FrameIndex> = all.filter(|(_, mask)| at_edge(mask) > 0).map(|(frame, _)| frame).collect();
    if touching.is_empty() {
        return None;
    }
    let at_ed = masks.get(evidence.measurement.end_diastole.frame.index())?;
    let fraction = at_edge(at_ed) as f64 / at_ed.area().max(1) as f64;
    let rank = if fraction > CUT_EDGE_FRACTION { Rank::DoNotUse } else { Rank::Look };
    let message = format!(
        "The LV touches the edge of the field on {} ({:.0} % of its pixels at end-diastole); part of it may be missing.",
        named(&touching),
        fraction * 100.0
    );
    Some(Reason::new("lv_touches_edge", message).ranked(rank))
}

/// The part of the matrix that holds counts: some cameras mask what lies outside a circle or a zoomed window.
struct Field {
    /// Whether a row or column, and everything outwards of it, holds no count on any frame.
    dead: Mask,
}

/// A masked border has at least this many empty pixels next to each other, in each direction: chance leaves fewer.
const DEAD_REACH: usize = 2;

impl Field {
    fn of(study: &GatedStudy) -> Self {
        let sum = study.counts().sum_axis(Axis(0));
        let (rows, columns) = sum.dim();
        let empty = |row: usize, column: usize| sum[[row, column]] <= 0.0;
        let dead = Mask::from_fn(rows, columns, |row, column| {
            let near = |at: usize, all: usize| at.saturating_sub(DEAD_REACH)..(at + DEAD_REACH + 1).min(all);
            near(row, rows).all(|row| near(column, columns).all(|column| empty(row, column)))
        });
        Self { dead }
    }

    /// Whether the field ends beside this pixel.
    fn ends_at(&self, (row, column): (usize, usize)) -> bool {
        let (rows, columns) = self.dead.dim();
        let reach = DEAD_REACH + 1;
        let dead = |row: Option<usize>, column: Option<usize>| match (row, column) {
            (Some(row), Some(column)) => self.dead.contains(row, column),
            _ => false,
        };
        row == 0
            || column == 0
            || row + 1 == rows
            || column + 1 == columns
            || dead(row.checked_sub(reach), Some(column))
            || dead(Some(row + reach), Some(column))
            || dead(Some(row), column.checked_sub(reach))
            || dead(Some(row), Some(column + reach))
    }
}

/// `lv_end_on`: the LV is seen along its long axis, so that it covers the atria behind it.
#[must_use]
pub(super) fn check_end_on(evidence: &Evidence<'_>) -> Option<Reason> {
    let frame = evidence.measurement.end_diastole.frame.index();
    let spacing = evidence.study.pixel_spacing_mm().unwrap_or([1.0, 1.0]);
    let landmarks = evidence.segmentation.landmarks.as_ref().and_then(|landmarks| landmarks.get(frame));
    let (what, ratio, limit) = if let Some(landmarks) = landmarks {
        let away = |[x, y]: [f64; 2], [u, v]: [f64; 2]| ((x - u) * spacing[1]).hypot((y - v) * spacing[0]);
        let [septal, lateral] = landmarks.valve_plane;
        let middle = [septal[0].midpoint(lateral[0]), septal[1].midpoint(lateral[1])];
        (
            "length over the width of its valve plane",
            away(landmarks.apex, middle) / away(septal, lateral),
            END_ON_LANDMARKS,
        )
    } else {
        let mask = evidence.segmentation.masks.get(frame)?;
        ("longest over its shortest axis", aspect(mask, spacing)?, END_ON_ASPECT)
    };
    (ratio.is_finite() && ratio < limit).then(|| {
        Reason::new(
            "lv_end_on",
            format!(
                "The LV is nearly round at end-diastole (its {what} is {ratio:.2}): it may be seen end-on, where the left atrium \
                 lies behind it."
            ),
        )
    })
}

/// Longest over shortest axis of an outline by its second moments; `None` of one or two pixels.
fn aspect(mask: &Mask, [row_mm, column_mm]: [f64; 2]) -> Option<f64> {
    let (row, column) = mask.centroid()?;
    let (mut yy, mut xx, mut xy) = (0.0, 0.0, 0.0);
    for (r, c) in mask.inside() {
        let (y, x) = ((r as f64 - row) * row_mm, (c as f64 - column) * column_mm);
        yy += y * y;
        xx += x * x;
        xy += x * y;
    }
    let (mean, swing) = (yy.midpoint(xx), ((yy - xx) / 2.0).hypot(xy));
    let ratio = ((mean + swing) / (mean - swing)).sqrt();
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn the_aspect_is_that_of_an_ellipse() {
        let ellipse = |a: f64, b: f64| {
            Mask::from_fn(128, 128, |row, column| ((row as f64 - 60.0) / a).hypot((column as f64 - 64.0) / b) <= 1.0)
        };
        assert!((aspect(&ellipse(30.0, 20.0), [1.0, 1.0]).unwrap() - 1.5).abs() < 0.01);
        assert!((aspect(&ellipse(20.0, 30.0), [3.0, 1.0]).unwrap() - 2.0).abs() < 0.02);
        assert_eq!(aspect(&Mask::from_fn(8, 8, |row, column| row == 2 && column == 2), [1.0, 1.0]), None);
    }

    #[test]
    fn a_masked_border_ends_the_field() {
        let disc = |row: usize, column: usize| (row as f64 - 32.0).hypot(column as f64 - 32.0) < 20.0;
        let counts = Array3::from_shape_fn((8, 64, 64), |(_, row, column)| if disc(row, column) { 3.0 } else { 0.0 });
        let field = Field::of(&GatedStudy::new(counts, None).unwrap());
        assert!(field.ends_at((32, 51)) && field.ends_at((0, 5)) && !field.ends_at((32, 40)));
        // A single pixel without counts is chance.
        let mut counts = Array3::from_elem((8, 64, 64), 3.0);
        counts.slice_mut(ndarray::s![.., 20, 20]).fill(0.0);
        let field = Field::of(&GatedStudy::new(counts, None).unwrap());
        assert!(!field.ends_at((20, 23)));
    }
}
