//! What becomes of work that was cut off: jobs are tried once more, and deliveries until they succeed.

use rusqlite::{Connection, named_params};

use crate::time::UtcTime;

/// So many crashes make a job `failed`: the second one says that the study is the reason.
pub(crate) const MAX_CRASHES: i64 = 2;

/// How an attempt ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    /// The process ended.
    Process,
    /// The lease ended.
    Lease,
    /// The analysis panicked.
    Panic,
}

impl Crash {
    fn reason(self) -> &'static str {
        match self {
            Self::Process => "the program ended during the analysis",
            Self::Lease => "the analysis did not end in the time allowed",
            Self::Panic => "the analysis panicked",
        }
    }
}

/// Counts a crash of one running job, or of all of them: it waits again, or has failed.
pub(crate) fn crashed(
    connection: &Connection,
    job: Option<i64>,
    lease_before: Option<UtcTime>,
    crash: Crash,
    now: UtcTime,
) -> rusqlite::Result<usize> {
    connection.execute(
        "UPDATE job SET crashes = crashes + 1,
            state = CASE WHEN crashes + 1 >= :most THEN 'failed' ELSE 'waiting' END,
            error = :reason || ' (attempt ' || attempts || ')',
            due_ms = :now, changed_ms = :now, lease_ms = NULL
        WHERE state = 'running' AND (:job IS NULL OR id = :job) AND (:lease IS NULL OR lease_ms <= :lease)",
        named_params! {
            ":most": MAX_CRASHES, ":reason": crash.reason(), ":now": now.0, ":job": job,
            ":lease": lease_before.map(|time| time.0),
        },
    )
}

/// When the data folder is opened nobody works on anything: what is marked as being worked on was cut off.
pub(crate) fn recover(connection: &Connection, now: UtcTime) -> rusqlite::Result<()> {
    crashed(connection, None, None, Crash::Process, now)?;
    // What was sent and not recorded is sent again, the same bytes, which the peer may know.
    connection.execute(
        "UPDATE delivery SET state = 'waiting', due_ms = ?1, changed_ms = ?1 WHERE state = 'sending'",
        [now.0],
    )?;
    Ok(())
}
