//! Simulated gated blood pool studies, and raters who draw on them, with the truth known. Writes no file.

mod anatomy;
mod camera;
mod cycle;
mod expected;
mod faults;
mod geometry;
mod no_heart;
mod other;
mod paper;
mod population;
mod random;
mod rater;
mod request;
mod study;

pub use faults::{Class, Fault, Reference};
pub use paper::PaperCohort;
pub use population::{Family, Population, Repeated, Visits};
pub use rater::{Rater, panel};
pub use study::{SimulatedStudy, TrueLvef, Truth, Volumes};
