//! `SceneTally`: scores of a segmenter beyond the left ventricle, summed over studies.

use bloodpool_config::SceneScores;
use bloodpool_core::{LabelledStudy, Orientation, Segmentation, View};
use bloodpool_stats::overlap;

/// Scores of the studies so far.
#[derive(Debug, Default)]
pub(crate) struct SceneTally {
    rv_dice: Mean,
    landmark_distance: Mean,
    heart: Mean,
    view: Mean,
    orientation: Mean,
    gating: Mean,
}

/// A running mean.
#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn add_percent(&mut self, right: bool) {
        self.add(if right { 100.0 } else { 0.0 });
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl SceneTally {
    /// Adds the recognition of a study.
    pub(crate) fn add_recognition(&mut self, study: &LabelledStudy, found: &Segmentation) {
        let (Some(scene), Some(found)) = (&study.scene, &found.recognition) else { return };
        self.heart.add_percent((found.heart > 0.5) == scene.shown.heart);
        if let Some(view) = scene.shown.view {
            self.view.add_percent(View::ALL.get(most_probable(&found.view)) == Some(&view));
        }
        if let Some(orientation) = scene.shown.orientation.map(Orientation::index) {
            self.orientation.add_percent(most_probable(&found.orientation) == orientation);
        }
        if let Some(sound) = scene.shown.gating_sound {
            self.gating.add_percent((found.gating_sound > 0.5) == sound);
        }
    }

    /// Adds right ventricle and landmarks of a heart in the usual view and orientation.
    pub(crate) fn add_anatomy(&mut self, study: &LabelledStudy, found: &Segmentation, frames: [usize; 2]) {
        let Some(scene) = &study.scene else { return };
        let [row_mm, column_mm] = study.study.pixel_spacing_mm().unwrap_or([1.0; 2]);
        for frame in frames {
            if let (Some(truth), Some(found)) = (&scene.rv, &found.rv)
                && let (Some(truth), Some(found)) = (truth.masks.get(frame), found.masks.get(frame))
            {
                self.rv_dice.add(overlap(found, truth).map_or(0.0, |overlap| overlap.dice));
            }
            if let (Some(truth), Some(found)) = (&scene.landmarks, &found.landmarks)
                && let (Some(truth), Some(found)) = (truth.get(frame), found.get(frame))
            {
                let of = |landmarks: &bloodpool_core::Landmarks| {
                    let [septal, lateral] = landmarks.valve_plane;
                    [landmarks.apex, septal, lateral]
                };
                for (truth, found) in of(truth).into_iter().zip(of(found)) {
                    let across = (truth[0] - found[0]) * column_mm;
                    self.landmark_distance.add(across.hypot((truth[1] - found[1]) * row_mm));
                }
            }
        }
    }

    /// The scores; `None` where nothing was added.
    pub(crate) fn scores(&self) -> Option<SceneScores> {
        let scores = SceneScores {
            rv_dice: self.rv_dice.value(),
            landmark_distance: self.landmark_distance.value(),
            heart_percent: self.heart.value(),
            view_percent: self.view.value(),
            orientation_percent: self.orientation.value(),
            gating_percent: self.gating.value(),
        };
        (scores != SceneScores::default()).then_some(scores)
    }
}

/// Index of the largest probability.
fn most_probable(probabilities: &[f64]) -> usize {
    (0..probabilities.len()).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::{GatedStudy, Landmarks, Mask, Recognition, Scene, Shown};
    use ndarray::Array3;

    #[test]
    fn what_is_known_and_predicted_is_scored() {
        let shown = Shown {
            heart: true,
            view: Some(View::Anterior),
            orientation: Some(Orientation { mirrored: true, quarter_turns: 0 }),
            gating_sound: None,
        };
        let at = |x: f64| Landmarks { apex: [x, 0.0], valve_plane: [[0.0, 0.0], [0.0, 0.0]] };
        let scene = Scene {
            shown,
            rv: None,
            landmarks: Some(vec![at(0.0); 8]),
            lvef_counts_percent: None,
            lvef_images_percent: None,
        };
        let study = LabelledStudy {
            study: GatedStudy::new(Array3::from_elem((8, 32, 32), 1.0), Some([4.0, 2.0])).unwrap(),
            masks: vec![Mask::empty(32, 32); 8],
            annotated: None,
            lv_fraction: None,
            lv_volume_ml: None,
            lvef_percent: None,
            scene: Some(scene),
            reference: None,
        };
        let mut recognition =
            Recognition { heart: 0.2, view: [0.0, 1.0, 0.0, 0.0, 0.0], orientation: [0.0; 8], gating_sound: 1.0 };
        recognition.orientation[3] = 1.0;
        let found = Segmentation {
            recognition: Some(recognition),
            landmarks: Some(vec![at(3.0); 8]),
            ..Segmentation::default()
        };
        let mut tally = SceneTally::default();
        assert_eq!(tally.scores(), None);
        tally.add_recognition(&study, &found);
        tally.add_anatomy(&study, &found, [0, 4]);
        let scores = tally.scores().unwrap();
        assert_eq!((scores.heart_percent, scores.view_percent), (Some(0.0), Some(100.0)));
        assert_eq!((scores.orientation_percent, scores.gating_percent, scores.rv_dice), (Some(0.0), None, None));
        assert!((scores.landmark_distance.unwrap() - 2.0).abs() < 1e-9); // 6 mm, 0 and 0
    }
}
