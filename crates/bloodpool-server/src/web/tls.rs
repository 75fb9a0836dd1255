//! `TlsListener`: connections over TLS, whose handshakes keep nobody else waiting.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use bloodpool_dicom::net::StopToken;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Handshakes at one time; more are turned away.
const HANDSHAKES: usize = 256;
/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Accepts connections over TLS.
pub(super) struct TlsListener {
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Begins to accept, until a stop is asked for. Within the runtime.
    ///
    /// # Errors
    /// Where the listener does not know its own address.
    pub(super) fn new(mut listener: TcpListener, acceptor: TlsAcceptor, mut stop: StopToken) -> io::Result<Self> {
        let address = TcpListener::local_addr(&listener)?;
        let (ready, accepted) = mpsc::channel(1);
        let places = Arc::new(Semaphore::new(HANDSHAKES));
        tokio::spawn(async move {
            loop {
                let (stream, peer) = tokio::select! {
                    () = stop.stopped() => return,
                    accepted = Listener::accept(&mut listener) => accepted,
                };
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                let (acceptor, ready) = (acceptor.clone(), ready.clone());
                tokio::spawn(async move {
                    let _place = place;
                    // Whoever speaks no TLS is no user of the page, and is not logged: scanners come all day.
                    if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
                        let _ = ready.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(Self { accepted, address })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            // A stop was asked for, which also ends whoever waits here.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}
