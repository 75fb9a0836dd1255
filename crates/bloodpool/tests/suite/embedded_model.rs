//! The embedded model gives the same outlines as when it was made.

use std::path::Path;

use bloodpool::dicom::{Selection, read_study};
use bloodpool::files::sha256;
use bloodpool::stats::overlap;
use bloodpool::{GatedStudy, Mask, Model};
use ndarray::s;

/// SHA-256 of the masks below, a byte per pixel, computed with the program that the model was released with.
const MASKS: &str = "05484c7d270c8ad949feca66d53f0a935cfd28f53702990a3e9597cc26cecf4c";
/// LV counts that the model sees in the same studies, computed likewise.
const LV_COUNTS: f64 = 625_864.97;

fn example(name: &str) -> GatedStudy {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/{name}.dcm"));
    read_study(&path, &Selection::default()).unwrap()
}

#[test]
fn the_embedded_model_outlines_as_it_always_did() {
    let segmenter = Model::load("compact", "cpu").unwrap().segmenter;
    let (mut bytes, mut counts) = (Vec::new(), 0.0);
    for name in ["normal", "cardiotoxic", "akinesis"] {
        let study = example(name);
        let found = segmenter.segment(&study).unwrap();
        bytes.extend(found.masks.iter().flat_map(|mask| mask.pixels().iter().map(|inside| u8::from(*inside))));
        counts += f64::from((found.lv_fraction.unwrap() * study.counts()).sum());
    }
    let inside: usize = bytes.iter().map(|byte| usize::from(*byte)).sum();
    assert!(inside > 10_000, "{inside} pixels of LV");
    assert_eq!(sha256(&bytes), MASKS, "{inside} pixels of LV, {counts} LV counts");
    // Other processors round in another order.
    assert!((counts / LV_COUNTS - 1.0).abs() < 1e-5, "{counts} LV counts");
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    // A cohort is analysed by workers of one thread, and must have the numbers that `analyze` gives.
    let segmenter = Model::load("compact", "cpu").unwrap().segmenter;
    let study = example("normal");
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let fraction = pool.install(|| segmenter.segment(&study)).unwrap().lv_fraction.unwrap();
        fraction.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
    };
    let one = with(1);
    for threads in [2, 3, 5] {
        assert!(with(threads) == one, "{threads} threads");
    }
}

#[test]
fn oblong_pixels_give_the_outlines_of_square_ones() {
    let segmenter = Model::load("compact", "cpu").unwrap().segmenter;
    let square = example("akinesis");
    let (counts, [spacing, _]) = (square.counts(), square.pixel_spacing_mm().unwrap());
    // Every two rows, or every two columns, as one.
    let rows = &counts.slice(s![.., 0..;2, ..]) + &counts.slice(s![.., 1..;2, ..]);
    let columns = &counts.slice(s![.., .., 0..;2]) + &counts.slice(s![.., .., 1..;2]);
    let expected = segmenter.segment(&square).unwrap().masks;
    let double = 2.0 * spacing;
    for (counts, spacing, [high, wide]) in [(rows, [double, spacing], [2, 1]), (columns, [spacing, double], [1, 2])] {
        let study = GatedStudy::new(counts, Some(spacing)).unwrap();
        let found = segmenter.segment(&study).unwrap().masks;
        for (frame, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let drawn_large = Mask::from_fn(128, 128, |row, column| found.contains(row / high, column / wide));
            let dice = overlap(&drawn_large, expected).unwrap().dice;
            assert!(dice > 0.9, "frame {frame} of pixels {high} high, {wide} wide: Dice {dice}");
        }
    }
}
