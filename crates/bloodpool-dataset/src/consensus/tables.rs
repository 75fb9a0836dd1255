//! The consensus's tables: one line a rater, and the LVEF that every rater would have given.

use std::path::Path;

use super::agreement::Agreement;
use bloodpool_files::fingerprint::FileRecord;
use bloodpool_files::whole_file::{FileError, IfExists};

/// Writes `raters.csv` and `ef.csv`.
pub(super) fn write(
    folder: &Path,
    agreement: &Agreement,
    left_out: &[String],
    if_exists: IfExists,
) -> Result<[FileRecord; 2], FileError> {
    let encode = |name: &str, table: csv::Result<Vec<u8>>| match table {
        Ok(bytes) => FileRecord::write(folder, name, &bytes, if_exists),
        Err(error) => Err(FileError::Format { path: folder.join(name), format: "CSV", reason: error.to_string() }),
    };
    Ok([encode("raters.csv", raters(agreement, left_out))?, encode("ef.csv", lvef(agreement))?])
}

fn raters(agreement: &Agreement, left_out: &[String]) -> csv::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
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
    ])?;
    let points = |value: Option<f64>| value.map(|value| format!("{value:.3}")).unwrap_or_default();
    for rater in &agreement.raters {
        let own = &rater.against_others;
        table.write_record([
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
        ])?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

fn lvef(agreement: &Agreement) -> csv::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let names = agreement.raters.iter().map(|rater| rater.against_others.rater.clone());
    table.write_record(["case".to_owned(), "consensus".to_owned()].into_iter().chain(names))?;
    let percent = |value: &Option<f64>| value.map(|value| format!("{value:.3}")).unwrap_or_default();
    for case in &agreement.ef_by_case {
        let values = case.raters_lvef_percent.iter().map(percent);
        table.write_record([case.case.clone(), percent(&case.consensus_lvef_percent)].into_iter().chain(values))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}
