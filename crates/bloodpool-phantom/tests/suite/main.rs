//! What is measured on simulated studies with true outlines: function, edits, splines, the cohort of the paper.
#![allow(clippy::unwrap_used)]

mod edits;
mod function;
mod outlines;
mod paper_cohort;
