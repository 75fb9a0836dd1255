//! `/healthz` and `/metrics`: whether the server works, and counts in the text format of Prometheus. Neither names anybody.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::refusal::Refusal;
use crate::queue::job::JobState;

/// `GET /healthz`: 200 where the database can be read.
pub(super) async fn health(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    app.blocking(|app| {
        app.reader.status_counts()?;
        Ok("ok\n".into_response())
    })
    .await
}

/// `GET /metrics`.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    app.blocking(|app| {
        let [automatic, reviewed, signed] = app.reader.status_counts()?;
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, rows: &[(&str, f64)]| {
            // Writing into a string does not fail.
            let _ = writeln!(text, "# HELP bloodpool_{name} {help}\n# TYPE bloodpool_{name} {kind}");
            for (labels, value) in rows {
                let _ = writeln!(text, "bloodpool_{name}{labels} {value}");
            }
        };
        let counters = &app.counters;
        let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed) as f64;
        family(
            "studies",
            "gauge",
            "Studies of the list by status.",
            &[
                ("{status=\"automatic\"}", automatic as f64),
                ("{status=\"reviewed\"}", reviewed as f64),
                ("{status=\"signed\"}", signed as f64),
            ],
        );
        let mut jobs = Vec::new();
        for state in JobState::ALL {
            jobs.push((format!("{{state=\"{}\"}}", state.name()), app.reader.job_count(state)? as f64));
        }
        let jobs: Vec<(&str, f64)> = jobs.iter().map(|(labels, value)| (labels.as_str(), *value)).collect();
        family("jobs", "gauge", "Jobs of the queue by state.", &jobs);
        let of_state = |state: &str, count: u64| (format!("{{state=\"{state}\"}}"), count as f64);
        let deliveries = app.reader.delivery_counts()?.map(|(state, count)| of_state(state.name(), count));
        let deliveries = deliveries.each_ref().map(|(labels, value)| (labels.as_str(), *value));
        family("deliveries", "gauge", "Objects in the outbox by state.", &deliveries);
        let commitments = app.reader.commitment_counts()?.map(|(state, count)| of_state(state.name(), count));
        let commitments = commitments.each_ref().map(|(labels, value)| (labels.as_str(), *value));
        family("commitments", "gauge", "Objects by the state of their storage commitment.", &commitments);
        family("requests_total", "counter", "HTTP requests.", &[("", of(&counters.requests))]);
        family(
            "refused_requests_total",
            "counter",
            "Requests of other sites or hosts.",
            &[("", of(&counters.refused))],
        );
        family("edits_total", "counter", "Edits of outlines and frames.", &[("", of(&counters.edits))]);
        family("uploads_total", "counter", "Instances received from the web.", &[("", of(&counters.uploads))]);
        family("failed_logins_total", "counter", "Logins that were refused.", &[("", of(&counters.failed_logins))]);
        family("open_studies", "gauge", "Studies that are kept in memory.", &[("", app.live.count() as f64)]);
        let (number, sum) = *counters.measurement_ms.lock().unwrap_or_else(PoisonError::into_inner);
        family(
            "preview_measurement_seconds",
            "summary",
            "Measurements of previews.",
            &[("_sum", sum / 1000.0), ("_count", number as f64)],
        );
        family("uptime_seconds", "gauge", "Time since the start.", &[("", counters.started.elapsed().as_secs_f64())]);
        Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
    })
    .await
}
