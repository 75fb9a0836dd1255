//! Markers: the pixels that surely belong to the LV, to another chamber or to the surroundings, from which regions grow.

use ndarray::Array2;

use super::location::Location;
use super::prepared::Prepared;
use super::seeded_growth::{FREE, VENTRICLE};
use crate::Mask;

/// The right ventricle.
const OTHER_VENTRICLE: u8 = 2;
/// Atria and great vessels.
const ATRIA: u8 = 3;
/// The first sector of the surroundings.
const SURROUNDINGS: u8 = 4;
/// Number of sectors of the surroundings: lung, liver and spleen lie on different sides of the LV, and each has its own mean.
pub(super) const SECTORS: u8 = 12;

/// How far markers reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Radius of the marker in the middle of the LV, mm: less than that of most hearts at ES.
    pub core_mm: f64,
    /// Distance from the LV's region at which the surroundings begin, mm: the region is within a pixel or two of the ED outline,
    /// and blur reaches as far again.
    pub surroundings_mm: f64,
}

impl Default for Reach {
    fn default() -> Self {
        Self { core_mm: 9.0, surroundings_mm: 8.0 }
    }
}

/// The markers of every frame, `[row, column]`: the LV's in the middle of its region.
pub(super) fn markers(prepared: &Prepared, location: &Location, reach: Reach) -> Array2<u8> {
    let near = location.region.dilated_mm(reach.surroundings_mm, prepared.spacing_mm);
    let mut markers = Array2::from_shape_fn(prepared.dim(), |(row, column)| {
        if prepared.distance_mm((row as f64, column as f64), location.centre) <= reach.core_mm {
            VENTRICLE
        } else if location.region.contains(row, column) {
            // The LV's own region is open to all who compete for it.
            FREE
        } else if location.other_ventricle.contains(row, column) {
            OTHER_VENTRICLE
        } else if location.atria.contains(row, column) {
            ATRIA
        } else if near.contains(row, column) {
            FREE
        } else {
            SURROUNDINGS + sector((row, column), location.centre)
        }
    });
    markers[location.seed] = VENTRICLE;
    markers
}

/// The sector, from 0, in which a pixel lies as seen from a centre.
pub(super) fn sector((row, column): (usize, usize), centre: (f64, f64)) -> u8 {
    let turn = (row as f64 - centre.0).atan2(column as f64 - centre.1) / std::f64::consts::TAU + 0.5;
    ((turn * f64::from(SECTORS)) as u8).min(SECTORS - 1)
}

/// The one connected region with its holes filled that holds the LV's label.
pub(super) fn ventricle(labels: &Array2<u8>) -> Mask {
    Mask::new(labels.mapv(|label| label == VENTRICLE)).largest_component().holes_filled()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_go_once_round() {
        let seen: Vec<u8> = [(0, 0), (0, 10), (10, 20), (20, 10), (20, 0)].map(|at| sector(at, (10.0, 10.0))).to_vec();
        assert_eq!(seen, [1, 3, 6, 9, 10]);
        assert_eq!(sector((10, 0), (10.0, 10.0)), SECTORS - 1);
    }
}
