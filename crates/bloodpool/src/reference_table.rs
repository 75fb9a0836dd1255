//! The table of reference LVEF: one row per study.

use std::path::{Path, PathBuf};

use bloodpool_core::ReferenceLvef;
use bloodpool_dataset::StudiesToAdd;
use bloodpool_evaluation::reference::day_number;
use bloodpool_files::{ColumnError, CsvTable, FileError};

/// What a reference is called that has no name.
const UNNAMED: &str = "reference LVEF";
/// Words of a reference that was read with the outline of bloodpool visible: an error that both share would not be detected.
const CIRCULAR: [&str; 4] = ["bloodpool", "signed here", "signed in this program", "this program"];
const COLUMNS: [&str; 5] = ["study", "lvef_reference", "group", "reference", "date"];
/// Other names of columns, as tables of other programs have them.
const OTHER_NAMES: [(&str, &str); 2] = [("lvef", "lvef_reference"), ("modality", "reference")];

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
    /// When it was obtained, as the table writes it.
    pub date: Option<String>,
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
    /// The date is none.
    #[error("has a date that is not written as 2026-05-09 or 20260509")]
    NotDate,
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
    /// There is nothing in it.
    #[error("{} is empty; columns are {}", path.display(), COLUMNS.join(", "))]
    Empty {
        /// The table.
        path: PathBuf,
    },
    /// A column means nothing here.
    #[error("{}: column `{name}` is not known; columns are {}", path.display(), COLUMNS.join(", "))]
    UnknownColumn {
        /// The table.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// A column is missing, or there are several of its name.
    #[error("{}: {source}", path.display())]
    Column {
        /// The table.
        path: PathBuf,
        /// What is wrong with the column.
        source: ColumnError,
    },
}

/// Reads the table; paths of studies are relative to its folder. Encodings, separators and numbers are those of
/// [`CsvTable`].
///
/// # Errors
/// [`ReferenceTableError`].
pub fn read(path: &Path) -> Result<(Vec<Row>, Vec<Refused>), ReferenceTableError> {
    rows(&CsvTable::read(path)?)
}

/// Studies with a reference LVEF alone, by a table.
#[derive(Debug, Clone)]
pub struct ReferenceStudiesOfTable {
    /// Rows that are not used.
    pub refused: Vec<Refused>,
    images: PathBuf,
    references: Vec<(String, ReferenceLvef)>,
    table_sha256: String,
}

impl ReferenceStudiesOfTable {
    /// Reads the table for the studies whose images are in a folder that `extract` wrote.
    ///
    /// # Errors
    /// [`ReferenceTableError`].
    pub fn read(images: &Path, table: &Path) -> Result<Self, ReferenceTableError> {
        let (rows, refused) = read(table)?;
        let of_row = |row: Row| {
            let name = row.study.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            (name, ReferenceLvef { percent: row.lvef_percent, modality: row.reference })
        };
        let table_sha256 = bloodpool_files::sha256(&bloodpool_files::fingerprint::read_bytes(table)?);
        Ok(Self {
            refused,
            images: images.to_owned(),
            references: rows.into_iter().map(of_row).collect(),
            table_sha256,
        })
    }

    /// What is added to a dataset.
    #[must_use]
    pub fn to_add(&self) -> StudiesToAdd<'_> {
        StudiesToAdd { images: &self.images, references: &self.references, table_sha256: &self.table_sha256 }
    }
}

fn rows(table: &CsvTable) -> Result<(Vec<Row>, Vec<Refused>), ReferenceTableError> {
    let path = || table.path().to_owned();
    // Spreadsheets leave columns without a name at the end.
    let mut named = table.columns().iter().filter(|name| !name.is_empty()).peekable();
    if named.peek().is_none() {
        return Err(ReferenceTableError::Empty { path: path() });
    }
    let is_known = |name: &str| COLUMNS.contains(&name) || OTHER_NAMES.iter().any(|(other, _)| *other == name);
    if let Some(unknown) = named.find(|name| !is_known(&name.to_lowercase())) {
        return Err(ReferenceTableError::UnknownColumn { path: path(), name: unknown.clone() });
    }
    let column = |name| {
        let other = OTHER_NAMES.iter().find(|(_, usual)| *usual == name).map(|(other, _)| *other);
        let found = match (table.column(name), other.map(|other| table.column(other))) {
            (Err(ColumnError::Missing { .. }), Some(Ok(column))) => Ok(column),
            (Err(ColumnError::Missing { .. }), Some(Err(error @ ColumnError::Several { .. }))) => Err(error),
            (found, _) => found,
        };
        found.map_err(|source| ReferenceTableError::Column { path: path(), source })
    };
    let optional = |name| match column(name) {
        Err(ReferenceTableError::Column { source: ColumnError::Missing { .. }, .. }) => Ok(None),
        found => found.map(Some),
    };
    let [study, lvef, group, reference, date] = COLUMNS;
    let (study, lvef) = (column(study)?, column(lvef)?);
    let (group, reference, date) = (optional(group)?, optional(reference)?, optional(date)?);
    let folder = table.path().parent().unwrap_or(Path::new(""));
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    for row in table.rows() {
        let line = row.line();
        let text = |column: Option<usize>| column.map(|k| row.field(k)).filter(|text| !text.is_empty());
        let named = text(reference).unwrap_or(UNNAMED);
        let why = match (text(Some(study)), text(Some(lvef)).map(|text| table.number(text))) {
            (None, _) => RowProblem::NoStudy,
            (_, None) => RowProblem::NoReference,
            _ if is_circular(named) => RowProblem::Circular { reference: named.to_owned() },
            _ if text(date).is_some_and(|date| day_number(date).is_none()) => RowProblem::NotDate,
            (Some(path), Some(Some(lvef_percent))) if (0.0..=100.0).contains(&lvef_percent) => {
                rows.push(Row {
                    line,
                    study: folder.join(path),
                    lvef_percent,
                    group: text(group).map(str::to_owned),
                    reference: named.to_owned(),
                    date: text(date).map(str::to_owned),
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

    fn parse(text: impl AsRef<[u8]>, folder: &Path) -> Result<(Vec<Row>, Vec<Refused>), ReferenceTableError> {
        rows(&CsvTable::parse(&folder.join("studies.csv"), text.as_ref())?)
    }

    #[test]
    fn tables_of_any_spreadsheet_are_read() {
        let text = "Study;LVEF_Reference;Group;\r\na.dcm;61,5;camera A;\r\n;;;\r\nb.dcm;58;;\r\n";
        let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes().to_vec(), utf16, text.replace(';', "\t").into_bytes()] {
            let (rows, refused) = parse(&bytes, Path::new("in")).unwrap();
            let read: Vec<_> = rows.iter().map(|row| (row.line, row.lvef_percent, row.group.as_deref())).collect();
            assert_eq!(read, [(2, 61.5, Some("camera A")), (4, 58.0, None)]);
            assert_eq!((refused, rows[0].study.as_path()), (vec![], Path::new("in/a.dcm")));
        }
        // Python: "카메라".encode("cp949")
        let korean = b"study,lvef_reference,group\na.dcm,60,\xc4\xab\xb8\xde\xb6\xf3\n";
        assert_eq!(parse(korean, Path::new("")).unwrap().0[0].group.as_deref(), Some("카메라"));
    }

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
    fn columns_may_have_the_names_of_other_tables() {
        let text = "study,LVEF,Modality,Date\na.dcm,61,CMR,2026-05-09\nb.dcm,50,CT,20260510\nc.dcm,50,CT,9.5.2026\nd.dcm,50,,\n";
        let (rows, refused) = parse(text, Path::new("")).unwrap();
        let read: Vec<_> = rows.iter().map(|row| (row.reference.as_str(), row.date.as_deref())).collect();
        assert_eq!(read, [("CMR", Some("2026-05-09")), ("CT", Some("20260510")), (UNNAMED, None)]);
        assert_eq!(refused, [Refused { line: 4, why: RowProblem::NotDate }]);
    }

    #[test]
    fn a_table_with_other_columns_is_refused() {
        for (text, named) in [
            ("study,lvef_percent\n", "`lvef_percent`"),
            ("study,Lvef,LVEF\n", "several columns are named `lvef`"),
            ("study\n", "lvef_reference"),
            ("", "study"),
            ("study,lvef_reference,Group,GROUP\n", "several columns are named `group`"),
            ("study,lvef_reference\na.dcm\n", "line 2 has 1 fields"),
        ] {
            assert!(parse(text, Path::new("")).unwrap_err().to_string().contains(named), "{text}");
        }
    }
}
