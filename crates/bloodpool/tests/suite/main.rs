//! The whole library: golden results, the embedded model, networks as ONNX files, schemas of the documents.
#![allow(clippy::unwrap_used)]

mod embedded_model;
mod golden;
#[cfg(feature = "onnx")]
mod onnx;
#[cfg(feature = "onnx")]
mod onnx_networks;
mod schemas;
