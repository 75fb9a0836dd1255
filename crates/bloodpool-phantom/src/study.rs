//! `Simulation`: from a seed and an index to a gated study with its truth.

use std::ops::RangeInclusive;

use bloodpool::{GatedStudy, LabelledStudy, Mask, SampleError, SampleSource, StudyIdentity};
use ndarray::{Array3, Axis};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::camera::{Resampling, gaussian, poisson, wide_blur};
use crate::expected::TrueLvef;
use crate::faults::Fault;
use crate::geometry::Silhouette;
use crate::heart::{GRID, Projection, STEP_MM};
use crate::paper;
use crate::patient::Patient;
use crate::stream;
use crate::ventricle::lvef_of_volumes;

/// A source of simulated studies without end: the same seed and index give the same study, always.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// Seed of the whole source.
    pub seed: u64,
    /// True LVEF is drawn from this range, percent: uniformly, but for [`Slice::Paper`].
    pub lvef_percent: RangeInclusive<f64>,
    /// Matrix side; `None` draws 64 or 128.
    pub matrix: Option<usize>,
    /// The patients and acquisitions that it draws.
    pub slice: Slice,
}

/// A part of the population, for harder tests and for examples, or the other population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Slice {
    /// Everything.
    All,
    /// 60k to 100k counts a frame.
    LowCounts,
    /// Regional hypokinesis, akinesis, dyskinesis or aneurysm in every study.
    Akinesis,
    /// Normal wall motion on a good camera.
    Normal,
    /// Patients and acquisitions like those of Oh et al. 2022, Table 1; no part of the others.
    Paper,
}

/// What is true of a simulated study.
#[derive(Debug, Clone, Serialize)]
pub struct Truth {
    /// Seed of the source.
    pub seed: u64,
    /// Index of the study in it.
    pub index: u64,
    /// LVEF from the volumes, percent.
    pub lvef_percent: f64,
    /// Frame of the largest volume, from 1.
    pub end_diastole_frame: usize,
    /// Frame of the smallest volume, from 1.
    pub end_systole_frame: usize,
    /// LV volume by frame, ml.
    pub lv_volume_ml: Vec<f64>,
    /// Wall motion in words, for example `normal` or `apical akinesis`.
    pub wall_motion: String,
    /// LVEF by every definition, where the family knows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lvef: Option<TrueLvef>,
    /// Angle between the LV's axis and the direction of view, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub axis_to_view_degrees: Option<f64>,
    /// What was made wrong with the study, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// A study, its truth, and the counts that came from the LV.
#[derive(Debug, Clone)]
pub struct SimulatedStudy {
    /// Study, masks, LV fraction, volumes and LVEF.
    pub labelled: LabelledStudy,
    /// Expected (noise-free) counts from LV blood alone, `[frame, row, column]`.
    pub lv_counts: Array3<f32>,
    /// The rest of what is known.
    pub truth: Truth,
    pub(crate) silhouettes: Vec<Silhouette>,
    /// What raters take for the edge.
    pub(crate) visible: Vec<Silhouette>,
    pub(crate) side: usize,
    pub(crate) pixel_mm: f64,
}

impl Simulation {
    /// Everything the simulator can draw, LVEF 10 to 80 %.
    #[must_use]
    pub fn wide(seed: u64) -> Self {
        Self { seed, lvef_percent: 10.0..=80.0, matrix: None, slice: Slice::All }
    }

    /// Patients and acquisitions like those of Oh et al. 2022: 24 frames of 64 x 64 over a zoomed field. Consensus ROIs
    /// of 14 raters, measured by Eq. 5 and 6, have the sizes, pixel values and EF of Table 1 (`examples/cohort.rs`).
    #[must_use]
    pub fn paper(seed: u64) -> Self {
        Self { seed, lvef_percent: paper::LVEF_PERCENT, matrix: Some(paper::MATRIX), slice: Slice::Paper }
    }

    /// The study of this index.
    ///
    /// # Errors
    /// [`SampleError`] when what was drawn is not a gated study (a frame without a single count).
    pub fn study(&self, index: u64) -> Result<SimulatedStudy, SampleError> {
        let mut rng = ChaCha8Rng::seed_from_u64(stream(&[self.seed, index]));
        let patient = Patient::draw(&mut rng, &self.lvef_percent, self.matrix, self.slice);
        let camera = &patient.acquisition;
        let (side, pixel_mm) = (camera.side, camera.pixel_mm());
        let mut projection = patient.heart.project(camera.frames, camera.attenuation_per_mm, &camera.blur);
        let silhouettes = std::mem::take(&mut projection.silhouettes);
        let volumes = std::mem::take(&mut projection.volumes_ml);
        let (lv, total) = expected(&patient, projection, &silhouettes);

        let mut counts = Array3::zeros((camera.frames, side, side));
        for (value, &mean) in counts.iter_mut().zip(&total) {
            *value = poisson(&mut rng, mean);
        }
        let failed = |message: String| SampleError { index, message };
        let mut study = GatedStudy::new(counts, Some([pixel_mm, pixel_mm])).map_err(|e| failed(e.to_string()))?;
        study.gating = camera.gating.clone();
        study.identity = identity(self.seed, index, &patient.wall_motion);
        study.saturation = Some(f32::from(u16::MAX));

        let mut fraction = lv.clone();
        fraction.zip_mut_with(&total, |part, &whole| *part = if whole > 0.0 { (*part / whole).min(1.0) } else { 0.0 });
        let extreme = |better: fn(f64, f64) -> bool| {
            (1..volumes.len()).fold(0, |best, k| if better(volumes[k], volumes[best]) { k } else { best }) + 1
        };
        let truth = Truth {
            seed: self.seed,
            index,
            lvef_percent: lvef_of_volumes(&volumes),
            end_diastole_frame: extreme(|a, b| a > b),
            end_systole_frame: extreme(|a, b| a < b),
            lv_volume_ml: volumes.clone(),
            wall_motion: patient.wall_motion,
            lvef: None,
            axis_to_view_degrees: None,
            fault: None,
        };
        let labelled = LabelledStudy {
            study,
            masks: silhouettes.iter().map(|s| s.mask(side, pixel_mm)).collect(),
            annotated: None,
            lv_fraction: Some(fraction),
            lv_volume_ml: Some(volumes),
            lvef_percent: Some(truth.lvef_percent),
            scene: None,
        };
        let visible = silhouettes.clone();
        Ok(SimulatedStudy { labelled, lv_counts: lv, truth, silhouettes, visible, side, pixel_mm })
    }
}

impl SimulatedStudy {
    /// The LV as a perfect rater would draw it on one frame (from 0), in the study's matrix: where its blurred counts alone fall
    /// to half of their peak.
    #[must_use]
    pub fn visible_mask(&self, frame: usize) -> Option<Mask> {
        self.visible.get(frame).map(|outline| outline.mask(self.side, self.pixel_mm))
    }

    /// The LV's true silhouette on one frame (from 0) on a grid of `side` x `side` over the whole field of view: the
    /// pixels of which more than half lies inside. It knows no pixels of the study, whose masks are coarser. `None`
    /// where there is no such frame or grid.
    #[must_use]
    pub fn silhouette(&self, frame: usize, side: usize) -> Option<Mask> {
        let outline = self.silhouettes.get(frame).filter(|_| side > 0)?;
        Some(outline.mask(side, self.pixel_mm * self.side as f64 / side as f64))
    }
}

impl SampleSource for Simulation {
    fn len(&self) -> Option<u64> {
        None
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        Ok(self.study(index)?.labelled)
    }

    fn description(&self) -> String {
        format!(
            "bloodpool-phantom {}, simulated, seed {}, LVEF {} to {} %, {:?}",
            env!("CARGO_PKG_VERSION"),
            self.seed,
            self.lvef_percent.start(),
            self.lvef_percent.end(),
            self.slice
        )
    }
}

/// Expected counts `[frame, row, column]`: from LV blood alone, and in all.
fn expected(patient: &Patient, heart: Projection, silhouettes: &[Silhouette]) -> (Array3<f32>, Array3<f32>) {
    let camera = &patient.acquisition;
    let (side, pixel_mm, frames) = (camera.side, camera.pixel_mm(), camera.frames);
    let resampling = Resampling::new(GRID, STEP_MM, patient.heart.centre(), side, pixel_mm);
    let lv: Vec<Vec<f32>> = heart.lv.iter().map(|grid| resampling.apply(grid)).collect();
    let rest: Vec<Vec<f32>> = heart.rest.iter().map(|grid| resampling.apply(grid)).collect();
    let peak = lv[0].iter().copied().fold(0.0, f32::max);
    let (still, transmission) = still(patient, peak, silhouettes);

    let mut lv_out = Array3::zeros((frames, side, side));
    let mut total_out = Array3::zeros((frames, side, side));
    let radius = 0.5 * camera.field_mm;
    for frame in 0..frames {
        let mix = jitter_weights(frame, frames, camera.rr_jitter);
        let blend = |source: &[Vec<f32>], at: usize| mix.iter().map(|&(f, w)| w * source[f][at]).sum::<f32>();
        let primary_lv: Vec<f32> = (0..side * side).map(|at| transmission[at] * blend(&lv, at)).collect();
        let mut total: Vec<f32> =
            (0..side * side).map(|at| primary_lv[at] + transmission[at] * (blend(&rest, at) + still[at])).collect();
        let scatter = wide_blur(&total, side, camera.scatter_mm / pixel_mm);
        total.iter_mut().zip(&scatter).for_each(|(t, s)| *t += camera.scatter_fraction as f32 * s);
        for at in 0..side * side {
            let (row, column) = (at / side, at % side);
            let from = |k: usize| (k as f64 - (side as f64 - 1.0) / 2.0) * pixel_mm;
            let seen = !camera.circular || from(row).hypot(from(column)) < radius;
            lv_out[[frame, row, column]] = if seen { primary_lv[at] } else { 0.0 };
            total_out[[frame, row, column]] = if seen { total[at] } else { 0.0 };
        }
    }
    let mean = total_out.sum() / frames as f32;
    let scale = camera.counts_per_frame as f32 / mean.max(f32::MIN_POSITIVE);
    for frame in 0..frames {
        let kept = camera.drop_off.get(frames - 1 - frame).copied().unwrap_or(1.0) as f32;
        lv_out.index_axis_mut(Axis(0), frame).mapv_inplace(|v| v * scale * kept);
        total_out.index_axis_mut(Axis(0), frame).mapv_inplace(|v| v * scale * kept);
    }
    (lv_out, total_out)
}

/// The still part of the image and what passes the body wall, by pixel.
fn still(patient: &Patient, peak: f32, silhouettes: &[Silhouette]) -> (Vec<f32>, Vec<f32>) {
    let camera = &patient.acquisition;
    let (side, pixel_mm) = (camera.side, camera.pixel_mm());
    let outline = &silhouettes[0];
    let mut still = vec![0.0; side * side];
    let mut transmission = vec![0.0; side * side];
    for at in 0..side * side {
        let from = |k: usize| (k as f64 - (side as f64 - 1.0) / 2.0) * pixel_mm;
        let (x, y) = (from(at % side), from(at / side));
        let (dx, dy) = (x - outline.centre[0], y - outline.centre[1]);
        let beyond = dx.hypot(dy) - outline.radius(dy.atan2(dx)) - 10.0;
        let displaced = (0.5 - beyond / 16.0).clamp(0.0, 1.0);
        still[at] = peak * patient.torso.background(x, y, displaced) as f32;
        transmission[at] = patient.torso.transmission(x, y) as f32;
    }
    (gaussian(&still, side, camera.blur.sigma_mm(110.0) / pixel_mm), transmission)
}

/// Frames that a varying R-R interval mixes into `frame`: the later in the cycle, the more.
fn jitter_weights(frame: usize, frames: usize, jitter: f64) -> Vec<(usize, f32)> {
    let sd = jitter * (frame as f64 + 0.5);
    if sd < 0.05 {
        return vec![(frame, 1.0)];
    }
    let reach = (2.5 * sd).ceil() as i64;
    let weight = |k: i64| (-0.5 * (k as f64 / sd).powi(2)).exp();
    let total: f64 = (-reach..=reach).map(weight).sum();
    (-reach..=reach)
        .map(|k| ((frame as i64 + k).rem_euclid(frames as i64) as usize, (weight(k) / total) as f32))
        .collect()
}

pub(crate) fn identity(seed: u64, index: u64, wall_motion: &str) -> StudyIdentity {
    let number = index + 1;
    StudyIdentity {
        patient_name: Some(format!("Simulated^{seed}-{number:05}")),
        patient_id: Some(format!("SIM-{seed}-{number:05}")),
        study_description: Some("Simulated gated blood pool".into()),
        series_description: Some(format!("SIMULATED LAO, {wall_motion}")),
        view: Some("Left anterior oblique".into()),
        camera: Some("bloodpool simulator".into()),
        institution: Some("Simulated".into()),
        simulated: true,
        ..StudyIdentity::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel;

    #[test]
    fn the_same_seed_and_index_give_the_same_study() {
        let source = Simulation::wide(3);
        let (a, b, other) = (source.study(7).unwrap(), source.study(7).unwrap(), source.study(8).unwrap());
        assert_eq!(a.labelled.study, b.labelled.study);
        assert_ne!(a.truth.lv_volume_ml, other.truth.lv_volume_ml);
    }

    /// FNV-1a over the counts, which are whole numbers and so the same whatever the last digit of an expectation.
    fn hash(study: &SimulatedStudy) -> u64 {
        study.labelled.study.counts().iter().fold(0xcbf2_9ce4_8422_2325, |hash, &count| {
            (count as u32)
                .to_le_bytes()
                .iter()
                .fold(hash, |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        })
    }

    #[test]
    fn wide_studies_are_those_that_models_were_trained_and_judged_on() {
        // Printed by this test before there was a second population.
        let study = Simulation::wide(3).study(7).unwrap();
        assert_eq!(hash(&study), 0x68f8_53a7_1301_776d);
        let [ed, es] = [study.truth.end_diastole_frame, study.truth.end_systole_frame];
        assert_eq!((ed, es, study.side), (1, 5, 64));
        let found = [study.truth.lvef_percent, study.truth.lv_volume_ml[0], study.pixel_mm];
        for (found, before) in
            found.into_iter().zip([53.548_141_810_409_35, 113.841_067_497_770_75, 7.066_161_880_989_837])
        {
            assert!((found / before - 1.0).abs() < 1e-12, "{found} where {before} was");
        }
        let parts = [
            (Slice::LowCounts, 0x427b_de45_1f88_e1e4),
            (Slice::Akinesis, 0xcdc1_d285_0465_756f),
            (Slice::Normal, 0xcb9a_8df8_77d4_685b),
        ];
        for (slice, before) in parts {
            let study = Simulation { slice, ..Simulation::wide(3) }.study(7).unwrap();
            assert_eq!(hash(&study), before, "{slice:?}");
        }
    }

    #[test]
    fn lv_counts_follow_the_volumes() {
        // A base that descends towards the camera makes the ES ventricle brighter, so that counts read a point or two
        // below the volumes; R-R jitter adds to the scatter.
        let mut errors = Vec::new();
        for index in 0..60 {
            let study = Simulation::wide(11).study(index).unwrap();
            let curve: Vec<f64> = study.lv_counts.axis_iter(Axis(0)).map(|f| f64::from(f.sum())).collect();
            let (ed, es) = (curve[0].max(curve[1]), curve[study.truth.end_systole_frame - 1]);
            errors.push(100.0 * (1.0 - es / ed) - study.truth.lvef_percent);
        }
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        let sd = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / errors.len() as f64).sqrt();
        assert!(mean.abs() < 2.0 && sd < 2.5, "LV counts' own EF: bias {mean}, SD {sd}");
    }

    #[test]
    fn every_study_is_within_its_ranges_and_its_truth_fits() {
        for index in 0..30 {
            let source = Simulation { lvef_percent: 30.0..=40.0, ..Simulation::wide(5) };
            let study = source.study(index).unwrap();
            assert!((29.5..=40.5).contains(&study.truth.lvef_percent), "{}", study.truth.lvef_percent);
            let fraction = study.labelled.lv_fraction.as_ref().unwrap();
            assert!(fraction.iter().all(|f| (0.0..=1.0).contains(f)));
            assert!(study.labelled.masks.iter().all(|m| m.area() > 3), "study {index} has an LV of a pixel or two");
            let frame = study.labelled.study.counts().sum() / study.labelled.study.frames() as f32;
            assert!((50e3..520e3).contains(&frame), "{frame} counts a frame");
        }
    }

    #[test]
    fn raters_agree_as_people_do() {
        let study = Simulation::wide(9).study(2).unwrap();
        let raters = panel(1, 14);
        assert_eq!(raters.iter().filter(|r| r.group == "students").count(), 7);
        for rater in &raters {
            let frame = study.truth.end_diastole_frame - 1;
            let drawn = rater.draw(&study, frame);
            assert_eq!(drawn, rater.draw(&study, frame), "the same rater draws the same twice");
            let area = shoelace(&drawn.0);
            let truth = study.labelled.masks[frame].area() as f64;
            assert!((0.6..1.6).contains(&(area / truth)), "rater {}: {area} against {truth}", rater.number);
        }
    }

    fn shoelace(points: &[[f64; 2]]) -> f64 {
        let next = |k: usize| points[(k + 1) % points.len()];
        (0..points.len()).map(|k| points[k][0] * next(k)[1] - next(k)[0] * points[k][1]).sum::<f64>().abs() / 2.0
    }
}
