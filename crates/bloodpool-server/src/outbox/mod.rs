//! The outbox: what is to be sent where, sent again until the destination has it, and where asked commits itself to keep it.

pub(crate) mod backoff;
pub(crate) mod commitment;
pub(crate) mod delivery;
pub(crate) mod dicom;
pub(crate) mod route;
pub(crate) mod sender;
