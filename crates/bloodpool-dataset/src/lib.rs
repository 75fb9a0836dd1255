//! Annotated data: images for raters, LabelMe files and their masks, the consensus, and datasets with a manifest.

pub mod annotated_dataset;
pub mod annotations;
pub mod build;
pub mod coco;
pub mod consensus;
pub mod corrections;
pub mod cvat;
pub mod dataset;
pub mod dataset_error;
pub mod extracted;
pub mod foreign_labels;
pub mod image_path;
pub mod labelme;
pub mod nnunet;
pub mod prelabel;
pub mod prelabel_record;
pub mod rasterise;
pub mod rated_frames;
pub mod rated_images;
pub mod rater_record;
pub mod reference_studies;
pub mod run_length;
mod shape;
pub mod split;
pub mod study_names;
pub mod study_table;
mod table;
pub mod verify;
mod whole_number;

pub use annotated_dataset::{AnnotatedDataset, DatasetPart, DatasetStudy};
pub use annotations::{AnnotationProblem, Assignments, Labels, ProblemKind, RatersError, find_raters};
pub use build::{BuildError, BuildOptions, build_dataset};
pub use coco::{CocoError, read_coco};
pub use consensus::{
    ConsensusError, ConsensusManifest, ConsensusOptions, ConsensusRule, GroupConsensus, form_consensus,
};
pub use corrections::{Corrections, CorrectionsError, CorrectionsOptions};
pub use cvat::{CvatError, read_cvat};
pub use dataset::{AnnotatedFrame, DatasetCase, DatasetManifest};
pub use dataset_error::DatasetError;
pub use extracted::{
    CaseToExtract, ExtractManifest, ExtractedCase, ExtractedImage, FrameOrigin, StudySource, image_name,
};
pub use foreign_labels::{ForeignLabels, ForeignLabelsError, TakenLabels};
pub use image_path::image_path_from;
pub use labelme::{LabelMeError, LabelMeFile, polygon_on_image};
pub use nnunet::{NnunetError, NnunetExport, NnunetImages, NnunetOptions, export_nnunet};
pub use prelabel::prelabel;
pub use prelabel_record::{PrelabelRecord, PrelabelledImage};
pub use rasterise::{RasteriseError, rasterise, rasterise_polygon};
pub use rated_frames::{RatedFrame, RatedPhase, rated_frames};
pub use rated_images::RatedImages;
pub use rater_record::{RatedCase, RatedImage, RaterRecord, RaterRecordError, RecordedRater};
pub use reference_studies::{AddReferenceError, ReferenceStudies, StudiesToAdd, WithReference, names_study};
pub use run_length::RunLengthError;
pub use shape::{Shape, ShapeType};
pub use split::folds::Fold;
pub use split::{Split, SplitError, SplitSizes, StudyToSplit, split_by_patient};
pub use study_names::{study_name, study_names};
pub use study_table::StudyTable;
pub use table::TableError;
pub use verify::{Verification, verify_dataset};
