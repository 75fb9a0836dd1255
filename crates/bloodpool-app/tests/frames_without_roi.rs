//! End-systole chosen without a ROI, against the truth of simulated studies.
#![allow(clippy::unwrap_used)]

use bloodpool::measure::emptying::end_systole_without_roi;
use bloodpool_phantom::Simulation;

#[test]
fn end_systole_is_within_a_frame_of_the_truth() {
    let (studies, mut sum, mut within_one) = (80, 0, 0);
    for index in 0..studies {
        let simulated = Simulation::wide(21).study(index).unwrap();
        let found = end_systole_without_roi(&simulated.labelled.study).unwrap() + 1;
        let error = found.abs_diff(simulated.truth.end_systole_frame);
        sum += error;
        within_one += u64::from(error <= 1);
    }
    let mean = sum as f64 / studies as f64;
    println!("mean |error| of end-systole: {mean:.2} frames; {within_one} of {studies} within one frame");
    assert!(mean <= 0.6 && within_one * 100 >= studies * 95, "{mean} frames, {within_one} of {studies}");
}
