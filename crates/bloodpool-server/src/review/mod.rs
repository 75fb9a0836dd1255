//! Reviews: what people change on a study, its history, and what is signed.

pub mod act;
pub mod history;
pub mod listed;
pub mod program;
pub mod recorded;
pub mod recorded_segmentation;
pub mod state;
