//! The standard error of an LVEF from Poisson counting noise alone.

/// What one phase contributes to the counting error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseCounts {
    /// Net counts.
    pub net: f64,
    /// Variance of all that this phase does not share with the other: the gross counts themselves, and area² x variance
    /// of what its background level owes to its own rim.
    pub variance: f64,
    /// Area of the ROI in pixels, each of which loses the background level that both phases share.
    pub area: f64,
}

/// Standard error of LVEF, EF points, by propagation of errors through (ED - ES) / ED.
///
/// ED and ES are taken to lose the same background level, of variance `level_variance`, so that its error partly cancels:
/// `var = (V_es + r^2 V_ed + (A_es - r A_ed)^2 V_level) / ED^2` with `r = ES / ED`. `smoothing`: the factor by which
/// reading a fitted curve reduces variance, 1 where single frames are read. 0 where ED holds no net counts.
#[must_use]
pub fn counting_error_points(ed: PhaseCounts, es: PhaseCounts, level_variance: f64, smoothing: f64) -> f64 {
    let ratio = es.net / ed.net;
    let lever = es.area - ratio * ed.area;
    let counts = (es.variance.max(0.0) + ratio * ratio * ed.variance.max(0.0)) * smoothing;
    let error = (counts + lever * lever * level_variance).sqrt() / ed.net * 100.0;
    if error.is_finite() { error.abs() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_that_of_simulated_counts() {
        // NumPy 2.4, 4,000,000 draws: rng = np.random.default_rng(1); b = rng.poisson(300, n) / 15 (15 pixels of 20);
        // d = rng.poisson(7940, n) - 197 * b; s = rng.poisson(3780, n) - 109 * b; (100 * (1 - s / d)).std() = 1.9925
        let ed = PhaseCounts { net: 7_940.0 - 197.0 * 20.0, variance: 7_940.0, area: 197.0 };
        let es = PhaseCounts { net: 3_780.0 - 109.0 * 20.0, variance: 3_780.0, area: 109.0 };
        let error = counting_error_points(ed, es, 20.0 / 15.0, 1.0);
        assert!((error - 1.992_5).abs() < 0.02, "{error}");
    }
}
