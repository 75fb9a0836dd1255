//! Beating ellipses with a right ventricle beside them, some turned or mirrored, some pictures without a heart.

use bloodpool_core::{
    GatedStudy, LabelledStudy, Landmarks, Mask, Orientation, RightVentricle, SampleError, SampleSource, Scene, Shown,
    View,
};
use ndarray::Array3;

use crate::ellipses::Ellipses;

/// Every `without_heart`-th picture shows the bright neighbour alone; none does where it is 0.
pub(crate) struct ScenesOfEllipses {
    pub(crate) side: usize,
    pub(crate) without_heart: u64,
    /// Whether studies themselves are turned, as in validation; training turns its views.
    pub(crate) turned: bool,
}

impl SampleSource for ScenesOfEllipses {
    fn len(&self) -> Option<u64> {
        None
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        let plain = Ellipses { side: self.side, studies: None }.sample(index)?;
        let heart = self.without_heart == 0 || !index.is_multiple_of(self.without_heart);
        let sample = if heart { with_right_ventricle(plain, index) } else { without_heart(plain, index) };
        let orientation = Orientation::all().nth((index % 8) as usize).filter(|_| self.turned && heart);
        match orientation {
            None => sample,
            Some(orientation) => sample.and_then(|sample| turned(sample, orientation, index)),
        }
    }

    fn description(&self) -> String {
        format!("scenes of ellipses in {} pixels", self.side)
    }
}

fn failed(index: u64) -> impl Fn(bloodpool_core::study::StudyError) -> SampleError {
    move |error| SampleError { index, message: error.to_string() }
}

/// A second ellipse upper left of the first, which beats with it.
fn with_right_ventricle(sample: LabelledStudy, index: u64) -> Result<LabelledStudy, SampleError> {
    let side = sample.study.rows();
    let away = side / 5;
    let masks: Vec<Mask> = (sample.masks.iter())
        .map(|lv| {
            Mask::from_fn(side, side, |row, column| {
                lv.contains(row + away / 2, column + away) && !lv.contains(row, column)
            })
        })
        .collect();
    let mut counts = sample.study.counts().clone();
    let mut fraction = Array3::zeros(counts.dim());
    for (frame, mask) in masks.iter().enumerate() {
        for (row, column) in mask.inside() {
            counts[[frame, row, column]] += 50.0;
            fraction[[frame, row, column]] = 50.0 / counts[[frame, row, column]];
        }
    }
    let landmarks = (sample.masks.iter())
        .map(|lv| {
            let (row, column) = lv.centroid().unwrap_or_default();
            let reach = (lv.area() as f64 / std::f64::consts::PI).sqrt();
            let upper = row - 0.8 * reach;
            Landmarks { apex: [column, row + reach], valve_plane: [[column - reach, upper], [column + reach, upper]] }
        })
        .collect();
    let shown = Shown {
        heart: true,
        view: Some(View::LeftAnteriorOblique),
        orientation: Some(Orientation::default()),
        gating_sound: Some(true),
    };
    let scene = Scene {
        shown,
        rv: Some(RightVentricle { masks, fraction }),
        landmarks: Some(landmarks),
        lvef_counts_percent: sample.lvef_percent,
        lvef_images_percent: sample.lvef_percent,
    };
    let study = GatedStudy::new(counts, None).map_err(failed(index))?;
    Ok(LabelledStudy { study, scene: Some(scene), ..sample })
}

/// What does not beat, alone.
fn without_heart(sample: LabelledStudy, index: u64) -> Result<LabelledStudy, SampleError> {
    let mut counts = sample.study.counts().clone();
    counts.mapv_inplace(|value| if value == 80.0 { 20.0 } else { value });
    let (rows, columns) = (sample.study.rows(), sample.study.columns());
    let masks = vec![Mask::empty(rows, columns); sample.study.frames()];
    let shown = Shown { heart: false, view: None, orientation: None, gating_sound: None };
    let scene = Scene { shown, rv: None, landmarks: None, lvef_counts_percent: None, lvef_images_percent: None };
    Ok(LabelledStudy {
        study: GatedStudy::new(counts, None).map_err(failed(index))?,
        masks,
        annotated: None,
        lv_fraction: None,
        lv_volume_ml: None,
        lvef_percent: None,
        scene: Some(scene),
        reference: None,
    })
}

/// The counts of a study turned, with its label; nothing else, since a turned study is scored on nothing else.
fn turned(sample: LabelledStudy, orientation: Orientation, index: u64) -> Result<LabelledStudy, SampleError> {
    let (counts, side) = (sample.study.counts(), sample.study.rows());
    let mut moved = counts.clone();
    for ((frame, row, column), value) in counts.indexed_iter() {
        let (row, column) = orientation.applied(side, row, column);
        moved[[frame, row, column]] = *value;
    }
    let study = GatedStudy::new(moved, None).map_err(failed(index))?;
    let scene = sample.scene.map(|scene| {
        let shown = Shown { orientation: Some(orientation), ..scene.shown };
        if orientation.is_usual() {
            Scene { shown, ..scene }
        } else {
            Scene { shown, rv: None, landmarks: None, ..scene }
        }
    });
    Ok(LabelledStudy { study, scene, ..sample })
}
