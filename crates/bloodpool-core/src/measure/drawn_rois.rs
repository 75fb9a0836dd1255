//! LVEF of ROIs that were drawn on an ED and an ES frame, its parts, and what the difference between two of them comes from.

use serde::Serialize;

use super::background;
use super::counts::GridCounts;
use super::drop_off::DropOff;
use super::ejection_fraction::ejection_fraction_percent;
use crate::protocol::RoiChoices;
use crate::{AnalysisError, FrameIndex, GatedStudy, Mask};

/// The number of parts that a difference in LVEF is shared out between.
const PARTS: usize = 3;

/// A ROI on a frame.
#[derive(Debug, Clone, Copy)]
pub struct DrawnRoi<'a> {
    /// The frame.
    pub frame: FrameIndex,
    /// The ROI, on the grid of the choices that it is measured by.
    pub roi: &'a Mask,
}

/// What a ROI on a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct DrawnPhase {
    /// The frame.
    pub frame: FrameIndex,
    /// Area of the ROI in pixels of the grid.
    pub area_px: usize,
    /// Gross counts in the ROI.
    pub gross_counts: f64,
    /// Sum of the interpolated pixel values in the ROI. Interpolation onto a finer grid does not divide them, so that
    /// this is larger than gross counts by the pixels of the grid per pixel of the study. Table 1 of Oh et al. 2022
    /// prints such sums.
    pub pixel_value: f64,
    /// Background that each pixel of the grid loses, counts.
    pub background_per_pixel: f64,
    /// Gross counts less area x background.
    pub net_counts: f64,
}

/// LVEF of drawn ROIs and its parts.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct DrawnMeasurement {
    /// End-diastole.
    pub end_diastole: DrawnPhase,
    /// End-systole.
    pub end_systole: DrawnPhase,
    /// Number of columns of the grid, which names it.
    pub grid: usize,
    /// Pixels of the background region.
    pub background_area_px: usize,
    /// The background region, on the grid.
    #[serde(skip, default = "no_region")]
    pub background_region: Mask,
    /// LVEF, percent.
    pub lvef_percent: f64,
}

impl DrawnMeasurement {
    /// LVEF by Eq. 6 of Oh et al. 2022 to the letter: the background level of the ES frame is taken from both frames alike.
    ///
    /// [`DrawnMeasurement::lvef_percent`] takes less from a frame at the end of the cycle that lost counts, by as much as it lost. Both
    /// are the same where neither frame lost counts.
    ///
    /// # Errors
    /// [`AnalysisError`] when no counts are left at ED.
    pub fn lvef_percent_of_one_level(&self) -> Result<f64, AnalysisError> {
        let Self { end_diastole: ed, end_systole: es, .. } = self;
        let ed_net = ed.gross_counts - ed.area_px as f64 * es.background_per_pixel;
        ejection_fraction_percent(ed_net, es.net_counts, ed.gross_counts)
    }
}

/// The region of a measurement that was read back, which does not hold it.
fn no_region() -> Mask {
    Mask::empty(0, 0)
}

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

/// Measures the LVEF of a ROI on an ED frame and one on an ES frame by Eq. 5 and 6 of Oh et al. 2022, or by other
/// choices of grid, margin and background.
///
/// The same counts, background and formula as [`crate::measure_protocol`] with these frames set by hand and counts read
/// from the frames alone, as in the preset `paper`. Where background is sampled in more frames than ES, only these two
/// ROIs are kept out of it: there are no others.
///
/// # Errors
/// [`AnalysisError`] when a frame lies outside the study, a ROI is not on the grid or is empty, the background region
/// holds no pixel, or no counts are left at ED.
pub fn measure_drawn(
    study: &GatedStudy,
    choices: &RoiChoices,
    end_diastole: DrawnRoi<'_>,
    end_systole: DrawnRoi<'_>,
) -> Result<DrawnMeasurement, AnalysisError> {
    let counts = GridCounts::new(study, choices.grid);
    let frames = study.counts().dim().0;
    let counted = |phase: &'static str, DrawnRoi { frame, roi }: DrawnRoi<'_>| {
        if frame.index() >= frames {
            return Err(AnalysisError::FrameOutside { phase, frame, frames });
        }
        if roi.dim() != counts.dim() {
            let ((roi_rows, roi_columns), (rows, columns)) = (roi.dim(), counts.dim());
            return Err(AnalysisError::RoiGrid { phase, roi_rows, roi_columns, rows, columns });
        }
        let roi = counts.with_margin(roi.clone(), choices);
        if roi.is_empty() { Err(AnalysisError::NoVentricle { frame }) } else { Ok(roi) }
    };
    let (ed_roi, es_roi) = (counted("ED", end_diastole)?, counted("ES", end_systole)?);
    let (rows, columns) = counts.dim();
    let mut rois = vec![Mask::empty(rows, columns); frames];
    rois[end_diastole.frame.index()].clone_from(&ed_roi);
    rois[end_systole.frame.index()].clone_from(&es_roi);
    let background = background::sample(&counts, &rois, end_systole.frame, &DropOff::of(study), choices)
        .map_err(|reason| AnalysisError::EmptyBackground { protocol: "drawn ROIs".into(), reason })?;
    let phase = |frame: FrameIndex, roi: &Mask| {
        let (area_px, gross_counts) = (roi.area(), counts.gross(frame, roi));
        let background_per_pixel = background.by_frame[frame.index()];
        DrawnPhase {
            frame,
            area_px,
            gross_counts,
            pixel_value: gross_counts / counts.scale(),
            background_per_pixel,
            net_counts: gross_counts - area_px as f64 * background_per_pixel,
        }
    };
    let (ed, es) = (phase(end_diastole.frame, &ed_roi), phase(end_systole.frame, &es_roi));
    Ok(DrawnMeasurement {
        end_diastole: ed,
        end_systole: es,
        grid: counts.side(),
        background_area_px: background.region.area(),
        background_region: background.region,
        lvef_percent: ejection_fraction_percent(ed.net_counts, es.net_counts, ed.gross_counts)?,
    })
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
    use crate::protocol::{BackgroundFrame, Grid, Protocol};
    use crate::{ModelIdentity, Segmentation, measure_protocol};
    use ndarray::Array3;
    use proptest::prelude::*;

    fn choices(protocol: &Protocol) -> RoiChoices {
        protocol.estimator.roi_choices().expect("these presets are ROI-based").clone()
    }

    fn disc(radius: f64) -> Mask {
        Mask::from_fn(64, 64, |row, column| (row as f64 - 34.0).hypot(column as f64 - 36.0) <= radius)
    }

    /// A hot disc that beats, on uneven background; the last two of 16 frames drop off.
    fn study() -> (GatedStudy, Vec<Mask>) {
        let masks: Vec<Mask> =
            (0..16).map(|frame| disc(7.0 + 2.0 * (f64::from(frame) / 16.0 * std::f64::consts::TAU).cos())).collect();
        let counts = Array3::from_shape_fn((16, 64, 64), |(frame, row, column)| {
            let kept = if frame > 13 { 0.8 } else { 1.0 };
            let lv = if masks[frame].contains(row, column) { 90.0 } else { 0.0 };
            kept * (lv + 15.0 + ((row * 7 + column * 3 + frame) % 5) as f32)
        });
        (GatedStudy::new(counts, Some([4.0, 4.0])).unwrap(), masks)
    }

    #[test]
    fn it_is_the_protocols_number_in_parts() {
        let (study, masks) = study();
        for (ed, es) in [(0, 7), (2, 9), (15, 6)] {
            let mut protocol = Protocol::paper();
            let [first, second] = [ed, es].map(FrameIndex::new);
            (protocol.frames.ed_override, protocol.frames.es_override) = (Some(first), Some(second));
            let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
            let segmentation = Segmentation { masks: masks.clone(), ..Segmentation::default() };
            let whole = measure_protocol(&study, &segmentation, &model, &protocol).unwrap();
            let counts = GridCounts::new(&study, Grid::Square256);
            let [ed_roi, es_roi] = [ed, es].map(|frame| counts.mask(&masks[frame]));
            let drawn = |frame, roi| DrawnRoi { frame, roi };
            let (ed_roi, es_roi) = (drawn(first, &ed_roi), drawn(second, &es_roi));
            let found = measure_drawn(&study, &choices(&protocol), ed_roi, es_roi).unwrap();
            assert!((found.lvef_percent - whole.lvef_percent).abs() < 1e-10, "{ed} {es}");
            for (part, phase) in [(found.end_diastole, &whole.end_diastole), (found.end_systole, &whole.end_systole)] {
                assert_eq!((part.frame, part.area_px as f64), (phase.frame, phase.area_px));
                assert_eq!((part.gross_counts, part.net_counts), (phase.counts, phase.net_counts));
                assert!((part.pixel_value / part.gross_counts - 16.0).abs() < 1e-12);
            }
            let background = whole.background.unwrap();
            assert_eq!(found.background_region, background.region);
            assert_eq!(found.background_area_px as f64, background.area_px);
            assert_eq!(found.end_systole.background_per_pixel, background.mean_counts_per_pixel);
        }
    }

    #[test]
    fn the_letter_of_equation_6_takes_one_level_from_both_frames() {
        // By hand: ED 2000 in 100 pixels at 8 a pixel, ES 900 in 50 at 10: 1 - 400 / 1200 = 66.667 %; with 10 a pixel at ED,
        // 1 - 400 / 1000 = 60 %.
        let mut found = parts((100, 2000.0), (50, 900.0), 10.0);
        assert!((found.lvef_percent_of_one_level().unwrap() - found.lvef_percent).abs() < 1e-12);
        found.end_diastole = phase(1, 100, 2000.0, 8.0);
        assert!((found.lvef_percent_of_one_level().unwrap() - 60.0).abs() < 1e-12);
        // On a study: frame 16 of 16 kept 0.8 of its counts, and is charged 0.8 of the level of ES.
        let (study, masks) = study();
        let drawn = |frame: usize| DrawnRoi { frame: FrameIndex::new(frame), roi: &masks[frame] };
        let choices = RoiChoices { grid: Grid::Study, ..choices(&Protocol::paper()) };
        let on_drop_off = measure_drawn(&study, &choices, drawn(15), drawn(7)).unwrap();
        let [ed, es] = [&on_drop_off.end_diastole, &on_drop_off.end_systole];
        assert!((ed.background_per_pixel / es.background_per_pixel - 0.8).abs() < 0.02, "{ed:?} {es:?}");
        assert!(on_drop_off.lvef_percent_of_one_level().unwrap() < on_drop_off.lvef_percent - 1.0);
        let whole = measure_drawn(&study, &choices, drawn(0), drawn(7)).unwrap();
        assert_eq!(whole.lvef_percent_of_one_level().unwrap(), whole.lvef_percent);
    }

    #[test]
    fn pixel_values_are_those_of_an_even_image() {
        // 20 counts per pixel of the study are a pixel value of 20 in each pixel of the 256 grid.
        let study = GatedStudy::new(Array3::from_elem((8, 64, 64), 20.0), None).unwrap();
        let roi = Mask::from_fn(256, 256, |row, column| (100..140).contains(&row) && (100..150).contains(&column));
        let drawn = |frame| DrawnRoi { frame: FrameIndex::new(frame), roi: &roi };
        // Nothing stands out of the background, so that there is no LVEF; twice the counts in the middle do.
        let nothing = measure_drawn(&study, &choices(&Protocol::paper()), drawn(0), drawn(3));
        assert!(matches!(nothing, Err(AnalysisError::NoNetCounts { .. })));
        let mut counts = study.counts().clone();
        counts.slice_mut(ndarray::s![0, 24..36, 24..39]).fill(40.0);
        let study = GatedStudy::new(counts, None).unwrap();
        let found = measure_drawn(&study, &choices(&Protocol::paper()), drawn(0), drawn(3)).unwrap();
        assert!((found.end_systole.pixel_value - 20.0 * 2000.0).abs() < 1e-6);
        assert!((found.end_diastole.pixel_value - 40.0 * 2000.0).abs() < 1e-6);
        assert!((found.lvef_percent - 100.0).abs() < 1e-9);
    }

    #[test]
    fn other_choices_are_kept_too() {
        let (study, masks) = study();
        let drawn = |frame: usize| DrawnRoi { frame: FrameIndex::new(frame), roi: &masks[frame] };
        let standard = choices(&Protocol::standard());
        let plain = measure_drawn(&study, &standard, drawn(0), drawn(7)).unwrap();
        assert_eq!((plain.grid, plain.end_diastole.area_px), (64, masks[0].area()));
        let grown = RoiChoices { roi_margin_mm: 4.0, ..standard.clone() };
        let grown = measure_drawn(&study, &grown, drawn(0), drawn(7)).unwrap();
        assert!(grown.end_diastole.area_px > plain.end_diastole.area_px);
        let each = RoiChoices { background_frame: BackgroundFrame::EachFrame, ..standard };
        let each = measure_drawn(&study, &each, drawn(0), drawn(7)).unwrap();
        assert_ne!(each.end_diastole.background_per_pixel, each.end_systole.background_per_pixel);
    }

    #[test]
    fn what_cannot_be_measured_is_an_error() {
        let (study, masks) = study();
        let standard = choices(&Protocol::standard());
        let measure = |ed, es| measure_drawn(&study, &standard, ed, es);
        let fine = DrawnRoi { frame: FrameIndex::FIRST, roi: &masks[0] };
        let late = measure(fine, DrawnRoi { frame: FrameIndex::new(16), ..fine }).unwrap_err();
        assert_eq!(late.to_string(), "ES was set to frame 17, but the study has 16 frames");
        let (empty, large) = (Mask::empty(64, 64), Mask::empty(256, 256));
        let nothing = measure(DrawnRoi { roi: &empty, ..fine }, fine);
        assert!(matches!(nothing, Err(AnalysisError::NoVentricle { frame: FrameIndex::FIRST })));
        let elsewhere = measure(fine, DrawnRoi { roi: &large, ..fine }).unwrap_err();
        assert_eq!(elsewhere.code(), "roi_grid");
    }

    fn phase(number: usize, area_px: usize, gross_counts: f64, background_per_pixel: f64) -> DrawnPhase {
        let net_counts = gross_counts - area_px as f64 * background_per_pixel;
        let frame = FrameIndex::from_number(number).unwrap();
        DrawnPhase { frame, area_px, gross_counts, pixel_value: gross_counts, background_per_pixel, net_counts }
    }

    fn parts((ed_area, ed): (usize, f64), (es_area, es): (usize, f64), level: f64) -> DrawnMeasurement {
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
        let reference = parts((100, 2000.0), (50, 900.0), 10.0);
        let measured = parts((100, 2200.0), (50, 960.0), 10.0);
        let found = error_parts(&measured, &reference).unwrap();
        assert!((found.end_diastole_roi_points - 43.0 / 6.0).abs() < 1e-12, "{found:?}");
        assert!((found.end_systole_roi_points + 5.5).abs() < 1e-12, "{found:?}");
        assert_eq!(found.background_points, 0.0);
        assert!((found.total_points - 10.0 / 6.0).abs() < 1e-12, "{found:?}");
        // With background alone: 12 a pixel give 800 and 300, 62.5 %.
        let found = error_parts(&parts((100, 2000.0), (50, 900.0), 12.0), &reference).unwrap();
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
        let reference = parts((100, 2000.0), (50, 900.0), 10.0);
        let mut other = reference.clone();
        other.end_systole.frame = FrameIndex::new(7);
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
            let (measured, reference) = (parts(of(0), of(1), levels[0]), parts(of(2), of(3), levels[1]));
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
