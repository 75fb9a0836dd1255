//! The program as its users run it: every verb, its documents and texts, and its pages in a browser.
#![allow(clippy::unwrap_used)]

mod analyze;
mod annotate;
mod browser;
mod calibrate;
mod classical;
#[cfg(feature = "cohort")]
mod cohort;
mod command_files;
mod compare;
mod dataset;
mod evaluate;
mod evaluations;
mod exchange;
mod folders;
mod frames_without_roi;
mod hospital;
mod kinds;
#[cfg(unix)]
mod locks;
mod program;
mod reproduce;
mod review_correction;
#[cfg(unix)]
mod review_faults;
mod review_files;
mod review_page;
mod settings;
mod simulate;
mod snapshots;
mod train;
mod verify;
