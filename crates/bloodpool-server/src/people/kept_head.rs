//! `KeptHead`: the head of the audit trail, kept in a second file each day, so that a trail that was cut or written anew is found.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::store::Reader;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// Schema of a line of the file of heads.
const SCHEMA: &str = "bloodpool.audit-head/1";
/// The file of heads in a data folder, where no other one was named.
const FILE: &str = "audit-heads.jsonl";

/// A line of the file of heads. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptHead {
    schema: String,
    /// When it was kept, milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// Rows of the trail at that moment.
    pub rows: i64,
    /// Hash of the last of them.
    pub head: String,
}

/// The file of heads of a data folder, where no other one was named.
#[must_use]
pub fn audit_heads_file(data: &Path) -> PathBuf {
    data.join(FILE)
}

/// The heads that a file keeps. A line that a crash cut off is passed over, as it says nothing.
///
/// # Errors
/// [`StoreError`], also where there is no such file.
pub fn read_kept_heads(file: &Path) -> Result<Vec<KeptHead>, StoreError> {
    let text =
        std::fs::read_to_string(file).map_err(StoreError::io(file, "the heads of the audit trail cannot be read"))?;
    let heads = text.lines().filter_map(|line| serde_json::from_str::<KeptHead>(line).ok());
    Ok(heads.filter(|kept| kept.schema == SCHEMA).collect())
}

/// Adds the head of the trail to a file, where it is another one than the last line has. `None`: the trail is empty.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn keep_head(reader: &Reader, file: &Path, now: UtcTime) -> Result<Option<KeptHead>, StoreError> {
    let Some((rows, head)) = reader.audit_end()? else { return Ok(None) };
    let kept = KeptHead { schema: SCHEMA.to_owned(), at_ms: now.0, rows, head };
    let failed = "the head of the audit trail cannot be kept";
    let known = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(StoreError::io(file, failed)(error)),
    };
    let last = known.split(|&byte| byte == b'\n').rev().find_map(|line| serde_json::from_slice::<KeptHead>(line).ok());
    if last.is_some_and(|last| last.head == kept.head) {
        return Ok(Some(kept));
    }
    // A line that was cut off is ended first.
    let end = if known.last().is_none_or(|&byte| byte == b'\n') { "" } else { "\n" };
    let line = serde_json::to_string(&kept).map_err(|error| StoreError::io(file, failed)(error.into()))?;
    let append = || {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(file)?;
        file.write_all(format!("{end}{line}\n").as_bytes())?;
        file.sync_all()
    };
    append().map_err(StoreError::io(file, failed))?;
    Ok(Some(kept))
}
