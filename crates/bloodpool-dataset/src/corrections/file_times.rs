//! The time that a rater took per image, as far as the modification times of the rater's files tell it.

use std::path::PathBuf;
use std::time::SystemTime;

use bloodpool_files::whole_file::FileError;
use serde::{Deserialize, Serialize};

/// A longer time between two savings is a break, seconds.
pub const LONGEST_GAP_SECONDS: f64 = 600.0;
/// Files that were written closer together than this were written by a program, for example copied, and not saved one after the other
/// by a person. Seconds; some file systems store times to two seconds.
pub const TOGETHER_SECONDS: f64 = 2.0;

/// Where times are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// From the times at which files were last modified, in the order of saving.
    FileModification,
}

/// The time per image of one rater: that from one saving to the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimePerImage {
    /// Where it is from. Nobody measured it: an image that was saved twice counts from its last saving, and looking at an image without
    /// saving it counts to the next one.
    pub from: TimeSource,
    /// Median time from one saving to the next, seconds.
    pub median_seconds: f64,
    /// Number of times that the median is taken of.
    pub gaps: usize,
    /// Number of longer times than [`LONGEST_GAP_SECONDS`], which are left out as breaks.
    pub breaks: usize,
    /// Number of files that were written within [`TOGETHER_SECONDS`] of another, which are left out.
    pub written_together: usize,
}

impl TimePerImage {
    /// From a rater's files; `None` where they were copied, or no two of them were saved within ten minutes.
    ///
    /// # Errors
    /// [`FileError::Read`] when a time cannot be read.
    pub(super) fn of_files(files: &[PathBuf]) -> Result<Option<Self>, FileError> {
        let modified = |path: &PathBuf| {
            let time = path.metadata().and_then(|metadata| metadata.modified());
            time.map_err(|source| FileError::Read { path: path.clone(), source })
        };
        Ok(Self::new(files.iter().map(modified).collect::<Result<_, _>>()?))
    }

    fn new(mut saved: Vec<SystemTime>) -> Option<Self> {
        saved.sort();
        let seconds = |from: SystemTime, to: SystemTime| to.duration_since(from).map_or(0.0, |time| time.as_secs_f64());
        let together = |index: usize| {
            let near = |other: Option<&SystemTime>| {
                other.is_some_and(|&other| {
                    seconds(saved[index], other).max(seconds(other, saved[index])) <= TOGETHER_SECONDS
                })
            };
            near(index.checked_sub(1).and_then(|before| saved.get(before))) || near(saved.get(index + 1))
        };
        let single: Vec<SystemTime> =
            saved.iter().enumerate().filter(|&(index, _)| !together(index)).map(|(_, &time)| time).collect();
        let all: Vec<f64> = single.windows(2).map(|pair| seconds(pair[0], pair[1])).collect();
        let mut gaps: Vec<f64> = all.iter().copied().filter(|&gap| gap <= LONGEST_GAP_SECONDS).collect();
        gaps.sort_by(f64::total_cmp);
        let median = gaps.get(gaps.len() / 2)?.midpoint(*gaps.get((gaps.len().checked_sub(1)?) / 2)?);
        Some(Self {
            from: TimeSource::FileModification,
            median_seconds: median,
            gaps: gaps.len(),
            breaks: all.len() - gaps.len(),
            written_together: saved.len() - single.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn time(seconds: &[f64]) -> Option<TimePerImage> {
        TimePerImage::new(seconds.iter().map(|&at| UNIX_EPOCH + Duration::from_secs_f64(1.0e9 + at)).collect())
    }

    #[test]
    fn the_median_is_over_gaps_without_breaks() {
        // Not in order; gaps 30, 50, 40, then a break of 601 s, then 60 s: the median of 30, 40, 50, 60 is 45.
        let found = time(&[120.0, 0.0, 30.0, 80.0, 721.0, 781.0]).unwrap();
        assert_eq!((found.gaps, found.breaks, found.written_together), (4, 1, 0));
        assert!((found.median_seconds - 45.0).abs() < 1e-9, "{found:?}");
        // Ten minutes are no break yet.
        assert_eq!(time(&[0.0, 600.0]).unwrap().gaps, 1);
    }

    #[test]
    fn files_that_were_copied_tell_no_time() {
        assert_eq!(time(&[0.0, 0.1, 1.9, 2.0]), None);
        // Prelabels that were copied and not saved again: the gaps are those between the others, 25 and 35 s.
        let found = time(&[0.0, 0.5, 1.0, 100.0, 125.0, 160.0]).unwrap();
        assert_eq!((found.gaps, found.written_together), (2, 3));
        assert!((found.median_seconds - 30.0).abs() < 1e-9);
        for few in [&[][..], &[5.0], &[0.0, 1000.0]] {
            assert_eq!(time(few), None, "{few:?}");
        }
    }
}
