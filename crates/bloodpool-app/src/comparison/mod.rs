//! Raters' consensus and network on the studies of a dataset: Table 1 of Oh et al. 2022, and what reviewers ask for.

mod contours;
pub(crate) mod csv_tables;
mod error_parts;
mod failures;
mod figure;
pub(crate) mod findings;
pub(crate) mod material;
pub(crate) mod outputs;
mod page;
mod paired;
mod plots;
mod published;
mod raters;
pub(crate) mod reading;
pub(crate) mod record;
pub(crate) mod sentences;
pub(crate) mod sheet;
pub(crate) mod table_one;
pub(crate) mod tables;
pub(crate) mod test_reads;
mod truth;
mod words;

#[cfg(test)]
mod tests;
