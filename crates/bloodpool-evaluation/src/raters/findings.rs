//! Everything that a comparison of raters and network found.

use bloodpool_dataset::RaterRecord;
use bloodpool_stats::{ByPatient, by_patient};
use serde::Serialize;

use super::error_parts::{self, PartsSummary};
use super::failures::{Failure, failures};
use super::figure::Figure;
use super::paired::{Names, Pair, PairedStatistics};
use super::rater_baseline::RaterBaseline;
use super::reading::StudyReading;
use super::table_one::{FrameSet, PHASES, TableOne, ef_pairs, size_pairs};
use super::truth::{self, DiceOfTruth};

/// What was found on one part of a dataset.
#[derive(Debug, Clone, Serialize)]
pub struct Findings {
    /// Number of studies.
    pub studies: usize,
    /// Number of patients.
    pub patients: usize,
    /// How many of the studies are simulated.
    pub simulated_studies: usize,
    /// Images and studies without a figure, and why.
    pub failures: Vec<Failure>,
    /// ED and ES alone, then with the second frames.
    pub table_one: Vec<TableOne>,
    /// EF of the model against that of the consensus: ED and ES alone, then with the second frames.
    pub ef: Vec<PairedStatistics>,
    /// EF against true LVEF.
    pub ef_of_truth: Vec<PairedStatistics>,
    /// Sizes of the model's ROIs against those of the consensus.
    pub size: Vec<SizeStatistics>,
    /// What the EF differences come from, part by part.
    pub ef_error_parts: Vec<PartsSummary>,
    /// Dice against the true silhouettes.
    pub dice_of_truth: Vec<DiceOfTruth>,
    /// Mean Dice at ED and ES, percent, when a mask that is missing counts as 0.
    pub dice_with_failures_percent: [Option<f64>; 2],
    /// How raters agree with the consensus of the others.
    pub raters: Option<RaterBaseline>,
    /// Every study.
    pub cases: Vec<StudyReading>,
}

/// Sizes of one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SizeStatistics {
    /// `ED` or `ES`.
    pub phase: &'static str,
    /// (Model - consensus) / consensus, by patient.
    pub relative_difference_percent: Figure<ByPatient>,
    #[serde(flatten)]
    /// In pixels.
    pub pixels: PairedStatistics,
}

impl Findings {
    /// From what was read on each study, and what is known of the raters.
    pub fn new(cases: Vec<StudyReading>, raters: Option<&RaterRecord>) -> Self {
        let mut patients: Vec<&str> = cases.iter().map(|study| study.patient.as_str()).collect();
        patients.sort_unstable();
        patients.dedup();
        let ef = |frames: FrameSet| {
            let names = Names { measured: "model", reference: "consensus", frames: frames.name() };
            PairedStatistics::of_ef(names, &ef_pairs(&cases, frames))
        };
        let size = |frames: FrameSet| {
            let phases = PHASES.into_iter().zip(frames.phases());
            phases.map(move |(phase, phases)| (phase, phases, frames.name()))
        };
        let size = FrameSet::BOTH.into_iter().flat_map(size);
        let size = size.map(|(phase, phases, frames)| SizeStatistics::new(phase, frames, &size_pairs(&cases, phases)));
        Self {
            studies: cases.len(),
            patients: patients.len(),
            simulated_studies: cases.iter().filter(|study| study.simulated).count(),
            failures: failures(&cases),
            table_one: FrameSet::BOTH.map(|frames| TableOne::new(&cases, frames)).into(),
            ef: FrameSet::BOTH.map(ef).into(),
            ef_of_truth: truth::ef(&cases),
            size: size.collect(),
            ef_error_parts: error_parts::summaries(&cases),
            dice_of_truth: truth::dice(&cases),
            dice_with_failures_percent: FrameSet::First.phases().map(|phases| dice_with_failures(&cases, phases)),
            raters: raters.and_then(|raters| RaterBaseline::new(raters, &cases)),
            cases,
        }
    }

    /// The table of ED and ES, or that with the second frames.
    pub fn table(&self, frames: FrameSet) -> Option<&TableOne> {
        self.table_one.iter().find(|table| table.frames == frames)
    }

    /// EF of the model against that of the consensus on ED and ES.
    pub fn ef_of_first(&self) -> Option<&PairedStatistics> {
        self.ef.first()
    }

    /// What the studies are, in words.
    pub fn population(&self) -> String {
        let (all, simulated) = (self.studies, self.simulated_studies);
        let studies = match (simulated, all) {
            (0, _) => format!("{all} studies"),
            (simulated, all) if simulated == all => format!("{all} simulated studies"),
            (simulated, all) => format!("{all} studies, {simulated} of them simulated"),
        };
        format!("{studies} of {} patients", self.patients)
    }
}

fn dice_with_failures(cases: &[StudyReading], phases: &[bloodpool_dataset::RatedPhase]) -> Option<f64> {
    let dice: Vec<f64> = super::table_one::images(cases, phases)
        .map(|(_, image)| image.overlap.known().map_or(0.0, |overlap| overlap.dice))
        .collect();
    (!dice.is_empty()).then(|| 100.0 * dice.iter().sum::<f64>() / dice.len() as f64)
}

impl SizeStatistics {
    fn new(phase: &'static str, frames: &'static str, pairs: &[Pair]) -> Self {
        let relative = |pair: &Pair| 100.0 * (pair.measured - pair.reference) / pair.reference;
        let patients: Vec<&str> = pairs.iter().map(|pair| pair.patient.as_str()).collect();
        Self {
            phase,
            relative_difference_percent: Figure::from(by_patient(
                &patients,
                &pairs.iter().map(relative).collect::<Vec<_>>(),
            )),
            pixels: PairedStatistics::new(Names { measured: "model", reference: "consensus", frames }, "px", pairs),
        }
    }
}
