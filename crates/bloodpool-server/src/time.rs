//! `UtcTime`: a moment in UTC, in milliseconds, as the database keeps it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(pub i64);

impl UtcTime {
    /// By the clock of this machine.
    #[must_use]
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// So much later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// So much earlier.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// As ISO 8601 in UTC, to the second.
impl std::fmt::Display for UtcTime {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_second(self.0.div_euclid(1000)) {
            Ok(time) => write!(formatter, "{time}"),
            Err(_) => write!(formatter, "{} ms after 1970", self.0),
        }
    }
}

impl From<SystemTime> for UtcTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Self(0).after(since),
            Err(error) => Self(0).before(error.duration()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_milliseconds_since_1970_and_saturate() {
        assert_eq!(UtcTime::from(UNIX_EPOCH + Duration::from_millis(1500)), UtcTime(1500));
        assert_eq!(UtcTime::from(UNIX_EPOCH - Duration::from_secs(1)), UtcTime(-1000));
        assert_eq!(UtcTime(0).after(Duration::MAX), UtcTime(i64::MAX));
        assert_eq!(UtcTime(1_767_225_600_999).to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(UtcTime(i64::MAX).to_string(), "9223372036854775807 ms after 1970");
        assert_eq!(UtcTime(7).before(Duration::from_millis(3)), UtcTime(4));
    }
}
