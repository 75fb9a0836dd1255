//! DICOM over the network: a Storage SCP that receives instances, and an SCU that verifies, sends, and asks for storage
//! commitment (PS3.7, PS3.8).
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use bloodpool_dicom::net::{
//!     AeTitle, NotRecorded, ReceiveSettings, Received, ReceivedFolder, Stop, StorageScp, StoredInstance,
//! };
//!
//! struct Printed;
//!
//! impl Received for Printed {
//!     fn stored(&self, instance: &StoredInstance) -> Result<(), NotRecorded> {
//!         println!("{}", instance.path.display());
//!         Ok(())
//!     }
//! }
//!
//! # async fn receive() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = ReceiveSettings::new(AeTitle::new("BLOODPOOL")?);
//! let folder = ReceivedFolder::open(Path::new("received"))?;
//! let scp = StorageScp::new(settings, folder, Arc::new(Printed))?;
//! let listener = tokio::net::TcpListener::bind("0.0.0.0:11112").await?;
//! let (_stop, stopped) = Stop::new();
//! scp.serve(listener, stopped, Duration::from_secs(30)).await;
//! # Ok(())
//! # }
//! ```

mod ae_address;
mod ae_title;
mod command_set;
mod commitment;
mod pdu_stream;
mod receive;
mod send;
mod status;
mod stop;
mod timeouts;
mod tls;
mod uid;

pub use ae_address::{AeAddress, InvalidAeAddress};
pub use ae_title::{AeTitle, InvalidAeTitle};
pub use command_set::MalformedCommandSet;
pub use commitment::failure_reason::FailureReason;
pub use commitment::report::{CommitmentReport, NotCommitted, ReportNotTaken};
pub use commitment::request::{CommitmentRequest, SopReference};
pub use pdu_stream::PduError;
pub use receive::association_error::AssociationError;
pub use receive::free_space::{FileSystemSpace, FreeSpace};
pub use receive::from_file::{StoreFileError, StoredFile};
pub use receive::peers::{AddressRange, AllowedPeers, InvalidAddressRange, Peer};
pub use receive::received::{Arrival, Event, NotRecorded, Received, Rejection, Sender, StoredInstance};
pub use receive::received_folder::{FolderError, ReceivedFolder};
pub use receive::settings::{Limits, ReceiveSettings};
pub use receive::storage_classes::StorageClasses;
pub use receive::{ReceiveError, StorageScp};
pub use send::StorageScu;
pub use send::association::SendAssociation;
pub use send::commitment::AwaitedReport;
pub use send::error::SendError;
pub use send::instance_file::{InstanceFile, InstanceFileError};
pub use send::retry::RetryPolicy;
pub use send::settings::{Delivered, SendSettings};
pub use status::Status;
pub use stop::{Stop, StopToken};
pub use timeouts::Timeouts;
pub use tls::{TlsClient, TlsError, TlsIdentity, TlsServer};
pub use uid::{InvalidUid, Uid};
