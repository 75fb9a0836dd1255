//! Table 1 of Oh et al. 2022: overlap, size, pixel value and EF, of ED and ES alone and with the second frames.

use bloodpool_dataset::RatedPhase;
use bloodpool_stats::{ByPatient, MeanSd, Wilcoxon, by_patient, mean_sd};
use serde::Serialize;

use super::figure::Figure;
use super::material::FramePair;
use super::paired::{Names, Pair, PairedStatistics};
use super::published::{self, Published};
use super::reading::{ImageReading, StudyReading};

/// Which frames a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameSet {
    /// ED and ES.
    First,
    /// With the second frame of either.
    All,
}

/// The table of one set of frames.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableOne {
    /// The frames that it is of.
    pub frames: FrameSet,
    /// One figure of one phase each.
    pub rows: Vec<Row>,
}

/// One figure of one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What is measured.
    pub figure: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// `ED`, `ES`, or `ED and ES` for EF.
    pub phase: &'static str,
    /// Images, or EFs, that are in it.
    pub readings: usize,
    /// Those that are not, since a side has no figure.
    pub left_out: usize,
    /// Of the consensus; `None` where the figure is one of both sides.
    pub consensus: Option<Figure<MeanSd>>,
    /// Of the model, or of both against each other.
    pub model: Figure<MeanSd>,
    /// By patient: of model - consensus, or of the figure itself where it is one of both sides.
    pub by_patient: Figure<ByPatient>,
    /// Of model - consensus, by patient.
    pub wilcoxon: Option<Figure<Wilcoxon>>,
    /// What the paper printed; `None` beside frames that it did not print alone.
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

/// Names of the phases.
pub const PHASES: [&str; 2] = ["ED", "ES"];

/// A figure of an image.
type OfImage = fn(&ImageReading) -> Option<f64>;
/// The same figure of the consensus and of the model.
type OfBothSides = fn(&ImageReading) -> Option<[f64; 2]>;

impl TableOne {
    /// The table of these studies.
    pub fn new(studies: &[StudyReading], frames: FrameSet) -> Self {
        let shared: [(&'static str, &'static str, OfImage, Option<[Published; 2]>); 6] = [
            (
                "Pixel accuracy",
                "%",
                |image| Some(100.0 * image.overlap.known()?.pixel_accuracy),
                Some(published::PIXEL_ACCURACY),
            ),
            ("Dice", "%", |image| Some(100.0 * image.overlap.known()?.dice), Some(published::DICE)),
            ("IoU of the LV", "%", |image| Some(100.0 * image.overlap.known()?.iou), Some(published::IOU)),
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
        let sides: [(&'static str, &'static str, OfBothSides, [Published; 2]); 2] = [
            ("ROI size", "px", sizes, published::SIZE),
            ("Pixel value", "counts", pixel_values, published::PIXEL_VALUE),
        ];
        for (figure, unit, value, paper) in sides {
            for (index, phases) in frames.phases().into_iter().enumerate() {
                let pairs = image_pairs(studies, phases, value);
                let all = images(studies, phases).count();
                rows.push(paired_row((figure, unit, PHASES[index]), &pairs, all, paper[index]));
            }
        }
        let pairs = ef_pairs(studies, frames);
        let all = studies.len() * frames.pairs().len();
        rows.push(paired_row(("EF (Eq. 5 and 6)", "%", "ED and ES"), &pairs, all, published::EF));
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
    let mut pairs = Vec::new();
    for study in studies {
        for &pair in frames.pairs() {
            if let Some([reference, measured]) = study.ef(pair).and_then(super::reading::EfReading::both) {
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
    Row {
        figure,
        unit,
        phase,
        readings: values.len(),
        left_out: all - values.len(),
        consensus: None,
        model: Figure::from(mean_sd(&values)),
        by_patient: Figure::from(by_patient(&patients, &values)),
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
        figure,
        unit,
        phase,
        readings: pairs.len(),
        left_out: all - pairs.len(),
        consensus: Some(statistics.reference_mean),
        model: statistics.measured_mean,
        by_patient: statistics.difference,
        wilcoxon: Some(statistics.wilcoxon),
        paper: Some(paper),
    }
}
