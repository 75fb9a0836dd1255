//! LVEF from planar gated blood pool scans (MUGA, ERNA): read a study, find the left ventricle, measure it, report.
//!
//! ```
//! use bloodpool::Analyzer;
//!
//! let analyzer = Analyzer::embedded()?;
//! # let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
//! # let path = format!("{examples}/normal.dcm");
//! let study = analyzer.analyze_file(path)?;
//! if let Some(lvef) = study.lvef_percent() {
//!     println!("LVEF {lvef:.0} %");
//! }
//! for reason in study.analysis().validity.reasons() {
//!     println!("{}: {}", reason.rank.in_words(), reason.message);
//! }
//! # Ok::<(), bloodpool::Error>(())
//! ```
//!
//! Research use only: the embedded model was trained on simulated studies alone, and is not validated on patients.
//!
//! An own [`Segmenter`] or [`Protocol`] is plugged in by [`Analyzer::with_segmenter`] and [`Analyzer::protocol`]. The crates that
//! this one joins are re-exported as modules: [`config`], [`dicom`], [`dataset`], [`evaluation`], [`measurement`], [`network`], [`onnx`],
//! [`phantom`], [`report`] and [`stats`].

mod analyzer;
pub mod comparison;
pub mod confirmed;
pub mod dataset_reference;
pub mod ensemble;
mod error;
pub mod export_model;
pub mod extraction;
pub mod import;
mod in_order;
pub mod interval;
pub mod judged;
pub mod local_calibration;
pub mod model;
pub mod objects;
mod onnx_model;
pub mod patients;
pub mod predictions;
pub mod prelabels;
pub mod reference_reading;
pub mod reference_table;
pub mod schemas;
pub mod serial;
pub mod set_aside;
pub mod training_choices;
pub mod training_data;
pub mod verification;

pub use analyzer::{AnalyzedStudy, Analyzer};
pub use comparison::Comparison;
pub use dataset_reference::DatasetReference;
pub use error::Error;
pub use in_order::in_order;
pub use interval::Intervals;
pub use judged::Judged;
pub use model::Model;
pub use patients::Patients;
pub use serial::{SerialChoices, SignedDocument};
pub use set_aside::SetAsideSummary;
pub use training_choices::{TrainingChoices, TrainingChoicesError};
pub use verification::Verification;

pub use bloodpool_evaluation::simulation;

pub use bloodpool_core::{
    Analysis, AnalysisError, Contour, FrameIndex, GatedStudy, Gating, Mask, ModelIdentity, Protocol, Rank, Reason,
    Segmentation, SegmentationError, Segmenter, StudyIdentity, Validity,
};
pub use bloodpool_dicom::Selection;
pub use bloodpool_files::IfExists;
pub use bloodpool_report::{Language, SerialComparison};

pub use bloodpool_config as config;
pub use bloodpool_core as measurement;
pub use bloodpool_dataset as dataset;
pub use bloodpool_dicom as dicom;
pub use bloodpool_evaluation as evaluation;
pub use bloodpool_files as files;
pub use bloodpool_nn as network;
pub use bloodpool_onnx as onnx;
pub use bloodpool_phantom as phantom;
pub use bloodpool_report as report;
pub use bloodpool_stats as stats;
