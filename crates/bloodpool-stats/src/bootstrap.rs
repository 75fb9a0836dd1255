//! Percentile intervals by bootstrap, with random numbers that are the same on every machine.

/// Number of resamples.
pub const RESAMPLES: usize = 2000;
/// Where the random numbers start: the same values give the same interval.
const SEED: u64 = 1_979;
/// Fewest resamples with a figure, of all, for an interval.
const FEWEST_DEFINED: usize = RESAMPLES / 2;

/// SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014).
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number below `end`.
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

/// The 95 % percentile interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13) of a figure of `units`
/// units that are drawn with replacement. `figure` gets the indices that were drawn; `None` where it is not defined for them. `None`
/// for fewer than two units, or where the figure is defined for less than half of the resamples.
#[must_use]
pub fn interval(units: usize, figure: impl Fn(&[usize]) -> Option<f64>) -> Option<[f64; 2]> {
    if units < 2 {
        return None;
    }
    let mut generator = Generator(SEED);
    let mut drawn = vec![0; units];
    let mut figures = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        drawn.iter_mut().for_each(|index| *index = generator.below(units));
        figures.extend(figure(&drawn).filter(|figure| figure.is_finite()));
    }
    if figures.len() < FEWEST_DEFINED {
        return None;
    }
    figures.sort_by(f64::total_cmp);
    Some([quantile(&figures, 0.025)?, quantile(&figures, 0.975)?])
}

/// A quantile of sorted values, linear between them (type 7 of Hyndman and Fan, Am Stat 1996;50:361); `None` without values. `level`: 0 to 1.
#[must_use]
pub fn quantile(sorted: &[f64], level: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = level.clamp(0.0, 1.0) * last as f64;
    let below = (at.floor() as usize).min(last);
    let above = (below + 1).min(last);
    Some(sorted[below] + (at - below as f64) * (sorted[above] - sorted[below]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        // The first three outputs of SplitMix64 for seed 1234567, as listed with Vigna's reference code.
        let mut generator = Generator(1_234_567);
        for output in [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423] {
            assert_eq!(generator.next(), output);
        }
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_distribution() {
        let values: Vec<f64> = (0..200).map(|index| f64::from(index * 37 % 101)).collect();
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / 200.0;
        let middle = mean(&mut values.iter().copied());
        let sd = (values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / 200.0).sqrt();
        let [low, high] = interval(200, |drawn| Some(mean(&mut drawn.iter().map(|&index| values[index])))).unwrap();
        let half = 1.96 * sd / 200.0_f64.sqrt();
        // 2000 resamples give an end of the interval to about 5 % of its half width.
        assert!((low - (middle - half)).abs() < 0.1 * half, "{low}");
        assert!((high - (middle + half)).abs() < 0.1 * half, "{high}");
        assert_eq!(interval(1, |_| Some(0.0)), None);
        assert_eq!(interval(9, |_| None), None);
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], [0.025, 0.975])
        let sorted = [1.0, 2.0, 4.0, 8.0];
        assert!((quantile(&sorted, 0.025).unwrap() - 1.075).abs() < 1e-12);
        assert!((quantile(&sorted, 0.975).unwrap() - 7.7).abs() < 1e-12);
        assert_eq!((quantile(&[3.0], 0.5), quantile(&[], 0.5)), (Some(3.0), None));
    }
}
