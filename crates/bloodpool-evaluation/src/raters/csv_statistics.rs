//! Cohort, agreement, causes of the EF error, raters and failures as CSV: the numbers of the tables that [`super::tables`] makes for
//! people, one file each.

use super::agreement::PairedStatistics;
use super::cohort::Cohort;
use super::csv_tables::{number, whole};
use super::rater_baseline::Reader;
use super::result::EvaluationResult;
use crate::EvaluationError;

/// Files that are always written; [`DICE_OF_TRUTH`] and [`RATERS`] only where there is something in them.
pub const FILES: [&str; 6] = [COHORT, AGREEMENT, EF_ERROR_PARTS, DICE_OF_TRUTH, RATERS, FAILURES];
/// The studies of each part, one line per part.
pub const COHORT: &str = "cohort.csv";
/// Every statistic of two readings, one line per statistic.
pub const AGREEMENT: &str = "agreement.csv";
/// One line per part of a difference.
pub const EF_ERROR_PARTS: &str = "ef-error-parts.csv";
/// Dice against the true silhouettes of simulated studies.
pub const DICE_OF_TRUTH: &str = "dice-of-truth.csv";
/// One line per rater, the model first.
pub const RATERS: &str = "raters.csv";
/// One line per failed reading.
pub const FAILURES: &str = "failures.csv";

/// Each file that this result gives, with its contents.
///
/// # Errors
/// [`EvaluationError::Table`] when a table cannot be written.
pub fn files(
    result: &EvaluationResult,
    cohort: Option<&Cohort>,
) -> Result<Vec<(&'static str, Vec<u8>)>, EvaluationError> {
    let mut files =
        vec![(AGREEMENT, agreement(result)?), (EF_ERROR_PARTS, ef_error_parts(result)?), (FAILURES, failures(result)?)];
    if let Some(cohort) = cohort {
        files.push((COHORT, of_cohort(cohort)?));
    }
    if !result.dice_of_truth.is_empty() {
        files.push((DICE_OF_TRUTH, dice_of_truth(result)?));
    }
    if result.raters.is_some() {
        files.push((RATERS, raters(result)?));
    }
    Ok(files)
}

fn written(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, EvaluationError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(columns)?;
    for row in rows {
        table.write_record(row)?;
    }
    Ok(table.into_inner().map_err(|error| csv::Error::from(error.into_error()))?)
}

fn of_cohort(cohort: &Cohort) -> Result<Vec<u8>, EvaluationError> {
    let columns = [
        "part",
        "studies",
        "patients",
        "simulated_studies",
        "lvef_mean_percent",
        "lvef_sd_percent",
        "lvef_least_percent",
        "lvef_greatest_percent",
        "lvef_below_40",
        "lvef_40_to_below_50",
        "lvef_50_or_more",
        "lvef_unknown",
        "frames_least",
        "frames_greatest",
        "matrices",
        "pixel_spacing_least_mm",
        "pixel_spacing_greatest_mm",
        "raters_per_image_least",
        "raters_per_image_greatest",
    ];
    let rows = cohort.parts.iter().map(|part| {
        let lvef = part.lvef_percent.known();
        let end = |ends: Option<[f64; 2]>, index: usize| number(ends.map(|ends| ends[index]));
        let whole_end = |ends: Option<[usize; 2]>, index: usize| whole(ends.map(|ends| ends[index]));
        vec![
            part.name.clone(),
            part.studies.to_string(),
            part.patients.to_string(),
            part.simulated_studies.to_string(),
            number(lvef.map(|lvef| lvef.mean)),
            number(lvef.map(|lvef| lvef.sd)),
            end(part.lvef_range_percent, 0),
            end(part.lvef_range_percent, 1),
            part.by_lvef[0].to_string(),
            part.by_lvef[1].to_string(),
            part.by_lvef[2].to_string(),
            part.without_lvef.to_string(),
            whole_end(part.frames, 0),
            whole_end(part.frames, 1),
            part.matrices.join("; "),
            end(part.pixel_spacing_mm, 0),
            end(part.pixel_spacing_mm, 1),
            whole_end(part.raters, 0),
            whole_end(part.raters, 1),
        ]
    });
    written(&columns, rows)
}

/// A statistic with its interval and its p, as far as it has them.
type Statistic = (String, Option<f64>, Option<(u32, [f64; 2])>, Option<f64>);

fn agreement(result: &EvaluationResult) -> Result<Vec<u8>, EvaluationError> {
    let columns = [
        "quantity",
        "unit",
        "measured",
        "reference",
        "frames",
        "readings",
        "patients",
        "statistic",
        "value",
        "ci_percent",
        "ci_low",
        "ci_high",
        "p",
    ];
    let ef = result.ef.iter().chain(&result.ef_of_truth).map(|of| ("EF".to_owned(), of, Vec::new()));
    let size = result.size.iter().map(|size| {
        let relative = size.relative_difference_percent.known();
        let statistic = (
            "relative difference, percent".to_owned(),
            relative.map(|mean| mean.mean),
            relative.map(|mean| (95, mean.mean_ci95)),
            None,
        );
        (format!("ROI size, {}", size.phase), &size.pixels, vec![statistic])
    });
    let rows = ef.chain(size).flat_map(|(quantity, of, more)| {
        statistics(of).into_iter().chain(more).map(move |(name, value, interval, p)| {
            vec![
                quantity.clone(),
                of.unit.to_string(),
                of.measured.to_string(),
                of.reference.to_string(),
                of.frames.to_string(),
                of.readings.to_string(),
                of.patients.to_string(),
                name,
                number(value),
                interval.map(|(percent, _)| percent.to_string()).unwrap_or_default(),
                number(interval.map(|(_, [low, _])| low)),
                number(interval.map(|(_, [_, high])| high)),
                number(p),
            ]
        })
    });
    written(&columns, rows)
}

fn statistics(of: &PairedStatistics) -> Vec<Statistic> {
    let limits = of.limits.known();
    let lin = of.concordance.known();
    let icc = of.icc.known();
    let line = of.regression.known();
    let proportional = of.proportional_bias.known();
    let d = of.standardized_difference.as_ref().and_then(|d| d.known());
    let value = |name: &str, value: Option<f64>| (name.to_owned(), value, None, None);
    let with = |name: &str, found: Option<(f64, [f64; 2])>| {
        (name.to_owned(), found.map(|(value, _)| value), found.map(|(_, interval)| (95, interval)), None)
    };
    let mut all = vec![
        value("mean of reference", of.reference_mean.known().map(|mean| mean.mean)),
        value("sd of reference", of.reference_mean.known().map(|mean| mean.sd)),
        value("mean of measured", of.measured_mean.known().map(|mean| mean.mean)),
        value("sd of measured", of.measured_mean.known().map(|mean| mean.sd)),
        with("bias", limits.map(|l| (l.bias, l.bias_ci95))),
        value("sd of differences", limits.map(|l| l.sd)),
        with("lower limit of agreement", limits.map(|l| (l.lower, l.lower_ci95))),
        with("upper limit of agreement", limits.map(|l| (l.upper, l.upper_ci95))),
        with("standardised difference d", d.map(|d| (d.d, d.d_ci95))),
        ("wilcoxon signed-rank".to_owned(), None, None, of.wilcoxon.known().map(|test| test.p)),
        ("paired t".to_owned(), None, None, of.paired_t.known().map(|test| test.p)),
        with("Lin's CCC", lin.map(|c| (c.ccc, c.ccc_ci95))),
        with("Pearson's r", lin.map(|c| (c.pearson_r, c.pearson_ci95))),
        with("ICC(2,1)", icc.map(|icc| (icc.icc, icc.icc_ci95))),
        with("slope of measured on reference", line.map(|line| (line.slope, line.slope_ci95))),
        with("proportional bias, slope", proportional.map(|line| (line.slope, line.slope_ci95))),
    ];
    if let Some(within) = of.within_5_points {
        all.push(with("within 5 points, percent", Some((within.percent, within.ci95_percent))));
    }
    all.extend(of.equivalence.iter().filter_map(|test| test.known()).map(|test| {
        let name = format!("equivalence within {:.0} points, mean difference", test.margin);
        (name, Some(test.mean_difference), Some((90, test.mean_difference_ci90)), Some(test.p))
    }));
    all
}

fn ef_error_parts(result: &EvaluationResult) -> Result<Vec<u8>, EvaluationError> {
    let columns =
        ["difference", "part", "studies", "mean_points", "ci95_low", "ci95_high", "sd_points", "mean_absolute_points"];
    let rows = result.ef_error_parts.iter().flat_map(|summary| {
        summary.parts().into_iter().map(|(name, part, _)| {
            let mean = part.mean.known();
            vec![
                summary.difference.to_string(),
                name.to_owned(),
                summary.studies.to_string(),
                number(mean.map(|mean| mean.mean)),
                number(mean.map(|mean| mean.mean_ci95[0])),
                number(mean.map(|mean| mean.mean_ci95[1])),
                number(mean.map(|mean| mean.sd)),
                number(part.mean_absolute),
            ]
        })
    });
    written(&columns, rows)
}

fn dice_of_truth(result: &EvaluationResult) -> Result<Vec<u8>, EvaluationError> {
    let columns = ["side", "phase", "images", "mean_percent", "sd_percent", "ci95_low", "ci95_high"];
    let rows = result.dice_of_truth.iter().map(|dice| {
        let (mean, by_patient) = (dice.mean.known(), dice.by_patient.known());
        vec![
            dice.side.to_string(),
            dice.phase.to_string(),
            dice.images.to_string(),
            number(mean.map(|mean| mean.mean)),
            number(mean.map(|mean| mean.sd)),
            number(by_patient.map(|mean| mean.mean_ci95[0])),
            number(by_patient.map(|mean| mean.mean_ci95[1])),
        ]
    });
    written(&columns, rows)
}

fn raters(result: &EvaluationResult) -> Result<Vec<u8>, EvaluationError> {
    let columns = [
        "reader",
        "group",
        "left_out",
        "images_ed",
        "dice_ed_percent",
        "dice_ed_sd",
        "images_es",
        "dice_es_percent",
        "dice_es_sd",
        "ef_readings",
        "ef_error_points",
        "ef_error_sd",
        "ef_absolute_error_points",
    ];
    let row = |reader: &Reader| {
        let [ed, es] = [0, 1].map(|phase: usize| reader.dice_percent[phase].known());
        let ef = reader.ef_error_points.known();
        vec![
            reader.name.clone(),
            reader.group.clone().unwrap_or_default(),
            reader.left_out.to_string(),
            whole(ed.map(|dice| dice.values)),
            number(ed.map(|dice| dice.mean)),
            number(ed.map(|dice| dice.sd)),
            whole(es.map(|dice| dice.values)),
            number(es.map(|dice| dice.mean)),
            number(es.map(|dice| dice.sd)),
            whole(ef.map(|ef| ef.values)),
            number(ef.map(|ef| ef.mean)),
            number(ef.map(|ef| ef.sd)),
            number(reader.ef_absolute_error_points),
        ]
    };
    let readers = result.raters.iter().flat_map(|baseline| [&baseline.model].into_iter().chain(&baseline.raters));
    written(&columns, readers.map(row))
}

fn failures(result: &EvaluationResult) -> Result<Vec<u8>, EvaluationError> {
    let row = |failure: &super::result::Failure| {
        vec![failure.case.clone(), failure.side.name().to_owned(), failure.what.clone(), failure.reason.clone()]
    };
    written(&["case", "side", "what", "reason"], result.failures.iter().map(row))
}
