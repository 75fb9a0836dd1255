//! Tests of the rates: values, intervals, refusals, and that the scale of counts does not matter.

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::ModelIdentity;
use crate::measure::measure_protocol;
use crate::synthetic::{Beat, beating, outlined};

/// The curve whose values SciPy gave (`features.rs`), at the start of each frame's step.
fn heart(frames: usize) -> Vec<f64> {
    let terms = [(287.0, -249.0), (123.0, 131.0), (14.0, -11.0), (-12.0, 13.0)];
    let value = |frame: usize| {
        let turn = TAU * frame as f64 / frames as f64;
        let wave =
            |((cosine, sine), order): ((f64, f64), f64)| cosine * (order * turn).cos() + sine * (order * turn).sin();
        1100.0 + terms.into_iter().zip([1.0, 2.0, 3.0, 4.0]).map(wave).sum::<f64>()
    };
    (0..frames).map(value).collect()
}

struct Case {
    net: Vec<f64>,
    noise: CountingNoise,
    drop_off: DropOff,
    gating: Gating,
}

impl Case {
    /// The heart in `frames` frames of `frame_time_ms`, with a noise of `sd` counts per frame.
    fn new(frames: usize, frame_time_ms: Option<f64>, sd: f64) -> Self {
        Self {
            net: heart(frames),
            noise: CountingNoise::independent(vec![sd * sd; frames]),
            drop_off: DropOff { totals: vec![1.0; frames], kept: vec![1.0; frames] },
            gating: Gating { frame_time_ms, ..Gating::default() },
        }
    }

    fn read(&self) -> CurveFunction {
        self.read_any().unwrap()
    }

    fn read_any(&self) -> Option<CurveFunction> {
        let choice = FrameChoice::default();
        let input = CurveInput {
            net_counts: &self.net,
            usable: &vec![true; self.net.len()],
            drop_off: &self.drop_off,
            noise: &self.noise,
            gating: &self.gating,
            choice: &choice,
            harmonics: 4,
        };
        CurveFunction::new(input, BOOTSTRAP_SEED).ok()
    }

    #[track_caller]
    fn all_refused(&self, expected: &Refusal) {
        for result in self.read().results {
            assert_eq!(result.outcome.refusal(), Some(expected), "{:?}", result.quantity);
        }
    }
}

fn estimate(found: &CurveFunction, quantity: Quantity) -> Estimate {
    *found.outcome(quantity).unwrap().value().unwrap()
}

#[test]
fn values_are_those_of_the_curve_and_lie_in_their_intervals() {
    let case = Case::new(24, Some(35.0), 8.0);
    let found = case.read();
    for (quantity, expected, within) in [
        (Quantity::PeakEjectionRate, 3.722_187, 1e-4),
        (Quantity::PeakFillingRate, 2.959_925, 1e-4),
        (Quantity::TimeToPeakFilling, 133.932_443, 0.01),
        (Quantity::AtrialContribution, 31.762_626, 1e-3),
    ] {
        let Estimate { value, low, high } = estimate(&found, quantity);
        assert!((value - expected).abs() < within, "{quantity:?}: {value}");
        assert!(low < value && value < high, "{quantity:?}: {low} {high}");
    }
    assert_eq!((found.warnings.len(), found.bootstrap_samples, found.outline_share_added), (0, 399, false));
    // 24 frames of 35 ms: 840 ms, 71.4 beats per minute.
    assert!((found.heart_rate_per_min.unwrap() - 60_000.0 / 840.0).abs() < 1e-9);
    let marks = found.marks.unwrap();
    // ED of the SciPy curve lies at 0.006867 of the cycle, ES at 0.347819.
    assert!((marks.end_diastole.frames - 0.164_8).abs() < 1e-3 && (marks.end_systole.frames - 8.347_66).abs() < 1e-3);
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<CurveFunction>(&text).unwrap(), found);
}

#[test]
fn intervals_are_as_wide_as_repeated_counts_spread() {
    // The same curve with 300 draws of noise: 95 % of a normal distribution is 3.92 SD wide.
    let case = Case::new(24, Some(35.0), 8.0);
    let choice = FrameChoice::default();
    let spans = Spans { choice: &choice, frames: 24, frame_time_ms: 35.0, first_at: 0.5 / 24.0 };
    let sampler = Sampler::new(4);
    let mut generator = Generator::new(77);
    let mut samples: Vec<[f64; QUANTITIES]> = Vec::new();
    for _ in 0..300 {
        let noisy: Vec<f64> = case.net.iter().map(|value| value + 8.0 * generator.normal()).collect();
        let fit = crate::measure::curve::Harmonics::fit(&noisy, &[1.0; 24], 4).unwrap();
        let values = Features::of(&fit, &sampler, spans).unwrap().values;
        samples.push(values.map(|value| value.unwrap()));
    }
    let found = case.read();
    for (at, quantity) in Quantity::OF_CURVE.into_iter().enumerate() {
        let values: Vec<f64> = samples.iter().map(|sample| sample[at]).collect();
        let sd = bloodpool_stats::mean_sd(&values).unwrap().sd;
        let Estimate { low, high, .. } = estimate(&found, quantity);
        let ratio = (high - low) / (3.92 * sd);
        assert!((0.8..1.25).contains(&ratio), "{quantity:?}: {ratio}");
    }
}

#[test]
fn frame_times_decide_whether_rates_are_given() {
    Case::new(24, None, 8.0).all_refused(&Refusal::FrameTimeAbsent);
    let long = Refusal::FrameTimeLong { frame_time_ms: 50.5, limit_ms: 50.0 };
    Case::new(24, Some(50.5), 8.0).all_refused(&long);
    let warned = Case::new(20, Some(45.0), 8.0).read();
    assert_eq!(warned.warnings, [CurveWarning::FrameTimeLong { frame_time_ms: 45.0 }]);
    assert!(warned.outcome(Quantity::PeakFillingRate).unwrap().value().is_some());
    assert!(Case::new(20, Some(40.0), 8.0).read().warnings.is_empty());
    // The heart rate is known without frame time where the R-R interval is recorded.
    let mut case = Case::new(24, None, 8.0);
    case.gating.rr_interval_ms = Some(800.0);
    assert_eq!(case.read().heart_rate_per_min, Some(75.0));
    assert!(case.read().curve.smoothed_counts.len() == 24 && case.read().marks.is_none());
}

#[test]
fn what_noise_or_few_frames_hide_is_refused() {
    Case::new(8, Some(40.0), 8.0).all_refused(&Refusal::FewHarmonics { fitted: 2, needed: 3 });
    let refused = Case::new(24, Some(35.0), 400.0).read().results;
    assert!(refused.iter().all(|result| matches!(result.outcome.refusal(), Some(Refusal::NoBeat { .. }))));
    // With its higher harmonics at 35 % the atrial peak just exists; with noise of 20 counts NumPy finds none in about a
    // quarter of the samples.
    let mut weak = Case::new(24, Some(35.0), 20.0);
    for (frame, net) in weak.net.iter_mut().enumerate() {
        let turn = TAU * frame as f64 / 24.0;
        let first = 1100.0 + 287.0 * turn.cos() - 249.0 * turn.sin();
        *net = first + 0.35 * (*net - first);
    }
    let weak = weak.read();
    let Some(Refusal::Unstable { missing_share }) = weak.outcome(Quantity::AtrialContribution).unwrap().refusal()
    else {
        panic!("{:?}", weak.outcome(Quantity::AtrialContribution));
    };
    assert!((0.12..0.4).contains(missing_share), "{missing_share}");
    assert!(weak.outcome(Quantity::PeakEjectionRate).unwrap().value().is_some());
}

#[test]
fn drop_off_is_made_up_for_until_too_much_is_lost() {
    let mut case = Case::new(24, Some(35.0), 4.0);
    let lose = |case: &mut Case, kept: f64| {
        case.drop_off.kept[22] = 0.9;
        case.drop_off.kept[23] = kept;
        for frame in [22, 23] {
            case.net[frame] = heart(24)[frame] * case.drop_off.kept[frame];
        }
    };
    lose(&mut case, 0.7);
    let found = case.read();
    assert_eq!(found.warnings, [CurveWarning::DropOff { frames: 2 }]);
    let atrial = *found.outcome(Quantity::AtrialContribution).unwrap().value().unwrap();
    assert!((atrial.value - 31.762_626).abs() < 1e-3, "{}", atrial.value);
    lose(&mut case, 0.4);
    let found = case.read();
    let lost = Refusal::CycleEndLost { frame: FrameIndex::new(23), kept: 0.4 };
    assert_eq!(found.outcome(Quantity::AtrialContribution).unwrap().refusal(), Some(&lost));
    assert!(found.outcome(Quantity::PeakFillingRate).unwrap().value().is_some());
}

#[test]
fn a_measured_study_has_a_curve_with_rates() {
    let beat = Beat { frames: 24, ..Beat::default() };
    let (study, segmentation) = (beating(&beat), outlined(&beat));
    let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
    let protocol = Protocol::standard();
    let measured = measure_protocol(&study, &segmentation, &model, &protocol).unwrap();
    let found = CurveFunction::of(&study, &segmentation, &protocol, &measured).unwrap();
    assert_eq!(found.curve.net_counts, measured.curve.net_counts);
    assert_eq!(Some(&found.curve.smoothed_counts), measured.curve.fitted_counts.as_ref());
    // Frames of 35 ms; the disc empties by a cosine from 0 to 0.36 of the cycle, whose steepest fall is at 0.18 of 840 ms
    // from frame 1's start, and half a frame later by the frames' centres.
    let time = found.outcome(Quantity::TimeToPeakEjection).unwrap().value().unwrap();
    assert!((time.value - (0.18 * 840.0 + 17.5)).abs() < 15.0, "{}", time.value);
    let share = OutlineShare { below: 0.1, above: 0.05 };
    let before = *found.outcome(Quantity::PeakEjectionRate).unwrap().value().unwrap();
    let wider = found.with_outline_share(share);
    let after = *wider.outcome(Quantity::PeakEjectionRate).unwrap().value().unwrap();
    assert!(wider.outline_share_added && after.low < before.low && after.high > before.high);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn any_curve_gives_finite_numbers_or_refusals(
        net in proptest::collection::vec(prop_oneof![Just(0.0), Just(-1e9), Just(1e300), -50.0..5000.0], 9..40),
        lost in proptest::collection::vec(0.0_f64..1.0, 3),
        sd in prop_oneof![Just(0.0), Just(1e200), 0.1..100.0],
        frame_time_ms in prop_oneof![Just(None), Just(Some(f64::NAN)), Just(Some(1e-300)), (5.0..60.0).prop_map(Some)],
    ) {
        let mut case = Case::new(net.len(), frame_time_ms, sd);
        case.net = net;
        let from = case.net.len() - 3;
        case.drop_off.kept[from..].copy_from_slice(&lost);
        if let Some(found) = case.read_any() {
            // Numbers that are not finite would be written as null and could not be read.
            let text = serde_json::to_string(&found).unwrap();
            let read: CurveFunction = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, found);
        }
    }

    #[test]
    fn the_scale_of_counts_changes_nothing(scale in 0.05_f64..40.0, sd in 1.0_f64..40.0) {
        let plain = Case::new(24, Some(35.0), sd);
        let mut scaled = Case::new(24, Some(35.0), sd * scale);
        scaled.net.iter_mut().for_each(|net| *net *= scale);
        for (one, other) in plain.read().results.iter().zip(scaled.read().results) {
            match (&one.outcome, &other.outcome) {
                (Outcome::Value(one), Outcome::Value(other)) => {
                    for (one, other) in [(one.value, other.value), (one.low, other.low), (one.high, other.high)] {
                        prop_assert!((one - other).abs() < 1e-6 * one.abs().max(1.0));
                    }
                }
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }
}
