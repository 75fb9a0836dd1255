//! Flags of `command-files`.

use std::path::PathBuf;

use clap::Args;

/// Flags of `command-files`.
#[derive(Debug, Args)]
pub(crate) struct CommandFilesFlags {
    /// Folder to write `completions/` and `man/` into; no file of theirs may exist.
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Date on the manual pages, for example 2026-11-27.
    #[arg(long, value_name = "DATE", default_value = "")]
    pub(crate) date: String,
}
