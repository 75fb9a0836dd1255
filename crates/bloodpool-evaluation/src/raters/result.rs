//! `EvaluationResult`: everything that a comparison of raters and network found, what failed included.

use std::borrow::Cow;

use bloodpool_dataset::{RatedPhase, RaterRecord};
use bloodpool_stats::{Bounds, ByPatient, MeanSd, by_patient, by_patient_within, mean_sd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agreement::{Names, Pair, PairedStatistics, PartsSummary, ef_error_parts};
use super::material::FramePair;
use super::measured::Measured;
use super::rater_baseline::RaterBaseline;
use super::reading::{EfReading, ImageReading, StudyReading};
use super::table_one::{FrameSet, PHASES, TableOne, ef_pairs, images, size_pairs};

/// The result on one part of a dataset.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationResult {
    /// Number of studies.
    pub studies: usize,
    /// Number of patients.
    pub patients: usize,
    /// How many of the studies are simulated.
    pub simulated_studies: usize,
    /// Images and studies without a result, and why.
    pub failures: Vec<Failure>,
    /// ED and ES alone, then with the second frames.
    pub table_one: Vec<TableOne>,
    /// EF of the model against that of the consensus: ED and ES alone, then with the second frames.
    pub ef: Vec<PairedStatistics>,
    /// EF against true LVEF.
    pub ef_of_truth: Vec<PairedStatistics>,
    /// Sizes of the model's ROIs against those of the consensus.
    pub size: Vec<SizeStatistics>,
    /// The parts of the EF differences.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SizeStatistics {
    /// `ED` or `ES`.
    pub phase: Cow<'static, str>,
    /// (Model - consensus) / consensus, by patient.
    pub relative_difference_percent: Measured<ByPatient>,
    /// In pixels.
    #[serde(flatten)]
    pub pixels: PairedStatistics,
}

impl EvaluationResult {
    /// From the readings of all studies, and the results of the raters.
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
            ef_of_truth: ef_of_truth(&cases),
            size: size.collect(),
            ef_error_parts: ef_error_parts(&cases),
            dice_of_truth: dice_of_truth(&cases),
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

fn dice_with_failures(cases: &[StudyReading], phases: &[RatedPhase]) -> Option<f64> {
    let dice: Vec<f64> =
        images(cases, phases).map(|(_, image)| image.overlap.known().map_or(0.0, |overlap| overlap.dice)).collect();
    (!dice.is_empty()).then(|| 100.0 * dice.iter().sum::<f64>() / dice.len() as f64)
}

impl SizeStatistics {
    fn new(phase: &'static str, frames: &'static str, pairs: &[Pair]) -> Self {
        let relative = |pair: &Pair| 100.0 * (pair.measured - pair.reference) / pair.reference;
        let patients: Vec<&str> = pairs.iter().map(|pair| pair.patient.as_str()).collect();
        Self {
            phase: phase.into(),
            relative_difference_percent: Measured::from(by_patient(
                &patients,
                &pairs.iter().map(relative).collect::<Vec<_>>(),
            )),
            pixels: PairedStatistics::new(Names { measured: "model", reference: "consensus", frames }, "px", pairs),
        }
    }
}

/// Something that one side did not give on a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The study.
    pub case: String,
    /// Whose reading is missing.
    pub side: Side,
    /// For example `mask, ES` or `EF, ED and ES`.
    pub what: String,
    /// Why it is missing.
    pub reason: String,
}

/// Whose reading is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The consensus of the raters.
    Consensus,
    /// The network.
    Model,
    /// The true silhouettes.
    Silhouettes,
}

impl Side {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus",
            Self::Model => "model",
            Self::Silhouettes => "true silhouettes",
        }
    }
}

/// Every mask that is empty and every EF that could not be computed.
fn failures(studies: &[StudyReading]) -> Vec<Failure> {
    let mut failures = Vec::new();
    for study in studies {
        let mut note = |side, what: String, problem: Option<&str>| {
            if let Some(reason) = problem {
                failures.push(Failure { case: study.case.clone(), side, what, reason: reason.to_owned() });
            }
        };
        for image in &study.images {
            note(Side::Model, format!("mask, {}", image.phase), image.model.problem());
        }
        for ef in &study.ef {
            let what = || format!("EF, {}", ef.pair.name());
            note(Side::Consensus, what(), ef.consensus.problem());
            note(Side::Model, what(), ef.model.problem());
            note(Side::Silhouettes, what(), ef.silhouette.as_ref().and_then(Measured::problem));
        }
    }
    failures
}

/// Dice against the true silhouettes, percent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiceOfTruth {
    /// `consensus` or `model`.
    pub side: Cow<'static, str>,
    /// `ED` or `ES`.
    pub phase: Cow<'static, str>,
    /// Number of images.
    pub images: usize,
    /// Over images.
    pub mean: Measured<MeanSd>,
    /// By patient.
    pub by_patient: Measured<ByPatient>,
}

/// A figure of an image, and one of a pair of frames.
type OfImage = fn(&ImageReading) -> Option<f64>;
type OfPair = fn(&EfReading) -> Option<f64>;

/// Dice of consensus and model at ED and ES.
fn dice_of_truth(studies: &[StudyReading]) -> Vec<DiceOfTruth> {
    let sides: [(&'static str, OfImage); 2] =
        [("consensus", |image| image.consensus_dice_of_truth), ("model", |image| image.model_dice_of_truth)];
    let mut all = Vec::new();
    for (side, value) in sides {
        for (phase, phases) in PHASES.into_iter().zip(FrameSet::First.phases()) {
            let known =
                images(studies, phases).filter_map(|(study, image)| Some((study.patient.as_str(), value(image)?)));
            let (patients, values): (Vec<&str>, Vec<f64>) =
                known.map(|(patient, dice)| (patient, 100.0 * dice)).unzip();
            if values.is_empty() {
                continue;
            }
            let (mean, by_patient) = (
                Measured::from(mean_sd(&values)),
                Measured::from(by_patient_within(&patients, &values, Bounds::UpTo(100.0))),
            );
            let (side, phase) = (side.into(), phase.into());
            all.push(DiceOfTruth { side, phase, images: values.len(), mean, by_patient });
        }
    }
    all
}

/// EF of the model, of the consensus and of the true silhouettes by Eq. 5 and 6 against true LVEF.
fn ef_of_truth(studies: &[StudyReading]) -> Vec<PairedStatistics> {
    if studies.iter().all(|study| study.true_lvef_percent.is_none()) {
        return Vec::new();
    }
    let sides: [(&'static str, OfPair); 3] = [
        ("model", |ef| Some(ef.model.known()?.lvef_percent)),
        ("consensus", |ef| Some(ef.consensus.known()?.lvef_percent)),
        ("true silhouettes", |ef| Some(ef.silhouette.as_ref()?.known()?.lvef_percent)),
    ];
    let of_side = |(measured, lvef): (&'static str, OfPair)| {
        let pair = |study: &StudyReading| {
            let (measured, reference) = (lvef(study.ef(FramePair::First)?)?, study.true_lvef_percent?);
            Some(Pair { patient: study.patient.clone(), measured, reference })
        };
        let pairs: Vec<Pair> = studies.iter().filter_map(pair).collect();
        PairedStatistics::of_ef(Names { measured, reference: "true LVEF", frames: "ED and ES" }, &pairs)
    };
    sides.into_iter().map(of_side).collect()
}
