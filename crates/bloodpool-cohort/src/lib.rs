//! Many studies as rows of Parquet files, and a report of them.
//!
//! [`Cohort::run`] analyses files and folders on all cores. Each study becomes one [`CohortRow`], also where it fails. A row is decided by
//! its [`StudyKey`]: SOP Instance UID, bytes, model, choices and version. A run analyses what has no row yet, so that a run that was
//! killed, or that finds new files, goes on where the last one ended; nothing is written twice, and nothing is left out. Studies are analysed
//! in processes of their own ([`worker`]), so that one that crashes its worker becomes a row with an error.
//!
//! ```
//! use bloodpool_cohort::{CohortRow, part};
//!
//! let row = CohortRow { key: Some("5e".repeat(32)), lvef_percent: Some(61.5), ..CohortRow::default() };
//! let path = std::env::temp_dir().join(format!("bloodpool-cohort-example-{}.parquet", std::process::id()));
//! std::fs::write(&path, part::encode(&[row])?)?;
//! assert_eq!(part::Part::open(&path)?.reals("lvef_percent")?, [Some(61.5)]);
//! # std::fs::remove_file(&path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod choices;
pub mod error;
pub mod identity;
pub mod inputs;
mod journal;
pub mod key;
mod of_study;
pub mod output;
pub mod part;
pub mod report;
pub mod row;
pub mod run;
pub mod schemas;
pub mod worker;

pub use choices::AnalysisChoices;
pub use error::CohortError;
pub use identity::{Identities, IdentityMode};
pub use key::{RunIdentity, StudyKey};
pub use row::CohortRow;
pub use run::{Cohort, CohortResult, Progress};
