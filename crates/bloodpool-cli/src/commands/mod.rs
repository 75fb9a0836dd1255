//! One thin file per verb.

pub(crate) mod analyze;
pub(crate) mod calibrate;
#[cfg(feature = "cohort")]
pub(crate) mod cohort;
pub(crate) mod command_files;
pub(crate) mod compare;
pub(crate) mod dataset;
mod destinations;
pub(crate) mod ensemble;
pub(crate) mod evaluate;
pub(crate) mod evaluations;
pub(crate) mod export;
pub(crate) mod export_model;
pub(crate) mod import;
pub(crate) mod jobs;
pub(crate) mod listen;
pub(crate) mod people;
pub(crate) mod reproduce;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod time_network;
pub(crate) mod train;
pub(crate) mod verify;
