//! `ServiceError`: why a service does not start, and what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use bloodpool_dicom::net::{ReceiveError, TlsError};

use super::role::RoleError;
use crate::store::error::StoreError;

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The data folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings of the listener.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// Certificates of a destination.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The port.
    #[error("cannot listen on {address}: {error}{}", advice(error))]
    Listen {
        /// Address and port.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        error: io::Error,
    },
    /// A folder to be watched.
    #[error("the watched folder {} does not exist; create it, or take it out of the settings", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder to be watched has the data folder in it, or lies in it.
    #[error("the watched folder {} and the data folder must not lie in each other; choose another folder", folder.display())]
    WatchesData {
        /// The folder.
        folder: PathBuf,
    },
    /// A role cannot begin.
    #[error("{role}: {source}")]
    Role {
        /// Its name.
        role: &'static str,
        /// Why.
        #[source]
        source: RoleError,
    },
    /// Threads.
    #[error("no thread can be started: {0}")]
    Runtime(#[source] io::Error),
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program uses the port: stop it, or choose another port",
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 need a privilege: choose another port, such as 11112, or give the program CAP_NET_BIND_SERVICE"
        }
        io::ErrorKind::AddrNotAvailable => "; this machine has no such address: 0.0.0.0 stands for all of them",
        _ => "",
    }
}
