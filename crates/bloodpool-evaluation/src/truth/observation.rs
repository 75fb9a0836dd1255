//! `Observation`: the result of the program for one simulated study, and the truth about it.

use crate::EvaluationError;
use std::sync::Mutex;

use bloodpool_core::measure::measure_protocol;
use bloodpool_core::uncertainty::{Calibration, Features, Interval};
use bloodpool_core::validity::Rank;
use bloodpool_core::{
    Analysis, FrameIndex, GatedStudy, Mask, ModelIdentity, Protocol, Recognition, Segmentation, SegmentationError,
    Segmenter, analyze,
};
use bloodpool_phantom::{Fault, Population, SimulatedStudy, TrueLvef};
use bloodpool_stats::overlap::overlap;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

/// What is true of a study.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Known {
    /// Index in the population.
    pub index: u64,
    /// The fault that was simulated.
    pub fault: Option<Fault>,
    /// True LVEF by every definition.
    pub lvef: Option<TrueLvef>,
    /// Disease and wall motion in words.
    pub disease: String,
    /// Angle of the LV's axis to the direction of view, degrees.
    pub axis_to_view_degrees: Option<f64>,
    /// Columns of the matrix.
    pub matrix: usize,
    /// Frames per cycle.
    pub frames: usize,
    /// Mean counts of a frame.
    pub counts_per_frame: f64,
}

/// The result of the program, where there was no error.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Given {
    /// LVEF of the chosen protocol, whether or not it was withheld, percent.
    pub lvef_percent: f64,
    /// The gravest finding.
    pub rank: Option<Rank>,
    /// Codes of the findings with their ranks.
    pub reasons: Vec<(Rank, &'static str)>,
    /// LVEF by each protocol that was tried, in their order; `None` where there is no number.
    pub by_protocol: Vec<Option<f64>>,
    /// LVEF of the chosen protocol from the true outlines and the true LV fraction: what the protocol would give with a
    /// segmenter that makes no error.
    pub from_truth: Option<f64>,
    /// Probabilities of a heart, of LAO, of the usual orientation and of sound gating, where the segmenter recognises them.
    pub recognised: Option<[f64; 4]>,
    /// What the width of an interval depends on.
    pub features: Features,
    /// The 95 % interval, where the model has one.
    pub interval: Option<Interval>,
    /// Dice at true ED and ES against the projected cavity, then against the visible edge.
    pub dice: Option<[f64; 4]>,
}

/// One simulated study.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Observation {
    /// What is true of it.
    pub known: Known,
    /// The result, or why there is none.
    pub outcome: Result<Given, NoLvef>,
}

/// No LVEF was given; the code of the error says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, JsonSchema)]
#[error("no LVEF: {code}")]
#[serde(transparent)]
pub struct NoLvef {
    /// Code of the [`bloodpool_core::AnalysisError`], for example `no_ventricle`.
    pub code: &'static str,
}

/// What studies are observed with.
pub struct Observer<'a> {
    /// What finds the LV.
    pub segmenter: &'a dyn Segmenter,
    /// The protocol whose LVEF is given.
    pub protocol: Protocol,
    /// Others that are tried on the same outlines.
    pub tried: Vec<Protocol>,
    /// What intervals are computed from.
    pub calibration: Option<&'a Calibration>,
}

impl Observer<'_> {
    /// Observes studies `indices` of a population on all cores; `done` is called after each.
    ///
    /// # Errors
    /// When a study cannot be drawn.
    pub fn observe_all(
        &self,
        population: &Population,
        indices: std::ops::Range<u64>,
        done: impl Fn() + Sync,
    ) -> Result<Vec<Observation>, EvaluationError> {
        let observed: Result<Vec<Observation>, _> = indices
            .into_par_iter()
            .map(|index| {
                let study = population.study(index)?;
                let observation = self.observe(&study);
                done();
                Ok::<_, bloodpool_core::SampleError>(observation)
            })
            .collect();
        Ok(observed?)
    }

    /// Observes one study.
    pub fn observe(&self, simulated: &SimulatedStudy) -> Observation {
        let study = &simulated.labelled.study;
        let truth = &simulated.truth;
        let frames = study.frames();
        let known = Known {
            index: truth.index,
            fault: truth.fault,
            lvef: truth.lvef,
            disease: truth.wall_motion.clone(),
            axis_to_view_degrees: truth.axis_to_view_degrees,
            matrix: study.columns(),
            frames,
            counts_per_frame: f64::from(study.counts().sum()) / frames as f64,
        };
        let outlines = Remembering { inner: self.segmenter, last: Mutex::new(None) };
        let outcome = match analyze(study, &outlines, &self.protocol) {
            Err(error) => Err(NoLvef { code: error.code() }),
            Ok(analysis) => {
                let segmentation = outlines.last.into_inner().ok().flatten().unwrap_or_default();
                Ok(self.given(simulated, &analysis, &segmentation))
            }
        };
        Observation { known, outcome }
    }

    fn given(&self, simulated: &SimulatedStudy, analysis: &Analysis, segmentation: &Segmentation) -> Given {
        let study = analysis.measured_study(&simulated.labelled.study);
        let model = self.segmenter.identity();
        let by_protocol = self
            .tried
            .iter()
            .map(|protocol| measure_protocol(study, segmentation, &model, protocol).ok().map(|one| one.lvef_percent))
            .collect();
        let labelled = &simulated.labelled;
        let from_truth = labelled.lv_fraction.clone().and_then(|fraction| {
            let masks = labelled.masks.clone();
            let truth = Segmentation { masks, lv_fraction: Some(fraction), ..Segmentation::default() };
            measure_protocol(study, &truth, &model, &self.protocol).ok().map(|one| one.lvef_percent)
        });
        let features = Features::of(study, analysis);
        let interval = self.calibration.and_then(|calibration| calibration.interval(&features, analysis.lvef_percent));
        Given {
            lvef_percent: analysis.lvef_percent,
            rank: analysis.validity.rank(),
            reasons: analysis.validity.reasons().iter().map(|reason| (reason.rank, reason.code)).collect(),
            by_protocol,
            from_truth,
            recognised: segmentation.recognition.as_ref().map(recognised),
            features,
            interval,
            dice: dice(simulated, &segmentation.masks),
        }
    }
}

fn recognised(found: &Recognition) -> [f64; 4] {
    let first = |values: &[f64]| values.first().copied().unwrap_or(0.0);
    [found.heart, first(&found.view), first(&found.orientation), found.gating_sound]
}

/// Dice coefficients at the true ED and ES; `None` where there is no ventricle.
fn dice(simulated: &SimulatedStudy, masks: &[Mask]) -> Option<[f64; 4]> {
    let labelled = &simulated.labelled;
    labelled.lv_volume_ml.as_ref()?;
    let (diastole, systole) = labelled.extremes();
    let against =
        |frame: FrameIndex, truth: &Mask| overlap(masks.get(frame.index())?, truth).ok().map(|overlap| overlap.dice);
    let cavity = |frame: FrameIndex| against(frame, labelled.masks.get(frame.index())?);
    let visible = |frame: FrameIndex| against(frame, &simulated.visible_mask(frame.index())?);
    Some([cavity(diastole)?, cavity(systole)?, visible(diastole)?, visible(systole)?])
}

/// A segmenter that keeps what it last gave, so that other protocols can be tried on it.
struct Remembering<'a> {
    inner: &'a dyn Segmenter,
    last: Mutex<Option<Segmentation>>,
}

impl Segmenter for Remembering<'_> {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let segmentation = self.inner.segment(study)?;
        if let Ok(mut last) = self.last.lock() {
            *last = Some(segmentation.clone());
        }
        Ok(segmentation)
    }

    fn identity(&self) -> ModelIdentity {
        self.inner.identity()
    }
}
