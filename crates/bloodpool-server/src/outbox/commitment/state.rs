//! `CommitmentState`: whether a destination keeps what it was sent, as it is listed.

use rusqlite::Row;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bloodpool_dicom::net::FailureReason;

use crate::store::error::StoreError;
use crate::store::{Reader, Store};
use crate::time::UtcTime;

/// Whether a destination keeps what it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CommitmentState {
    /// It is asked once it has the object, or when the next request is due.
    Waiting,
    /// It was asked, and has not reported yet.
    Asked,
    /// It keeps the object.
    Committed,
    /// It says that it does not keep the object, for a reason that does not pass.
    Failed,
}

impl CommitmentState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Asked, Self::Committed, Self::Failed];

    /// Its name in the database and in lists. `waiting` is no text in the database, but none.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Asked => "asked",
            Self::Committed => "committed",
            Self::Failed => "failed",
        }
    }
}

/// The commitment of a destination for one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentRow {
    /// Where it is.
    pub state: CommitmentState,
    /// Requests until now.
    pub attempts: u32,
    /// When it is asked again, where it was asked before.
    pub due: Option<UtcTime>,
    /// Why the last request gave no commitment.
    pub error: Option<String>,
    /// What the last report says.
    pub reason: Option<FailureReason>,
}

/// Columns of a delivery from which a [`CommitmentRow`] is read: whether its destination is asked, and what became of it.
pub(crate) const COLUMNS: &str =
    "EXISTS (SELECT 1 FROM committing WHERE committing.destination = delivery.destination) AND state <> 'replaced',
    commitment, commitment_attempts, commitment_due_ms, commitment_error, commitment_reason";

/// Reads [`COLUMNS`], of which the first has this index. What was committed stays so when the settings change.
pub(crate) fn row(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<CommitmentRow>> {
    let (is_asked, name): (bool, Option<String>) = (row.get(first)?, row.get(first + 1)?);
    let state = match name {
        Some(name) => CommitmentState::ALL.into_iter().find(|state| state.name() == name),
        None => Some(CommitmentState::Waiting),
    };
    let state = state.unwrap_or(CommitmentState::Failed);
    if !is_asked && state != CommitmentState::Committed {
        return Ok(None);
    }
    Ok(Some(CommitmentRow {
        state,
        attempts: row.get(first + 2)?,
        due: row.get::<_, Option<i64>>(first + 3)?.map(UtcTime).filter(|_| state == CommitmentState::Asked),
        error: row.get(first + 4)?,
        reason: row.get::<_, Option<u16>>(first + 5)?.map(FailureReason),
    }))
}

impl Store {
    /// Says which destinations are asked for storage commitment. Retention keeps what they have not committed themselves to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_committing(&self, destinations: &[String]) -> Result<(), StoreError> {
        self.write("the destinations cannot be recorded", |transaction| {
            transaction.execute("DELETE FROM committing", [])?;
            for destination in destinations {
                transaction.execute("INSERT OR IGNORE INTO committing (destination) VALUES (?1)", [destination])?;
            }
            Ok(())
        })
    }
}

impl Reader {
    /// How many objects are in each state of storage commitment, of destinations that are asked for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn commitment_counts(&self) -> Result<[(CommitmentState, u64); 4], StoreError> {
        self.read("the commitments cannot be counted", |transaction| {
            let mut counts = CommitmentState::ALL.map(|state| (state, 0));
            let mut statement = transaction.prepare(
                "SELECT ifnull(commitment, 'waiting'), count(*) FROM delivery
                    WHERE commitment = 'committed'
                        OR state <> 'replaced' AND destination IN (SELECT destination FROM committing)
                    GROUP BY 1",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
            for row in rows {
                let (name, count) = row?;
                if let Some(of_state) = counts.iter_mut().find(|(state, _)| state.name() == name) {
                    of_state.1 = count.unsigned_abs();
                }
            }
            Ok(counts)
        })
    }
}
