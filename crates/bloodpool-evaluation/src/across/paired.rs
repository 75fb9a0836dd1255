//! `PairedEvaluations`: two models, or two sets of runs, on the same patients.

use std::collections::BTreeMap;

use bloodpool_report::table::Table;
use bloodpool_report::{RESEARCH_ONLY, SOFTWARE};
use bloodpool_stats::wilcoxon;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AcrossError, ByPatient, Estimate, FIGURES, Finished, Quantity, Summary, by_patient, estimate, population};

/// Schema of the document.
pub const PAIRED_SCHEMA: &str = "bloodpool.paired-evaluations/1";

/// The document `bloodpool.paired-evaluations/1`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PairedEvaluations {
    /// [`PAIRED_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// That the result is for research alone.
    pub notice: String,
    /// What the studies are, in words.
    pub population: String,
    /// Folders of the evaluations of the first side.
    pub first: Vec<String>,
    /// Folders of the evaluations of the second side.
    pub second: Vec<String>,
    /// Every figure.
    pub figures: Vec<PairedFigure>,
}

/// One figure of both sides, over the patients that both have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairedFigure {
    /// What is measured on a study.
    pub quantity: Quantity,
    /// What is said of it.
    pub summary: Summary,
    /// Number of patients.
    pub patients: usize,
    /// The first side.
    pub first: Estimate,
    /// The second side.
    pub second: Estimate,
    /// First less second, both on the same resampled patients.
    pub difference: Estimate,
    /// Wilcoxon signed-rank test of the patients' means (of absolute values for EF); `None` for a standard deviation.
    pub p: Option<f64>,
}

impl PairedEvaluations {
    /// Compares two sides. A side may hold several evaluations, for example of runs from several seeds: all their readings of a patient
    /// are taken together, and patients are resampled whole.
    ///
    /// # Errors
    /// [`AcrossError`] where they are not of one dataset, or have no patient in common.
    pub fn new(first: &[Finished], second: &[Finished]) -> Result<Self, AcrossError> {
        Finished::same_dataset(first.iter().chain(second))?;
        let figures: Vec<PairedFigure> =
            FIGURES.into_iter().filter_map(|(quantity, summary)| figure(first, second, quantity, summary)).collect();
        if figures.is_empty() {
            return Err(AcrossError::NothingInCommon);
        }
        let folders = |side: &[Finished]| side.iter().map(|one| one.folder.display().to_string()).collect();
        Ok(Self {
            schema: PAIRED_SCHEMA.to_owned(),
            software: SOFTWARE.to_owned(),
            notice: RESEARCH_ONLY.to_owned(),
            population: population(&first.iter().chain(second).collect::<Vec<_>>()),
            first: folders(first),
            second: folders(second),
            figures,
        })
    }

    /// As a table.
    #[must_use]
    pub fn table(&self) -> Table {
        let row = |figure: &PairedFigure| {
            let signed = figure.quantity != Quantity::DiceEndDiastole
                && figure.quantity != Quantity::DiceEndSystole
                && figure.summary == Summary::Mean;
            let cell = |estimate: &Estimate| if signed { estimate.cell() } else { estimate.plain_cell() };
            vec![
                format!("{}: {}", figure.quantity.words(), figure.summary.words()),
                figure.patients.to_string(),
                cell(&figure.first),
                cell(&figure.second),
                figure.difference.cell(),
                figure.p.map_or_else(|| "-".to_owned(), p_words),
            ]
        };
        let columns = ["Figure", "Patients", "First", "Second", "First - second (95 % CI)", "p"];
        Table {
            caption: format!("Two sides on the same patients: {}", self.population),
            columns: columns.map(str::to_owned).into(),
            rows: self.figures.iter().map(row).collect(),
            notes: vec![
                format!("First: {}. Second: {}.", self.first.join(", "), self.second.join(", ")),
                "Intervals: percentiles of 2,000 bootstrap resamples of the patients. p: Wilcoxon signed-rank test of the patients' \
                 means, of absolute differences for EF; not adjusted for the number of figures. A positive difference of Dice, and a \
                 negative one of a mean absolute difference or an SD, is in favour of the first."
                    .to_owned(),
            ],
        }
    }
}

fn p_words(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

fn figure(first: &[Finished], second: &[Finished], quantity: Quantity, summary: Summary) -> Option<PairedFigure> {
    figure_of([first, second].map(|side| by_patient(side, quantity)), quantity, summary)
}

fn figure_of([first, mut second]: [ByPatient; 2], quantity: Quantity, summary: Summary) -> Option<PairedFigure> {
    let sides: BTreeMap<String, [Vec<f64>; 2]> = first
        .into_iter()
        .filter_map(|(patient, own)| Some((patient.clone(), [own, second.remove(&patient)?])))
        .collect();
    let sides: Vec<[Vec<f64>; 2]> = sides.into_values().collect();
    if sides.is_empty() {
        return None;
    }
    let of = |side: usize| {
        let sides = &sides;
        move |drawn: &[usize]| {
            let values: Vec<f64> = drawn.iter().flat_map(|&patient| sides[patient][side].iter().copied()).collect();
            summary.of(&values)
        }
    };
    let difference = |drawn: &[usize]| Some(of(0)(drawn)? - of(1)(drawn)?);
    let means = |side: usize| -> Option<Vec<f64>> {
        let summary = if quantity == Quantity::DiceEndDiastole || quantity == Quantity::DiceEndSystole {
            Summary::Mean
        } else {
            Summary::MeanAbsolute
        };
        sides.iter().map(|sides| summary.of(&sides[side])).collect()
    };
    let p = match summary {
        Summary::Sd => None,
        Summary::Mean if matches!(quantity, Quantity::EfOfConsensus | Quantity::EfOfTruth) => None,
        _ => wilcoxon(&means(0)?, &means(1)?).ok().map(|test| test.p),
    };
    Some(PairedFigure {
        quantity,
        summary,
        patients: sides.len(),
        first: estimate(sides.len(), of(0)),
        second: estimate(sides.len(), of(1)),
        difference: estimate(sides.len(), difference),
        p,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(values: &[(&str, &[f64])]) -> ByPatient {
        values.iter().map(|(patient, values)| ((*patient).to_owned(), values.to_vec())).collect()
    }

    #[test]
    fn figures_are_as_worked_out_by_hand_over_the_patients_of_both() {
        let first = side(&[("a", &[1.0, 3.0]), ("b", &[-2.0]), ("c", &[4.0]), ("only first", &[99.0])]);
        let second = side(&[("a", &[2.0]), ("b", &[-5.0, -7.0]), ("c", &[1.0]), ("only second", &[99.0])]);
        let of = |summary| figure_of([first.clone(), second.clone()], Quantity::EfOfConsensus, summary).unwrap();
        // First: 1, 3, -2, 4; second: 2, -5, -7, 1.
        let bias = of(Summary::Mean);
        assert_eq!((bias.patients, bias.first.value, bias.second.value), (3, Some(1.5), Some(-2.25)));
        assert_eq!((bias.difference.value, bias.p), (Some(3.75), None));
        let absolute = of(Summary::MeanAbsolute);
        assert_eq!((absolute.first.value, absolute.second.value), (Some(2.5), Some(3.75)));
        // scipy.stats.wilcoxon([2, 2, 4], [2, 6, 1], zero_method="wilcox", method="exact"): differences 0, -4, 3.
        assert_eq!(absolute.p, Some(1.0));
        // statistics.stdev
        let sd = of(Summary::Sd);
        assert!((sd.first.value.unwrap() - 2.645_751_311).abs() < 1e-8);
        assert!((sd.second.value.unwrap() - 4.425_306_015).abs() < 1e-8);
        let [low, high] = bias.difference.ci95.unwrap();
        assert!(low <= 3.75 && high >= 3.75 && low >= -2.0 && high <= 8.0);
    }

    #[test]
    fn a_side_against_itself_differs_by_nothing() {
        let own = side(&[("a", &[90.0]), ("b", &[94.0]), ("c", &[96.5])]);
        let figure = figure_of([own.clone(), own], Quantity::DiceEndSystole, Summary::Mean).unwrap();
        assert_eq!((figure.difference.value, figure.difference.ci95), (Some(0.0), Some([0.0, 0.0])));
        assert!(
            figure_of([side(&[("a", &[1.0])]), side(&[("b", &[1.0])])], Quantity::EfOfTruth, Summary::Sd).is_none()
        );
    }
}
