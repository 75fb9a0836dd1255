//! The consensus of many raters: formed, recorded, pictured, and used to tell raters apart.

mod agreement;
mod case;
mod drawings;
mod error;
mod form;
mod options;
mod pictures;
mod record;
mod summary;
mod tables;

pub use agreement::{Agreement, EfAgreement, EfOfCase, RaterFigures};
pub use error::ConsensusError;
pub use form::{Formed, Step, form_consensus};
pub use options::ConsensusOptions;
pub use record::{
    CONSENSUS_FILE, CONSENSUS_FOLDER, CONSENSUS_SCHEMA, CaseConsensus, ConsensusImage, ConsensusManifest,
    ConsensusRule, ImageConsensus, grey_of, mask_of,
};
