//! Classical segmenters on beating discs whose outline is known, and on anything else.

use std::f64::consts::TAU;

use bloodpool_core::classical::{GrownWithin, PhaseAmplitude, RadialEdges, RegionGrowing, Smoothing, Watershed};
use bloodpool_core::{GatedStudy, Mask, ModelIdentity, Segmentation, SegmentationError, Segmenter};
use bloodpool_stats::overlap::overlap;
use ndarray::Array3;
use proptest::prelude::*;

const FRAMES: usize = 16;
const SIDE: usize = 64;
/// ES of the discs.
const ES: usize = 6;

/// Radius of the LV, pixels: 9 at ED, `es` at ES.
fn radius(frame: usize, es: f64) -> f64 {
    9.0 - (9.0 - es) * (0.5 - 0.5 * cosine(frame))
}

/// 1 at frame 0, -1 at ES, and back.
fn cosine(frame: usize) -> f64 {
    let way = if frame <= ES { frame as f64 / ES as f64 } else { (FRAMES - frame) as f64 / (FRAMES - ES) as f64 };
    (way * TAU / 2.0).cos()
}

/// An LV right of an RV that beats with it, an atrium above that fills meanwhile, and a body; 4 mm pixels. The chambers are
/// spheres, so that their silhouettes are discs, seen through a camera that blurs by a pixel.
fn discs(es: f64, noise: u64) -> GatedStudy {
    let sharp = Array3::from_shape_fn((FRAMES, SIDE, SIDE), |(frame, row, column)| {
        let sphere = |r: f64, c: f64, radius: f64| {
            let off = (row as f64 - r).hypot(column as f64 - c);
            (radius * radius - off * off).max(0.0).sqrt()
        };
        let emptied = 0.5 - 0.5 * cosine(frame);
        let body = if (row as f64 - 32.0).hypot(column as f64 - 32.0) < 29.0 { 60.0 } else { 5.0 };
        let lv = 25.0 * sphere(36.0, 40.0, radius(frame, es));
        let rv = 15.0 * sphere(36.0, 20.0, 8.0 - 2.0 * emptied);
        let atrium = 20.0 * sphere(16.0, 34.0, 4.0 + 2.0 * emptied);
        body + lv + rv + atrium
    });
    let counts = Array3::from_shape_fn((FRAMES, SIDE, SIDE), |(frame, row, column)| {
        let near = |at: usize| [(at.saturating_sub(1), 1.0), (at, 2.0), ((at + 1).min(SIDE - 1), 1.0)];
        let blurred: f64 = near(row)
            .into_iter()
            .flat_map(|(r, down)| near(column).map(|(c, across)| down * across / 16.0 * sharp[[frame, r, c]]))
            .sum();
        (blurred + blurred.sqrt() * grain(noise, (frame * SIDE + row) * SIDE + column)).max(0.0).round() as f32
    });
    GatedStudy::new(counts, Some([4.0, 4.0])).unwrap()
}

/// A number of mean 0 and SD 1 for every pixel; 0 for seed 0.
fn grain(seed: u64, index: usize) -> f64 {
    if seed == 0 {
        return 0.0;
    }
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (index as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
    let mut uniform = || {
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(0x94D0_49BB_1331_11EB);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..12).map(|_| uniform()).sum::<f64>() - 6.0
}

fn disc(frame: usize, es: f64) -> Mask {
    Mask::from_fn(SIDE, SIDE, |row, column| (row as f64 - 36.0).hypot(column as f64 - 40.0) <= radius(frame, es))
}

fn dice(segmenter: &dyn Segmenter, study: &GatedStudy, es: f64) -> [f64; 2] {
    let found = segmenter.segment(study).unwrap();
    assert_eq!(found.masks.len(), FRAMES);
    [0, ES].map(|frame| overlap(&found.masks[frame], &disc(frame, es)).unwrap().dice)
}

fn methods() -> Vec<Box<dyn Segmenter>> {
    vec![
        Box::new(RegionGrowing::default()),
        Box::new(RadialEdges::default()),
        Box::new(PhaseAmplitude::default()),
        Box::new(Watershed::default()),
    ]
}

#[test]
fn discs_of_known_radius_are_found() {
    // Least Dice at ED and ES that each method must have, over two sizes at ES, without and with counting noise.
    let least = [[0.85, 0.75], [0.85, 0.75], [0.75, 0.65], [0.80, 0.65]];
    let mut below = Vec::new();
    for (method, least) in methods().iter().zip(least) {
        for (es, noise) in [(6.0, 0), (6.0, 1), (5.0, 2)] {
            let found = dice(method.as_ref(), &discs(es, noise), es);
            if found[0] < least[0] || found[1] < least[1] {
                below.push((method.identity().name, es, noise, found));
            }
        }
    }
    assert!(below.is_empty(), "{below:?}");
}

#[test]
fn one_region_is_the_same_on_every_frame() {
    let one = PhaseAmplitude { emptied_below: None, ..PhaseAmplitude::default() };
    let masks = one.segment(&discs(6.0, 1)).unwrap().masks;
    assert!(!masks[0].is_empty() && masks.iter().all(|mask| *mask == masks[0]));
}

/// Outlines that are given.
struct Given(Segmentation);

impl Segmenter for Given {
    fn segment(&self, _: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Ok(self.0.clone())
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: "given".into(), sha256: "ab".into() }
    }
}

fn given(masks: Vec<Mask>, fraction: Option<Array3<f32>>) -> Given {
    Given(Segmentation { masks, lv_fraction: fraction, ..Segmentation::default() })
}

#[test]
fn outlines_that_are_off_are_moved_back_but_no_farther_than_allowed() {
    let study = discs(6.0, 1);
    let off = |change: fn(&Mask) -> Mask| (0..FRAMES).map(|frame| change(&disc(frame, 6.0))).collect::<Vec<_>>();
    for masks in [off(|mask| mask.dilated_mm(4.0, [4.0; 2])), off(|mask| mask.eroded_mm(4.0, [4.0; 2]))] {
        let before = [0, ES].map(|frame| overlap(&masks[frame], &disc(frame, 6.0)).unwrap().dice);
        let grown = GrownWithin::new(given(masks.clone(), None));
        let after = dice(&grown, &study, 6.0);
        assert!(after[0] > before[0] && after[1] > before[1], "{before:?} {after:?}");
        let moved = grown.segment(&study).unwrap().masks;
        for (mask, moved) in masks.iter().zip(&moved) {
            assert!(moved.difference(&mask.dilated_mm(grown.distance_mm, [4.0; 2])).is_empty());
            assert!(mask.eroded_mm(grown.distance_mm, [4.0; 2]).difference(moved).is_empty());
        }
    }
}

#[test]
fn what_the_other_segmenter_gives_beside_masks_is_kept() {
    let study = discs(6.0, 1);
    let masks: Vec<Mask> = (0..FRAMES).map(|frame| disc(frame, 6.0).eroded_mm(4.0, [4.0; 2])).collect();
    let none = Array3::from_elem((FRAMES, SIDE, SIDE), 0.0_f32);
    // Without any LV fraction outside of its masks nothing may be added.
    let grown = GrownWithin::new(given(masks.clone(), Some(none.clone())));
    let found = grown.segment(&study).unwrap();
    assert_eq!(found.lv_fraction, Some(none));
    assert!(masks.iter().zip(&found.masks).all(|(mask, moved)| moved.difference(mask).is_empty()));
    assert_eq!(grown.identity().name, "given, grown within 4 mm");
    assert_eq!(grown.identity().sha256, "ab");
    let mut still = GrownWithin::new(given(masks.clone(), None));
    still.distance_mm = 0.0;
    assert_eq!(still.segment(&study).unwrap().masks, masks);
}

prop_compose! {
    fn studies()(
        frames in 8_usize..=20,
        rows in 32_usize..=40,
        columns in 32_usize..=50,
        seed in 1_u64..,
        level in prop_oneof![Just(0.0_f32), Just(1e-30), Just(1e30), 0.0_f32..1e4],
        contrast in prop_oneof![Just(0.0_f32), Just(f32::MAX / 16.0), Just(1e-40), 0.0_f32..1e4],
        spacing in prop_oneof![
            Just(None), Just(Some([4.0, 4.0])), Just(Some([1e-3, 1e3])), Just(Some([1e-300, 1e300])),
            (0.1..20.0, 0.1..20.0).prop_map(|(a, b)| Some([a, b]))
        ],
    ) -> GatedStudy {
        let mut counts = Array3::from_shape_fn((frames, rows, columns), |(frame, row, column)| {
            level + contrast * grain(seed, (frame * rows + row) * columns + column).abs() as f32
        });
        counts.index_axis_mut(ndarray::Axis(1), 0).mapv_inplace(|value| value.max(1.0));
        GatedStudy::new(counts, spacing).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_counts_give_masks_of_the_study(
        study in studies(),
        number in prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), Just(1e300), 0.0..20.0],
        masks in 0_usize..3,
    ) {
        let mut all = methods();
        let smoothing = Smoothing { image_mm: number, harmonics: 3 };
        all.push(Box::new(RadialEdges { smoothing, thresholds: [number, number], longest_mm: number, recentred: 99 }));
        all.push(Box::new(Watershed { smoothing, margin_mm: number, ..Watershed::default() }));
        all.push(Box::new(RegionGrowing { smoothing, edge_at: number, ..RegionGrowing::default() }));
        all.push(Box::new(PhaseAmplitude { smoothing, emptied_below: Some(number), ring_mm: number }));
        let (frames, rows, columns) = study.counts().dim();
        let mask = |frame: usize| match masks {
            0 => Mask::empty(rows, columns),
            1 => Mask::from_fn(rows, columns, |_, _| true),
            _ => Mask::from_fn(rows, columns, |row, column| row.abs_diff(16) + column.abs_diff(16) < frame % 9),
        };
        let inner = || given((0..frames).map(mask).collect(), None);
        let (mut far, mut full) = (GrownWithin::new(inner()), GrownWithin::new(inner()));
        (far.distance_mm, far.edge_at, full.smallest_fraction) = (number, number, number as f32);
        all.push(Box::new(far));
        all.push(Box::new(full));
        for segmenter in all {
            let found = segmenter.segment(&study).unwrap();
            prop_assert_eq!(found.masks.len(), frames);
            prop_assert!(found.masks.iter().all(|mask| mask.dim() == (rows, columns)));
        }
    }
}
