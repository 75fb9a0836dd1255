//! A Storage SCP: C-ECHO and C-STORE from peers that are allowed, each instance on disk before it is acknowledged; and reports
//! of Storage Commitment, where they are awaited.

mod association;
pub(crate) mod association_error;
mod event_report;
mod file_meta;
pub(crate) mod free_space;
pub(crate) mod from_file;
mod incoming_file;
mod negotiation;
pub(crate) mod peers;
pub(crate) mod received;
pub(crate) mod received_folder;
pub(crate) mod settings;
pub(crate) mod storage_classes;
mod store;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::stop::StopToken;
use super::tls::TlsError;
use association::Provider;
use association_error::AssociationError;
use received::{Event, Received, Rejection};
use received_folder::{FolderError, ReceivedFolder};
use settings::{Limits, ReceiveSettings};

/// Connections beyond the limit of associations whose request is read so that it can be rejected. Those beyond these are
/// closed at once.
const MAX_REJECTING: usize = 32;
/// How long to wait until a connection may be accepted again, after the operating system refused one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A Storage SCP.
///
/// It may be cloned; the clones share folder and limits.
#[derive(Clone)]
pub struct StorageScp {
    provider: Arc<Provider>,
    tls: Option<TlsAcceptor>,
    associations: Arc<Semaphore>,
    rejecting: Arc<Semaphore>,
}

/// A Storage SCP cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// No AE title.
    #[error("at least one AE title is needed")]
    NoAeTitle,
    /// A length of PDUs that is too short or too long.
    #[error("the longest PDU must have {least} to {most} bytes, not {length}",
        least = Limits::PDU_LENGTHS.start(), most = Limits::PDU_LENGTHS.end())]
    MaxPduLength {
        /// The length in the settings, bytes.
        length: u32,
    },
    /// No association would ever be accepted.
    #[error("the number of associations must be 1 or greater")]
    NoAssociations,
    /// The free space is not known.
    #[error("the free space of {} is not known: {error}", folder.display())]
    FreeSpace {
        /// The folder of received instances.
        folder: std::path::PathBuf,
        /// What the operating system says.
        #[source]
        error: io::Error,
    },
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl StorageScp {
    /// Checks the settings. The folder may be shared with others that store into it.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub fn new(
        settings: ReceiveSettings,
        folder: impl Into<Arc<ReceivedFolder>>,
        received: Arc<dyn Received>,
    ) -> Result<Self, ReceiveError> {
        let folder = folder.into();
        let Limits { max_pdu_length, max_associations, .. } = settings.limits;
        if settings.ae_titles.is_empty() {
            return Err(ReceiveError::NoAeTitle);
        }
        if !Limits::PDU_LENGTHS.contains(&max_pdu_length) {
            return Err(ReceiveError::MaxPduLength { length: max_pdu_length });
        }
        if max_associations == 0 {
            return Err(ReceiveError::NoAssociations);
        }
        settings
            .free_space
            .available_bytes(folder.path())
            .map_err(|error| ReceiveError::FreeSpace { folder: folder.path().to_path_buf(), error })?;
        let tls = settings.tls.as_ref().map(super::tls::TlsServer::acceptor).transpose()?;
        Ok(Self {
            provider: Arc::new(Provider { settings, folder, received }),
            tls,
            associations: Arc::new(Semaphore::new(max_associations.min(Semaphore::MAX_PERMITS))),
            rejecting: Arc::new(Semaphore::new(MAX_REJECTING)),
        })
    }

    /// The folder of received instances.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.provider.folder.path()
    }

    /// Serves connections until a stop is asked for, and then waits until associations have answered the request that they
    /// are at; those that have not after `grace` are cut off, with nothing acknowledged that is not on disk.
    pub async fn serve(&self, listener: TcpListener, mut stop: StopToken, grace: Duration) {
        let mut tasks = JoinSet::new();
        let token = stop.clone();
        loop {
            tokio::select! {
                biased;
                () = stop.stopped() => break,
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, address)) => {
                        let (scp, stop) = (self.clone(), token.clone());
                        self.admit(&mut tasks, move |rejection| scp.serve_tcp(stream, address, rejection, stop));
                    }
                    Err(error) => {
                        self.provider.received.event(&Event::NotListening { error });
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        let all_ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all_ended).await.is_err() {
            tasks.shutdown().await;
        }
    }

    /// Starts a task for a connection: an association, a rejection, or nothing where too many are rejected already.
    fn admit<F: Future<Output = ()> + Send + 'static>(
        &self,
        tasks: &mut JoinSet<()>,
        serve: impl FnOnce(Option<Rejection>) -> F,
    ) {
        let (permit, rejection) = match self.associations.clone().try_acquire_owned() {
            Ok(permit) => (permit, None),
            Err(_) => match self.rejecting.clone().try_acquire_owned() {
                Ok(permit) => (permit, Some(Rejection::AssociationLimit)),
                Err(_) => return,
            },
        };
        let served = serve(rejection);
        tasks.spawn(async move {
            served.await;
            drop(permit);
        });
    }

    async fn serve_tcp(self, stream: TcpStream, address: SocketAddr, rejection: Option<Rejection>, stop: StopToken) {
        let address = address.ip().to_canonical();
        // Answers are short and awaited.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return association::serve(&self.provider, stream, Some(address), rejection, stop).await;
        };
        let wait = self.provider.settings.timeouts.negotiation;
        let error = match tokio::time::timeout(wait, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                return association::serve(&self.provider, stream, Some(address), rejection, stop).await;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it was not complete after {} s", wait.as_secs_f64()),
        };
        let error = AssociationError::Tls(error);
        self.provider.received.event(&Event::Broken { sender: None, address: Some(address), error });
    }

    /// Serves one association on a byte stream of any kind, without TLS, and without counting it against the limit.
    pub async fn serve_association<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        address: Option<IpAddr>,
        stop: StopToken,
    ) {
        association::serve(&self.provider, stream, address, None, stop).await;
    }
}
