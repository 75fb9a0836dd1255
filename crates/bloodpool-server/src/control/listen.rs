//! The side of the process that owns the data folder: takes requests of its own user, one after the other, and answers each.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bloodpool_dicom::net::StopToken;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::place::Place;
use super::{BY, Reply};
use crate::people::account::AccountError;
use crate::people::account_act::AccountAct;
use crate::store::Store;

/// Longest request: a password of 512 bytes and two names, escaped.
const MOST_BYTES: u64 = 16 * 1024;
/// How long a request or its reply may take on its way.
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket that is bound.
pub(crate) struct Control {
    listener: UnixListener,
    socket: PathBuf,
    /// Whose process this is: the user of the socket.
    user: u32,
}

impl Control {
    /// Binds the socket of a data folder, mode 0600. Within the runtime.
    pub(crate) fn bind(data: &Path) -> io::Result<Self> {
        let place = Place::make(data)?;
        let listener = UnixListener::bind(&place.address)?;
        std::fs::set_permissions(&place.address, std::fs::Permissions::from_mode(0o600))?;
        let user = std::fs::metadata(&place.address)?.uid();
        Ok(Self { listener, socket: place.socket, user })
    }

    /// Answers until a stop is asked for.
    pub(crate) async fn run(self, store: Arc<Store>, mut stop: StopToken) {
        loop {
            let accepted = tokio::select! {
                () = stop.stopped() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    if let Err(error) = self.answer(stream, &store).await {
                        tracing::warn!(event = "control_request_failed", reason = %error);
                    }
                }
                Err(error) => {
                    tracing::warn!(event = "control_request_failed", reason = %error);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
        let _ = std::fs::remove_file(&self.socket);
    }

    async fn answer(&self, stream: UnixStream, store: &Arc<Store>) -> io::Result<()> {
        let asking = stream.peer_cred()?.uid();
        // On some systems the mode of a socket decides nothing.
        if asking != self.user && asking != 0 {
            tracing::warn!(event = "control_request_refused", uid = asking);
            return Ok(());
        }
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        let read = within((&mut stream).take(MOST_BYTES).read_line(&mut line)).await?;
        if read == 0 {
            // Whoever looks whether somebody listens asks for nothing.
            return Ok(());
        }
        let reply = match serde_json::from_str::<AccountAct>(&line) {
            Err(_) => Reply::Refused("the request is not one of this version of the program".to_owned()),
            Ok(act) => {
                let store = Arc::clone(store);
                let done = tokio::task::spawn_blocking(move || act.perform(&store, BY)).await;
                match done.map_err(io::Error::other)? {
                    Ok(token) => Reply::Done(token),
                    Err(AccountError::Store(error)) => Reply::Failed(error.to_string()),
                    Err(error) => Reply::Refused(error.to_string()),
                }
            }
        };
        let text = serde_json::to_string(&reply)? + "\n";
        within(stream.write_all(text.as_bytes())).await
    }
}

/// With a limit of time.
async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
