//! The control socket: how `user` and `token` reach the process that owns the data folder, which alone writes to it.
//!
//! It is a Unix socket in the folder `control` (mode 0700) of the data folder. One request and one reply, each one line of JSON. Other
//! systems have no such socket: there the server must be stopped for these acts.

mod ask;
#[cfg(unix)]
pub(crate) mod listen;
#[cfg(unix)]
mod place;

use serde::{Deserialize, Serialize};

use crate::people::token::NewToken;

pub use ask::{ChangeError, change_accounts};

/// Who makes changes this way, for the audit trail.
const BY: &str = "command line";

/// What the owner of the data folder answers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(unix), expect(dead_code, reason = "only a socket carries it"))]
enum Reply {
    /// It was done; of a new token, what is shown once.
    Done(Option<NewToken>),
    /// It was not done, since what was asked for cannot be.
    Refused(String),
    /// It was not done, since the data folder could not be written.
    Failed(String),
}
