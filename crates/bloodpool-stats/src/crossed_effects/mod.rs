//! The linear mixed model of readings with study and rater as crossed random effects, by restricted maximum likelihood.

mod design;
mod minimum;

use serde::{Deserialize, Serialize};

use crate::AgreementError;
use crate::moments::Student;
use design::{Design, Fitted};

pub use design::Reading;

/// Standard deviations, relative to that of the residuals, from which the search starts.
const STARTS: [[f64; 2]; 3] = [[1.0, 1.0], [0.2, 2.0], [3.0, 0.2]];
/// A residual variance below this fraction of that of the readings is rounding.
const LEAST_RESIDUAL: f64 = 1e-14;
/// Differences of the criterion below this are rounding.
const SAME_CRITERION: f64 = 1e-8;

/// A fixed effect, in the unit of the readings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FixedEffect {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error, given the estimated variances.
    pub standard_error: f64,
    /// Degrees of freedom of Student's t in the interval.
    pub degrees_of_freedom: usize,
    /// Its 95 % confidence interval.
    pub ci95: [f64; 2],
}

/// A fitted model, in the unit of the readings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CrossedEffects {
    /// Number of readings.
    pub readings: usize,
    /// Number of studies.
    pub studies: usize,
    /// Number of raters.
    pub raters: usize,
    /// The mean; with two groups, that of the first.
    pub mean: FixedEffect,
    /// What the second group of raters reads more than the first; `None` without groups.
    pub group_difference: Option<FixedEffect>,
    /// Standard deviation between studies.
    pub study_sd: f64,
    /// Standard deviation between raters, within a group.
    pub rater_sd: f64,
    /// Standard deviation of the residuals: what remains of one reading of one study by one rater.
    pub residual_sd: f64,
    /// Best linear unbiased prediction of each rater's effect, in the order of the raters; `None` for one without a reading.
    pub rater_effects: Vec<Option<f64>>,
    /// The restricted maximum likelihood criterion, -2 log likelihood.
    pub reml_criterion: f64,
}

/// Fits `value = mean (+ group difference) + study + rater + residual` to readings of any design, in which raters may have read a part
/// of the studies each. Study, rater and residual are independent and normal; their variances are those of restricted maximum
/// likelihood (Patterson and Thompson, Biometrika 1971;58:545), found on the profiled criterion of Bates, Maechler, Bolker and Walker,
/// J Stat Softw 2015;67(1), section 3.4. `in_second_group`: for each rater, whether it is of the second of two groups.
///
/// Degrees of freedom are those of the containing effect: for the difference of groups, raters - 2, since raters are the units that
/// belong to a group; for the mean, the fewer of studies and raters less 1 (less the second group). They are cautious where the
/// variance between raters is small.
///
/// # Errors
/// [`AgreementError`] for fewer than two studies or raters, a value that is not finite (named by its reading), a rater that has no
/// group, a group without raters, readings of a design that does not separate studies, raters and residuals, or readings without
/// residuals.
pub fn crossed_effects(
    readings: &[Reading],
    in_second_group: Option<&[bool]>,
) -> Result<CrossedEffects, AgreementError> {
    if let Some(index) = readings.iter().position(|reading| !reading.value.is_finite()) {
        return Err(AgreementError::NotFiniteValue { value: index + 1 });
    }
    let design = Design::new(readings, in_second_group)?;
    let total = design.sum_of_squares();
    if !total.is_finite() {
        return Err(AgreementError::TooLarge);
    }
    if total == 0.0 {
        return Err(AgreementError::NoSpread { what: "the readings" });
    }
    let without_residuals = AgreementError::NoSpread { what: "the residuals of the readings" };
    // The criterion is the same for either sign of a relative standard deviation, so that the search may cross 0.
    let criterion = |sds: [f64; 2]| design.fit(sds).map_or(f64::INFINITY, |fitted| fitted.criterion);
    let found = STARTS.map(|start| minimum::minimum(criterion, start));
    let mut best = found.into_iter().fold(found[0], |best, next| if next.1 < best.1 { next } else { best });
    // A variance is 0 where that is as likely as the little that rounding left of it.
    for zeroed in [[0.0, best.0[1]], [best.0[0], 0.0], [0.0, 0.0]] {
        let at = criterion(zeroed);
        if at <= best.1 + SAME_CRITERION {
            best = (zeroed, at);
        }
    }
    let fitted = design.fit(best.0).ok_or(without_residuals.clone())?;
    if fitted.residual_variance <= LEAST_RESIDUAL * total {
        return Err(without_residuals);
    }
    result(&design, best.0, &fitted)
}

fn result(design: &Design, sds: [f64; 2], fitted: &Fitted) -> Result<CrossedEffects, AgreementError> {
    let (studies, raters) = (design.studies(), design.raters());
    let groups = fitted.effects.len();
    let effect = |index: usize, degrees_of_freedom: usize| {
        let (estimate, standard_error) = fitted.effects[index];
        let ci95 = Student::new(degrees_of_freedom)?.interval(0.95, estimate, standard_error);
        Ok(FixedEffect { estimate, standard_error, degrees_of_freedom, ci95 })
    };
    let residual_sd = fitted.residual_variance.sqrt();
    let [study_sd, rater_sd] = sds.map(|relative| relative.abs() * residual_sd);
    let mean = effect(0, studies.min(raters + 1 - groups).saturating_sub(1))?;
    let group_difference = if groups == 2 { Some(effect(1, raters.saturating_sub(2))?) } else { None };
    Ok(CrossedEffects {
        readings: design.readings(),
        studies,
        raters,
        mean: FixedEffect {
            estimate: mean.estimate + design.centre(),
            ci95: mean.ci95.map(|end| end + design.centre()),
            ..mean
        },
        group_difference,
        study_sd,
        rater_sd,
        residual_sd,
        rater_effects: design.in_order(&fitted.rater_effects),
        reml_criterion: fitted.criterion,
    })
}

#[cfg(test)]
mod tests;
