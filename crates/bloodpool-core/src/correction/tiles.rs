//! The field in 16 x 16 tiles over the cycle: which parts rest, how noisy counts are, and how they change.

use std::f64::consts::TAU;

use ndarray::{Array2, Axis};

use crate::{FrameIndex, GatedStudy};
use bloodpool_stats::spread::median;

/// Tiles along each side.
const SIDE: usize = 16;
/// Share of the counts that the resting part of the field holds.
const RESTING_SHARE: f64 = 0.4;
/// Tiles with fewer counts per frame than this say nothing about their own change.
const LEAST_COUNTS: f64 = 20.0;

/// Counts of each tile by frame, `[tile, frame]`, and the mean squared second difference in time of its pixels.
#[derive(Debug, Clone)]
pub(crate) struct Tiles {
    counts: Array2<f64>,
    /// Variance of a pixel's counts in time, from second differences: the beat is slow and nearly cancels in them.
    variance: Vec<f64>,
    /// Mean counts of a pixel.
    mean: Vec<f64>,
}

impl Tiles {
    /// The tiles of a study. Frames that `skip` names take no part in the variance.
    pub(crate) fn of(study: &GatedStudy, skip: &[bool]) -> Self {
        let (frames, rows, columns) = study.counts().dim();
        let tile = |row: usize, column: usize| (row * SIDE / rows) * SIDE + column * SIDE / columns;
        let mut counts = Array2::zeros((SIDE * SIDE, frames));
        for (frame, image) in study.counts().axis_iter(Axis(0)).enumerate() {
            for ((row, column), &value) in image.indexed_iter() {
                counts[[tile(row, column), frame]] += f64::from(value);
            }
        }
        let (mut squares, mut sums, mut used) =
            (vec![0.0; SIDE * SIDE], vec![0.0; SIDE * SIDE], vec![0.0; SIDE * SIDE]);
        let skipped = |frame: usize| skip.get(frame).copied().unwrap_or(false);
        for frame in 1..frames.saturating_sub(1) {
            if (frame - 1..=frame + 1).any(skipped) {
                continue;
            }
            let [before, now, after] = [frame - 1, frame, frame + 1].map(|frame| study.frame(FrameIndex::new(frame)));
            for ((row, column), &value) in now.indexed_iter() {
                let bend = f64::from(before[[row, column]]) - 2.0 * f64::from(value) + f64::from(after[[row, column]]);
                let at = tile(row, column);
                squares[at] += bend * bend;
                sums[at] += f64::from(value);
                used[at] += 1.0;
            }
        }
        // The variance of a - 2 b + c is 6 times that of each.
        let variance = squares.iter().zip(&used).map(|(sum, used)| if *used > 0.0 { sum / (6.0 * used) } else { 0.0 });
        let mean = sums.iter().zip(&used).map(|(sum, used)| if *used > 0.0 { sum / used } else { 0.0 });
        Self { counts, variance: variance.collect(), mean: mean.collect() }
    }

    /// Tiles that change least in proportion to each other, until they hold two fifths of the counts: outside the heart.
    /// That a frame lost a part of all its counts does not bear on the choice.
    pub(crate) fn resting(&self) -> Vec<usize> {
        // In proportion to the whole frame first, which the beat changes a little; then to what rests by that.
        let mut reference: Vec<f64> = self.counts.sum_axis(Axis(0)).to_vec();
        let mut resting = Vec::new();
        for _ in 0..3 {
            resting = self.steady_against(&reference);
            reference = self.sum(&resting);
        }
        resting
    }

    fn steady_against(&self, reference: &[f64]) -> Vec<usize> {
        let (all, whole): (f64, f64) = (self.counts.sum(), reference.iter().sum());
        let mut tiles: Vec<(f64, f64, usize)> = self
            .counts
            .outer_iter()
            .enumerate()
            .map(|(tile, counts)| {
                let sum: f64 = counts.sum();
                let share = if whole > 0.0 { sum / whole } else { 0.0 };
                let excess: f64 = counts
                    .iter()
                    .zip(reference)
                    .filter(|&(_, &level)| share * level > 0.0)
                    .map(|(counts, level)| (counts - share * level).powi(2) / (share * level))
                    .sum();
                (excess, sum, tile)
            })
            .filter(|&(_, sum, _)| sum >= LEAST_COUNTS * reference.len() as f64)
            .collect();
        // Relative to its noise a hot tile changes more than a cold one; relative to its counts, less: in between.
        let change = |&(excess, sum, _): &(f64, f64, usize)| excess / sum.sqrt();
        tiles.sort_by(|a, b| change(a).total_cmp(&change(b)));
        let mut held = 0.0;
        let enough = |&(_, sum, tile): &(f64, f64, usize)| {
            let more = held < RESTING_SHARE * all;
            held += sum;
            more.then_some(tile)
        };
        tiles.iter().map_while(enough).collect()
    }

    /// Counts of some tiles together, by frame.
    pub(crate) fn sum(&self, tiles: &[usize]) -> Vec<f64> {
        let frames = self.counts.dim().1;
        (0..frames).map(|frame| tiles.iter().map(|&tile| self.counts[[tile, frame]]).sum()).collect()
    }

    /// By how much each frame of some tiles exceeds the cycle's median, 1 for not at all: the median over the tiles, each
    /// weighing as much as its counts, so that an error in one of them does not bear on it. Frames that `skip` names take no
    /// part in the cycle's median.
    pub(crate) fn scales(&self, tiles: &[usize], skip: &[bool]) -> Vec<f64> {
        let frames = self.counts.dim().1;
        let usual: Vec<(usize, f64)> = tiles
            .iter()
            .filter_map(|&tile| {
                let held: Vec<f64> = (0..frames)
                    .filter(|&frame| !skip.get(frame).copied().unwrap_or(false))
                    .map(|frame| self.counts[[tile, frame]])
                    .collect();
                median(&held).filter(|&usual| usual > 0.0).map(|usual| (tile, usual))
            })
            .collect();
        let all: f64 = usual.iter().map(|(_, usual)| usual).sum();
        (0..frames)
            .map(|frame| {
                let mut ratios: Vec<(f64, f64)> =
                    usual.iter().map(|&(tile, usual)| (self.counts[[tile, frame]] / usual, usual)).collect();
                ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut below = 0.0;
                let middle = ratios.iter().find(|(_, weight)| {
                    below += weight;
                    below >= all / 2.0
                });
                middle.map_or(1.0, |&(ratio, _)| ratio)
            })
            .collect()
    }

    /// The tiles of each quarter of the field among `tiles`.
    pub(crate) fn quarters(tiles: &[usize]) -> [Vec<usize>; 4] {
        let quarter = |tile: usize| 2 * usize::from(tile / SIDE >= SIDE / 2) + usize::from(tile % SIDE >= SIDE / 2);
        [0, 1, 2, 3].map(|wanted| tiles.iter().copied().filter(|&tile| quarter(tile) == wanted).collect())
    }

    /// All tiles that are not among `tiles`.
    pub(crate) fn others(tiles: &[usize]) -> Vec<usize> {
        (0..SIDE * SIDE).filter(|tile| !tiles.contains(tile)).collect()
    }

    /// Variance over mean of pixel values in time: 1 for counts. `None` where there is too little to tell.
    pub(crate) fn dispersion(&self) -> Option<f64> {
        let ratios: Vec<f64> =
            self.variance.iter().zip(&self.mean).filter(|&(_, &mean)| mean >= 0.5).map(|(v, m)| v / m).collect();
        if ratios.len() < SIDE { None } else { median(&ratios) }
    }

    /// Correlation, over the tiles, of variance with mean: near 1 for counts. `None` where there is too little to tell.
    pub(crate) fn variance_follows_mean(&self) -> Option<f64> {
        let pairs: Vec<(f64, f64)> = self.mean.iter().copied().zip(self.variance.iter().copied()).collect();
        let count = pairs.len() as f64;
        let (mean_m, mean_v) = pairs.iter().fold((0.0, 0.0), |(m, v), pair| (m + pair.0 / count, v + pair.1 / count));
        let (mut mm, mut vv, mut mv) = (0.0, 0.0, 0.0);
        for (m, v) in pairs {
            mm += (m - mean_m).powi(2);
            vv += (v - mean_v).powi(2);
            mv += (m - mean_m) * (v - mean_v);
        }
        // A flood has hardly any range of means to follow.
        let ranges = mm.sqrt() > 0.05 * mean_m * count.sqrt() && vv > 0.0;
        ranges.then(|| mv / (mm * vv).sqrt()).filter(|correlation| correlation.is_finite())
    }

    /// Power of a harmonic of the cycle summed over the middle of the field, less what noise adds, and the standard deviation
    /// of that noise. `kept`: what frames kept of their counts.
    pub(crate) fn harmonic_power(&self, order: usize, kept: &[f64]) -> (f64, f64) {
        let frames = self.counts.dim().1;
        let central = |index: usize| (SIDE / 8..SIDE - SIDE / 8).contains(&index);
        let (mut power, mut noise) = (0.0, 0.0);
        for (tile, counts) in self.counts.outer_iter().enumerate() {
            if !(central(tile / SIDE) && central(tile % SIDE)) {
                continue;
            }
            let (mut cosine, mut sine, mut sum) = (0.0, 0.0, 0.0);
            for (frame, &counts) in counts.iter().enumerate() {
                let counts = counts / kept.get(frame).map_or(1.0, |kept| kept.max(0.05));
                let (s, c) = (TAU * (order * frame) as f64 / frames as f64).sin_cos();
                cosine += counts * c;
                sine += counts * s;
                sum += counts;
            }
            // Of Poisson counts, each of the two sums has the variance sum / 2.
            power += cosine * cosine + sine * sine - sum;
            noise += sum * sum;
        }
        (power, noise.sqrt())
    }

    /// By how much each frame differs from the mean of its neighbours in time. `kept`: what frames kept of their counts;
    /// those that lost some, and their neighbours, have no jump.
    pub(crate) fn jumps(&self, kept: &[f64]) -> Vec<Jump> {
        let frames = self.counts.dim().1;
        let whole = |frame: usize| kept.get(frame).is_none_or(|&kept| kept >= 1.0);
        let dispersion = self.dispersion().unwrap_or(1.0).max(1.0);
        // That a frame as a whole holds a little less, as at the end of the cycle, is no jump.
        let lost: Vec<bool> = (0..frames).map(|frame| !whole(frame)).collect();
        let scales = self.scales(&self.resting(), &lost);
        let equal: Vec<Vec<f64>> = self
            .counts
            .outer_iter()
            .map(|counts| counts.iter().zip(&scales).map(|(counts, scale)| counts / scale.max(0.05)).collect())
            .collect();
        let used: Vec<usize> = (0..frames).filter(|&frame| whole(frame)).collect();
        let count = used.len().max(1) as f64;
        let (mut spread, mut squares) = (0.0, 0.0);
        for counts in &equal {
            let mean = used.iter().map(|&frame| counts[frame]).sum::<f64>() / count;
            spread += used.iter().map(|&frame| (counts[frame] - mean).powi(2)).sum::<f64>() / count - dispersion * mean;
            squares += mean * mean;
        }
        // The square of a difference of Poisson counts has a variance of twice the square of its mean, 1.5 times the counts.
        let noise = 1.5 * dispersion * (2.0 * squares).sqrt();
        let at = |frame: usize| {
            let (before, after) = ((frame + frames - 1) % frames, (frame + 1) % frames);
            if ![before, frame, after].into_iter().all(whole) {
                return Jump::default();
            }
            let off: f64 = equal
                .iter()
                .map(|counts| {
                    let expected = counts[before].midpoint(counts[after]);
                    (counts[frame] - expected).powi(2) - 1.5 * dispersion * expected.max(counts[frame])
                })
                .sum();
            // Of an image that rests, no multiple of the spread is meant.
            let least = (5.0 * noise).max(1.0);
            Jump { over_spread: off / spread.max(least), over_noise: off / noise.max(1.0) }
        };
        (0..frames).map(at).collect()
    }
}

/// How far a frame is from the mean of its neighbours in time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Jump {
    /// Over the spread of all frames about their mean, both squared.
    pub(crate) over_spread: f64,
    /// Over the standard deviation of what counting noise makes of it.
    pub(crate) over_noise: f64,
}
