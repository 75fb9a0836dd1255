//! The tables of a consensus: one row per rater, and the LVEF that each rater would have given.

use std::path::Path;

use super::agreement::Agreement;
use bloodpool_files::csv_table::encode_csv;
use bloodpool_files::fingerprint::FileRecord;
use bloodpool_files::whole_file::{FileError, IfExists};

/// Columns of `raters.csv`.
const RATERS: [&str; 11] = [
    "rater",
    "group",
    "images",
    "missing",
    "mean_dice",
    "area_bias_percent",
    "ef_cases",
    "ef_bias_points",
    "ef_sd_points",
    "outlier",
    "left_out",
];

/// Writes `raters.csv` and `ef.csv`.
pub(super) fn write(
    folder: &Path,
    agreement: &Agreement,
    left_out: &[String],
    if_exists: IfExists,
) -> Result<[FileRecord; 2], FileError> {
    let write = |name: &str, table: Result<Vec<u8>, FileError>| FileRecord::write(folder, name, &table?, if_exists);
    Ok([
        write("raters.csv", raters(&folder.join("raters.csv"), agreement, left_out))?,
        write("ef.csv", lvef(&folder.join("ef.csv"), agreement))?,
    ])
}

fn raters(path: &Path, agreement: &Agreement, left_out: &[String]) -> Result<Vec<u8>, FileError> {
    let points = |value: Option<f64>| value.map(|value| format!("{value:.3}")).unwrap_or_default();
    let rows = agreement.raters.iter().map(|rater| {
        let own = &rater.against_others;
        [
            own.rater.clone(),
            own.group.clone().unwrap_or_default(),
            own.images.to_string(),
            own.missing.to_string(),
            format!("{:.5}", own.mean_dice),
            format!("{:.3}", own.area_bias_percent),
            rater.ef_cases.to_string(),
            points(rater.ef_bias_points),
            points(rater.ef_sd_points),
            rater.is_outlier().to_string(),
            left_out.contains(&own.rater).to_string(),
        ]
    });
    encode_csv(path, &RATERS, rows)
}

fn lvef(path: &Path, agreement: &Agreement) -> Result<Vec<u8>, FileError> {
    let names = agreement.raters.iter().map(|rater| rater.against_others.rater.as_str());
    let columns: Vec<&str> = ["case", "consensus"].into_iter().chain(names).collect();
    let percent = |value: &Option<f64>| value.map(|value| format!("{value:.3}")).unwrap_or_default();
    let rows = agreement.ef_by_case.iter().map(|case| {
        let values = case.raters_lvef_percent.iter().map(percent);
        [case.case.clone(), percent(&case.consensus_lvef_percent)].into_iter().chain(values)
    });
    encode_csv(path, &columns, rows)
}
