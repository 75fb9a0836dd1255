//! `Timeouts`: how long to wait for a peer.

use std::time::Duration;

use tokio::time::Instant;

/// How long to wait for a peer. When one of these is over, the association is aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a TCP connection (SCU).
    pub connect: Duration,
    /// For a TLS handshake, and for the A-ASSOCIATE-RQ or its answer (PS3.8 calls it ARTIM).
    pub negotiation: Duration,
    /// From one PDU to the first byte of the next (SCP).
    pub idle: Duration,
    /// From the first to the last byte of one PDU, read or written.
    pub pdu: Duration,
    /// For the response to a request (SCU).
    pub response: Duration,
    /// For a whole association, from TCP connection to release.
    pub association: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            negotiation: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            pdu: Duration::from_secs(30),
            response: Duration::from_secs(120),
            association: Duration::from_secs(3600),
        }
    }
}

/// A point in time that is `wait` from now. Longer than 30 days is as good as no limit, and cannot overflow.
pub(crate) fn from_now(wait: Duration) -> Instant {
    Instant::now() + wait.min(Duration::from_secs(30 * 24 * 3600))
}
