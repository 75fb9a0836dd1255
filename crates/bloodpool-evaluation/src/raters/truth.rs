//! Both sides against the simulator's truth: Dice of the true silhouettes, and EF against true LVEF.

use bloodpool_stats::{ByPatient, MeanSd, by_patient, mean_sd};
use serde::Serialize;

use super::figure::Figure;
use super::material::FramePair;
use super::paired::{Names, Pair, PairedStatistics};
use super::reading::{EfReading, ImageReading, StudyReading};
use super::table_one::{FrameSet, PHASES, images};

/// Dice against the true silhouettes, percent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiceOfTruth {
    pub side: &'static str,
    pub phase: &'static str,
    pub images: usize,
    pub mean: Figure<MeanSd>,
    pub by_patient: Figure<ByPatient>,
}

/// A figure of an image, and one of a pair of frames.
type OfImage = fn(&ImageReading) -> Option<f64>;
type OfPair = fn(&EfReading) -> Option<f64>;

/// Dice of consensus and model at ED and ES.
pub(super) fn dice(studies: &[StudyReading]) -> Vec<DiceOfTruth> {
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
            let (mean, by_patient) = (Figure::from(mean_sd(&values)), Figure::from(by_patient(&patients, &values)));
            all.push(DiceOfTruth { side, phase, images: values.len(), mean, by_patient });
        }
    }
    all
}

/// EF of the model, of the consensus and of the true silhouettes by Eq. 5 and 6 against true LVEF.
pub(super) fn ef(studies: &[StudyReading]) -> Vec<PairedStatistics> {
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
