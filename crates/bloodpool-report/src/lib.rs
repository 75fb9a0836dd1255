//! What people read of an analysis: JSON document, terminal summary, and an HTML report with pictures and curve.
//!
//! ```
//! use bloodpool_core::{ModelIdentity, Protocol, analysis::measure};
//! use bloodpool_phantom::{Family, Population};
//! use bloodpool_report::AnalysisDocument;
//!
//! let simulated = Population::ordinary(Family::Own, 3).study(5)?.labelled;
//! let outlines = simulated.perfect_segmentation();
//! let model = ModelIdentity { name: "true outlines".into(), sha256: String::new() };
//! let analysis = measure(&simulated.study, outlines, model, &Protocol::standard())?;
//! let function = analysis.function(&simulated.study);
//! let document = AnalysisDocument::new("a.dcm", &simulated.study, &analysis, function.as_ref())?;
//! assert!(serde_json::to_string(&document)?.starts_with(r#"{"schema":"bloodpool.analysis/1""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod acquisition_document;
pub mod analysis_document;
pub mod figures;
mod finite;
pub mod function_document;
pub mod given;
pub mod known_bias;
pub mod language;
pub mod report;
pub mod right_ventricle_document;
pub mod serial;
pub mod summary;
pub mod table;
pub mod unanalysed;

pub use analysis_document::{AnalysisDocument, SourceFileFields};
pub use finite::NotFinite;
pub use known_bias::{Bias, KnownBias};
pub use language::Language;
pub use report::{
    FunctionOverview, OverviewPicture, OverviewRow, PdfError, Report, ReviewEdit, ReviewRecord, ReviewStatement,
    RgbPixels,
};
pub use serial::{ComparisonDocument, SerialComparison, SerialError, SerialStudy, SignedResult};
pub use summary::{summary, summary_in};
pub use table::Table;
pub use unanalysed::{ErrorDocument, SetAsideDocument};

use bloodpool_files::FileError;

/// Program and version that make a document.
pub const SOFTWARE: &str = concat!("bloodpool ", env!("CARGO_PKG_VERSION"));

/// The text that accompanies every result.
pub const RESEARCH_ONLY: &str = "Research use only - not for clinical decisions";

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A picture could not be encoded.
    #[error("a picture of the report cannot be encoded")]
    Picture(#[from] image::ImageError),
    /// The protocol could not be written in words.
    #[error("the choices of the protocol cannot be written")]
    Choices(#[from] serde_json::Error),
}
