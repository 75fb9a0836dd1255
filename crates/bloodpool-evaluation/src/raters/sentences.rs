//! The statistics in sentences.

use super::agreement::PairedStatistics;
use super::endpoints::Endpoints;
use super::material::FramePair;
use super::measured;
use super::result::EvaluationResult;
use super::table_one::HA_2024;

/// One or two sentences per result.
pub fn sentences(result: &EvaluationResult) -> Vec<String> {
    let Endpoints { primary, multiplicity, .. } = Endpoints::new(result);
    let mut all: Vec<String> = failures(result).into_iter().chain([primary, multiplicity]).collect();
    if let Some(ef) = result.ef_of_first() {
        all.extend(bias(ef));
        all.extend(largest(result));
        all.extend(difference_tests(ef));
        all.extend(equivalence(ef));
        all.extend(concordance(ef));
        all.extend(proportional(ef, "EF", "higher EFs"));
    }
    all.extend(size(result));
    all.extend(parts(result));
    for against in &result.ef_of_truth {
        all.extend(bias(against));
    }
    all.extend(raters(result));
    all
}

/// The sentences that a reader needs first.
pub fn headlines(result: &EvaluationResult) -> Vec<String> {
    let ef = result.ef_of_first();
    let of_truth = result.ef_of_truth.first();
    let all = [failures(result), ef.and_then(bias), ef.and_then(equivalence), of_truth.and_then(bias), raters(result)];
    all.into_iter().flatten().collect()
}

fn failures(result: &EvaluationResult) -> Option<String> {
    let failed = result.failures.len();
    if failed == 0 {
        return Some(
            "Both sides gave a ROI on every image and an EF on every pair of frames: nothing was left out.".to_owned(),
        );
    }
    let dice = result.dice_with_failures_percent.map(|dice| dice.unwrap_or(0.0));
    Some(format!(
        "{failed} readings failed and are in no mean; they are listed with their reasons. With every missing mask counted \
         as a Dice of 0, mean Dice would be {:.2} % at ED and {:.2} % at ES.",
        dice[0], dice[1]
    ))
}

fn bias(ef: &PairedStatistics) -> Option<String> {
    let context = if ef.reference == "consensus" {
        format!(
            " (for context, {}: bias {:.1}, limits {}, {:.0} % within 5, against manual ROIs of other patients)",
            HA_2024.source,
            HA_2024.bias_points,
            measured::range(HA_2024.limits_points, 1),
            HA_2024.within_5_percent
        )
    } else {
        String::new()
    };
    let alone = bias_alone(ef)?;
    Some(format!("{}{context}.", alone.strip_suffix('.').unwrap_or(&alone)))
}

/// Bias, limits of agreement and share of close readings.
pub(super) fn bias_alone(ef: &PairedStatistics) -> Option<String> {
    let limits = ef.limits.known()?;
    let within = ef.within_5_points.map_or(String::new(), |within| {
        format!(
            "; {} of {} patients ({:.1} %, 95 % CI {}) lie within 5 points",
            within.having,
            within.of,
            within.percent,
            measured::range(within.ci95_percent, 1)
        )
    });
    Some(format!(
        "EF of the {} minus {} EF is {:+.2} points on average (95 % CI {}), with limits of agreement from {:.1} ({}) to \
         {:.1} ({}) over {} patients{within}.",
        ef.measured,
        if ef.reference == "consensus" {
            "consensus".to_owned()
        } else {
            ef.reference.replace("LVEF", "").trim().to_owned()
        },
        limits.bias,
        measured::range(limits.bias_ci95, 2),
        limits.lower,
        measured::range(limits.lower_ci95, 1),
        limits.upper,
        measured::range(limits.upper_ci95, 1),
        ef.patients
    ))
}

/// The study on which the two sides differ most: a single study can determine the limits of agreement.
pub(super) fn largest(result: &EvaluationResult) -> Option<String> {
    let differences = result.cases.iter().filter_map(|study| {
        let [consensus, model] = study.ef(FramePair::First)?.both()?;
        Some((study, model - consensus))
    });
    let (study, difference) = differences.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let limits = result.ef_of_first()?.limits.known()?;
    let deviations = (difference - limits.bias).abs() / limits.sd;
    let verdict = if limits.sd > 0.0 && deviations > OUTLIER_SDS {
        format!(
            "{deviations:.1} SDs from the bias: it widens the limits of agreement, which assume differences that are approximately \
             normal"
        )
    } else {
        format!("within {OUTLIER_SDS:.0} SDs of the bias")
    };
    Some(format!("The largest EF difference is {difference:+.1} points, on study {}, {verdict}.", study.case))
}

/// A difference this many standard deviations from the bias is an outlier.
const OUTLIER_SDS: f64 = 3.0;

fn difference_tests(ef: &PairedStatistics) -> Option<String> {
    let wilcoxon = ef.wilcoxon.known()?;
    if let Some(least) = wilcoxon.least_p.filter(|least| *least >= 0.05) {
        return Some(format!(
            "The Wilcoxon signed-rank test of EF cannot give a p below {least:.3} with {} differences that are not zero: it says \
             nothing here.",
            wilcoxon.used
        ));
    }
    let method = match wilcoxon.method {
        bloodpool_stats::TestMethod::Exact => "exact",
        bloodpool_stats::TestMethod::Normal => "normal approximation",
    };
    let t = ef.paired_t.known().map_or(String::new(), |t| format!(", the paired t-test {}", measured::p_is(t.p)));
    let verdict = if wilcoxon.p < 0.05 {
        "The EFs of the two sides differ systematically; the bias and its interval show by how much"
    } else {
        "A difference that was not detected is no evidence of agreement: there may be too few patients. See the equivalence \
         tests and the limits of agreement"
    };
    Some(format!(
        "The Wilcoxon signed-rank test of EF gives {} ({method}; {} of {} differences are zero and dropped, {} groups are \
         tied and share their mean rank){t}. {verdict}.",
        measured::p_is(wilcoxon.p),
        wilcoxon.zeros,
        wilcoxon.pairs,
        wilcoxon.tied_groups
    ))
}

fn equivalence(ef: &PairedStatistics) -> Option<String> {
    let tests: Vec<_> = ef.equivalence.iter().filter_map(|test| test.known()).collect();
    let interval = tests.first()?.mean_difference_ci90;
    let words: Vec<String> = tests
        .iter()
        .map(|test| {
            let verdict = if test.equivalent { "is" } else { "is not shown to be" };
            format!("{verdict} within {:.0} points ({})", test.margin, measured::p_is(test.p))
        })
        .collect();
    Some(format!(
        "Equivalence (two one-sided t-tests): the mean EF difference, 90 % CI {}, {}. This concerns the mean alone; the \
         limits of agreement concern the EF of a single patient.",
        measured::range(interval, 2),
        words.join(" and ")
    ))
}

fn concordance(ef: &PairedStatistics) -> Option<String> {
    let (lin, icc) = (ef.concordance.known()?, ef.icc.known()?);
    Some(format!(
        "Lin's concordance is {}, ICC(2,1) {}; Pearson's r, which depends on neither bias nor scale, is {}.",
        measured::with_interval(lin.ccc, lin.ccc_ci95, 3),
        measured::with_interval(icc.icc, icc.icc_ci95, 3),
        measured::with_interval(lin.pearson_r, lin.pearson_ci95, 3)
    ))
}

fn proportional(of: &PairedStatistics, what: &str, larger: &str) -> Option<String> {
    let bias = of.proportional_bias.known()?;
    let [low, high] = bias.slope_ci95;
    let verdict = if high < 0.0 {
        format!("the difference falls with {larger}: the model varies less between patients than the consensus does")
    } else if low > 0.0 {
        format!("the difference grows with {larger}: the model varies more between patients than the consensus does")
    } else {
        "no proportional bias was detected, which does not show that there is none".to_owned()
    };
    Some(format!(
        "{what}: the slope of the difference on the mean of both is {} ({}): {verdict}.",
        measured::slope(&of.proportional_bias),
        measured::p_is(bias.slope_p)
    ))
}

fn size(result: &EvaluationResult) -> Vec<String> {
    let mut all = Vec::new();
    for size in result.size.iter().take(2) {
        let Some(relative) = size.relative_difference_percent.known() else { continue };
        let line = slope_of_size(&size.pixels).unwrap_or_default();
        all.push(format!(
            "The size of the model's ROI at {} differs from the consensus's by {:+.1} % on average (95 % CI {}).{line}",
            size.phase,
            relative.mean,
            measured::range(relative.mean_ci95, 1)
        ));
        all.extend(proportional(&size.pixels, &format!("ROI size at {}", size.phase), "larger ventricles"));
    }
    all
}

/// Regression to the mean, divided into shrinkage and scatter.
fn slope_of_size(sizes: &PairedStatistics) -> Option<String> {
    let (line, lin) = (sizes.regression.known()?, sizes.concordance.known()?);
    let (model, consensus) = (sizes.measured_mean.known()?, sizes.reference_mean.known()?);
    let [low, high] = line.slope_ci95;
    let verdict = if high < 1.0 {
        "below 1: the model draws large ventricles smaller than the raters do, and small ventricles larger (regression to \
         the mean)"
    } else if low > 1.0 {
        "above 1: the model draws large ventricles larger than the raters do, and small ventricles smaller"
    } else {
        "not significantly different from 1"
    };
    let ratio = if consensus.sd > 0.0 { model.sd / consensus.sd } else { return None };
    Some(format!(
        " The slope of its size on the consensus's is {}, {verdict}. A slope is Pearson's r, here {:.2}, times the ratio of \
         the SDs, here {ratio:.2}: r below 1 is scatter on either side, and only a ratio below 1 is shrinkage.",
        measured::slope(&sizes.regression),
        lin.pearson_r
    ))
}

fn parts(result: &EvaluationResult) -> Vec<String> {
    let one = |summary: &super::agreement::PartsSummary| {
        let parts: Vec<String> = summary
            .parts()
            .into_iter()
            .filter_map(|(name, part, _)| {
                let mean = part.mean.known()?;
                Some(format!("{name} {:+.2} (mean absolute {:.2})", mean.mean, part.mean_absolute?))
            })
            .collect();
        (!parts.is_empty())
            .then(|| format!("The EF difference {}, in points: {}.", summary.difference, parts.join(", ")))
    };
    result.ef_error_parts.iter().filter_map(one).collect()
}

fn raters(result: &EvaluationResult) -> Option<String> {
    let baseline = result.raters.as_ref()?;
    let all = baseline.raters.len();
    Some(format!(
        "Of {all} raters, {} have a lower mean Dice than the model at ED and {} at ES, and {} a larger mean EF error. {}.",
        baseline.below_model_dice[0], baseline.below_model_dice[1], baseline.above_model_ef_error, baseline.rule
    ))
}
