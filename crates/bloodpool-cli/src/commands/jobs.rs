//! `jobs`, `backup` and `restore`: what is in the data folder of a listener, and copies of it.

use std::path::Path;

use bloodpool_config::listen::ListenSection;
use bloodpool_server::{
    BackupSummary, DeliveryState, JobDocument, JobRow, JobState, Reader, Store, StoreError, UtcTime,
};

use super::analyze::to_stdout;
use crate::cli::{BackupFlags, JobsFlags};
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::{SettingsFile, data_folder};

/// More deliveries than any outbox is expected to have.
const ALL: usize = 1_000_000;

/// Lists jobs, or tries one again.
pub(crate) fn run(flags: JobsFlags, file: &SettingsFile) -> anyhow::Result<Outcome> {
    let data = data_folder(flags.data, file.listen.as_ref())?;
    if let Some(job) = flags.retry {
        return retry(&data, job);
    }
    let state = flags.state.as_deref().map(state).transpose()?;
    let reader = Reader::open(&data).map_err(as_usage)?;
    let jobs = reader.jobs(state, flags.most)?;
    if flags.json {
        jobs.iter().try_for_each(|job| to_stdout(&serde_json::to_string(&JobDocument::from(job))?))?;
        return Ok(Outcome::Done);
    }
    to_stdout(&format!(
        "{:>6}  {:7}  {:>8}  {:20}  {}",
        "job", "state", "attempts", "changed", "study, and why it has no result"
    ))?;
    jobs.iter().try_for_each(|job| to_stdout(&line(job)))?;
    let of = |state| Ok::<_, StoreError>(reader.deliveries(Some(state), ALL)?.len());
    let (waiting, sending) = (of(DeliveryState::Waiting)?, of(DeliveryState::Sending)?);
    let (delivered, failed) = (of(DeliveryState::Delivered)?, of(DeliveryState::Failed)?);
    to_stdout(&format!("outbox: {delivered} delivered, {} to be sent, {failed} failed", waiting + sending))?;
    for row in reader.deliveries(None, ALL)?.iter().filter(|row| row.state != DeliveryState::Delivered).take(flags.most)
    {
        let kind = row.kind.map_or("object", bloodpool_server::ObjectKind::name);
        let why = row.error.as_deref().unwrap_or_default();
        let (state, attempts) = (row.state.name(), row.attempts);
        to_stdout(&format!("{:>6}  {state:7}  {attempts:>8}  {kind} to {}  {why}", row.id, row.destination))?;
    }
    Ok(Outcome::Done)
}

fn line(job: &JobRow) -> String {
    let several = if job.instances > 1 { format!(" ({} instances)", job.instances) } else { String::new() };
    let differing = if job.differing { " (other bytes with this UID came before)" } else { "" };
    let why = job.error.as_ref().map(|error| format!("  {error}")).unwrap_or_default();
    let (state, changed) = (job.state.name(), job.changed.to_string());
    format!("{:>6}  {state:7}  {:>8}  {changed:20}  {}{several}{differing}{why}", job.id, job.attempts, job.input_uid)
}

fn state(name: &str) -> anyhow::Result<JobState> {
    let known = JobState::ALL.map(JobState::name).join(", ");
    let found = JobState::ALL.into_iter().find(|state| state.name() == name);
    found.ok_or_else(|| wrong_usage(format!("{name:?} is no state of a job: choose of {known}")))
}

fn retry(data: &Path, job: i64) -> anyhow::Result<Outcome> {
    let store = Store::open(data, bloodpool_report::SOFTWARE).map_err(|error| match error {
        StoreError::Lock(_) => wrong_usage(format!("{error}; stop the listener first")),
        other => as_usage(other),
    })?;
    if !store.retry_job(job, UtcTime::now())? {
        return Err(wrong_usage(format!("{} has no failed job {job}; nothing was changed", data.display())));
    }
    to_stdout(&format!("job {job} is tried again when the listener runs"))?;
    Ok(Outcome::Done)
}

/// Copies a data folder into a backup.
pub(crate) fn backup(flags: BackupFlags, section: Option<&ListenSection>) -> anyhow::Result<Outcome> {
    let data = data_folder(flags.data, section)?;
    let BackupSummary { files, bytes } = bloodpool_server::backup(&data, &flags.backup).map_err(refused)?;
    to_stdout(&format!("{files} files, {bytes} bytes: {}", flags.backup.display()))?;
    Ok(Outcome::Done)
}

/// Makes a data folder of a backup.
pub(crate) fn restore(flags: BackupFlags, section: Option<&ListenSection>) -> anyhow::Result<Outcome> {
    let data = data_folder(flags.data, section)?;
    let BackupSummary { files, bytes } = bloodpool_server::restore(&flags.backup, &data).map_err(refused)?;
    to_stdout(&format!("{files} files, {bytes} bytes, every hash checked: {}", data.display()))?;
    Ok(Outcome::Done)
}

fn refused(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Occupied { .. } | StoreError::NoData { .. } => as_usage(error),
        other => other.into(),
    }
}
