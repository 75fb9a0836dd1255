//! How far raters differ in a number that they gave for the same studies, such as LVEF.

use ndarray::{ArrayView2, Axis};
use serde::Serialize;

use crate::AgreementError;
use crate::icc::{Icc, icc};
use crate::moments::mean_sd;

/// Agreement of many raters' readings, in their unit (EF points for LVEF).
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct InterRater {
    /// Standard deviation between raters within a study: the root of the mean over studies of their variance (n - 1).
    pub sd: f64,
    /// Absolute agreement, ICC(2,1).
    pub icc: Icc,
    /// Mean over studies of each rater's reading minus the mean of the others' readings.
    pub bias_by_rater: Vec<f64>,
}

/// Compares readings `[study, rater]` without gaps: leave out studies that a rater did not read.
///
/// # Errors
/// [`AgreementError`] as [`icc`] has it.
pub fn inter_rater(readings: ArrayView2<'_, f64>) -> Result<InterRater, AgreementError> {
    let icc = icc(readings)?;
    let variances = readings.rows().into_iter().map(|study| mean_sd(&study.to_vec()).map(|moments| moments.sd.powi(2)));
    let sd = (variances.sum::<Result<f64, AgreementError>>()? / icc.subjects as f64).sqrt();
    let sum_of_all = readings.sum();
    let (n, k) = (icc.subjects as f64, icc.raters as f64);
    let bias = |own: f64| (own - (sum_of_all - own) / (k - 1.0)) / n;
    let bias_by_rater = readings.axis_iter(Axis(1)).map(|rater| bias(rater.sum())).collect();
    Ok(InterRater { sd, icc, bias_by_rater })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::near;
    use ndarray::array;

    #[test]
    fn figures_are_those_of_numpy() {
        // t.var(axis=1, ddof=1).mean() ** .5; t[:, j].mean() - numpy.delete(t, j, 1).mean()  (NumPy 2.4)
        let readings = array![[60.0, 62.0, 58.0], [45.0, 49.0, 44.5], [30.0, 33.0, 31.0], [71.0, 70.0, 66.0]];
        let found = inter_rater(readings.view()).unwrap();
        near(found.sd, 2.2032173444003806);
        for (bias, expected) in found.bias_by_rater.iter().zip([-0.1875, 2.8125, -2.625]) {
            near(*bias, expected);
        }
        assert_eq!(Ok(found.icc), icc(readings.view()));
    }
}
