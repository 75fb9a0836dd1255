//! `Location`: where the LV is, from amplitude and phase angle of the first harmonic.
//!
//! Ventricles empty together and half a cycle before the atria (Adam et al., Equilibrium (gated) radionuclide ventriculography,
//! Cardiovasc Radiol 1979;2:161). In the LAO view as displayed the LV lies to the image's right of the RV.

use std::f64::consts::TAU;

use ndarray::{Array2, Zip};

use super::prepared::Prepared;
use crate::Mask;
use crate::measure::smoothing::Gaussian;

/// Phase angles at which ventricles are lowest, degrees: the 20 to 60 % of the cycle in which ES is looked for everywhere.
const VENTRICULAR_DEGREES: [f64; 2] = [72.0, 216.0];
/// Half the side of the part of the field in which the LV is looked for, as a fraction of the side.
const CENTRAL_REACH: f64 = 0.38;
/// SD of the Gaussian of the beat, mm, after which each ventricle has one maximum: a third of the width of a small one.
const BLOB_SMOOTHING_MM: f64 = 12.0;
/// The LV is the rightmost maximum with at least this fraction of the largest one's height; a dilated LV beats less than its RV.
const RIGHTMOST_FROM: f64 = 0.4;
/// The LV's region reaches to this fraction of its maximum.
const REGION_FROM: f64 = 0.25;
/// The other ventricle is what has at least this fraction of the LV's maximum.
const OTHER_FROM: f64 = 0.5;
/// SD of the Gaussian of what fills while ventricles empty, mm: atria are smaller than ventricles.
const ATRIA_SMOOTHING_MM: f64 = 7.0;
/// Atria fill with at least this fraction of the amplitude with which the LV empties.
const ATRIA_FROM: f64 = 0.5;

/// Where the LV is.
#[derive(Debug, Clone)]
pub struct Location {
    /// Pixel `(row, column)` of the LV where counts and beat are largest.
    pub seed: (usize, usize),
    /// Centre of the LV's region, `(row, column)`.
    pub centre: (f64, f64),
    /// The LV's region by counts and beat: about its outline at ED.
    pub region: Mask,
    /// What else empties with the LV: the right ventricle.
    pub other_ventricle: Mask,
    /// What fills while the LV empties: atria and great vessels.
    pub atria: Mask,
}

impl Location {
    /// Finds the LV. `None` where nothing in the middle of the field empties in systole.
    ///
    /// A dilated LV beats at its rim alone, so that its beat is smoothed and multiplied by the mean counts: its middle is full.
    /// The steepest way up leads from each pixel to one maximum of this product, and the rightmost high one is the LV's.
    #[must_use]
    pub fn find(prepared: &Prepared) -> Option<Self> {
        let emptying = emptying(prepared)?;
        let (rows, columns) = emptying.dim();
        let gaussian = |sd_mm| Gaussian::new(sd_mm, prepared.spacing_mm, (rows, columns));
        let beat = gaussian(BLOB_SMOOTHING_MM).apply(&emptying);
        let blobs = Zip::from(&beat).and(&prepared.mean).map_collect(|beat, mean| beat.max(0.0) * mean);
        let tops = tops(&blobs);
        let mut maxima: Vec<(usize, usize)> = tops.iter().copied().filter(|&at| central(at, (rows, columns))).collect();
        maxima.sort_unstable();
        maxima.dedup();
        let highest = maxima.iter().map(|&at| blobs[at]).fold(0.0, f64::max);
        if highest <= 0.0 {
            return None;
        }
        let seed = maxima.into_iter().filter(|&at| blobs[at] >= RIGHTMOST_FROM * highest).max_by_key(|at| at.1)?;
        let own = Mask::from_fn(rows, columns, |row, column| {
            tops[[row, column]] == seed && blobs[[row, column]] >= REGION_FROM * blobs[seed]
        });
        let region = own.largest_component().holes_filled();
        let other_ventricle = Mask::from_fn(rows, columns, |row, column| {
            let top = tops[[row, column]];
            top.1 < seed.1 && blobs[[row, column]] >= OTHER_FROM * blobs[seed]
        });
        let narrow = gaussian(ATRIA_SMOOTHING_MM).apply(&emptying);
        let atria = Mask::from_fn(rows, columns, |row, column| {
            narrow[[row, column]] < 0.0 && -narrow[[row, column]] >= ATRIA_FROM * narrow[seed]
        });
        let centre = region.centroid().unwrap_or((seed.0 as f64, seed.1 as f64));
        Some(Self { seed, centre, region, other_ventricle, atria })
    }
}

/// Amplitude of the part of each pixel's beat that empties with the ventricles; negative in what fills meanwhile.
fn emptying(prepared: &Prepared) -> Option<Array2<f64>> {
    let dim = prepared.dim();
    let (mut cosine, mut sine) = (0.0, 0.0);
    for ((at, &amplitude), &phase) in prepared.amplitude.indexed_iter().zip(&prepared.phase_degrees) {
        if central(at, dim) && (VENTRICULAR_DEGREES[0]..=VENTRICULAR_DEGREES[1]).contains(&phase) {
            let (s, c) = phase.to_radians().sin_cos();
            // The square favours what beats over the noise of the many pixels that do not.
            cosine += amplitude * amplitude * c;
            sine += amplitude * amplitude * s;
        }
    }
    if cosine == 0.0 && sine == 0.0 {
        return None;
    }
    let ventricular = sine.atan2(cosine).rem_euclid(TAU);
    Some(
        Zip::from(&prepared.amplitude)
            .and(&prepared.phase_degrees)
            .map_collect(|amplitude, phase| amplitude * (phase.to_radians() - ventricular).cos()),
    )
}

/// Whether a pixel lies in the middle of the field.
fn central((row, column): (usize, usize), (rows, columns): (usize, usize)) -> bool {
    let off = |at: usize, side: usize| ((at as f64 + 0.5) / side as f64 - 0.5).abs();
    off(row, rows) <= CENTRAL_REACH && off(column, columns) <= CENTRAL_REACH
}

/// The maximum that the steepest way up from each pixel leads to.
fn tops(image: &Array2<f64>) -> Array2<(usize, usize)> {
    let (rows, columns) = image.dim();
    let up = Array2::from_shape_fn((rows, columns), |(row, column)| {
        let near = (row.saturating_sub(1)..(row + 2).min(rows))
            .flat_map(|r| (column.saturating_sub(1)..(column + 2).min(columns)).map(move |c| (r, c)));
        // Of equals the pixel itself, so that a way up ends.
        near.fold((row, column), |best, at| if image[at] > image[best] { at } else { best })
    });
    up.map(|&next| {
        let mut at = next;
        while up[at] != at {
            at = up[at];
        }
        at
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classical::Smoothing;
    use crate::synthetic::{Beat, beating, outlined};

    #[test]
    fn the_seed_lies_in_the_ventricle_and_the_atrium_is_told_from_it() {
        let beat = Beat::default();
        let prepared = Prepared::new(&beating(&beat), &Smoothing::default()).unwrap();
        let found = Location::find(&prepared).unwrap();
        let truth = &outlined(&beat).masks[0];
        assert!(truth.contains(found.seed.0, found.seed.1), "{:?}", found.seed);
        // The synthetic heart has its atrium at row 20, column 30, with a radius of 4 to 5.8 pixels: its rim fills while the LV empties.
        assert!(emptying(&prepared).unwrap()[[15, 30]] < 0.0);
        assert!(!found.region.contains(20, 30));
    }

    #[test]
    fn a_picture_that_does_not_beat_has_no_ventricle() {
        let study = crate::GatedStudy::new(ndarray::Array3::from_elem((16, 64, 64), 5.0), None).unwrap();
        let prepared = Prepared::new(&study, &Smoothing::default()).unwrap();
        // Rounding leaves amplitudes of 1e-15; whatever is found in them is a region of the matrix.
        if let Some(found) = Location::find(&prepared) {
            assert_eq!(found.region.dim(), (64, 64));
        }
    }

    #[test]
    fn each_pixel_belongs_to_the_maximum_above_it() {
        let image = Array2::from_shape_fn((5, 11), |(_, column)| {
            [0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 0.0][column]
        });
        let tops = tops(&image);
        assert_eq!((tops[[2, 0]].1, tops[[2, 3]].1, tops[[2, 5]].1, tops[[2, 10]].1), (2, 2, 7, 7));
    }
}
