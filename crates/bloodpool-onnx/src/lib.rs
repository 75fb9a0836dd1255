//! Networks as ONNX files: written from this program's models, and run where another program trained them.
//!
//! [`export()`] makes an ONNX file of a model and [`OnnxDescription`], the JSON document beside it, which says what the channels of the
//! input show and what the outputs mean. [`OnnxNetwork`] (feature `engine`) runs such a pair, whoever wrote it. The crate knows neither
//! burn nor studies: the facade makes a segmenter of it. Every field is described in `docs/reference/onnx.md`.

mod description;
#[cfg(feature = "engine")]
mod engine;
mod error;
mod export;
#[cfg(feature = "engine")]
mod silent_gaps;

pub use description::{
    Channel, CountScale, DESCRIPTION_END, ONNX_END, ONNX_SCHEMA, OnnxDescription, OnnxInput, OnnxOutputs, OutputPlane,
    OutputPlanes, OutputVector, PlaneValues, description_beside,
};
#[cfg(feature = "engine")]
pub use engine::{NetworkOutput, OnnxNetwork};
pub use error::{ExportError, OnnxError};
pub use export::{Exported, OPSET, export};
