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
