//! `ReceiveSettings`: whom and what a Storage SCP accepts, and its limits.

use std::sync::Arc;

use super::free_space::{FileSystemSpace, FreeSpace};
use super::peers::AllowedPeers;
use super::storage_classes::StorageClasses;
use crate::net::ae_title::AeTitle;
use crate::net::timeouts::Timeouts;
use crate::net::tls::TlsServer;

/// Whom and what a Storage SCP accepts, and its limits.
#[derive(Clone)]
pub struct ReceiveSettings {
    /// The AE titles by which it may be called; at least one.
    pub ae_titles: Vec<AeTitle>,
    /// Who may call.
    pub peers: AllowedPeers,
    /// What is accepted.
    pub storage_classes: StorageClasses,
    /// Application entities that are asked for storage commitment. Where there are none, no reports of it are taken.
    pub commitment_peers: Vec<AeTitle>,
    /// TLS; without it, connections are in plain text.
    pub tls: Option<TlsServer>,
    /// How long to wait for a peer.
    pub timeouts: Timeouts,
    /// How much is taken.
    pub limits: Limits,
    /// How the space that is left is found out.
    pub free_space: Arc<dyn FreeSpace>,
}

impl ReceiveSettings {
    /// Anyone may send nuclear medicine to this title, without TLS, with the default limits.
    #[must_use]
    pub fn new(ae_title: AeTitle) -> Self {
        Self {
            ae_titles: vec![ae_title],
            peers: AllowedPeers::Any,
            storage_classes: StorageClasses::NuclearMedicine,
            commitment_peers: Vec::new(),
            tls: None,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            free_space: Arc::new(FileSystemSpace),
        }
    }
}

/// How much is taken from peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest P-DATA-TF, bytes, without its header: what peers are told, and what is enforced. 4 KiB to 1 MiB.
    pub max_pdu_length: u32,
    /// Longest data set, bytes.
    pub max_data_set_bytes: u64,
    /// Associations at one time. Those beyond it are rejected as transient.
    pub max_associations: usize,
    /// Space that is left free on the file system, bytes.
    pub free_space_reserve_bytes: u64,
}

impl Limits {
    /// The range of [`Limits::max_pdu_length`]: PDUs are held in memory, one per association.
    pub const PDU_LENGTHS: std::ops::RangeInclusive<u32> = 4 << 10..=1 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pdu_length: 128 << 10,
            // The largest file that is read.
            max_data_set_bytes: crate::read::MAX_FILE_BYTES,
            max_associations: 64,
            free_space_reserve_bytes: 1 << 30,
        }
    }
}
