//! The function of synthetic hearts, as an analysis gives it.

use ndarray::Array3;

use super::*;
use crate::analysis::{Analysis, measure};
use crate::function::Quantity;
use crate::synthetic::{Beat, SIDE, beating, outlined};
use crate::uncertainty::Interval;
use crate::{Landmarks, measure_edited};

fn model() -> ModelIdentity {
    ModelIdentity { name: "true outlines".into(), sha256: String::new() }
}

/// Outlines, the LV's share of the counts within them, landmarks of a valve plane at the upper left, and an RV that is the LV.
fn seen(beat: &Beat) -> Segmentation {
    let plain = outlined(beat);
    let share = (beat.lv / (beat.lv + 40.0)) as f32;
    let masks = &plain.masks;
    let fraction =
        Array3::from_shape_fn(
            (beat.frames, SIDE, SIDE),
            |(frame, row, column)| {
                if masks[frame].contains(row, column) { share } else { 0.0 }
            },
        );
    // About the centre, column 38 and row 36: the septal end to the left, the lateral end above, the apex to the lower right.
    let landmarks = Landmarks { apex: [43.0, 42.0], valve_plane: [[31.0, 33.0], [39.0, 28.0]] };
    Segmentation {
        rv: Some(RightVentricle { masks: masks.clone(), fraction: fraction.clone() }),
        lv_fraction: Some(fraction),
        landmarks: Some(vec![landmarks; beat.frames]),
        ..plain
    }
}

fn analysis(beat: &Beat, segmentation: Segmentation, protocol: &Protocol) -> (GatedStudy, Analysis) {
    let study = beating(beat);
    let analysis = measure(&study, segmentation, model(), protocol).unwrap();
    (study, analysis)
}

#[test]
fn an_rv_that_is_the_lv_has_its_ef_and_a_ratio_of_1() {
    let beat = Beat::default();
    let (study, analysis) = analysis(&beat, seen(&beat), &Protocol::background_image());
    let found = analysis.function(&study).unwrap();
    let rv = found.right_ventricle.value().unwrap();
    assert!((rv.rvef_percent - analysis.lvef_percent).abs() < 1e-9, "{} {}", rv.rvef_percent, analysis.lvef_percent);
    assert!((rv.left_over_right_stroke_counts.value().unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(rv.end_systole, analysis.end_systole.frame);
    // By `standard` the LV is counted anew in the RV's way.
    let (study, standard) = self::analysis(&beat, seen(&beat), &Protocol::standard());
    let found = standard.function(&study).unwrap();
    let ratio = *found.right_ventricle.value().unwrap().left_over_right_stroke_counts.value().unwrap();
    assert!((ratio - 1.0).abs() < 1e-12, "{ratio}");
}

#[test]
fn every_part_is_there_where_the_segmentation_has_it() {
    let beat = Beat::default();
    let (study, analysis) = analysis(&beat, seen(&beat), &Protocol::background_image());
    let found = analysis.function(&study).unwrap();
    let curve = found.curve.value().unwrap();
    // Emptied by half a cosine within 36 % of the cycle of 840 ms: steepest pi / 2 of the mean slope, 0.6 x pi / 2 / 302 ms.
    let per = curve.outcome(Quantity::PeakEjectionRate).unwrap().value().unwrap().value;
    assert!((per - 0.6 * std::f64::consts::FRAC_PI_2 / 0.302_4).abs() < 0.4, "{per}");
    assert!(found.images.value().is_some());
    let lv = found.phases.lv.value().unwrap();
    // Lowest at 36 % of the cycle; the harmonic of a beat that fills more slowly lies later, before half of the cycle.
    assert!((129.0..180.0).contains(&lv.mean_degrees) && lv.synchrony > 0.95, "{lv:?}");
    assert!(found.phases.septal_less_lateral.value().unwrap().degrees.abs() < 6.0);
    let sectors = found.sectors.value().unwrap();
    assert_eq!((sectors.ejection_fractions.len(), sectors.wall_motion.len()), (SECTORS, SECTORS));
    // The radius shrinks by 1 - sqrt(0.4) = 36.8 %; the fixed pixels of a disc lose most counts at its edge.
    for motion in &sectors.wall_motion {
        let motion = motion.outcome.value().unwrap();
        assert!((motion.shortening_percent - 36.8).abs() < 8.0, "{motion:?}");
    }
    for sector in &sectors.ejection_fractions {
        let ef = sector.outcome.value().unwrap().ef_percent;
        assert!((45.0..80.0).contains(&ef), "{ef}");
    }
}

#[test]
fn what_the_segmenter_does_not_give_is_refused_alone() {
    let beat = Beat::default();
    let (study, analysis) = analysis(&beat, outlined(&beat), &Protocol::standard());
    let found = analysis.function(&study).unwrap();
    assert_eq!(found.right_ventricle.refusal(), Some(&Refusal::NoRightVentricle));
    assert_eq!(found.sectors.refusal(), Some(&Refusal::NoLandmarks));
    assert_eq!(found.phases.rv.refusal(), Some(&Refusal::NoRightVentricle));
    assert_eq!(found.phases.septal.refusal(), Some(&Refusal::NoLandmarks));
    assert!(found.curve.value().is_some() && found.images.value().is_some() && found.phases.lv.value().is_some());
    // An RV without an LV fraction has an RVEF, but no ratio.
    let without = Segmentation { lv_fraction: None, ..seen(&beat) };
    let (study, analysis) = self::analysis(&beat, without, &Protocol::standard());
    let found = analysis.function(&study).unwrap();
    let rv = found.right_ventricle.value().unwrap();
    assert_eq!(rv.left_over_right_stroke_counts.refusal(), Some(&Refusal::NoLeftCounts));
}

#[test]
fn every_preset_has_a_function() {
    let beat = Beat::default();
    for name in Protocol::NAMES {
        let (study, analysis) = analysis(&beat, seen(&beat), &Protocol::by_name(name).unwrap());
        let found = analysis.function(&study).unwrap();
        assert!(found.curve.value().is_some() && found.images.value().is_some(), "{name}");
        assert!(found.sectors.value().is_some() && found.right_ventricle.value().is_some(), "{name}");
    }
}

#[test]
fn odd_shapes_and_another_study_are_refused() {
    let beat = Beat::default();
    let (study, analysis) = analysis(&beat, seen(&beat), &Protocol::background_image());
    let shorter = beating(&Beat { frames: 16, ..beat.clone() });
    let found = analysis.function(&shorter).unwrap();
    assert_eq!(found.curve.refusal(), Some(&Refusal::Shapes));
    assert_eq!(found.phases.rv_less_lv.refusal(), Some(&Refusal::Shapes));
    assert!(analysis.function(&study).unwrap().curve.value().is_some());
    let rv = RightVentricle { masks: vec![Mask::empty(8, 8); 3], fraction: Array3::zeros((3, 8, 8)) };
    let odd = Segmentation { rv: Some(rv), landmarks: Some(Vec::new()), ..seen(&beat) };
    let (study, analysis) = self::analysis(&beat, odd, &Protocol::background_image());
    let found = analysis.function(&study).unwrap();
    assert_eq!(found.right_ventricle.refusal(), Some(&Refusal::Shapes));
    assert_eq!(found.sectors.refusal(), Some(&Refusal::Shapes));
}

#[test]
fn a_withheld_number_has_no_function() {
    let beat = Beat { ejected: 0.0, ..Beat::default() };
    let (study, analysis) = analysis(&beat, outlined(&beat), &Protocol::standard());
    assert!(analysis.usable_lvef_percent().is_none() && analysis.function(&study).is_none());
}

#[test]
fn an_edit_moves_the_function_and_no_edit_leaves_it() {
    let beat = Beat::default();
    let (study, plain) = analysis(&beat, seen(&beat), &Protocol::background_image());
    let given = seen(&beat);
    let edited =
        |masks: &[Mask]| measure_edited(&study, &given, masks, model(), &Protocol::background_image()).unwrap();
    assert_eq!(edited(&given.masks).function(&study), plain.function(&study));
    let mut masks = given.masks.clone();
    let es = plain.end_systole.frame.index();
    masks[es] = masks[es].dilated_mm(8.0, [4.0, 4.0]);
    let (before, after) = (plain.function(&study).unwrap(), edited(&masks).function(&study).unwrap());
    let inwards = |found: &VentricularFunction| {
        found.sectors.value().unwrap().wall_motion[2].outcome.value().unwrap().shortening_percent
    };
    assert!(inwards(&after) < inwards(&before) - 5.0);
}

#[test]
fn intervals_widen_by_the_share_of_a_calibrated_lvef() {
    let beat = Beat::default();
    let (study, mut analysis) = analysis(&beat, seen(&beat), &Protocol::background_image());
    let rate = |analysis: &Analysis| {
        let found = analysis.function(&study).unwrap();
        let curve = found.curve.value().unwrap();
        (curve.outline_share_added, *curve.outcome(Quantity::PeakEjectionRate).unwrap().value().unwrap())
    };
    let (added, narrow) = rate(&analysis);
    assert!(!added);
    let lvef = analysis.lvef_percent;
    // 10 % of the LVEF to either side, most of it not from counting noise.
    let source = "400 simulated studies".to_owned();
    analysis.interval = Some(Interval { low: 0.9 * lvef, high: 1.1 * lvef, level_percent: 95.0, source });
    let (added, wide) = rate(&analysis);
    assert!(added && wide.value == narrow.value && wide.low < narrow.low && wide.high > narrow.high);
    assert!((wide.value - wide.low) / wide.value > 0.08, "{wide:?}");
}
