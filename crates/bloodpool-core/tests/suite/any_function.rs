//! Ventricular function of any study with any outlines gives finite numbers or reasons: never a panic, never NaN.

use bloodpool_core::function::{FunctionInput, OutlineShare, VentricularFunction};
use bloodpool_core::{
    GatedStudy, Landmarks, Mask, ModelIdentity, Protocol, RightVentricle, Segmentation, measure_protocol,
};
use ndarray::Array3;
use proptest::prelude::*;

/// A number from 0 to 1 for every index, from a seed.
fn noise(seed: u64, index: usize) -> f32 {
    let mut state = seed ^ (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
}

/// A disc that beats by `swing` on a noisy field, or noise alone where it is 0.
fn study(
    frames: usize,
    seed: u64,
    level: f32,
    swing: f32,
    spacing: Option<[f64; 2]>,
    frame_ms: Option<f64>,
) -> GatedStudy {
    let counts = Array3::from_shape_fn((frames, 32, 40), |(frame, row, column)| {
        let emptied = 0.5 - 0.5 * (std::f32::consts::TAU * frame as f32 / frames as f32).cos();
        let inside = (row as f32 - 16.0).hypot(column as f32 - 22.0) < 8.0;
        let own = if inside { swing * (2.0 - emptied) } else { 0.0 };
        level * (1.0 + noise(seed, (frame * 32 + row) * 40 + column)) + own
    });
    let mut study = GatedStudy::new(counts, spacing).expect("counts are finite and not negative");
    study.gating.frame_time_ms = frame_ms;
    study
}

fn masks(frames: usize, kind: u8, seed: u64) -> Vec<Mask> {
    let mask = |frame: usize| {
        let random = |index: usize| noise(seed, frame * 1000 + index);
        let kind = if kind == 5 { (random(0) * 5.0) as u8 } else { kind };
        Mask::from_fn(32, 40, |row, column| match kind {
            0 => false,
            1 => true,
            2 => noise(seed, (frame * 32 + row) * 40 + column) > 0.5,
            3 => (row, column) == (31, 39),
            _ => (row as f32 - 16.0).hypot(column as f32 - 22.0) < 9.0,
        })
    };
    (0..frames).map(mask).collect()
}

fn every_number(found: &VentricularFunction) -> Vec<f64> {
    let mut numbers = Vec::new();
    if let Some(curve) = found.curve.value() {
        numbers.extend(curve.heart_rate_per_min);
        numbers.extend(&curve.curve.smoothed_counts);
        numbers.extend(curve.curve.corrected_counts.iter().chain(&curve.curve.noise_sd_counts).flatten());
        for estimate in curve.results.iter().filter_map(|result| result.outcome.value()) {
            numbers.extend([estimate.value, estimate.low, estimate.high]);
        }
        if let Some(marks) = curve.marks {
            let some = [marks.peak_ejection, marks.peak_filling, marks.atrial_onset].into_iter().flatten();
            let all = [marks.end_diastole, marks.end_systole].into_iter().chain(some);
            numbers.extend(all.flat_map(|mark| [mark.frames, mark.net_counts]));
        }
    }
    let phases = &found.phases;
    for phase in [&phases.lv, &phases.rv, &phases.septal, &phases.lateral].into_iter().filter_map(|phase| phase.value())
    {
        numbers.extend([phase.mean_degrees, phase.sd_degrees, phase.bandwidth_95_degrees]);
        numbers.extend([phase.entropy, phase.synchrony]);
    }
    for later in [&phases.rv_less_lv, &phases.septal_less_lateral].into_iter().filter_map(|later| later.value()) {
        numbers.push(later.degrees);
        numbers.extend(later.ms);
    }
    if let Some(sectors) = found.sectors.value() {
        for region in sectors.ejection_fractions.iter().filter_map(|sector| sector.outcome.value()) {
            numbers.extend([region.ef_percent, region.counting_error_points]);
        }
        for motion in sectors.wall_motion.iter().filter_map(|sector| sector.outcome.value()) {
            numbers.push(motion.shortening_percent);
            numbers.extend(motion.ed_radius_mm.into_iter().chain(motion.inward_mm));
        }
    }
    if let Some(right) = found.right_ventricle.value() {
        numbers.extend([right.rvef_percent, right.counting_error_points]);
        numbers.extend([right.counts.ed_net_counts, right.counts.es_net_counts]);
        numbers.extend(right.left_over_right_stroke_counts.value());
        numbers.extend(&right.net_counts);
    }
    numbers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]
    #[test]
    fn numbers_are_finite_or_there_is_a_reason(
        (frames, seed) in (8_usize..=26, any::<u64>()),
        level in prop_oneof![Just(1.0_f32), Just(1e30), 1.0_f32..300.0],
        swing in prop_oneof![Just(0.0_f32), Just(1e33), 10.0_f32..500.0],
        spacing in prop_oneof![Just(None), Just(Some([4.0, 4.0])), Just(Some([1e-3, 1e3]))],
        frame_ms in prop_oneof![Just(None), Just(Some(f64::NAN)), Just(Some(0.0)), Just(Some(-3.0)), (1.0..60.0).prop_map(Some)],
        (kind, rv_kind) in (0_u8..=5, 0_u8..=5),
        fraction_kind in 0_u8..4,
        points in prop::array::uniform6(prop_oneof![4 => -10.0..50.0, 1 => Just(f64::NAN)]),
        preset in 0_usize..4,
        shared: bool,
    ) {
        let study = study(frames, seed, level, swing, spacing, frame_ms);
        let lv = masks(frames, kind, seed);
        let fraction = Array3::from_shape_fn(study.counts().dim(), |(frame, row, column)| match fraction_kind {
            0 => if lv[frame].contains(row, column) { 0.6 } else { 0.0 },
            1 => noise(seed, (frame * 32 + row) * 40 + column),
            2 => 0.0,
            _ => [f32::NAN, f32::INFINITY, -1.0, 0.5][(row + column) % 4],
        });
        let landmarks = Landmarks { apex: [points[0], points[1]], valve_plane: [[points[2], points[3]], [points[4], points[5]]] };
        let segmentation = Segmentation {
            masks: lv,
            rv: Some(RightVentricle { masks: masks(frames, rv_kind, seed ^ 1), fraction: fraction.clone() }),
            lv_fraction: Some(fraction),
            landmarks: Some(vec![landmarks; frames]),
            ..Segmentation::default()
        };
        let model = ModelIdentity { name: "any".into(), sha256: String::new() };
        let protocol = Protocol::by_name(Protocol::NAMES[preset]).expect("a preset");
        if let Ok(measured) = measure_protocol(&study, &segmentation, &model, &protocol) {
            let found = VentricularFunction::of(FunctionInput {
                study: &study,
                segmentation: &segmentation,
                model: &model,
                protocol: &protocol,
                measured: &measured,
                outline_share: shared.then_some(OutlineShare { below: 0.1, above: 0.2 }),
            });
            for number in every_number(&found) {
                prop_assert!(number.is_finite(), "{number} in {found:?}");
            }
        }
    }
}
