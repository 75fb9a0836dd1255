//! `Route`: which objects go to which destination, by kind and by status of their result.

use rusqlite::{Connection, params};

use crate::analysis::ObjectKind;
use crate::time::UtcTime;

/// How far people have confirmed a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResultStatus {
    /// Of the program alone.
    Automatic,
    /// A person has looked at it, and perhaps changed it.
    Reviewed,
    /// A person has signed it.
    Signed,
}

impl ResultStatus {
    /// Its name in the database and in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Reviewed => "reviewed",
            Self::Signed => "signed",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Automatic, Self::Reviewed, Self::Signed].into_iter().find(|status| status.name() == name)
    }
}

/// What is sent to one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The destination, as [`super::sender::Deliver`] understands it; `AET@HOST:PORT` for DICOM.
    pub destination: String,
    /// The kinds of objects.
    pub kinds: Vec<ObjectKind>,
    /// The status of results.
    pub statuses: Vec<ResultStatus>,
}

/// Puts an object into the outbox of each destination that it is meant for.
pub(crate) fn enqueue(
    connection: &Connection,
    routes: &[Route],
    (object, kind, status): (i64, ObjectKind, ResultStatus),
    now: UtcTime,
) -> rusqlite::Result<usize> {
    let mut count = 0;
    for route in routes.iter().filter(|route| route.kinds.contains(&kind) && route.statuses.contains(&status)) {
        count += enqueue_one(connection, object, &route.destination, now)?;
    }
    Ok(count)
}

/// Puts an object into the outbox of one destination, where it is not there already.
pub(crate) fn enqueue_one(
    connection: &Connection,
    object: i64,
    destination: &str,
    now: UtcTime,
) -> rusqlite::Result<usize> {
    connection.execute(
        "INSERT OR IGNORE INTO delivery (object_id, destination, state, due_ms, created_ms, changed_ms)
            VALUES (?1, ?2, 'waiting', ?3, ?3, ?3)",
        params![object, destination, now.0],
    )
}
