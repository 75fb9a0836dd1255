//! Serial comparison of the studies of one patient: who they are of, what changed, and the document of it.

mod comparison;
pub mod document;
mod patient;
mod signed;
mod study;
mod summary;
pub(crate) mod words;

pub use comparison::{SerialComparison, SerialError, SerialWarning};
pub use document::ComparisonDocument;
pub use patient::studies_of_patients;
pub use signed::SignedResult;
pub use study::SerialStudy;

#[cfg(test)]
pub(crate) mod tests;
