//! `PdfError`: why the PDF of a report could not be made.

use crate::ReportError;

/// Why the PDF of a report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// The embedded font cannot be read.
    #[error("the font of the PDF report cannot be read")]
    Font,
    /// What the report shows could not be prepared.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The file cannot be written by the rules of PDF/A-3b.
    #[error("the PDF report cannot be written: {message}")]
    Document {
        /// What the writer says.
        message: String,
    },
}
