//! What raters changed of prelabels: overlap, area, LVEF and the time between savings, per rater and per image.

mod before;
mod compare;
mod error;
mod file_times;
mod mean_by_patient;
mod options;
mod record;
mod summary;

pub use error::CorrectionsError;
pub use file_times::{LONGEST_GAP_SECONDS, TOGETHER_SECONDS, TimePerImage, TimeSource};
pub use mean_by_patient::MeanByPatient;
pub use options::CorrectionsOptions;
pub use record::{CORRECTIONS_FILE, CORRECTIONS_SCHEMA, CorrectedLvef, Corrections, ImageCorrection, RaterCorrections};
