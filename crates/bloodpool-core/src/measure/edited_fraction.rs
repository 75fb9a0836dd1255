//! The LV fraction after a person has moved outlines: it moves with them.

use ndarray::{Array2, Array3, ArrayView2, Axis, Zip};

use super::by_frame::ByFrame;
use crate::{FrameIndex, Mask};

/// Beyond this distance outside an outline the fraction does not depend on it, mm: three times the widest blur of a camera.
const REACH_MM: f64 = 50.0;
/// Most depths and distances at which a profile is kept; a matrix so fine that this is too few is looked at more coarsely.
const MOST_BINS: usize = 4000;

/// The segmenter's LV fraction as it is after outlines were moved from `before` to `after`, `[frame, row, column]`.
///
/// On a frame whose outline was moved, the fraction changes by `profile(new depth) - profile(old depth)`: the profile is
/// the mean of the frame's fraction at each signed distance from the outline that the segmenter drew, and a pixel's depth its
/// distance from the outline. So pixels that a person adds get the background that the segmenter sees as deep within its own
/// outline, less what differs at that place from the mean; pixels that are taken out get that of pixels as far outside; what
/// blur carries out of the outline moves with it; and a pixel as far from the new outline as from the old one keeps its value
/// to the last bit.
///
/// A frame on which the segmenter found no LV takes the profile of all frames on which it did. `None` where there is none at
/// all. Masks and fraction have the same matrix and number of frames.
#[must_use]
pub fn edited_fraction(
    fraction: &Array3<f32>,
    before: &[Mask],
    after: &[Mask],
    spacing_mm: [f64; 2],
) -> Option<Array3<f32>> {
    edited_fraction_again(fraction, before, after, spacing_mm, &mut ByFrame::default())
}

/// The same, bit for bit, where frames whose outline did not change since are taken from `kept`.
pub(crate) fn edited_fraction_again(
    fraction: &Array3<f32>,
    before: &[Mask],
    after: &[Mask],
    spacing_mm: [f64; 2],
    kept: &mut ByFrame<Option<Array2<f32>>>,
) -> Option<Array3<f32>> {
    let mut edited = fraction.clone();
    let mut of_all = None;
    for ((frame, old), new) in FrameIndex::all(before.len()).zip(before).zip(after) {
        if old == new {
            continue;
        }
        let own = fraction.index_axis(Axis(0), frame.index());
        let moved = kept.of(frame, new, || {
            let mut profile = Profile::new(spacing_mm);
            let old_depth = old.signed_distance_mm(spacing_mm);
            if old.is_empty() {
                profile = of_all.get_or_insert_with(|| of_all_frames(fraction, before, spacing_mm)).clone();
            } else {
                profile.add(&old_depth, &own);
            }
            let values = profile.values()?;
            let new_depth = new.signed_distance_mm(spacing_mm);
            let mut target = own.to_owned();
            Zip::from(&mut target).and(&old_depth).and(&new_depth).for_each(|value, &old, &new| {
                if old != new {
                    let known = f64::from(if value.is_nan() { 0.0 } else { *value });
                    *value = (known + values.at(new) - values.at(old)).clamp(0.0, 1.0) as f32;
                }
            });
            Some(target)
        });
        edited.index_axis_mut(Axis(0), frame.index()).assign(moved.as_ref().as_ref()?);
    }
    Some(edited)
}

fn of_all_frames(fraction: &Array3<f32>, masks: &[Mask], spacing_mm: [f64; 2]) -> Profile {
    let mut profile = Profile::new(spacing_mm);
    for (mask, fraction) in masks.iter().zip(fraction.axis_iter(Axis(0))).filter(|(mask, _)| !mask.is_empty()) {
        profile.add(&mask.signed_distance_mm(spacing_mm), &fraction);
    }
    profile
}

/// Sums of a fraction by signed distance from an outline.
#[derive(Debug, Clone)]
struct Profile {
    /// Width of a bin, mm: half a pixel.
    bin_mm: f64,
    /// Number and sum by bin, the bin of -[`REACH_MM`] first; what lies deeper or farther belongs to the last ones.
    bins: Vec<(f64, f64)>,
}

impl Profile {
    fn new(spacing_mm: [f64; 2]) -> Self {
        let bin_mm = (0.25 * (spacing_mm[0] + spacing_mm[1])).max(2.0 * REACH_MM / MOST_BINS as f64);
        let bins = (2.0 * REACH_MM / bin_mm).ceil() as usize + 1;
        Self { bin_mm, bins: vec![(0.0, 0.0); bins] }
    }

    fn add(&mut self, depth: &Array2<f64>, fraction: &ArrayView2<'_, f32>) {
        Zip::from(depth).and(fraction).for_each(|&depth, &fraction| {
            let bin = ((depth.clamp(-REACH_MM, REACH_MM) + REACH_MM) / self.bin_mm).round() as usize;
            if let Some((number, sum)) = self.bins.get_mut(bin) {
                *number += 1.0;
                *sum += f64::from(if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) });
            }
        });
    }

    /// Mean fractions, smoothed over half a pixel to either side (SD); a bin that is empty takes the nearest mean. `None`
    /// where nothing was added.
    fn values(&self) -> Option<ProfileValues> {
        let smooth = |at: usize| {
            let near = at.saturating_sub(3)..(at + 4).min(self.bins.len());
            let weighed = near.map(|k| {
                let weight = (-0.5 * (k.abs_diff(at) as f64).powi(2)).exp();
                (weight * self.bins[k].0, weight * self.bins[k].1)
            });
            let (number, sum) = weighed.fold((0.0, 0.0), |(n, s), (number, sum)| (n + number, s + sum));
            (number > 0.0).then(|| sum / number)
        };
        let means: Vec<Option<f64>> = (0..self.bins.len()).map(smooth).collect();
        let known: Vec<(usize, f64)> = means.iter().enumerate().filter_map(|(at, mean)| Some((at, (*mean)?))).collect();
        let nearest = |at: usize| known.iter().min_by_key(|(other, _)| other.abs_diff(at)).map(|&(_, mean)| mean);
        let values = means.iter().enumerate().map(|(at, mean)| mean.or_else(|| nearest(at))).collect::<Option<_>>()?;
        Some(ProfileValues { bin_mm: self.bin_mm, values })
    }
}

/// Mean fraction by signed distance from an outline.
#[derive(Debug, Clone)]
struct ProfileValues {
    bin_mm: f64,
    values: Vec<f64>,
}

impl ProfileValues {
    /// Linear between the bins; 0 infinitely far outside.
    fn at(&self, depth_mm: f64) -> f64 {
        if depth_mm == f64::INFINITY {
            return 0.0;
        }
        let place = (depth_mm.clamp(-REACH_MM, REACH_MM) + REACH_MM) / self.bin_mm;
        let lower = place.floor() as usize;
        let value = |bin: usize| self.values.get(bin).or(self.values.last()).copied().unwrap_or(0.0);
        let way = place - place.floor();
        (1.0 - way) * value(lower) + way * value(lower + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACING: [f64; 2] = [4.0, 4.0];

    fn disc(column: f64, radius: f64) -> Mask {
        Mask::from_fn(48, 48, |row, at| (row as f64 - 24.0).hypot(at as f64 - column) <= radius)
    }

    /// 0.9 well inside a disc, falling to 0 over some pixels at its edge.
    fn fraction_of(mask: &Mask) -> Array3<f32> {
        let depth = mask.signed_distance_mm(SPACING);
        Array3::from_shape_fn((2, 48, 48), |(_, row, column)| (0.9 / (1.0 + (depth[[row, column]] / 4.0).exp())) as f32)
    }

    #[test]
    fn the_fraction_moves_with_the_outline() {
        let (before, after) = (disc(20.0, 8.0), disc(23.0, 8.0));
        let fraction = fraction_of(&before);
        let masks = [before.clone(), before.clone()];
        let edited = edited_fraction(&fraction, &masks, &[after.clone(), before], SPACING).unwrap();
        let wanted = fraction_of(&after);
        let off = Zip::from(&edited.index_axis(Axis(0), 0))
            .and(&wanted.index_axis(Axis(0), 0))
            .fold(0.0_f32, |most, edited, wanted| most.max((edited - wanted).abs()));
        assert!(off < 0.08, "{off}");
        // The frame that was left alone is the same to the last bit.
        assert_eq!(edited.index_axis(Axis(0), 1), fraction.index_axis(Axis(0), 1));
    }

    #[test]
    fn what_is_far_from_an_edit_keeps_its_value() {
        let before = disc(20.0, 8.0);
        let mut after = before.clone();
        after.set((24, 29), true);
        let fraction = fraction_of(&before);
        let masks = [before.clone(), before.clone()];
        let edited = edited_fraction(&fraction, &masks, &[after, before], SPACING).unwrap();
        assert!(edited[[0, 24, 29]] > fraction[[0, 24, 29]]);
        assert_eq!(edited[[0, 24, 11]], fraction[[0, 24, 11]]);
        assert_eq!(edited[[0, 5, 5]], fraction[[0, 5, 5]]);
    }

    #[test]
    fn a_frame_without_an_outline_takes_that_of_the_others() {
        let drawn = disc(20.0, 8.0);
        let mut fraction = fraction_of(&drawn);
        fraction.index_axis_mut(Axis(0), 1).fill(0.0);
        let empty = Mask::empty(48, 48);
        let before = [drawn.clone(), empty.clone()];
        let edited = edited_fraction(&fraction, &before, &[drawn.clone(), drawn.clone()], SPACING).unwrap();
        assert!((edited[[1, 24, 20]] - 0.9).abs() < 0.02 && edited[[1, 24, 40]] < 0.02);
        let none =
            edited_fraction(&fraction, &[empty.clone(), empty.clone()], &[drawn.clone(), drawn.clone()], SPACING);
        assert_eq!(none, None);
        // An outline that was taken away leaves nearly nothing.
        let gone = edited_fraction(&fraction, &before, &[empty.clone(), empty], SPACING).unwrap();
        assert!(gone.index_axis(Axis(0), 0).iter().all(|&value| value < 0.05));
    }
}
