//! `Expected`: noise-free counts of one study with everything that is true of it, and how it becomes a study.

use bloodpool_core::{GatedStudy, Gating, LabelledStudy, Landmarks, Mask, RightVentricle, SampleError, Scene, Shown};
use ndarray::{Array3, Axis};
use rand::Rng;

use crate::camera::poisson;
use crate::geometry::Silhouette;
use crate::study::{SimulatedStudy, TrueLvef, Truth, Volumes, identity};

/// Noise-free counts of one study with everything that is true of it.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    /// Counts from LV blood, `[frame, row, column]`, at [`Expected::counts_per_frame`].
    pub(crate) lv: Array3<f32>,
    /// Counts from RV blood, likewise.
    pub(crate) rv: Array3<f32>,
    /// All counts, likewise.
    pub(crate) total: Array3<f32>,
    /// The LV cavity up to the valve plane as projected, by frame, mm from the middle of the field.
    pub(crate) silhouettes: Vec<Silhouette>,
    /// The LV's visible edge by frame, where its blurred counts alone fall to [`VISIBLE_EDGE`](crate::geometry::VISIBLE_EDGE) of their peak; what raters draw.
    pub(crate) visible: Vec<Silhouette>,
    /// The RV as projected, by frame.
    pub(crate) rv_masks: Vec<Mask>,
    /// Landmarks by frame.
    pub(crate) landmarks: Vec<Landmarks>,
    /// LV blood volume by frame (averaged over it), ml; empty without a heart.
    pub(crate) volumes_ml: Vec<f64>,
    /// LVEF; `None` without a heart.
    pub(crate) lvef: Option<TrueLvef>,
    /// Volumes of the ventricles over the cycle; `None` without a heart.
    pub(crate) volumes: Option<Volumes>,
    /// What the picture shows.
    pub(crate) shown: Shown,
    /// Angle between the LV's axis and the direction of view, degrees.
    pub(crate) axis_to_view_degrees: Option<f64>,
    /// Pixels along a side.
    pub(crate) side: usize,
    /// Side of a pixel, mm.
    pub(crate) pixel_mm: f64,
    /// What the file records of the gating.
    pub(crate) gating: Gating,
    /// Wall motion, or what the picture shows, in words.
    pub(crate) words: String,
}

impl Expected {
    /// Reduces the last frames to these fractions of their counts, last frame first.
    pub(crate) fn lose_counts(&mut self, kept: &[f64]) {
        let frames = self.total.dim().0;
        for (back, &kept) in kept.iter().enumerate().take(frames) {
            for part in [&mut self.lv, &mut self.rv, &mut self.total] {
                part.index_axis_mut(Axis(0), frames - 1 - back).mapv_inplace(|value| value * kept as f32);
            }
        }
    }

    /// The study that a camera records of it, `exposure` times as bright.
    ///
    /// # Errors
    /// [`SampleError`] when this is not a gated study (a frame without a single count).
    pub(crate) fn into_study(
        self,
        rng: &mut impl Rng,
        (seed, index): (u64, u64),
        exposure: f32,
    ) -> Result<SimulatedStudy, SampleError> {
        let Self { lv, rv, total, silhouettes, visible, rv_masks, landmarks, volumes_ml, .. } = self;
        let mut counts = Array3::zeros(total.dim());
        for (value, &mean) in counts.iter_mut().zip(&total) {
            *value = poisson(rng, mean * exposure);
        }
        let failed = |message: String| SampleError { index, message };
        let spacing = Some([self.pixel_mm, self.pixel_mm]);
        let mut study = GatedStudy::new(counts, spacing).map_err(|e| failed(e.to_string()))?;
        study.gating = self.gating;
        study.identity = identity(seed, index, &self.words);
        study.identity.view = self.shown.view.map(|view| view.in_words().to_owned());
        study.saturation = Some(f32::from(u16::MAX));

        let fraction = |mut part: Array3<f32>| {
            part.zip_mut_with(&total, |part, &all| *part = if all > 0.0 { (*part / all).min(1.0) } else { 0.0 });
            part
        };
        let heart = self.lvef.is_some();
        let scene = Scene {
            shown: self.shown,
            rv: heart.then(|| RightVentricle { masks: rv_masks, fraction: fraction(rv) }),
            landmarks: heart.then_some(landmarks),
            lvef_counts_percent: self.lvef.map(|lvef| lvef.counts),
            lvef_images_percent: self.lvef.map(|lvef| lvef.images),
        };
        let extreme = |better: fn(f64, f64) -> bool| {
            let volumes = &volumes_ml;
            (1..volumes.len()).fold(0, |best, k| if better(volumes[k], volumes[best]) { k } else { best }) + 1
        };
        let truth = Truth {
            seed,
            index,
            lvef_percent: self.lvef.map_or(0.0, |lvef| lvef.curve),
            end_diastole_frame: extreme(|a, b| a > b),
            end_systole_frame: extreme(|a, b| a < b),
            lv_volume_ml: volumes_ml.clone(),
            wall_motion: self.words,
            lvef: self.lvef,
            axis_to_view_degrees: self.axis_to_view_degrees,
            fault: None,
        };
        let (side, pixel_mm) = (self.side, self.pixel_mm);
        let labelled = LabelledStudy {
            study,
            masks: if heart {
                silhouettes.iter().map(|s| s.mask(side, pixel_mm)).collect()
            } else {
                vec![Mask::empty(side, side); total.dim().0]
            },
            annotated: None,
            lv_fraction: Some(fraction(lv.clone())),
            lv_volume_ml: heart.then_some(volumes_ml),
            lvef_percent: self.lvef.map(|lvef| lvef.curve),
            scene: Some(scene),
            reference: None,
        };
        let lv_counts = lv.mapv(|counts| counts * exposure);
        let volumes = self.volumes;
        Ok(SimulatedStudy { labelled, lv_counts, truth, volumes, silhouettes, visible, side, pixel_mm })
    }
}
