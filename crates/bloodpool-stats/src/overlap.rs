//! Overlap of two masks: Dice coefficient, intersection over union, pixel accuracy.

use serde::Serialize;

use crate::AgreementError;
use crate::Mask;

/// Overlap of two masks, each measure from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Overlap {
    /// 2 |A and B| / (|A| + |B|).
    pub dice: f64,
    /// |A and B| / |A or B|, of the LV alone.
    pub iou: f64,
    /// Mean of the IoU of the LV and the IoU of the background.
    pub mean_iou: f64,
    /// Fraction of all pixels that are inside both or outside both.
    pub pixel_accuracy: f64,
}

/// Compares two masks of the same matrix. Two empty masks agree exactly: Dice and IoU are 1, and so is the
/// IoU of a background that neither has.
///
/// # Errors
/// [`AgreementError`] when the matrices differ or have no pixels.
pub fn overlap(left: &Mask, right: &Mask) -> Result<Overlap, AgreementError> {
    AgreementError::check_matrices(left, right)?;
    let pixels = left.pixels().len();
    if pixels == 0 {
        return Err(AgreementError::NoPixels);
    }
    let both = left.pixels().iter().zip(right.pixels()).filter(|&(&a, &b)| a && b).count();
    let (a, b) = (left.area(), right.area());
    let either = a + b - both;
    let ratio = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    let iou = ratio(both, either);
    Ok(Overlap {
        dice: ratio(2 * both, a + b),
        iou,
        mean_iou: iou.midpoint(ratio(pixels - either, pixels - both)),
        pixel_accuracy: ratio(pixels - (either - both), pixels),
    })
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
    fn two_ellipses_overlap_as_scipy_has_it() {
        // 1 - dice(p, q), 1 - jaccard(p, q), 1 - hamming(p, q) of scipy.spatial.distance, masks ravelled
        let overlap = overlap(&ellipse((9.0, 12.0), (5.0, 7.0)), &ellipse((10.0, 13.0), (5.0, 6.0))).unwrap();
        assert!((overlap.dice - 0.81).abs() < 1e-12);
        assert!((overlap.iou - 0.680_672_268_907_563).abs() < 1e-12);
        // sklearn.metrics.jaccard_score(p, q, average='macro')  (scikit-learn 1.9.1)
        assert!((overlap.mean_iou - 0.810_602_175_142_357_4).abs() < 1e-12);
        assert!((overlap.pixel_accuracy - 0.947_222_222_222_222_2).abs() < 1e-12);
    }

    #[test]
    fn the_ends_of_the_scale() {
        let (none, all) = (Mask::empty(4, 4), Mask::from_fn(4, 4, |_, _| true));
        assert_eq!(overlap(&none, &none), Ok(Overlap { dice: 1.0, iou: 1.0, mean_iou: 1.0, pixel_accuracy: 1.0 }));
        assert_eq!(overlap(&none, &all), Ok(Overlap { dice: 0.0, iou: 0.0, mean_iou: 0.0, pixel_accuracy: 0.0 }));
        assert_eq!(overlap(&all, &all), Ok(Overlap { dice: 1.0, iou: 1.0, mean_iou: 1.0, pixel_accuracy: 1.0 }));
    }

    #[test]
    fn masks_that_do_not_fit_are_refused() {
        assert!(matches!(overlap(&Mask::empty(4, 4), &Mask::empty(4, 5)), Err(AgreementError::Matrix { .. })));
        assert_eq!(overlap(&Mask::empty(0, 0), &Mask::empty(0, 0)), Err(AgreementError::NoPixels));
    }
}
