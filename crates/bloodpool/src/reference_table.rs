//! The table of reference LVEF: one row per study.

use std::path::{Path, PathBuf};

use bloodpool_files::FileError;

/// What a reference is called that has no name.
const UNNAMED: &str = "reference LVEF";
/// Words of a reference that was read with the outline of bloodpool visible: an error that both share would not be detected.
const CIRCULAR: [&str; 4] = ["bloodpool", "signed here", "signed in this program", "this program"];
const COLUMNS: [&str; 4] = ["study", "lvef_reference", "group", "reference"];

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Line of the file, from 1.
    pub line: u64,
    /// The study, as a path from the current folder.
    pub study: PathBuf,
    /// LVEF, percent.
    pub lvef_percent: f64,
    /// Group that the study belongs to.
    pub group: Option<String>,
    /// What the reference is.
    pub reference: String,
}

/// A row that is not used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Line of the file, from 1.
    pub line: u64,
    /// Why; it reads on after the words `line N`.
    pub why: RowProblem,
}

/// Why a row is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowProblem {
    /// The column `study` is empty.
    #[error("names no study")]
    NoStudy,
    /// The column `lvef_reference` is empty.
    #[error("has no lvef_reference")]
    NoReference,
    /// The reference is no percentage.
    #[error("has an lvef_reference that is no number from 0 to 100")]
    NotPercent,
    /// The reference was obtained with the outline of bloodpool visible.
    #[error(
        "has a reference that was obtained with the outline of bloodpool visible (`{reference}`): errors that both share would \
         not be detected"
    )]
    Circular {
        /// Name of the reference.
        reference: String,
    },
}

/// Why a table cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceTableError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no CSV.
    #[error("the table is not CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A column means nothing here.
    #[error("column `{name}` is not known; columns are {}", COLUMNS.join(", "))]
    UnknownColumn {
        /// Its name.
        name: String,
    },
    /// A column is missing.
    #[error("there is no column `{name}`")]
    MissingColumn {
        /// Its name.
        name: &'static str,
    },
}

/// Reads the table; paths of studies are relative to its folder.
///
/// # Errors
/// [`ReferenceTableError`].
pub fn read(path: &Path) -> Result<(Vec<Row>, Vec<Refused>), ReferenceTableError> {
    let text = std::fs::read_to_string(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    parse(&text, path.parent().unwrap_or(Path::new("")))
}

fn parse(text: &str, folder: &Path) -> Result<(Vec<Row>, Vec<Refused>), ReferenceTableError> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers()?.clone();
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(ReferenceTableError::UnknownColumn { name: unknown.to_owned() });
    }
    let place = |name: &str| header.iter().position(|column| column == name);
    let needed = |name: &'static str| place(name).ok_or(ReferenceTableError::MissingColumn { name });
    let (study, lvef) = (needed("study")?, needed("lvef_reference")?);
    let (group, reference) = (place("group"), place("reference"));
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let text = |place: Option<usize>| place.and_then(|k| record.get(k)).filter(|text| !text.is_empty());
        let named = text(reference).unwrap_or(UNNAMED);
        let why = match (text(Some(study)), text(Some(lvef)).map(str::parse::<f64>)) {
            (None, _) => RowProblem::NoStudy,
            (_, None) => RowProblem::NoReference,
            _ if is_circular(named) => RowProblem::Circular { reference: named.to_owned() },
            (Some(path), Some(Ok(lvef_percent))) if (0.0..=100.0).contains(&lvef_percent) => {
                rows.push(Row {
                    line,
                    study: folder.join(path),
                    lvef_percent,
                    group: text(group).map(str::to_owned),
                    reference: named.to_owned(),
                });
                continue;
            }
            _ => RowProblem::NotPercent,
        };
        refused.push(Refused { line, why });
    }
    Ok((rows, refused))
}

fn is_circular(reference: &str) -> bool {
    let lower = reference.to_lowercase();
    CIRCULAR.iter().any(|words| lower.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_others_refused_with_their_line() {
        let text = "study, lvef_reference, group, reference\n\
                    a.dcm, 61.5, camera A, CMR\n\
                    b.dcm, , , CMR\n\
                    c.dcm, 161, , CMR\n\
                    d.dcm, 55, , Signed here by Dr Lee\n\
                    e.dcm, 40, , \n";
        let (rows, refused) = parse(text, Path::new("in")).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].study.as_path(), rows[0].lvef_percent), (Path::new("in/a.dcm"), 61.5));
        assert_eq!((rows[0].group.as_deref(), rows[1].group.as_deref()), (Some("camera A"), None));
        assert_eq!((rows[0].reference.as_str(), rows[1].reference.as_str()), ("CMR", UNNAMED));
        assert_eq!(refused.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(refused[2].why.to_string().contains("outline of bloodpool visible"));
        assert!(is_circular("BloodPool 0.1") && !is_circular("QGS, blinded reader, signed"));
    }

    #[test]
    fn a_table_with_other_columns_is_refused() {
        for (text, named) in [("study,lvef\n", "`lvef`"), ("study\n", "lvef_reference"), ("", "study")] {
            assert!(parse(text, Path::new("")).unwrap_err().to_string().contains(named), "{text}");
        }
    }
}
