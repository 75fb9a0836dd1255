//! `NetworkSegmenter`: looks at the whole field, finds the LV roughly, then looks closer.

use std::path::{Path, PathBuf};

use bloodpool::{GatedStudy, Mask, ModelIdentity, Segmentation, SegmentationError, Segmenter};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::{Array2, Array3};
use serde::{Deserialize, Serialize};

use crate::input::{self, CountsInWindow, Layout};
use crate::model_file::{MODEL_JSON, ModelDescription, WEIGHTS};
use crate::network::Network;
use crate::network::dropout::Dropout;
use crate::weights;
use crate::window::{Resampler, Window};

/// Side of the closer look, in square roots of the LV's end-diastolic area.
const CLOSE_SIDE: f64 = 3.2;
/// The first look takes every third frame: enough to find the LV.
const COARSE_STRIDE: usize = 3;
/// The closer look is repeated once when the LV turns out to be so much larger, smaller or further off centre.
const TOLERATED: f64 = 1.25;
/// Smallest side of the closer look, in study pixels.
const SMALLEST_SIDE: f64 = 8.0;
/// Pixels that go through the network at once, 32 frames of 64 x 64 or 2 of 256 x 256: bounds the memory.
const PIXELS_AT_ONCE: usize = 32 * 64 * 64;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Looks {
    /// At the whole field, then at a window about the LV that it found there.
    #[default]
    Closer,
    /// At the whole field alone: each frame is a picture of its own.
    Once,
}

/// What the network says of some frames in one window.
struct Look {
    window: Window,
    probability: Vec<f32>, // [frame, row, column]
    fraction: Vec<f32>,    // [frame, row, column], or empty
}

/// Where the LV is and how large, in study pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Found {
    x: f64,
    y: f64,
    root_area: f64,
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
        let (mut probability, mut fraction) = (Vec::new(), Vec::new());
        for places in counts.places.chunks((PIXELS_AT_ONCE / self.layout.pixels()).max(1)) {
            let shape = [places.len(), self.layout.channels(), self.layout.side, self.layout.side];
            let channels = TensorData::new(input::channels(self.layout, &counts.images, places), shape);
            let prediction = self.network.forward(Tensor::from_data(channels, &self.device), &Dropout::none());
            let add = |to: &mut Vec<f32>, logits: Tensor<3>| {
                let values = sigmoid(logits).into_data().try_into_vec::<f32>();
                to.extend(values.map_err(|error| SegmentationError::Failed(format!("{error:?}")))?);
                Ok(())
            };
            add(&mut probability, prediction.lv)?;
            prediction.fraction.map_or(Ok(()), |logits| add(&mut fraction, logits))?;
        }
        if probability.iter().chain(&fraction).any(|value| value.is_nan()) {
            return Err(SegmentationError::Failed("its output is not a number".to_owned()));
        }
        Ok(Look { window, probability, fraction })
    }
}

impl Look {
    /// The LV by its largest area over the frames, and its centre over the cycle.
    fn find(&self) -> Option<Found> {
        let grid = self.window.grid;
        let largest = (self.probability.chunks_exact(grid * grid))
            .map(|frame| mask_of(frame, grid, grid).largest_component())
            .max_by_key(Mask::area)
            .filter(|mask| !mask.is_empty())?;
        let (mut sum, mut u, mut v) = (0.0, 0.0, 0.0);
        for frame in self.probability.chunks_exact(grid * grid) {
            for (row, column) in largest.inside() {
                let weight = f64::from(frame[row * grid + column]);
                sum += weight;
                u += weight * (column as f64 + 0.5);
                v += weight * (row as f64 + 0.5);
            }
        }
        let (x, y) = self.window.to_study(u / sum, v / sum);
        Some(Found { x, y, root_area: (largest.area() as f64).sqrt() * self.window.step() })
    }
}

impl Found {
    /// The window for a closer look, no larger than the field.
    fn window(&self, field: &Window) -> Window {
        let side = (CLOSE_SIDE * self.root_area).clamp(SMALLEST_SIDE.min(field.side), field.side);
        Window { x: self.x, y: self.y, side, ..*field }
    }

    /// Whether a window made for `self` does for `other`, too.
    fn agrees_with(&self, other: &Self) -> bool {
        let ratio = self.root_area / other.root_area;
        let shift = (self.x - other.x).hypot(self.y - other.y) / self.root_area;
        (1.0 / TOLERATED..=TOLERATED).contains(&ratio) && shift < TOLERATED - 1.0
    }
}

fn mask_of(probability: &[f32], rows: usize, columns: usize) -> Mask {
    Mask::new(Array2::from_shape_fn((rows, columns), |(row, column)| probability[row * columns + column] > 0.5))
}

impl NetworkSegmenter {
    /// The look that decides, at all frames.
    fn last_look(&self, study: &GatedStudy) -> Result<Look, SegmentationError> {
        let field = Window::whole(study.rows(), study.columns(), self.layout.side);
        let all: Vec<usize> = (0..study.frames()).collect();
        if self.looks == Looks::Once {
            return self.look(study, field, &all);
        }
        let some: Vec<usize> = all.iter().copied().step_by(COARSE_STRIDE).collect();
        let Some(found) = self.look(study, field, &some)?.find() else {
            return self.look(study, field, &all);
        };
        let close = self.look(study, found.window(&field), &all)?;
        match close.find() {
            Some(again) if !found.agrees_with(&again) => self.look(study, again.window(&field), &all),
            Some(_) => Ok(close),
            None => self.look(study, field, &all),
        }
    }

    /// Masks in the study's own matrix, one for each frame of a look.
    fn masks(&self, study: &GatedStudy, look: &Look) -> Vec<Mask> {
        let (rows, columns) = (study.rows(), study.columns());
        let back = Resampler::to_study(&look.window, rows, columns);
        let probability = back.apply_all(&look.probability, self.layout.pixels());
        (probability.chunks_exact(rows * columns))
            .map(|frame| mask_of(frame, rows, columns).largest_component().holes_filled())
            .collect()
    }
}

impl Segmenter for NetworkSegmenter {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        let (rows, columns) = (study.rows(), study.columns());
        let look = self.last_look(study)?;
        let masks = self.masks(study, &look);
        let back = Resampler::to_study(&look.window, rows, columns);
        let lv_fraction = if look.fraction.is_empty() {
            None
        } else {
            let fraction = back.apply_all(&look.fraction, self.layout.pixels());
            let fraction = Array3::from_shape_vec((study.frames(), rows, columns), fraction);
            Some(fraction.map_err(|error| SegmentationError::Failed(error.to_string()))?)
        };
        Ok(Segmentation { masks, lv_fraction, ..Segmentation::default() })
    }

    fn segment_frames(&self, study: &GatedStudy, frames: &[usize]) -> Result<Vec<Mask>, SegmentationError> {
        let mut masks = vec![Mask::empty(study.rows(), study.columns()); study.frames()];
        let found = match self.looks {
            Looks::Once => {
                let field = Window::whole(study.rows(), study.columns(), self.layout.side);
                self.masks(study, &self.look(study, field, frames)?)
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

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: usize = 64;

    /// A disc of probability 1 about a point of the grid.
    fn look(window: Window, u: f64, v: f64, radius: f64) -> Look {
        let disc = |pixel: usize| {
            let (du, dv) = ((pixel % GRID) as f64 + 0.5 - u, (pixel / GRID) as f64 + 0.5 - v);
            f32::from(u8::from(du.hypot(dv) <= radius))
        };
        Look {
            window,
            probability: (0..2 * GRID * GRID).map(|i| disc(i % (GRID * GRID))).collect(),
            fraction: Vec::new(),
        }
    }

    #[test]
    fn the_lv_is_found_in_study_pixels() {
        let found = look(Window::whole(128, 128, GRID), 20.0, 40.0, 8.0).find().unwrap();
        assert!((found.x - 40.0).abs() < 0.1 && (found.y - 80.0).abs() < 0.1);
        assert!((found.root_area - 16.0 * std::f64::consts::PI.sqrt()).abs() < 0.5, "{found:?}");
        assert_eq!(look(Window::whole(64, 64, GRID), 0.0, 0.0, -1.0).find(), None);
    }

    #[test]
    fn the_closer_look_stays_within_reason() {
        let field = Window::whole(64, 64, GRID);
        let window = |root_area: f64| Found { x: 30.0, y: 30.0, root_area }.window(&field);
        assert!((window(10.0).side - 10.0 * CLOSE_SIDE).abs() < 1e-9);
        assert_eq!((window(0.5).side, window(60.0).side), (SMALLEST_SIDE, 64.0));
    }

    #[test]
    fn a_look_is_repeated_when_the_lv_is_elsewhere_or_of_another_size() {
        let found = Found { x: 30.0, y: 30.0, root_area: 10.0 };
        assert!(found.agrees_with(&Found { x: 31.0, root_area: 11.0, ..found }));
        assert!(!found.agrees_with(&Found { root_area: 14.0, ..found }));
        assert!(!found.agrees_with(&Found { y: 34.0, ..found }));
    }
}
