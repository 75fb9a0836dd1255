//! Any study with any masks gives finite numbers or an error: never a panic, never NaN.

use bloodpool_core::analysis::{Analysis, measure};
use bloodpool_core::protocol::{
    BackgroundFrame, BackgroundRegion, Element, Estimator, FrameCurve, Grid, Rim, RoiChoices,
};
use bloodpool_core::{FrameIndex, GatedStudy, Mask, ModelIdentity, Protocol, Segmentation};
use ndarray::Array3;
use proptest::prelude::*;

/// A number for every pixel, from a seed: proptest's own vectors of this length would be slow.
fn noise(seed: u64, index: usize) -> f32 {
    let mut state = seed ^ (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
}

prop_compose! {
    fn studies()(
        frames in 8_usize..=26,
        rows in 32_usize..=48,
        columns in 32_usize..=70,
        seed: u64,
        level in prop_oneof![Just(0.0_f32), Just(3.0), Just(1e-30), Just(1e30), 0.0_f32..1e4],
        contrast in prop_oneof![Just(0.0_f32), Just(f32::MAX / 4.0), Just(1e-40), 0.0_f32..1e4],
        spacing in prop_oneof![
            Just(None), Just(Some([4.0, 4.0])), Just(Some([1e-3, 1e3])), (0.1..20.0, 0.1..20.0).prop_map(|(a, b)| Some([a, b]))
        ],
        saturation in prop_oneof![Just(None), Just(Some(3.0_f32))],
    ) -> GatedStudy {
        let mut counts = Array3::from_shape_fn((frames, rows, columns), |(frame, row, column)| {
            level + contrast * noise(seed, (frame * rows + row) * columns + column)
        });
        // A frame without any counts is no study.
        counts.index_axis_mut(ndarray::Axis(1), 0).mapv_inplace(|value| value.max(1.0));
        let mut study = GatedStudy::new(counts, spacing).expect("counts are finite and not negative");
        study.saturation = saturation;
        study
    }
}

fn masks(study: &GatedStudy, kind: u8, seed: u64) -> Vec<Mask> {
    let (frames, rows, columns) = study.counts().dim();
    let mask = |frame: usize| {
        let random = |index: usize| noise(seed, frame * 1000 + index);
        let kind = if kind == 6 { (random(0) * 6.0) as u8 } else { kind };
        let centre = (random(1) * rows as f32, random(2) * columns as f32);
        let radius = random(3) * 15.0;
        Mask::from_fn(rows, columns, |row, column| match kind {
            0 => false,
            1 => true,
            2 => noise(seed, (frame * rows + row) * columns + column) > 0.5,
            3 => (row, column) == (rows - 1, columns - 1),
            4 => (row as f32 - centre.0).hypot(column as f32 - centre.1) < radius,
            _ => (row as f32 - 16.0).hypot(column as f32 - 18.0) < 5.0,
        })
    };
    (0..frames).map(mask).collect()
}

prop_compose! {
    fn protocols()(
        preset in 0_usize..5,
        square: bool,
        margin in prop_oneof![Just(0.0), -30.0..30.0, Just(f64::NAN), Just(1e9)],
        arc: bool,
        (from, to) in (-5.0..20.0, -5.0..20.0),
        gap in prop_oneof![0.0..20.0, Just(-4.0), Just(f64::NAN), Just(f64::INFINITY)],
        width in prop_oneof![0.0..20.0, Just(1e12)],
        mads in prop_oneof![0.0..5.0, Just(f64::NAN), Just(-5.0)],
        coolest_fraction in prop_oneof![0.0..1.5, Just(f64::NAN), Just(-1.0)],
        when in prop_oneof![
            Just(BackgroundFrame::EndSystole), Just(BackgroundFrame::AroundEndSystole), Just(BackgroundFrame::EachFrame), Just(BackgroundFrame::CycleMean)
        ],
        rim in prop_oneof![
            Just(None),
            (
                prop_oneof![0.0..20.0, Just(-4.0), Just(f64::NAN), Just(f64::INFINITY)],
                prop_oneof![-1.0..2.0, Just(f64::NAN)],
                0.0..2.0,
            )
                .prop_map(|(width_mm, weight, factor)| Some(Rim { width_mm, weight, factor }))
        ],
        (inner, outer) in (0_u32..9, 0_u32..20),
        fixed: bool,
        harmonics in 0_usize..40,
        curve_harmonics in prop_oneof![Just(None), (0_usize..40).prop_map(Some)],
        (grown, smooth) in (
            prop_oneof![-9.0..30.0, Just(f64::NAN), Just(1e9)],
            prop_oneof![-9.0..30.0, Just(f64::NAN), Just(f64::INFINITY)],
        ),
        (over_frames, mixture) in (
            prop_oneof![Just(0.0), -0.1..0.5, Just(f64::NAN)],
            prop_oneof![Just(0.0), -1.0..2.0, Just(f64::NAN)],
        ),
        (es_from, es_to) in (-0.5..1.5, -0.5..1.5),
        ed_override in prop_oneof![4 => Just(None), 1 => (0_usize..30).prop_map(|at| Some(FrameIndex::new(at)))],
        es_override in prop_oneof![4 => Just(None), 1 => (0_usize..30).prop_map(|at| Some(FrameIndex::new(at)))],
    ) -> Protocol {
        let mut protocol = Protocol::by_name(Protocol::NAMES.get(preset).unwrap_or(&"standard")).expect("a preset");
        protocol.frames.ed_override = ed_override;
        protocol.frames.es_override = es_override;
        if preset == 4 {
            protocol.name = "candidate".into();
            let element = if square { Element::Square } else { Element::Cross };
            protocol.estimator = Estimator::Roi(RoiChoices {
                grid: if square { Grid::Square256 } else { Grid::Study },
                roi_margin_mm: margin,
                background: if arc {
                    BackgroundRegion::Arc {
                        from_clock: from, to_clock: to, gap_mm: gap, width_mm: width, assumed_field_mm: 400.0, hot_pixel_mads: mads, coolest_fraction,
                    }
                } else {
                    BackgroundRegion::Ring { inner, outer, element }
                },
                background_frame: when,
                rim,
            });
        }
        if let Estimator::BackgroundImage(choices) = &mut protocol.estimator {
            choices.roi_margin_mm = grown;
            choices.smoothing_mm = smooth;
            choices.smoothing_cycle_fraction = over_frames;
            choices.mixture = mixture;
        }
        if preset != 1 && preset != 2 {
            protocol.curve_harmonics = curve_harmonics;
            protocol.frames.harmonics = harmonics;
            protocol.frames.curve = if fixed { FrameCurve::FixedRoi } else { FrameCurve::Net };
            protocol.frames.es_from_cycle_fraction = es_from;
            protocol.frames.es_to_cycle_fraction = es_to;
        }
        protocol
    }
}

fn every_number(analysis: &Analysis) -> Vec<f64> {
    let lvef = |key: &str| analysis.results.lvef_percent(key);
    let mut numbers = vec![analysis.lvef_percent];
    numbers.extend(
        [lvef("background_image"), lvef("standard"), lvef("paper"), lvef("unmixed"), lvef("fixed_roi")]
            .into_iter()
            .flatten(),
    );
    for phase in [&analysis.end_diastole, &analysis.end_systole] {
        numbers.extend([phase.area_px, phase.counts, phase.net_counts]);
        numbers.extend(phase.area_mm2);
    }
    if let Some(background) = &analysis.background {
        numbers.push(background.mean_counts_per_pixel);
        numbers.extend(&background.counts_per_pixel_by_frame);
    }
    numbers.push(analysis.counting_error_points);
    for curve in std::iter::once(&analysis.curve).chain(&analysis.unmixed_curve) {
        numbers.extend(curve.net_counts.iter().chain(curve.fitted_counts.iter().flatten()));
    }
    numbers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn numbers_are_finite_or_there_is_an_error(
        study in studies(), kind in 0_u8..=6, seed: u64, fraction_kind in 0_u8..4, protocol in protocols()
    ) {
        let lv_fraction = (fraction_kind > 0).then(|| {
            let mut index = 0;
            Array3::from_shape_fn(study.counts().dim(), |_| {
                index += 1;
                match fraction_kind {
                    1 => noise(seed, index),
                    2 => 0.0,
                    _ => [f32::NAN, f32::INFINITY, -1.0, 0.5][index % 4],
                }
            })
        });
        let segmentation = Segmentation { masks: masks(&study, kind, seed), lv_fraction, ..Segmentation::default() };
        let model = ModelIdentity { name: "any".into(), sha256: String::new() };
        match measure(&study, segmentation, model, &protocol) {
            Ok(analysis) => {
                for number in every_number(&analysis) {
                    prop_assert!(number.is_finite(), "{number}");
                }
                for warning in &analysis.warnings {
                    prop_assert!(!warning.message.contains("NaN") && !warning.message.contains("inf"), "{}", warning.message);
                }
                prop_assert!(analysis.end_diastole.area_px > 0.0 && analysis.end_systole.area_px > 0.0);
                prop_assert_eq!(analysis.contours.len(), study.frames());
            }
            Err(error) => prop_assert!(!error.to_string().contains("NaN"), "{error}"),
        }
    }
}
