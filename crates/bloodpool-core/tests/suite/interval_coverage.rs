//! That intervals hold what they promise, in each slice and not only over all, on errors whose spread is known.

use bloodpool_core::uncertainty::{Calibration, CalibrationError, Example, Features, ShippedFor};
use bloodpool_core::{ModelIdentity, Protocol};

/// Uniform numbers of 0 to 1 (xorshift64*) and normal ones of them (Box and Muller).
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (radius, turn) = (self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
    }
}

/// A study whose error is wider with few counts, a coarse matrix and disagreeing estimators, heavier in its tails than a
/// normal one, and biased upwards at low LVEF: what a linear model of its size can only partly follow.
fn example(draws: &mut Draws) -> Example {
    let true_lvef = 10.0 + 70.0 * draws.uniform();
    let lv_counts = (9.0 + 2.5 * draws.uniform()).exp();
    let matrix = if draws.uniform() < 0.6 { 64 } else { 128 };
    let counting = 200.0 / lv_counts.sqrt();
    let hidden = (0.5 * draws.normal()).exp();
    let spread = (counting.powi(2) + 2.0).sqrt() * hidden * if matrix == 64 { 1.3 } else { 1.0 };
    let bias = if true_lvef < 30.0 { 1.5 } else { 0.0 };
    let read = true_lvef + bias + spread * draws.normal();
    let features = Features {
        lvef_percent: read,
        counting_error_points: counting,
        lv_counts,
        lv_area_mm2: (draws.uniform() < 0.9).then(|| 1500.0 + 2000.0 * draws.uniform()),
        certainty: bloodpool_core::Certainty {
            looks_dice: Some(0.97 - 0.02 * hidden * draws.uniform()),
            ..Default::default()
        },
        standard_difference_points: Some((spread * draws.normal()).abs()),
        unmixed_difference_points: Some((0.5 * spread * draws.normal()).abs()),
        odd_even_difference_points: Some((counting * draws.normal()).abs()),
        matrix,
        frames: 24,
    };
    Example { features, true_lvef_percent: true_lvef }
}

fn shipped_for() -> ShippedFor {
    let model = ModelIdentity { name: "none".into(), sha256: String::new() };
    ShippedFor { model, protocol: Protocol::background_image(), data: "drawn numbers".into() }
}

fn thirds(examples: &[Example], value: impl Fn(&Example) -> f64) -> Vec<Vec<&Example>> {
    let mut sorted: Vec<&Example> = examples.iter().collect();
    sorted.sort_by(|a, b| value(a).total_cmp(&value(b)));
    sorted.chunks(sorted.len().div_ceil(3)).map(<[&Example]>::to_vec).collect()
}

fn coverage(calibration: &Calibration, examples: &[&Example]) -> f64 {
    let held = examples.iter().filter(|example| {
        let interval = calibration.interval(&example.features, example.features.lvef_percent).expect("finite numbers");
        (interval.low..=interval.high).contains(&example.true_lvef_percent)
    });
    100.0 * held.count() as f64 / examples.len() as f64
}

#[test]
fn every_slice_is_held_as_promised() {
    let mut draws = Draws(42);
    let fitted: Vec<Example> = (0..6000).map(|_| example(&mut draws)).collect();
    let fresh: Vec<Example> = (0..30_000).map(|_| example(&mut draws)).collect();
    let calibration = Calibration::fit(&fitted, shipped_for()).unwrap();
    let of_matrix = |matrix: usize| fresh.iter().filter(|e| e.features.matrix == matrix).collect::<Vec<_>>();
    let mut slices = vec![("all", fresh.iter().collect::<Vec<_>>())];
    slices.extend(thirds(&fresh, |e| e.features.lvef_percent).into_iter().map(|slice| ("LVEF third", slice)));
    slices.extend(thirds(&fresh, |e| e.features.lv_counts).into_iter().map(|slice| ("counts third", slice)));
    slices.extend([64, 128].map(|matrix| ("matrix", of_matrix(matrix))));
    for (name, slice) in &slices {
        let held = coverage(&calibration, slice);
        println!("{name}: {held:.1} %");
        assert!((93.5..=96.5).contains(&held), "{name}: {held}");
    }
    for slice in thirds(&fresh, |e| e.true_lvef_percent) {
        let held = coverage(&calibration, &slice);
        println!("true LVEF third: {held:.1} %");
        assert!((91.0..=98.0).contains(&held), "{held}");
    }
    // Difficulty is worth having: intervals of easy studies are far narrower than those of hard ones.
    let mut widths: Vec<f64> =
        fresh.iter().map(|e| calibration.reach_points(&e.features).expect("finite numbers").iter().sum()).collect();
    widths.sort_by(f64::total_cmp);
    assert!(widths[27_000] > 2.0 * widths[3_000], "{} {}", widths[27_000], widths[3_000]);
}

#[test]
fn a_calibration_is_read_as_it_is_written() {
    let mut draws = Draws(7);
    let examples: Vec<Example> = (0..200).map(|_| example(&mut draws)).collect();
    let calibration = Calibration::fit(&examples, shipped_for()).unwrap();
    let text = serde_json::to_string(&calibration).unwrap();
    let read: Calibration = serde_json::from_str(&text).unwrap();
    assert_eq!(read.clone().check().unwrap(), calibration);
    let features = &examples[0].features;
    assert_eq!(read.interval(features, 55.0), calibration.interval(features, 55.0));
    let other: Calibration = serde_json::from_str(&text.replace("calibration/1", "calibration/9")).unwrap();
    assert!(matches!(other.check(), Err(CalibrationError::Malformed(_))));
    // Cut to what an LVEF can be.
    for lvef in [-30.0, 0.5, 99.5, 140.0] {
        let interval = calibration.interval(features, lvef).unwrap();
        assert!(0.0 <= interval.low && interval.low <= interval.high && interval.high <= 100.0, "{interval:?}");
    }
    assert_eq!(calibration.interval(features, f64::NAN), None);
}

#[test]
fn too_few_studies_and_undefined_numbers_are_refused() {
    let mut draws = Draws(9);
    let mut examples: Vec<Example> = (0..160).map(|_| example(&mut draws)).collect();
    let few = Calibration::fit(&examples[..149], shipped_for());
    assert_eq!(few, Err(CalibrationError::TooFew { examples: 149, needed: 150 }));
    examples[11].true_lvef_percent = f64::INFINITY;
    assert_eq!(Calibration::fit(&examples, shipped_for()), Err(CalibrationError::NotFinite { example: 12 }));
}
