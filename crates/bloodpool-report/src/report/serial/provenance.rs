//! What the numbers of a serial comparison depend on: program, models, protocols, limits and files.

use std::collections::BTreeSet;

use crate::Language;
use crate::report::choices::{Choice, choices};
use crate::serial::SerialComparison;
use crate::{ReportError, SOFTWARE};

/// Label and value of the record; `None`: not recorded.
pub(in crate::report) fn rows(serial: &SerialComparison<'_>, language: Language) -> Vec<(String, Option<String>)> {
    let comparison = serial.comparison();
    let mut rows = vec![(language.software().to_owned(), Some(SOFTWARE.to_owned()))];
    let models: BTreeSet<(&str, &str)> =
        serial.studies().iter().map(|study| (&*study.analysis.model.name, &*study.analysis.model.sha256)).collect();
    for (name, sha256) in models {
        rows.push((language.model().to_owned(), Some(name.to_owned())));
        rows.push((language.sha_of_weights().to_owned(), Some(sha256.to_owned())));
    }
    let protocols: BTreeSet<&str> =
        serial.studies().iter().map(|study| study.analysis.protocol.name.as_str()).collect();
    rows.push((language.protocol().to_owned(), Some(protocols.into_iter().collect::<Vec<_>>().join(", "))));
    rows.push((language.technical_source().to_owned(), Some(comparison.repeatability.source.clone())));
    let local = comparison.local_limit_percent.map(|limit| language.percent(limit));
    rows.push((
        language.local_limit().to_owned(),
        Some(local.unwrap_or_else(|| language.not_given_by_user().to_owned())),
    ));
    for (at, study) in serial.studies().iter().enumerate() {
        let label = |what: &str| format!("{} \u{b7} {what}", at + 1);
        rows.push((label(language.file()), Some(study.source.to_owned())));
        match study.source_files {
            [] => {}
            [file] => rows.push((label(language.sha_of_file()), Some(file.sha256.clone()))),
            several => rows.extend(
                several
                    .iter()
                    .map(|file| (label(language.sha_of_frame()), Some(format!("{}  {}", file.sha256, file.file)))),
            ),
        }
        rows.push((label("Study UID"), study.study.identity.study_uid.clone()));
        rows.push((label("SOP instance UID"), study.study.identity.sop_uid.clone()));
    }
    rows
}

/// Each protocol by name, with every choice of it.
pub(in crate::report) fn protocols(serial: &SerialComparison<'_>) -> Result<Vec<(String, Vec<Choice>)>, ReportError> {
    let mut shown: Vec<(String, Vec<Choice>)> = Vec::new();
    for study in serial.studies() {
        let protocol = (study.analysis.protocol.name.clone(), choices(&study.analysis.protocol)?);
        if !shown.contains(&protocol) {
            shown.push(protocol);
        }
    }
    Ok(shown)
}
