//! `TrainingView`: some frames of a study in a window, as input of the network, with their truth.

use bloodpool_core::{FrameIndex, LabelledStudy};
use rand::{Rng, RngExt};

use crate::augmentation::Augmentation;
use crate::distortion::{Elastic, blur, relight};
use crate::input::{self, CountsInWindow, InputChannels, Layout};
use crate::placement::{Placement, Supervision, supervision};
use crate::reference::ring_of_view;
use crate::scene_truth::SceneTruth;
use crate::window::Window;

/// One view: some frames of one study in one window, with the truth. For a network whose input is the cycle the first
/// frame is the true end-diastole and the second the true end-systole; an image network gets any frames.
#[derive(Debug, Clone)]
pub struct TrainingView {
    /// Input of the network, `[frame, channel, row, column]`.
    pub inputs: Vec<f32>,
    /// How much of each pixel is LV, `[frame, row, column]`.
    pub mask: Vec<f32>,
    /// Fraction of each pixel's counts that come from LV blood, `[frame, row, column]`.
    pub fraction: Vec<f32>,
    /// Counts relative to the view's mean, `[frame, row, column]`.
    pub counts: Vec<f32>,
    /// Whether the fraction is known at all.
    pub fraction_known: bool,
    /// Whether the window holds the whole LV.
    pub holds_lv: bool,
    /// Whether the window is drawn around the LV, as in the refined pass; otherwise it is the whole field.
    pub close: bool,
    /// Whether masks and fractions are trained on: not for hearts that are mirrored, turned or in another view.
    pub outlined: bool,
    /// True EF, 0 to 1, where it is known, end-diastole has all its counts and no fault of gating changed it.
    pub ejection_fraction: Option<f32>,
    /// The truth beyond the LV, where it is known and the network predicts it.
    pub scene: Option<SceneTruth>,
    /// The reference EF of a study without outlines; the first two frames are its end-diastole and end-systole.
    pub reference: Option<ReferenceView>,
}

/// The reference EF of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceView {
    /// EF, percent.
    pub percent: f32,
    /// By what it was measured.
    pub modality: String,
    /// Distances from the outline between which background is measured, pixels of the view.
    pub ring: [u32; 2],
}

/// Draws one view of a study.
#[must_use]
pub fn draw_view(
    sample: &LabelledStudy,
    augmentation: &Augmentation,
    frames: usize,
    layout: Layout,
    rng: &mut impl Rng,
) -> TrainingView {
    let study = &sample.study;
    let (rows, columns) = (study.rows(), study.columns());
    let diastole = sample.extremes().0.index();
    let recognises = layout.input == InputChannels::BloodPool;
    // Without the true orientation, a turned image has no label.
    let turns = recognises && sample.scene.is_some();
    let placement = Placement::draw(sample, diastole, augmentation, layout.side, turns, rng);
    let supervision = supervision(sample);
    let outlined = match supervision {
        Supervision::Outlines => placement.turn.is_usual(),
        Supervision::RecognitionOnly | Supervision::ReferenceEf => false,
        Supervision::NoHeart => true,
    };
    let pixels_of_grid = layout.pixels();
    let (first, others) = frames_to_draw(sample, layout.input, supervision == Supervision::ReferenceEf);
    let selected = draw_frames(first, others, frames, rng);

    let elastic = (augmentation.elastic > 0.0).then(|| Elastic::draw(layout.side, augmentation.elastic, rng));
    let resampler = placement.resampler(elastic.as_ref(), rows, columns);
    let CountsInWindow { images: mut counts, indices } = CountsInWindow::new(layout, study, &resampler, &selected);
    let outlines = outlined && supervision == Supervision::Outlines;
    let mut scene =
        (recognises.then(|| SceneTruth::new(sample, &placement, &resampler, &selected, outlines))).flatten();
    let pixel = placement.window.step().powi(2) / placement.window.aspect; // of the grid, in study pixels
    let mut mask = Vec::with_capacity(selected.len() * pixels_of_grid);
    let mut lv_counts = Vec::new();
    let mut holds_lv = true;
    for &frame in &selected {
        let pixels: Vec<f32> = sample.masks[frame].pixels().iter().map(|&inside| f32::from(u8::from(inside))).collect();
        let resampled = resampler.apply_all(&pixels, rows * columns);
        let (there, here) = (pixels.iter().sum::<f32>(), resampled.iter().sum::<f32>());
        holds_lv &= f64::from(here) * pixel > 0.985 * f64::from(there);
        mask.extend(resampled);
        if let Some(fraction) = &sample.lv_fraction {
            let product: Vec<f32> = (fraction.index_axis(ndarray::Axis(0), frame).iter())
                .zip(study.frame(FrameIndex::new(frame)).iter())
                .map(|(fraction, counts)| fraction * counts)
                .collect();
            lv_counts.extend(resampler.apply_all(&product, rows * columns));
        }
    }
    if rng.random_bool(augmentation.blur) {
        let sigma = rng.random_range(0.0..=augmentation.blur_sigma) as f32;
        let rv_counts = scene.as_mut().and_then(|scene| scene.rv.as_mut()).map(|rv| &mut rv.fraction);
        for images in [&mut counts, &mut lv_counts].into_iter().chain(rv_counts) {
            images.chunks_exact_mut(pixels_of_grid).for_each(|frame| blur(frame, layout.side, sigma));
        }
    }

    let mut inputs = input::channels(layout, &counts, &indices);
    if !layout.input.has_harmonics() && (augmentation.brightness > 0.0 || augmentation.contrast > 0.0) {
        let Augmentation { brightness, contrast, .. } = *augmentation;
        relight(&mut inputs, layout.channels() * pixels_of_grid, brightness, contrast, rng);
    }
    let mut counts: Vec<f32> =
        indices.iter().flat_map(|index| counts[index * pixels_of_grid..][..pixels_of_grid].to_vec()).collect();
    let of_counts = |part: &[f32]| -> Vec<f32> {
        let fraction = |(part, all): (&f32, &f32)| if *all > 0.0 { (part / all).clamp(0.0, 1.0) } else { 0.0 };
        part.iter().zip(&counts).map(fraction).collect()
    };
    if let Some(rv) = scene.as_mut().and_then(|scene| scene.rv.as_mut()) {
        rv.fraction = of_counts(&rv.fraction);
    }
    // Where there is no heart, no counts come from its blood.
    let fraction_known = !lv_counts.is_empty() || supervision == Supervision::NoHeart;
    let fraction = if lv_counts.is_empty() { vec![0.0; mask.len()] } else { of_counts(&lv_counts) };
    let mean = counts.iter().sum::<f32>() / counts.len() as f32;
    let scale = if mean > 0.0 { 1.0 / mean } else { 1.0 };
    counts.iter_mut().for_each(|value| *value *= scale);
    let faulty = sample.scene.as_ref().is_some_and(|scene| scene.shown.gating_sound == Some(false));
    let ejection_fraction = sample
        .lvef_percent
        .filter(|_| outlines && !faulty && !lost_counts(study, diastole))
        .map(|percent| percent as f32 / 100.0);
    let close = placement.close;
    let reference = sample
        .reference
        .as_ref()
        .filter(|_| supervision == Supervision::ReferenceEf && !lost_counts(study, diastole))
        .map(|reference| ReferenceView {
            percent: reference.percent as f32,
            modality: reference.modality.clone(),
            ring: ring_of_view(layout.side, placement.window.side / Window::field(study, layout.side).side),
        });
    TrainingView {
        inputs,
        mask,
        fraction,
        counts,
        fraction_known,
        holds_lv,
        close,
        outlined,
        ejection_fraction,
        scene,
        reference,
    }
}

/// Whether a frame holds clearly fewer counts than the cycle's median frame: an end-diastole in the drop-off at the end of
/// the cycle has too few counts for its volume, so that its EF cannot be used in training.
fn lost_counts(study: &bloodpool_core::GatedStudy, frame: usize) -> bool {
    let total = |frame: usize| study.frame(FrameIndex::new(frame)).sum();
    let mut totals: Vec<f32> = (0..study.frames()).map(total).collect();
    totals.sort_by(f32::total_cmp);
    total(frame) < 0.95 * totals[totals.len() / 2]
}

/// Frames of a study whose truth is known: those that a view must have, in order, and those that it may have besides. With `extremes`,
/// an image network too must have end-diastole and end-systole.
fn frames_to_draw(sample: &LabelledStudy, input: InputChannels, extremes: bool) -> (Vec<usize>, Vec<usize>) {
    let known: Vec<usize> = match &sample.annotated {
        Some(annotated) => annotated.all().map(FrameIndex::index).collect(),
        None => (0..sample.study.frames()).collect(),
    };
    match input {
        InputChannels::Frame | InputChannels::FrameInCycle if !extremes => (Vec::new(), known),
        _ => {
            let extremes: [FrameIndex; 2] = sample.extremes().into();
            let [diastole, systole] = extremes.map(FrameIndex::index);
            let others = known.into_iter().filter(|frame| *frame != diastole && *frame != systole).collect();
            (vec![diastole, systole], others)
        }
    }
}

/// The first, then others at random; some come twice when there are too few.
fn draw_frames(first: Vec<usize>, mut others: Vec<usize>, wanted: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut available = first.clone();
    available.extend(&others);
    available.sort_unstable();
    let mut selected = first;
    while selected.len() < wanted {
        if others.is_empty() {
            selected.push(available[rng.random_range(0..available.len())]);
        } else {
            selected.push(others.swap_remove(rng.random_range(0..others.len())));
        }
    }
    selected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::InputChannels;
    use bloodpool_core::{AnnotatedFrames, GatedStudy, Mask};
    use ndarray::Array3;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const LAYOUT: Layout = Layout { side: 64, input: InputChannels::Cycle };

    /// A disc that shrinks from frame 2 to frame 7; half of its counts come from LV blood.
    fn sample(side: usize) -> LabelledStudy {
        let radius = |frame: usize| {
            0.15 * side as f64 * if (2..=7).contains(&frame) { 1.0 - 0.08 * (frame - 2) as f64 } else { 0.9 }
        };
        let masks: Vec<Mask> = (0..10)
            .map(|frame| {
                Mask::from_fn(side, side, |row, column| {
                    (row as f64 + 0.5 - 0.4 * side as f64).hypot(column as f64 + 0.5 - 0.6 * side as f64)
                        <= radius(frame)
                })
            })
            .collect();
        let inside = |frame: usize, row, column| f32::from(u8::from(masks[frame].contains(row, column)));
        let counts =
            Array3::from_shape_fn((10, side, side), |(frame, row, column)| 10.0 + 90.0 * inside(frame, row, column));
        let fraction = Array3::from_shape_fn((10, side, side), |(frame, row, column)| 0.5 * inside(frame, row, column));
        LabelledStudy {
            study: GatedStudy::new(counts, None).unwrap(),
            lv_fraction: Some(fraction),
            masks,
            annotated: None,
            lv_volume_ml: None,
            lvef_percent: Some(60.0),
            scene: None,
            reference: None,
        }
    }

    fn lv_counts(view: &TrainingView, frame: usize) -> f32 {
        let pixels = LAYOUT.pixels();
        let range = frame * pixels..(frame + 1) * pixels;
        view.fraction[range.clone()].iter().zip(&view.counts[range]).map(|(fraction, counts)| fraction * counts).sum()
    }

    #[test]
    fn the_first_two_frames_are_the_extremes() {
        let sample = sample(64);
        assert_eq!(sample.extremes(), (FrameIndex::new(2), FrameIndex::new(7)));
        let mut volumes = vec![50.0; 10];
        (volumes[0], volumes[4]) = (90.0, 20.0);
        let by_volume = LabelledStudy { lv_volume_ml: Some(volumes), ..sample.clone() };
        assert_eq!(by_volume.extremes(), (FrameIndex::new(0), FrameIndex::new(4)));
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let draw = |sample: &LabelledStudy, input: InputChannels, wanted: usize, rng: &mut ChaCha8Rng| {
            let (first, others) = frames_to_draw(sample, input, false);
            draw_frames(first, others, wanted, rng)
        };
        for wanted in [6, 14] {
            let frames = draw(&sample, InputChannels::Cycle, wanted, &mut rng);
            assert_eq!((frames.len(), frames[0], frames[1]), (wanted, 2, 7));
            let distinct: std::collections::HashSet<_> = frames.iter().collect();
            assert_eq!(distinct.len(), wanted.min(10));
        }
        // An image network gets any frames; of an annotated study, only the annotated ones.
        let annotated = AnnotatedFrames {
            end_diastole: FrameIndex::new(1),
            end_systole: FrameIndex::new(6),
            others: [3, 8].map(FrameIndex::new).to_vec(),
        };
        let drawn_on = LabelledStudy { annotated: Some(annotated), ..sample };
        let mut frames = draw(&drawn_on, InputChannels::Frame, 4, &mut rng);
        frames.sort_unstable();
        assert_eq!(frames, [1, 3, 6, 8]);
        assert_eq!(draw(&drawn_on, InputChannels::Cycle, 2, &mut rng), [1, 6]);
    }

    #[test]
    fn images_are_distorted_and_relit_with_their_masks() {
        let layout = Layout { side: 64, input: InputChannels::Frame };
        let draw = |augmentation: &Augmentation| {
            draw_view(&sample(64), augmentation, 1, layout, &mut ChaCha8Rng::seed_from_u64(4))
        };
        let still = Augmentation {
            rotation_degrees: 0.0,
            whole_smallest: 1.0,
            whole_largest: 1.0,
            whole_shift: 0.0,
            elastic: 0.0,
            brightness: 0.0,
            contrast: 0.0,
            ..Augmentation::paper()
        };
        let plain = draw(&still);
        let distorted = draw(&Augmentation { elastic: 0.02, ..still.clone() });
        assert_ne!(plain.mask, distorted.mask);
        // LV counts lie within the LV mask before and after: both went the same way.
        let lit = |view: &TrainingView| {
            let (mask, counts) = (&view.mask, &view.counts);
            let brightest = counts.iter().copied().fold(0.0, f32::max);
            mask.iter().zip(counts).filter(|&(inside, value)| (*inside > 0.5) != (*value > 0.55 * brightest)).count()
        };
        assert!(lit(&plain) == 0 && lit(&distorted) == 0);
        let relit = draw(&Augmentation { brightness: 0.1, contrast: 0.1, ..still });
        assert!(relit.mask == plain.mask && relit.inputs != plain.inputs);
    }

    #[test]
    fn views_keep_the_truth_for_every_window_and_matrix() {
        for side in [64, 128] {
            let sample = sample(side);
            let counts = |frame: usize| sample.masks[frame].area() as f32;
            let expected = counts(7) / counts(2);
            for seed in 0..20 {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let view = draw_view(&sample, &Augmentation::default(), 4, LAYOUT, &mut rng);
                assert_eq!(view.inputs.len(), 4 * LAYOUT.channels() * LAYOUT.pixels());
                assert!(view.inputs.iter().chain(&view.mask).chain(&view.fraction).all(|value| value.is_finite()));
                if view.holds_lv {
                    let ratio = lv_counts(&view, 1) / lv_counts(&view, 0);
                    assert!((ratio - expected).abs() < 0.03, "matrix {side}, seed {seed}: {ratio} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn an_end_diastole_in_the_drop_off_gives_no_ef() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let whole = sample(64);
        assert!(draw_view(&whole, &Augmentation::default(), 2, LAYOUT, &mut rng).ejection_fraction.is_some());
        let mut counts = whole.study.counts().clone();
        counts.index_axis_mut(ndarray::Axis(0), 2).map_inplace(|value| *value *= 0.8);
        let dropped = LabelledStudy { study: GatedStudy::new(counts, None).unwrap(), ..whole };
        assert!(draw_view(&dropped, &Augmentation::default(), 2, LAYOUT, &mut rng).ejection_fraction.is_none());
    }

    #[test]
    fn a_window_that_cuts_the_lv_is_marked() {
        let cut = Augmentation {
            whole_field: 0.0,
            shift: 0.0,
            smallest_side: 1.0,
            largest_side: 1.0,
            ..Augmentation::default()
        };
        let whole = Augmentation { whole_field: 1.0, ..Augmentation::default() };
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        assert!(!draw_view(&sample(64), &cut, 2, LAYOUT, &mut rng).holds_lv);
        assert!(draw_view(&sample(64), &whole, 2, LAYOUT, &mut rng).holds_lv);
    }
}
