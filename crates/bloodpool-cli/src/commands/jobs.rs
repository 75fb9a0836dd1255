//! `jobs`, `backup` and `restore`: what is in the data folder of a listener, and copies of it.

use std::path::Path;

use bloodpool_config::listen::ListenSection;
use bloodpool_server::{
    BackupSummary, CommitmentState, DeliveryRow, DeliveryState, JobDocument, JobRow, JobState, Reader, Store,
    StoreError, UtcTime,
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
        return again(&data, "job", job, "tried", |store| store.retry_job(job, UtcTime::now()));
    }
    if let Some(delivery) = flags.resend {
        return again(&data, "delivery", delivery, "sent", |store| store.retry_delivery(delivery, UtcTime::now()));
    }
    let state = flags.state.as_deref().map(state).transpose()?;
    let reader = Reader::open(&data).map_err(as_usage)?;
    let jobs = reader.jobs(state, flags.most)?;
    if flags.json {
        for job in &jobs {
            let document = JobDocument::new(job, &reader.deliveries_of_job(job.id)?);
            to_stdout(&serde_json::to_string(&document)?)?;
        }
        return Ok(Outcome::Done);
    }
    to_stdout(&format!(
        "{:>6}  {:7}  {:>8}  {:20}  {}",
        "job", "state", "attempts", "changed", "study, and why it has no result"
    ))?;
    jobs.iter().try_for_each(|job| to_stdout(&line(job)))?;
    outbox(&reader, flags.most)?;
    Ok(Outcome::Done)
}

/// What is in the outbox, and of what is not where it should be, why.
fn outbox(reader: &Reader, most: usize) -> anyhow::Result<()> {
    let [waiting, sending, delivered, failed, replaced] = reader.delivery_counts()?.map(|(_, count)| count);
    let replaced = if replaced > 0 { format!(", {replaced} replaced by key frames") } else { String::new() };
    to_stdout(&format!("outbox: {delivered} delivered, {} to be sent, {failed} failed{replaced}", waiting + sending))?;
    let [waiting, asked, committed, failed] = reader.commitment_counts()?.map(|(_, count)| count);
    if waiting + asked + committed + failed > 0 {
        let asked = format!("{asked} asked for, {waiting} not asked for yet, {failed} failed");
        to_stdout(&format!("storage commitment: {committed} committed, {asked}"))?;
    }
    reader.deliveries(None, ALL)?.iter().filter_map(open).take(most).try_for_each(|row| to_stdout(&row))
}

/// A delivery that has not come to its end.
fn open(row: &DeliveryRow) -> Option<String> {
    let kind = row.kind.map_or("object", bloodpool_server::ObjectKind::name);
    let (state, attempts, why) = match (&row.state, &row.commitment) {
        (DeliveryState::Delivered, None) => return None,
        (DeliveryState::Delivered, Some(commitment)) => {
            let state = match commitment.state {
                CommitmentState::Committed => return None,
                CommitmentState::Waiting => "commitment not asked for yet",
                CommitmentState::Asked => "commitment asked for",
                CommitmentState::Failed => "no commitment",
            };
            let again = commitment.due.map(|due| format!("again at {due}"));
            let why = [commitment.error.clone(), again].into_iter().flatten().collect::<Vec<_>>().join("; ");
            (state, commitment.attempts, why)
        }
        (state, _) => (state.name(), row.attempts, row.error.clone().unwrap_or_default()),
    };
    Some(format!("{:>6}  {state:7}  {attempts:>8}  {kind} to {}  {why}", row.id, row.destination))
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

/// Changes a failed job or delivery so that it is worked on again.
fn again(
    data: &Path,
    what: &str,
    number: i64,
    done: &str,
    change: impl FnOnce(&Store) -> Result<bool, StoreError>,
) -> anyhow::Result<Outcome> {
    let store = Store::open(data, bloodpool_report::SOFTWARE).map_err(|error| match error {
        StoreError::Lock(_) => wrong_usage(format!("{error}; stop the listener first")),
        other => as_usage(other),
    })?;
    if !change(&store)? {
        return Err(wrong_usage(format!("{} has no failed {what} {number}; nothing was changed", data.display())));
    }
    to_stdout(&format!("{what} {number} is {done} again when the listener runs"))?;
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
