//! JSON Schemas of the documents, made from the types that write and read them.

use bloodpool_report::{AnalysisDocument, ErrorDocument};
use schemars::{JsonSchema, Schema, schema_for};

/// The schema of one document.
#[derive(Debug, Clone)]
pub struct DocumentSchema {
    /// Name of the document, for example `bloodpool.analysis/1`.
    pub name: &'static str,
    /// Its JSON Schema.
    pub schema: Schema,
}

impl DocumentSchema {
    fn of<T: JsonSchema>(name: &'static str) -> Self {
        Self { name, schema: schema_for!(T) }
    }

    /// Name of its file in `schemas/`.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}.schema.json", self.name.replace('/', "-"))
    }
}

/// The schemas of all documents, in the order of their names.
#[must_use]
pub fn all() -> Vec<DocumentSchema> {
    vec![
        DocumentSchema::of::<AnalysisDocument>(bloodpool_report::analysis_document::ANALYSIS_SCHEMA),
        DocumentSchema::of::<ErrorDocument>(bloodpool_report::analysis_document::ERROR_SCHEMA),
    ]
}
