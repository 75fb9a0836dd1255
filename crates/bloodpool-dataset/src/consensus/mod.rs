//! The consensus of many raters: how it is formed, recorded and drawn, and how the raters agree with it.

mod agreement;
mod case;
mod drawings;
mod drawn_study;
mod error;
mod form;
mod options;
mod pictures;
mod record;
mod summary;
mod tables;
mod usual_lvef;

pub use agreement::{Agreement, EfAgreement, EfOfCase, RaterResult};
pub(crate) use drawn_study::DrawnStudy;
pub use error::ConsensusError;
pub use form::{Formed, Step, form_consensus};
pub use options::ConsensusOptions;
pub use record::{
    CONSENSUS_FILE, CONSENSUS_FOLDER, CONSENSUS_SCHEMA, CaseConsensus, ConsensusImage, ConsensusManifest,
    ConsensusRule, ImageConsensus, grey_of, mask_of,
};
pub use usual_lvef::{USUAL_LVEF_PERCENT, UnusualLvef};
