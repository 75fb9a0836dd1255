//! The 95 % interval of an LVEF: split conformal prediction with difficulty, and its calibration against local references.

pub mod calibration;
pub mod difficulty;
pub mod features;
mod interval;
pub mod local;
pub mod slices;

pub use calibration::{Calibration, CalibrationError, Example, ShippedFor};
pub use difficulty::Difficulty;
pub use features::Features;
pub use interval::{Interval, LEVEL, conformal_quantile, conformal_rank};
pub use local::{LocalCalibration, LocalExample, LocalFit};
pub use slices::{Slicing, SlicingBy};
