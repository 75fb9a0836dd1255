//! Agreement of every protocol's LVEF with references by other means (CMR, CT, SPECT, echocardiography, blinded readers).

mod classification;
mod tables;

use std::collections::BTreeMap;

use bloodpool_core::ModelIdentity;
use bloodpool_core::validity::Rank;
use bloodpool_report::{RESEARCH_ONLY, SOFTWARE};
use bloodpool_stats::{Proportion, proportion};
use schemars::JsonSchema;
use serde::Serialize;

use crate::raters::agreement::{Names, Pair, PairedStatistics};
use crate::raters::measured::Measured;

pub use classification::{Classification, LIMITS_PERCENT};

/// Schema of the document.
pub const SCHEMA: &str = "bloodpool.reference-evaluation/1";
/// A group of references gets statistics of its own from so many studies on.
const GROUP_STUDIES: usize = 10;
/// A reference that was obtained more days before or after the study may be of another ventricular function.
pub const DAYS_APART: u64 = 30;

/// The EF of the consensus of raters on their frames, by protocol `paper`, among the protocols of a study of a dataset.
pub const RATERS: &str = "raters' consensus (paper)";

/// One study and its reference.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReferenceReading {
    /// Line of the table, from 1.
    pub line: u64,
    /// File of the study, as the table names it.
    pub study: String,
    /// Hash that is equal for studies of one patient; it stays in memory.
    #[serde(skip)]
    pub patient: String,
    /// Whether the file says that it is simulated.
    pub simulated: bool,
    /// How the reference was obtained, for example `CMR`.
    pub reference: String,
    /// The reference LVEF, percent.
    pub reference_percent: f64,
    /// Days from the reference to the study; `None` where a date is not known.
    pub days_after_reference: Option<i64>,
    /// The gravest finding; `None`: nothing was found.
    pub rank: Option<Rank>,
    /// Name of the protocol of `lvef_percent`.
    pub protocol: String,
    /// LVEF of the chosen protocol, percent; `None` where it is withheld.
    pub lvef_percent: Option<f64>,
    /// The 95 % interval of that LVEF, percent, where the model has one.
    pub interval_percent: Option<[f64; 2]>,
    /// LVEF by every protocol, percent; `None` where it could not be computed, or the number is withheld.
    pub by_protocol: BTreeMap<String, Option<f64>>,
}

/// A study without an analysis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unread {
    /// Line of the table, from 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReferenceSubject {
    /// The table, as it was named.
    pub table: String,
    /// The model.
    pub model: ModelIdentity,
    /// Name of the chosen protocol.
    pub protocol: String,
    /// The part of a dataset that the studies are of; `None` where they are files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<DatasetPartRead>,
}

/// The part of a dataset that was compared with references.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DatasetPartRead {
    /// In words, for example `the test split of data`.
    pub name: String,
    /// SHA-256 of the dataset's `dataset.json`.
    pub dataset_sha256: String,
    /// Number of studies that were left out because the model was trained or validated on them.
    pub seen_by_model: usize,
    /// Number of rows of the table that name studies of the dataset which are not compared: those of other parts, and those left out.
    pub rows_of_others: usize,
    /// Number of evaluations of the test split so far, this one included; `None` of another part.
    pub test_reads: Option<usize>,
}

/// Agreement of all protocols with the references of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Agreement {
    /// The references, for example `CMR`, or `all references`.
    pub reference: String,
    /// By protocol; the chosen one first.
    pub protocols: Vec<PairedStatistics>,
    /// The same studies below and above the limits of LVEF.
    pub classification: Vec<Classification>,
    /// How many references lie in the interval of the chosen protocol's LVEF; `None` where the model has no interval.
    pub in_interval: Option<Proportion>,
}

/// The document `bloodpool.reference-evaluation/1`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReferenceEvaluation {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Program and version.
    pub software: &'static str,
    /// That the result is for research alone.
    pub notice: &'static str,
    /// What was compared.
    #[serde(flatten)]
    pub subject: ReferenceSubject,
    /// What a reader must know before the numbers.
    pub remarks: Vec<String>,
    /// All references together, then each kind of at least 10 studies where there are several kinds.
    pub agreement: Vec<Agreement>,
    /// Every study.
    pub studies: Vec<ReferenceReading>,
    /// Studies without an analysis, and rows that were not used.
    pub unread: Vec<Unread>,
}

impl ReferenceEvaluation {
    /// From the readings of all studies.
    #[must_use]
    pub fn new(subject: ReferenceSubject, studies: Vec<ReferenceReading>, unread: Vec<Unread>) -> Self {
        let mut kinds: BTreeMap<&str, Vec<&ReferenceReading>> = BTreeMap::new();
        studies.iter().for_each(|study| kinds.entry(&study.reference).or_default().push(study));
        let mut agreement = Vec::new();
        if kinds.len() > 1 {
            agreement.push(Agreement::new("all references", &subject.protocol, &studies.iter().collect::<Vec<_>>()));
        }
        let single = kinds.len() == 1;
        let large = kinds.into_iter().filter(|(_, studies)| single || studies.len() >= GROUP_STUDIES);
        agreement.extend(large.map(|(kind, studies)| Agreement::new(kind, &subject.protocol, &studies)));
        let mut remarks = remarks(&studies, &unread);
        remarks.extend(subject.part.iter().flat_map(DatasetPartRead::remarks));
        Self { schema: SCHEMA, software: SOFTWARE, notice: RESEARCH_ONLY, subject, remarks, agreement, studies, unread }
    }
}

impl Agreement {
    fn new(reference: &str, chosen: &str, studies: &[&ReferenceReading]) -> Self {
        let names: Vec<&String> = studies.iter().flat_map(|study| study.by_protocol.keys()).collect();
        let mut names: Vec<&str> = names.into_iter().map(String::as_str).filter(|name| *name != chosen).collect();
        names.sort_unstable();
        names.dedup();
        names.insert(0, chosen);
        let of_protocol = |name: &&str| {
            let pairs: Vec<Pair> = studies.iter().filter_map(|study| study.pair(name, chosen)).collect();
            let placeholder = Names { measured: "", reference: "", frames: "ED and ES" };
            let mut statistics = PairedStatistics::of_ef(placeholder, &pairs);
            statistics.measured = (*name).to_owned().into();
            statistics.reference = reference.to_owned().into();
            (statistics, Classification::of_all(name, &pairs))
        };
        let (protocols, classification): (Vec<_>, Vec<_>) = names.iter().map(of_protocol).unzip();
        let intervals = studies.iter().filter(|study| study.lvef_percent.is_some());
        let held = intervals.filter_map(|study| {
            let [low, high] = study.interval_percent?;
            Some((low..=high).contains(&study.reference_percent))
        });
        let held: Vec<bool> = held.collect();
        Self {
            reference: reference.to_owned(),
            protocols,
            classification: classification.concat(),
            in_interval: proportion(held.iter().filter(|held| **held).count(), held.len()).ok(),
        }
    }
}

impl ReferenceReading {
    /// LVEF by a protocol and the reference, where both are known.
    fn pair(&self, protocol: &str, chosen: &str) -> Option<Pair> {
        let own = self.by_protocol.get(protocol).copied().flatten();
        let measured = if protocol == chosen { self.lvef_percent } else { own };
        Some(Pair { patient: self.patient.clone(), measured: measured?, reference: self.reference_percent })
    }
}

impl DatasetPartRead {
    fn remarks(&self) -> Vec<String> {
        let mut remarks =
            vec![format!("`{RATERS}` is the EF of the consensus of the raters on the frames that they drew on.")];
        if self.seen_by_model > 0 {
            remarks.push(format!(
                "{} left out: the model was trained or validated on their patients.",
                plural(self.seen_by_model, "study was", "studies were")
            ));
        }
        if self.rows_of_others > 0 {
            let rows = plural(self.rows_of_others, "row names a study", "rows name studies");
            remarks.push(format!("{rows} of the dataset that are not compared here."));
        }
        if let Some(reads) = self.test_reads.filter(|reads| *reads > 1) {
            remarks.push(format!(
                "The test split of this dataset has been read {reads} times: choices that were made in between may depend on it."
            ));
        }
        remarks
    }
}

fn remarks(studies: &[ReferenceReading], unread: &[Unread]) -> Vec<String> {
    let mut remarks = Vec::new();
    let count = |has: &dyn Fn(&ReferenceReading) -> bool| studies.iter().filter(|study| has(study)).count();
    let of = |n: usize| format!("{n} of {}", plural(studies.len(), "study", "studies"));
    let simulated = count(&|study| study.simulated);
    if simulated == studies.len() && simulated > 0 {
        remarks.push("Simulated studies, not patients.".to_owned());
    } else if simulated > 0 {
        remarks.push(format!("{} are simulated.", of(simulated)));
    }
    let withheld = count(&|study| study.lvef_percent.is_none());
    if withheld > 0 {
        remarks.push(format!("The LVEF of {} is withheld (do not use) and left out of every figure.", of(withheld)));
    }
    if !unread.is_empty() {
        remarks.push(format!("{} without a reading: see the end.", plural(unread.len(), "row", "rows")));
    }
    let apart = count(&|study| study.days_after_reference.is_some_and(|days| days.unsigned_abs() > DAYS_APART));
    if apart > 0 {
        remarks.push(format!(
            "Reference and study of {} are more than {DAYS_APART} days apart: part of the difference may be true.",
            of(apart)
        ));
    }
    let undated = count(&|study| study.days_after_reference.is_none());
    if undated > 0 {
        remarks.push(format!("The days between reference and study are not known for {}.", of(undated)));
    }
    remarks
}

/// The day that a date names, counted from 1970-01-01: `2026-05-09`, or `20260509` as DICOM writes it; `None` for anything else.
#[must_use]
pub fn day_number(date: &str) -> Option<i64> {
    let text = date.trim();
    let date =
        jiff::civil::Date::strptime("%Y-%m-%d", text).or_else(|_| jiff::civil::Date::strptime("%Y%m%d", text)).ok()?;
    let since = jiff::civil::date(1970, 1, 1).until((jiff::Unit::Day, date)).ok()?;
    Some(i64::from(since.get_days()))
}

/// A number with its noun.
fn plural(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

/// Statistic or the reason why there is none.
fn known<T>(measured: &Measured<T>, text: impl FnOnce(&T) -> String) -> String {
    measured.known().map_or_else(|| "-".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(line: u64, reference: &str, reference_percent: f64, lvef: Option<f64>) -> ReferenceReading {
        ReferenceReading {
            line,
            study: format!("{line}.dcm"),
            patient: format!("p{line}"),
            simulated: true,
            reference: reference.to_owned(),
            reference_percent,
            days_after_reference: Some(if line == 1 { -40 } else { 3 }),
            rank: None,
            protocol: "chosen".to_owned(),
            lvef_percent: lvef,
            interval_percent: lvef.map(|lvef| [lvef - 2.5, lvef + 2.5]),
            by_protocol: [("chosen".to_owned(), lvef), ("other".to_owned(), lvef.map(|lvef| lvef - 10.0))].into(),
        }
    }

    fn evaluation(readings: Vec<ReferenceReading>) -> ReferenceEvaluation {
        let model = ModelIdentity { name: "m".into(), sha256: "0".into() };
        let subject = ReferenceSubject { table: "t.csv".into(), model, protocol: "chosen".into(), part: None };
        ReferenceEvaluation::new(subject, readings, vec![Unread { line: 9, why: "it has no study".into() }])
    }

    #[test]
    fn every_protocol_is_compared_and_withheld_numbers_are_left_out() {
        // Differences of the chosen protocol: +1, +3, -1, +1; mean 1, SD sqrt(8 / 3).
        let values = [(50.0, 51.0), (60.0, 63.0), (40.0, 39.0), (30.0, 31.0)];
        let mut readings: Vec<_> =
            values.iter().zip(1..).map(|(&(truth, lvef), line)| reading(line, "CMR", truth, Some(lvef))).collect();
        readings.push(reading(5, "CMR", 55.0, None));
        let result = evaluation(readings);
        assert_eq!(result.agreement.len(), 1);
        let all = &result.agreement[0];
        let names: Vec<&str> = all.protocols.iter().map(|statistics| &*statistics.measured).collect();
        assert_eq!((names, all.protocols[0].readings), (vec!["chosen", "other"], 4));
        let limits = all.protocols[0].limits.known().unwrap();
        assert!((limits.bias - 1.0).abs() < 1e-12 && (limits.sd - (8.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((all.protocols[1].limits.known().unwrap().bias + 9.0).abs() < 1e-12);
        // 3 of 4 references lie within 2.5 points.
        assert_eq!(all.in_interval.map(|share| (share.having, share.of)), Some((3, 4)));
        let remarks = result.remarks.join("\n");
        for part in [
            "Simulated studies",
            "The LVEF of 1 of 5 studies is withheld",
            "1 row without a reading",
            "1 of 5 studies are more than 30 days apart",
        ] {
            assert!(remarks.contains(part), "{remarks}");
        }
    }

    #[test]
    fn dates_are_those_of_tables_and_of_dicom() {
        assert_eq!(["1970-01-01", "19700102", " 2000-03-01 "].map(day_number), [Some(0), Some(1), Some(11_017)]);
        assert_eq!(["", "2026-13-01", "9.5.2026", "20260230"].map(day_number), [None; 4]);
    }

    #[test]
    fn kinds_of_references_are_compared_apart_where_they_are_many() {
        let mut readings: Vec<_> = (1..=12).map(|line| reading(line, "CMR", 50.0 + line as f64, Some(55.0))).collect();
        readings.push(reading(13, "echocardiography", 50.0, Some(55.0)));
        let result = evaluation(readings);
        let kinds: Vec<&str> = result.agreement.iter().map(|agreement| &*agreement.reference).collect();
        assert_eq!(kinds, ["all references", "CMR"]);
        let markdown = result.markdown();
        for part in ["all references", "CMR", "Below the limit", "chosen", "line 9"] {
            assert!(markdown.contains(part), "{markdown}");
        }
        assert!(serde_json::to_string(&result).is_ok_and(|json| !json.contains("\"p1\"")));
    }
}
