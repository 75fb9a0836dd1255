//! The side of `user` and `token`: asks the process that owns the data folder, or changes the folder itself where nobody owns it.

use std::io;
use std::path::Path;
use std::time::Duration;

use bloodpool_files::LockError;

use super::BY;
use crate::people::account::AccountError;
use crate::people::account_act::AccountAct;
use crate::people::token::NewToken;
use crate::store::Store;
use crate::store::error::StoreError;

/// So often it is tried while another process has the folder and does not answer yet, and how long it waits between.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Why accounts or tokens were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// What was asked for cannot be; in words.
    #[error("{0}")]
    Refused(String),
    /// The data folder cannot be opened or written; in words.
    #[error("{0}")]
    Failed(String),
    /// Another process owns the folder and takes no requests.
    #[error("{0}; it takes no requests: stop it first")]
    Held(LockError),
    /// The process that owns the folder did not answer.
    #[error("the process that owns the data folder did not answer: {0}; look with `list` whether it was done")]
    NoAnswer(#[source] io::Error),
}

impl From<AccountError> for ChangeError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => Self::Failed(error.to_string()),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// Changes accounts or tokens of a data folder: by the process that owns it, while it runs, otherwise by this one. `program`: name and
/// version, which others are told who find the folder locked. Of a new token, what is shown once.
///
/// # Errors
/// [`ChangeError`].
pub fn change_accounts(data: &Path, program: &str, act: &AccountAct) -> Result<Option<NewToken>, ChangeError> {
    let mut attempt = 1;
    loop {
        #[cfg(unix)]
        if let Some(answer) = asked(data, act)? {
            return Ok(answer.token);
        }
        match Store::open(data, program) {
            Ok(store) => return Ok(act.perform(&store, BY)?),
            // It may be about to listen, or to end.
            Err(StoreError::Lock(LockError::Held { .. })) if attempt < ATTEMPTS => std::thread::sleep(PAUSE),
            Err(StoreError::Lock(error @ LockError::Held { .. })) => return Err(ChangeError::Held(error)),
            Err(error) => return Err(ChangeError::Failed(error.to_string())),
        }
        attempt += 1;
    }
}

/// It was done.
#[cfg(unix)]
struct Answer {
    token: Option<NewToken>,
}

/// Asks whoever listens; `None` where nobody does.
#[cfg(unix)]
fn asked(data: &Path, act: &AccountAct) -> Result<Option<Answer>, ChangeError> {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;

    use super::Reply;

    /// Waiting for others included, whose passwords are being hashed.
    const PATIENCE: Duration = Duration::from_secs(60);

    let Ok(place) = super::place::Place::of(data) else { return Ok(None) };
    let stream = match UnixStream::connect(&place.address) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(ChangeError::Failed(format!("{}: {error}", data.display()))),
    };
    let exchange = || -> io::Result<Reply> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let text = serde_json::to_string(act)? + "\n";
        (&stream).write_all(text.as_bytes())?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    };
    match exchange().map_err(ChangeError::NoAnswer)? {
        Reply::Done(token) => Ok(Some(Answer { token })),
        Reply::Refused(words) => Err(ChangeError::Refused(words)),
        Reply::Failed(words) => Err(ChangeError::Failed(words)),
    }
}
