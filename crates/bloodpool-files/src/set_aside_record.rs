//! `SetAsideRecord`: a file that was found and not used, and why, as documents list it.

use serde::{Deserialize, Serialize};

/// A file or folder that was found and not used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAsideRecord {
    /// The file or folder; `None` where names are left out.
    pub file: Option<String>,
    /// Stable code of the reason.
    pub code: String,
    /// The reason in words.
    pub reason: String,
}
