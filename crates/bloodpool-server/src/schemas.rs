//! JSON Schemas of the documents of a data folder, made from the types that write and read them.

use schemars::{JsonSchema, Schema, schema_for};

use crate::queue::document::{JOB_SCHEMA, JobDocument};

/// The schema of one document.
#[derive(Debug, Clone)]
pub struct DocumentSchema {
    /// Name of the document, for example `bloodpool.job/1`.
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

/// The schemas of all documents that this crate writes.
#[must_use]
pub fn all() -> Vec<DocumentSchema> {
    vec![
        // jobs --json
        DocumentSchema::of::<JobDocument>(JOB_SCHEMA),
    ]
}
