//! One study as the paper measures it: a panel draws at ED and ES, its majority decides, Eq. 5 and 6 count.

use bloodpool_core::measure::background;
use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::measure::drop_off::DropOff;
use bloodpool_core::measure::ejection_fraction::ejection_fraction_percent;
use bloodpool_core::protocol::{Estimator, Grid};
use bloodpool_core::resample::Resampling;
use bloodpool_core::{FrameIndex, Mask, Protocol};
use bloodpool_dataset::{polygon_on_image, rasterise_polygon};
use bloodpool_phantom::{PaperCohort, Rater, SimulatedStudy};
use bloodpool_stats::overlap;

/// Side of the images that raters draw on.
const SIDE: usize = 256;

/// What is measured of one study.
pub(crate) struct Case {
    /// Size of the consensus ROI at ED, px.
    pub(crate) ed_px: f64,
    /// The same at ES.
    pub(crate) es_px: f64,
    /// Sum of interpolated pixel values in the ROI at ED.
    pub(crate) ed_value: f64,
    /// The same at ES.
    pub(crate) es_value: f64,
    /// EF by Eq. 6, percent.
    pub(crate) ef_percent: f64,
    /// The same with the true silhouettes for ROIs.
    pub(crate) true_roi_percent: f64,
    /// Mean pixel value of the ring.
    pub(crate) background: f64,
    /// Size of the ring, px.
    pub(crate) ring_px: f64,
    /// True LVEF, percent.
    pub(crate) true_percent: f64,
    /// Largest volume, ml.
    pub(crate) ed_ml: f64,
    /// Thousand counts a frame.
    pub(crate) kilocounts: f64,
    /// Mean Dice of each rater against the consensus of the others, at ED and ES.
    pub(crate) rater_dice: [f64; 2],
    /// Dice of the consensus against the true silhouette, at ED and ES.
    pub(crate) truth_dice: [f64; 2],
    /// Size of the true silhouette, px, at ED and ES.
    pub(crate) true_px: [f64; 2],
    /// Dice of the study's own coarse mask against the true silhouette at ES.
    pub(crate) mask_dice: f64,
}

/// Simulates the study of this index and measures it.
pub(crate) fn measure(cohort: &PaperCohort, raters: &[Rater], index: u64) -> Result<Case, String> {
    let failed = |why: String| format!("study {index}: {why}");
    let simulated = cohort.study(index).map_err(|error| error.to_string())?;
    let study = &simulated.labelled.study;
    let phases = [simulated.truth.end_diastole_frame - 1, simulated.truth.end_systole_frame - 1];
    let Estimator::Roi(choices) = Protocol::paper().estimator else {
        return Err(failed("the protocol has no ROI".into()));
    };
    let counts = GridCounts::new(study, Grid::Square256);
    let mut rois = vec![Mask::empty(SIDE, SIDE); study.frames()];
    let mut truths = rois.clone();
    let (mut rater_dice, mut truth_dice, mut true_px, mut mask_dice) = ([0.0; 2], [0.0; 2], [0.0; 2], 0.0);
    let dice = |a: &Mask, b: &Mask| overlap(a, b).map(|o| o.dice).map_err(|error| failed(error.to_string()));
    for (phase, &frame) in phases.iter().enumerate() {
        let drawn = raters.iter().map(|rater| drawn(&simulated, rater, frame)).collect::<Result<Vec<_>, _>>()?;
        let all: Vec<&Mask> = drawn.iter().collect();
        rois[frame] = consensus(&all);
        for (out, mask) in drawn.iter().enumerate() {
            let others: Vec<&Mask> = all.iter().enumerate().filter(|(k, _)| *k != out).map(|(_, mask)| *mask).collect();
            rater_dice[phase] += dice(mask, &consensus(&others))? / raters.len() as f64;
        }
        let truth = simulated.silhouette(frame, SIDE).ok_or_else(|| failed("no silhouette".into()))?;
        truth_dice[phase] = dice(&rois[frame], &truth)?;
        true_px[phase] = truth.area() as f64;
        let own = Resampling::new((study.rows(), study.columns()), (SIDE, SIDE)).mask(&simulated.labelled.masks[frame]);
        mask_dice = dice(&own, &truth)?;
        truths[frame] = truth;
    }
    let [ed, es] = phases;
    // Interpolated counts are divided so that sums are kept; the paper's pixel values are not.
    let interpolated = 1.0 / counts.scale();
    let measured = |rois: &[Mask]| {
        let sample = background::sample(&counts, rois, FrameIndex::new(es), &DropOff::of(study), &choices)
            .map_err(|error| failed(error.to_string()))?;
        let gross = |frame: usize| counts.gross(FrameIndex::new(frame), &rois[frame]);
        let net = |frame: usize| gross(frame) - sample.by_frame[frame] * rois[frame].area() as f64;
        let ef = ejection_fraction_percent(net(ed), net(es), gross(ed)).map_err(|error| failed(error.to_string()))?;
        Ok::<_, String>((sample, ef))
    };
    let (sample, ef_percent) = measured(&rois)?;
    let (_, true_roi_percent) = measured(&truths)?;
    let volumes = &simulated.truth.lv_volume_ml;
    Ok(Case {
        ed_px: rois[ed].area() as f64,
        es_px: rois[es].area() as f64,
        ed_value: counts.gross(FrameIndex::new(ed), &rois[ed]) * interpolated,
        es_value: counts.gross(FrameIndex::new(es), &rois[es]) * interpolated,
        ef_percent,
        true_roi_percent,
        background: sample.by_frame[es] * interpolated,
        ring_px: sample.region.area() as f64,
        true_percent: simulated.truth.lvef_percent,
        ed_ml: volumes.iter().copied().fold(0.0, f64::max),
        kilocounts: f64::from(study.counts().sum()) / study.frames() as f64 / 1000.0,
        rater_dice,
        truth_dice,
        true_px,
        mask_dice,
    })
}

/// A rater's polygon on the image, filled by LabelMe's rule.
fn drawn(simulated: &SimulatedStudy, rater: &Rater, frame: usize) -> Result<Mask, String> {
    let study = &simulated.labelled.study;
    let polygon = polygon_on_image(&rater.draw(simulated, frame), (study.rows(), study.columns()), (SIDE, SIDE));
    rasterise_polygon(&polygon, SIDE, SIDE).map_err(|error| error.to_string())
}

/// Pixels that more than half of the raters have inside (Eq. 1).
fn consensus(masks: &[&Mask]) -> Mask {
    Mask::from_fn(SIDE, SIDE, |row, column| {
        2 * masks.iter().filter(|mask| mask.contains(row, column)).count() > masks.len()
    })
}

/// Mean and sample standard deviation.
pub(crate) fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}
