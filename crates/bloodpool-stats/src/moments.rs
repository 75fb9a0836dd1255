//! The mean and the standard deviation, and the interval of a mean by Student's t distribution.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::AgreementError;

/// Mean and standard deviation of a series, in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct MeanSd {
    /// Number of values.
    pub values: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (n - 1).
    pub sd: f64,
}

impl MeanSd {
    /// Standard error of the mean, SD / sqrt(n).
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        self.sd / (self.values as f64).sqrt()
    }
}

/// Mean and standard deviation of at least two values.
///
/// # Errors
/// [`AgreementError`] for fewer than two values, a value that is not finite, or values too large to be squared.
pub fn mean_sd(values: &[f64]) -> Result<MeanSd, AgreementError> {
    if values.len() < 2 {
        return Err(AgreementError::TooFewValues { values: values.len(), needed: 2 });
    }
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(AgreementError::NotFiniteValue { value: index + 1 });
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    if !squares.is_finite() {
        return Err(AgreementError::TooLarge);
    }
    // Equal values must not differ by what their sum was rounded by.
    let equal = values.iter().all(|value| *value == values[0]);
    let (mean, sd) = if equal { (values[0], 0.0) } else { (mean, (squares / (n - 1.0)).sqrt()) };
    Ok(MeanSd { values: values.len(), mean, sd })
}

/// Student's t distribution of some degrees of freedom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Student(StudentsT);

impl Student {
    /// The distribution of `degrees` degrees of freedom.
    ///
    /// # Errors
    /// [`AgreementError::TooFewValues`] for none.
    pub(crate) fn new(degrees: usize) -> Result<Self, AgreementError> {
        let none = AgreementError::TooFewValues { values: degrees, needed: 1 };
        StudentsT::new(0.0, 1.0, degrees as f64).map(Self).map_err(|_| none)
    }

    /// The two-sided interval of this level (0.95, say) about a value with a standard error.
    pub(crate) fn interval(self, level: f64, value: f64, error: f64) -> [f64; 2] {
        let reach = self.0.inverse_cdf(0.5 + level / 2.0) * error;
        [value - reach, value + reach]
    }

    /// P(T >= t).
    pub(crate) fn upper_tail(self, t: f64) -> f64 {
        self.0.sf(t)
    }

    /// P(|T| >= |t|).
    pub(crate) fn two_sided(self, t: f64) -> f64 {
        (2.0 * self.0.sf(t.abs())).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_numpy() {
        // x.mean(), x.std(ddof=1)  (NumPy 2.4)
        let found = mean_sd(&[61.2, 55.0, 48.7, 70.1, 33.3, 64.9, 58.8, 25.4]).unwrap();
        assert!((found.mean - 52.175).abs() < 1e-12);
        assert!((found.sd - 15.592_099_647_852_802).abs() < 1e-12, "{}", found.sd);
    }

    #[test]
    fn equal_values_have_no_spread_at_all() {
        assert_eq!(mean_sd(&[0.1; 10]), Ok(MeanSd { values: 10, mean: 0.1, sd: 0.0 }));
    }

    #[test]
    fn students_tails_and_quantiles_are_those_of_scipy() {
        // stats.t.ppf(.975, df), stats.t.sf(2.5, df)  (SciPy 1.17)
        for (degrees, quantile, tail) in [
            (1, 12.706_204_736_174_694, 0.121_118_941_590_843_41),
            (2, 4.302_652_729_749_462, 0.064_805_860_110_755_41),
            (7, 2.364_624_251_592_784, 0.020_496_109_292_876_444),
            (22, 2.073_873_067_904_025_4, 0.010_183_573_411_789_746),
            (91, 1.986_377_154_418_617_7, 0.007_105_338_111_599_112),
            (1000, 1.962_339_080_826_408_3, 0.006_289_283_900_545_403_6),
        ] {
            let student = Student::new(degrees).unwrap();
            assert!((student.interval(0.95, 0.0, 1.0)[1] / quantile - 1.0).abs() < 1e-10, "{degrees}");
            assert!((student.upper_tail(2.5) / tail - 1.0).abs() < 1e-10, "{degrees}");
        }
        assert!(Student::new(0).is_err());
    }

    #[test]
    fn what_has_no_spread_is_refused() {
        assert_eq!(mean_sd(&[1.0]), Err(AgreementError::TooFewValues { values: 1, needed: 2 }));
        assert_eq!(mean_sd(&[1.0, f64::INFINITY]), Err(AgreementError::NotFiniteValue { value: 2 }));
        assert_eq!(mean_sd(&[1e200, -1e200]), Err(AgreementError::TooLarge));
    }
}
