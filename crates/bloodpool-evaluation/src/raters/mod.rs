//! Raters' consensus and network on the studies of a dataset: Table 1 of Oh et al. 2022, and what reviewers ask for.

mod contours;
pub mod csv_tables;
mod error_parts;
mod failures;
mod figure;
pub mod findings;
pub mod material;
pub mod outputs;
mod page;
mod paired;
mod plots;
mod published;
mod rater_baseline;
pub mod reading;
pub mod record;
pub mod sentences;
pub mod table_one;
pub mod tables;
pub mod test_reads;
mod truth;
mod words;

#[cfg(test)]
mod tests;
