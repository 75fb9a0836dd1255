//! `Placement`: the window of a training view, and how its grid is turned and mirrored.

use std::f64::consts::PI;

use bloodpool_core::{LabelledStudy, Mask, Orientation, View};
use rand::{Rng, RngExt};

use crate::augmentation::Augmentation;
use crate::distortion::Elastic;
use crate::window::{Resampler, Window, pixel_aspect};

/// Smallest and largest window of a part of an image without a heart, in sides of the field.
const PART_OF_FIELD: (f64, f64) = (0.25, 0.8);

/// The window of a training view, and how it is turned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    /// The window before it is turned.
    pub(crate) window: Window,
    /// Whether it is drawn around the LV, as in the refined pass; otherwise it is the whole field.
    pub(crate) close: bool,
    /// How the window's grid is mirrored and turned.
    pub(crate) turn: Orientation,
}

/// What a view of a study is trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supervision {
    /// A heart in the usual view and orientation: outlines, fractions, landmarks and recognition.
    Outlines,
    /// A heart in another view, mirrored or turned: recognition only.
    RecognitionOnly,
    /// No heart: empty outlines.
    NoHeart,
    /// A heart whose outlines are not known: its reference EF alone.
    ReferenceEf,
}

/// What a view of a study is trained on, before it is turned.
pub(crate) fn supervision(sample: &LabelledStudy) -> Supervision {
    if sample.reference.is_some() && sample.masks.iter().all(Mask::is_empty) {
        return Supervision::ReferenceEf;
    }
    let Some(shown) = sample.scene.as_ref().map(|scene| scene.shown) else { return Supervision::Outlines };
    if !shown.heart {
        return Supervision::NoHeart;
    }
    let usual_view = shown.view.is_none_or(|view| view == View::LeftAnteriorOblique);
    if usual_view && shown.orientation.is_none_or(Orientation::is_usual) {
        Supervision::Outlines
    } else {
        Supervision::RecognitionOnly
    }
}

impl Placement {
    /// Draws a placement for a study: the whole field, which may be turned where `turns` is set, or a window around the
    /// LV. A heart without outlines is drawn in the whole field only.
    pub(crate) fn draw(
        sample: &LabelledStudy,
        diastole: usize,
        augmentation: &Augmentation,
        grid: usize,
        turns: bool,
        rng: &mut impl Rng,
    ) -> Self {
        let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        let whole = Window::field(&sample.study, grid);
        let angle = between(-1.0, 1.0) * augmentation.rotation_degrees * PI / 180.0;
        let close = between(0.0, 1.0) >= augmentation.whole_field;
        let (dx, dy, size) = (between(-1.0, 1.0), between(-1.0, 1.0), between(0.0, 1.0));
        let (turned, turn) = (between(0.0, 1.0) < augmentation.turned, between(0.0, Orientation::COUNT as f64));
        let at = |x: f64, y: f64, side: f64, shift: f64| Window {
            x: x + shift * side * dx,
            y: y + shift * side * dy / whole.aspect,
            side,
            angle,
            ..whole
        };
        let usual = Orientation::default();
        match (supervision(sample), centre(sample)) {
            (Supervision::Outlines, Some((x, y))) if close => {
                let unit = (sample.masks[diastole].area().max(1) as f64 * pixel_aspect(&sample.study)).sqrt();
                let Augmentation { smallest_side, largest_side, shift, .. } = *augmentation;
                let factor = smallest_side * (largest_side / smallest_side).powf(size);
                Self { window: at(x, y, (factor * unit).min(whole.side), shift), close, turn: usual }
            }
            (Supervision::NoHeart, _) if close => {
                let side = whole.side * (PART_OF_FIELD.0 + (PART_OF_FIELD.1 - PART_OF_FIELD.0) * size);
                let shift = 0.5 * (whole.side - side) / side; // so that the window stays within the field
                Self { window: at(whole.x, whole.y, side, shift), close, turn: usual }
            }
            _ => {
                let Augmentation { whole_smallest, whole_largest, whole_shift, .. } = *augmentation;
                let side = whole.side * (whole_smallest + (whole_largest - whole_smallest) * size);
                let turn = Orientation::all().nth(turn as usize).filter(|_| turned && turns).unwrap_or(usual);
                Self { window: at(whole.x, whole.y, side, whole_shift), close: false, turn }
            }
        }
    }

    /// From the study's matrix to the view's grid.
    pub(crate) fn resampler(&self, elastic: Option<&Elastic>, rows: usize, columns: usize) -> Resampler {
        let side = self.window.grid as f64;
        Resampler::to_distorted_grid(&self.window, rows, columns, |u, v| {
            let (u, v) = unturned(self.turn, side, u, v);
            elastic.map_or((u, v), |elastic| elastic.at(u, v))
        })
    }

    /// Grid coordinates of a point of the study, x and y with pixel centres at halves; `None` outside the grid.
    pub(crate) fn to_grid(self, x: f64, y: f64) -> Option<[f32; 2]> {
        let side = self.window.grid as f64;
        let (u, v) = self.window.to_grid(x, y);
        let inside = (0.0..side).contains(&u) && (0.0..side).contains(&v);
        let (u, v) = turned(self.turn, side, u, v);
        inside.then_some([u as f32, v as f32])
    }
}

/// The new position of a point of an image of `side` pixels when the image is turned.
fn turned(turn: Orientation, side: f64, u: f64, v: f64) -> (f64, f64) {
    let u = if turn.mirrored { side - u } else { u };
    (0..turn.quarter_turns % 4).fold((u, v), |(u, v), _| (side - v, u))
}

/// The inverse of [`turned`].
fn unturned(turn: Orientation, side: f64, u: f64, v: f64) -> (f64, f64) {
    let (u, v) = (0..turn.quarter_turns % 4).fold((u, v), |(u, v), _| (v, side - u));
    (if turn.mirrored { side - u } else { u }, v)
}

/// The orientation of an image of this orientation after it is turned further.
pub(crate) fn turned_further(before: Orientation, turn: Orientation) -> Orientation {
    // Mirroring after a turn is turning the other way after mirroring.
    let before_turns = if turn.mirrored { 4 - before.quarter_turns % 4 } else { before.quarter_turns % 4 };
    Orientation {
        mirrored: before.mirrored != turn.mirrored,
        quarter_turns: (before_turns + turn.quarter_turns % 4) % 4,
    }
}

/// Centre of the LV over the cycle, study coordinates.
fn centre(sample: &LabelledStudy) -> Option<(f64, f64)> {
    let (mut x, mut y, mut area) = (0.0, 0.0, 0.0);
    for mask in &sample.masks {
        for (row, column) in mask.inside() {
            x += column as f64 + 0.5;
            y += row as f64 + 0.5;
            area += 1.0;
        }
    }
    (area > 0.0).then(|| (x / area, y / area))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_turn_as_pixels_do() {
        for orientation in Orientation::all() {
            for (row, column) in [(0, 0), (1, 4), (3, 2)] {
                let (new_row, new_column) = orientation.applied(6, row, column);
                let (u, v) = turned(orientation, 6.0, column as f64 + 0.5, row as f64 + 0.5);
                assert_eq!((u, v), (new_column as f64 + 0.5, new_row as f64 + 0.5), "{orientation:?}");
                assert_eq!(unturned(orientation, 6.0, u, v), (column as f64 + 0.5, row as f64 + 0.5));
            }
        }
    }

    #[test]
    fn turning_further_is_turning_twice() {
        for first in Orientation::all() {
            for second in Orientation::all() {
                let both = turned_further(first, second);
                for (row, column) in [(0, 0), (0, 1), (2, 4)] {
                    let (once_row, once_column) = first.applied(5, row, column);
                    let twice = second.applied(5, once_row, once_column);
                    assert_eq!(both.applied(5, row, column), twice, "{first:?} then {second:?}");
                }
            }
        }
    }
}
