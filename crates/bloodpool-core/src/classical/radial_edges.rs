//! `RadialEdges`: edges on rays from the middle of the LV, where the second derivative is largest within limits on counts.

use std::f64::consts::TAU;

use ndarray::Array2;

use super::location::Location;
use super::prepared::{Prepared, Smoothing};
use super::{named, of_masks, without_ventricle};
use crate::measure::curve::Harmonics;
use crate::{Contour, GatedStudy, Mask, ModelIdentity, Segmentation, SegmentationError, Segmenter};
use bloodpool_stats::spread::median;

/// Threshold with second-derivative edges (Chang, Henkin, Hale and Hall, Methods for detection of left ventricular edges, Semin
/// Nucl Med 1980;10:39).
///
/// From the middle of the LV a ray goes out in every direction, until counts rise again. The edge is at the foot of the fall-off,
/// where the second derivative is largest, and only where counts lie between two thresholds, each a part of the way from the
/// lowest to the highest counts of the ray; a ray without such a place has its edge half-way. (Where the second derivative changes
/// its sign, counts fall off most steeply: that is inside the silhouette of a rounded body.) The radii are made even by a running
/// median and a few harmonics of the angle, and joined. The middle is found anew from the outline of the first frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RadialEdges {
    /// How frames are smoothed.
    pub smoothing: Smoothing,
    /// Lower and upper threshold, 0 to 1.
    pub thresholds: [f64; 2],
    /// How far a ray goes, mm.
    pub longest_mm: f64,
    /// Number of times that the middle is found anew, at most 16.
    pub recentred: usize,
}

impl Default for RadialEdges {
    fn default() -> Self {
        Self { smoothing: Smoothing::default(), thresholds: [0.02, 0.6], longest_mm: 60.0, recentred: 2 }
    }
}

/// Number of rays.
const RAYS: usize = 64;
/// Length of a step along a ray, mm.
const STEP_MM: f64 = 1.0;
/// Most steps of a ray.
const MOST_STEPS: f64 = 1000.0;
/// The fullest place of a ray lies within this distance of the middle, mm: farther away begins another chamber.
const FULLEST_WITHIN_MM: f64 = 20.0;
/// Counts rise again where they exceed the lowest ones before by this fraction of the fullest place.
const RISE: f64 = 0.05;
/// Number of neighbouring rays on either side that a radius is the median of.
const MEDIAN_REACH: usize = 5;
/// Harmonics of the angle that an outline has.
const OUTLINE_HARMONICS: usize = 4;
/// A radius differs from the median of all by this factor at most: a slender ventricle is three times as long as wide.
const MOST_UNEVEN: f64 = 1.6;

impl Segmenter for RadialEdges {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let Some(prepared) = Prepared::new(study, &self.smoothing) else { return Ok(without_ventricle(study)) };
        let Some(location) = Location::find(&prepared) else { return Ok(without_ventricle(study)) };
        let mut centre = location.centre;
        for _ in 0..self.recentred.min(16) {
            let first = prepared.frames.first().map(|image| self.outline(image, centre, prepared.spacing_mm));
            centre = first.and_then(|mask| mask.centroid()).unwrap_or(centre);
        }
        let masks = prepared.frames.iter().map(|image| self.outline(image, centre, prepared.spacing_mm));
        Ok(of_masks(masks.collect()))
    }

    fn identity(&self) -> ModelIdentity {
        named("classical radial edges")
    }
}

impl RadialEdges {
    /// The LV of a frame, seen from a centre `(row, column)`.
    fn outline(&self, image: &Array2<f64>, centre: (f64, f64), spacing_mm: [f64; 2]) -> Mask {
        let (rows, columns) = image.dim();
        let direction = |ray: usize| (ray as f64 / RAYS as f64 * TAU).sin_cos();
        let found: Vec<Option<f64>> =
            (0..RAYS).map(|ray| self.edge_mm(image, centre, direction(ray), spacing_mm)).collect();
        let Some(usual) = median(&found.iter().copied().flatten().collect::<Vec<_>>()) else {
            return Mask::empty(rows, columns);
        };
        let within = |radius: f64| radius.clamp(usual / MOST_UNEVEN, usual * MOST_UNEVEN);
        let radii: Vec<f64> = found.into_iter().map(|radius| within(radius.unwrap_or(usual))).collect();
        let points = even(&radii).into_iter().enumerate().map(|(ray, radius)| {
            let (sine, cosine) = direction(ray);
            [centre.1 + radius * cosine / spacing_mm[1], centre.0 + radius * sine / spacing_mm[0]]
        });
        Contour(points.collect()).rasterised(rows, columns).largest_component()
    }

    /// The distance of the edge from the centre along a ray, mm; `None` where counts do not fall off.
    fn edge_mm(
        &self,
        image: &Array2<f64>,
        centre: (f64, f64),
        (sine, cosine): (f64, f64),
        spacing_mm: [f64; 2],
    ) -> Option<f64> {
        let steps = (self.longest_mm / STEP_MM).clamp(0.0, MOST_STEPS) as usize;
        let profile: Vec<f64> = (0..steps)
            .map(|step| {
                let radius = step as f64 * STEP_MM;
                interpolated(
                    image,
                    (centre.0 + radius * sine / spacing_mm[0], centre.1 + radius * cosine / spacing_mm[1]),
                )
            })
            .collect();
        let near = profile.len().min((FULLEST_WITHIN_MM / STEP_MM) as usize);
        let highest = index_of(&profile[..near], |new, best| new > best)?;
        let falling = &profile[highest..];
        let mut least = falling[0];
        let rising = falling.iter().position(|&value| {
            least = least.min(value);
            value > least + RISE * falling[0]
        });
        let falling = &falling[..rising.unwrap_or(falling.len())];
        let lowest = index_of(falling, |new, best| new < best)?;
        let (top, bottom) = (falling[0], falling[lowest]);
        if lowest < 3 || top <= bottom {
            return None;
        }
        let height = |value: f64| (value - bottom) / (top - bottom);
        let foot = (1..lowest)
            .filter(|&k| (self.thresholds[0]..=self.thresholds[1]).contains(&height(falling[k])))
            .map(|k| (k, falling[k - 1] - 2.0 * falling[k] + falling[k + 1]))
            .reduce(|best, next| if next.1 > best.1 { next } else { best });
        let half_way = || falling.iter().position(|&value| height(value) < 0.5).unwrap_or(lowest);
        Some((highest + foot.map_or_else(half_way, |(k, _)| k)) as f64 * STEP_MM)
    }
}

/// Radii round the circle made even: the median of neighbours, then a few harmonics.
fn even(radii: &[f64]) -> Vec<f64> {
    let rays = radii.len();
    let medians: Vec<f64> = (0..rays)
        .map(|ray| {
            let near: Vec<f64> =
                (0..=2 * MEDIAN_REACH).map(|k| radii[(ray + rays * MEDIAN_REACH + k - MEDIAN_REACH) % rays]).collect();
            median(&near).unwrap_or(radii[ray])
        })
        .collect();
    Harmonics::fit(&medians, &vec![1.0; rays], OUTLINE_HARMONICS).map_or(medians, |fit| fit.curve(rays))
}

/// Index of the best value by this comparison, the first of equals.
fn index_of(values: &[f64], better: impl Fn(f64, f64) -> bool) -> Option<usize> {
    (0..values.len()).reduce(|best, next| if better(values[next], values[best]) { next } else { best })
}

/// Bilinear between pixel centres, held at the edges.
fn interpolated(image: &Array2<f64>, (row, column): (f64, f64)) -> f64 {
    let (rows, columns) = image.dim();
    let part = |at: f64, side: usize| {
        let at = at.clamp(0.0, (side - 1) as f64);
        let low = (at as usize).min(side.saturating_sub(2));
        (low, (low + 1).min(side - 1), at - low as f64)
    };
    let ((top, bottom, down), (left, right, across)) = (part(row, rows), part(column, columns));
    let between = |row: usize| image[[row, left]] * (1.0 - across) + image[[row, right]] * across;
    between(top) * (1.0 - down) + between(bottom) * down
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_between_pixels_is_that_of_the_plane() {
        let plane = Array2::from_shape_fn((5, 6), |(row, column)| 3.0 * row as f64 - 2.0 * column as f64);
        assert!((interpolated(&plane, (1.25, 3.5)) - (3.75 - 7.0)).abs() < 1e-12);
        assert_eq!(interpolated(&plane, (-4.0, 99.0)), -10.0);
    }

    #[test]
    fn the_edge_of_a_fall_off_is_its_foot() {
        // A logistic fall of scale 0.8 pixels at 10 pixels of 2 mm. Its second derivative is largest where the fall is at
        // 1 / (3 + sqrt(3)) = 21 % of its height, ln(2 + sqrt(3)) scales outwards: 11.05 pixels, 22.1 mm.
        let fall = Array2::from_shape_fn((60, 60), |(row, column)| {
            let off = (row as f64 - 30.0).hypot(column as f64 - 30.0);
            10.0 + 90.0 / (1.0 + ((off - 10.0) / 0.8).exp())
        });
        for ray in 0..8 {
            let direction = (f64::from(ray) * TAU / 8.0).sin_cos();
            let edge = RadialEdges::default().edge_mm(&fall, (30.0, 30.0), direction, [2.0, 2.0]).unwrap();
            assert!((edge - 22.1).abs() <= 2.0, "ray {ray}: {edge} mm");
        }
        let flat = Array2::from_elem((60, 60), 7.0);
        assert_eq!(RadialEdges::default().edge_mm(&flat, (30.0, 30.0), (0.0, 1.0), [2.0, 2.0]), None);
    }

    #[test]
    fn one_radius_that_is_far_off_does_not_count() {
        let mut radii = vec![20.0; RAYS];
        radii[7] = 60.0;
        assert!(even(&radii).iter().all(|radius| (radius - 20.0).abs() < 1e-9));
    }
}
