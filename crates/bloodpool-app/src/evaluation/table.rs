//! What an evaluation found, as Markdown for people and JSON for the record.

use std::fmt::Write as _;

use bloodpool::Protocol;
use bloodpool::agreement::bland_altman::{BlandAltman, bland_altman};
use serde::Serialize;

use super::{Case, FIXED_ROI};

/// Whose masks were measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Masks {
    /// The truth's own.
    Perfect,
    /// The network's.
    Network,
}

/// LVEF by one protocol against true LVEF.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) protocol: String,
    pub(crate) masks: Masks,
    /// Studies that gave no number.
    pub(crate) failed: usize,
    /// All studies; `None` where fewer than two gave a number.
    pub(crate) overall: Option<BlandAltman>,
    /// Studies of the lowest, middle and highest third of true LVEF.
    pub(crate) by_lvef_third: [Option<BlandAltman>; 3],
}

/// Mean and SD of a Dice coefficient, percent.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct DiceSummary {
    pub(crate) end_diastole_mean: f64,
    pub(crate) end_diastole_sd: f64,
    pub(crate) end_systole_mean: f64,
    pub(crate) end_systole_sd: f64,
}

/// Everything found on one set of studies.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    /// The command's name for the set, for example `low-counts`.
    pub(crate) slice: String,
    /// What the studies were.
    pub(crate) data: String,
    pub(crate) studies: usize,
    pub(crate) dice_percent: Option<DiceSummary>,
    /// Range of true LVEF of each third, percent.
    pub(crate) lvef_thirds: [[f64; 2]; 3],
    pub(crate) rows: Vec<Row>,
}

impl Summary {
    /// Sums up cases measured by these protocols.
    pub(crate) fn new(slice: String, data: String, cases: &[Case], protocols: &[Protocol]) -> Self {
        let names: Vec<&str> = protocols.iter().map(|protocol| protocol.name.as_str()).chain([FIXED_ROI]).collect();
        let mut by_lvef: Vec<&Case> = cases.iter().collect();
        by_lvef.sort_by(|a, b| a.true_lvef.total_cmp(&b.true_lvef));
        let third = |k: usize| &by_lvef[k * by_lvef.len() / 3..(k + 1) * by_lvef.len() / 3];
        let row = |index: usize, masks: Masks| {
            let read = |case: &Case| match masks {
                Masks::Perfect => case.perfect[index],
                Masks::Network => case.network[index],
            };
            let against_truth = |cases: &[&Case]| {
                let pairs = cases.iter().filter_map(|case| read(case).map(|lvef| (lvef, case.true_lvef)));
                let (measured, truth): (Vec<f64>, Vec<f64>) = pairs.unzip();
                bland_altman(&measured, &truth).ok()
            };
            Row {
                protocol: names[index].to_owned(),
                masks,
                failed: cases.iter().filter(|case| read(case).is_none()).count(),
                overall: against_truth(&by_lvef),
                by_lvef_third: [0, 1, 2].map(|k| against_truth(third(k))),
            }
        };
        let mut rows: Vec<Row> = (0..names.len()).map(|index| row(index, Masks::Perfect)).collect();
        let dice_percent = DiceSummary::of(cases);
        if dice_percent.is_some() {
            rows.extend((0..names.len()).map(|index| row(index, Masks::Network)));
        }
        let range = |k: usize| {
            let ends = third(k).first().zip(third(k).last());
            ends.map_or([0.0, 0.0], |(low, high)| [low.true_lvef, high.true_lvef])
        };
        Self { slice, data, studies: cases.len(), dice_percent, lvef_thirds: [0, 1, 2].map(range), rows }
    }

    /// The row of a protocol.
    pub(crate) fn row(&self, protocol: &str, masks: Masks) -> Option<&Row> {
        self.rows.iter().find(|row| row.protocol == protocol && row.masks == masks)
    }

    /// A Markdown section.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("### {}: {}\n\n", self.slice, self.data);
        if let Some(dice) = self.dice_percent {
            let _ = writeln!(
                text,
                "Dice: ED {:.2} +- {:.2} %, ES {:.2} +- {:.2} %\n",
                dice.end_diastole_mean, dice.end_diastole_sd, dice.end_systole_mean, dice.end_systole_sd
            );
        }
        let [low, middle, high] = self.lvef_thirds.map(|[from, to]| format!("LVEF {from:.0}-{to:.0}: bias, SD, <=5"));
        let _ = writeln!(
            text,
            "| protocol | masks | n | bias | SD | limits | within 5 | {low} | {middle} | {high} |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        );
        for row in &self.rows {
            let masks = match row.masks {
                Masks::Perfect => "perfect",
                Masks::Network => "network",
            };
            let Some(all) = row.overall else {
                let _ = writeln!(text, "| {} | {masks} | 0 | - | - | - | - | - | - | - |", row.protocol);
                continue;
            };
            let _ = write!(
                text,
                "| {} | {masks} | {} | {:+.2} | {:.2} | {:+.1} to {:+.1} | {:.1} % |",
                row.protocol, all.pairs, all.bias, all.sd, all.limits[0], all.limits[1], all.within_5_percent
            );
            for third in row.by_lvef_third {
                let _ = match third {
                    Some(t) => write!(text, " {:+.1}, {:.1}, {:.0} % |", t.bias, t.sd, t.within_5_percent),
                    None => write!(text, " - |"),
                };
            }
            text.push('\n');
        }
        text
    }
}

impl DiceSummary {
    fn of(cases: &[Case]) -> Option<Self> {
        let dice: Vec<_> = cases.iter().filter_map(|case| case.dice).collect();
        if dice.len() < 2 {
            return None;
        }
        let mean_sd = |values: Vec<f64>| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            (100.0 * mean, 100.0 * (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
        };
        let (end_diastole_mean, end_diastole_sd) = mean_sd(dice.iter().map(|d| d.end_diastole).collect());
        let (end_systole_mean, end_systole_sd) = mean_sd(dice.iter().map(|d| d.end_systole).collect());
        Some(Self { end_diastole_mean, end_diastole_sd, end_systole_mean, end_systole_sd })
    }
}
