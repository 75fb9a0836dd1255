//! Sentences that several texts share: what was evaluated, how it came out, and what is not known.

use super::Manuscript;
use super::wording::{count, gap, studies_of};
use crate::raters::measured;
use crate::raters::record::ModelKind;
use crate::raters::sentences;
use crate::raters::table_one::{FrameSet, Row};

impl Manuscript<'_> {
    /// The abstract of the evaluation, in one paragraph.
    pub(super) fn abstract_of_records(&self) -> String {
        let lines = self.subject.abstract_lines(self.result);
        lines.map(|(_, words)| words).join(" ")
    }

    /// Which studies.
    pub(super) fn studies_in_short(&self) -> String {
        let all = self.records.dataset.as_ref().map(super::study_methods::whole);
        let all = all.map_or(String::new(), |all| {
            let simulated = if all.simulated_studies == all.studies { ", all simulated" } else { "" };
            format!(
                "The dataset {} holds {}{simulated}. ",
                self.subject.dataset.name,
                studies_of(all.studies, all.patients)
            )
        });
        format!("{all}Evaluated: {}.", self.result.population())
    }

    /// Whether the masks are those of another program, of which nothing is known.
    pub(super) fn is_of_another_program(&self) -> bool {
        self.subject.run.kind == ModelKind::Masks
    }

    /// `3 readings`, `no reading`.
    pub(super) fn failed(&self) -> String {
        match self.result.failures.len() {
            0 => "No reading".to_owned(),
            some => count(some, ["reading", "readings"]),
        }
    }

    /// What the run started from.
    pub(super) fn initial_weights(&self) -> String {
        match self.records.runs.first().map(|run| &run.origin.started_from) {
            Some(Some(model)) => format!("The weights of {model}."),
            Some(None) => "Random (He et al. 2015), from the seed of the run.".to_owned(),
            None => gap("initial weights"),
        }
    }

    /// How raters agree with each other, as far as it is known.
    pub(super) fn rater_variability(&self) -> String {
        let Some(baseline) = &self.result.raters else { return gap("agreement of the raters with each other") };
        let range = |phase: usize| {
            let means = baseline.raters.iter().filter_map(|rater| Some(rater.dice_percent[phase].known()?.mean));
            let ends = means.fold(None, |ends: Option<[f64; 2]>, mean| {
                Some(ends.map_or([mean; 2], |[low, high]| [low.min(mean), high.max(mean)]))
            });
            ends.map_or(measured::NONE.to_owned(), |ends| measured::range(ends, 1))
        };
        format!(
            "Mean Dice of a rater with the consensus of the others, on the evaluated studies, lowest to highest rater: {} % at ED, {} % at \
             ES (raters.csv). {}",
            range(0),
            range(1),
            gap("repeated readings by one rater, if there were any")
        )
    }

    /// The row of a figure of ED and ES.
    pub(super) fn row(&self, figure: &str, phase: &str) -> Option<&Row> {
        let table = self.result.table(FrameSet::First)?;
        table.rows.iter().find(|row| row.figure == figure && row.phase == phase)
    }

    /// Dice and LVEF in words.
    pub(super) fn main_figures(&self) -> String {
        let dice = |phase| {
            self.row("Dice", phase).map_or(measured::NONE.to_owned(), |row| {
                format!("{} (95 % CI {})", measured::mean_sd(&row.model, 1), measured::interval(&row.by_patient, 1))
            })
        };
        let ef = self.result.ef_of_first().and_then(sentences::bias_alone);
        format!(
            "Dice with the consensus, %: {} at ED, {} at ES. {}",
            dice("ED"),
            dice("ES"),
            ef.unwrap_or_else(|| "The LVEF of both sides cannot be compared.".to_owned())
        )
    }

    /// The study on which both sides differ most.
    pub(super) fn largest_difference(&self) -> String {
        sentences::largest(self.result).unwrap_or_else(|| "No study has an EF of both sides.".to_owned())
    }
}
