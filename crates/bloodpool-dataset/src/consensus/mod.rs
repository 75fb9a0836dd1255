//! The consensus of many raters: how it is formed, recorded and drawn, and how the raters agree with it.

mod agreement;
mod case;
mod drawings;
mod drawn_study;
mod error;
mod form;
mod group_masks;
mod options;
mod panels;
mod phases;
mod pictures;
mod rated_image;
mod record;
mod repeats;
mod summary;
mod tables;
mod usual_lvef;
mod variance;

pub use agreement::{Agreement, EfAgreement, EfOfCase, RaterResult};
pub(crate) use drawn_study::DrawnStudy;
pub use error::ConsensusError;
pub use form::{Formed, Step, form_consensus};
pub use group_masks::GroupConsensus;
pub use options::ConsensusOptions;
pub use phases::PhaseAgreement;
pub use record::{
    CONSENSUS_FILE, CONSENSUS_FOLDER, CONSENSUS_SCHEMA, CaseConsensus, ConsensusImage, ConsensusManifest,
    ConsensusRule, ImageConsensus, LeftOutImage, grey_of, mask_of,
};
pub use repeats::{RaterRepeats, RepeatFigures, Repeats};
pub use usual_lvef::{USUAL_LVEF_PERCENT, UnusualLvef};
pub use variance::{GroupEffect, VarianceComponents};
