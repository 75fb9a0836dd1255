//! The brightness of the blood pool: the unit of the counts in a network's input. A small hot region that does not beat,
//! such as an injection site or the spleen, does not change it.

/// Mean counts per pixel and how they vary over the cycle, from images `[frame, pixel]` of one cycle.
pub(crate) struct Beat<'a> {
    /// Mean of each pixel over the cycle.
    pub(crate) mean: &'a [f32],
    /// Cosine and sine of each pixel's first two harmonics: `[cos 1, sin 1, cos 2, sin 2]`.
    pub(crate) harmonics: &'a [[f32; 4]],
    /// Mean square of each pixel over the cycle.
    pub(crate) mean_square: &'a [f64],
    /// Frames of the cycle.
    pub(crate) frames: usize,
}

/// Noise alone exceeds this many times its mean squared amplitude in 5 % of pixels: exp(-3).
const ABOVE_NOISE: f64 = 3.0;
/// Fewest parameters and one: below that there are no residuals of mean and two harmonics.
const FITTED: usize = 5;
/// Where little beats, the unit is the 99th percentile, but no more than so many times the 90th.
const HOTTEST: f32 = 3.0;

/// The blood pool's brightness, counts per pixel; 1 where there are no counts.
///
/// It is the median of the pixels' means. The weight of a pixel is how surely and how strongly it beats: its squared
/// first-harmonic amplitude in excess of noise, relative to its mean (which for counts is a signal-to-noise ratio), times
/// that amplitude relative to the mean, squared. A region that does not beat has no weight, however hot. Where little
/// beats, a percentile gradually replaces the median.
pub(crate) fn blood_pool(beat: &Beat<'_>) -> f32 {
    let fallback = trimmed_percentile(beat.mean);
    let noise = noise_per_count(beat);
    let frames = beat.frames as f64;
    let mut beating: Vec<(f32, f64)> = Vec::with_capacity(beat.mean.len());
    let (mut evidence, mut by_chance) = (0.0, 0.0);
    for (&mean, &[cosine, sine, ..]) in beat.mean.iter().zip(beat.harmonics) {
        if mean <= 0.0 {
            continue;
        }
        let (brightness, square) = (f64::from(mean), f64::from(cosine * cosine + sine * sine));
        let expected = 4.0 * noise / frames; // mean square amplitude of noise, per count
        let relative = square / (brightness * brightness);
        let weight = (square / brightness - ABOVE_NOISE * expected).max(0.0) * relative;
        // Mean of the same where there is noise alone: the tail of an exponential distribution, exp(-3) (3 + 2) m^2 / b.
        by_chance += (-ABOVE_NOISE).exp() * (ABOVE_NOISE + 2.0) * expected * expected / brightness;
        if weight > 0.0 {
            evidence += weight;
            beating.push((mean, weight));
        }
    }
    if evidence <= 0.0 {
        return fallback;
    }
    let pool = weighted_median(beating, evidence);
    let confidence = evidence / (evidence + 3.0 * by_chance);
    // Geometric, since brightness is a factor.
    (confidence * f64::from(pool).ln() + (1.0 - confidence) * f64::from(fallback).ln()).exp() as f32
}

/// Variance of a pixel's counts around the mean and two harmonics, per count: 1 for counts as they were registered, whatever
/// factor they were stored with. The median over pixels, since only few hold more than noise.
fn noise_per_count(beat: &Beat<'_>) -> f64 {
    if beat.frames <= FITTED {
        return 0.0;
    }
    let frames = beat.frames as f64;
    let mut ratios: Vec<f64> = (beat.mean.iter().zip(beat.harmonics).zip(beat.mean_square))
        .filter(|((mean, _), _)| **mean > 0.0)
        .map(|((mean, harmonics), square)| {
            let mean = f64::from(*mean);
            let waves: f64 = harmonics.iter().map(|part| f64::from(*part).powi(2)).sum();
            (square - mean * mean - waves / 2.0).max(0.0) * frames / (frames - FITTED as f64) / mean
        })
        .collect();
    if ratios.is_empty() {
        return 0.0;
    }
    let middle = ratios.len() / 2;
    *ratios.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// The value up to which half of the weight lies.
fn weighted_median(mut values: Vec<(f32, f64)>, total: f64) -> f32 {
    values.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let mut sum = 0.0;
    for &(value, weight) in &values {
        sum += weight;
        if sum >= total / 2.0 {
            return value;
        }
    }
    values.last().map_or(1.0, |value| value.0)
}

/// The 99th percentile, or three times the 90th where that is less and above 0; 1 where both are 0.
fn trimmed_percentile(values: &[f32]) -> f32 {
    let (high, lower) = (percentile(values, 99), HOTTEST * percentile(values, 90));
    match (high > 0.0, lower > 0.0) {
        (true, true) => high.min(lower),
        (true, false) => high,
        _ => 1.0,
    }
}

/// A percentile of values; 0 where there are none.
pub(crate) fn percentile(values: &[f32], percent: usize) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let mut sorted = values.to_vec();
    let index = (sorted.len() - 1) * percent / 100;
    *sorted.select_nth_unstable_by(index, f32::total_cmp).1
}

/// Values above this are compressed: 2.25 times the blood pool's brightness, after the square root.
const KNEE: f32 = 1.5;

/// A channel's value, compressed smoothly beyond the knee so that it never exceeds it by more than 1, either sign.
pub(crate) fn compressed(value: f32) -> f32 {
    let beyond = value.abs() - KNEE;
    if beyond <= 0.0 { value } else { (KNEE + beyond / (1.0 + beyond)).copysign(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_the_knee_are_compressed_smoothly() {
        assert_eq!([0.0, 1.2, -1.5].map(compressed), [0.0, 1.2, -1.5]);
        assert!((compressed(2.5) - 2.0).abs() < 1e-6 && (compressed(-2.5) + 2.0).abs() < 1e-6);
        assert!((compressed(1.5 + 1e-3) - (1.5 + 1e-3)).abs() < 1e-5); // slope 1 at the knee
        assert!(compressed(1e6) < 2.5 + 1e-6);
    }

    #[test]
    fn the_median_counts_weights() {
        assert!((weighted_median(vec![(3.0, 1.0), (1.0, 1.0), (2.0, 5.0)], 7.0) - 2.0).abs() < 1e-6);
        assert!((weighted_median(vec![(1.0, 3.0), (9.0, 1.0)], 4.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn where_nothing_beats_a_trimmed_percentile_is_the_unit() {
        let mean: Vec<f32> =
            (0..1000).map(|pixel| if pixel < 30 { 2000.0 } else { 1.0 + pixel as f32 / 1000.0 }).collect();
        let squares: Vec<f64> = mean.iter().map(|value| f64::from(*value).powi(2)).collect();
        let still = vec![[0.0; 4]; 1000];
        let unit = blood_pool(&Beat { mean: &mean, harmonics: &still, mean_square: &squares, frames: 24 });
        assert!((unit - 3.0 * percentile(&mean, 90)).abs() < 1e-4 && unit < 6.0, "{unit}");
        let dark = Beat { mean: &[0.0; 9], harmonics: &[[0.0; 4]; 9], mean_square: &[0.0; 9], frames: 24 };
        assert!((blood_pool(&dark) - 1.0).abs() < 1e-6);
    }
}
