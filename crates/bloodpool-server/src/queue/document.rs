//! `JobDocument`: a job with the deliveries of its results as one line of JSON, for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job::{JobRow, JobState};
use crate::analysis::ObjectKind;
use crate::outbox::commitment::state::{CommitmentRow, CommitmentState};
use crate::outbox::delivery::{DeliveryRow, DeliveryState};

/// Schema of the document.
pub const JOB_SCHEMA: &str = "bloodpool.job/1";

/// `bloodpool.job/1`: a job as it is listed. It names no patient; times are milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobDocument {
    /// [`JOB_SCHEMA`].
    pub schema: String,
    /// Its number.
    pub job: i64,
    /// SOP Instance UID; of a series of single frames, its Series Instance UID.
    pub input_uid: String,
    /// `waiting`, `running`, `done` or `failed`.
    pub state: JobState,
    /// Attempts that were begun.
    pub attempts: u32,
    /// Attempts of these that ended with the program, a panic, or after the time allowed.
    pub crashes: u32,
    /// Why the last attempt gave no result.
    pub reason: Option<String>,
    /// When it is tried next, where it waits.
    pub due_ms: Option<i64>,
    /// When its state changed.
    pub changed_ms: i64,
    /// Its instances.
    pub instances: u32,
    /// Whether other bytes with the SOP Instance UID of one of them came before.
    pub differing: bool,
    /// What was and is sent of its results, and where; empty in documents of earlier versions.
    #[serde(default)]
    pub deliveries: Vec<DeliveryDocument>,
}

/// One object on its way to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryDocument {
    /// Its number.
    pub delivery: i64,
    /// Where to, as `AET@HOST:PORT`.
    pub destination: String,
    /// The object: `sc`, `cine`, `key-frames`, `sr`, `seg` or `pdf`.
    pub object: Option<String>,
    /// SOP Instance UID of the object.
    pub sop_instance_uid: Option<String>,
    /// `waiting`, `sending`, `delivered`, `failed`, or `replaced`: the destination does not take the class of the object, and is
    /// sent key frames in its place.
    pub state: DeliveryState,
    /// Attempts until now.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub reason: Option<String>,
    /// Status of the last answer of the destination (C-STORE).
    pub dimse_status: Option<u16>,
    /// When it is sent next, where it waits.
    pub due_ms: Option<i64>,
    /// When its state changed.
    pub changed_ms: i64,
    /// Whether the destination keeps the object; `null` where it is not asked for storage commitment.
    pub commitment: Option<CommitmentDocument>,
}

/// The storage commitment of a destination for one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitmentDocument {
    /// `waiting` until it is asked for, `asked`, `committed` or `failed`.
    pub state: CommitmentState,
    /// Requests until now.
    pub attempts: u32,
    /// Why the last request gave no commitment.
    pub reason: Option<String>,
    /// Failure Reason (0008,1197) of the last report that refused it.
    pub failure_reason: Option<u16>,
    /// When it is asked for again, where it was asked for and no report came.
    pub due_ms: Option<i64>,
}

impl JobDocument {
    /// A job with the deliveries of its results.
    #[must_use]
    pub fn new(row: &JobRow, deliveries: &[DeliveryRow]) -> Self {
        Self {
            schema: JOB_SCHEMA.to_owned(),
            job: row.id,
            input_uid: row.input_uid.clone(),
            state: row.state,
            attempts: row.attempts,
            crashes: row.crashes,
            reason: row.error.clone(),
            due_ms: (row.state == JobState::Waiting).then_some(row.due.0),
            changed_ms: row.changed.0,
            instances: row.instances,
            differing: row.differing,
            deliveries: deliveries.iter().map(DeliveryDocument::from).collect(),
        }
    }
}

impl From<&DeliveryRow> for DeliveryDocument {
    fn from(row: &DeliveryRow) -> Self {
        Self {
            delivery: row.id,
            destination: row.destination.clone(),
            object: row.kind.map(|kind: ObjectKind| kind.name().to_owned()),
            sop_instance_uid: row.sop_instance_uid.clone(),
            state: row.state,
            attempts: row.attempts,
            reason: row.error.clone(),
            dimse_status: row.dimse_status.map(|status| status.0),
            due_ms: (row.state == DeliveryState::Waiting).then_some(row.due.0),
            changed_ms: row.changed.0,
            commitment: row.commitment.as_ref().map(CommitmentDocument::from),
        }
    }
}

impl From<&CommitmentRow> for CommitmentDocument {
    fn from(row: &CommitmentRow) -> Self {
        Self {
            state: row.state,
            attempts: row.attempts,
            reason: row.error.clone(),
            failure_reason: row.reason.map(|reason| reason.0),
            due_ms: row.due.map(|due| due.0),
        }
    }
}
