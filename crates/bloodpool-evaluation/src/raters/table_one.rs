//! Table 1 of Oh et al. 2022: overlap, size, pixel value and EF, of ED and ES alone and with the second frames, and what was
//! published of them.

use std::borrow::Cow;

use bloodpool_dataset::RatedPhase;
use bloodpool_stats::{Bounds, ByPatient, MeanSd, Wilcoxon, by_patient_within, mean_sd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agreement::{Names, Pair, PairedStatistics};
use super::material::FramePair;
use super::measured::Measured;
use super::reading::{EfReading, ImageReading, StudyReading};

/// Which frames a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameSet {
    /// ED and ES.
    First,
    /// With the second frame of either.
    All,
}

/// The table of one set of frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableOne {
    /// The frames that it is of.
    pub frames: FrameSet,
    /// One figure of one phase each.
    pub rows: Vec<Row>,
}

/// One figure of one phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// What is measured.
    pub figure: Cow<'static, str>,
    /// Its unit.
    pub unit: Cow<'static, str>,
    /// `ED`, `ES`, or `ED and ES` for EF.
    pub phase: Cow<'static, str>,
    /// Images, or EFs, that are in it.
    pub readings: usize,
    /// Those that are not, because a side has no result.
    pub left_out: usize,
    /// Of the consensus; `None` where the figure is one of both sides.
    pub consensus: Option<Measured<MeanSd>>,
    /// Of the model, or of both against each other.
    pub model: Measured<MeanSd>,
    /// By patient: of model - consensus, or of the figure itself where it is one of both sides.
    pub by_patient: Measured<ByPatient>,
    /// Of model - consensus, by patient.
    pub wilcoxon: Option<Measured<Wilcoxon>>,
    /// The result of the paper; `None` for sets of frames that it does not print.
    pub paper: Option<Published>,
}

impl FrameSet {
    /// ED and ES alone, then with the second frames.
    pub const BOTH: [Self; 2] = [Self::First, Self::All];

    /// The frames of end-diastole and of end-systole.
    pub fn phases(self) -> [&'static [RatedPhase]; 2] {
        match self {
            Self::First => [&[RatedPhase::EndDiastole], &[RatedPhase::EndSystole]],
            Self::All => [
                &[RatedPhase::EndDiastole, RatedPhase::EndDiastoleSecond],
                &[RatedPhase::EndSystole, RatedPhase::EndSystoleSecond],
            ],
        }
    }

    /// The pairs of frames that give an EF.
    pub fn pairs(self) -> &'static [FramePair] {
        match self {
            Self::First => &[FramePair::First],
            Self::All => &FramePair::ALL,
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "ED and ES",
            Self::All => "ED and ES with the second frame of each",
        }
    }
}

/// EF with the background of a frame that lost counts at the end of the cycle reduced by as much.
pub const CORRECTED_EF: &str = "EF (Eq. 5 and 6, drop-off corrected)";
/// EF by the printed equations.
pub const EF_TO_THE_LETTER: &str = "EF (Eq. 5 and 6 to the letter)";

/// Names of the phases.
pub const PHASES: [&str; 2] = ["ED", "ES"];

/// A figure of an image.
type OfImage = fn(&ImageReading) -> Option<f64>;
/// The same figure of the consensus and of the model.
type OfBothSides = fn(&ImageReading) -> Option<[f64; 2]>;

/// An EF of consensus and model.
type EfOfBothSides = fn(&EfReading) -> Option<[f64; 2]>;

impl TableOne {
    /// The table of these studies.
    pub fn new(studies: &[StudyReading], frames: FrameSet) -> Self {
        let shared: [(&'static str, &'static str, OfImage, Option<[Published; 2]>); 6] = [
            ("Pixel accuracy", "%", |image| Some(100.0 * image.overlap.known()?.pixel_accuracy), Some(PIXEL_ACCURACY)),
            ("Dice", "%", |image| Some(100.0 * image.overlap.known()?.dice), Some(DICE)),
            ("IoU of the LV", "%", |image| Some(100.0 * image.overlap.known()?.iou), Some(IOU)),
            ("Mean IoU (LV and background)", "%", |image| Some(100.0 * image.overlap.known()?.mean_iou), None),
            ("95 % Hausdorff distance", "mm", |image| Some(image.surface.known()?.hausdorff95_mm), None),
            ("Mean surface distance", "mm", |image| Some(image.surface.known()?.mean_mm), None),
        ];
        let mut rows = Vec::new();
        for (figure, unit, value, paper) in shared {
            for (index, phases) in frames.phases().into_iter().enumerate() {
                rows.push(shared_row((figure, unit, PHASES[index]), studies, phases, value, paper.map(|p| p[index])));
            }
        }
        let sides: [(&'static str, &'static str, OfBothSides, [Published; 2]); 2] =
            [("ROI size", "px", sizes, SIZE), ("Pixel value", "counts", pixel_values, PIXEL_VALUE)];
        for (figure, unit, value, paper) in sides {
            for (index, phases) in frames.phases().into_iter().enumerate() {
                let pairs = image_pairs(studies, phases, value);
                let all = images(studies, phases).count();
                rows.push(paired_row((figure, unit, PHASES[index]), &pairs, all, paper[index]));
            }
        }
        let all = studies.len() * frames.pairs().len();
        let both: [(&'static str, EfOfBothSides); 2] =
            [(CORRECTED_EF, EfReading::both), (EF_TO_THE_LETTER, EfReading::both_of_one_level)];
        for (figure, value) in both {
            rows.push(paired_row((figure, "%", "ED and ES"), &pairs_of_ef(studies, frames, value), all, EF));
        }
        if frames == FrameSet::All {
            rows.iter_mut().for_each(|row| row.paper = None);
        }
        Self { frames, rows }
    }

    /// A row by figure and phase.
    #[cfg(test)]
    pub fn row(&self, figure: &str, phase: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.figure == figure && row.phase == phase)
    }
}

fn sizes(image: &ImageReading) -> Option<[f64; 2]> {
    Some([image.consensus.area_px as f64, image.model.known()?.area_px as f64])
}

fn pixel_values(image: &ImageReading) -> Option<[f64; 2]> {
    Some([image.consensus.pixel_value, image.model.known()?.pixel_value])
}

/// The images of some phases, each with its study.
pub fn images<'a>(
    studies: &'a [StudyReading],
    phases: &'a [RatedPhase],
) -> impl Iterator<Item = (&'a StudyReading, &'a ImageReading)> {
    let of_study = |study: &'a StudyReading| phases.iter().filter_map(move |&phase| Some((study, study.image(phase)?)));
    studies.iter().flat_map(of_study)
}

fn image_pairs(
    studies: &[StudyReading],
    phases: &[RatedPhase],
    value: fn(&ImageReading) -> Option<[f64; 2]>,
) -> Vec<Pair> {
    let pair = |(study, image): (&StudyReading, &ImageReading)| {
        let [reference, measured] = value(image)?;
        Some(Pair { patient: study.patient.clone(), measured, reference })
    };
    images(studies, phases).filter_map(pair).collect()
}

/// Sizes of the model's ROIs and of the consensus on some phases, where both are known.
pub fn size_pairs(studies: &[StudyReading], phases: &[RatedPhase]) -> Vec<Pair> {
    image_pairs(studies, phases, sizes)
}

/// EF of the model and of the consensus, where both are known.
pub fn ef_pairs(studies: &[StudyReading], frames: FrameSet) -> Vec<Pair> {
    pairs_of_ef(studies, frames, EfReading::both)
}

fn pairs_of_ef(studies: &[StudyReading], frames: FrameSet, value: fn(&EfReading) -> Option<[f64; 2]>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for study in studies {
        for &pair in frames.pairs() {
            if let Some([reference, measured]) = study.ef(pair).and_then(value) {
                pairs.push(Pair { patient: study.patient.clone(), measured, reference });
            }
        }
    }
    pairs
}

fn shared_row(
    (figure, unit, phase): (&'static str, &'static str, &'static str),
    studies: &[StudyReading],
    phases: &[RatedPhase],
    value: OfImage,
    paper: Option<Published>,
) -> Row {
    let all = images(studies, phases).count();
    let known = images(studies, phases).filter_map(|(study, image)| Some((study.patient.as_str(), value(image)?)));
    let (patients, values): (Vec<&str>, Vec<f64>) = known.unzip();
    let bounds = if unit == "%" { Bounds::UpTo(100.0) } else { Bounds::NotNegative };
    Row {
        figure: figure.into(),
        unit: unit.into(),
        phase: phase.into(),
        readings: values.len(),
        left_out: all - values.len(),
        consensus: None,
        model: Measured::from(mean_sd(&values)),
        by_patient: Measured::from(by_patient_within(&patients, &values, bounds)),
        wilcoxon: None,
        paper,
    }
}

fn paired_row(
    (figure, unit, phase): (&'static str, &'static str, &'static str),
    pairs: &[Pair],
    all: usize,
    paper: Published,
) -> Row {
    let names = Names { measured: "model", reference: "consensus", frames: phase };
    let statistics = PairedStatistics::new(names, unit, pairs);
    Row {
        figure: figure.into(),
        unit: unit.into(),
        phase: phase.into(),
        readings: pairs.len(),
        left_out: all - pairs.len(),
        consensus: Some(statistics.reference_mean),
        model: statistics.measured_mean,
        by_patient: statistics.difference,
        wilcoxon: Some(statistics.wilcoxon),
        paper: Some(paper),
    }
}

/// A published mean, and its standard deviation where it was printed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedMean {
    /// The mean.
    pub mean: f64,
    /// Its SD.
    pub sd: Option<f64>,
}

/// What a paper printed of one figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// Of its consensus of raters.
    pub consensus: Option<PublishedMean>,
    /// Of its model, or of both against each other.
    pub model: Option<PublishedMean>,
}

/// The best published automatic LVEF against manual ROIs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedLvef {
    /// Where it was published.
    pub source: Cow<'static, str>,
    /// Mean difference, EF points.
    pub bias_points: f64,
    /// Limits of agreement, EF points.
    pub limits_points: [f64; 2],
    /// Percent of the differences within 5 points.
    pub within_5_percent: f64,
}

/// Where the figures of [`Published`] come from.
pub(super) const PAPER: &str = "Oh et al. 2022, Table 1 (23 test studies)";

/// Ha et al.: a U-Net, 41,462 scans.
pub(super) const HA_2024: PublishedLvef = PublishedLvef {
    source: Cow::Borrowed("Ha et al., Clin Nucl Med 2024;49:727"),
    bias_points: -0.4,
    limits_points: [-6.3, 5.4],
    within_5_percent: 91.0,
};

const fn published_mean(mean: f64) -> Option<PublishedMean> {
    Some(PublishedMean { mean, sd: None })
}

const fn published_mean_sd(mean: f64, sd: f64) -> Option<PublishedMean> {
    Some(PublishedMean { mean, sd: Some(sd) })
}

const fn agreement(model: Option<PublishedMean>) -> Published {
    Published { consensus: None, model }
}

pub(super) const PIXEL_ACCURACY: [Published; 2] = [agreement(published_mean(99.32)), agreement(published_mean(99.26))];
pub(super) const DICE: [Published; 2] =
    [agreement(published_mean_sd(94.65, 1.45)), agreement(published_mean_sd(90.16, 4.19))];
pub(super) const IOU: [Published; 2] = [agreement(published_mean(89.89)), agreement(published_mean(82.33))];
pub(super) const SIZE: [Published; 2] = [
    Published { consensus: published_mean(4173.69), model: published_mean(4072.78) },
    Published { consensus: published_mean(2397.21), model: published_mean(2484.08) },
];
pub(super) const PIXEL_VALUE: [Published; 2] = [
    Published { consensus: published_mean(578_067.0), model: None },
    Published { consensus: published_mean(278_927.0), model: None },
];
pub(super) const EF: Published =
    Published { consensus: published_mean_sd(60.37, 7.32), model: published_mean_sd(58.68, 7.22) };
