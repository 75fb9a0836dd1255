//! `Note`: what is unusual about a file that was read nevertheless.

/// Something unusual about a file that was read nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A word for programs, for example `stored_order`.
    pub code: &'static str,
    /// What it is, naming the attribute.
    pub message: String,
}
