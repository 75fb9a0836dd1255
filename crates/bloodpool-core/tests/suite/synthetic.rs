//! The whole story on a synthetic study whose counts are known by construction.

use bloodpool_core::analysis::{Analysis, FrameSource, measure};
use bloodpool_core::protocol::{BackgroundFrame, BackgroundRegion, Element, Estimator, FrameCurve};
use bloodpool_core::{
    AnalysisError, FrameIndex, GatedStudy, Mask, ModelIdentity, Protocol, Rank, Segmentation, SegmentationError,
    Segmenter, analyze, measure_protocol,
};
use ndarray::Array3;

const SIDE: usize = 64;
const FRAMES: usize = 24;
const BACKGROUND: f32 = 20.0;
/// Net LV counts at ED; at ES 40 % of them are left.
const ED_COUNTS: f64 = 30_000.0;

fn identity() -> ModelIdentity {
    ModelIdentity { name: "truth".into(), sha256: String::new() }
}

/// Net counts of a frame: lowest at frame 9 (from 1).
fn lv_counts(frame: usize) -> f64 {
    let phase = frame as f64 / FRAMES as f64;
    let peak = 8.0 / FRAMES as f64;
    // Rises and falls as half cosines, so that ED is frame 1 and ES frame 9.
    let contraction = if phase < peak {
        (1.0 - (std::f64::consts::PI * phase / peak).cos()) / 2.0
    } else {
        (1.0 + (std::f64::consts::PI * (phase - peak) / (1.0 - peak)).cos()) / 2.0
    };
    ED_COUNTS * (1.0 - 0.6 * contraction)
}

/// A disc of LV counts on an even background, the disc's radius following the counts.
fn study() -> (GatedStudy, Segmentation) {
    let masks: Vec<Mask> = (0..FRAMES)
        .map(|frame| {
            let radius = 8.0 * (lv_counts(frame) / ED_COUNTS).cbrt();
            Mask::from_fn(SIDE, SIDE, |row, column| (row as f64 - 34.0).hypot(column as f64 - 36.0) <= radius)
        })
        .collect();
    let mut counts = Array3::from_elem((FRAMES, SIDE, SIDE), BACKGROUND);
    let mut fraction = Array3::zeros((FRAMES, SIDE, SIDE));
    for (frame, mask) in masks.iter().enumerate() {
        let lv = (lv_counts(frame) / mask.area() as f64) as f32;
        for (row, column) in mask.inside() {
            counts[[frame, row, column]] += lv;
            fraction[[frame, row, column]] = lv / (lv + BACKGROUND);
        }
    }
    (
        GatedStudy::new(counts, Some([4.0, 4.0])).expect("a valid study"),
        Segmentation { masks, lv_fraction: Some(fraction), ..Segmentation::default() },
    )
}

#[test]
fn every_protocol_finds_the_known_ejection_fraction() {
    let (study, segmentation) = study();
    for name in Protocol::NAMES {
        let protocol = Protocol::by_name(name).unwrap();
        let analysis = measure(&study, segmentation.clone(), identity(), &protocol).unwrap();
        assert_eq!(analysis.end_diastole.frame.number(), 1, "{name}");
        assert_eq!(analysis.end_systole.frame.number(), 9, "{name}");
        assert_eq!(analysis.frame_source, FrameSource::Automatic);
        let lvef = |key: &str| analysis.results.lvef_percent(key);
        // On the study's own grid the ROI holds exactly the LV; the 256 grid blurs a little over its edge, and the
        // four harmonics of the others round off the corner of the curve at ES.
        // `standard` takes off 0.82 of a background that here is all of it, there being neither blur nor scatter: what
        // is left, 0.18 x 20 counts a pixel, it reads as LV.
        let left = |area: usize| 0.18 * f64::from(BACKGROUND) * area as f64;
        let [ed, es] = [0, 8].map(|frame| segmentation.masks[frame].area());
        let read = |es_area: usize| (1.0 - (0.4 * ED_COUNTS + left(es_area)) / (ED_COUNTS + left(ed))) * 100.0;
        assert!((lvef("standard").unwrap() - read(es)).abs() < 0.3, "{:?}", analysis.results);
        assert!((lvef("fixed_roi").unwrap() - read(ed)).abs() < 0.3, "{:?}", analysis.results);
        assert!((lvef("paper").unwrap() - 60.0).abs() < 0.5, "{:?}", analysis.results);
        assert!((lvef("unmixed").unwrap() - 60.0).abs() < 0.3, "{:?}", analysis.results);
    }
}

fn codes(analysis: &Analysis) -> Vec<&'static str> {
    analysis.warnings.iter().map(|warning| warning.code).collect()
}

/// `standard`, but with net counts of the ED and ES frames alone and background from the arc alone: the sums are then
/// known to the last count.
fn standard(study: &GatedStudy, segmentation: Segmentation) -> Result<Analysis, AnalysisError> {
    measure(study, segmentation, identity(), &frame_by_frame())
}

fn frame_by_frame() -> Protocol {
    let mut protocol = Protocol { curve_harmonics: None, ..Protocol::standard() };
    if let Estimator::Roi(choices) = &mut protocol.estimator {
        choices.rim = None;
    }
    protocol
}

/// The same study with its counts changed.
fn with_counts(study: &GatedStudy, change: impl Fn(usize, f32) -> f32) -> GatedStudy {
    let mut counts = study.counts().clone();
    counts.indexed_iter_mut().for_each(|((frame, _, _), value)| *value = change(frame, *value));
    let mut changed = GatedStudy::new(counts, study.pixel_spacing_mm()).expect("a valid study");
    changed.gating = study.gating.clone();
    changed
}

#[test]
fn every_field_says_what_the_number_was_computed_from() {
    let (study, segmentation) = study();
    let analysis = standard(&study, segmentation.clone()).unwrap();
    let (ed, es) = (&analysis.end_diastole, &analysis.end_systole);
    assert!((ed.net_counts - ED_COUNTS).abs() < 0.1 && (es.net_counts - 0.4 * ED_COUNTS).abs() < 0.1);
    assert!((ed.area_px - segmentation.masks[0].area() as f64).abs() < 1e-9);
    assert!((ed.area_mm2.unwrap() - 16.0 * ed.area_px).abs() < 1e-9);
    assert!((ed.counts - ED_COUNTS - f64::from(BACKGROUND) * ed.area_px).abs() < 0.1);
    assert_eq!((ed.grid, analysis.contours.len(), analysis.masks.len()), (64, FRAMES, FRAMES));
    let background = analysis.background.unwrap();
    assert_eq!((background.frame.number(), background.grid), (9, 64));
    assert!((background.mean_counts_per_pixel - f64::from(BACKGROUND)).abs() < 1e-9);
    assert!((background.area_px - background.region.area() as f64).abs() < 1e-9);
    for (frame, net) in analysis.curve.net_counts.iter().enumerate() {
        assert!((net - lv_counts(frame)).abs() < 0.1, "frame {frame}");
    }
    assert_eq!(analysis.curve.fitted_counts, None);
    let unmixed = analysis.unmixed_curve.unwrap();
    assert!((unmixed.net_counts[8] - 0.4 * ED_COUNTS).abs() < 0.1);
    assert_eq!(unmixed.fitted_counts.map(|curve| curve.len()), Some(FRAMES));
}

#[test]
fn the_segmenter_and_its_masks_are_one_story() {
    struct Truth(Segmentation);
    impl Segmenter for Truth {
        fn segment(&self, _study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
            Ok(self.0.clone())
        }
        fn identity(&self) -> ModelIdentity {
            identity()
        }
    }
    let (study, segmentation) = study();
    let measured = standard(&study, segmentation.clone()).unwrap();
    let analyzed = analyze(&study, &Truth(segmentation), &frame_by_frame()).unwrap();
    assert_eq!(analyzed.model, identity());
    assert_eq!((analyzed.lvef_percent, analyzed.warnings), (measured.lvef_percent, measured.warnings));
}

#[test]
fn frames_set_by_hand_hold_for_every_protocol() {
    let (study, segmentation) = study();
    let mut protocol = frame_by_frame();
    protocol.frames.ed_override = FrameIndex::from_number(2);
    protocol.frames.es_override = FrameIndex::from_number(8);
    let analysis = measure(&study, segmentation, identity(), &protocol).unwrap();
    assert_eq!(analysis.frame_source, FrameSource::Override);
    assert_eq!((analysis.end_diastole.frame.number(), analysis.end_systole.frame.number()), (2, 8));
    let expected = (1.0 - lv_counts(7) / lv_counts(1)) * 100.0;
    let lvef = |key: &str| analysis.results.lvef_percent(key);
    assert!((lvef("standard").unwrap() - expected).abs() < 0.001);
    assert!((lvef("unmixed").unwrap() - expected).abs() < 0.5);
    assert_eq!(analysis.background.unwrap().frame.number(), 8);
}

#[test]
fn end_of_cycle_drop_off_changes_nothing_but_the_warning() {
    let (study, segmentation) = study();
    let dropped = with_counts(&study, |frame, value| if frame >= 22 { value * 0.6 } else { value });
    let analysis = standard(&dropped, segmentation).unwrap();
    assert!(codes(&analysis).contains(&"count_drop_off"));
    assert!((analysis.lvef_percent - 60.0).abs() < 0.001);
    assert!((analysis.results.lvef_percent("unmixed").unwrap() - 60.0).abs() < 0.3);
}

#[test]
fn what_a_reader_must_know_is_said() {
    let (mut study, mut segmentation) = study();
    study.gating.beats_accepted = Some(300);
    study.gating.beats_rejected = Some(100);
    study.gating.rr_low_ms = Some(500.0);
    study.gating.rr_high_ms = Some(1100.0);
    study.saturation = Some(study.counts().iter().copied().fold(0.0, f32::max));
    segmentation.masks[15] = Mask::empty(SIDE, SIDE);
    segmentation.masks[19] = segmentation.masks[8].eroded(Element::Square, 2);
    let analysis = standard(&study, segmentation).unwrap();
    let expected = ["beats_rejected", "rr_window_wide", "timing_not_recorded", "saturated", "ventricle_missing"];
    let found = codes(&analysis);
    for code in expected.into_iter().chain(["roi_area_jump"]) {
        assert!(found.contains(&code), "{code} is not among {found:?}");
    }
    let message = |code| &analysis.warnings.iter().find(|warning| warning.code == code).unwrap().message;
    assert!(message("beats_rejected").contains("100 of 400 beats (25 %)"));
    assert!(message("ventricle_missing").contains("frame 16"));
    assert!(message("rr_window_wide").contains("75 %"));
    // Other frames than ED and ES bear on the choice of ED and ES alone.
    assert!((analysis.lvef_percent - 60.0).abs() < 1.5, "{}", analysis.lvef_percent);
}

#[test]
fn a_plain_study_has_no_finding_but_that_it_is_ideal() {
    let (mut study, segmentation) = study();
    study = with_counts(&study, |_, value| value * 4.0);
    study.gating.frame_time_ms = Some(40.0);
    study.identity.view = Some("LAO".into());
    let analysis = standard(&study, segmentation).unwrap();
    // Counts without noise, and an LV that is a disc.
    assert_eq!(codes(&analysis), ["not_counts", "lv_end_on"]);
    assert_eq!(
        (analysis.validity.rank(), analysis.usable_lvef_percent()),
        (Some(Rank::Note), Some(analysis.lvef_percent))
    );
    assert!(analysis.corrected_study.is_none() && analysis.uncorrected_lvef_percent.is_none());
}

#[test]
fn few_counts_are_said_with_their_uncertainty() {
    let (study, segmentation) = study();
    let analysis = standard(&with_counts(&study, |_, value| value / 20.0), segmentation).unwrap();
    let found = codes(&analysis);
    assert!(found.contains(&"low_counts_frame") && found.contains(&"low_counts_lv"), "{found:?}");
    // Counts of an ideal study: the LVEF itself does not change with the scale.
    assert!((analysis.lvef_percent - 60.0).abs() < 0.001);
}

#[test]
fn without_spacing_the_fallback_is_said() {
    let (study, segmentation) = study();
    let study = GatedStudy::new(study.counts().clone(), None).unwrap();
    let analysis = standard(&study, segmentation).unwrap();
    let warning = analysis.warnings.iter().find(|warning| warning.code == "pixel_spacing_absent").unwrap();
    assert!(warning.message.contains("400 mm"), "{}", warning.message);
    assert_eq!(analysis.end_diastole.area_mm2, None);
}

#[test]
fn gating_that_fails_is_said() {
    let (study, segmentation) = study();
    // A cycle whose last frames are those of systole: the R wave was not where it was said to be.
    let shifted = Segmentation {
        masks: (0..FRAMES).map(|frame| segmentation.masks[(frame + 6) % FRAMES].clone()).collect(),
        ..Segmentation::default()
    };
    let mut counts = study.counts().clone();
    for frame in 0..FRAMES {
        let from = study.frame(FrameIndex::new((frame + 6) % FRAMES));
        counts.index_axis_mut(ndarray::Axis(0), frame).assign(&from);
    }
    let study = GatedStudy::new(counts, study.pixel_spacing_mm()).unwrap();
    let found = codes(&standard(&study, shifted).unwrap());
    assert!(found.contains(&"end_systole_at_limit"), "{found:?}");
}

#[test]
fn what_cannot_be_measured_is_an_error() {
    let (study, segmentation) = study();
    let nothing = Segmentation { masks: vec![Mask::empty(SIDE, SIDE); FRAMES], ..Segmentation::default() };
    assert!(matches!(standard(&study, nothing), Err(AnalysisError::NoVentricle { frame: FrameIndex::FIRST })));
    let few = Segmentation { masks: segmentation.masks[1..].to_vec(), ..Segmentation::default() };
    assert!(matches!(standard(&study, few), Err(AnalysisError::MaskShape { masks: 23, .. })));
    let flat = with_counts(&study, |_, _| 7.0);
    assert!(matches!(standard(&flat, segmentation.clone()), Err(AnalysisError::NoNetCounts { .. })));
    let no_fraction = Segmentation { lv_fraction: None, ..segmentation.clone() };
    let unmixed = measure(&study, no_fraction.clone(), identity(), &Protocol::unmixed());
    assert!(matches!(unmixed, Err(AnalysisError::NoFraction { .. })));
    // ... but beside another protocol it is only missing.
    assert_eq!(standard(&study, no_fraction).unwrap().results.lvef_percent("unmixed"), None);
    let odd = Segmentation { lv_fraction: Some(Array3::zeros((FRAMES, 3, 3))), ..segmentation.clone() };
    assert!(matches!(standard(&study, odd), Err(AnalysisError::Segmentation(_))));
    // A heart in the upper left has no ring in the lower right; `standard` is not troubled.
    let moved: Vec<Mask> = segmentation
        .masks
        .iter()
        .map(|mask| Mask::from_fn(SIDE, SIDE, |row, column| mask.contains(row + 20, column + 20)))
        .collect();
    let mut counts = study.counts().clone();
    counts.fill(BACKGROUND);
    for (frame, mask) in moved.iter().enumerate() {
        let lv = (lv_counts(frame) / mask.area() as f64) as f32;
        mask.inside().for_each(|(row, column)| counts[[frame, row, column]] += lv);
    }
    let study = GatedStudy::new(counts, None).unwrap();
    let moved = Segmentation { masks: moved, ..Segmentation::default() };
    let paper = measure(&study, moved.clone(), identity(), &Protocol::paper());
    assert!(matches!(paper, Err(AnalysisError::EmptyBackground { .. })), "{paper:?}");
    assert_eq!(paper.unwrap_err().code(), "empty_background");
    let analysis = standard(&study, moved).unwrap();
    assert_eq!(analysis.results.lvef_percent("paper"), None);
    assert!((analysis.lvef_percent - 60.0).abs() < 0.001);
}

#[test]
fn every_choice_can_be_measured_alone() {
    let (study, segmentation) = study();
    for curve in [FrameCurve::FixedRoi, FrameCurve::Net] {
        for frame in [BackgroundFrame::EndSystole, BackgroundFrame::EachFrame, BackgroundFrame::CycleMean] {
            for (margin, harmonics) in [(0.0, None), (4.0, Some(5)), (-4.0, Some(5))] {
                let mut protocol = Protocol::standard();
                protocol.name = "candidate".into();
                protocol.frames.curve = curve;
                protocol.curve_harmonics = harmonics;
                let Estimator::Roi(choices) = &mut protocol.estimator else { unreachable!() };
                choices.background_frame = frame;
                choices.roi_margin_mm = margin;
                choices.rim = None;
                if let BackgroundRegion::Arc { gap_mm, .. } = &mut choices.background {
                    *gap_mm = 16.0;
                }
                let found = measure_protocol(&study, &segmentation, &identity(), &protocol).unwrap();
                // A shrunken ROI of the ED disc loses a smaller share of its counts than that of the ES disc.
                let tolerance = if margin < 0.0 { 4.0 } else { 0.3 };
                assert!((found.lvef_percent - 60.0).abs() < tolerance, "{protocol:?}: {}", found.lvef_percent);
            }
        }
    }
}

/// The study with its heart moved, on an even background; the LV's counts as a function of the frame.
fn moved(down: isize, right: isize, counts_of: impl Fn(usize) -> f64) -> (GatedStudy, Segmentation) {
    let (_, segmentation) = study();
    let shifted = |mask: &Mask| {
        Mask::from_fn(SIDE, SIDE, |row, column| {
            let from = (row.checked_add_signed(-down), column.checked_add_signed(-right));
            matches!(from, (Some(row), Some(column)) if mask.contains(row, column))
        })
    };
    let masks: Vec<Mask> = segmentation.masks.iter().map(shifted).collect();
    let mut counts = Array3::from_elem((FRAMES, SIDE, SIDE), BACKGROUND);
    for (frame, mask) in masks.iter().enumerate() {
        let lv = (counts_of(frame) / mask.area() as f64) as f32;
        mask.inside().for_each(|(row, column)| counts[[frame, row, column]] += lv);
    }
    let study = GatedStudy::new(counts, Some([4.0, 4.0])).expect("a valid study");
    (study, Segmentation { masks, ..Segmentation::default() })
}

#[test]
fn a_heart_at_the_edge_is_said() {
    let (study, segmentation) = moved(0, 22, lv_counts);
    let found = codes(&standard(&study, segmentation).unwrap());
    assert!(found.contains(&"lv_touches_edge") && found.contains(&"background_cut"), "{found:?}");
}

#[test]
fn a_ring_that_reaches_the_septum_is_said() {
    let (study, segmentation) = moved(10, 12, lv_counts);
    let analysis = measure(&study, segmentation, identity(), &Protocol::paper()).unwrap();
    assert!(codes(&analysis).contains(&"background_reaches_septum"), "{:?}", codes(&analysis));
}

#[test]
fn a_hot_organ_under_the_arc_is_said() {
    let (study, segmentation) = moved(0, 0, lv_counts);
    let plain = standard(&study, segmentation.clone()).unwrap();
    let arc = plain.background.unwrap().region;
    let mut counts = study.counts().clone();
    let beyond_the_lv = arc.difference(&segmentation.masks[0]);
    let organ: Vec<_> = beyond_the_lv.inside().take(arc.area() * 2 / 5).collect();
    for frame in 0..FRAMES {
        organ.iter().for_each(|&(row, column)| counts[[frame, row, column]] = 200.0);
    }
    let study = GatedStudy::new(counts, study.pixel_spacing_mm()).unwrap();
    let analysis = standard(&study, segmentation).unwrap();
    assert!(codes(&analysis).contains(&"background_hot"), "{:?}", codes(&analysis));
    assert!((analysis.lvef_percent - 60.0).abs() < 0.001);
}

#[test]
fn a_curve_that_does_not_close_is_said() {
    // Filling stops at 70 % of the counts that the cycle began with.
    let open = |frame: usize| if frame < 9 { lv_counts(frame) } else { lv_counts(frame).min(0.7 * ED_COUNTS) };
    let (study, segmentation) = moved(0, 0, open);
    // What the LV lacks is elsewhere in the field: the total does not drop.
    let mut counts = study.counts().clone();
    for frame in 0..FRAMES {
        let elsewhere = ((2.0 * ED_COUNTS - open(frame)) / 64.0) as f32;
        counts.slice_mut(ndarray::s![frame, 2..10, 2..10]).mapv_inplace(|value| value + elsewhere);
    }
    let study = GatedStudy::new(counts, study.pixel_spacing_mm()).unwrap();
    let analysis = standard(&study, segmentation).unwrap();
    let found = codes(&analysis);
    assert!(found.contains(&"curve_not_closed") && !found.contains(&"count_drop_off"), "{found:?}");
}

#[test]
fn an_ejection_fraction_that_hearts_do_not_have_is_said() {
    let (study, mut segmentation) = moved(0, 0, |frame| if (5..12).contains(&frame) { 500.0 } else { ED_COUNTS });
    // ... and neither do the fractions agree: an LV that never contracts.
    segmentation.lv_fraction = Some(Array3::from_elem((FRAMES, SIDE, SIDE), 0.0));
    if let Some(fraction) = &mut segmentation.lv_fraction {
        fraction.slice_mut(ndarray::s![.., 0..8, ..]).fill(1.0);
    }
    let analysis = standard(&study, segmentation).unwrap();
    let found = codes(&analysis);
    assert!(analysis.lvef_percent > 90.0);
    assert!(found.contains(&"lvef_implausible") && found.contains(&"protocols_disagree"), "{found:?}");
}

#[test]
fn an_ejection_fraction_below_0_is_withheld() {
    // The ventricle holds more counts in the middle of the cycle than at the R wave.
    let (study, segmentation) = moved(0, 0, |frame| if (3..18).contains(&frame) { 1.5 * ED_COUNTS } else { ED_COUNTS });
    let analysis = standard(&study, segmentation).unwrap();
    assert!(analysis.lvef_percent < 0.0, "{}", analysis.lvef_percent);
    let reason = analysis.validity.reasons().iter().find(|reason| reason.code == "lvef_implausible").unwrap();
    assert_eq!((reason.rank, analysis.usable_lvef_percent()), (Rank::DoNotUse, None));
    assert!(reason.message.contains("cannot be"), "{}", reason.message);
}
