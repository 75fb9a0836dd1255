//! Who was to read which images: the table of assignments of a partial reading design.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use bloodpool_files::{CsvRow, composed};

use crate::extracted::{ExtractedCase, ExtractedImage};
use crate::study_table::name_in_table;
use crate::table::{Table, TableError};

/// Which of a rater's drawings of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// The first, which the consensus is formed from.
    First,
    /// The second, for the agreement of the rater with themselves.
    Repeat,
}

/// Who was to read which images.
#[derive(Debug, Clone)]
pub struct Assignments {
    table: Table,
    /// For each rater, by composed name: names of the images of the first round and of the repeat.
    images: BTreeMap<String, [BTreeSet<String>; 2]>,
}

/// The columns of the table.
struct Columns {
    rater: usize,
    case: usize,
    image: Option<usize>,
    phase: Option<usize>,
    repeat: Option<usize>,
}

impl Assignments {
    /// Reads a table with the columns `rater` and `case`, and where wanted `phase` (`ed`, `ed-second`, `es`, `es-second`), `image` (the
    /// name of an image) and `repeat` (1 or empty: the first drawing; 2: the repeat). A row without phase and image stands for all images of
    /// the study. Rows without a rater and a case are skipped.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be read or lacks a column, or names a study, an image or a repeat that does not exist.
    pub fn read(path: &Path, cases: &[ExtractedCase]) -> Result<Self, TableError> {
        let table = Table::read(path)?;
        let columns = Columns {
            rater: table.column("rater")?,
            case: table.column("case")?,
            image: optional(&table, "image")?,
            phase: optional(&table, "phase")?,
            repeat: optional(&table, "repeat")?,
        };
        let by_name: HashMap<String, &ExtractedCase> =
            cases.iter().map(|case| (composed(&case.case).into_owned(), case)).collect();
        let mut images: BTreeMap<String, [BTreeSet<String>; 2]> = BTreeMap::new();
        for row in table.rows() {
            let (rater, case) = (row.field(columns.rater), row.field(columns.case));
            if rater.is_empty() && case.is_empty() {
                continue;
            }
            let wrong = |column: &'static str, value: &str, needed: &'static str| TableError::Value {
                path: path.to_owned(),
                line: row.line(),
                column,
                value: value.to_owned(),
                needed,
            };
            if rater.is_empty() {
                return Err(wrong("rater", rater, "a rater is needed"));
            }
            let found = by_name.get(&*composed(case)).or_else(|| by_name.get(&name_in_table(case)));
            let found = *found.ok_or_else(|| wrong("case", case, "a study of the extracted images is needed"))?;
            let own = chosen(row, &columns, found);
            if own.is_empty() {
                let (column, index) = match columns.image.filter(|&index| !row.field(index).is_empty()) {
                    Some(index) => ("image", Some(index)),
                    None => ("phase", columns.phase),
                };
                let value = index.map(|index| row.field(index)).unwrap_or_default();
                return Err(wrong(column, value, "an image of the study is needed, or ed, ed-second, es or es-second"));
            }
            let repeat = columns.repeat.map(|index| row.field(index)).unwrap_or_default();
            let round = match (repeat, table.whole_number(repeat)) {
                ("", _) | (_, Some(1)) => Round::First,
                (_, Some(2)) => Round::Repeat,
                _ => return Err(wrong("repeat", repeat, "1 for the first drawing or 2 for the repeat is needed")),
            };
            let of_rater = images.entry(composed(rater).into_owned()).or_default();
            of_rater[round as usize].extend(own.into_iter().map(|image| image.name().to_owned()));
        }
        Ok(Self { table, images })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.table.path()
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        self.table.sha256()
    }

    /// The raters, by composed name, with the number of drawings that each was to make.
    pub fn raters(&self) -> impl Iterator<Item = (&str, usize)> + '_ {
        self.images.iter().map(|(rater, [first, repeat])| (rater.as_str(), first.len() + repeat.len()))
    }

    /// Whether a rater was to draw on an image.
    #[must_use]
    pub fn has(&self, rater: &str, round: Round, image: &str) -> bool {
        self.images.get(&*composed(rater)).is_some_and(|rounds| rounds[round as usize].contains(image))
    }
}

/// The images of a study that a row stands for.
fn chosen<'a>(row: &CsvRow, columns: &Columns, case: &'a ExtractedCase) -> Vec<&'a ExtractedImage> {
    let field = |column: Option<usize>| column.map(|index| row.field(index)).filter(|field| !field.is_empty());
    let (image, phase) = (field(columns.image), field(columns.phase).map(str::to_lowercase));
    let named = |own: &ExtractedImage| {
        image.is_none_or(|name| {
            let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
            composed(name.strip_suffix(".png").unwrap_or(name)) == composed(own.name())
        })
    };
    let tagged =
        |own: &ExtractedImage| phase.as_deref().is_none_or(|phase| phase.replace(['_', ' '], "-") == own.phase.tag());
    case.images.iter().filter(|own| named(own) && tagged(own)).collect()
}

/// The index of a column that need not be there.
fn optional(table: &Table, column: &'static str) -> Result<Option<usize>, TableError> {
    match table.column(column) {
        Ok(index) => Ok(Some(index)),
        Err(TableError::NoColumn { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
