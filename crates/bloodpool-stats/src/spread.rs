//! The median and the median absolute deviation.

/// The median; the mean of the two middle values of an even number. `None` of nothing.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    sorted.get(middle.checked_sub(1)?).map(|&lower| lower.midpoint(upper))
}

/// The median absolute deviation from the median, scaled to the standard deviation of a normal distribution
/// (1 / 0.67449, its upper quartile). `None` of nothing.
#[must_use]
pub fn scaled_mad(values: &[f64]) -> Option<f64> {
    const NORMAL_UPPER_QUARTILE: f64 = 0.674_489_750_196_081_7;
    let centre = median(values)?;
    let deviations: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    median(&deviations).map(|mad| mad / NORMAL_UPPER_QUARTILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_scipy() {
        // np.median(x), scipy.stats.median_abs_deviation(x, scale='normal')
        let values = [3.0, 9.0, 4.0, 5.0, 30.0, 6.0, 5.0, 4.0];
        assert_eq!(median(&values), Some(5.0));
        assert!((scaled_mad(&values).unwrap() - 1.482_602_218_505_602).abs() < 1e-12);
        assert_eq!(median(&[4.0, 1.0, 2.0]), Some(2.0));
        assert_eq!((median(&[]), scaled_mad(&[])), (None, None));
    }
}
