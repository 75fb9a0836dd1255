//! Distances between the boundaries of two masks, mm: the Hausdorff distance, its 95th percentile, and their mean.

use serde::Serialize;

use crate::AgreementError;
use crate::Element;
use crate::Mask;

/// Distances between the boundaries of two masks, mm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct SurfaceDistance {
    /// The largest distance from a boundary pixel of either mask to the other's boundary, mm.
    pub hausdorff_mm: f64,
    /// The 95th percentile of the distances of both directions pooled, mm (linear between ranks).
    pub hausdorff95_mm: f64,
    /// Mean symmetric distance: the mean of the distances of both directions pooled, mm.
    pub mean_mm: f64,
}

/// Compares the boundaries of two masks of the same matrix, whose pixels lie `[rows, columns]` mm apart.
///
/// The boundary is the mask without its erosion by the cross, so that pixels at the edge of the matrix belong to it.
/// From each boundary pixel of either mask the exact Euclidean distance is taken to the nearest boundary pixel of the
/// other, and the distances of both directions are pooled. These are the definitions of MedPy (`hd`, `hd95`, `assd` of
/// 0.5); MONAI takes the larger of the two directions' percentiles instead of pooling them.
///
/// # Errors
/// [`AgreementError`] when the matrices differ, the spacing is not positive and finite, or a mask is empty: an empty
/// mask has no distance from anything.
pub fn surface_distance(left: &Mask, right: &Mask, spacing_mm: [f64; 2]) -> Result<SurfaceDistance, AgreementError> {
    AgreementError::check_matrices(left, right)?;
    if !spacing_mm.iter().all(|spacing| *spacing > 0.0 && spacing.is_finite()) {
        return Err(AgreementError::Spacing { row_mm: spacing_mm[0], column_mm: spacing_mm[1] });
    }
    let (ours, theirs) = (boundary_mm(left, spacing_mm), boundary_mm(right, spacing_mm));
    for (mask, boundary) in [(1, &ours), (2, &theirs)] {
        if boundary.is_empty() {
            return Err(AgreementError::EmptyMask { mask });
        }
    }
    let mut pooled = [directed_mm(&ours, &theirs), directed_mm(&theirs, &ours)].concat();
    let mean_mm = pooled.iter().sum::<f64>() / pooled.len() as f64;
    pooled.sort_by(f64::total_cmp);
    let found =
        SurfaceDistance { hausdorff_mm: pooled[pooled.len() - 1], hausdorff95_mm: percentile(&pooled, 0.95), mean_mm };
    if found.hausdorff_mm.is_finite() && mean_mm.is_finite() { Ok(found) } else { Err(AgreementError::TooLarge) }
}

/// Centres of the boundary pixels, mm.
fn boundary_mm(mask: &Mask, [row_mm, column_mm]: [f64; 2]) -> Vec<(f64, f64)> {
    let boundary = mask.difference(&mask.eroded(Element::Cross, 1));
    boundary.inside().map(|(row, column)| (row as f64 * row_mm, column as f64 * column_mm)).collect()
}

/// The distance from each point to the nearest of the others, mm.
fn directed_mm(from: &[(f64, f64)], to: &[(f64, f64)]) -> Vec<f64> {
    let nearest = |&(y, x): &(f64, f64)| {
        let squared = to.iter().map(|&(v, u)| (y - v).powi(2) + (x - u).powi(2));
        squared.fold(f64::INFINITY, f64::min).sqrt()
    };
    from.iter().map(nearest).collect()
}

/// The percentile of sorted values, linear between ranks as NumPy has it.
fn percentile(sorted: &[f64], fraction: f64) -> f64 {
    let place = fraction * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ellipse(centre: (f64, f64), axes: (f64, f64)) -> Mask {
        Mask::from_fn(24, 30, |row, column| {
            let (y, x) = ((row as f64 - centre.0) / axes.0, (column as f64 - centre.1) / axes.1);
            y * y + x * x <= 1.0
        })
    }

    #[test]
    fn distances_are_those_of_medpy() {
        // medpy.metric.binary: hd, hd95, assd (a, b, voxelspacing=[4.0, 3.0])  (MedPy 0.5.2). The second ellipse
        // reaches the edge of the matrix.
        let left = ellipse((9.0, 12.0), (5.0, 7.0));
        for (right, [hausdorff, hausdorff95, mean]) in [
            (
                ellipse((10.0, 13.0), (5.0, 6.0)),
                [7.211_102_550_927_978, 7.211_102_550_927_978, 3.504_443_588_426_131_6],
            ),
            (ellipse((20.0, 21.0), (7.0, 5.0)), [48.836_461_788_299_12, 47.952_969_662_571_65, 30.682_347_872_721_316]),
        ] {
            let found = surface_distance(&left, &right, [4.0, 3.0]).unwrap();
            assert!((found.hausdorff_mm - hausdorff).abs() < 1e-10, "{found:?}");
            assert!((found.hausdorff95_mm - hausdorff95).abs() < 1e-10, "{found:?}");
            assert!((found.mean_mm - mean).abs() < 1e-10, "{found:?}");
        }
    }

    #[test]
    fn a_mask_lies_at_no_distance_from_itself() {
        let mask = ellipse((9.0, 12.0), (5.0, 7.0));
        let none = SurfaceDistance { hausdorff_mm: 0.0, hausdorff95_mm: 0.0, mean_mm: 0.0 };
        assert_eq!(surface_distance(&mask, &mask, [4.0, 4.0]), Ok(none));
    }

    #[test]
    fn what_has_no_boundary_is_refused() {
        let (mask, empty) = (ellipse((9.0, 12.0), (5.0, 7.0)), Mask::empty(24, 30));
        assert_eq!(surface_distance(&empty, &mask, [4.0, 4.0]), Err(AgreementError::EmptyMask { mask: 1 }));
        assert_eq!(surface_distance(&mask, &empty, [4.0, 4.0]), Err(AgreementError::EmptyMask { mask: 2 }));
        assert!(matches!(surface_distance(&mask, &mask, [0.0, 4.0]), Err(AgreementError::Spacing { .. })));
        assert!(matches!(surface_distance(&mask, &Mask::empty(3, 3), [4.0, 4.0]), Err(AgreementError::Matrix { .. })));
    }
}
