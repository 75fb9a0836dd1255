//! `DicomDeliver`: deliveries by C-STORE, with the Storage SCU of bloodpool-dicom.

use std::path::PathBuf;

use bloodpool_dicom::net::{AeAddress, Delivered, InstanceFile, SendError, Status, StorageScu};
use tokio::runtime::Handle;

use super::delivery::NotDelivered;
use super::sender::Deliver;

/// Sends by C-STORE; a destination is written `AET@HOST:PORT`. It blocks, and so is not for threads of the runtime.
pub struct DicomDeliver {
    scu: StorageScu,
    runtime: Handle,
}

impl DicomDeliver {
    /// Sends with this SCU on this runtime.
    #[must_use]
    pub fn new(scu: StorageScu, runtime: Handle) -> Self {
        Self { scu, runtime }
    }
}

impl Deliver for DicomDeliver {
    fn deliver(&self, destination: &str, files: &[PathBuf]) -> Vec<Result<Status, NotDelivered>> {
        let lasting = |reason: String| NotDelivered::before_sending(reason, false);
        let peer: AeAddress = match destination.parse() {
            Ok(peer) => peer,
            Err(error) => return files.iter().map(|_| Err(lasting(format!("{error}")))).collect(),
        };
        let opened: Vec<Result<InstanceFile, NotDelivered>> = files
            .iter()
            .map(|file| {
                InstanceFile::open(file).map_err(|error| lasting(format!("the object cannot be sent: {error}")))
            })
            .collect();
        let good: Vec<InstanceFile> = opened.iter().filter_map(|file| file.as_ref().ok().cloned()).collect();
        let mut answers = self.runtime.block_on(self.scu.send(&peer, &good)).into_iter();
        let sent = opened.into_iter().map(|file| match file {
            Err(failure) => Err(failure),
            Ok(_) => match answers.next().unwrap_or(Err(SendError::NotAttempted)) {
                Ok(Delivered::Stored) => Ok(Status::SUCCESS),
                Ok(Delivered::Known) => Ok(Status::DUPLICATE_SOP_INSTANCE),
                Ok(Delivered::WithWarning(status)) => Ok(status),
                Err(error) => Err(NotDelivered {
                    status: if let SendError::Refused(status) = &error { Some(*status) } else { None },
                    may_pass: error.is_transient(),
                    sop_class_refused: error.is_sop_class_refused(),
                    reason: error.to_string(),
                }),
            },
        });
        sent.collect()
    }
}
