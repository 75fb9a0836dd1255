//! `NetworkSegmenter`: one pass over the whole field finds the LV roughly, a second one around the LV gives the masks.

use std::path::Path;

use bloodpool_core::{
    Certainty, FrameIndex, GatedStudy, Mask, ModelIdentity, RightVentricle, Segmentation, SegmentationError, Segmenter,
};
use burn::tensor::Device;
use ndarray::Array3;
use rayon::prelude::*;

use crate::Passes;
use crate::engine::{Engine, OwnEngine};
use crate::input::{self, CountsInWindow, Layout};
use crate::model_error::{InvalidModel, ModelError};
use crate::model_file::{MODEL_JSON, ModelDescription, WEIGHTS};
use crate::network::Network;
use crate::weights;
use crate::window::{Resampler, Window};
use crate::window_pass::{WindowPass, mask_of};

/// The first pass takes every third frame, which is enough to find the LV.
const COARSE_STRIDE: usize = 3;
/// Pixels that go through the network at once, 32 frames of 64 x 64 or 2 of 256 x 256: bounds the memory.
const PIXELS_AT_ONCE: usize = 32 * 64 * 64;

/// From so many frames on they are shared out to all cores. With fewer, the recognition is computed from all of them at once.
const FRAMES_TO_SHARE_OUT: usize = 12;

/// Finds the LV with a trained network.
#[derive(Debug)]
pub struct NetworkSegmenter {
    engine: Box<dyn Engine>,
    layout: Layout,
    passes: Passes,
    identity: ModelIdentity,
}

impl NetworkSegmenter {
    /// A segmenter around a network on a device that does not record gradients.
    #[must_use]
    pub fn new(network: Network, layout: Layout, passes: Passes, device: Device, identity: ModelIdentity) -> Self {
        let engine = OwnEngine { network: network.prepared(), layout, device };
        Self::with_engine(Box::new(engine), layout, passes, identity)
    }

    /// A segmenter around a network that `engine` computes; `layout` is the input that it is given.
    #[must_use]
    pub fn with_engine(engine: Box<dyn Engine>, layout: Layout, passes: Passes, identity: ModelIdentity) -> Self {
        Self { engine, layout, passes, identity }
    }

    /// A segmenter from a finished run folder, or any folder with its two model files.
    ///
    /// # Errors
    /// [`ModelError`] when the files are missing or do not fit together.
    pub fn from_run_folder(folder: &Path, device: &Device) -> Result<Self, ModelError> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|source| ModelError::File { path, source })
        };
        if folder.is_file() {
            return Err(ModelError::NotAFolder(folder.to_owned()));
        }
        if folder.is_dir() && !folder.join(MODEL_JSON).exists() {
            return Err(ModelError::Unfinished(folder.to_owned()));
        }
        let (json, weights) = (read(MODEL_JSON)?, read(WEIGHTS)?);
        Self::from_parts(&json, &weights, device)
            .map_err(|source| ModelError::Invalid { folder: Some(folder.to_owned()), source })
    }

    /// A segmenter from the contents of `model.json` and `model.safetensors`.
    ///
    /// # Errors
    /// [`ModelError`] when they do not fit together.
    pub fn from_bytes(model_json: &str, safetensors: &[u8], device: &Device) -> Result<Self, ModelError> {
        Self::from_parts(model_json.as_bytes(), safetensors, device)
            .map_err(|source| ModelError::Invalid { folder: None, source })
    }

    fn from_parts(model_json: &[u8], safetensors: &[u8], device: &Device) -> Result<Self, InvalidModel> {
        let description = ModelDescription::from_json(model_json, safetensors)?;
        let network = weights::from_safetensors(&description.network, safetensors, device)?;
        let identity = ModelIdentity { name: description.name, sha256: description.sha256 };
        Ok(Self::new(network, description.network.layout(), description.passes, device.clone(), identity))
    }

    /// One pass over some frames in a window.
    fn pass(&self, study: &GatedStudy, window: Window, frames: &[usize]) -> Result<WindowPass, SegmentationError> {
        let resampler = Resampler::to_grid(&window, study.rows(), study.columns());
        let counts = CountsInWindow::new(self.layout, study, &resampler, frames);
        let mut pass = WindowPass::new(window, frames);
        let output = |indices: &[usize]| {
            let channels = input::channels(self.layout, &counts.images, indices);
            self.engine.output(channels, indices.len()).map(|output| (output, indices.len()))
        };
        let at_once = (PIXELS_AT_ONCE / self.layout.pixels()).max(1);
        let outputs: Vec<_> = if counts.indices.len() >= FRAMES_TO_SHARE_OUT && at_once >= FRAMES_TO_SHARE_OUT {
            let share = counts.indices.len().div_ceil(rayon::current_num_threads().max(1)).clamp(4, at_once);
            counts.indices.par_chunks(share).map(output).collect::<Result<_, _>>()?
        } else {
            counts.indices.chunks(at_once).map(output).collect::<Result<_, _>>()?
        };
        outputs.into_iter().for_each(|(output, frames)| pass.add(output, frames));
        Ok(pass)
    }
}

impl NetworkSegmenter {
    /// The passes over a study.
    fn passes(&self, study: &GatedStudy) -> Result<StudyPasses, SegmentationError> {
        let field = Window::field(study, self.layout.side);
        let all: Vec<usize> = (0..study.frames()).collect();
        if self.passes == Passes::Once {
            return Ok(StudyPasses { first: None, last: self.pass(study, field, &all)? });
        }
        let some: Vec<usize> = all.iter().copied().step_by(COARSE_STRIDE).collect();
        let first = self.pass(study, field, &some)?;
        let refined = match first.lv_position() {
            None => None,
            Some(found) => {
                let refined = self.pass(study, found.window(&field), &all)?;
                match refined.lv_position() {
                    Some(again) if !found.agrees_with(&again) => Some(self.pass(study, again.window(&field), &all)?),
                    Some(_) => Some(refined),
                    None => None,
                }
            }
        };
        let last = refined.map_or_else(|| self.pass(study, field, &all), Ok)?;
        Ok(StudyPasses { first: Some(first), last })
    }

    /// Planes of a pass in the study's own matrix, `[frame, row, column]`; `None` where the network does not predict them.
    fn in_study(
        &self,
        study: &GatedStudy,
        back: &Resampler,
        plane: &[f32],
    ) -> Result<Option<Array3<f32>>, SegmentationError> {
        if plane.is_empty() {
            return Ok(None);
        }
        let frames = plane.len() / self.layout.pixels();
        let values = back.apply_all(plane, self.layout.pixels());
        Array3::from_shape_vec((frames, study.rows(), study.columns()), values)
            .map(Some)
            .map_err(|error| SegmentationError::Failed(error.to_string()))
    }
}

/// The passes over a study: one over the whole field that finds the LV, where there are two, and the one over all frames
/// that gives the result.
struct StudyPasses {
    first: Option<WindowPass>,
    last: WindowPass,
}

/// What a network sees on a study, with the probabilities that its masks come from, `[frame, row, column]` in the study's own matrix.
pub(crate) struct Seen {
    pub(crate) segmentation: Segmentation,
    pub(crate) lv_probability: Vec<f32>,
    /// Empty where the network does not outline the RV.
    pub(crate) rv_probability: Vec<f32>,
}

impl NetworkSegmenter {
    /// What the network sees.
    pub(crate) fn see(&self, study: &GatedStudy) -> Result<Seen, SegmentationError> {
        let StudyPasses { first, last } = self.passes(study)?;
        let back = Resampler::to_study(&last.window, study.rows(), study.columns());
        let lv_probability = back.apply_all(&last.probability, self.layout.pixels());
        let masks = masks_of(&lv_probability, study);
        let lv_fraction = self.in_study(study, &back, &last.fraction)?;
        let rv_fraction = self.in_study(study, &back, &last.rv_fraction)?;
        let rv_probability = match &rv_fraction {
            Some(_) => back.apply_all(&last.rv, self.layout.pixels()),
            None => Vec::new(),
        };
        let rv = rv_fraction.map(|fraction| RightVentricle { masks: masks_of(&rv_probability, study), fraction });
        let found = masks.iter().any(|mask| !mask.is_empty());
        let certainty = Some(Certainty {
            looks_dice: first.as_ref().filter(|_| found).and_then(|first| first.dice_with(&last, study)),
            edge_entropy: last.edge_entropy().filter(|_| found),
            fraction_outside: lv_fraction.as_ref().and_then(|fraction| share_outside(study, &masks, fraction)),
        });
        let shape = (study.frames(), study.rows(), study.columns());
        let segmentation = Segmentation {
            lv_probability: Array3::from_shape_vec(shape, lv_probability.clone()).ok(),
            landmarks: if found { last.landmarks() } else { None },
            recognition: first.as_ref().unwrap_or(&last).recognition(),
            masks,
            lv_fraction,
            rv,
            certainty,
            members: Vec::new(),
        };
        Ok(Seen { segmentation, lv_probability, rv_probability })
    }
}

/// One mask per frame from probabilities in the study's own matrix.
pub(crate) fn masks_of(probability: &[f32], study: &GatedStudy) -> Vec<Mask> {
    let (rows, columns) = (study.rows(), study.columns());
    let mask = |frame: &[f32]| mask_of(frame, rows, columns).largest_component().holes_filled();
    probability.chunks_exact((rows * columns).max(1)).map(mask).collect()
}

impl Segmenter for NetworkSegmenter {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Ok(self.see(study)?.segmentation)
    }

    fn segment_frames(&self, study: &GatedStudy, frames: &[FrameIndex]) -> Result<Vec<Mask>, SegmentationError> {
        let frames: Vec<usize> = frames.iter().map(|frame| frame.index()).collect();
        let mut masks = vec![Mask::empty(study.rows(), study.columns()); study.frames()];
        let found = match self.passes {
            Passes::Once => {
                let field = Window::field(study, self.layout.side);
                let pass = self.pass(study, field, &frames)?;
                let back = Resampler::to_study(&field, study.rows(), study.columns());
                masks_of(&back.apply_all(&pass.probability, self.layout.pixels()), study)
            }
            // The window of the refined pass depends on the whole cycle.
            Passes::Refined => {
                let all = self.segment(study)?.masks;
                frames.iter().filter_map(|&frame| all.get(frame).cloned()).collect()
            }
        };
        for (&frame, mask) in frames.iter().zip(found) {
            masks[frame] = mask;
        }
        Ok(masks)
    }

    fn identity(&self) -> ModelIdentity {
        self.identity.clone()
    }
}

/// Share of the predicted LV counts outside the masks; `None` where none are predicted.
pub(crate) fn share_outside(study: &GatedStudy, masks: &[Mask], fraction: &Array3<f32>) -> Option<f64> {
    let (mut outside, mut all) = (0.0, 0.0);
    for ((frame, row, column), part) in fraction.indexed_iter() {
        let counts = f64::from(part * study.counts()[[frame, row, column]]);
        all += counts;
        if !masks[frame].contains(row, column) {
            outside += counts;
        }
    }
    (all > 0.0).then(|| outside / all)
}
