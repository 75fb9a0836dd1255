//! Ventricular function of simulated studies from true outlines and fractions, against what is true of them.

use std::time::Instant;

use bloodpool_core::analysis::measure;
use bloodpool_core::function::{RegionFunction, VentricularFunction};
use bloodpool_core::{Analysis, FrameIndex, Mask, ModelIdentity, Protocol};
use bloodpool_phantom::{Family, Population, SimulatedStudy};
use ndarray::{Array3, Axis, Zip};

/// Studies of each test.
const STUDIES: u64 = 24;

struct Case {
    simulated: SimulatedStudy,
    analysis: Analysis,
    function: VentricularFunction,
    seconds: f64,
}

fn cases(seed: u64) -> Vec<Case> {
    let mut source = Population::ordinary(Family::Own, seed);
    source.matrix = Some(64);
    let model = || ModelIdentity { name: "truth".into(), sha256: String::new() };
    let of = |index| {
        let simulated = source.study(index).unwrap();
        let study = &simulated.labelled.study;
        let outlines = simulated.labelled.perfect_segmentation();
        let analysis = measure(study, outlines, model(), &Protocol::background_image()).ok()?;
        let start = Instant::now();
        let function = analysis.function(study)?;
        let seconds = start.elapsed().as_secs_f64();
        Some(Case { function, seconds, analysis, simulated })
    };
    (0..STUDIES).filter_map(of).collect()
}

fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}

/// Expected counts from the RV by frame: its share of the counts, which are nearly without noise in so large a region.
fn right_counts(counts: &Array3<f32>, share: &Array3<f32>) -> Vec<f64> {
    let frames = counts.axis_iter(Axis(0)).zip(share.axis_iter(Axis(0)));
    let sum = |counts, share| {
        Zip::from(counts).and(share).fold(0.0, |sum, &counts: &f32, &share: &f32| sum + f64::from(counts * share))
    };
    frames.map(|(counts, share)| sum(counts, share)).collect()
}

#[test]
fn the_right_ventricle_has_the_ef_of_its_own_counts() {
    let (mut errors, mut ratios) = (Vec::new(), Vec::new());
    for case in cases(71) {
        let Some(found) = case.function.right_ventricle.value() else { continue };
        let rv = case.simulated.labelled.scene.as_ref().unwrap().rv.as_ref().unwrap();
        let curve = right_counts(case.simulated.labelled.study.counts(), &rv.fraction);
        let at = |frame: FrameIndex| curve[frame.index()];
        let truth = (1.0 - at(found.end_systole) / at(found.end_diastole)) * 100.0;
        errors.push(found.rvef_percent - truth);
        ratios.extend(found.left_over_right_stroke_counts.value().copied());
    }
    let (bias, sd) = mean_and_sd(&errors);
    println!("RVEF, {} simulated studies with true outlines: bias {bias:.2}, SD {sd:.2} points", errors.len());
    println!("LV/RV stroke counts: mean {:.2}, SD {:.2}", mean_and_sd(&ratios).0, mean_and_sd(&ratios).1);
    assert!(errors.len() >= 18 && bias.abs() < 3.0 && sd < 4.0, "{bias} {sd}");
}

#[test]
fn sectors_have_the_ef_of_the_lv_counts_in_them() {
    let mut errors = Vec::new();
    for Case { simulated, analysis, function, .. } in cases(72) {
        let Some(found) = function.sectors.value() else { continue };
        let (ed, es) = (analysis.end_diastole.frame.index(), analysis.end_systole.frame.index());
        let parts = found.sectors.parts(&simulated.labelled.masks[ed]);
        let counted = |part: &Mask, frame: usize| -> f64 {
            part.inside().map(|(row, column)| f64::from(simulated.lv_counts[[frame, row, column]])).sum()
        };
        for (part, sector) in parts.iter().zip(&found.ejection_fractions) {
            let Some(RegionFunction { ef_percent, .. }) = sector.outcome.value() else { continue };
            errors.push(ef_percent - (1.0 - counted(part, es) / counted(part, ed)) * 100.0);
        }
    }
    let (bias, sd) = mean_and_sd(&errors);
    println!("regional EF, {} sectors of simulated studies: bias {bias:.2}, SD {sd:.2} points", errors.len());
    assert!(errors.len() > 120 && bias.abs() < 3.0 && sd < 8.0, "{bias} {sd}");
}

#[test]
fn it_takes_a_small_part_of_an_analysis() {
    let mut seconds: Vec<f64> = cases(73).iter().map(|case| case.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let median_ms = seconds[seconds.len() / 2] * 1000.0;
    println!("ventricular function of a 64 x 64 study: {median_ms:.1} ms (median of {})", seconds.len());
    // Unoptimised builds are many times slower.
    assert!(median_ms < if cfg!(debug_assertions) { 3000.0 } else { 150.0 }, "{median_ms} ms");
}
