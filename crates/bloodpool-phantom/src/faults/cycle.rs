//! Faults of gating: the frames show other moments of the cycle than they should, or several at once.

use bloodpool_core::{Landmarks, Mask};
use ndarray::{Array3, Axis};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::expected::Expected;
use crate::geometry::Silhouette;
use crate::request::drop_off;

/// Most frames that a gated study may have.
const MOST_FRAMES: usize = 64;

/// For each new frame: the frames that it is made of, from 0, and their shares, which sum to 1.
pub(super) type Mix = Vec<Vec<(usize, f64)>>;

/// The frames as `mix` makes them of those that were, with everything that is true of them. LVEF of the images and of
/// the counts is that of the new frames, from the largest to the smallest, wherever in the cycle they lie.
pub(super) fn mixed(mut expected: Expected, mix: &Mix) -> Expected {
    let before = expected.total.dim().0;
    if before == 0 || mix.is_empty() || mix.iter().flatten().any(|&(frame, _)| frame >= before) {
        return expected;
    }
    for counts in [&mut expected.lv, &mut expected.rv, &mut expected.total] {
        *counts = mixed_counts(counts, mix);
    }
    expected.silhouettes = each(&expected.silhouettes, mix, mixed_silhouette);
    expected.visible = each(&expected.visible, mix, mixed_silhouette);
    expected.rv_masks = each(&expected.rv_masks, mix, mixed_mask);
    expected.landmarks = each(&expected.landmarks, mix, mixed_landmarks);
    expected.volumes_ml = each(&expected.volumes_ml, mix, |parts| parts.iter().map(|&(v, share)| v * share).sum());
    let counts: Vec<f64> = expected.lv.axis_iter(Axis(0)).map(|frame| f64::from(frame.sum())).collect();
    if let Some(lvef) = &mut expected.lvef {
        lvef.images = emptied_percent(&expected.volumes_ml);
        lvef.counts = emptied_percent(&counts);
    }
    expected
}

/// What the largest loses to become the smallest, percent of the largest; 0 of nothing.
pub(super) fn emptied_percent(values: &[f64]) -> f64 {
    let (low, high) = values.iter().fold((f64::MAX, 0.0_f64), |(low, high), &v| (low.min(v), high.max(v)));
    if high > 0.0 { 100.0 * (1.0 - low / high) } else { 0.0 }
}

fn mixed_counts(counts: &Array3<f32>, mix: &Mix) -> Array3<f32> {
    let (_, rows, columns) = counts.dim();
    let mut out = Array3::zeros((mix.len(), rows, columns));
    for (mut frame, parts) in out.outer_iter_mut().zip(mix) {
        for &(from, share) in parts {
            frame.scaled_add(share as f32, &counts.index_axis(Axis(0), from));
        }
    }
    out
}

/// One item per new frame; nothing where there is not one item per old frame.
fn each<T>(items: &[T], mix: &Mix, blend: impl Fn(&[(&T, f64)]) -> T) -> Vec<T> {
    mix.iter()
        .filter_map(|parts| {
            let parts: Option<Vec<_>> = parts.iter().map(|&(from, share)| Some((items.get(from)?, share))).collect();
            parts.filter(|parts| !parts.is_empty()).map(|parts| blend(&parts))
        })
        .collect()
}

/// The mean outline.
fn mixed_silhouette(parts: &[(&Silhouette, f64)]) -> Silhouette {
    let mean = |of: &dyn Fn(&Silhouette) -> f64| parts.iter().map(|&(s, share)| share * of(s)).sum::<f64>();
    let directions = parts.iter().map(|(s, _)| s.radii.len()).min().unwrap_or(0);
    Silhouette {
        centre: [mean(&|s| s.centre[0]), mean(&|s| s.centre[1])],
        radii: (0..directions).map(|k| mean(&|s| s.radii[k])).collect(),
    }
}

/// The pixels that are inside for more than half of the time.
fn mixed_mask(parts: &[(&Mask, f64)]) -> Mask {
    let (rows, columns) = parts[0].0.dim();
    Mask::from_fn(rows, columns, |row, column| {
        parts.iter().filter(|(mask, _)| mask.contains(row, column)).map(|(_, share)| share).sum::<f64>() > 0.5
    })
}

fn mixed_landmarks(parts: &[(&Landmarks, f64)]) -> Landmarks {
    let mean = |of: &dyn Fn(&Landmarks) -> f64| parts.iter().map(|&(l, share)| share * of(l)).sum::<f64>();
    let point = |of: &dyn Fn(&Landmarks) -> [f64; 2]| [mean(&|l| of(l)[0]), mean(&|l| of(l)[1])];
    Landmarks { apex: point(&|l| l.apex), valve_plane: [point(&|l| l.valve_plane[0]), point(&|l| l.valve_plane[1])] }
}

/// Counts of the last frames, in a third of studies fewer because beats were shorter than the cycle.
pub(super) fn with_drop_off(mut expected: Expected, rng: &mut ChaCha8Rng) -> Expected {
    if rng.random_bool(0.35) {
        let kept = drop_off(rng, expected.total.dim().0);
        expected.lose_counts(&kept);
    }
    expected
}

/// All counts of one frame times `factor`.
pub(super) fn scale_frame(expected: &mut Expected, frame: usize, factor: f64) {
    for counts in [&mut expected.lv, &mut expected.rv, &mut expected.total] {
        if frame < counts.dim().0 {
            counts.index_axis_mut(Axis(0), frame).mapv_inplace(|value| value * factor as f32);
        }
    }
}

/// The R wave taken 10 to 50 % of the cycle too early or too late.
pub(super) fn shifted(rng: &mut ChaCha8Rng, frames: usize) -> Mix {
    let least = (frames as f64 * 0.1).ceil().max(1.0) as usize;
    let most = (frames / 2).max(least);
    let late = rng.random_range(least..=most);
    let late = if rng.random_bool(0.5) { late } else { frames - late };
    (0..frames).map(|k| vec![((k + late) % frames, 1.0)]).collect()
}

/// Two beats in one R-R interval: in as many frames, or each beat in all its frames where their number allows.
pub(super) fn two_beats(rng: &mut ChaCha8Rng, frames: usize) -> Mix {
    if rng.random_bool(0.5) && 2 * frames <= MOST_FRAMES {
        (0..2 * frames).map(|k| vec![(k % frames, 1.0)]).collect()
    } else {
        (0..frames).map(|k| vec![(2 * k % frames, 0.5), ((2 * k + 1) % frames, 0.5)]).collect()
    }
}

/// Beats mixed out of phase: two groups about half a cycle apart, or three a third apart, which leaves almost no
/// motion.
pub(super) fn out_of_phase(rng: &mut ChaCha8Rng, frames: usize) -> Mix {
    let groups: Vec<(f64, f64)> = if rng.random_bool(0.75) {
        let share = rng.random_range(0.3..0.5);
        vec![(0.0, 1.0 - share), (rng.random_range(0.4..0.6), share)]
    } else {
        let (late, share) = (rng.random_range(0.28..0.38), rng.random_range(0.28..0.36));
        vec![(0.0, 1.0 - 2.0 * share), (late, share), (2.0 * late, share)]
    };
    (0..frames).map(|k| groups.iter().flat_map(|&(late, share)| between(k, late, share, frames)).collect()).collect()
}

/// Frame `k` of beats that are `late` cycles late, as shares of its two neighbours.
fn between(k: usize, late: f64, share: f64, frames: usize) -> [(usize, f64); 2] {
    let at = (k as f64 + late * frames as f64).rem_euclid(frames as f64);
    let (lower, part) = (at as usize, at.fract());
    [(lower % frames, share * (1.0 - part)), ((lower + 1) % frames, share * part)]
}

/// Beats of many lengths: every frame is a mean over neighbouring moments, evenly or more so later in the cycle.
pub(super) fn smeared(rng: &mut ChaCha8Rng, frames: usize) -> Mix {
    let reach = rng.random_range(0.12..0.3) * frames as f64;
    let growing = rng.random_bool(0.5);
    (0..frames)
        .map(|k| {
            let half = if growing { reach * 2.0 * (k as f64 + 0.5) / frames as f64 } else { reach };
            let whole = half.ceil() as i64;
            let weights: Vec<(i64, f64)> =
                (-whole..=whole).map(|d| (d, (half + 0.5 - d.abs() as f64).clamp(0.0, 1.0))).collect();
            let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
            let place = |d: i64| (k as i64 + d).rem_euclid(frames as i64) as usize;
            weights.into_iter().map(|(d, weight)| (place(d), weight / total)).collect()
        })
        .collect()
}

/// A part of the beats triggered at random: what is left of the motion is the share of the others.
pub(super) fn partly_untriggered(rng: &mut ChaCha8Rng, frames: usize) -> Mix {
    let sound = rng.random_range(0.3..0.7);
    let rest = (1.0 - sound) / frames as f64;
    (0..frames).map(|k| (0..frames).map(|j| (j, if j == k { sound + rest } else { rest })).collect()).collect()
}

/// One or two frames that hold the frame before again; the ones after are pushed on, or the original is lost.
/// Returns the copies as (from, to), too.
pub(super) fn repeated(rng: &mut ChaCha8Rng, frames: usize) -> (Mix, Vec<(usize, usize)>) {
    let mut order: Vec<usize> = (0..frames).collect();
    let (at, length) = (rng.random_range(1..frames - 1), rng.random_range(1..=(frames / 6).max(1)));
    if rng.random_bool(0.5) {
        order[at..(at + length).min(frames)].fill(at - 1);
    } else {
        order.splice(at..at, std::iter::repeat_n(at - 1, length));
        order.truncate(frames);
    }
    let copies = (at..(at + length).min(frames)).map(|to| (at - 1, to)).collect();
    (order.into_iter().map(|from| vec![(from, 1.0)]).collect(), copies)
}

/// Frames in the wrong order: two exchanged, all backwards, or sorted as text (1, 10, 11, 2, ..).
pub(super) fn disordered(rng: &mut ChaCha8Rng, frames: usize) -> Mix {
    let mut order: Vec<usize> = (0..frames).collect();
    match rng.random_range(0..4) {
        0 => order.reverse(),
        1 => order.sort_by_key(|frame| (frame + 1).to_string()),
        _ => {
            let distance = rng.random_range((frames / 5).max(1)..=(frames / 2).max(1));
            let first = rng.random_range(0..frames);
            order.swap(first, (first + distance) % frames);
        }
    }
    order.into_iter().map(|from| vec![(from, 1.0)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::toy;
    use rand::SeedableRng;

    #[test]
    fn shares_sum_to_one_in_every_mix() {
        for seed in 0..20 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            for frames in [16, 24, 32] {
                let draws = [shifted, two_beats, out_of_phase, smeared, partly_untriggered, disordered];
                let mut mixes: Vec<Mix> = draws.iter().map(|draw| draw(&mut rng, frames)).collect();
                mixes.push(repeated(&mut rng, frames).0);
                for parts in mixes.iter().flatten() {
                    let sum: f64 = parts.iter().map(|&(_, share)| share).sum();
                    assert!((sum - 1.0).abs() < 1e-9 && parts.iter().all(|&(from, _)| from < frames), "{parts:?}");
                }
            }
        }
    }

    #[test]
    fn a_mix_moves_counts_outlines_and_truth_together() {
        let heart = toy::heart(60.0, 24, 64);
        let ed = heart.volumes_ml[0];
        let turned = mixed(heart.clone(), &(0..24).map(|k| vec![((k + 8) % 24, 1.0)]).collect());
        assert_eq!(turned.total.index_axis(Axis(0), 0), heart.total.index_axis(Axis(0), 8));
        assert_eq!((turned.volumes_ml[16], turned.silhouettes[16].centre), (ed, heart.silhouettes[0].centre));
        // The whole cycle is still there, so that the images' LVEF is that of the frames.
        let frames = emptied_percent(&heart.volumes_ml);
        assert!((turned.lvef.unwrap().images - frames).abs() < 1e-9);

        // Two thirds of the beats triggered, one third not: V' = 2/3 V + 1/3 mean, worked out here by hand.
        let mean = heart.volumes_ml.iter().sum::<f64>() / 24.0;
        let low = heart.volumes_ml.iter().copied().fold(f64::MAX, f64::min);
        let high = heart.volumes_ml.iter().copied().fold(0.0, f64::max);
        let by_hand = 100.0 * (1.0 - (2.0 * low + mean) / (2.0 * high + mean));
        let rest = 1.0 / 72.0;
        let share = |k: usize, j: usize| if j == k { 2.0 / 3.0 + rest } else { rest };
        let half = mixed(heart.clone(), &(0..24).map(|k| (0..24).map(|j| (j, share(k, j))).collect()).collect());
        assert!((half.lvef.unwrap().images - by_hand).abs() < 1e-6);

        let both = mixed(heart.clone(), &two_beats(&mut ChaCha8Rng::seed_from_u64(1), 24));
        let middle = both.volumes_ml.len() / 2;
        assert!((both.volumes_ml[0] - both.volumes_ml[middle]).abs() < 1e-9);
    }
}
