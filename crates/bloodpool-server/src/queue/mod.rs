//! The queue: jobs from the arrival of an instance to the result of its analysis.

pub(crate) mod arrival;
pub(crate) mod claim;
pub(crate) mod document;
pub(crate) mod job;
pub(crate) mod worker;

#[cfg(test)]
mod tests;
