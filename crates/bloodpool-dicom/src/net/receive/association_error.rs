//! `AssociationError`: why an association that a peer opened ended other than by its release.

use dicom_ul::pdu::AbortRQServiceProviderReason;

use crate::net::command_set::MalformedCommandSet;
use crate::net::pdu_stream::PduError;

/// Why an association ended other than by its release.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssociationError {
    /// The connection, or a PDU on it.
    #[error(transparent)]
    Pdu(#[from] PduError),
    /// The TLS handshake failed or took too long.
    #[error("the TLS handshake failed: {0}")]
    Tls(String),
    /// The peer aborted the association.
    #[error("the peer aborted the association")]
    Aborted,
    /// A PDU or a fragment that must not come at this moment.
    #[error("{0} is not expected here")]
    Unexpected(&'static str),
    /// A presentation context that was not accepted, or one ID twice.
    #[error("presentation context {id} {what}")]
    PresentationContext {
        /// Its ID.
        id: u8,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A command set that is not one.
    #[error(transparent)]
    CommandSet(#[from] MalformedCommandSet),
    /// A command set without command field or message ID, or a response that nobody asked for.
    #[error("the command cannot be answered: {0}")]
    Command(&'static str),
    /// More bytes than are read, even to be thrown away.
    #[error("the {what} has more than {limit} bytes")]
    TooLarge {
        /// Command set or data set.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

impl AssociationError {
    /// The reason of the A-ABORT that tells the peer; `None` where there is nobody to tell.
    pub(crate) fn abort_reason(&self) -> Option<AbortRQServiceProviderReason> {
        match self {
            Self::Pdu(error) => error.abort_reason(),
            Self::Tls(_) | Self::Aborted => None,
            Self::Unexpected(_) => Some(AbortRQServiceProviderReason::UnexpectedPdu),
            Self::PresentationContext { .. } => Some(AbortRQServiceProviderReason::InvalidPduParameter),
            Self::CommandSet(_) | Self::Command(_) | Self::TooLarge { .. } => {
                Some(AbortRQServiceProviderReason::ReasonNotSpecified)
            }
        }
    }
}
