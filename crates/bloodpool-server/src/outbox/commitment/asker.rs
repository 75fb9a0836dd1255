//! `CommitmentAsker`: the loop that asks a destination to keep what it was sent.

use std::sync::Arc;
use std::time::Duration;

use bloodpool_dicom::net::{
    AwaitedReport, CommitmentReport, CommitmentRequest, InstanceFile, ReportNotTaken, SopReference, StopToken, Uid,
};

use super::report::Reported;
use super::request::{ClaimedCommitment, CommitmentPolicy};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// How often to look for what has become due.
const POLL: Duration = Duration::from_millis(500);

/// Asks a destination to keep instances.
pub trait AskCommitment: Send + Sync + 'static {
    /// Asks, and gives `awaited` a report that comes at once; others come to the listener.
    ///
    /// # Errors
    /// Why it was not asked, or did not take the request, without the name of the patient.
    fn ask(&self, destination: &str, request: &CommitmentRequest, awaited: &dyn AwaitedReport) -> Result<(), String>;
}

/// Asks one destination, on the thread that calls it.
pub struct CommitmentAsker {
    store: Arc<Store>,
    ask: Arc<dyn AskCommitment>,
    destination: String,
    policy: CommitmentPolicy,
}

impl CommitmentAsker {
    /// An asker.
    #[must_use]
    pub fn new(store: Arc<Store>, ask: Arc<dyn AskCommitment>, destination: String, policy: CommitmentPolicy) -> Self {
        Self { store, ask, destination, policy }
    }

    /// Asks until a stop is asked for. Errors of the store are logged, and tried again.
    pub fn run(&self, stop: &StopToken) {
        let mut seen = 0;
        while !stop.is_stopped() {
            match self.ask_due(UtcTime::now()) {
                Ok(0) => seen = self.store.wait_for_news(seen, POLL),
                Ok(_) => {}
                Err(error) => {
                    tracing::error!("storage commitment cannot be asked for: {error}");
                    std::thread::sleep(POLL);
                }
            }
        }
    }

    /// Makes one request for what is due, and tells for how many objects.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ask_due(&self, now: UtcTime) -> Result<usize, StoreError> {
        let Some(claimed) = self.store.claim_commitment(&self.destination, &self.policy, now)? else { return Ok(0) };
        let ClaimedCommitment { transaction, destination, deliveries, instances } = &claimed;
        let count = deliveries.len();
        let mut named = Vec::with_capacity(count);
        for (delivery, (_, sha256)) in deliveries.iter().zip(instances) {
            match InstanceFile::open(&self.store.object_path(sha256)) {
                Ok(file) => named.push(SopReference { sop_class: file.sop_class, sop_instance: file.sop_instance }),
                Err(error) => {
                    let reason = format!("the file of the object cannot be read: {error}");
                    tracing::warn!(event = "commitment_not_asked", delivery, reason);
                    self.store.commitment_not_asked(transaction, &[*delivery], &reason)?;
                }
            }
        }
        if named.is_empty() {
            return Ok(count);
        }
        let request = CommitmentRequest { transaction: transaction.clone(), instances: named };
        let awaited = Awaited { store: &self.store, policy: &self.policy, transaction };
        match self.ask.ask(destination, &request, &awaited) {
            Ok(()) => tracing::info!(event = "commitment_asked", to = destination, objects = count),
            Err(reason) => {
                tracing::warn!(event = "commitment_not_asked", to = destination, objects = count, reason);
                self.store.commitment_not_asked(transaction, deliveries, &reason)?;
            }
        }
        Ok(count)
    }
}

/// Records the report of one request.
struct Awaited<'a> {
    store: &'a Store,
    policy: &'a CommitmentPolicy,
    transaction: &'a Uid,
}

impl AwaitedReport for Awaited<'_> {
    fn report(&self, report: &CommitmentReport) -> Result<(), ReportNotTaken> {
        take(self.store, report, self.policy)
    }

    fn is_settled(&self) -> bool {
        self.store.commitment_reported(self.transaction).unwrap_or(false)
    }
}

/// Records a report, however it came, and logs it.
pub(crate) fn take(store: &Store, report: &CommitmentReport, policy: &CommitmentPolicy) -> Result<(), ReportNotTaken> {
    match store.record_commitment(report, policy, UtcTime::now()) {
        Ok(Some(Reported { committed, resent, again, failed })) => {
            tracing::info!(event = "commitment", committed, resent, again, failed);
            Ok(())
        }
        Ok(None) => Err(ReportNotTaken::UnknownTransaction),
        Err(error) => {
            tracing::error!("a report of storage commitment cannot be recorded: {error}");
            Err(ReportNotTaken::NotRecorded)
        }
    }
}
