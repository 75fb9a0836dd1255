//! How raters agree: each against the others, the LVEF each would have given, and group against group.

use std::collections::BTreeSet;

use bloodpool_stats::raters::RaterAgreement;
use bloodpool_stats::{AgreementError, GroupComparison, Icc, Reading, compare_groups, icc, mean_sd};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::phases::PhaseAgreement;
use super::variance::VarianceComponents;

/// How each rater is compared with the others, for readers of the record.
const COMPARISON_RULE: &str = "area against the mean area of the others; Dice against their majority, where a pixel that \
    exactly half of them have inside counts by one half; 95 % intervals by patient";
/// The rule by which raters are flagged, for readers of the record.
const OUTLIER_RULE: &str = "mean Dice against the consensus of the others more than 3 scaled median absolute deviations \
    (at least 0.01) below the raters' median, or mean area bias more than 3 (at least 2 %) on either side of it; fewer \
    than 4 raters flag nobody";

/// How the raters agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Agreement {
    /// How each rater is compared with the others; empty in records of earlier versions, which compared with what strictly more than
    /// half of the others drew.
    #[serde(default)]
    pub comparison_rule: String,
    /// The rule by which raters are flagged.
    pub outlier_rule: String,
    /// One entry per rater.
    pub raters: Vec<RaterResult>,
    /// LVEF that raters would have given; `None` where too few could be computed.
    pub ef: Option<EfAgreement>,
    /// Why it is `None`.
    pub ef_problem: Option<String>,
    /// Every group against every other.
    pub groups: Vec<GroupComparison>,
    /// LVEF by study.
    pub ef_by_case: Vec<EfOfCase>,
    /// Where the variation of raters' LVEF comes from, EF points; needs no complete table. `None` in records of earlier versions.
    #[serde(default)]
    pub lvef_points: Option<VarianceComponents>,
    /// End-diastole and end-systole apart; empty in records of earlier versions.
    #[serde(default)]
    pub phases: Vec<PhaseAgreement>,
}

/// One rater.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RaterResult {
    /// Against the consensus of the others.
    #[serde(flatten)]
    pub against_others: RaterAgreement,
    /// Studies on which the rater's and the consensus's LVEF are known.
    pub ef_cases: usize,
    /// Mean of rater - consensus, EF points.
    pub ef_bias_points: Option<f64>,
    /// SD of rater - consensus (n - 1), EF points.
    pub ef_sd_points: Option<f64>,
    /// Mean of rater - mean of the other raters, EF points: free of what the consensus of an even number of raters adds.
    #[serde(default)]
    pub ef_bias_of_others_points: Option<f64>,
}

/// LVEF of one study by every rater.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EfOfCase {
    /// The study.
    pub case: String,
    /// LVEF of the consensus, percent.
    pub consensus_lvef_percent: Option<f64>,
    /// Why there is none.
    pub problem: Option<String>,
    /// LVEF of each rater, percent, in the order of the raters; `None` where it cannot be computed.
    pub raters_lvef_percent: Vec<Option<f64>>,
    /// The same from what each rater drew a second time; empty where nobody did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeated_lvef_percent: Vec<Option<f64>>,
}

/// How far raters' LVEF agree, over the studies on which all of them have one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EfAgreement {
    /// Number of such studies.
    pub cases: usize,
    /// Number of raters.
    pub raters: usize,
    /// Inter-rater SD, EF points: the root of the mean over studies of the variance between raters (n - 1).
    pub inter_rater_sd_points: f64,
    /// ICC(2,1): absolute agreement of single raters; `None` where it has no meaning, for example when all raters agree
    /// exactly.
    pub icc: Option<Icc>,
}

/// Why the LVEF values of the raters cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("studies with an LVEF of every rater: only {complete}; raters: {raters}; 2 or more of each are needed")]
struct TooFewStudies {
    complete: usize,
    raters: usize,
}

impl Agreement {
    /// From what each rater's masks say on all images and on those of each phase, and the LVEF of each study in the order of these
    /// raters.
    ///
    /// # Errors
    /// [`AgreementError`] when groups cannot be compared.
    pub(super) fn new(
        rated: Vec<RaterAgreement>,
        phases: Vec<PhaseAgreement>,
        ef_by_case: Vec<EfOfCase>,
    ) -> Result<Self, AgreementError> {
        let of_raters: Vec<Option<&str>> = rated.iter().map(|rater| rater.group.as_deref()).collect();
        let lvef_points = Some(VarianceComponents::new(&readings(&ef_by_case), &of_raters));
        let raters: Vec<RaterResult> = rated
            .into_iter()
            .enumerate()
            .map(|(index, against_others)| RaterResult::new(against_others, index, &ef_by_case))
            .collect();
        let (ef, ef_problem) = match EfAgreement::new(&ef_by_case, raters.len()) {
            Ok(ef) => (Some(ef), None),
            Err(problem) => (None, Some(problem.to_string())),
        };
        let groups = groups(&raters)?;
        let comparison_rule = COMPARISON_RULE.into();
        let outlier_rule = OUTLIER_RULE.into();
        Ok(Self { comparison_rule, outlier_rule, raters, ef, ef_problem, groups, ef_by_case, lvef_points, phases })
    }
}

/// Every LVEF of a rater as a reading.
fn readings(cases: &[EfOfCase]) -> Vec<Reading> {
    let of_case = |(study, case): (usize, &EfOfCase)| {
        let values = case.raters_lvef_percent.iter().enumerate();
        let known = values.filter_map(move |(rater, value)| Some(Reading { study, rater, value: (*value)? }));
        known.collect::<Vec<_>>()
    };
    cases.iter().enumerate().flat_map(of_case).collect()
}

impl RaterResult {
    fn new(against_others: RaterAgreement, index: usize, cases: &[EfOfCase]) -> Self {
        let errors: Vec<f64> = cases
            .iter()
            .filter_map(|case| Some(case.raters_lvef_percent.get(index).copied()?? - case.consensus_lvef_percent?))
            .collect();
        let of_others = |case: &EfOfCase| {
            let own = case.raters_lvef_percent.get(index).copied()??;
            let all: Vec<f64> = case.raters_lvef_percent.iter().flatten().copied().collect();
            let others = all.len().checked_sub(1).filter(|&others| others > 0)?;
            Some(own - (all.iter().sum::<f64>() - own) / others as f64)
        };
        let of_others: Vec<f64> = cases.iter().filter_map(of_others).collect();
        let spread = mean_sd(&errors).ok();
        let bias = (!errors.is_empty()).then(|| errors.iter().sum::<f64>() / errors.len() as f64);
        Self {
            against_others,
            ef_cases: errors.len(),
            ef_bias_points: bias,
            ef_sd_points: spread.map(|spread| spread.sd),
            ef_bias_of_others_points: (!of_others.is_empty())
                .then(|| of_others.iter().sum::<f64>() / of_others.len() as f64),
        }
    }

    /// Whether the rater is flagged.
    #[must_use]
    pub fn is_outlier(&self) -> bool {
        self.against_others.dice_outlier || self.against_others.area_outlier
    }
}

impl EfAgreement {
    fn new(cases: &[EfOfCase], raters: usize) -> Result<Self, TooFewStudies> {
        let complete: Vec<Vec<f64>> =
            cases.iter().filter_map(|case| case.raters_lvef_percent.iter().copied().collect()).collect();
        if complete.len() < 2 || raters < 2 {
            return Err(TooFewStudies { complete: complete.len(), raters });
        }
        let mut variance = 0.0;
        for row in &complete {
            let mean = row.iter().sum::<f64>() / raters as f64;
            variance += row.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (raters as f64 - 1.0);
        }
        let table = Array2::from_shape_fn((complete.len(), raters), |(case, rater)| complete[case][rater]);
        Ok(Self {
            cases: complete.len(),
            raters,
            inter_rater_sd_points: (variance / complete.len() as f64).sqrt(),
            icc: icc(table.view()).ok(),
        })
    }
}

/// Every group against every other, raters as units.
fn groups(raters: &[RaterResult]) -> Result<Vec<GroupComparison>, AgreementError> {
    let names: BTreeSet<&str> = raters.iter().filter_map(|rater| rater.against_others.group.as_deref()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let rated: Vec<RaterAgreement> = raters.iter().map(|rater| rater.against_others.clone()).collect();
    // For all raters or for none: a group without some of its members would be another group.
    let errors: Option<Vec<f64>> = raters.iter().map(|rater| rater.ef_bias_points).collect();
    let mut comparisons = Vec::new();
    for (index, first) in names.iter().enumerate() {
        for second in &names[index + 1..] {
            comparisons.push(compare_groups(&rated, [first, second], errors.as_deref())?);
        }
    }
    Ok(comparisons)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, consensus: f64, raters: [Option<f64>; 2]) -> EfOfCase {
        EfOfCase {
            case: name.into(),
            consensus_lvef_percent: Some(consensus),
            problem: None,
            raters_lvef_percent: raters.to_vec(),
            repeated_lvef_percent: Vec::new(),
        }
    }

    #[test]
    fn a_raters_ef_is_compared_with_the_mean_of_the_others() {
        let of = |values: [f64; 4]| EfOfCase {
            case: String::new(),
            consensus_lvef_percent: Some(58.0),
            problem: None,
            raters_lvef_percent: values.map(Some).to_vec(),
            repeated_lvef_percent: Vec::new(),
        };
        let rater = RaterAgreement {
            rater: "a".into(),
            group: None,
            images: 1,
            missing: 0,
            without_consensus: 0,
            dice_by_image: Vec::new(),
            mean_dice: 1.0,
            mean_dice_ci95: None,
            area_bias_percent: 0.0,
            area_bias_ci95_percent: None,
            dice_outlier: false,
            area_outlier: false,
        };
        // Less the consensus: 2 and -1. Less the others: 60 - (50 + 55 + 60) / 3 = 5 and 57 - (60 + 63 + 66) / 3 = -6.
        let cases = [of([60.0, 50.0, 55.0, 60.0]), of([57.0, 60.0, 63.0, 66.0])];
        let found = RaterResult::new(rater, 0, &cases);
        assert_eq!((found.ef_bias_points, found.ef_bias_of_others_points), (Some(0.5), Some(-0.5)));
    }

    #[test]
    fn inter_rater_sd_is_pooled_over_complete_studies() {
        // Variances between two raters: (60 - 56)^2 / 2 = 8 and (40 - 42)^2 / 2 = 2; the third study is not complete.
        let cases = [
            case("a", 58.0, [Some(60.0), Some(56.0)]),
            case("b", 41.0, [Some(40.0), Some(42.0)]),
            case("c", 50.0, [Some(50.0), None]),
        ];
        let found = EfAgreement::new(&cases, 2).unwrap();
        assert_eq!((found.cases, found.raters), (2, 2));
        assert!((found.inter_rater_sd_points - 5.0_f64.sqrt()).abs() < 1e-12);
        assert!(found.icc.is_some());
        assert!(EfAgreement::new(&cases[1..], 2).unwrap_err().to_string().contains("only 1"));
    }
}
