//! What raters changed of prelabels, for people: a table with one row per rater, and what its columns mean.

use super::file_times::{LONGEST_GAP_SECONDS, TOGETHER_SECONDS};
use super::mean_by_patient::MeanByPatient;
use super::record::{Corrections, RaterCorrections};

/// What stands where there is no value.
const NONE: &str = "-";

impl Corrections {
    /// Heads of the columns of [`Corrections::table`].
    pub const TABLE_COLUMNS: [&'static str; 8] = [
        "rater",
        "images",
        "unchanged",
        "mean Dice (95 % CI)",
        "least Dice",
        "area change, % (95 % CI)",
        "LVEF change, points (95 % CI)",
        "s per image (file times)",
    ];

    /// One row per rater, in the columns of [`Corrections::TABLE_COLUMNS`].
    #[must_use]
    pub fn table(&self) -> Vec<[String; 8]> {
        self.raters.iter().map(row).collect()
    }

    /// What the columns mean and what is missing, one sentence or two each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![
            format!(
                "Prelabels by {} on {} images. Means are over patients, changes are corrected less prelabel, and LVEF is by Eq. 5 and 6.",
                self.model, self.prelabelled
            ),
            format!(
                "Time per image is taken from the modification times of the rater's files, nobody measured it: the median from one saving \
                 to the next, without breaks longer than {:.0} minutes and without files written within {TOGETHER_SECONDS:.0} s of \
                 another.",
                LONGEST_GAP_SECONDS / 60.0
            ),
        ];
        for rater in &self.raters {
            if rater.missing > 0 {
                let (name, missing) = (&rater.rater, rater.missing);
                notes.push(format!(
                    "{name}: no usable file of {missing} of {} images with a prelabel.",
                    self.prelabelled
                ));
            }
            if !rater.without_prelabel.is_empty() {
                let (name, images) = (&rater.rater, rater.without_prelabel.len());
                notes.push(format!("{name}: {images} images were drawn on without a prelabel; they are not compared."));
            }
            if rater.time.is_none() {
                let name = &rater.rater;
                notes.push(format!(
                    "{name}: no time per image, since the files were copied or no two were saved within ten minutes."
                ));
            }
        }
        notes
    }

    /// The table with aligned columns, and the notes, for a terminal.
    #[must_use]
    pub fn summary(&self) -> String {
        let rows = self.table();
        let heads = Self::TABLE_COLUMNS.map(str::to_owned);
        let length = |text: &String| text.chars().count();
        let widths: [usize; 8] = std::array::from_fn(|column| {
            std::iter::once(&heads).chain(&rows).map(|row| length(&row[column])).max().unwrap_or(0)
        });
        let line = |row: &[String; 8]| {
            let cells = row.iter().zip(widths).enumerate().map(|(column, (text, width))| match column {
                0 => format!("{text:width$}"),
                _ => format!("{text:>width$}"),
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let lines = std::iter::once(&heads).chain(&rows).map(line);
        lines.chain(self.notes()).collect::<Vec<_>>().join("\n")
    }
}

fn row(rater: &RaterCorrections) -> [String; 8] {
    let with_interval = |value: &Option<MeanByPatient>, format: fn(f64) -> String| match value {
        None => NONE.to_owned(),
        Some(MeanByPatient { mean, ci95: None, .. }) => format(*mean),
        Some(MeanByPatient { mean, ci95: Some([low, high]), .. }) => {
            format!("{} ({} to {})", format(*mean), format(*low), format(*high))
        }
    };
    let dice = |value: f64| format!("{value:.3}");
    let signed = |value: f64| format!("{value:+.1}");
    let time = rater.time.map(|time| format!("{:.0} ({} gaps)", time.median_seconds, time.gaps));
    [
        rater.rater.clone(),
        rater.images.to_string(),
        rater.unchanged.to_string(),
        with_interval(&rater.dice, dice),
        rater.least_dice.map_or_else(|| NONE.to_owned(), dice),
        with_interval(&rater.area_change_percent, signed),
        with_interval(&rater.lvef_change_points, signed),
        time.unwrap_or_else(|| NONE.to_owned()),
    ]
}
