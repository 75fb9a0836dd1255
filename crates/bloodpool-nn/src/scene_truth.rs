//! `SceneTruth`: the truth of a training view beyond its left ventricle.

use bloodpool_core::{FrameIndex, LabelledStudy, Orientation, RightVentricle, View};
use ndarray::Axis;

use crate::network::scene::LANDMARKS;
use crate::placement::{Placement, turned_further};
use crate::window::Resampler;

/// The truth of a view beyond the LV. What is not known is not trained on.
#[derive(Debug, Clone, Default)]
pub struct SceneTruth {
    /// The right ventricle; `None` where it is not known.
    pub rv: Option<RvTruth>,
    /// Grid coordinates `[u, v]` of apex, septal and lateral end of the valve plane, frame by frame; pixel centres lie at
    /// halves. `None` outside the grid or where it is not known.
    pub landmarks: Vec<[Option<[f32; 2]>; LANDMARKS]>,
    /// Whether the image shows a heart.
    pub heart: Option<bool>,
    /// Index of its view in [`View::ALL`].
    pub view: Option<usize>,
    /// Index of its orientation in [`Orientation::all`].
    pub orientation: Option<usize>,
    /// Whether frames follow one cardiac cycle from the R wave on.
    pub gating_sound: Option<bool>,
}

/// The right ventricle of a view, `[frame, row, column]`.
#[derive(Debug, Clone)]
pub struct RvTruth {
    /// How much of each pixel is RV.
    pub mask: Vec<f32>,
    /// Counts that come from RV blood; once divided by all counts, their fraction.
    pub fraction: Vec<f32>,
}

impl SceneTruth {
    /// The truth of a view of a study at a placement. The RV's part is in counts, so that what changes the view's counts
    /// changes these too, before they become a fraction.
    #[must_use]
    pub(crate) fn new(
        sample: &LabelledStudy,
        placement: &Placement,
        resampler: &Resampler,
        selected: &[usize],
        outlines: bool,
    ) -> Option<Self> {
        let scene = sample.scene.as_ref()?;
        let (shown, pixels) = (scene.shown, selected.len() * placement.window.grid.pow(2));
        let rv = match &scene.rv {
            Some(rv) if outlines => resampled_rv(sample, rv, resampler, selected),
            _ if !shown.heart => Some(RvTruth { mask: vec![0.0; pixels], fraction: vec![0.0; pixels] }),
            _ => None,
        };
        let landmarks = match &scene.landmarks {
            Some(landmarks) if outlines => selected
                .iter()
                .map(|&frame| {
                    landmarks.get(frame).map_or([None; LANDMARKS], |of_frame| {
                        let [septal, lateral] = of_frame.valve_plane;
                        [of_frame.apex, septal, lateral].map(|[x, y]| placement.to_grid(x + 0.5, y + 0.5))
                    })
                })
                .collect(),
            _ => vec![[None; LANDMARKS]; selected.len()],
        };
        // View, orientation and heart are recognised in the whole field; gating in any window.
        let whole = !placement.close;
        let view = shown.view.filter(|_| whole).and_then(|view| View::ALL.iter().position(|one| *one == view));
        let orientation = shown.orientation.filter(|_| whole).map(|before| turned_further(before, placement.turn));
        Some(Self {
            rv,
            landmarks,
            heart: whole.then_some(shown.heart),
            view,
            orientation: orientation.map(Orientation::index),
            gating_sound: shown.gating_sound,
        })
    }
}

/// The RV in a view's grid; `None` where the truth does not fit the study.
fn resampled_rv(
    sample: &LabelledStudy,
    rv: &RightVentricle,
    resampler: &Resampler,
    selected: &[usize],
) -> Option<RvTruth> {
    let study = &sample.study;
    if rv.masks.len() != study.frames() || rv.fraction.dim() != study.counts().dim() {
        return None;
    }
    let pixels = study.rows() * study.columns();
    let (mut mask, mut counts) = (Vec::new(), Vec::new());
    for &frame in selected {
        let inside: Vec<f32> = rv.masks[frame].pixels().iter().map(|&inside| f32::from(u8::from(inside))).collect();
        mask.extend(resampler.apply_all(&inside, pixels));
        let fraction = rv.fraction.index_axis(Axis(0), frame);
        let product: Vec<f32> =
            fraction.iter().zip(study.frame(FrameIndex::new(frame))).map(|(part, counts)| part * counts).collect();
        counts.extend(resampler.apply_all(&product, pixels));
    }
    Some(RvTruth { mask, fraction: counts })
}
