//! How often the test split was read with a run: a line each in the run folder, since what is looked at often is no test.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Name of the list in a run folder.
pub(crate) const TEST_READS: &str = "test-evaluations.jsonl";

/// One evaluation of the test split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TestRead {
    pub(crate) date: String,
    pub(crate) software: String,
    pub(crate) model_sha256: String,
    pub(crate) dataset_sha256: String,
    pub(crate) out: String,
}

/// How often the test split was read with this run so far: lines of its list, whatever they hold.
pub(crate) fn count(run: &Path) -> anyhow::Result<usize> {
    let path = run.join(TEST_READS);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().filter(|line| !line.trim().is_empty()).count()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
    }
}

/// Adds a line, and flushes it: what was seen stays recorded.
pub(crate) fn record(run: &Path, read: &TestRead) -> anyhow::Result<()> {
    let path = run.join(TEST_READS);
    let line = serde_json::to_string(read)? + "\n";
    let append = || -> std::io::Result<()> {
        let mut file = File::options().append(true).create(true).open(&path)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    };
    append().with_context(|| {
        format!("could not note in {} that the test split is read; nothing is shown of it", path.display())
    })
}

/// The time now, UTC, as `2026-05-09T14:30:59Z`.
pub(crate) fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    date_of(seconds)
}

/// Days to a date after Hinnant, "chrono-Compatible Low-Level Date Algorithms": eras of 400 years from 1 March of year 0.
fn date_of(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + 400 * era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_date() {
        // date -u -d @N +%FT%TZ  (GNU coreutils)
        assert_eq!(date_of(0), "1970-01-01T00:00:00Z");
        assert_eq!(date_of(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(date_of(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(date_of(1_798_761_599), "2026-12-31T23:59:59Z");
        assert_eq!(date_of(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn every_reading_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(count(folder.path()).unwrap(), 0);
        let text = |text: &str| text.to_owned();
        let read = TestRead {
            date: now(),
            software: text("a"),
            model_sha256: text("b"),
            dataset_sha256: text("c"),
            out: text("d"),
        };
        for times in 1..=3 {
            record(folder.path(), &read).unwrap();
            assert_eq!(count(folder.path()).unwrap(), times);
        }
        let text = std::fs::read_to_string(folder.path().join(TEST_READS)).unwrap();
        assert_eq!(serde_json::from_str::<TestRead>(text.lines().next().unwrap()).unwrap(), read);
    }
}
