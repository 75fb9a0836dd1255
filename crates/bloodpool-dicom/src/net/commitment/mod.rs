//! Storage Commitment Push Model (PS3.4 Annex J): asking a peer to keep what it was sent, and taking its report.

pub(crate) mod event;
pub(crate) mod failure_reason;
pub(crate) mod report;
pub(crate) mod request;

/// Storage Commitment Push Model SOP Class.
pub(crate) const STORAGE_COMMITMENT: &str = "1.2.840.10008.1.20.1";
/// Storage Commitment Push Model SOP Instance, which all requests and reports are about.
pub(crate) const STORAGE_COMMITMENT_INSTANCE: &str = "1.2.840.10008.1.20.1.1";
/// Longest data set of a report that is taken; an instance needs about 150 bytes of it.
pub(crate) const MAX_REPORT_BYTES: usize = 1 << 20;
