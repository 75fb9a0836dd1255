//! `DicomCommitment`: requests by N-ACTION, with the SCU of bloodpool-dicom.

use std::time::Duration;

use bloodpool_dicom::net::{AeAddress, AwaitedReport, CommitmentRequest, StorageScu};
use tokio::runtime::Handle;

use super::asker::AskCommitment;

/// How long to keep the association of a request open for its report. Archives that report by another association do so
/// whenever they like.
const LONGEST: Duration = Duration::from_secs(5);

/// Asks by N-ACTION; a destination is written `AET@HOST:PORT`. It blocks, and so is not for threads of the runtime.
pub struct DicomCommitment {
    scu: StorageScu,
    runtime: Handle,
}

impl DicomCommitment {
    /// Asks with this SCU on this runtime.
    #[must_use]
    pub fn new(scu: StorageScu, runtime: Handle) -> Self {
        Self { scu, runtime }
    }
}

impl AskCommitment for DicomCommitment {
    fn ask(&self, destination: &str, request: &CommitmentRequest, awaited: &dyn AwaitedReport) -> Result<(), String> {
        let peer: AeAddress = destination.parse().map_err(|error| format!("{error}"))?;
        let asked = self.runtime.block_on(self.scu.commit(&peer, request, LONGEST, awaited));
        asked.map_err(|error| error.to_string())
    }
}
