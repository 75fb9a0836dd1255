//! Comparison of a network with the consensus of raters on a dataset: Table 1 of Oh et al. 2022, and further statistics.

mod abstract_lines;
pub mod agreement;
pub mod cohort;
pub mod csv_statistics;
pub mod csv_tables;
pub mod endpoints;
pub mod leakage;
pub mod manuscript;
pub mod material;
pub mod measured;
pub mod model_side;
pub mod outputs;
pub mod outside_masks;
pub(crate) mod plots;
pub mod rater_baseline;
pub mod reading;
pub mod record;
pub mod result;
pub mod sentences;
pub mod table_one;
pub mod tables;
pub mod test_reads;

#[cfg(test)]
mod tests;
