//! The effects of depth on the picture: attenuated deposits in slabs, blur that grows with depth, scatter, and
//! resampling.

use super::rays::Grid;

/// Thickness of a slab, mm; slab k reaches from k to k + 1 times that in front of the detector.
pub(super) const SLAB_MM: f64 = 10.0;
/// Number of slabs.
pub(super) const SLABS: usize = 32;

/// Images of one grid, one per slab.
pub(super) type Slabs = Vec<Vec<f32>>;

pub(super) fn empty_slabs(grid: &Grid) -> Slabs {
    vec![vec![0.0; grid.side * grid.side]; SLABS]
}

/// What photons pass on their way to the detector, on one grid.
#[derive(Debug)]
pub(super) struct Medium {
    /// Share that passes from the front of each slab to the detector.
    pub(super) passes: Slabs,
    /// Attenuation in each slab, per mm.
    pub(super) per_mm: Slabs,
    /// Activity per ml of what is there without a heart.
    pub(super) activity: Slabs,
}

impl Medium {
    /// Adds what a stretch of a ray with unit activity gives, slab by slab: `add(slab, counts, background)`, both
    /// weighted by the share that passes, the exponential integrated over the stretch; the second is what the
    /// background would give.
    pub(super) fn deposit(&self, ray: usize, from: f32, to: f32, mut add: impl FnMut(usize, f32, f32)) {
        let thick = SLAB_MM as f32;
        let (from, to) = (from.max(0.0), to.min(thick * SLABS as f32));
        if from >= to {
            return;
        }
        let first = ((from / thick) as usize).min(SLABS - 1);
        let last = ((to / thick) as usize).min(SLABS - 1);
        for slab in first..=last {
            let front = slab as f32 * thick;
            let (near, far) = ((from - front).max(0.0), (to - front).min(thick));
            if far > near {
                let per_mm = self.per_mm[slab][ray];
                let weight = self.passes[slab][ray] * (passed(far, per_mm) - passed(near, per_mm));
                add(slab, weight, weight * self.activity[slab][ray]);
            }
        }
    }
}

/// Integral of exp(-per_mm x) from 0 to `depth`: (1 - exp(-per_mm depth)) / per_mm. Its series to the fourth order is
/// exact to 1e-6 within one slab of tissue.
pub(super) fn passed(depth: f32, per_mm: f32) -> f32 {
    let x = per_mm * depth;
    depth * (1.0 - x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0))))
}

/// Blur of collimator and detector: variance = detector² + (per_depth x depth)².
#[derive(Debug, Clone, Copy)]
pub(super) struct Blur {
    detector: f64,
    per_depth: f64,
}

impl Blur {
    /// From the FWHM at a depth, mm, and the share of it that the detector itself has.
    pub(super) fn new(fwhm_mm: f64, depth: f64, share: f64) -> Self {
        let sigma = fwhm_mm / (8.0 * std::f64::consts::LN_2).sqrt();
        Self { detector: share * sigma, per_depth: (1.0 - share * share).max(0.0).sqrt() * sigma / depth.max(1.0) }
    }

    fn variance(&self, depth: f64) -> f64 {
        self.detector.powi(2) + (self.per_depth * depth).powi(2)
    }

    /// What all slabs give together: from the deepest to the nearest, what has come so far is blurred by what its
    /// further way adds, then the next slab joins. Only `used` slabs hold anything; `saved` is the variance that
    /// resampling adds later, mm².
    pub(super) fn gather(&self, slabs: &Slabs, used: impl Fn(usize) -> bool, grid: &Grid, saved: f64) -> Vec<f32> {
        let mut image = vec![0.0; grid.side * grid.side];
        let mut spare = image.clone();
        let middle = |slab: usize| (slab as f64 + 0.5) * SLAB_MM;
        let mut at: Option<f64> = None;
        for k in (0..slabs.len()).rev().filter(|&k| used(k)) {
            if let Some(depth) = at {
                let added = (self.variance(depth) - self.variance(middle(k))) / grid.pitch.powi(2);
                diffuse(&mut image, &mut spare, grid.side, added);
            }
            image.iter_mut().zip(&slabs[k]).for_each(|(sum, slab)| *sum += slab);
            at = Some(middle(k));
        }
        if let Some(depth) = at {
            let rest = (self.variance(depth) - saved) / grid.pitch.powi(2);
            diffuse(&mut image, &mut spare, grid.side, rest);
        }
        image
    }
}

/// Adds `variance` (pixels²) to an image by steps of a three-point kernel along both axes. Nothing leaves at the edges.
pub(super) fn diffuse(image: &mut [f32], spare: &mut [f32], side: usize, variance: f64) {
    const LARGEST: f64 = 0.5;
    if variance <= 1e-4 || side < 3 {
        return;
    }
    let steps = (variance / LARGEST).ceil().max(1.0);
    let outer = (0.5 * variance / steps) as f32;
    let inner = 1.0 - 2.0 * outer;
    for _ in 0..steps as usize {
        for (line, out) in image.chunks_exact(side).zip(spare.chunks_exact_mut(side)) {
            for (out, three) in out[1..side - 1].iter_mut().zip(line.windows(3)) {
                *out = outer * (three[0] + three[2]) + inner * three[1];
            }
            out[0] = (1.0 - outer) * line[0] + outer * line[1];
            out[side - 1] = (1.0 - outer) * line[side - 1] + outer * line[side - 2];
        }
        for row in 0..side {
            let line = |k: usize| &spare[k * side..(k + 1) * side];
            let (above, here, below) = (line(row.saturating_sub(1)), line(row), line((row + 1).min(side - 1)));
            let out = &mut image[row * side..(row + 1) * side];
            for (((out, above), here), below) in out.iter_mut().zip(above).zip(here).zip(below) {
                *out = outer * (above + below) + inner * here;
            }
        }
    }
}

/// Scatter: a part of what comes from each depth, spread with exponential tails that are longer for deep sources.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scatter {
    /// Scattered per primary count, near the detector and at the far end.
    pub(super) parts: [f64; 2],
    /// Decay of the tails, mm, likewise.
    pub(super) decay_mm: [f64; 2],
}

impl Scatter {
    /// How much of a slab scatters like a near and how much like a deep source.
    pub(super) fn parts_at(&self, slab: usize) -> [f32; 2] {
        let deep = (((slab as f64 + 0.5) * SLAB_MM - 40.0) / 200.0).clamp(0.0, 1.0);
        [self.parts[0] * (1.0 - deep), self.parts[1] * deep].map(|part| part as f32)
    }

    /// What scatters like near and like deep sources, of all slabs.
    pub(super) fn sources(&self, slabs: &Slabs, side: usize) -> [Vec<f32>; 2] {
        let mut sources = [vec![0.0; side * side], vec![0.0; side * side]];
        for (slab, from) in slabs.iter().enumerate() {
            for (source, part) in sources.iter_mut().zip(self.parts_at(slab)) {
                source.iter_mut().zip(from).for_each(|(sum, value)| *sum += part * value);
            }
        }
        sources
    }

    /// Both sources spread, together.
    pub(super) fn spread(&self, mut sources: [Vec<f32>; 2], grid: &Grid) -> Vec<f32> {
        for (source, decay) in sources.iter_mut().zip(self.decay_mm) {
            // Twice along each axis: the tails become round and their variance adds up.
            for _ in 0..2 {
                exponential(source, grid.side, decay / std::f64::consts::SQRT_2 / grid.pitch);
            }
        }
        let [mut near, deep] = sources;
        near.iter_mut().zip(&deep).for_each(|(sum, value)| *sum += value);
        near
    }
}

/// Convolution along both axes with exp(-|x| / decay), normalised, by one pass forwards and one backwards.
fn exponential(image: &mut [f32], side: usize, decay: f64) {
    let keep = (-1.0 / decay.max(1e-3)).exp() as f32;
    let norm = (1.0 - keep) / (1.0 + keep);
    let mut forward = vec![0.0; side];
    for line in image.chunks_exact_mut(side) {
        let mut sum = 0.0;
        for (sum_to_here, value) in forward.iter_mut().zip(line.iter()) {
            sum = sum * keep + value;
            *sum_to_here = sum;
        }
        sum = 0.0;
        for (value, before) in line.iter_mut().zip(&forward).rev() {
            let own = *value;
            *value = norm * (before + sum * keep);
            sum = sum * keep + own;
        }
    }
    let mut above: Vec<f32> = vec![0.0; side];
    let mut sums = vec![0.0; side * side];
    for (line, out) in image.chunks_exact(side).zip(sums.chunks_exact_mut(side)) {
        for ((above, value), out) in above.iter_mut().zip(line).zip(out) {
            *above = *above * keep + value;
            *out = *above;
        }
    }
    let mut below = vec![0.0; side];
    for (line, before) in image.chunks_exact_mut(side).zip(sums.chunks_exact(side)).rev() {
        for ((below, value), before) in below.iter_mut().zip(line).zip(before) {
            let own = *value;
            *value = norm * (before + *below * keep);
            *below = *below * keep + own;
        }
    }
}

/// From one grid (values per ray) to another that lies in the same plane: every ray is a pyramid as wide as two
/// pitches, and each pixel takes the part of it that lies in the pixel.
#[derive(Debug)]
pub(super) struct Resampling {
    weights: [Vec<(usize, Vec<f32>)>; 2],
    from: usize,
    to: usize,
}

impl Resampling {
    pub(super) fn new(from: &Grid, to: &Grid) -> Self {
        // Share of a pyramid of unit half-width below `u`.
        let below = |u: f64| {
            let u = u.clamp(-1.0, 1.0);
            if u < 0.0 { 0.5 * (1.0 + u).powi(2) } else { 1.0 - 0.5 * (1.0 - u).powi(2) }
        };
        let axis = |k: usize| {
            (0..to.side)
                .map(|pixel| {
                    let middle = to.centre[k] + (pixel as f64 - (to.side as f64 - 1.0) / 2.0) * to.pitch;
                    let edge = |offset: f64| {
                        (middle + offset * to.pitch - from.centre[k]) / from.pitch + (from.side as f64 - 1.0) / 2.0
                    };
                    let (low, high) = (edge(-0.5), edge(0.5));
                    let first = (low - 1.0).ceil().clamp(0.0, from.side as f64) as usize;
                    let end = ((high + 1.0).floor() + 1.0).clamp(first as f64, from.side as f64) as usize;
                    let weight = |node: usize| (below(high - node as f64) - below(low - node as f64)) as f32;
                    (first, (first..end).map(weight).collect())
                })
                .collect()
        };
        Self { weights: [axis(0), axis(1)], from: from.side, to: to.side }
    }

    /// Variance that resampling adds, mm²: that of the pyramid.
    pub(super) fn variance(from: &Grid) -> f64 {
        from.pitch.powi(2) / 6.0
    }

    /// The image on the other grid; counts that lie within both are kept.
    pub(super) fn apply(&self, image: &[f32]) -> Vec<f32> {
        let [columns, rows] = &self.weights;
        let used = rows
            .iter()
            .filter(|(_, w)| !w.is_empty())
            .fold((self.from, 0), |(low, high), (first, weights)| (low.min(*first), high.max(first + weights.len())));
        let mut across = vec![0.0; self.from * self.to];
        for row in used.0..used.1 {
            let line = &image[row * self.from..(row + 1) * self.from];
            let out = &mut across[row * self.to..(row + 1) * self.to];
            for (value, (first, weights)) in out.iter_mut().zip(columns) {
                *value = line[*first..].iter().zip(weights).map(|(line, weight)| line * weight).sum();
            }
        }
        let mut result = vec![0.0; self.to * self.to];
        for (out, (first, weights)) in result.chunks_exact_mut(self.to).zip(rows) {
            for (k, weight) in weights.iter().enumerate() {
                let line = &across[(first + k) * self.to..(first + k + 1) * self.to];
                out.iter_mut().zip(line).for_each(|(out, line)| *out += weight * line);
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid { side: 65, pitch: 3.0, centre: [0.0, 0.0] };

    fn point() -> Vec<f32> {
        let mut image = vec![0.0; 65 * 65];
        image[32 * 65 + 32] = 1.0;
        image
    }

    /// Sum, and variance along x in pixels².
    fn moments(image: &[f32], side: usize) -> (f64, f64) {
        let sum: f64 = image.iter().map(|&v| f64::from(v)).sum();
        let middle = (side as f64 - 1.0) / 2.0;
        let second = image.iter().enumerate().map(|(i, &v)| f64::from(v) * ((i % side) as f64 - middle).powi(2));
        (sum, second.sum::<f64>() / sum)
    }

    #[test]
    fn blur_keeps_the_counts_and_has_the_width_asked_for() {
        // A FWHM of 12 mm at 105 mm is a variance of 25.97 mm²; half of it as wide at the detector: 6.49 + 19.48 (d /
        // 105)².
        let blur = Blur::new(12.0, 105.0, 0.5);
        for (slab, variance) in [(10, 25.97), (15, 6.49 + 19.48 * (155.0_f64 / 105.0).powi(2))] {
            let mut slabs = empty_slabs(&GRID);
            slabs[slab] = point();
            slabs[3][0] = 1e-9; // so that it is blurred in two parts
            let (sum, found) = moments(&blur.gather(&slabs, |k| k == slab || k == 3, &GRID, 0.0), 65);
            assert!(
                (sum - 1.0).abs() < 1e-4 && (found * 9.0 - variance).abs() < 0.05,
                "{sum} {} {variance}",
                found * 9.0
            );
        }
    }

    #[test]
    fn scatter_has_exponential_tails_and_keeps_its_share() {
        let mut image = vec![0.0; 257 * 257];
        image[128 * 257 + 128] = 1.0;
        exponential(&mut image, 257, 8.0);
        let (sum, _) = moments(&image, 257);
        assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        let row: Vec<f32> = (0..257).map(|k| image[128 * 257 + k]).collect();
        assert!((row[144] / row[136] - (-1.0_f32).exp()).abs() < 1e-3);
        let grid = Grid { side: 257, pitch: 3.0, centre: [0.0, 0.0] };
        let scatter = Scatter { parts: [0.2, 0.5], decay_mm: [20.0, 40.0] };
        let mut slabs: Slabs = vec![vec![0.0; 257 * 257]; SLABS];
        slabs[31][128 * 257 + 128] = 1.0;
        let (sum, variance) = moments(&scatter.spread(scatter.sources(&slabs, 257), &grid), 257);
        // Two passes with decay 40 / sqrt(2): variance 2 x 2 x 40² / 2.
        assert!((sum - 0.5).abs() < 0.01 && (variance * 9.0 / 3200.0 - 1.0).abs() < 0.05, "{sum} {}", variance * 9.0);
    }

    #[test]
    fn resampling_keeps_counts_and_places() {
        for (pitch, side) in [(3.6, 64), (8.4, 64), (1.8, 128)] {
            let to = Grid { side, pitch, centre: [0.0, 0.0] };
            let from = Grid { centre: [7.0, -4.0], ..GRID };
            let image = Resampling::new(&from, &to).apply(&point());
            let sum: f32 = image.iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "{sum}");
            let centre = |axis: usize| {
                let place = |i: usize| to.ray(i % side, i / side)[axis];
                image.iter().enumerate().map(|(i, &v)| f64::from(v) * place(i)).sum::<f64>()
            };
            assert!((centre(0) - 7.0).abs() < 0.2 * pitch && (centre(1) + 4.0).abs() < 0.2 * pitch);
        }
    }

    #[test]
    fn stretches_are_attenuated_exactly() {
        // (exp(-0.012 x 23) - exp(-0.012 x 58)) / 0.012, over slabs of one medium.
        let mut medium =
            Medium { passes: empty_slabs(&GRID), per_mm: empty_slabs(&GRID), activity: empty_slabs(&GRID) };
        for slab in 0..SLABS {
            medium.passes[slab][5] = (-0.012 * slab as f32 * SLAB_MM as f32).exp();
            medium.per_mm[slab][5] = 0.012;
            medium.activity[slab][5] = 0.25;
        }
        let (mut counts, mut background) = (0.0, 0.0);
        medium.deposit(5, 23.0, 58.0, |_, own, other| {
            counts += own;
            background += other;
        });
        assert!((counts - 21.686_4).abs() < 0.001 && (background - counts / 4.0).abs() < 1e-4, "{counts}");
    }
}
