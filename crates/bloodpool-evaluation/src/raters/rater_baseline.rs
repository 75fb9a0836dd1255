//! `RaterBaseline`: each rater against the others on the same studies, to compare the network with single raters.

use std::borrow::Cow;

use bloodpool_dataset::{RatedCase, RatedPhase, RaterRecord};
use bloodpool_stats::{MeanSd, mean_sd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::material::FramePair;
use super::measured::Measured;
use super::reading::StudyReading;

/// Raters and model on ED and ES of the same studies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RaterBaseline {
    /// Against what each is measured.
    pub rule: Cow<'static, str>,
    /// Studies in the record of the raters.
    pub studies: usize,
    /// Each rater.
    pub raters: Vec<Reader>,
    /// The model on the same studies.
    pub model: Reader,
    /// Raters whose mean Dice is below the model's, at ED and ES.
    pub below_model_dice: [usize; 2],
    /// Raters whose mean absolute EF error is above the model's.
    pub above_model_ef_error: usize,
}

/// One rater, or the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reader {
    /// Name of the rater, or `model`.
    pub name: String,
    /// Group of the rater.
    pub group: Option<String>,
    /// Whether the rater is no part of the consensus.
    pub left_out: bool,
    /// Dice at ED and ES, percent.
    pub dice_percent: [Measured<MeanSd>; 2],
    /// EF less the consensus's, EF points.
    pub ef_error_points: Measured<MeanSd>,
    /// Its mean without sign.
    pub ef_absolute_error_points: Option<f64>,
}

const RULE: &str = "Dice of a rater is against the consensus of the other raters, Dice of the model against that of \
    all; EF errors are against the EF of the consensus of all, which contains the ROI of the rater";

impl RaterBaseline {
    /// The results of the raters on these studies; `None` where the record has none of them.
    pub fn new(record: &RaterRecord, studies: &[StudyReading]) -> Option<Self> {
        let of_study = |study: &StudyReading| record.cases.iter().find(|case| case.case == study.case);
        let cases: Vec<&RatedCase> = studies.iter().filter_map(of_study).collect();
        if cases.is_empty() || record.raters.is_empty() {
            return None;
        }
        let rater = |(index, rater): (usize, &bloodpool_dataset::RecordedRater)| {
            let dice = |phase: RatedPhase| -> Vec<f64> {
                let image = |case: &&RatedCase| {
                    case.images.iter().find(|image| image.phase == phase)?.dice.get(index).copied()?
                };
                cases.iter().filter_map(image).collect()
            };
            let error =
                |case: &&RatedCase| Some(case.lvef_percent.get(index).copied()?? - case.consensus_lvef_percent?);
            let errors: Vec<f64> = cases.iter().filter_map(error).collect();
            let name = rater.rater.clone();
            Reader::new(name, [dice(RatedPhase::EndDiastole), dice(RatedPhase::EndSystole)], errors)
                .with_group(rater.group.clone(), rater.left_out)
        };
        let raters: Vec<Reader> = record.raters.iter().enumerate().map(rater).collect();
        let model = model(studies);
        let below = |phase: usize| {
            let mean = |reader: &Reader| reader.dice_percent[phase].known().map(|dice| dice.mean);
            let own = mean(&model);
            raters.iter().filter(|rater| mean(rater).zip(own).is_some_and(|(dice, own)| dice < own)).count()
        };
        let worse = |rater: &&Reader| {
            let errors = rater.ef_absolute_error_points.zip(model.ef_absolute_error_points);
            errors.is_some_and(|(error, own)| error > own)
        };
        let (below_model_dice, above_model_ef_error) = ([below(0), below(1)], raters.iter().filter(worse).count());
        Some(Self { rule: RULE.into(), studies: cases.len(), raters, model, below_model_dice, above_model_ef_error })
    }
}

fn model(studies: &[StudyReading]) -> Reader {
    let dice = |phase| -> Vec<f64> {
        let of_study = |study: &StudyReading| Some(study.image(phase)?.overlap.known()?.dice);
        studies.iter().filter_map(of_study).collect()
    };
    let error = |study: &StudyReading| study.ef(FramePair::First)?.both().map(|[consensus, model]| model - consensus);
    let errors = studies.iter().filter_map(error).collect();
    Reader::new("model".to_owned(), [dice(RatedPhase::EndDiastole), dice(RatedPhase::EndSystole)], errors)
}

impl Reader {
    fn new(name: String, dice: [Vec<f64>; 2], errors: Vec<f64>) -> Self {
        let percent = |dice: Vec<f64>| mean_sd(&dice.iter().map(|dice| 100.0 * dice).collect::<Vec<f64>>());
        let sum: f64 = errors.iter().map(|error| error.abs()).sum();
        Self {
            name,
            group: None,
            left_out: false,
            dice_percent: dice.map(|dice| Measured::from(percent(dice))),
            ef_error_points: Measured::from(mean_sd(&errors)),
            ef_absolute_error_points: (!errors.is_empty()).then(|| sum / errors.len() as f64),
        }
    }

    fn with_group(self, group: Option<String>, left_out: bool) -> Self {
        Self { group, left_out, ..self }
    }
}
