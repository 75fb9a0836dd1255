//! `Sender`: the loop that makes deliveries which are due.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bloodpool_dicom::net::{RetryPolicy, Status, StopToken};

use super::delivery::{Attempt, DeliveryState, NotDelivered};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// Sends files to a destination.
pub trait Deliver: Send + Sync + 'static {
    /// Sends the files in turn, and says of each what the destination answered. Files at the end for which nothing is said
    /// were not tried. It may be called again for a file that the destination has.
    fn deliver(&self, destination: &str, files: &[PathBuf]) -> Vec<Result<Status, NotDelivered>>;
}

/// How deliveries are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderSettings {
    /// When to try again.
    pub retry: RetryPolicy,
    /// Objects that are sent at one go.
    pub most: usize,
    /// How often to look for deliveries that have become due.
    pub poll: Duration,
}

impl Default for SenderSettings {
    fn default() -> Self {
        Self { retry: RetryPolicy::default(), most: 32, poll: Duration::from_millis(500) }
    }
}

/// Makes deliveries, on the thread that calls it. Each destination may have its own, so that one that does not answer
/// keeps no other waiting.
pub struct Sender {
    store: Arc<Store>,
    deliver: Arc<dyn Deliver>,
    destination: Option<String>,
    settings: SenderSettings,
}

impl Sender {
    /// `destination`: that one alone; `None` for all.
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        deliver: Arc<dyn Deliver>,
        destination: Option<String>,
        settings: SenderSettings,
    ) -> Self {
        Self { store, deliver, destination, settings }
    }

    /// Makes deliveries until a stop is asked for. Errors of the store are logged, and tried again.
    pub fn run(&self, stop: &StopToken) {
        let mut seen = 0;
        while !stop.is_stopped() {
            match self.send_due(UtcTime::now()) {
                Ok(0) => seen = self.store.wait_for_news(seen, self.settings.poll),
                Ok(_) => {}
                Err(error) => {
                    tracing::error!("the outbox cannot be worked on: {error}");
                    std::thread::sleep(self.settings.poll);
                }
            }
        }
    }

    /// Makes the deliveries of one destination that are due, and tells how many were tried.
    ///
    /// # Errors
    /// [`StoreError`]. What was sent and could not be recorded is sent again after the next start.
    pub fn send_due(&self, now: UtcTime) -> Result<usize, StoreError> {
        let claimed = self.store.claim_deliveries(self.destination.as_deref(), self.settings.most, now)?;
        let Some((destination, deliveries)) = claimed else { return Ok(0) };
        // What was changed on disk is not sent.
        let (mut attempts, mut good) = (vec![None; deliveries.len()], Vec::new());
        for (index, delivery) in deliveries.iter().enumerate() {
            match self.store.object(&delivery.sha256) {
                Ok(_) => good.push(index),
                Err(error) => {
                    let may_pass = !matches!(error, StoreError::Damaged { .. });
                    let reason = format!("the file of the object cannot be sent: {error}");
                    attempts[index] = Some(Attempt::NotDelivered(NotDelivered::before_sending(reason, may_pass)));
                }
            }
        }
        let files: Vec<PathBuf> = good.iter().map(|&index| deliveries[index].file.clone()).collect();
        let mut answers = if files.is_empty() {
            Vec::new().into_iter()
        } else {
            self.deliver.deliver(&destination, &files).into_iter()
        };
        for index in good {
            let not_tried = || NotDelivered::before_sending("it was not tried".to_owned(), true);
            attempts[index] = Some(match answers.next().unwrap_or_else(|| Err(not_tried())) {
                Ok(status) => Attempt::Answered(status),
                Err(failure) => Attempt::NotDelivered(failure),
            });
        }
        for (delivery, attempt) in deliveries.iter().zip(&attempts) {
            let Some(attempt) = attempt else { continue };
            self.record(delivery, attempt)?;
        }
        Ok(deliveries.len())
    }

    /// Records how an attempt ended, and tries for a while, since a delivery that is not recorded waits for a restart.
    fn record(&self, delivery: &super::delivery::ClaimedDelivery, attempt: &Attempt) -> Result<(), StoreError> {
        let mut last = None;
        for _ in 0..10 {
            match self.store.record_attempt(delivery, attempt, &self.settings.retry, UtcTime::now()) {
                Ok(state) => {
                    log(delivery, attempt, state);
                    return Ok(());
                }
                Err(error) => last = Some(error),
            }
            std::thread::sleep(self.settings.poll);
        }
        last.map_or(Ok(()), Err)
    }
}

fn log(delivery: &super::delivery::ClaimedDelivery, attempt: &Attempt, state: DeliveryState) {
    let (id, state, count) = (delivery.id, state.name(), delivery.attempt);
    match attempt {
        Attempt::Answered(status) => {
            tracing::info!(event = "delivery", delivery = id, state, attempt = count, status = %status);
        }
        Attempt::NotDelivered(NotDelivered { reason, .. }) => {
            tracing::warn!(event = "delivery", delivery = id, state, attempt = count, reason);
        }
    }
}
