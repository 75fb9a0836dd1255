//! Measurement and classical outlines of studies whose counts are known, and of any study at all.
#![allow(clippy::unwrap_used)]

mod any_function;
mod any_input;
mod classical;
mod golden;
mod interval_coverage;
mod synthetic;
