//! JSON files with a schema: read with every unknown key an error, written whole or not at all.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fingerprint::read_bytes;
use crate::whole_file::{FileError, IfExists, write_whole};

/// Why a document could not be read or written; names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not a document of this schema.
    #[error("{} is not a `{schema}` document", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What was expected.
        schema: &'static str,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// The file has another schema.
    #[error("{} has the schema `{found}` where `{schema}` was expected", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What was expected.
        schema: &'static str,
        /// What was found.
        found: String,
    },
}

/// A document and the SHA-256 of the file that it was read from.
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// What the file says.
    pub document: T,
    /// SHA-256 of the file.
    pub sha256: String,
}

#[derive(Deserialize)]
struct SchemaOf {
    schema: Option<String>,
}

/// Reads a document of this schema.
///
/// # Errors
/// [`DocumentError`] when the file cannot be read, has another schema, or has a key that is not known.
pub fn read<T: DeserializeOwned>(path: &Path, schema: &'static str) -> Result<Read<T>, DocumentError> {
    let bytes = read_bytes(path)?;
    let json = |source| DocumentError::Json { path: path.to_owned(), schema, source };
    // The schema is checked first: for another kind of document that is a clearer error than its first unknown key.
    let found = serde_json::from_slice::<SchemaOf>(&bytes).map_err(json)?.schema.unwrap_or_default();
    if found != schema {
        return Err(DocumentError::Schema { path: path.to_owned(), schema, found });
    }
    let document = serde_json::from_slice(&bytes).map_err(json)?;
    Ok(Read { document, sha256: crate::fingerprint::sha256(&bytes) })
}

/// Writes a document, indented so that people can read it.
///
/// # Errors
/// [`DocumentError`] when the file exists and may not be replaced, or cannot be written.
pub fn write<T: Serialize>(
    path: &Path,
    schema: &'static str,
    document: &T,
    if_exists: IfExists,
) -> Result<(), DocumentError> {
    let mut text = serde_json::to_vec_pretty(document).map_err(|source| DocumentError::Json {
        path: path.to_owned(),
        schema,
        source,
    })?;
    text.push(b'\n');
    Ok(write_whole(path, &text, if_exists)?)
}
