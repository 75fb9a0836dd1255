//! The comparison with references as tables, in Markdown and as CSV.

use std::fmt::Write as _;
use std::path::Path;

use bloodpool_files::{FileError, encode_csv};
use bloodpool_report::table::Table;
use bloodpool_stats::Proportion;

use super::{Agreement, ReferenceEvaluation, known};
use crate::raters::agreement::PairedStatistics;

impl ReferenceEvaluation {
    /// The tables, with what must be known before them.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "## LVEF of {} against the references of {}{}\n\n{}.\n",
            self.subject.model.name,
            self.subject.table,
            self.subject.part.as_ref().map_or_else(String::new, |part| format!(", {}", part.name)),
            self.notice
        );
        self.remarks.iter().for_each(|remark| {
            let _ = write!(text, "\n{remark}\n");
        });
        for agreement in &self.agreement {
            for table in [agreement.table(), agreement.limits_table()] {
                let _ = write!(text, "\n{}", table.markdown());
            }
        }
        if !self.unread.is_empty() {
            text += "\nWithout a reading:\n\n";
            self.unread.iter().for_each(|unread| {
                let _ = writeln!(text, "- line {}: {}", unread.line, unread.why);
            });
        }
        text
    }

    /// Every study as a line of CSV; `path` is what an error names.
    ///
    /// # Errors
    /// [`FileError::Format`] when it cannot be written as CSV.
    pub fn csv(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        let protocols: Vec<&String> =
            self.studies.first().map(|study| study.by_protocol.keys().collect()).unwrap_or_default();
        let mut columns: Vec<String> = [
            "line",
            "study",
            "simulated",
            "reference",
            "reference_percent",
            "days_after_reference",
            "rank",
            "lvef_percent",
            "interval_low_percent",
            "interval_high_percent",
        ]
        .map(str::to_owned)
        .into();
        columns.extend(protocols.iter().map(|name| format!("lvef_percent_{name}")));
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
        let rows = self.studies.iter().map(|study| {
            let mut row = vec![
                study.line.to_string(),
                study.study.clone(),
                study.simulated.to_string(),
                study.reference.clone(),
                study.reference_percent.to_string(),
                study.days_after_reference.map_or_else(String::new, |days| days.to_string()),
                study.rank.map_or("", |rank| rank.in_words()).to_owned(),
                number(study.lvef_percent),
                number(study.interval_percent.map(|[low, _]| low)),
                number(study.interval_percent.map(|[_, high]| high)),
            ];
            row.extend(protocols.iter().map(|name| number(study.by_protocol.get(*name).copied().flatten())));
            row
        });
        encode_csv(path, &columns, rows)
    }
}

impl Agreement {
    fn table(&self) -> Table {
        let columns = [
            "protocol",
            "studies",
            "patients",
            "bias (95 % CI)",
            "SD",
            "limits of agreement",
            "within 5 points",
            "CCC (95 % CI)",
            "equivalent within 5 points",
        ];
        let mut notes = vec![
            "Bias: LVEF less reference, EF points, with the patient as the unit. CCC: Lin's concordance. Equivalent: two one-sided \
             tests at 5 %."
                .to_owned(),
        ];
        if let Some(share) = &self.in_interval {
            notes.push(format!(
                "The 95 % interval of {} contains the reference in {}. It describes the error against the true LVEF; the \
                 reference has an error of its own.",
                self.protocols.first().map_or("the chosen protocol", |chosen| &chosen.measured),
                in_words(share)
            ));
        }
        Table {
            caption: format!("Agreement of LVEF with {}", self.reference),
            columns: columns.map(str::to_owned).into(),
            rows: self.protocols.iter().map(row).collect(),
            notes,
        }
    }

    fn limits_table(&self) -> Table {
        let columns = [
            "protocol",
            "limit",
            "both below",
            "LVEF alone",
            "reference alone",
            "neither",
            "misclassified",
            "sensitivity",
            "specificity",
        ];
        let share = |share: &Option<Proportion>| share.as_ref().map_or_else(|| "-".to_owned(), in_words);
        let rows = self.classification.iter().map(|of| {
            vec![
                of.protocol.clone(),
                format!("{:.0} %", of.limit_percent),
                of.both_below.to_string(),
                of.measured_alone_below.to_string(),
                of.reference_alone_below.to_string(),
                of.neither_below.to_string(),
                share(&of.misclassified),
                share(&of.sensitivity),
                share(&of.specificity),
            ]
        });
        Table {
            caption: format!("Below the limit by LVEF and by {}", self.reference),
            columns: columns.map(str::to_owned).into(),
            rows: rows.collect(),
            notes: vec!["Proportions with their exact 95 % interval (Clopper-Pearson), of studies.".to_owned()],
        }
    }
}

fn row(statistics: &PairedStatistics) -> Vec<String> {
    let equivalent = statistics.equivalence.last();
    vec![
        statistics.measured.to_string(),
        statistics.readings.to_string(),
        statistics.patients.to_string(),
        known(&statistics.limits, |limits| {
            let [low, high] = limits.bias_ci95;
            format!("{:+.1} ({low:+.1} to {high:+.1})", limits.bias)
        }),
        known(&statistics.limits, |limits| format!("{:.1}", limits.sd)),
        known(&statistics.limits, |limits| format!("{:+.1} to {:+.1}", limits.lower, limits.upper)),
        statistics.within_5_points.as_ref().map_or_else(|| "-".to_owned(), in_words),
        known(&statistics.concordance, |found| {
            let [low, high] = found.ccc_ci95;
            format!("{:.2} ({low:.2} to {high:.2})", found.ccc)
        }),
        equivalent.map_or_else(
            || "-".to_owned(),
            |test| known(test, |test| format!("{}, p {:.3}", if test.equivalent { "yes" } else { "no" }, test.p)),
        ),
    ]
}

/// `83.3 % (10 of 12; 51.6 to 97.9)`.
fn in_words(share: &Proportion) -> String {
    let [low, high] = share.ci95_percent;
    format!("{:.1} % ({} of {}; {low:.1} to {high:.1})", share.percent, share.having, share.of)
}
