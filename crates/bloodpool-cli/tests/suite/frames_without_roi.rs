//! End-systole chosen without a ROI, against the truth of simulated studies.

use bloodpool_core::measure::frames::end_systole_without_roi;
use bloodpool_phantom::{Family, Population};
use rayon::prelude::*;

#[test]
fn end_systole_is_within_a_frame_of_the_truth() {
    let studies: u32 = 200;
    let errors: Vec<usize> = (0..u64::from(studies))
        .into_par_iter()
        .map(|index| {
            let simulated = Population::ordinary(Family::Own, 21).study(index).unwrap();
            let found = end_systole_without_roi(&simulated.labelled.study).unwrap().number();
            found.abs_diff(simulated.truth.end_systole_frame)
        })
        .collect();
    let mean = errors.iter().sum::<usize>() as f64 / f64::from(studies);
    let within_one = errors.iter().filter(|&&error| error <= 1).count();
    println!("end-systole: mean |error| {mean:.2} frames, {within_one} of {studies} within one frame");
    assert!(mean <= 0.5 && within_one >= 190, "{mean} frames, {within_one} of {studies}");
}
