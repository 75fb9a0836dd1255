//! JSON Schemas of the documents of a cohort, made from the types that write and read them.

use schemars::{JsonSchema, Schema, schema_for};

use crate::CohortRow;
use crate::identity::{KEY_SCHEMA, KeyFile};
use crate::output::{FOLDER_SCHEMA, FolderRecord};
use crate::part::ROWS_SCHEMA;

/// The schema of one document.
#[derive(Debug, Clone)]
pub struct DocumentSchema {
    /// Name of the document, for example `bloodpool.cohort/1`.
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

/// The schemas of all documents that this crate writes; of a row, as the columns of a Parquet file are named.
#[must_use]
pub fn all() -> Vec<DocumentSchema> {
    vec![
        DocumentSchema::of::<CohortRow>(ROWS_SCHEMA),
        DocumentSchema::of::<FolderRecord>(FOLDER_SCHEMA),
        DocumentSchema::of::<KeyFile>(KEY_SCHEMA),
    ]
}
