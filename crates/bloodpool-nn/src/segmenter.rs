//! `NetworkSegmenter`: looks at the whole field, finds the LV roughly, then looks closer.

use std::path::{Path, PathBuf};

use bloodpool_core::{
    Certainty, GatedStudy, Mask, ModelIdentity, RightVentricle, Segmentation, SegmentationError, Segmenter,
};
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array3;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::input::{self, CountsInWindow, Layout};
use crate::look::{Look, mask_of};
use crate::model_file::{MODEL_JSON, ModelDescription, WEIGHTS};
use crate::network::Network;
use crate::network::dropout::Dropout;
use crate::weights;
use crate::window::{Resampler, Window};

/// The first look takes every third frame: enough to find the LV.
const COARSE_STRIDE: usize = 3;
/// Pixels that go through the network at once, 32 frames of 64 x 64 or 2 of 256 x 256: bounds the memory.
const PIXELS_AT_ONCE: usize = 32 * 64 * 64;

/// From so many frames on they are shared out to all cores. With fewer, what is recognised is read from all of them at once.
const FRAMES_TO_SHARE_OUT: usize = 12;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// There is no finished model in the folder.
    #[error("{0} holds no {MODEL_JSON}: its training is not finished; resume it first")]
    Unfinished(PathBuf),
    /// The files do not make a model.
    #[error("cannot use the model{}: {message}", .folder.as_ref().map(|path| format!(" in {}", path.display())).unwrap_or_default())]
    Invalid {
        /// Where it was read from, unless it came as bytes.
        folder: Option<PathBuf>,
        /// What is wrong.
        message: String,
    },
}

/// Finds the LV with a trained network.
#[derive(Debug)]
pub struct NetworkSegmenter {
    network: Network,
    layout: Layout,
    looks: Looks,
    device: Device,
    identity: ModelIdentity,
}

/// How often a network looks at a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Looks {
    /// At the whole field, then at a window about the LV that it found there.
    #[default]
    Closer,
    /// At the whole field alone: each frame is a picture of its own.
    Once,
}

impl NetworkSegmenter {
    /// A segmenter around a network on a device that does not record gradients.
    #[must_use]
    pub fn new(network: Network, layout: Layout, looks: Looks, device: Device, identity: ModelIdentity) -> Self {
        Self { network: network.settled(), layout, looks, device, identity }
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
        if folder.is_dir() && !folder.join(MODEL_JSON).exists() {
            return Err(ModelError::Unfinished(folder.to_owned()));
        }
        let (json, weights) = (read(MODEL_JSON)?, read(WEIGHTS)?);
        let invalid = |message| ModelError::Invalid { folder: Some(folder.to_owned()), message };
        let json = String::from_utf8(json).map_err(|error| invalid(error.to_string()))?;
        Self::from_parts(&json, &weights, device).map_err(invalid)
    }

    /// A segmenter from the contents of `model.json` and `model.safetensors`.
    ///
    /// # Errors
    /// [`ModelError`] when they do not fit together.
    pub fn from_bytes(model_json: &str, safetensors: &[u8], device: &Device) -> Result<Self, ModelError> {
        Self::from_parts(model_json, safetensors, device)
            .map_err(|message| ModelError::Invalid { folder: None, message })
    }

    fn from_parts(model_json: &str, safetensors: &[u8], device: &Device) -> Result<Self, String> {
        let description = ModelDescription::from_json(model_json, safetensors)?;
        let network = weights::from_safetensors(&description.network, safetensors, device)
            .map_err(|message| format!("{WEIGHTS}: {message}"))?;
        let identity = ModelIdentity { name: description.name, sha256: description.sha256 };
        Ok(Self::new(network, description.network.layout(), description.looks, device.clone(), identity))
    }

    fn look(&self, study: &GatedStudy, window: Window, frames: &[usize]) -> Result<Look, SegmentationError> {
        let resampler = Resampler::to_grid(&window, study.rows(), study.columns());
        let counts = CountsInWindow::new(self.layout, study, &resampler, frames);
        let mut look = Look::at(window, frames);
        let forward = |places: &[usize]| {
            let shape = [places.len(), self.layout.channels(), self.layout.side, self.layout.side];
            let channels = TensorData::new(input::channels(self.layout, &counts.images, places), shape);
            self.network.forward(Tensor::from_data(channels, &self.device), &Dropout::none())
        };
        let at_once = (PIXELS_AT_ONCE / self.layout.pixels()).max(1);
        if counts.places.len() >= FRAMES_TO_SHARE_OUT && at_once >= FRAMES_TO_SHARE_OUT {
            let share = counts.places.len().div_ceil(rayon::current_num_threads().max(1)).clamp(4, at_once);
            let outputs: Vec<_> = counts.places.par_chunks(share).map(forward).collect();
            outputs.into_iter().try_for_each(|output| look.add(output))?;
        } else {
            counts.places.chunks(at_once).map(forward).try_for_each(|output| look.add(output))?;
        }
        Ok(look)
    }
}

impl NetworkSegmenter {
    /// The looks at a study.
    fn looks(&self, study: &GatedStudy) -> Result<BothLooks, SegmentationError> {
        let field = Window::field(study, self.layout.side);
        let all: Vec<usize> = (0..study.frames()).collect();
        if self.looks == Looks::Once {
            return Ok(BothLooks { first: None, last: self.look(study, field, &all)? });
        }
        let some: Vec<usize> = all.iter().copied().step_by(COARSE_STRIDE).collect();
        let first = self.look(study, field, &some)?;
        let close = match first.find() {
            None => None,
            Some(found) => {
                let close = self.look(study, found.window(&field), &all)?;
                match close.find() {
                    Some(again) if !found.agrees_with(&again) => Some(self.look(study, again.window(&field), &all)?),
                    Some(_) => Some(close),
                    None => None,
                }
            }
        };
        let last = close.map_or_else(|| self.look(study, field, &all), Ok)?;
        Ok(BothLooks { first: Some(first), last })
    }

    /// Planes of a look in the study's own matrix, `[frame, row, column]`; `None` where the network gives none.
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

    /// Masks in the study's own matrix, one for each frame of a look.
    fn masks(&self, study: &GatedStudy, back: &Resampler, probability: &[f32]) -> Vec<Mask> {
        let (rows, columns) = (study.rows(), study.columns());
        let probability = back.apply_all(probability, self.layout.pixels());
        (probability.chunks_exact(rows * columns))
            .map(|frame| mask_of(frame, rows, columns).largest_component().holes_filled())
            .collect()
    }
}

/// The look at the whole field that finds the LV, and the one that decides, at all frames.
struct BothLooks {
    first: Option<Look>,
    last: Look,
}

impl Segmenter for NetworkSegmenter {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let BothLooks { first, last } = self.looks(study)?;
        let back = Resampler::to_study(&last.window, study.rows(), study.columns());
        let masks = self.masks(study, &back, &last.probability);
        let lv_fraction = self.in_study(study, &back, &last.fraction)?;
        let rv = self
            .in_study(study, &back, &last.rv_fraction)?
            .map(|fraction| RightVentricle { masks: self.masks(study, &back, &last.rv), fraction });
        let found = masks.iter().any(|mask| !mask.is_empty());
        let certainty = Some(Certainty {
            looks_dice: first.as_ref().filter(|_| found).and_then(|first| first.dice_with(&last, study)),
            edge_entropy: last.edge_entropy().filter(|_| found),
            fraction_outside: lv_fraction.as_ref().and_then(|fraction| share_outside(study, &masks, fraction)),
        });
        Ok(Segmentation {
            landmarks: if found { last.landmarks() } else { None },
            recognition: first.as_ref().unwrap_or(&last).recognition(),
            masks,
            lv_fraction,
            rv,
            certainty,
        })
    }

    fn segment_frames(&self, study: &GatedStudy, frames: &[usize]) -> Result<Vec<Mask>, SegmentationError> {
        let mut masks = vec![Mask::empty(study.rows(), study.columns()); study.frames()];
        let found = match self.looks {
            Looks::Once => {
                let field = Window::field(study, self.layout.side);
                let look = self.look(study, field, frames)?;
                let back = Resampler::to_study(&field, study.rows(), study.columns());
                self.masks(study, &back, &look.probability)
            }
            // Where to look closer depends on the whole cycle.
            Looks::Closer => {
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
fn share_outside(study: &GatedStudy, masks: &[Mask], fraction: &Array3<f32>) -> Option<f64> {
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
