//! `ServiceSettings`: where a service has its data, what it receives, how it analyses, and where results go.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bloodpool_dicom::net::{AeAddress, ReceiveSettings, SendSettings};

use crate::analysis::ObjectKind;
use crate::inbox::InboxSettings;
use crate::outbox::route::{ResultStatus, Route};
use crate::outbox::sender::SenderSettings;
use crate::queue::worker::WorkerSettings;
use crate::retention::RetentionPolicy;
use crate::watch::WatchSettings;

/// Everything that a service is told.
pub struct ServiceSettings {
    /// The data folder.
    pub data: PathBuf,
    /// Name and version of the program, for others who find the data folder locked.
    pub program: String,
    /// DICOM from the network; `None`: it does not listen.
    pub listener: Option<ListenerSettings>,
    /// How instances are taken.
    pub inbox: InboxSettings,
    /// How jobs are done; its routes are those of `destinations`.
    pub worker: WorkerSettings,
    /// Analyses at one time; at least one.
    pub workers: usize,
    /// Objects that are to be made: those of all destinations, and those that are wanted without one. The service itself does
    /// not look at it.
    pub kinds: Vec<ObjectKind>,
    /// Where results go.
    pub destinations: Vec<Destination>,
    /// When deliveries are tried again.
    pub sender: SenderSettings,
    /// Folders from which files are taken.
    pub watched: Vec<WatchSettings>,
    /// What is kept.
    pub retention: RetentionPolicy,
    /// Where the head of the audit trail is written each day; `None`: into the data folder.
    pub audit_heads: Option<PathBuf>,
    /// How long a stop waits for what is being received, analysed and sent. What is left continues after the next start.
    pub stop_within: Duration,
}

/// What listens on the network.
pub struct ListenerSettings {
    /// Address and port; port 0 is one that is free.
    pub address: SocketAddr,
    /// Whom and what it accepts.
    pub receive: ReceiveSettings,
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The archive.
    pub peer: AeAddress,
    /// As whom to send.
    pub send: SendSettings,
    /// Which objects.
    pub kinds: Vec<ObjectKind>,
    /// Of which results.
    pub statuses: Vec<ResultStatus>,
    /// Whether it is asked to keep what it was sent (Storage Commitment).
    pub storage_commitment: bool,
}

impl Destination {
    /// The objects that go there.
    #[must_use]
    pub fn route(&self) -> Route {
        Route { destination: self.peer.to_string(), kinds: self.kinds.clone(), statuses: self.statuses.clone() }
    }
}
