//! Networks, their weights and their training: against PyTorch's numbers, on beating ellipses, and from damaged files.
#![allow(clippy::unwrap_used)]

mod any_weights;
mod earlier_runs;
mod ellipses;
mod reference_networks;
mod scenes;
mod scenes_of_ellipses;
mod skipped_steps;
mod training;
mod weights;
