//! The manifest of a backup: each of its files with its SHA-256.

use serde::{Deserialize, Serialize};

/// Name of the manifest in a backup.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Its schema.
pub(crate) const SCHEMA: &str = "bloodpool.backup/1";

/// What a backup consists of.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Always [`SCHEMA`].
    pub(crate) schema: String,
    /// The schema of the database.
    pub(crate) database_schema: i64,
    /// All other files, the database among them.
    pub(crate) files: Vec<bloodpool_files::FileRecord>,
}
