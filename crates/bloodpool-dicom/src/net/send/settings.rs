//! `SendSettings`: as whom to send; and `Delivered`: how an instance was taken.

use crate::net::ae_title::AeTitle;
use crate::net::status::Status;
use crate::net::timeouts::Timeouts;
use crate::net::tls::TlsClient;

/// As whom to send, and how long to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendSettings {
    /// The AE title of this side.
    pub calling_ae_title: AeTitle,
    /// How long to wait for a peer.
    pub timeouts: Timeouts,
    /// TLS; without it, connections are in plain text.
    pub tls: Option<TlsClient>,
}

/// How an instance was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// Status 0x0000.
    Stored,
    /// Status 0x0111: the peer had it.
    Known,
    /// It is stored, with a warning (0xB000 and others).
    WithWarning(Status),
}
