//! `OutlineEdit`: the tools that change the outline of one frame, as data.

use serde::{Deserialize, Serialize};

use super::frame_outline::FrameOutline;
use super::region;
use super::spline::{SplineOutline, VERTICES};
use super::surroundings::Surroundings;
use crate::{Contour, Mask};

/// Most points of a path that a person draws in one stroke.
pub const MOST_POINTS: usize = 4000;
/// Farthest that a place may lie from the matrix, pixels: what is dragged out of the picture comes back with the pointer.
const FARTHEST: f64 = 4096.0;
/// Widest radius of a tool, mm.
const WIDEST_MM: f64 = 60.0;
/// How often vertices are averaged with their neighbours by one act of smoothing.
const SMOOTHING_PASSES: usize = 3;

/// A change of the outline of one frame. Places are `[x, y]` in the study's own pixels, distances in mm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "tool", rename_all = "snake_case", deny_unknown_fields)]
pub enum OutlineEdit {
    /// One vertex is put elsewhere.
    Vertex {
        /// Which, from 0.
        index: usize,
        /// Where to.
        to: [f64; 2],
    },
    /// The outline is pushed: vertices within the radius of where the push begins follow it, with a cosine fall-off.
    Nudge {
        /// Where the push begins.
        from: [f64; 2],
        /// Where it ends.
        to: [f64; 2],
        /// Radius, mm.
        radius_mm: f64,
    },
    /// A stroke of a round brush: one that begins inside extends the outline, one that begins outside cuts it.
    Brush {
        /// The stroke.
        path: Vec<[f64; 2]>,
        /// Radius, mm.
        radius_mm: f64,
    },
    /// The whole is moved, scaled and turned about its centre.
    Transform {
        /// By how much it is moved, pixels.
        shift: [f64; 2],
        /// Factor of its size.
        scale: f64,
        /// Clockwise as displayed, degrees.
        degrees: f64,
    },
    /// The outline is drawn anew.
    Redraw {
        /// The line, which is closed.
        path: Vec<[f64; 2]>,
    },
    /// The outline becomes smoother and keeps its area.
    Smooth,
    /// A region that is grown from a click takes the place of the outline.
    Grow {
        /// The click.
        at: [f64; 2],
        /// The least counts of a pixel as a share of those at the click, 0 to 1.
        level: f64,
    },
    /// The outline becomes that of another frame or of another origin.
    Replace {
        /// The outline.
        outline: FrameOutline,
    },
}

/// Why an outline was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutlineEditError {
    /// A number that means no place, distance, factor or level.
    #[error("the {0} of the edit is outside of what is possible")]
    OutOfRange(&'static str),
    /// The path is too long.
    #[error("a path has at most {MOST_POINTS} points")]
    TooManyPoints,
    /// There is no such vertex.
    #[error("an outline has {VERTICES} vertices, and the edit names another one")]
    NoVertex,
    /// The frame has no outline that could be changed.
    #[error("the frame has no outline yet; draw one first")]
    NoOutline,
    /// Nothing would be left.
    #[error("the edit would leave no pixel inside the outline; the outline was left as it was")]
    NothingLeft,
    /// No region can grow from there.
    #[error("no region can grow from this place: the counts there do not belong to the ventricle")]
    NoRegion,
}

impl OutlineEditError {
    /// Stable code, for example `nothing_left`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OutOfRange(_) => "edit_out_of_range",
            Self::TooManyPoints => "too_many_points",
            Self::NoVertex => "no_vertex",
            Self::NoOutline => "no_outline",
            Self::NothingLeft => "nothing_left",
            Self::NoRegion => "no_region",
        }
    }
}

impl OutlineEdit {
    /// Its name in documents and lists, for example `brush`.
    #[must_use]
    pub fn tool(&self) -> &'static str {
        match self {
            Self::Vertex { .. } => "vertex",
            Self::Nudge { .. } => "nudge",
            Self::Brush { .. } => "brush",
            Self::Transform { .. } => "transform",
            Self::Redraw { .. } => "redraw",
            Self::Smooth => "smooth",
            Self::Grow { .. } => "grow",
            Self::Replace { .. } => "replace",
        }
    }

    /// The outline after this change.
    ///
    /// # Errors
    /// [`OutlineEditError`]; an outline without a pixel is never the result.
    pub fn applied(&self, outline: &FrameOutline, around: &Surroundings<'_>) -> Result<FrameOutline, OutlineEditError> {
        let (rows, columns) = (around.rows, around.columns);
        let spline = || outline.spline().ok_or(OutlineEditError::NoOutline);
        let changed = match self {
            Self::Vertex { index, to } => {
                place(*to)?;
                let moved = spline()?.map(|(vertex, at)| if vertex == *index { *to } else { at });
                moved.filter(|_| *index < VERTICES).map(FrameOutline::Spline).ok_or(OutlineEditError::NoVertex)?
            }
            Self::Nudge { from, to, radius_mm } => {
                let (from, to) = (place(*from)?, place(*to)?);
                let radius_mm = ranged(*radius_mm, 0.1, WIDEST_MM, "radius")?;
                FrameOutline::Spline(nudged(&spline()?, (from, to), radius_mm, around.spacing_mm)?)
            }
            Self::Brush { path, radius_mm } => {
                let radius_mm = ranged(*radius_mm, 0.1, WIDEST_MM, "radius")?;
                FrameOutline::of_mask(&brushed(&outline.mask(rows, columns), checked(path, 1)?, radius_mm, around))
            }
            Self::Transform { shift, scale, degrees } => {
                place(*shift)?;
                let scale = ranged(*scale, 0.05, 20.0, "scale")?;
                let degrees = ranged(*degrees, -3600.0, 3600.0, "angle")?;
                transformed(outline, *shift, scale, degrees, around)?
            }
            Self::Redraw { path } => FrameOutline::of_mask(&drawn_region(path, rows, columns)?),
            Self::Smooth => FrameOutline::Spline(smoothed(&spline()?)?),
            Self::Grow { at, level } => {
                let level = ranged(*level, 0.0, 1.0, "level")?;
                let region = region::grown(place(*at)?, level, &outline.mask(rows, columns), around);
                if region.is_empty() {
                    return Err(OutlineEditError::NoRegion);
                }
                FrameOutline::of_mask(&region)
            }
            Self::Replace { outline } => outline.clone(),
        };
        if changed.mask(rows, columns).is_empty() { Err(OutlineEditError::NothingLeft) } else { Ok(changed) }
    }
}

/// The pixels of a matrix whose centres lie inside a closed path, `[x, y]` in pixels.
///
/// # Errors
/// [`OutlineEditError`] where the path is no area: fewer than three places, too many, or places that no picture has.
pub fn drawn_region(path: &[[f64; 2]], rows: usize, columns: usize) -> Result<Mask, OutlineEditError> {
    Ok(Contour(checked(path, 3)?.to_vec()).rasterised(rows, columns))
}

fn place(at: [f64; 2]) -> Result<[f64; 2], OutlineEditError> {
    let possible = at.iter().all(|value| value.is_finite() && value.abs() <= FARTHEST);
    possible.then_some(at).ok_or(OutlineEditError::OutOfRange("place"))
}

fn ranged(value: f64, least: f64, most: f64, name: &'static str) -> Result<f64, OutlineEditError> {
    (least..=most).contains(&value).then_some(value).ok_or(OutlineEditError::OutOfRange(name))
}

fn checked(path: &[[f64; 2]], least: usize) -> Result<&[[f64; 2]], OutlineEditError> {
    if path.len() > MOST_POINTS {
        return Err(OutlineEditError::TooManyPoints);
    }
    if path.len() < least {
        return Err(OutlineEditError::OutOfRange("path"));
    }
    path.iter().try_for_each(|&at| place(at).map(drop))?;
    Ok(path)
}

fn nudged(
    outline: &SplineOutline,
    (from, to): ([f64; 2], [f64; 2]),
    radius_mm: f64,
    [row_mm, column_mm]: [f64; 2],
) -> Result<SplineOutline, OutlineEditError> {
    let push = [to[0] - from[0], to[1] - from[1]];
    let moved = outline.map(|(_, [x, y])| {
        let away_mm = ((x - from[0]) * column_mm).hypot((y - from[1]) * row_mm);
        if away_mm >= radius_mm {
            return [x, y];
        }
        let weight = 0.5 * (1.0 + (std::f64::consts::PI * away_mm / radius_mm).cos());
        [x + weight * push[0], y + weight * push[1]]
    });
    moved.ok_or(OutlineEditError::OutOfRange("place"))
}

/// The mask with the pixels that a stroke covers, or without them.
fn brushed(mask: &Mask, path: &[[f64; 2]], radius_mm: f64, around: &Surroundings<'_>) -> Mask {
    let [row_mm, column_mm] = around.spacing_mm;
    let inside = |[x, y]: [f64; 2]| x >= -0.5 && y >= -0.5 && mask.contains(y.round() as usize, x.round() as usize);
    let extends = path.first().is_some_and(|&at| inside(at)) || mask.is_empty();
    let mut changed = mask.clone();
    let strokes = path.iter().zip(path.iter().skip(1).chain(path.last()));
    for (from, to) in strokes {
        // A brush narrower than a pixel still reaches the pixel that it is in.
        let (reach_x, reach_y) = ((radius_mm / column_mm).max(0.5), (radius_mm / row_mm).max(0.5));
        let rows = (from[1].min(to[1]) - reach_y).floor().max(0.0)..=from[1].max(to[1]) + reach_y;
        let columns = (from[0].min(to[0]) - reach_x).floor().max(0.0)..=from[0].max(to[0]) + reach_x;
        for row in *rows.start() as usize..=(rows.end().max(0.0) as usize).min(around.rows.saturating_sub(1)) {
            for column in
                *columns.start() as usize..=(columns.end().max(0.0) as usize).min(around.columns.saturating_sub(1))
            {
                let at = [(column as f64) / reach_x, row as f64 / reach_y];
                let scaled = |[x, y]: [f64; 2]| [x / reach_x, y / reach_y];
                if distance_to_segment(at, scaled(*from), scaled(*to)) <= 1.0 {
                    changed.set((row, column), extends);
                }
            }
        }
    }
    changed
}

fn distance_to_segment(at: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let (along_x, along_y) = (to[0] - from[0], to[1] - from[1]);
    let length2 = along_x * along_x + along_y * along_y;
    let share = ((at[0] - from[0]) * along_x + (at[1] - from[1]) * along_y) / length2;
    let share = if length2 > 0.0 { share.clamp(0.0, 1.0) } else { 0.0 };
    (at[0] - from[0] - share * along_x).hypot(at[1] - from[1] - share * along_y)
}

fn transformed(
    outline: &FrameOutline,
    shift: [f64; 2],
    scale: f64,
    degrees: f64,
    around: &Surroundings<'_>,
) -> Result<FrameOutline, OutlineEditError> {
    let [row_mm, column_mm] = around.spacing_mm;
    let (sine, cosine) = degrees.to_radians().sin_cos();
    // Turned in mm: pixels need not be square.
    let placed = |[x, y]: [f64; 2], centre: [f64; 2]| {
        let (right, down) = ((x - centre[0]) * column_mm * scale, (y - centre[1]) * row_mm * scale);
        [
            centre[0] + shift[0] + (right * cosine - down * sine) / column_mm,
            centre[1] + shift[1] + (right * sine + down * cosine) / row_mm,
        ]
    };
    match outline {
        FrameOutline::Spline(spline) => {
            let centre = spline.centre();
            let moved = spline.map(|(_, at)| placed(at, centre)).ok_or(OutlineEditError::OutOfRange("place"))?;
            Ok(FrameOutline::Spline(moved))
        }
        FrameOutline::Mask(mask) => {
            let (row, column) = mask.centroid().ok_or(OutlineEditError::NoOutline)?;
            let moved = mask.contour().0.into_iter().map(|at| placed(at, [column, row])).collect();
            Ok(FrameOutline::of_mask(&Contour(moved).rasterised(around.rows, around.columns)))
        }
    }
}

/// Vertices averaged with their neighbours, then scaled about the centre so that the enclosed area is what it was.
fn smoothed(outline: &SplineOutline) -> Result<SplineOutline, OutlineEditError> {
    let area = outline.polygon().area();
    let mut smooth = outline.clone();
    for _ in 0..SMOOTHING_PASSES {
        let of = smooth.vertices().to_vec();
        let mean = |index: usize, axis: usize| {
            let (before, after) = (of[(index + VERTICES - 1) % VERTICES], of[(index + 1) % VERTICES]);
            (before[axis] + 2.0 * of[index][axis] + after[axis]) / 4.0
        };
        let next = smooth.map(|(index, _)| [mean(index, 0), mean(index, 1)]);
        smooth = next.ok_or(OutlineEditError::OutOfRange("place"))?;
    }
    let shrunk = smooth.polygon().area();
    if shrunk.is_nan() || shrunk <= 0.0 {
        return Err(OutlineEditError::NothingLeft);
    }
    let (factor, centre) = ((area / shrunk).sqrt(), smooth.centre());
    let back =
        |(_, [x, y]): (usize, [f64; 2])| [centre[0] + factor * (x - centre[0]), centre[1] + factor * (y - centre[1])];
    smooth.map(back).ok_or(OutlineEditError::OutOfRange("place"))
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    const AROUND: Surroundings<'_> =
        Surroundings { rows: 48, columns: 48, spacing_mm: [4.0, 4.0], counts: None, lv_probability: None };

    fn disc(column: f64, radius: f64) -> Mask {
        Mask::from_fn(48, 48, |row, at| (row as f64 - 24.0).hypot(at as f64 - column) < radius)
    }

    fn area(outline: &FrameOutline) -> usize {
        outline.mask(48, 48).area()
    }

    #[test]
    fn a_vertex_and_a_nudge_move_what_is_near() {
        let outline = FrameOutline::of_mask(&disc(24.0, 9.0));
        let dragged = OutlineEdit::Vertex { index: 8, to: [36.0, 24.0] }.applied(&outline, &AROUND).unwrap();
        assert!(dragged.mask(48, 48).contains(24, 35) && area(&dragged) > area(&outline));
        let nudge = OutlineEdit::Nudge { from: [33.0, 24.0], to: [36.0, 24.0], radius_mm: 20.0 };
        let nudged = nudge.applied(&outline, &AROUND).unwrap();
        assert!(nudged.mask(48, 48).contains(24, 35));
        // Vertices farther away than the radius keep their places to the last bit.
        let (before, after) = (outline.spline().unwrap(), nudged.spline().unwrap());
        assert_eq!(before.vertices()[24], after.vertices()[24]);
    }

    #[test]
    fn a_stroke_extends_from_inside_and_cuts_from_outside() {
        let outline = FrameOutline::of_mask(&disc(24.0, 9.0));
        let brush = |path: Vec<[f64; 2]>| OutlineEdit::Brush { path, radius_mm: 8.0 }.applied(&outline, &AROUND);
        let wider = brush(vec![[28.0, 24.0], [35.0, 24.0]]).unwrap();
        assert!(wider.mask(48, 48).contains(24, 36));
        let cut = brush(vec![[38.0, 24.0], [30.0, 24.0]]).unwrap();
        assert!(!cut.mask(48, 48).contains(24, 31) && area(&cut) < area(&outline));
        let gone: Vec<[f64; 2]> = (0..48).flat_map(|y| [[0.0, f64::from(y)], [47.0, f64::from(y)]]).collect();
        assert_eq!(brush(gone), Err(OutlineEditError::NothingLeft));
    }

    #[test]
    fn smoothing_keeps_the_area() {
        let outline = FrameOutline::of_mask(&disc(24.0, 11.0));
        let dented = OutlineEdit::Vertex { index: 0, to: [24.0, 18.0] }.applied(&outline, &AROUND).unwrap();
        let smooth = OutlineEdit::Smooth.applied(&dented, &AROUND).unwrap();
        let enclosed = |outline: &FrameOutline| outline.polygon().area();
        assert!((enclosed(&smooth) - enclosed(&dented)).abs() < 1e-6 * enclosed(&dented));
        assert!(smooth != dented);
    }

    #[test]
    fn the_whole_is_moved_scaled_and_turned() {
        let outline = FrameOutline::of_mask(&disc(24.0, 8.0));
        let transform = |shift, scale, degrees| {
            OutlineEdit::Transform { shift, scale, degrees }.applied(&outline, &AROUND).unwrap()
        };
        let moved = transform([5.0, -3.0], 1.0, 0.0).spline().unwrap().centre();
        assert!((moved[0] - 29.0).abs() < 0.1 && (moved[1] - 21.0).abs() < 0.1, "{moved:?}");
        let ratio = transform([0.0, 0.0], 1.5, 0.0).polygon().area() / outline.polygon().area();
        assert!((ratio - 2.25).abs() < 1e-9);
        let turned = transform([0.0, 0.0], 1.0, 90.0).spline().unwrap();
        let top = outline.spline().unwrap().vertices()[0];
        // 12 o'clock, turned clockwise, is 3 o'clock.
        assert!(turned.vertices()[0][0] > 30.0 && (turned.vertices()[0][1] - 24.0).abs() < 0.1, "{top:?}");
    }

    #[test]
    fn a_region_grows_from_a_click_within_the_probability() {
        // A ventricle at 14 and one as hot at 34, joined by a bridge.
        let hot = |row: usize, column: usize| {
            let near = |x: f64| (row as f64 - 24.0).hypot(column as f64 - x) < 8.0;
            near(14.0) || near(34.0) || (row.abs_diff(24) < 3 && (14..34).contains(&column))
        };
        let counts = Array2::from_shape_fn((48, 48), |(row, column)| if hot(row, column) { 90.0_f32 } else { 20.0 });
        let probability = Array2::from_shape_fn((48, 48), |(_, column)| if column < 24 { 0.6_f32 } else { 0.0 });
        let around = Surroundings { counts: Some(counts.view()), lv_probability: Some(probability.view()), ..AROUND };
        let none = FrameOutline::Mask(Mask::empty(48, 48));
        let grow = |x: f64| OutlineEdit::Grow { at: [x, 24.0], level: 0.5 }.applied(&none, &around);
        let region = grow(14.0).unwrap().mask(48, 48);
        assert!(region.contains(24, 12) && region.inside().all(|(_, column)| column < 25));
        assert_eq!(grow(40.0), Err(OutlineEditError::NoRegion));
    }

    #[test]
    fn numbers_that_mean_nothing_are_refused() {
        let outline = FrameOutline::of_mask(&disc(24.0, 8.0));
        let code = |edit: OutlineEdit| edit.applied(&outline, &AROUND).unwrap_err().code();
        assert_eq!(code(OutlineEdit::Vertex { index: VERTICES, to: [1.0, 1.0] }), "no_vertex");
        assert_eq!(code(OutlineEdit::Vertex { index: 0, to: [f64::NAN, 1.0] }), "edit_out_of_range");
        assert_eq!(code(OutlineEdit::Redraw { path: vec![[1.0, 1.0]; MOST_POINTS + 1] }), "too_many_points");
        assert_eq!(code(OutlineEdit::Redraw { path: vec![[1.0, 1.0]; 3] }), "nothing_left");
        assert_eq!(code(OutlineEdit::Transform { shift: [0.0, 0.0], scale: 0.0, degrees: 0.0 }), "edit_out_of_range");
        let empty = FrameOutline::Mask(Mask::empty(48, 48));
        assert_eq!(OutlineEdit::Smooth.applied(&empty, &AROUND), Err(OutlineEditError::NoOutline));
    }
}
