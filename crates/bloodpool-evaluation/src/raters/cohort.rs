//! `Cohort`: who was evaluated, and who the dataset's other parts hold.

use std::collections::BTreeSet;

use bloodpool_dataset::{AnnotatedDataset, DatasetCase, Split};
use bloodpool_report::Table;
use bloodpool_stats::{MeanSd, mean_sd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::{self, Measured, NONE};

/// Cut-offs of the LVEF of the consensus that groups of patients are counted by, percent.
const CUT_OFFS: [f64; 2] = [40.0, 50.0];

/// The studies of each part of a dataset, and those that were evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cohort {
    /// The studies that were evaluated, then training, validation and test of the dataset.
    pub parts: Vec<CohortPart>,
}

/// Some studies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CohortPart {
    /// `evaluated`, or a part of the dataset.
    pub name: String,
    /// Number of studies.
    pub studies: usize,
    /// Number of patients.
    pub patients: usize,
    /// How many of the studies are simulated.
    pub simulated_studies: usize,
    /// LVEF of the consensus by Eq. 5 and 6, percent.
    pub lvef_percent: Measured<MeanSd>,
    /// Least and greatest.
    pub lvef_range_percent: Option<[f64; 2]>,
    /// Studies with an LVEF below 40 %, from 40 to below 50 %, and of 50 % or more.
    pub by_lvef: [usize; 3],
    /// Studies without one.
    pub without_lvef: usize,
    /// Frames of the cycle, fewest and most.
    pub frames: Option<[usize; 2]>,
    /// Sizes of the matrix, rows x columns.
    pub matrices: Vec<String>,
    /// Pixel spacing, mm, least and greatest; `None` where none is recorded.
    pub pixel_spacing_mm: Option<[f64; 2]>,
    /// Raters of an image, fewest and most.
    pub raters: Option<[usize; 2]>,
}

impl Cohort {
    /// Of a dataset of which the studies of these names are evaluated.
    #[must_use]
    pub fn new(dataset: &AnnotatedDataset, evaluated: &[&str]) -> Self {
        let cases = || dataset.manifest().cases.iter();
        let evaluated: Vec<&DatasetCase> = cases().filter(|case| evaluated.contains(&case.case.as_str())).collect();
        let mut parts = vec![CohortPart::new("evaluated".to_owned(), &evaluated)];
        for split in Split::ALL {
            let own: Vec<&DatasetCase> = cases().filter(|case| case.split == split).collect();
            parts.push(CohortPart::new(split.to_string(), &own));
        }
        Self { parts }
    }

    /// As a table, one column per part.
    pub(super) fn table(&self) -> Table {
        type Cell = fn(&CohortPart) -> String;
        let rows: [(&str, Cell); 8] = [
            ("Studies (patients)", |part| format!("{} ({})", part.studies, part.patients)),
            ("Simulated", |part| part.simulated_studies.to_string()),
            ("LVEF of the consensus, %, mean \u{b1} SD", |part| measured::mean_sd(&part.lvef_percent, 1)),
            ("Least to greatest", |part| {
                part.lvef_range_percent.map_or(NONE.to_owned(), |ends| measured::range(ends, 1))
            }),
            ("LVEF < 40 / 40 to < 50 / \u{2265} 50 / unknown", |part| {
                let [low, middle, high] = part.by_lvef;
                format!("{low} / {middle} / {high} / {}", part.without_lvef)
            }),
            ("Frames per cycle", |part| span(part.frames)),
            ("Matrix (pixel spacing, mm)", |part| {
                let spacing = part.pixel_spacing_mm.map_or("not recorded".to_owned(), |[low, high]| {
                    if high - low < 0.005 { format!("{low:.2}") } else { measured::range([low, high], 2) }
                });
                format!("{} ({spacing})", part.matrices.join(", "))
            }),
            ("Raters per image", |part| span(part.raters)),
        ];
        let row = |(name, cell): (&str, Cell)| {
            [name.to_owned()].into_iter().chain(self.parts.iter().map(cell)).collect::<Vec<String>>()
        };
        let heads = self.parts.iter().enumerate().map(|(index, part)| match index {
            0 => "Evaluated".to_owned(),
            _ => format!("Dataset: {}", part.name),
        });
        Table {
            caption: "Cohort".to_owned(),
            columns: [String::new()].into_iter().chain(heads).collect(),
            rows: rows.into_iter().map(row).collect(),
            notes: vec![
                "A dataset is split by patient; LVEF by Eq. 5 and 6, drop-off corrected, from the consensus."
                    .to_owned(),
            ],
        }
    }
}

fn span(ends: Option<[usize; 2]>) -> String {
    match ends {
        Some([low, high]) if low == high => low.to_string(),
        Some([low, high]) => format!("{low} to {high}"),
        None => NONE.to_owned(),
    }
}

impl CohortPart {
    /// Of these studies.
    pub(super) fn new(name: String, cases: &[&DatasetCase]) -> Self {
        let known: Vec<f64> = cases.iter().filter_map(|case| case.consensus_lvef_percent).collect();
        let patients: BTreeSet<&str> = cases.iter().map(|case| case.patient.as_str()).collect();
        let matrices: BTreeSet<(usize, usize)> = cases.iter().map(|case| (case.rows, case.columns)).collect();
        let spacings = cases.iter().filter_map(|case| case.pixel_spacing_mm).flatten();
        let [low, high] = CUT_OFFS;
        let below = |cut_off: f64| known.iter().filter(|lvef| **lvef < cut_off).count();
        Self {
            name,
            studies: cases.len(),
            patients: patients.len(),
            simulated_studies: cases.iter().filter(|case| case.simulated).count(),
            lvef_percent: Measured::from(mean_sd(&known)),
            lvef_range_percent: ends(known.iter().copied()),
            by_lvef: [below(low), below(high) - below(low), known.len() - below(high)],
            without_lvef: cases.len() - known.len(),
            frames: whole_ends(cases.iter().map(|case| case.frames)),
            matrices: matrices.into_iter().map(|(rows, columns)| format!("{rows} x {columns}")).collect(),
            pixel_spacing_mm: ends(spacings),
            raters: whole_ends(cases.iter().flat_map(|case| &case.annotated).map(|frame| frame.raters)),
        }
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values.fold(None, |ends: Option<[f64; 2]>, value| {
        Some(ends.map_or([value; 2], |[low, high]| [low.min(value), high.max(value)]))
    })
}

fn whole_ends(values: impl Iterator<Item = usize> + Clone) -> Option<[usize; 2]> {
    Some([values.clone().min()?, values.max()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_counted_and_an_empty_one_has_no_numbers() {
        let none = CohortPart::new("test".to_owned(), &[]);
        assert_eq!((none.studies, none.frames, none.lvef_range_percent, none.by_lvef), (0, None, None, [0; 3]));
        let table = Cohort { parts: vec![none] }.table();
        assert_eq!((table.columns.len(), table.rows.len()), (2, 8));
        assert_eq!((table.rows[0][1].as_str(), table.rows[2][1].as_str()), ("0 (0)", "-"));
        assert_eq!(ends([3.0, 1.0, 2.0].into_iter()), Some([1.0, 3.0]));
    }
}
