//! Prelabels: a mask as LabelMe polygons that a person corrects by hand, instead of drawing from nothing.

use bloodpool_core::Mask;
use bloodpool_stats::overlap::overlap;

use crate::labelme::LabelMeFile;
use crate::rasterise::rasterise_polygon;
use crate::run_length::mask_shape;
use crate::shape::Shape;

/// Dice that the polygons keep with the mask, at least, when LabelMe fills them.
pub const LEAST_DICE: f64 = 0.99;
/// Distances by which points may lie off the outline, pixels, tried from the largest on: few points are easier to correct.
const TOLERANCES_PX: [f64; 6] = [1.5, 1.0, 0.75, 0.5, 0.25, 0.0];

/// A mask as a LabelMe annotation of an image of `width` x `height` over the same field of view, one polygon per connected part.
///
/// The image is named by `image_path`, relative to the place of the annotation, and is not embedded. The polygons run through the
/// centres of the outermost pixels, since LabelMe fills a polygon with its rim included, and have as few points as keep a Dice of
/// [`LEAST_DICE`] with the mask on the image. A hole cannot be drawn and is filled. A part that no polygon gives back, because its
/// pixels hang together at corners alone, is a shape of LabelMe's type `mask`. An empty mask gives no shape.
#[must_use]
pub fn prelabel(mask: &Mask, image_path: &str, (width, height): (usize, usize), label: &str) -> LabelMeFile {
    let on_image = if mask.dim() == (height, width) { mask.clone() } else { mask.resampled(height, width) };
    let mut file = LabelMeFile::new(image_path, width, height, label, Vec::new());
    let mut rest = on_image;
    while !rest.is_empty() {
        let part = rest.largest_component();
        rest = rest.difference(&part);
        file.shapes.push(shape(&part.holes_filled(), label));
    }
    file
}

/// A connected mask without holes as a polygon with few points, or pixel by pixel where there is no such polygon.
fn shape(part: &Mask, label: &str) -> Shape {
    let (rows, columns) = part.dim();
    let rim = rim(part);
    let dice = |points: &[[f64; 2]]| {
        let filled = rasterise_polygon(points, rows, columns).ok()?;
        overlap(&filled, part).ok().map(|overlap| overlap.dice)
    };
    let polygon = TOLERANCES_PX
        .into_iter()
        .map(|tolerance| simplified(&rim, tolerance))
        .find(|points| dice(points).is_some_and(|dice| dice >= LEAST_DICE));
    match polygon {
        Some(points) => Shape::polygon(label, points),
        None => mask_shape(label, part, (0, 0)).ok().flatten().unwrap_or_else(|| Shape::polygon(label, rim)),
    }
}

/// The closed line through the centres of the outermost pixels, in LabelMe's coordinates; at least three points.
fn rim(part: &Mask) -> Vec<[f64; 2]> {
    // Corners of pixel edges, clockwise as displayed, so that the inside is to the right of each step.
    let corners = part.contour().0;
    let count = corners.len();
    let mut points: Vec<[f64; 2]> = (0..count)
        .map(|index| {
            let (before, at, after) =
                (corners[(index + count - 1) % count], corners[index], corners[(index + 1) % count]);
            let right = |from: [f64; 2], to: [f64; 2]| [-sign(to[1] - from[1]), sign(to[0] - from[0])];
            let (first, second) = (right(before, at), right(at, after));
            // Half a pixel inwards to the centre, and half a pixel from the contour's coordinates to LabelMe's.
            [at[0] + 0.5 * (first[0] + second[0]) + 0.5, at[1] + 0.5 * (first[1] + second[1]) + 0.5]
        })
        .collect();
    points.dedup();
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    while !points.is_empty() && points.len() < 3 {
        points.push(points[points.len() - 1]);
    }
    points
}

/// -1, 0 or 1.
fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

/// A closed line with the points left out that lie within `tolerance` of the line through the others (Ramer 1972, Douglas and
/// Peucker 1973), from the two points that are farthest from each other's side on.
fn simplified(points: &[[f64; 2]], tolerance: f64) -> Vec<[f64; 2]> {
    if points.len() <= 4 || tolerance <= 0.0 {
        return points.to_vec();
    }
    let far =
        farthest(points, |point| (point[0] - points[0][0]).hypot(point[1] - points[0][1])).map_or(0, |(at, _)| at);
    let closed: Vec<[f64; 2]> = points.iter().copied().chain(points.first().copied()).collect();
    let mut kept = vec![false; closed.len()];
    (kept[0], kept[far]) = (true, true);
    let mut open = vec![(0, far), (far, closed.len() - 1)];
    while let Some((from, to)) = open.pop() {
        if to <= from + 1 {
            continue;
        }
        let between = &closed[from + 1..to];
        if let Some((at, distance)) = farthest(between, |point| off_line(point, closed[from], closed[to]))
            && distance > tolerance
        {
            let at = from + 1 + at;
            kept[at] = true;
            open.extend([(from, at), (at, to)]);
        }
    }
    closed.iter().zip(&kept).take(points.len()).filter(|(_, kept)| **kept).map(|(point, _)| *point).collect()
}

/// The first point that is farthest by this measure, and how far.
fn farthest(points: &[[f64; 2]], measure: impl Fn([f64; 2]) -> f64) -> Option<(usize, f64)> {
    points
        .iter()
        .map(|&point| measure(point))
        .enumerate()
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// Distance of a point from the line between two others, or from the first where they are one.
fn off_line(point: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy);
    let (px, py) = (point[0] - from[0], point[1] - from[1]);
    if length > 0.0 { (px * dy - py * dx).abs() / length } else { px.hypot(py) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ellipse(rows: usize, columns: usize, centre: (f64, f64), radii: (f64, f64)) -> Mask {
        Mask::from_fn(rows, columns, |row, column| {
            ((row as f64 - centre.0) / radii.0).powi(2) + ((column as f64 - centre.1) / radii.1).powi(2) <= 1.0
        })
    }

    fn dice(file: &LabelMeFile, mask: &Mask) -> f64 {
        overlap(&file.mask("LV").unwrap(), mask).unwrap().dice
    }

    #[test]
    fn an_ellipse_comes_back_with_few_points() {
        let mask = ellipse(256, 256, (120.0, 150.0), (35.0, 24.0));
        let file = prelabel(&mask, "../images/a-ed.png", (256, 256), "LV");
        assert_eq!(
            (file.shapes.len(), file.image_data.as_ref(), file.image_path.as_str()),
            (1, None, "../images/a-ed.png")
        );
        assert!(dice(&file, &mask) >= LEAST_DICE);
        let points = file.shapes[0].points.len();
        assert!((8..=40).contains(&points), "{points} points");
    }

    #[test]
    fn every_part_is_a_shape_and_holes_are_filled() {
        let mut mask = ellipse(64, 64, (20.0, 20.0), (9.0, 7.0));
        mask.insert_all(&ellipse(64, 64, (50.0, 50.0), (0.4, 0.4)));
        let whole = mask.clone();
        mask.set((20, 20), false);
        let file = prelabel(&mask, "a.png", (64, 64), "LV");
        assert_eq!(file.shapes.len(), 2);
        assert!(file.mask("LV").unwrap().contains(50, 50) && dice(&file, &whole) >= LEAST_DICE);
    }

    #[test]
    fn the_outline_through_pixel_centres_gives_the_mask_back() {
        // A step: rows 2 to 4 of columns 1 to 3, and row 4 as far as column 6.
        let mask = Mask::from_fn(8, 9, |row, column| {
            (2..5).contains(&row) && (1..4).contains(&column) || row == 4 && (1..7).contains(&column)
        });
        assert_eq!(rasterise_polygon(&rim(&mask), 8, 9).unwrap(), mask);
    }

    #[test]
    fn a_mask_of_the_study_is_drawn_on_the_larger_image() {
        let mask = ellipse(64, 64, (30.0, 40.0), (8.0, 6.0));
        let file = prelabel(&mask, "a.png", (256, 256), "LV");
        assert_eq!((file.image_height, file.image_width), (Some(256), Some(256)));
        assert!(dice(&file, &mask.resampled(256, 256)) >= LEAST_DICE);
        assert!(prelabel(&Mask::empty(8, 8), "a.png", (256, 256), "LV").shapes.is_empty());
    }

    proptest! {
        #[test]
        fn any_mask_comes_back(pixels in proptest::collection::vec(any::<bool>(), 20 * 17)) {
            let mask = Mask::from_fn(17, 20, |row, column| pixels[row * 20 + column]);
            let file = prelabel(&mask, "a.png", (20, 17), "LV");
            let mut expected = Mask::empty(17, 20);
            let mut rest = mask;
            while !rest.is_empty() {
                let part = rest.largest_component();
                rest = rest.difference(&part);
                expected.insert_all(&part.holes_filled());
            }
            prop_assert!(dice(&file, &expected) >= LEAST_DICE, "{}", dice(&file, &expected));
        }
    }
}
