//! `Worker`: the loop that analyses what is due.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use bloodpool_dicom::net::{RetryPolicy, StopToken};

use super::claim::ClaimedJob;
use crate::analysis::{Analyse, AnalysisError, Produced};
use crate::outbox::backoff::delay;
use crate::outbox::route::Route;
use crate::results::ResultKey;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// How jobs are done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How long a job belongs to an attempt that does not renew its lease. Afterwards it counts as crashed, and the result of
    /// the attempt is not taken. Attempts renew it while they work.
    pub lease: Duration,
    /// How long an attempt renews its lease: an analysis that takes longer by more than a lease counts as crashed.
    pub longest: Duration,
    /// When to try again what failed for a reason that may pass.
    pub retry: RetryPolicy,
    /// How often to look for jobs that have become due.
    pub poll: Duration,
    /// Where objects of automatic results go.
    pub routes: Vec<Route>,
}

impl Default for WorkerSettings {
    /// A lease of 1 minute, 30 minutes per analysis, 6 attempts within 6 minutes.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            longest: Duration::from_secs(30 * 60),
            retry: RetryPolicy { attempts: Some(6), ..RetryPolicy::default() },
            poll: Duration::from_millis(500),
            routes: Vec::new(),
        }
    }
}

/// Analyses what is due, one job at a time, on the thread that calls it. Several workers may share a store.
pub struct Worker {
    store: Arc<Store>,
    analyse: Arc<dyn Analyse>,
    settings: WorkerSettings,
}

impl Worker {
    /// A worker.
    #[must_use]
    pub fn new(store: Arc<Store>, analyse: Arc<dyn Analyse>, settings: WorkerSettings) -> Self {
        Self { store, analyse, settings }
    }

    /// Works until a stop is asked for; a job that was begun is ended first. Errors of the store are logged, and tried again.
    pub fn run(&self, stop: &StopToken) {
        let mut seen = 0;
        while !stop.is_stopped() {
            match self.work_due(UtcTime::now(), stop) {
                Ok(true) => {}
                Ok(false) => seen = self.store.wait_for_news(seen, self.settings.poll),
                Err(error) => {
                    tracing::error!("the queue cannot be worked on: {error}");
                    std::thread::sleep(self.settings.poll);
                }
            }
        }
    }

    /// Does the job that is due for longest; `false` where there is none.
    ///
    /// # Errors
    /// [`StoreError`] where no job can be claimed.
    pub fn work_due(&self, now: UtcTime, stop: &StopToken) -> Result<bool, StoreError> {
        let Some(job) = self.store.claim_job(self.settings.lease, now)? else { return Ok(false) };
        let mut recorded = self.attempt(&job);
        // A disk that is full is no fault of the study: the job is put off as soon as that can be recorded.
        while let Err(error) = recorded {
            tracing::error!(job = job.id, "a job cannot be recorded: {error}");
            if stop.is_stopped() {
                break;
            }
            std::thread::sleep(self.settings.poll);
            let (reason, now) = (format!("the result cannot be recorded: {error}"), UtcTime::now());
            recorded = self.store.postpone_job(&job, &reason, now.after(self.settings.poll), now);
        }
        Ok(true)
    }

    fn attempt(&self, job: &ClaimedJob) -> Result<(), StoreError> {
        let key = ResultKey::new(&job.input, self.analyse.identity());
        if self.store.has_result(&key)? {
            return self.store.skip_job(job, UtcTime::now());
        }
        // What is shared with the analysis is not used again after a panic but for its next call.
        let began = Instant::now();
        let outcome: std::thread::Result<Result<Vec<Produced>, AnalysisError>> =
            self.renewing(job, || catch_unwind(AssertUnwindSafe(|| self.analyse.analyse(&job.input))));
        let now = UtcTime::now();
        let (id, attempt, took_ms) = (job.id, job.attempt, began.elapsed().as_millis() as u64);
        match outcome {
            Err(_) => {
                tracing::error!(event = "job_crashed", job = id, attempt, took_ms, "the analysis panicked");
                self.store.crash_job(job, now)
            }
            Ok(Ok(produced)) => {
                let completion = self.store.complete_job(job, &key, &produced, &self.settings.routes, now)?;
                let (objects, completion) = (produced.len(), format!("{completion:?}"));
                tracing::info!(event = "job_done", job = id, attempt, took_ms, objects, completion);
                Ok(())
            }
            Ok(Err(AnalysisError { reason, may_pass })) => {
                let wait = delay(&self.settings.retry, attempt, id.unsigned_abs());
                match wait.filter(|_| may_pass) {
                    Some(wait) => {
                        tracing::warn!(event = "job_postponed", job = id, attempt, took_ms, reason);
                        self.store.postpone_job(job, &reason, now.after(wait), now)
                    }
                    None => {
                        tracing::warn!(event = "job_failed", job = id, attempt, took_ms, reason);
                        self.store.fail_job(job, &reason, now)
                    }
                }
            }
        }
    }

    /// Works on a job, and renews its lease meanwhile.
    fn renewing<T>(&self, job: &ClaimedJob, work: impl FnOnce() -> T) -> T {
        let (working, ended) = channel::<()>();
        let WorkerSettings { lease, longest, .. } = self.settings;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let began = Instant::now();
                while ended.recv_timeout(lease / 3) == Err(RecvTimeoutError::Timeout) && began.elapsed() < longest {
                    match self.store.renew_lease(job, lease, UtcTime::now()) {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(error) => tracing::error!(job = job.id, "a lease cannot be renewed: {error}"),
                    }
                }
            });
            let result = work();
            // Ends the thread.
            drop(working);
            result
        })
    }
}
