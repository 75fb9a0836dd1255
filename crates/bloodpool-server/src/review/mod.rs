//! Reviews: what people change on a study, its history, and what is signed.

pub(crate) mod act;
pub(crate) mod history;
pub(crate) mod listed;
pub(crate) mod program;
pub(crate) mod recorded;
pub(crate) mod recorded_segmentation;
pub(crate) mod state;
pub(crate) mod stated;
