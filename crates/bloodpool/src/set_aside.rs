//! What a plan set aside, as lines for a person and as records for a document.

use std::path::Path;

use bloodpool_dicom::{PlannedStudy, ReadError, SetAside};
use bloodpool_files::SetAsideRecord;

/// Files of one folder with the same reason that are named one by one; of more, the first ones are named.
const NAMED: usize = 3;

/// What a plan set aside, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetAsideSummary {
    /// One line for each file and folder that a study may be in; files of one folder with the same reason share one.
    pub lines: Vec<String>,
    /// One line for each other file.
    pub others: Vec<String>,
    /// Files and folders in `lines` that are DICOM, or that nobody looked into.
    pub set_aside: usize,
    /// Files that are not DICOM.
    pub not_dicom: usize,
}

impl SetAsideSummary {
    /// Of everything that a [`Plan`](bloodpool_dicom::Plan) set aside: first of its studies, then the rest.
    #[must_use]
    pub fn of(studies: &[Result<PlannedStudy, ReadError>], rest: &[SetAside]) -> Self {
        let of_studies =
            studies.iter().flatten().flat_map(|study| study.set_aside.iter().map(|aside| (aside, Some(&*study.path))));
        let all: Vec<(&SetAside, Option<&Path>)> = of_studies.chain(rest.iter().map(|aside| (aside, None))).collect();
        let mut summary = Self::default();
        let (named, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(aside, _)| aside.reason.may_hold_study());
        summary.others = others.iter().map(|(aside, _)| line(&[aside.path.as_path()], aside, None)).collect();
        summary.not_dicom = named.iter().chain(&others).filter(|(aside, _)| aside.reason.is_not_dicom()).count();
        summary.set_aside = named.iter().filter(|(aside, _)| !aside.reason.is_not_dicom()).count();
        let mut rest = &named[..];
        while let [(first, chosen), ..] = rest {
            let alike = |(aside, with): &&(&SetAside, Option<&Path>)| {
                with == chosen && aside.reason == first.reason && aside.path.parent() == first.path.parent()
            };
            let several = rest.iter().take_while(alike).count();
            let share = if several > NAMED { several } else { 1 };
            let paths: Vec<&Path> = rest[..share].iter().map(|(aside, _)| aside.path.as_path()).collect();
            summary.lines.push(line(&paths, first, *chosen));
            rest = &rest[share..];
        }
        summary
    }

    /// How many, as words that follow other counts: `, 2 set aside, 20 skipped as not DICOM`.
    #[must_use]
    pub fn counts(&self) -> String {
        let of = |count: usize, what: &str| if count == 0 { String::new() } else { format!(", {count} {what}") };
        of(self.set_aside, "set aside") + &of(self.not_dicom, "skipped as not DICOM")
    }
}

/// `FILE: reason (chosen: FILE)`.
fn line(paths: &[&Path], aside: &SetAside, chosen: Option<&Path>) -> String {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = match paths {
        [one] => one.display().to_string(),
        several => {
            let folder = aside.path.parent().unwrap_or(Path::new("")).display();
            let first: Vec<String> = several.iter().take(NAMED).map(|path| name(path)).collect();
            format!("{folder}: {} files ({}, ...)", several.len(), first.join(", "))
        }
    };
    match chosen.filter(|_| aside.reason.code() != "duplicate") {
        Some(chosen) => format!("{files}: {} (chosen: {})", aside.reason, chosen.display()),
        None => format!("{files}: {}", aside.reason),
    }
}

/// The records of files and folders that were set aside.
#[must_use]
pub fn records(set_aside: &[SetAside]) -> Vec<SetAsideRecord> {
    let record = |aside: &SetAside| SetAsideRecord {
        file: Some(aside.path.display().to_string()),
        code: aside.reason.code().to_owned(),
        reason: aside.reason.to_string(),
    };
    set_aside.iter().map(record).collect()
}

#[cfg(test)]
mod tests {
    use bloodpool_dicom::AsideReason;

    use super::*;

    fn aside(path: &str, reason: AsideReason) -> SetAside {
        SetAside { path: path.into(), reason }
    }

    #[test]
    fn many_alike_share_a_line_and_foreign_files_are_counted() {
        let hidden = |name: &str| aside(&format!("in/{name}"), AsideReason::HiddenFile);
        let set_aside = vec![
            hidden(".a"),
            hidden(".b"),
            hidden(".c"),
            hidden(".d"),
            aside("in/x", AsideReason::NotDicom { format: None }),
            aside("in/e/y", AsideReason::HiddenFile),
            aside("in/DICOMDIR", AsideReason::MediaDirectory),
        ];
        let summary = SetAsideSummary::of(&[], &set_aside);
        let said = "hidden DICOM file, not read; to analyse it, name the file itself";
        assert_eq!(summary.lines, [format!("in: 4 files (.a, .b, .c, ...): {said}"), format!("in/e/y: {said}")]);
        assert_eq!(summary.others.len(), 2);
        assert_eq!(summary.counts(), ", 5 set aside, 1 skipped as not DICOM");
        assert_eq!(SetAsideSummary::default().counts(), "");
    }
}
