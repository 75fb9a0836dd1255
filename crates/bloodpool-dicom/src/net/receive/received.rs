//! `Received`: what a caller does with each instance that was stored, and what it is told about associations.

use std::net::IpAddr;
use std::path::PathBuf;

use super::association_error::AssociationError;
use crate::net::ae_title::AeTitle;
use crate::net::commitment::report::{CommitmentReport, ReportNotTaken};
use crate::net::status::Status;
use crate::net::uid::Uid;

/// Takes what was received.
pub trait Received: Send + Sync + 'static {
    /// An instance is on disk, and its sender does not know it yet. It is told so when this returns `Ok`.
    ///
    /// It may be called again for the same instance: a sender that got no answer sends again. It may block, and is called
    /// for one SOP Instance UID at a time.
    ///
    /// # Errors
    /// [`NotRecorded`]: the sender gets status 0x0110, and the file stays.
    fn stored(&self, instance: &StoredInstance) -> Result<(), NotRecorded>;

    /// A peer that was asked for storage commitment says what it keeps. It is told that this was taken when this returns `Ok`.
    /// It may block. Reports are taken only where [`ReceiveSettings::commitment_peers`](super::settings::ReceiveSettings)
    /// names somebody.
    ///
    /// # Errors
    /// [`ReportNotTaken`], which the peer is told.
    fn committed(&self, report: &CommitmentReport) -> Result<(), ReportNotTaken> {
        let _ = report;
        Err(ReportNotTaken::UnknownTransaction)
    }

    /// Something happened that an administrator may want to know. It names no patient.
    fn event(&self, event: &Event) {
        let _ = event;
    }
}

/// The caller could not record an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the instance cannot be recorded")]
pub struct NotRecorded;

/// An instance on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInstance {
    /// The file: preamble, file meta information, and the data set as it was received.
    pub path: PathBuf,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// Transfer Syntax UID.
    pub transfer_syntax_uid: &'static str,
    /// SHA-256 of the data set as it was received, in hexadecimal digits.
    pub data_set_sha256: String,
    /// Its length.
    pub data_set_bytes: u64,
    /// Whether it was known.
    pub arrival: Arrival,
    /// Who sent it.
    pub sender: Sender,
}

/// Whether an instance was known when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// No instance with this SOP Instance UID was there.
    First,
    /// The same bytes were there. Nothing was written; `path` is what was there.
    Duplicate,
    /// Other bytes with this SOP Instance UID were there, in the named file. Both files are kept.
    Differing {
        /// The file that came first.
        first: PathBuf,
    },
}

/// The requestor of an association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Its AE title.
    pub calling_ae_title: AeTitle,
    /// The title that it called.
    pub called_ae_title: AeTitle,
    /// Its address, where the connection has one.
    pub address: Option<IpAddr>,
}

/// What happened, for a log.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// An association was not accepted.
    Rejected {
        /// Calling AE title, where it was read and is one.
        calling: Option<AeTitle>,
        /// Address.
        address: Option<IpAddr>,
        /// Why.
        reason: Rejection,
    },
    /// An association was accepted.
    Accepted {
        /// By whom.
        sender: Sender,
        /// Presentation contexts proposed.
        proposed: usize,
        /// Of these, accepted.
        accepted: usize,
    },
    /// A request was answered with a status that is not success.
    Refused {
        /// From whom.
        sender: Sender,
        /// The status.
        status: Status,
        /// What Error Comment (0000,0902) says.
        comment: &'static str,
    },
    /// A peer reported what it keeps, and that was recorded.
    Committed {
        /// From whom.
        sender: Sender,
        /// Instances that it keeps.
        committed: usize,
        /// Instances that it does not keep.
        failed: usize,
    },
    /// An association ended other than by its release.
    Broken {
        /// From whom; `None` where it was not accepted yet.
        sender: Option<Sender>,
        /// Address.
        address: Option<IpAddr>,
        /// Why.
        error: AssociationError,
    },
    /// No connection can be accepted at the moment.
    NotListening {
        /// What the operating system says.
        error: std::io::Error,
    },
}

/// Why an association was rejected (PS3.8 9.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Permanent, called AE title not recognized.
    #[error("the called AE title is not one of this system")]
    CalledAeTitle,
    /// Permanent, calling AE title not recognized: title and address are not those of an allowed peer.
    #[error("the calling AE title is not allowed from this address")]
    CallingAeTitle,
    /// Permanent, application context name not supported.
    #[error("the application context name is not that of DICOM")]
    ApplicationContext,
    /// Permanent, protocol version not supported.
    #[error("the protocol version is not 1")]
    ProtocolVersion,
    /// Transient, local limit exceeded.
    #[error("as many associations as allowed are open")]
    AssociationLimit,
    /// Transient, temporary congestion.
    #[error("the program stops")]
    Stopping,
}
