//! `App`: what all requests share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::http::StatusCode;

use super::live::LiveStudies;
use super::refusal::Refusal;
use super::settings::WebSettings;
use crate::annotate::annotation::Annotation;
use crate::inbox::Inbox;
use crate::outbox::route::Route;
use crate::people::account::Person;
use crate::review::program::ReviewAnalysis;
use crate::store::{Reader, Store};

/// What all requests share.
pub(super) struct App {
    pub(super) store: Arc<Store>,
    pub(super) reader: Reader,
    pub(super) inbox: Arc<Inbox>,
    pub(super) program: Arc<dyn ReviewAnalysis>,
    /// Where objects go.
    pub(super) routes: Vec<Route>,
    pub(super) settings: WebSettings,
    /// The values of the `Host` header that are answered.
    pub(super) hosts: Vec<String>,
    pub(super) live: LiveStudies,
    /// Images that raters draw on, where there are any.
    pub(super) annotation: Option<Arc<Annotation>>,
    pub(super) counters: Counters,
    /// Files that are being taken: each is in memory as a whole.
    pub(super) uploads: tokio::sync::Semaphore,
    /// Passwords that are being looked at or wait for it.
    pub(super) logins: tokio::sync::Semaphore,
}

/// What is counted since the start; without anything about patients.
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) edits: AtomicU64,
    pub(super) uploads: AtomicU64,
    pub(super) failed_logins: AtomicU64,
    pub(super) started: Instant,
    /// Measurements of previews: number, and milliseconds of all.
    pub(super) measurement_ms: Mutex<(u64, f64)>,
}

impl Default for Counters {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            requests: zero(),
            refused: zero(),
            edits: zero(),
            uploads: zero(),
            failed_logins: zero(),
            started: Instant::now(),
            measurement_ms: Mutex::default(),
        }
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl App {
    /// Runs what blocks (database, files, measurement) off the thread that answers requests.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let app = Arc::clone(self);
        // A panic of one request must not be the end of the others.
        tokio::task::spawn_blocking(move || work(&app)).await.unwrap_or_else(|error| {
            tracing::error!("a request ended with a panic: {error}");
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))
        })
    }
}

/// Requires that a person may do something.
pub(super) fn require(allowed: bool) -> Result<(), Refusal> {
    if allowed { Ok(()) } else { Err(Refusal::new(StatusCode::FORBIDDEN, "not_allowed")) }
}

/// The person of a request; every route behind the guard has one.
pub(super) type Who = axum::Extension<Person>;
