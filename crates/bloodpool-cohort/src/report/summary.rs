//! `CohortSummary`: what the rows of a cohort have in common, read column by column so that a million rows need little memory.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use bloodpool_core::study::calendar::day_number;
use sha2::{Digest, Sha256};

use crate::CohortError;
use crate::output::{Keys, part_files};
use crate::part::Part;
use crate::row::{FAILED, Kind, Value, WITHHELD};

/// By what rows were made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MadeBy {
    /// Program and version.
    pub software: String,
    /// Name and hash of the model.
    pub model: String,
    /// Hash of the choices.
    pub choices_sha256: String,
}

/// What the studies of one group have in common: a month, or a camera.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// LVEF that may be used, percent, sorted.
    pub lvef_percent: Vec<f64>,
    /// Widths of their intervals, EF points, sorted.
    pub interval_width_points: Vec<f64>,
    /// All studies.
    pub studies: usize,
    /// Those without an LVEF.
    pub failed: usize,
    /// Those whose LVEF is withheld.
    pub withheld: usize,
}

/// The change from one study of a patient to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SerialChange {
    /// Days between them.
    pub days: i64,
    /// LVEF of the later less that of the earlier one, EF points.
    pub change_points: f64,
}

/// What the rows of a cohort have in common.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CohortSummary {
    /// By what the rows were made.
    pub made_by: Option<MadeBy>,
    /// Rows that others made, which are left out.
    pub left_out: Vec<(MadeBy, usize)>,
    /// Rows with the key of another one, which are left out.
    pub repeated: usize,
    /// Names of the protocols, with the number of studies.
    pub protocols: BTreeMap<String, usize>,
    /// All studies.
    pub all: Group,
    /// By month (`2024-03`), or by year where rows have no date.
    pub by_time: BTreeMap<String, Group>,
    /// By camera; empty: not recorded.
    pub by_camera: BTreeMap<String, Group>,
    /// Studies by the code of their findings.
    pub findings: BTreeMap<String, usize>,
    /// Studies by the code of their error.
    pub errors: BTreeMap<String, usize>,
    /// Studies by quality.
    pub quality: BTreeMap<String, usize>,
    /// Heart rates, beats per minute, sorted.
    pub heart_rate_per_min: Vec<f64>,
    /// Standard errors of LVEF from counting noise, EF points, sorted.
    pub counting_error_points: Vec<f64>,
    /// Patients with a known identity or pseudonym.
    pub patients: usize,
    /// Changes between consecutive studies of a patient that both have a date and an LVEF, by the size of the change.
    pub changes: Vec<SerialChange>,
    /// Studies that say that they are simulated.
    pub simulated: usize,
}

/// Studies of one patient: day and LVEF.
type Visits = HashMap<u128, Vec<(i64, f64)>>;

impl CohortSummary {
    /// Of all rows in a folder and its subfolders. Where several programs, models or choices made them, those of the one with most rows.
    ///
    /// # Errors
    /// [`CohortError`] when a file cannot be read, or there are no rows.
    pub fn read(folder: &Path) -> Result<Self, CohortError> {
        let files = part_files(folder)?;
        let mut made: BTreeMap<MadeBy, usize> = BTreeMap::new();
        for file in &files {
            for by in made_by(&Part::open(file)?)? {
                *made.entry(by).or_default() += 1;
            }
        }
        let most = made.iter().max_by_key(|(_, rows)| **rows).map(|(by, _)| by.clone());
        let Some(most) = most else { return Err(CohortError::NoRows { path: folder.to_owned() }) };
        let left_out = made.into_iter().filter(|(by, _)| *by != most).collect();
        let mut summary = Self { made_by: Some(most.clone()), left_out, ..Self::default() };
        let (mut keys, mut visits) = (Keys::default(), Visits::new());
        for file in &files {
            summary.add(&Part::open(file)?, &most, &mut keys, &mut visits)?;
        }
        summary.finish(visits);
        Ok(summary)
    }

    fn add(&mut self, part: &Part, made: &MadeBy, keys: &mut Keys, visits: &mut Visits) -> Result<(), CohortError> {
        let text = |name| part.texts(name);
        let (by, key, status, camera) = (made_by(part)?, text("key")?, text("status")?, text("camera")?);
        let (date, patient, protocol) = (text("study_date")?, text("patient")?, text("protocol")?);
        let (findings, error, quality) = (text("findings")?, text("error_code")?, text("quality")?);
        let (lvef, low) = (part.reals("lvef_percent")?, part.reals("interval_low_percent")?);
        let (high, heart) = (part.reals("interval_high_percent")?, part.reals("heart_rate_per_min")?);
        let counting = part.reals("counting_error_points")?;
        let (year, simulated) = (part.column("study_year", Kind::Whole)?, part.column("simulated", Kind::Flag)?);
        for row in 0..part.rows() {
            if by[row] != *made {
                continue;
            }
            if !keys.insert(key[row].as_deref().unwrap_or_default()) {
                self.repeated += 1;
                continue;
            }
            let status = status[row].as_deref().unwrap_or_default();
            let width = low[row].zip(high[row]).map(|(low, high)| high - low);
            let time = date[row].as_ref().and_then(|date| date.get(..7)).map(str::to_owned).or(match year[row] {
                Value::Whole(Some(year)) => Some(year.to_string()),
                _ => None,
            });
            self.all.add(status, lvef[row], width);
            if let Some(time) = time {
                self.by_time.entry(time).or_default().add(status, lvef[row], width);
            }
            let camera = camera[row].clone().unwrap_or_default();
            self.by_camera.entry(camera).or_default().add(status, lvef[row], width);
            let codes = findings[row].iter().flat_map(|codes| codes.split(';')).filter(|code| !code.is_empty());
            for code in codes.collect::<std::collections::BTreeSet<_>>() {
                *self.findings.entry(code.to_owned()).or_default() += 1;
            }
            for (counts, name) in [
                (&mut self.errors, &error[row]),
                (&mut self.quality, &quality[row]),
                (&mut self.protocols, &protocol[row]),
            ] {
                if let Some(name) = name {
                    *counts.entry(name.clone()).or_default() += 1;
                }
            }
            self.heart_rate_per_min.extend(heart[row]);
            self.counting_error_points.extend(counting[row]);
            self.simulated += usize::from(simulated[row] == Value::Flag(Some(true)));
            if let Some(patient) = &patient[row] {
                let seen = visits.entry(short_hash(patient)).or_default();
                let day = date[row].as_ref().and_then(|date| day_number(&date.replace('-', "")));
                seen.extend(day.zip(lvef[row]));
            }
        }
        Ok(())
    }

    fn finish(&mut self, visits: Visits) {
        let groups = self.by_time.values_mut().chain(self.by_camera.values_mut()).chain([&mut self.all]);
        groups.for_each(|group| {
            sort(&mut group.lvef_percent);
            sort(&mut group.interval_width_points);
        });
        sort(&mut self.heart_rate_per_min);
        sort(&mut self.counting_error_points);
        self.patients = visits.len();
        for mut seen in visits.into_values() {
            seen.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let change = |pair: &[(i64, f64)]| SerialChange {
                days: pair[1].0 - pair[0].0,
                change_points: pair[1].1 - pair[0].1,
            };
            self.changes.extend(seen.windows(2).map(change));
        }
        self.changes.sort_by(|a, b| a.change_points.total_cmp(&b.change_points).then(a.days.cmp(&b.days)));
    }
}

impl Group {
    fn add(&mut self, status: &str, lvef_percent: Option<f64>, interval_width_points: Option<f64>) {
        self.studies += 1;
        self.failed += usize::from(status == FAILED);
        self.withheld += usize::from(status == WITHHELD);
        self.lvef_percent.extend(lvef_percent);
        self.interval_width_points.extend(interval_width_points);
    }
}

fn sort(values: &mut [f64]) {
    values.sort_by(f64::total_cmp);
}

fn made_by(part: &Part) -> Result<Vec<MadeBy>, CohortError> {
    let (software, model) = (part.texts("software")?, part.texts("model")?);
    let (weights, choices) = (part.texts("model_sha256")?, part.texts("choices_sha256")?);
    let one = |row: usize| {
        let text = |column: &[Option<String>]| column[row].clone().unwrap_or_default();
        let short: String = text(&weights).chars().take(12).collect();
        let model = [text(&model), short].join(" ").trim().to_owned();
        MadeBy { software: text(&software), model, choices_sha256: text(&choices) }
    };
    Ok((0..part.rows()).map(one).collect())
}

/// 16 bytes that stand for a patient, so that a million names do not stay in memory.
fn short_hash(text: &str) -> u128 {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(16).fold(0, |sum, &byte| sum << 8 | u128::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::encode;
    use crate::row::{CohortRow, MEASURED};
    use bloodpool_files::sha256;

    fn row(number: usize, patient: &str, date: &str, lvef: Option<f64>) -> CohortRow {
        let text = |text: &str| Some(text.to_owned());
        CohortRow {
            key: Some(sha256(number.to_string().as_bytes())),
            software: text("bloodpool 1"),
            patient: text(patient),
            study_date: text(date),
            status: text(if lvef.is_some() { MEASURED } else { FAILED }),
            error_code: lvef.is_none().then(|| "no_lv".into()),
            findings: text("low_counts;low_counts;drop_off"),
            lvef_percent: lvef,
            interval_low_percent: lvef.map(|lvef| lvef - 4.0),
            interval_high_percent: lvef.map(|lvef| lvef + 5.0),
            camera: text("Maker 1"),
            ..CohortRow::default()
        }
    }

    #[test]
    fn rows_of_several_files_are_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = [row(1, "a", "2024-01-10", Some(60.0)), row(2, "a", "2024-02-09", Some(48.0))];
        let second = [row(2, "a", "2024-02-09", Some(48.0)), row(3, "b", "2024-02-01", None)];
        let older = CohortRow { software: Some("bloodpool 0".into()), ..row(4, "b", "2024-01-01", Some(10.0)) };
        std::fs::create_dir(folder.path().join("batch")).unwrap();
        for (name, rows) in [("a.parquet", &first[..]), ("batch/b.parquet", &second), ("c.parquet", &[older])] {
            std::fs::write(folder.path().join(name), encode(rows).unwrap()).unwrap();
        }
        let summary = CohortSummary::read(folder.path()).unwrap();
        assert_eq!((summary.all.studies, summary.all.failed, summary.repeated, summary.patients), (3, 1, 1, 2));
        assert_eq!((&summary.all.lvef_percent, &summary.all.interval_width_points), (&vec![48.0, 60.0], &vec![9.0; 2]));
        assert_eq!(summary.changes, [SerialChange { days: 30, change_points: -12.0 }]);
        assert_eq!(summary.by_time["2024-02"].studies, 2);
        assert_eq!((summary.findings["low_counts"], summary.errors["no_lv"]), (3, 1));
        assert_eq!((summary.left_out.len(), summary.left_out[0].1), (1, 1));
        assert!(matches!(CohortSummary::read(&folder.path().join("batch/none")), Err(CohortError::File(_))));
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        assert!(matches!(CohortSummary::read(&folder.path().join("empty")), Err(CohortError::NoRows { .. })));
    }
}
