//! Measures studies whose truth is known, by many protocols at once, with the truth's masks and with a network's.

pub(crate) mod candidates;
pub(crate) mod intervals;
pub(crate) mod table;

use bloodpool::agreement::overlap::overlap;
use bloodpool::measure::measure_protocol;
use bloodpool::{LabelledStudy, ModelIdentity, Protocol, SampleError, SampleSource, Segmentation, Segmenter};
use rayon::prelude::*;

/// What was measured on one study.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// True LVEF, percent.
    pub(crate) true_lvef: f64,
    /// LVEF by protocol, then by the fixed ROI of the first, with the truth's masks and fractions; `None` where there
    /// is no number.
    pub(crate) perfect: Vec<Option<f64>>,
    /// The same with the network's.
    pub(crate) network: Vec<Option<f64>>,
    /// Overlap of the network's masks with the truth's at the true ED and ES.
    pub(crate) dice: Option<Dice>,
}

/// Dice coefficients of one study.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dice {
    pub(crate) end_diastole: f64,
    pub(crate) end_systole: f64,
}

/// Name of the fixed-ROI LVEF of the first protocol, which stands after all protocols.
pub(crate) const FIXED_ROI: &str = "fixed_roi";

/// How many studies are simulated ahead of the network: enough for every core, little memory.
const AHEAD: u64 = 16;

/// Measures the first `studies` samples of `source` by every protocol; `done` is told after each study.
pub(crate) fn evaluate(
    source: &dyn SampleSource,
    studies: u64,
    segmenter: Option<&dyn Segmenter>,
    protocols: &[Protocol],
    mut done: impl FnMut(),
) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for start in (0..studies).step_by(AHEAD as usize) {
        let end = (start + AHEAD).min(studies);
        let drawn: Result<Vec<LabelledStudy>, SampleError> =
            (start..end).into_par_iter().map(|index| source.sample(index)).collect();
        for sample in drawn? {
            cases.push(measure(&sample, segmenter, protocols)?);
            done();
        }
    }
    Ok(cases)
}

fn measure(sample: &LabelledStudy, segmenter: Option<&dyn Segmenter>, protocols: &[Protocol]) -> anyhow::Result<Case> {
    let Some(true_lvef) = sample.lvef_percent.filter(|_| sample.lv_volume_ml.is_some()) else {
        anyhow::bail!("a study without true volumes can't be evaluated against them");
    };
    let truth = ModelIdentity { name: "truth".into(), sha256: String::new() };
    let perfect = lvef_by(sample, &sample.perfect_segmentation(), &truth, protocols);
    let Some(segmenter) = segmenter else {
        return Ok(Case { true_lvef, perfect, network: vec![None; protocols.len() + 1], dice: None });
    };
    let found = segmenter.segment(&sample.study)?;
    let at = |frame: usize| overlap(&found.masks[frame], &sample.masks[frame]).map(|overlap| overlap.dice);
    let (largest, smallest) = sample.extremes();
    let dice = Some(Dice { end_diastole: at(largest)?, end_systole: at(smallest)? });
    let network = lvef_by(sample, &found, &segmenter.identity(), protocols);
    Ok(Case { true_lvef, perfect, network, dice })
}

fn lvef_by(
    sample: &LabelledStudy,
    segmentation: &Segmentation,
    model: &ModelIdentity,
    protocols: &[Protocol],
) -> Vec<Option<f64>> {
    let measured: Vec<_> = protocols
        .par_iter()
        .map(|protocol| measure_protocol(&sample.study, segmentation, model, protocol).ok())
        .collect();
    let fixed = measured.first().and_then(|first| first.as_ref()?.fixed_roi_lvef_percent);
    measured.iter().map(|one| one.as_ref().map(|one| one.lvef_percent)).chain([fixed]).collect()
}
