//! LVEF by the established presets on fixed studies: formulas and keys that must not change, to the last digit.

use bloodpool_core::measure::measure_protocol;
use bloodpool_core::{GatedStudy, Mask, Measurement, ModelIdentity, Protocol, Segmentation};
use ndarray::Array3;

/// Whole-number noise of 0 to 15 from a hash of the place, so that counts are the same on every machine.
fn noise(frame: usize, row: usize, column: usize) -> u32 {
    let mut state = (frame * 7919 + row * 104_729 + column * 1_299_709) as u32;
    state ^= state >> 15;
    state = state.wrapping_mul(0x2c1b_3c6d);
    state ^= state >> 12;
    state & 15
}

/// A beating disc beside a hotter neighbour on uneven background; the last two frames lost counts. Every count is a whole
/// number, every mask the result of whole-number comparisons.
fn study(frames: usize, side: usize) -> (GatedStudy, Segmentation) {
    let unit = side / 32;
    // Radius squared in sixteenths of a unit squared; smallest at a third of the cycle.
    let radius = |frame: usize| {
        let from_es = frame.abs_diff(frames / 3).min(frames - frame.abs_diff(frames / 3));
        (110 + 190 * from_es / (frames / 2)) * unit * unit
    };
    let inside = |frame: usize, row: usize, column: usize| {
        let (y, x) = (row.abs_diff(17 * unit), column.abs_diff(18 * unit));
        16 * (y * y + x * x) <= radius(frame)
    };
    let masks = (0..frames).map(|frame| Mask::from_fn(side, side, |row, column| inside(frame, row, column))).collect();
    let mut fraction = Array3::zeros((frames, side, side));
    let counts = Array3::from_shape_fn((frames, side, side), |(frame, row, column)| {
        let neighbour = if column < 12 * unit && row > 10 * unit && row < 24 * unit { 60 } else { 0 };
        let lv = if inside(frame, row, column) { 80 } else { 0 };
        let rest = 30 + (row / unit) as u32 + neighbour + noise(frame, row, column);
        let kept = if frame + 2 >= frames { 3 } else { 4 };
        // Sixteenths, which are exact.
        fraction[[frame, row, column]] = ((16 * lv + 8) / (lv + rest)) as f32 / 16.0;
        ((lv + rest) * kept) as f32
    });
    let study = GatedStudy::new(counts, Some([256.0 / side as f64; 2])).expect("a valid study");
    (study, Segmentation { masks, lv_fraction: Some(fraction), ..Segmentation::default() })
}

/// What one protocol reads from the counts as they are, corrected or not.
fn measured(frames: usize, side: usize, protocol: &Protocol) -> Measurement {
    let (study, segmentation) = study(frames, side);
    let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
    measure_protocol(&study, &segmentation, &model, protocol).expect("a measurable study")
}

/// `standard`, `paper`, `unmixed` and `fixed_roi`, as the version before `background_image` read them.
const BEFORE: [(usize, usize, [f64; 4]); 3] = [
    (24, 64, [49.204_192_687_710_35, 53.608_754_713_607_496, 48.963_438_956_922, 44.722_092_897_177_81]),
    (16, 128, [47.952_045_374_648_996, 51.587_553_321_981_84, 47.803_557_828_374_77, 42.595_876_133_179_54]),
    (32, 64, [55.521_460_810_866_75, 58.831_952_879_076_944, 55.544_678_873_832_06, 49.202_544_604_340_11]),
];

#[test]
fn established_protocols_keep_their_numbers() {
    for (frames, side, before) in BEFORE {
        let by = |protocol: Protocol| measured(frames, side, &protocol);
        let standard = by(Protocol::standard());
        let [paper, unmixed] = [Protocol::paper(), Protocol::unmixed()].map(|protocol| by(protocol).lvef_percent);
        let fixed = standard.fixed_roi_lvef_percent.expect("a number");
        let found = [standard.lvef_percent, paper, unmixed, fixed];
        for (found, before) in found.into_iter().zip(before) {
            // Sines and cosines of another platform may differ in their last digit.
            assert!((found - before).abs() < 1e-11, "{frames} {side}: {found:?} where {before:?} was");
        }
    }
}
