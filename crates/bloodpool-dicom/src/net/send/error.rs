//! `SendError`: why an instance was not delivered, and whether that may pass.

use std::io;

use super::instance_file::InstanceFileError;
use crate::net::ae_address::AeAddress;
use crate::net::command_set::MalformedCommandSet;
use crate::net::pdu_stream::PduError;
use crate::net::status::Status;
use crate::net::uid::Uid;

/// Why an instance was not delivered, or a peer not verified. It repeats no text that a peer or a data set gave.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// No TCP connection.
    #[error("{peer} cannot be reached: {error}")]
    Connect {
        /// The peer.
        peer: AeAddress,
        /// What the operating system says.
        #[source]
        error: io::Error,
    },
    /// No TLS on the connection.
    #[error("{peer}: the TLS handshake failed: {problem}")]
    Tls {
        /// The peer.
        peer: AeAddress,
        /// What the TLS library says.
        problem: String,
    },
    /// The peer rejected the association.
    #[error("the association was rejected ({}): {reason}", if *transient { "transient" } else { "permanent" })]
    Rejected {
        /// Whether the peer says that this may pass.
        transient: bool,
        /// The reason by PS3.8 9.3.4, in words.
        reason: String,
    },
    /// The peer takes no instances of this SOP class.
    #[error("the peer does not accept SOP class {sop_class}")]
    SopClassNotAccepted {
        /// The class of the instance.
        sop_class: Uid,
    },
    /// The peer takes the SOP class, but not in the transfer syntax in which the instance is.
    #[error("the peer does not accept SOP class {sop_class} in transfer syntax {transfer_syntax}")]
    TransferSyntaxNotAccepted {
        /// The class of the instance.
        sop_class: Uid,
        /// The transfer syntax of the file.
        transfer_syntax: Uid,
    },
    /// The peer does not take the presentation context for a reason that says nothing of either.
    #[error("the peer rejected the presentation context of SOP class {sop_class}")]
    ContextRejected {
        /// The class of the instance.
        sop_class: Uid,
    },
    /// The peer answered with a status that is neither success nor a warning.
    #[error("the peer answered with status {0}")]
    Refused(Status),
    /// The peer aborted the association.
    #[error("the peer aborted the association")]
    Aborted,
    /// The connection, or a PDU on it.
    #[error(transparent)]
    Pdu(#[from] PduError),
    /// The peer sent something that must not come at this moment.
    #[error("the peer sent {0}")]
    Unexpected(&'static str),
    /// The answer of the peer is no command set.
    #[error("the answer of the peer cannot be read: {0}")]
    Answer(#[from] MalformedCommandSet),
    /// The file cannot be sent.
    #[error(transparent)]
    File(#[from] InstanceFileError),
    /// The association ended at an earlier instance.
    #[error("it was not sent, since the association ended at another instance")]
    NotAttempted,
}

impl SendError {
    /// Whether the peer does not take instances of this SOP class, whatever their transfer syntax.
    #[must_use]
    pub fn is_sop_class_refused(&self) -> bool {
        match self {
            Self::SopClassNotAccepted { .. } | Self::ContextRejected { .. } => true,
            Self::Refused(status) => *status == Status::SOP_CLASS_NOT_SUPPORTED,
            _ => false,
        }
    }

    /// Whether the same may succeed later without anybody changing anything: the peer cannot be reached, is busy, short of
    /// resources, or lost the association.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Aborted | Self::NotAttempted => true,
            Self::Rejected { transient, .. } => *transient,
            Self::Refused(status) => status.is_transient(),
            Self::Pdu(error) => !matches!(error, PduError::Encode),
            Self::Tls { .. }
            | Self::SopClassNotAccepted { .. }
            | Self::TransferSyntaxNotAccepted { .. }
            | Self::ContextRejected { .. }
            | Self::Unexpected(_)
            | Self::Answer(_)
            | Self::File(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_from_what_stays() {
        let uid = |text| Uid::new(text).unwrap();
        let syntax =
            SendError::TransferSyntaxNotAccepted { sop_class: uid("1.2"), transfer_syntax: uid("1.2.840.10008.1.2.5") };
        assert_eq!(syntax.to_string(), "the peer does not accept SOP class 1.2 in transfer syntax 1.2.840.10008.1.2.5");
        assert!(!syntax.is_transient() && !syntax.is_sop_class_refused());
        assert!(SendError::SopClassNotAccepted { sop_class: uid("1.2") }.is_sop_class_refused());
        assert!(SendError::Refused(Status::SOP_CLASS_NOT_SUPPORTED).is_sop_class_refused());
        assert!(SendError::Refused(Status::OUT_OF_RESOURCES).is_transient());
        assert!(!SendError::Refused(Status::CANNOT_UNDERSTAND).is_transient());
        assert!(SendError::Rejected { transient: true, reason: "local limit exceeded".into() }.is_transient());
        let called = SendError::Rejected { transient: false, reason: "called AE title not recognized".into() };
        assert!(!called.is_transient());
        assert_eq!(called.to_string(), "the association was rejected (permanent): called AE title not recognized");
    }
}
