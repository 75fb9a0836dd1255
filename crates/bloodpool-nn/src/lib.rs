//! What is learned: the network that finds the left ventricle, its training and its use as a `Segmenter`.

pub mod augment;
pub mod batch;
pub mod config;
pub mod device;
pub mod distortion;
pub mod input;
pub mod learner;
mod look;
pub mod loss;
pub mod model_file;
pub mod network;
pub mod operator;
pub mod parity;
mod placement;
pub mod run_folder;
mod scale;
mod scene_loss;
mod scene_tally;
pub mod scene_truth;
pub mod segmenter;
pub mod supply;
pub mod timing;
pub mod training;
pub mod validation;
pub mod weights;
pub mod window;

pub use bloodpool_kernels::keep_freed_memory;
pub use config::TrainingConfig;
pub use segmenter::{Looks, ModelError, NetworkSegmenter};
pub use training::{Progress, Start, TrainingError, TrainingOutcome, resume, train};
pub use validation::ValidationScores;
