//! The embedded model gives the same outlines as when it was made.

#![allow(clippy::unwrap_used)]

mod ellipses;

use bloodpool_core::{GatedStudy, Mask, SampleSource, Segmenter};
use bloodpool_files::sha256;
use bloodpool_nn::{NetworkSegmenter, device};
use bloodpool_stats::overlap;
use ellipses::Ellipses;
use ndarray::s;

/// SHA-256 of the masks below, a byte per pixel, computed with the program that the model was released with.
const MASKS: &str = "4be59886024bf6596c56df00222971097c80e6a64b795c9e8d1149df17e7872d";
/// LV counts that the model sees in the same studies, computed likewise.
const LV_COUNTS: f64 = 1_012_147.24;

#[test]
fn the_embedded_model_outlines_as_it_always_did() {
    let json = include_str!("../../../models/compact.json");
    let weights = include_bytes!("../../../models/compact.safetensors");
    let segmenter = NetworkSegmenter::from_bytes(json, weights, &device::by_name("flex").unwrap()).unwrap();
    let (mut bytes, mut counts) = (Vec::new(), 0.0);
    for (side, index) in [(64, 3), (64, 11), (128, 7)] {
        let sample = Ellipses { side, studies: None }.sample(index).unwrap();
        // One matrix is not square.
        let rows = if index == 11 { 8..56 } else { 0..side };
        let part = sample.study.counts().slice(s![.., rows, ..]).to_owned();
        let study = GatedStudy::new(part, Some([4.0, 4.0])).unwrap();
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
fn oblong_pixels_give_the_outlines_of_square_ones() {
    let json = include_str!("../../../models/compact.json");
    let weights = include_bytes!("../../../models/compact.safetensors");
    let segmenter = NetworkSegmenter::from_bytes(json, weights, &device::by_name("flex").unwrap()).unwrap();
    let square = Ellipses { side: 128, studies: None }.sample(7).unwrap().study;
    let counts = square.counts();
    // Every two rows, or every two columns, as one.
    let rows = &counts.slice(s![.., 0..;2, ..]) + &counts.slice(s![.., 1..;2, ..]);
    let columns = &counts.slice(s![.., .., 0..;2]) + &counts.slice(s![.., .., 1..;2]);
    let expected = segmenter.segment(&square).unwrap().masks;
    for (counts, spacing, [high, wide]) in [(rows, [4.0, 2.0], [2, 1]), (columns, [2.0, 4.0], [1, 2])] {
        let study = GatedStudy::new(counts, Some(spacing)).unwrap();
        let found = segmenter.segment(&study).unwrap().masks;
        for (frame, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let drawn_large = Mask::from_fn(128, 128, |row, column| found.contains(row / high, column / wide));
            let dice = overlap(&drawn_large, expected).unwrap().dice;
            assert!(dice > 0.93, "frame {frame} of pixels {high} high, {wide} wide: Dice {dice}");
        }
    }
}
