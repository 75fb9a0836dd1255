//! A network of another program as a model: an ONNX file with its description beside it.

use std::path::Path;

use bloodpool_core::Segmenter;
use bloodpool_files::document;
use bloodpool_nn::Origin;
use bloodpool_onnx::{ONNX_END, ONNX_SCHEMA, OnnxDescription, OnnxError, description_beside};

use crate::Error;

/// Whether a name is that of an ONNX file.
#[must_use]
pub(crate) fn is_onnx(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case(ONNX_END))
}

/// How the network in an ONNX file was made, by the description beside it.
pub(crate) fn origin_of(path: &Path) -> Result<Origin, Error> {
    let description = document::read::<OnnxDescription>(&description_beside(path), ONNX_SCHEMA);
    let description = description.map_err(OnnxError::from)?.document;
    let unknown = || "unknown data".to_owned();
    Ok(Origin {
        software: description.software.unwrap_or_else(|| "another program".to_owned()),
        training_data: description.trained_on.unwrap_or_else(unknown),
        validation_data: unknown(),
        data_folder: None,
        started_from: description.weights_sha256.map(|hash| format!("weights with the SHA-256 {hash}")),
        seen: None,
    })
}

/// The network in an ONNX file, on the processor.
#[cfg(feature = "onnx")]
pub(crate) fn segmenter(path: &Path) -> Result<Box<dyn Segmenter>, Error> {
    let network = bloodpool_onnx::OnnxNetwork::read(path)?;
    let (layout, passes) = (network.description().input.layout(), network.description().passes);
    let identity = network.identity();
    let engine = Box::new(OnnxEngine(network));
    Ok(Box::new(bloodpool_nn::NetworkSegmenter::with_engine(engine, layout, passes, identity)))
}

/// Without the feature `onnx`.
#[cfg(not(feature = "onnx"))]
pub(crate) fn segmenter(path: &Path) -> Result<Box<dyn Segmenter>, Error> {
    Err(Error::OnnxNotCompiledIn { path: path.to_owned() })
}

/// An ONNX file as what computes the output of a network.
#[cfg(feature = "onnx")]
#[derive(Debug)]
struct OnnxEngine(bloodpool_onnx::OnnxNetwork);

#[cfg(feature = "onnx")]
impl bloodpool_nn::Engine for OnnxEngine {
    fn output(
        &self,
        channels: Vec<f32>,
        frames: usize,
    ) -> Result<bloodpool_nn::EngineOutput, bloodpool_core::SegmentationError> {
        let output = self.0.run(&channels, frames).map_err(|error| bloodpool_core::SegmentationError::Network {
            code: error.code(),
            message: error.to_string(),
        })?;
        let bloodpool_onnx::NetworkOutput { lv, lv_fraction, rv, rv_fraction, landmarks, recognition } = output;
        Ok(bloodpool_nn::EngineOutput { lv, lv_fraction, rv, rv_fraction, landmarks, recognition })
    }
}
