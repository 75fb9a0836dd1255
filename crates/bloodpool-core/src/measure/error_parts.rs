//! The difference in LVEF between two readers of the same frames, shared out between ED ROI, ES ROI and background.

use serde::Serialize;

use crate::AnalysisError;
use crate::measure::drawn_rois::{DrawnMeasurement, DrawnPhase};
use crate::measure::ejection_fraction::ejection_fraction_percent;

/// The number of parts.
const PARTS: usize = 3;

/// A difference in LVEF and what it comes from, EF points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct ErrorParts {
    /// Measured LVEF - reference LVEF; the sum of the parts.
    pub total_points: f64,
    /// The part of the ED ROI.
    pub end_diastole_roi_points: f64,
    /// The part of the ES ROI, as far as counts and pixels in it go; where it places the background is of the background.
    pub end_systole_roi_points: f64,
    /// The part of the background level.
    pub background_points: f64,
}

/// Shares measured - reference LVEF out between the ED ROI, the ES ROI and the background level.
///
/// Each part's share is its Shapley value (Shapley, Contributions to the Theory of Games II, 1953;307): the change of
/// LVEF when it goes over from the reference's to the measured, averaged over all orders in which the three can do so.
/// The shares add up to the whole difference, whichever part is named first, and a part in which both agree has none.
/// Every mixture is computed by Eq. 6 of Oh et al. 2022 from the gross counts and areas of the ROIs and the levels.
///
/// # Errors
/// [`AnalysisError`] when both are not of the same frames and grid, or a mixture has no net counts at ED.
pub fn error_parts(measured: &DrawnMeasurement, reference: &DrawnMeasurement) -> Result<ErrorParts, AnalysisError> {
    let place = |of: &DrawnMeasurement| (of.end_diastole.frame, of.end_systole.frame, of.grid);
    if place(measured) != place(reference) {
        return Err(AnalysisError::DifferentFrames);
    }
    // LVEF of every mixture; bit n of its index: part n is the measured one's.
    let mut lvef = [0.0; 1 << PARTS];
    for (mixture, lvef) in lvef.iter_mut().enumerate() {
        let from = |part: usize| if mixture >> part & 1 == 1 { measured } else { reference };
        let net = |roi: &DrawnPhase, level: f64| roi.gross_counts - roi.area_px as f64 * level;
        let (ed, es, background) = (&from(0).end_diastole, &from(1).end_systole, from(2));
        let ed_net = net(ed, background.end_diastole.background_per_pixel);
        let es_net = net(es, background.end_systole.background_per_pixel);
        *lvef = ejection_fraction_percent(ed_net, es_net, ed.gross_counts)?;
    }
    let [end_diastole_roi_points, end_systole_roi_points, background_points] = shapley(&lvef);
    Ok(ErrorParts {
        total_points: lvef[lvef.len() - 1] - lvef[0],
        end_diastole_roi_points,
        end_systole_roi_points,
        background_points,
    })
}

/// The Shapley values of three parts from the worth of every set of them (bit n of the index: part n is in it).
fn shapley(worth: &[f64; 1 << PARTS]) -> [f64; PARTS] {
    let mut values = [0.0; PARTS];
    for (part, value) in values.iter_mut().enumerate() {
        let own = 1 << part;
        for others in (0..worth.len()).filter(|set| set & own == 0) {
            // Of the six orders of three, two begin with a part, two end with it, and one has each of the others first.
            let orders = if others.count_ones() == 1 { 1.0 } else { 2.0 };
            *value += orders * (worth[others | own] - worth[others]) / 6.0;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mask;
    use proptest::prelude::*;

    fn phase(frame: usize, area_px: usize, gross_counts: f64, background_per_pixel: f64) -> DrawnPhase {
        let net_counts = gross_counts - area_px as f64 * background_per_pixel;
        DrawnPhase { frame, area_px, gross_counts, pixel_value: gross_counts, background_per_pixel, net_counts }
    }

    fn drawn((ed_area, ed): (usize, f64), (es_area, es): (usize, f64), level: f64) -> DrawnMeasurement {
        let (end_diastole, end_systole) = (phase(1, ed_area, ed, level), phase(9, es_area, es, level));
        let lvef_percent = ejection_fraction_percent(end_diastole.net_counts, end_systole.net_counts, ed).unwrap();
        let background_region = Mask::empty(4, 4);
        DrawnMeasurement { end_diastole, end_systole, grid: 4, background_area_px: 0, background_region, lvef_percent }
    }

    #[test]
    fn shares_are_those_worked_out_by_hand() {
        // Reference: net 2000 - 100 x 10 = 1000 and 900 - 50 x 10 = 400: 60 %. Measured: ED 2200 in 100, ES 960 in 50.
        // Mixtures: ED alone 1 - 400 / 1200 = 66.667 %; ES alone 1 - 460 / 1000 = 54 %; both 1 - 460 / 1200 = 61.667 %.
        // ED: (6.667 + 7.667) / 2, ES: (-6 - 5) / 2; no difference in background.
        let reference = drawn((100, 2000.0), (50, 900.0), 10.0);
        let measured = drawn((100, 2200.0), (50, 960.0), 10.0);
        let found = error_parts(&measured, &reference).unwrap();
        assert!((found.end_diastole_roi_points - 43.0 / 6.0).abs() < 1e-12, "{found:?}");
        assert!((found.end_systole_roi_points + 5.5).abs() < 1e-12, "{found:?}");
        assert_eq!(found.background_points, 0.0);
        assert!((found.total_points - 10.0 / 6.0).abs() < 1e-12, "{found:?}");
        // With background alone: 12 a pixel give 800 and 300, 62.5 %.
        let found = error_parts(&drawn((100, 2000.0), (50, 900.0), 12.0), &reference).unwrap();
        assert!((found.background_points - 2.5).abs() < 1e-12 && (found.total_points - 2.5).abs() < 1e-12);
        assert_eq!((found.end_diastole_roi_points, found.end_systole_roi_points), (0.0, 0.0));
    }

    #[test]
    fn three_parts_are_shared_as_over_all_orders() {
        // worth = [0, 4, 2, 9, 1, 6, 5, 12]; the mean over itertools.permutations(range(3)) of the changes, in sixths
        let found = shapley(&[0.0, 4.0, 2.0, 9.0, 1.0, 6.0, 5.0, 12.0]);
        for (value, expected) in found.iter().zip([34, 25, 13]) {
            assert!((value * 6.0 - f64::from(expected)).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn only_the_same_frames_are_compared() {
        let reference = drawn((100, 2000.0), (50, 900.0), 10.0);
        let mut other = reference.clone();
        other.end_systole.frame = 8;
        assert_eq!(error_parts(&other, &reference).unwrap_err().code(), "different_frames");
    }

    proptest! {
        #[test]
        fn shares_add_up_to_the_error(
            areas in prop::array::uniform4(1_usize..500),
            means in prop::array::uniform4(11.0..200.0_f64),
            levels in prop::array::uniform2(0.0..10.0_f64),
        ) {
            let of = |part: usize| (areas[part], areas[part] as f64 * means[part]);
            let (measured, reference) = (drawn(of(0), of(1), levels[0]), drawn(of(2), of(3), levels[1]));
            let found = error_parts(&measured, &reference).unwrap();
            let sum = found.end_diastole_roi_points + found.end_systole_roi_points + found.background_points;
            prop_assert!((sum - found.total_points).abs() <= 1e-9 * (1.0 + found.total_points.abs()) * 100.0);
            let difference = measured.lvef_percent - reference.lvef_percent;
            prop_assert!((difference - found.total_points).abs() <= 1e-9 * (1.0 + difference.abs()));
            // The other way round every share has the other sign.
            let back = error_parts(&reference, &measured).unwrap();
            let turned = back.background_points + found.background_points;
            prop_assert!(turned.abs() <= 1e-9 * (1.0 + found.background_points.abs()) * 100.0);
        }
    }
}
