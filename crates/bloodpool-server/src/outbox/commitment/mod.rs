//! Storage commitment: destinations are asked to keep what they were sent, and say what they keep (PS3.4 Annex J).

pub(crate) mod asker;
pub(crate) mod dicom;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod state;
