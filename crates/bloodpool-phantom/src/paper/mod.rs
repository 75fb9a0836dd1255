//! `PaperCohort`: simulated patients and acquisitions like those of Oh et al. 2022, with the truth known.

mod acquisition;
mod heart;
mod images;
mod patient;
mod table_1;
mod torso;
mod ventricle;

use bloodpool_core::{GatedStudy, LabelledStudy, SampleError, SampleSource, StudyKey};
use ndarray::Array3;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use self::images::expected;
use self::patient::Patient;
use self::ventricle::lvef_of_volumes;
use crate::camera::poisson;
use crate::random::stream;
use crate::study::{SimulatedStudy, Truth, identity};

/// Patients and acquisitions like those of Oh et al. 2022, in unlimited number: the same seed and index always give the
/// same study.
///
/// 24 frames of 64 x 64 over a zoomed field. Consensus ROIs of 14 raters, measured by Eq. 5 and 6, have the sizes,
/// pixel values and EF of Table 1 (`examples/cohort`). Hearts are of analytic shape.
#[derive(Debug, Clone, Copy)]
pub struct PaperCohort {
    /// Seed of the whole cohort.
    pub seed: u64,
}

impl PaperCohort {
    /// The study of this index.
    ///
    /// # Errors
    /// [`SampleError`] when what was drawn is not a gated study (a frame without a single count).
    pub fn study(&self, index: u64) -> Result<SimulatedStudy, SampleError> {
        let mut rng = ChaCha8Rng::seed_from_u64(stream(&[self.seed, index]));
        let patient = Patient::draw(&mut rng);
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
            reference: None,
        };
        let visible = silhouettes.clone();
        Ok(SimulatedStudy { labelled, lv_counts: lv, truth, volumes: None, silhouettes, visible, side, pixel_mm })
    }
}

impl SampleSource for PaperCohort {
    fn len(&self) -> Option<u64> {
        None
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        Ok(self.study(index)?.labelled)
    }

    fn keys(&self) -> Option<Vec<StudyKey>> {
        Some(Vec::new())
    }

    fn description(&self) -> String {
        format!(
            "bloodpool-phantom {}, simulated, cohort of Oh et al. 2022, seed {}",
            env!("CARGO_PKG_VERSION"),
            self.seed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel;

    #[test]
    fn the_same_seed_and_index_give_the_same_study() {
        let source = PaperCohort { seed: 3 };
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
    fn studies_are_those_of_the_published_reproduction() {
        // Counts of `simulate --cohort paper --studies 8 --seed 3` of commit 5f428c8, hashed with pydicom and Python.
        let study = PaperCohort { seed: 3 }.study(7).unwrap();
        assert_eq!(hash(&study), 0xaec9_a9f6_55f7_c35b);
        assert_eq!([study.truth.end_diastole_frame, study.truth.end_systole_frame], [3, 10]);
        assert!(
            (study.truth.lvef_percent / 59.785_176_047_494_645 - 1.0).abs() < 1e-12,
            "{}",
            study.truth.lvef_percent
        );
    }

    #[test]
    fn every_study_is_within_its_ranges_and_its_truth_fits() {
        for index in 0..30 {
            let study = PaperCohort { seed: 5 }.study(index).unwrap();
            assert!((29.5..=78.5).contains(&study.truth.lvef_percent), "{}", study.truth.lvef_percent);
            let fraction = study.labelled.lv_fraction.as_ref().unwrap();
            assert!(fraction.iter().all(|f| (0.0..=1.0).contains(f)));
            assert!(study.labelled.masks.iter().all(|m| m.area() > 3), "study {index} has an LV of a pixel or two");
            let frame = study.labelled.study.counts().sum() / study.labelled.study.frames() as f32;
            assert!((50e3..520e3).contains(&frame), "{frame} counts a frame");
        }
    }

    #[test]
    fn raters_agree_as_people_do() {
        let study = PaperCohort { seed: 9 }.study(2).unwrap();
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
