//! Every kind of made-bad study: finite counts, correct labels, correct truth.

use super::*;
use ndarray::Axis;
use rand::SeedableRng;

use crate::faults::cycle::emptied_percent;
use crate::no_heart::Picture;

fn made(kind: Kind, seed: u64) -> Made {
    // One seed in three on the large matrix, which takes four times as long.
    let matrix = if seed.is_multiple_of(3) { 128 } else { 64 };
    make(kind, &mut ChaCha8Rng::seed_from_u64(seed), &toy::family, Some(matrix))
}

#[test]
fn every_kind_gives_a_study_with_honest_labels() {
    for kind in Kind::ALL {
        for seed in 0..3 {
            let name = kind.name();
            let made = made(kind, seed);
            let expected = &made.expected;
            let frames = expected.total.dim().0;
            for counts in [&expected.lv, &expected.rv, &expected.total] {
                assert!(counts.iter().all(|v| v.is_finite() && *v >= 0.0), "{name} {seed}");
                assert_eq!(counts.dim(), (frames, expected.side, expected.side), "{name} {seed}");
            }
            let shown = expected.shown;
            let no_lvef = matches!(kind, Kind::NoHeart(_) | Kind::TwoHearts);
            assert_eq!(expected.lvef.is_none(), no_lvef, "{name}");
            assert_eq!(made.fault.reference == Reference::NoLvef, no_lvef, "{name}");
            let no_whole_heart = no_lvef || matches!(kind, Kind::CutByEdge | Kind::HalfOutside | Kind::Inverted);
            assert_eq!(shown.heart, !no_whole_heart, "{name}");
            if let Some(lvef) = expected.lvef {
                assert_eq!(expected.volumes_ml.len(), frames, "{name}");
                assert_eq!(expected.silhouettes.len(), frames, "{name}");
                assert_eq!(expected.visible.len(), frames, "{name}");
                assert_eq!(expected.landmarks.len(), frames, "{name}");
                assert_eq!(expected.rv_masks.len(), frames, "{name}");
                let images = emptied_percent(&expected.volumes_ml);
                assert!((lvef.images - images).abs() < 1e-6, "{name}: {} for {images}", lvef.images);
            }
            let seen = match kind {
                Kind::Seen(view) => Some(view),
                _ if no_lvef => None,
                _ => Some(View::LeftAnteriorOblique),
            };
            assert_eq!(shown.view, seen, "{name}");
            let usual = shown.orientation.is_none_or(Orientation::is_usual);
            assert_eq!(!usual, kind.class() == Class::Orientation, "{name}");
            let sound = match kind {
                Kind::RWaveShifted
                | Kind::TwoBeats
                | Kind::OutOfPhase
                | Kind::FrameRepeated
                | Kind::FramesDisordered => Some(false),
                Kind::StaticHeart | Kind::BeatsSmeared | Kind::PartlyUntriggered => None,
                _ if no_lvef => None,
                _ => Some(true),
            };
            assert_eq!(shown.gating_sound, sound, "{name}");

            let study = made.into_study(&mut ChaCha8Rng::seed_from_u64(seed), (1, seed), 1.0);
            let study = study.unwrap_or_else(|e| panic!("{name} {seed}: {e}"));
            let most = study.labelled.study.counts().iter().copied().fold(0.0, f32::max);
            assert!(most <= f32::from(u16::MAX), "{name} {seed}: {most}");
        }
    }
}

#[test]
fn names_differ_and_shares_are_equal() {
    let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Kind::ALL.len());
    let pictures = Kind::ALL.iter().filter(|kind| matches!(kind, Kind::NoHeart(_))).count();
    assert_eq!(pictures, Picture::ALL.len());
}

#[test]
fn the_same_draw_gives_the_same_study() {
    for kind in Kind::ALL {
        let (a, b) = (made(kind, 7), made(kind, 7));
        assert_eq!((a.expected.total, a.after_noise), (b.expected.total, b.after_noise), "{}", kind.name());
    }
}

#[test]
fn faults_of_gating_leave_the_lvef_that_the_frames_show() {
    for seed in 0..10 {
        for kind in [Kind::PartlyUntriggered, Kind::OutOfPhase, Kind::RWaveShifted] {
            let lvef = made(kind, seed).expected.lvef.unwrap();
            let (images, frames) = (lvef.images, lvef.frames);
            let fits = match kind {
                Kind::RWaveShifted => (images - frames).abs() < 1e-6,
                // Two groups of beats, or three, leave less than four fifths of the motion.
                Kind::OutOfPhase => images < 0.8 * frames,
                _ => (0.25 * frames..0.95 * frames).contains(&images),
            };
            assert!(fits, "{} {seed}: {images} of {frames}", kind.name());
            // The toy's counts are its volumes but for its pixels.
            assert!((lvef.counts - images).abs() < 4.0, "{} {seed}: {} of {images}", kind.name(), lvef.counts);
        }
    }
}

#[test]
fn what_images_cannot_show_the_rr_data_show() {
    for seed in 0..30 {
        for kind in [Kind::BeatsSmeared, Kind::PartlyUntriggered] {
            let gating = made(kind, seed).expected.gating;
            let (accepted, rejected) = (gating.beats_accepted.unwrap(), gating.beats_rejected.unwrap());
            let share = f64::from(rejected) / f64::from(accepted + rejected);
            let window = (gating.rr_high_ms.unwrap() - gating.rr_low_ms.unwrap()) / gating.rr_interval_ms.unwrap();
            assert!(share > 0.15 || window > 0.45, "{} {seed}: {share} rejected, window {window}", kind.name());
        }
    }
}

#[test]
fn two_beats_are_recorded_as_one_long_interval() {
    for seed in 0..10 {
        let made = made(Kind::TwoBeats, seed).expected;
        let (rr, frame_time) = (made.gating.rr_interval_ms.unwrap(), made.gating.frame_time_ms.unwrap());
        assert!((1100.0..2500.0).contains(&rr), "{rr}: twice 50 to 105 beats per minute");
        assert!((frame_time * made.total.dim().0 as f64 / rr - 1.0).abs() < 0.01);
    }
}

#[test]
fn counts_out_of_line_are_where_they_should_be() {
    // The sum of a frame beside the median of all.
    let odd = |kind: Kind, seed: u64| {
        let study = made(kind, seed).into_study(&mut ChaCha8Rng::seed_from_u64(seed), (1, seed), 1.0).unwrap();
        let mut sums: Vec<f32> = study.labelled.study.counts().axis_iter(Axis(0)).map(|f| f.sum()).collect();
        sums.sort_by(f32::total_cmp);
        let median = sums[sums.len() / 2];
        (sums[0] / median, sums[sums.len() - 1] / median)
    };
    for seed in 0..10 {
        assert!(odd(Kind::FrameDoubled, seed).1 > 1.3, "{seed}");
        assert!(odd(Kind::FrameLow, seed).0 < 0.95, "{seed}");
        assert!(odd(Kind::CountLoss, seed).0 < 0.95, "{seed}");
        assert!(odd(Kind::LastFramesEmpty, seed).0 < 0.15, "{seed}");
        let clipped = made(Kind::Clipped, seed).into_study(&mut ChaCha8Rng::seed_from_u64(seed), (1, seed), 1.0);
        let clipped = clipped.unwrap().labelled.study;
        let most = clipped.counts().iter().copied().fold(0.0, f32::max);
        assert!(clipped.counts().iter().filter(|&&v| v == most).count() > 30, "{seed}");
    }
}
