//! `Drawn`: what a rater has drawn on one image, and how it becomes a LabelMe annotation.

use bloodpool_core::outline::{FrameOutline, MOST_POINTS, OutlineEdit, OutlineEditError, Surroundings};
use bloodpool_core::{Contour, Mask};
use bloodpool_dataset::annotations::crossing_sides;
use bloodpool_dataset::rated_images::SIDE;
use bloodpool_dataset::{LabelMeFile, prelabel};
use serde::{Deserialize, Serialize};

/// Label of the shapes, which a consensus takes for the left ventricle.
const LABEL: &str = "LV";
/// Of the points of a curve, so many become one of the LabelMe polygon: 64 points remain, which can be edited by hand there, and lie
/// within 0.05 pixel of the curve of a ventricle with a radius of 40 pixels.
const POINTS_PER_VERTEX: usize = 4;

/// What a rater has drawn on one image. Places are `[x, y]` in pixels of the image whose centres are whole numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Drawn {
    /// A line as it was drawn, closed: its points are those of the LabelMe polygon, to the last bit.
    Line {
        /// The points, on the image.
        points: Vec<[f64; 2]>,
    },
    /// What another tool made of it.
    Outline {
        /// The outline.
        outline: FrameOutline,
    },
}

impl Drawn {
    /// What an edit makes of what was drawn before, if anything was.
    ///
    /// # Errors
    /// [`OutlineEditError`]; nothing without a pixel is ever the result.
    pub(crate) fn edited(
        before: Option<&Self>,
        edit: &OutlineEdit,
        around: &Surroundings<'_>,
    ) -> Result<Self, OutlineEditError> {
        if let OutlineEdit::Redraw { path } = edit {
            return line(path);
        }
        let current = match before {
            None => FrameOutline::Mask(Mask::empty(SIDE, SIDE)),
            Some(Self::Line { points }) => FrameOutline::of_mask(&Contour(points.clone()).rasterised(SIDE, SIDE)),
            Some(Self::Outline { outline }) => outline.clone(),
        };
        Ok(Self::Outline { outline: edit.applied(&current, around)? })
    }

    /// What is shown on the picture.
    pub(crate) fn polygon(&self) -> Vec<[f64; 2]> {
        match self {
            Self::Line { points } => points.clone(),
            Self::Outline { outline } => outline.polygon().0,
        }
    }

    /// The vertices that can be dragged, where there are any.
    pub(crate) fn vertices(&self) -> Option<&[[f64; 2]]> {
        match self {
            Self::Outline { outline: FrameOutline::Spline(spline) } => Some(spline.vertices()),
            _ => None,
        }
    }

    /// The LabelMe annotation. `image_path`: the image as seen from the place of the annotation.
    ///
    /// A line or spline becomes the polygon that was seen, as if it had been drawn with LabelMe; a shape that no spline gives back is
    /// written so that LabelMe fills its pixels.
    pub(crate) fn annotation(&self, image_path: &str) -> LabelMeFile {
        let polygon = |points: Vec<[f64; 2]>| LabelMeFile::new(image_path, SIDE, SIDE, LABEL, vec![points]);
        match self {
            Self::Line { points } => polygon(points.iter().map(|point| point.map(|value| value + 0.5)).collect()),
            Self::Outline { outline: FrameOutline::Mask(mask) } => prelabel(mask, image_path, (SIDE, SIDE), LABEL),
            Self::Outline { outline } => {
                // Thousandths of a pixel: what is computed has no more meaning. LabelMe takes no point beyond the image.
                let on_image = |value: f64| (((value + 0.5) * 1000.0).round() / 1000.0).clamp(0.0, SIDE as f64);
                let curve = outline.polygon().0;
                polygon(curve.into_iter().step_by(POINTS_PER_VERTEX).map(|point| point.map(on_image)).collect())
            }
        }
    }
}

/// A line that is drawn by hand. One that crosses itself, as when its end runs past its beginning, encloses what lies within; LabelMe
/// would leave a hole where it winds twice.
fn line(path: &[[f64; 2]]) -> Result<Drawn, OutlineEditError> {
    if path.len() > MOST_POINTS {
        return Err(OutlineEditError::TooManyPoints);
    }
    if path.len() < 3 {
        return Err(OutlineEditError::OutOfRange("path"));
    }
    if !path.iter().flatten().all(|value| value.is_finite()) {
        return Err(OutlineEditError::OutOfRange("place"));
    }
    let on_image = |value: f64| value.clamp(-0.5, SIDE as f64 - 0.5);
    let points: Vec<[f64; 2]> = path.iter().map(|point| point.map(on_image)).collect();
    let inside = Contour(points.clone()).rasterised(SIDE, SIDE);
    if inside.is_empty() {
        return Err(OutlineEditError::NothingLeft);
    }
    if crossing_sides(&points).is_none() {
        return Ok(Drawn::Line { points });
    }
    Ok(Drawn::Outline { outline: FrameOutline::of_mask(&inside.largest_component().holes_filled()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AROUND: Surroundings<'_> =
        Surroundings { rows: SIDE, columns: SIDE, spacing_mm: [1.6, 1.6], counts: None, lv_probability: None };

    fn round(centre: [f64; 2], radius: f64, turns: f64) -> Vec<[f64; 2]> {
        let steps = 60;
        (0..steps)
            .map(|step| {
                let angle = turns * f64::from(step) / f64::from(steps) * std::f64::consts::TAU;
                [centre[0] + radius * angle.sin() * 1.1, centre[1] - radius * angle.cos()]
            })
            .collect()
    }

    fn drawn(path: Vec<[f64; 2]>) -> Result<Drawn, OutlineEditError> {
        Drawn::edited(None, &OutlineEdit::Redraw { path }, &AROUND)
    }

    #[test]
    fn a_line_is_written_to_the_last_bit() {
        let path = round([120.123_456_789, 131.987_654_321], 30.0, 1.0);
        let file = drawn(path.clone()).unwrap().annotation("x.png");
        let back: Vec<[f64; 2]> = file.shapes[0].points.iter().map(|point| point.map(|value| value - 0.5)).collect();
        assert_eq!((back, file.shapes.len()), (path, 1));
        assert_eq!((file.image_height, file.image_width, file.image_data), (Some(SIDE), Some(SIDE), None));
    }

    #[test]
    fn a_line_that_runs_past_its_beginning_encloses_what_lies_within() {
        let shape = drawn(round([120.0, 130.0], 30.0, 1.15)).unwrap();
        let file = shape.annotation("x.png");
        assert!(crossing_sides(&file.shapes[0].points).is_none(), "{shape:?}");
        let area = file.mask(LABEL).unwrap().area() as f64;
        assert!((area / (1.1 * 900.0 * std::f64::consts::PI) - 1.0).abs() < 0.05, "{area}");
    }

    #[test]
    fn tools_change_what_was_drawn_and_it_stays_on_the_image() {
        let line = drawn(round([230.0, 130.0], 20.0, 1.0)).unwrap();
        let dragged = OutlineEdit::Vertex { index: 8, to: [300.0, 130.0] };
        let shape = Drawn::edited(Some(&line), &dragged, &AROUND).unwrap();
        assert!(line.vertices().is_none() && shape.vertices().is_some());
        let points = &shape.annotation("x.png").shapes[0].points;
        assert!(points.iter().flatten().all(|value| (0.0..=256.0).contains(value)));
        assert!(points.iter().any(|point| point[0] == 256.0) && points.len() == 64);
        assert_eq!(Drawn::edited(None, &OutlineEdit::Smooth, &AROUND), Err(OutlineEditError::NoOutline));
    }

    #[test]
    fn what_is_no_line_is_refused() {
        let code = |path: Vec<[f64; 2]>| drawn(path).unwrap_err().code();
        assert_eq!(code(vec![[1.0, 1.0], [2.0, 2.0]]), "edit_out_of_range");
        assert_eq!(code(vec![[1.0, 1.0], [f64::NAN, 2.0], [3.0, 3.0]]), "edit_out_of_range");
        assert_eq!(code(vec![[1.0, 1.0]; 3]), "nothing_left");
        assert_eq!(code(vec![[1.0, 1.0]; MOST_POINTS + 1]), "too_many_points");
    }
}
